import { describe, expect, it } from 'vitest';
import { UpdatesRun, type UpdateSource } from '../../../main/electron/updates-run.ts';
import type { UpdateEvent } from '../../../main/electron/updates-view.ts';
import type { UpdatesView } from '../../../main/shared/desktop.ts';
import { failure, type Failure } from '../../../main/shared/failure.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const trouble = failure('unreachable', 'No.');

function makeRun({ unavailable = null as Failure | null } = {}) {
  const clock = new FakeClock();
  const did: string[] = [];
  const views: UpdatesView[] = [];
  let tell: (event: UpdateEvent) => void = () => undefined;
  let answer: () => void = () => {
    tell({ kind: 'none' });
  };
  const source: UpdateSource = {
    look: () => {
      did.push('look');
      answer();
      return Promise.resolve();
    },
    cancel: () => did.push('cancel'),
    installAtQuit: (on) => did.push(`install at quit: ${String(on)}`),
    install: () => did.push('install'),
  };
  const run = new UpdatesRun({
    clock,
    fraction: () => 0.5,
    unavailable,
    load: (listener) => {
      did.push('load');
      tell = listener;
      return Promise.resolve(source);
    },
    beforeInstall: () => {
      did.push('end everything');
      return Promise.resolve();
    },
    startAgain: () => did.push('start again'),
  });
  run.listen((view) => views.push(view));
  return {
    clock,
    did,
    run,
    view: () => views.at(-1),
    tell: (event: UpdateEvent) => {
      tell(event);
    },
    answerWith: (event: UpdateEvent) => {
      answer = () => {
        tell(event);
      };
    },
  };
}

const looks = (did: readonly string[]) => did.filter((each) => each === 'look').length;
const hourMs = 3_600_000;

describe('looking for newer versions', () => {
  it('tells at once how it is', () => {
    expect(makeRun().view()).toEqual({ kind: 'off' });
  });

  it('loads nothing before half a minute after the start, then looks twice a day', async () => {
    const { run, clock, did, view } = makeRun();
    run.setOn(true);
    await clock.pass(29_000);
    expect(did).toEqual([]);
    await clock.pass(1_000);
    expect(did).toEqual(['load', 'install at quit: true', 'look']);
    expect(view()).toEqual({ kind: 'current', checkedMs: clock.nowMs() });
    await clock.pass(25 * hourMs);
    expect(looks(did)).toBe(3);
    expect(did.filter((each) => each === 'load')).toHaveLength(1);
  });

  it('asks again an hour after a failure', async () => {
    const { run, clock, did, view, answerWith } = makeRun();
    answerWith({ kind: 'failed', failure: trouble });
    run.setOn(true);
    await clock.pass(30_000);
    expect(view()).toEqual({ kind: 'failed', failure: trouble });
    await clock.pass(hourMs);
    expect(looks(did)).toBe(2);
  });

  it('is not set back by the same wish again, as comes with every other change of settings', async () => {
    const { run, clock, did } = makeRun();
    run.setOn(true);
    await clock.pass(20_000);
    run.setOn(true);
    await clock.pass(10_000);
    expect(looks(did)).toBe(1);
  });

  it('stops when it is switched off, and lets nothing in at quit', async () => {
    const { run, clock, did, view, tell } = makeRun();
    run.setOn(true);
    await clock.pass(30_000);
    run.setOn(false);
    await clock.pass(48 * hourMs);
    expect(looks(did)).toBe(1);
    expect(did.slice(-2)).toEqual(['install at quit: false', 'cancel']);
    expect(view()).toEqual({ kind: 'off' });
    tell({ kind: 'ready', version: '9.9.9' });
    expect(view()).toEqual({ kind: 'off' });
    expect(clock.pending).toBe(0);
  });

  it('looks on request, also when it is switched off', async () => {
    const { run, clock, did, view } = makeRun();
    run.check();
    await clock.pass(0);
    expect(looks(did)).toBe(1);
    expect(view()).toMatchObject({ kind: 'current' });
    expect(clock.pending).toBe(0);
  });

  it('does nothing where there are none', async () => {
    const { run, clock, did, view } = makeRun({ unavailable: trouble });
    run.setOn(true);
    run.check();
    run.install();
    await clock.pass(48 * hourMs);
    expect(did).toEqual([]);
    expect(view()).toEqual({ kind: 'unavailable', failure: trouble });
  });

  it('leaves nothing behind', async () => {
    const { run, clock } = makeRun();
    run.setOn(true);
    run.close();
    expect(clock.pending).toBe(0);
    await clock.pass(hourMs);
  });
});

describe('installing', () => {
  it('ends everything first, and does so once', async () => {
    const { run, clock, did, answerWith } = makeRun();
    answerWith({ kind: 'ready', version: '9.9.9' });
    run.check();
    await clock.pass(0);
    run.install();
    run.install();
    await clock.pass(0);
    expect(did.slice(-2)).toEqual(['end everything', 'install']);
    expect(did.filter((each) => each === 'install')).toHaveLength(1);
  });

  it('waits for an update that is ready', async () => {
    const { run, clock, did } = makeRun();
    run.setOn(true);
    run.install();
    await clock.pass(0);
    expect(did).toEqual([]);
  });

  it('starts the app again when the newer version could not be put in', async () => {
    const { run, clock, did, answerWith, tell } = makeRun();
    answerWith({ kind: 'ready', version: '9.9.9' });
    run.check();
    await clock.pass(0);
    run.install();
    await clock.pass(0);
    tell({ kind: 'failed', failure: trouble });
    expect(did.at(-1)).toBe('start again');
  });
});
