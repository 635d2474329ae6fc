/** Sleep, unlock, and a network that comes and goes: one wake an event, and patience until the network is there. */
import { describe, expect, it } from 'vitest';
import type { PowerEvent } from '../../../main/core/ports.ts';
import { decideComeback, noFailures, type Loss } from '../../../main/core/tunnels/comeback.ts';
import { watchForWake } from '../../../main/core/tunnels/wake.ts';
import { failure, type FailureCode } from '../../../main/shared/failure.ts';
import { CoreDouble } from '../../support/core-double.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

/** A watch on its own, with a machine to play. */
function watched(signature = 'wlan0') {
  const clock = new FakeClock();
  const machine = { signature };
  const told: string[] = [];
  let listener: ((event: PowerEvent) => void) | null = null;
  const watch = watchForWake({
    clock,
    network: { signature: () => machine.signature, online: () => machine.signature !== '' },
    power: {
      listen: (given) => {
        listener = given;
        return () => (listener = null);
      },
    },
    onWake: (why) => told.push(why),
    onOnline: (online) => told.push(online ? 'online' : 'offline'),
    onSuspend: () => told.push('suspend'),
    onPerson: () => told.push('person'),
  });
  told.length = 0;
  return {
    clock,
    machine,
    told,
    watch,
    say: (event: PowerEvent) => listener?.(event),
    isHeard: () => listener !== null,
    wakes: () => told.filter((each) => each.startsWith('The ')),
  };
}

describe('the watch', () => {
  it('tells one sleep once, whichever side tells first', async () => {
    const first = watched();
    // Armed before the look that falls due as well when the machine wakes, and so run before it.
    first.clock.after(100_000, () => {
      first.say('resume');
    });
    await first.clock.pass(60_000);
    await first.clock.sleep(3600_000);
    await first.clock.pass(1000);
    expect(first.wakes()).toEqual(['The laptop woke up']);
    const last = watched();
    await last.clock.sleep(3600_000);
    await last.clock.pass(1000);
    last.say('resume');
    await last.clock.pass(1000);
    expect(last.wakes()).toEqual(['The laptop woke up']);
  });

  it('tells a sleep that no event speaks of', async () => {
    const { clock, wakes } = watched();
    await clock.sleep(3600_000);
    await clock.pass(1000);
    expect(wakes()).toEqual(['The laptop woke up']);
  });

  it('tells every sleep', async () => {
    const { clock, say, wakes } = watched();
    for (let round = 0; round < 3; round += 1) {
      say('resume');
      await clock.pass(10_000);
    }
    expect(wakes()).toHaveLength(3);
  });

  it('does not swallow the network that comes just after the sleep', async () => {
    const { clock, machine, say, wakes } = watched();
    say('resume');
    await clock.pass(1000);
    machine.signature = 'wlan0 192.0.2.7';
    await clock.pass(1000);
    expect(wakes()).toEqual(['The laptop woke up', 'The network changed']);
  });

  it('tells a network once that both interfaces and the machine speak of', async () => {
    const { clock, machine, say, told, wakes } = watched();
    say('offline');
    machine.signature = '';
    await clock.pass(10_000);
    told.length = 0;
    machine.signature = 'wlan0';
    await clock.pass(1000);
    expect(told).toEqual(['The network changed']);
    say('online');
    expect(told).toEqual(['The network changed', 'online']);
    expect(wakes()).toHaveLength(1);
  });

  it('wakes when the way out is back though the interfaces stayed', async () => {
    const { clock, say, told } = watched();
    say('offline');
    await clock.pass(10_000);
    say('online');
    expect(told).toEqual(['offline', 'online', 'The network is back']);
  });

  it('notes the sleep, and who is back after it', () => {
    const { say, told } = watched();
    for (const event of ['suspend', 'lock', 'resume', 'unlock'] as const) say(event);
    expect(told).toEqual(['suspend', 'The laptop woke up', 'person', 'person']);
  });

  it('has patience for half a minute after a start and after each wake, also when the clock is set back', async () => {
    const { clock, say, watch } = watched();
    const settling = () => watch.connectivity().settling;
    expect(settling()).toBe(true);
    await clock.pass(30_000);
    expect(settling()).toBe(false);
    say('unlock');
    expect(settling()).toBe(true);
    await clock.pass(29_000);
    expect(settling()).toBe(true);
    await clock.sleep(-3600_000);
    expect(settling()).toBe(false);
  });

  it('ends without a trace', () => {
    const { clock, watch, isHeard } = watched();
    watch.stop();
    expect(clock.pending).toBe(0);
    expect(isHeard()).toBe(false);
  });
});

