/** What is said of a service of ours that does not run. */
import { describe, expect, it } from 'vitest';
import { explainTarget } from '../../../main/core/tunnels/own-service.ts';
import { failure } from '../../../main/shared/failure.ts';
import type { InstalledStack } from '../../../main/shared/setup/stack.ts';
import { plainStack } from '../../support/setup-snapshots.ts';
import { forwardOf, serverOf } from '../../support/snapshots.ts';

const refused = failure('target-refused', 'Nothing listens on 127.0.0.1:5000 on the server', { detail: 'refused' });
const explain = (stack: InstalledStack | null, port: number, user = 'ubuntu') =>
  explainTarget(serverOf({ user, stacks: stack ? [stack] : [] }).profile, forwardOf({ port }), refused);

describe('nothing listens', () => {
  it.each<[string, InstalledStack, number, string, RegExp, RegExp]>([
    [
      'MLflow',
      plainStack('mlflow-quick-start', 'main', { scope: 'system' }),
      5000,
      'ubuntu',
      /^MLflow does not answer on lab-vm: .*5000/,
      /: sudo systemctl start mooring-mlflow\.service$/,
    ],
    [
      'an environment of its own',
      plainStack('mlflow-quick-start', 'dev', { scope: 'system', 'mlflow.port': 5002 }),
      5002,
      'root',
      /^MLflow/,
      /: systemctl start mooring-mlflow-dev\.service$/,
    ],
    [
      'one of the account',
      plainStack('mlflow-quick-start', 'main', { scope: 'user' }),
      5000,
      'ubuntu',
      /^MLflow/,
      /: systemctl --user start mooring-mlflow\.service$/,
    ],
    [
      'one that nobody chose a scope for',
      plainStack('mlflow-quick-start'),
      5000,
      'ubuntu',
      /^MLflow/,
      /: sudo systemctl start .* \(for an account without sudo: systemctl --user start /,
    ],
    [
      'a store',
      plainStack('object-storage', 'main', { scope: 'system', 'storage.port': 9000 }),
      9000,
      'ubuntu',
      /^The store does not answer/,
      /mooring-storage\.service$/,
    ],
  ])('where %s of ours should', (_what, stack, port, user, message, hint) => {
    const told = explain(stack, port, user);
    expect(told).toMatchObject({ code: 'target-refused', detail: 'refused' });
    expect(told.message).toMatch(message);
    expect(told.hint).toMatch(hint);
    expect(told.commandHint).toContain(`${told.hint ?? ''}. Or take it over again`);
    expect(told.commandHint).toContain(`mooring setup adopt lab-vm --environment ${stack.environment}`);
    expect(told.isMendedThere).toBe(true);
  });

  it('is told as it is where it is none of ours', () => {
    expect(explain(null, 5000)).toBe(refused);
    expect(explain(plainStack('mlflow-quick-start'), 5050)).toBe(refused);
    expect(explain(plainStack('mlflow-quick-start', 'main', {}, { complete: false }), 5000)).toBe(refused);
  });
});
