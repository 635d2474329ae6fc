/** What --resume has to choose from. */
import { expect, it } from 'vitest';
import { unfinishedOf } from '../../../main/shared/setup/unfinished.ts';
import type { RunRecord } from '../../../main/shared/setup/run.ts';
import { foundOf, history, installedOf } from '../../support/setup-snapshots.ts';

const record = (environment: string, outcome: RunRecord['outcome'], kind: RunRecord['kind'] = 'set-up'): RunRecord => ({
  ...history[0]!,
  environment,
  outcome,
  kind,
});
const draftOf = (environment: string) =>
  ({ stack: 'mlflow-quick-start', values: { environment, 'mlflow.port': 5077 } }) as const;
const names = (...args: Parameters<typeof unfinishedOf>) => unfinishedOf(...args).map((each) => each.environment);

it('goes by each stack, not by the last run: one that was stopped is found behind another’s good end', () => {
  const stacks = [
    foundOf({ environment: 'main' }),
    foundOf({ environment: 'dev', complete: false, draft: draftOf('dev') }),
  ];
  const found = unfinishedOf({ stacks, history: [record('main', 'done'), record('dev', 'cancelled')] }, []);
  expect(found).toMatchObject([{ environment: 'dev', draft: draftOf('dev'), last: { outcome: 'cancelled' } }]);
});

it('finds what broke off in a stack that stands, and what only this machine knows of', () => {
  const main = foundOf({ environment: 'main' });
  expect(names({ stacks: [main], history: [record('main', 'failed')] }, [])).toEqual(['main']);
  const here = installedOf({ environment: 'dev', complete: false, draft: draftOf('dev') });
  expect(unfinishedOf({ stacks: [main], history: [record('main', 'done')] }, [here])).toEqual([
    { environment: 'dev', last: null, draft: draftOf('dev') },
  ]);
});

it('leaves out what came to its end since, what goes on, and what nobody can go on with', () => {
  const main = foundOf({ environment: 'main' });
  expect(names({ stacks: [main], history: [record('main', 'done'), record('main', 'failed')] }, [])).toEqual([]);
  expect(names({ stacks: [], history: [record('dev', 'done', 'uninstall'), record('dev', 'failed')] }, [])).toEqual([]);
  expect(names({ stacks: [main], history: [record('main', 'running')] }, [])).toEqual([]);
  expect(names({ stacks: [main], history: [record('main', 'done'), record('old', 'failed')] }, [])).toEqual([]);
  // The very last one is told of all the same.
  expect(names({ stacks: [main], history: [record('old', 'failed')] }, [])).toEqual(['old']);
});