describe('coming back', () => {
  const steady = { online: true, settling: false };
  const settling = { online: true, settling: true };
  const offline = { online: false, settling: false };
  const loss = (code: FailureCode, connectivity: Loss['connectivity'], more: Partial<Loss> = {}): Loss => ({
    cause: failure(code, `It failed: ${code}.`),
    upForMs: null,
    personAsked: false,
    secretRefused: false,
    connectivity,
    ...more,
  });
  const pause = (failures: number, given: Loss) => {
    const { comeback } = decideComeback({ ...noFailures, network: failures }, given, 30_000, 0.5);
    return comeback.kind === 'dial' ? comeback.delayMs : comeback.kind;
  };

  it.each([
    ['grows with every failure', 5, loss('unreachable', steady), 8000],
    ['stays short while the network may be on its way', 5, loss('unreachable', settling), 500],
    ['stays short for names that can’t be found yet', 5, loss('address-unknown', settling), 500],
    ['grows where somebody refuses', 5, loss('refused', settling), 8000],
    ['is the longest without any network', 0, loss('unreachable', offline), 30_000],
    ['is as ever for a refusal on this machine', 0, loss('refused', offline), 250],
    ['is none after a link that held', 5, loss('link-lost', offline, { upForMs: 60_000 }), 0],
    ['waits for a person who has typed a code', 0, loss('timed-out', settling, { personAsked: true }), 'ask'],
  ])('the pause %s', (_what, failures, given, expected) => {
    expect(pause(failures, given)).toBe(expected);
  });

  it('says that it is offline instead of blaming the server', () => {
    const { comeback, failures } = decideComeback(noFailures, loss('unreachable', offline), 30_000, 0.5);
    expect(comeback).toMatchObject({
      why: { code: 'unreachable', message: 'This computer is offline.', detail: 'It failed: unreachable.' },
    });
    expect(failures).toEqual(noFailures);
  });
});

describe('a connection', () => {
  const say = async (app: CoreDouble, event: PowerEvent) => {
    for (const listener of app.powerListeners) listener(event);
    await settle();
  };

  it('tries about once a second after a sleep until Wi-Fi is there, keeps listening, and is up at once then', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    await app.clock.pass(60_000);
    await say(app, 'suspend');
    expect(app.log.at(-1)?.message).toBe('The laptop goes to sleep.');
    await app.clock.sleep(8 * 3600_000);
    await say(app, 'resume');
    expect(app.engine.all('check-link')).toHaveLength(1);
    await app.lose();
    await app.clock.pass(0);
    const before = app.engine.all('connect').length;
    for (let second = 0; second < 20; second += 1) {
      await app.lose('unreachable');
      await app.clock.pass(1000);
    }
    expect(app.engine.all('connect').length - before).toBe(20);
    await app.lose('address-unknown');
    const { connection } = app;
    if (connection.kind !== 'waiting') throw new Error(connection.kind);
    expect(connection.retryAtMs - app.clock.nowMs()).toBeLessThanOrEqual(1000);
    expect(app.engine.all('unlisten')).toEqual([]);
    expect(app.engine.all('listen')).toHaveLength(1);
    app.networkSignature = 'wlan0 192.0.2.7';
    await app.clock.pass(500);
    expect(app.connection.kind).toBe('connecting');
    await app.reachLogin();
    await app.accept();
    expect(app.connection.kind).toBe('up');
  });

  it('waits for a network at login with words that say so, and connects as soon as it is there', async () => {
    const app = new CoreDouble();
    app.networkSignature = '';
    await app.startLabVm();
    await app.lose('unreachable');
    expect(app.connection).toMatchObject({ kind: 'waiting', failure: { message: 'This computer is offline.' } });
    const tries = app.engine.all('connect').length;
    await app.clock.pass(20_000);
    expect(app.engine.all('connect')).toHaveLength(tries);
    app.networkSignature = 'eth0';
    await app.clock.pass(500);
    expect(app.connection.kind).toBe('connecting');
    // Names can't be found yet: no growing pause.
    for (let round = 0; round < 10; round += 1) {
      await app.lose('address-unknown');
      await app.clock.pass(1000);
    }
    expect(app.engine.all('connect').length).toBeGreaterThanOrEqual(tries + 11);
  });

  it('is not woken twice by one sleep', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    await app.clock.sleep(3600_000);
    await say(app, 'resume');
    await app.clock.pass(2000);
    await say(app, 'resume');
    expect(app.engine.all('check-link')).toHaveLength(1);
  });

  it('tries at once when the screen is unlocked', async () => {
    const app = new CoreDouble();
    await app.startLabVm();
    await app.clock.pass(60_000);
    for (let round = 0; round < 8; round += 1) {
      await app.lose('refused');
      await app.clock.pass(30_000);
    }
    await app.lose('refused');
    expect(app.connection.kind).toBe('waiting');
    await say(app, 'unlock');
    expect(app.connection.kind).toBe('connecting');
  });

  it('lets go of the machine’s events when the core stops', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    expect(app.powerListeners.size).toBe(1);
    await app.core.stop();
    expect(app.powerListeners.size).toBe(0);
  });
});
