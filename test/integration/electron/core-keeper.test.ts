/** The keeper of the core with cores that misbehave, behind a real control socket. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreKeeper } from '../../../main/electron/core-keeper.ts';
import { createControlClient, knock } from '../../../main/headless/control/control-client.ts';
import { serve } from '../../../main/headless/serve.ts';
import { failure } from '../../../main/shared/failure.ts';
import type { CoreEvent } from '../../../main/shared/contract.ts';
import { makePaths } from '../../support/cli.ts';
import { createFakeCore, type FakeCore } from '../../support/fake-core.ts';

const trouble = failure('bug', 'A fault.');

describe.skipIf(process.platform === 'win32')('the keeper of the core', () => {
  let paths: Awaited<ReturnType<typeof makePaths>>;
  let cores: FakeCore[];
  /** How cores made from now on end. */
  let stop: (core: FakeCore) => Promise<void>;
  let quits: number;
  let keeper: CoreKeeper;

  beforeEach(async () => {
    paths = await makePaths();
    cores = [];
    quits = 0;
    stop = (core) => core.stop();
    keeper = new CoreKeeper({
      paths,
      version: '1.2.3',
      window: { kind: 'own', open: () => undefined },
      desktop: undefined,
      stopPatienceMs: 50,
      compose: ({ host }) => {
        const core = createFakeCore(host);
        const end = stop;
        cores.push(core);
        return Promise.resolve({ ...core, stop: () => end(core), keychainBusy: () => false });
      },
      onQuit: () => (quits += 1),
    });
  });
  afterEach(async () => {
    stop = (core) => core.stop();
    await keeper.stop().catch(() => undefined);
    await paths.remove();
  });

  const coreIds = () => {
    const ids: string[] = [];
    keeper.follow(
      (event: CoreEvent) => {
        if (event.name === 'snapshot.changed') ids.push(event.payload.coreId);
      },
      { looking: false },
    );
    return ids;
  };

  it('shows followers each core once, and nothing of one that is gone', async () => {
    const ids = coreIds();
    expect(await keeper.start()).toMatchObject({ ok: true });
    expect(await keeper.startAgain(trouble)).toMatchObject({ ok: true });
    expect(new Set(ids).size).toBe(2);
    const told = ids.length;
    await cores[0]?.call('settings.set', { patch: { holdSeconds: 3 } });
    expect(ids.length).toBe(told);
    await keeper.call('settings.set', { patch: { holdSeconds: 4 } });
    expect(ids.length).toBe(told + 1);
  });

  it.each<[string, (core: FakeCore) => Promise<void>]>([
    ['throws', () => Promise.reject(new Error('broken'))],
    ['hangs', () => new Promise(() => undefined)],
  ])('starts another when the end of the old one %s', async (_how, end) => {
    stop = end;
    await keeper.start();
    stop = (core) => core.stop();
    expect(await keeper.startAgain(trouble)).toMatchObject({ ok: true });
    expect(await knock(paths.controlPath)).toMatchObject({ kind: 'running', hello: { stopping: false } });
  });

  it('waits for a start under way before it starts again', async () => {
    const first = keeper.start();
    expect(await keeper.startAgain(trouble)).toMatchObject({ ok: true });
    expect(await first).toMatchObject({ ok: true });
    expect(cores).toHaveLength(2);
    expect(await keeper.call('snapshot.get', {})).toMatchObject({ ok: true });
  });

  it('takes over from a core that runs, and hears of a quit over the socket', async () => {
    const other = await serve({
      paths,
      version: '1.2.3',
      window: { kind: 'none' },
      kind: 'background',
      compose: ({ host }) => Promise.resolve(createFakeCore(host)),
    });
    if (other.kind !== 'serving') throw new Error(other.kind);
    void other.running.quitAsked.then(() => other.running.stop());
    expect(await keeper.start()).toMatchObject({ ok: true });
    expect(await knock(paths.controlPath)).toMatchObject({ kind: 'running', hello: { host: 'desktop' } });
    expect(await createControlClient(paths.controlPath).call('app.quit', {})).toMatchObject({ ok: true });
    expect(quits).toBe(1);
  });

  it('does not wait for ever for a core of its own that does not let go', async () => {
    const other = await serve({
      paths,
      version: '1.2.3',
      window: { kind: 'none' },
      kind: 'desktop',
      compose: ({ host }) => Promise.resolve(createFakeCore(host)),
    });
    if (other.kind !== 'serving') throw new Error(other.kind);
    try {
      expect(await keeper.start()).toMatchObject({ ok: false, error: { code: 'timed-out' } });
    } finally {
      await other.running.stop();
    }
  });

  it('answers calls in words when there is no core', async () => {
    expect(await keeper.call('snapshot.get', {})).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  });
});
