/** What mends a name that is refused, as it is typed. */
import { describe, expect, it } from 'vitest';
import { fixCommand } from '../../../main/headless/terminal/fix-commands.ts';
import { canAllowNames, withNames } from '../../../main/shared/setup/other-names.ts';
import type { InstalledStack } from '../../../main/shared/setup/stack.ts';
import { forwardOf, serverOf } from '../../support/snapshots.ts';

const stack: InstalledStack = {
  draft: { stack: 'mlflow-quick-start', values: { environment: 'dev', 'mlflow.allowed-hosts': 'a.local' } },
  environment: 'dev',
  complete: true,
  adminUser: 'admin',
  secrets: [],
  forwardId: null,
};

describe('a name that MLflow refuses', () => {
  const { profile } = serverOf();
  const forward = forwardOf({ label: 'My MLflow' });
  const command = (fix: Parameters<typeof fixCommand>[0]) =>
    fixCommand(fix, { ...profile, name: 'my vm', stacks: [stack] }, forward);

  it('is allowed by the stack as it is, with the name beside those that it has', () => {
    expect(command({ kind: 'allow-names', environment: 'dev', names: ['b.local', 'a.local'] })).toBe(
      "mooring setup 'my vm' --stack mlflow-quick-start --set 'environment=dev' --set 'mlflow.allowed-hosts=a.local,b.local'",
    );
    expect(command({ kind: 'allow-names', environment: 'gone', names: ['b.local'] })).toBeNull();
  });

  it('is sent in place of what programs say', () => {
    expect(command({ kind: 'send-as', host: '127.0.0.1:5001' })).toBe(
      "mooring forward edit 'my vm/My MLflow' --send-as 127.0.0.1:5001",
    );
  });

  it('with a password that is wrong is adopted by its own environment, or its port', () => {
    const fix = { kind: 'store-password' } as const;
    const adopt = (stacks: readonly InstalledStack[], port = 5000) =>
      fixCommand(fix, { ...profile, name: 'my vm', stacks }, forwardOf({ id: 'f-1', port }));
    const others = [{ ...stack, environment: 'hand', forwardId: 'f-2' }];
    expect(adopt([...others, { ...stack, environment: 'main', forwardId: 'f-1' }])).toBe(
      "mooring setup adopt 'my vm' --environment main",
    );
    expect(adopt([{ ...stack, environment: 'adopted-5050', forwardId: 'f-1' }])).toBe(
      "mooring setup adopt 'my vm' --port 5050",
    );
    expect(adopt(others, 5051)).toBe("mooring setup adopt 'my vm' --port 5051 --user NAME");
  });

  it('of one that somebody else made is not setup’s to allow', () => {
    expect([stack, { environment: 'adopted' }, { environment: 'adopted-5001' }].map(canAllowNames)).toEqual([
      true,
      false,
      false,
    ]);
    expect(withNames({ stack: 'mlflow-full', values: {} }, ['x'])).toEqual({
      stack: 'mlflow-full',
      values: { 'mlflow.allowed-hosts': 'x' },
    });
  });
});
