/** The check begins as soon as its tunnel is decided: it waits for one that is on its way, not for one that can't help. */
import { describe, expect, it } from 'vitest';
import { Checks, type ChecksDeps } from '../../../../main/core/setup/verify/checks.ts';
import { done, failed, failure } from '../../../../main/shared/failure.ts';
import type { ServerView } from '../../../../main/shared/snapshot.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { installedOf } from '../../../support/setup-snapshots.ts';
import { serverOf, targetFailed, type ServerFixture } from '../../../support/snapshots.ts';

const refused = failed(failure('refused', '127.0.0.1:5000 refused the connection'));

function bench(forward: Partial<NonNullable<ServerFixture['forwards']>[number]>) {
  const clock = new FakeClock();
  const server = serverOf({
    stacks: [installedOf({ forwardId: 'f-MLflow' })],
    forwards: [{ id: 'f-MLflow', label: 'MLflow', localPort: 5000, ...forward }],
  });
  let asked = 0;
  const deps = {
    clock,
    random: { id: () => 'abcdef0123456789' },
    state: {
      get: () => ({ servers: [server] }),
      updateServer: (_: string, change: (view: ServerView) => ServerView) => void change(server),
    },
    http: {
      request: () => {
        asked += 1;
        return { done: Promise.resolve(refused), cancel: () => undefined };
      },
      closeIdle: () => undefined,
    },
    credentials: {
      trackingServer: () => Promise.resolve(done({ url: 'http://127.0.0.1:5000', login: null, stack: installedOf() })),
    },
  } as unknown as ChecksDeps;
  return { clock, checks: new Checks(deps), serverId: server.profile.id, asked: () => asked };
}

describe('the tunnel of a check', () => {
  it.each([
    ['up', {}],
    ['without an answer behind it', { state: targetFailed }],
    ['switched off', { state: { kind: 'off' }, wanted: false }],
  ] as const)('that is %s is not waited for', async (_, forward) => {
    const { checks, clock, serverId } = bench(forward);
    const began = clock.nowMs();
    const checked = await checks.run(serverId, 'main', 1_000);
    expect(checked).toMatchObject({ ok: true, value: { failure: { code: 'refused' } } });
    expect(clock.nowMs()).toBe(began);
  });

  it('that is on its way is waited for, for some seconds', async () => {
    const { checks, clock, serverId, asked } = bench({ state: { kind: 'starting' } });
    const checked = checks.run(serverId, 'main', 1_000);
    await clock.pass(14_900);
    expect(asked()).toBe(0);
    await clock.pass(200);
    expect(await checked).toMatchObject({ ok: true, value: { failure: { code: 'refused' } } });
    expect(asked()).toBe(1);
  });
});
