/** Commands over the engine, at a server whose every answer can be chosen. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineCommand } from '../../../main/core/engine.ts';
import { remoteCommand } from '../../../main/adapters/engine/exec-frame.ts';
import { ExecSeen, type ExecFate } from '../../support/ssh-double-exec.ts';
import { startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { waitFor } from '../../support/wait.ts';
import { startRig, type Rig } from './rig.ts';

type ExecCommand = Extract<EngineCommand, { kind: 'exec-start' }>;

let rig: Rig;
let double: SshDouble;
let connectionId: string;
let fate: ExecFate;
let maxSessions: number;
let seen: ExecSeen;
let ids = 0;

beforeEach(async () => {
  fate = { kind: 'run' };
  maxSessions = 10;
  seen = new ExecSeen();
  rig = startRig();
  double = await startSshDouble({ exec: { fate: () => fate, maxSessions: () => maxSessions, seen } });
  connectionId = await rig.connectRoute(double);
});

afterEach(async () => {
  await rig.close();
  await double.stop();
  seen.killAll();
  await waitFor('all commands to be gone', () => seen.children.size === 0);
});

function start(script: string, more: Partial<ExecCommand> = {}): string {
  ids += 1;
  const execId = `x${String(ids)}`;
  const usual = { input: null, timeoutMs: 20_000, maxOutputBytes: 10_000_000 } as const;
  rig.send({ kind: 'exec-start', connectionId, execId, script, ...usual, ...more });
  return execId;
}

/** How it ended: with everything it wrote. */
async function end(execId: string): Promise<Record<string, unknown>> {
  const ended = await waitFor(
    `the end of ${execId}`,
    () => rig.all('exec-ended').find((event) => event.execId === execId),
    { timeoutMs: 25_000 },
  );
  const { kind: _kind, execId: _id, ...how } = ended;
  return { ...how, stdout: text(execId, 'stdout'), stderr: text(execId, 'stderr') };
}

const text = (execId: string, stream: 'stdout' | 'stderr'): string =>
  rig
    .all('exec-output')
    .filter((event) => event.execId === execId && event.stream === stream)
    .map((event) => event.text)
    .join('');

const run = (script: string, more: Partial<ExecCommand> = {}) => end(start(script, more));

const ok = { exitCode: 0, signal: null, stdout: '', stderr: '' };

describe('a script', () => {
  it('says what it says, on two streams, and how it ended', async () => {
    expect(await run('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await run('true')).toEqual(ok);
    expect(await run('')).toEqual(ok);
    expect(seen.commands).toEqual(Array(3).fill(remoteCommand));
    expect(seen.otherRequests).toEqual([]);
    await waitFor('no session to be left', () => seen.sessions === 0);
  });

  it.each([
    ['exec false', 1],
    ["printf %s '", 2],
    ['if', 2],
    ['}; echo outside', 2],
    [') ; echo outside; (', 2],
    ['no-such-program-at-all', 127],
    ['set -e; false; echo on', 1],
    ["kill -9 $(exec sh -c 'echo $PPID')", 137],
  ])('%j ends with %i', async (script, exitCode) => {
    expect(await run(script)).toMatchObject({ exitCode, signal: null, stdout: '' });
  });

  it('that kills its shell ends with the signal', async () => {
    expect(await run('echo a; kill -KILL $$; sleep 60')).toMatchObject({
      exitCode: null,
      signal: 'KILL',
      stdout: 'a\n',
    });
  });

  it('may leave something running that holds its output', async () => {
    const before = performance.now();
    expect(await run('sleep 60 & echo started')).toEqual({ ...ok, stdout: 'started\n' });
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it('is told apart from the noise of login shells, however it is cut up', async () => {
    fate = { kind: 'run', noise: { stdout: 'Welcome ö\n\x1b[1mmooring-', stderr: 'mesg: no tty\n' } };
    expect(await run('echo out; echo err >&2')).toEqual({ ...ok, stdout: 'out\n', stderr: 'err\n' });
    fate = { ...fate, packetBytes: 1 };
    expect(await run('printf "grüße €😀 mooring-0"; printf nö >&2')).toEqual({
      ...ok,
      stdout: 'grüße €😀 mooring-0',
      stderr: 'nö',
    });
  });

  it('gets its characters through whole, and what is none is replaced', async () => {
    fate = { kind: 'run', packetBytes: 3 };
    expect((await run("i=0; while [ $i -lt 500 ]; do printf 'a€😀é'; i=$((i+1)); done"))['stdout']).toBe(
      'a€😀é'.repeat(500),
    );
    for (const event of rig.all('exec-output')) expect(event.text).not.toContain('\ufffd');
    expect((await run("printf 'x\\377y\\303'"))['stdout']).toBe('x\ufffdy\ufffd');
  });

  it('may be a megabyte long', async () => {
    const line = "x='it''s' # \\ \"$y\" `\n";
    const script = `${line.repeat(50_000)}echo "$x"; wc -c`;
    expect(script.length).toBeGreaterThan(1_000_000);
    expect(await run(script, { input: 'z'.repeat(1_000_000) })).toEqual({ ...ok, stdout: 'its\n1000000\n' });
  });

  it('reads its input, and an end where there is none', async () => {
    const input = "first 'line'\nsecond $x `y` \\ €\n\nlast";
    expect((await run('read -r a; echo "<$a>"; cat', { input }))['stdout']).toBe(
      `<first 'line'>\n${input.slice(input.indexOf('\n') + 1)}`,
    );
    expect(await run('cat; read -r a || echo end')).toEqual({ ...ok, stdout: 'end\n' });
    expect(await run('cat', { input: '' })).toEqual(ok);
    expect(await run('true', { input: 'x'.repeat(3_000_000) })).toEqual(ok);
  });

  it('that reads slowly is not overrun', async () => {
    const input = 'x'.repeat(8_000_000);
    const execId = start('read -r go; cat | wc -c', { input: `go\n${input}` });
    expect((await end(execId))['stdout']).toBe('8000000\n');
  });

  it('that can hold a zero byte is not sent', async () => {
    expect(await run('echo a\0b')).toMatchObject({ failure: { code: 'invalid-argument' } });
    expect(seen.commands).toEqual([]);
  });
});

describe('output', () => {
  it('of five megabytes comes whole, in few events, while the process has other things to do', async () => {
    const execId = start('head -c 5000000 /dev/zero | tr "\\0" x; echo; head -c 1000000 /dev/zero | tr "\\0" y >&2');
    // A slow reader: the event loop is held up again and again.
    const busy = setInterval(() => {
      const endMs = performance.now() + 15;
      while (performance.now() < endMs);
    }, 20);
    const { stdout, stderr } = await end(execId);
    clearInterval(busy);
    expect(stdout).toBe(`${'x'.repeat(5_000_000)}\n`);
    expect(stderr).toBe('y'.repeat(1_000_000));
    const largest = Math.max(...rig.all('exec-output').map((event) => event.text.length));
    expect(largest).toBeLessThanOrEqual(2 * 1024 * 1024);
  });

  it('above the limit ends it, there too', async () => {
    const execId = start('yes', { maxOutputBytes: 100_000 });
    const { stdout, failure } = await end(execId);
    expect(failure).toMatchObject({ code: 'too-large' });
    expect(String(stdout)).toHaveLength(100_000);
    await waitFor('the command to be gone', () => seen.children.size === 0);
  });

  it('of exactly the limit is fine', async () => {
    expect(await run('printf 12345; printf 678 >&2', { maxOutputBytes: 8 })).toMatchObject({ exitCode: 0 });
    expect(await run('printf 12345; printf 6789 >&2', { maxOutputBytes: 8 })).toMatchObject({
      failure: { code: 'too-large' },
    });
  });

  it('in endless noise ends by the time limit', async () => {
    fate = { kind: 'run', shell: ['/bin/sh', '-c', 'yes; #'] };
    expect(await run('echo x', { timeoutMs: 300, maxOutputBytes: 10 })).toMatchObject({
      failure: { code: 'timed-out' },
      stdout: '',
    });
  });
});

describe('an end from outside', () => {
  it('by cancel takes all that it started along', async () => {
    const execId = start('echo ready; sleep 61 | sleep 62; echo on');
    await rig.next('exec-output');
    expect(seen.children.size).toBe(1);
    rig.send({ kind: 'exec-cancel', execId });
    rig.send({ kind: 'exec-cancel', execId });
    expect(await end(execId)).toMatchObject({ failure: { code: 'cancelled' }, exitCode: null, stdout: 'ready\n' });
    await waitFor('the command to be gone', () => seen.children.size === 0 && seen.sessions === 0);
    expect(await run('echo next')).toMatchObject({ stdout: 'next\n' });
    expect(rig.all('exec-ended').filter((event) => event.execId === execId)).toHaveLength(1);
  });

  it('by cancel before it began leaves nothing to run', async () => {
    const execId = start('echo x');
    rig.send({ kind: 'exec-cancel', execId });
    expect(await end(execId)).toMatchObject({ failure: { code: 'cancelled' }, stdout: '' });
    rig.send({ kind: 'exec-cancel', execId: 'unheard-of' });
    await waitFor('no session to be left', () => seen.sessions === 0);
    expect(await run('echo next')).toMatchObject({ stdout: 'next\n' });
    expect(seen.commands).toHaveLength(1);
  });

  it('by the time limit ends it there', async () => {
    expect(await run('trap "" TERM; echo x; sleep 60', { timeoutMs: 400 })).toMatchObject({
      failure: { code: 'timed-out' },
      stdout: 'x\n',
    });
    await waitFor('the command to be gone', () => seen.children.size === 0);
  });

  it.each(['drop', 'end'] as const)('by a connection that ends (%s) is told, once', async (how) => {
    const ran = start('echo ready; sleep 60');
    await rig.next('exec-output');
    maxSessions = 1;
    const waiting = [start('echo x'), start('echo y')];
    await waitFor('one to be refused', () => seen.refusals > 0);
    double[how]();
    for (const execId of [ran, ...waiting]) expect(await end(execId)).toMatchObject({ failure: { code: 'link-lost' } });
    const kinds = rig.events.map((event) => event.kind);
    await rig.next('closed');
    expect(kinds.lastIndexOf('exec-ended')).toBeLessThan(rig.events.findIndex((event) => event.kind === 'closed'));
    expect(rig.all('exec-ended')).toHaveLength(3);
    expect(await run('echo x')).toMatchObject({ failure: { code: 'link-lost' } });
  });

  it('by disconnect and by close', async () => {
    const first = start('sleep 60');
    rig.send({ kind: 'disconnect', connectionId });
    expect(await end(first)).toMatchObject({ failure: { code: 'link-lost' } });
    connectionId = await rig.connectRoute(double);
    const second = start('echo ready; sleep 60');
    await rig.next('exec-output');
    await rig.close();
    expect(await end(second)).toMatchObject({ failure: { code: 'link-lost' } });
  });
});

describe('a server that will not', () => {
  it('open a session', async () => {
    maxSessions = 0;
    expect(await run('echo x')).toMatchObject({ failure: { code: 'not-allowed', detail: 'open failed' } });
    expect(seen.refusals).toBe(1);
  });

  it('run a command', async () => {
    fate = { kind: 'refuse' };
    expect(await run('echo x')).toMatchObject({ failure: { code: 'not-allowed' } });
    await waitFor('no session to be left', () => seen.sessions === 0);
  });

  it('give a shell: its words are told, and the input is not sent', async () => {
    fate = {
      kind: 'run',
      shell: ['/bin/sh', '-c', 'echo "This account is not available."; cat >/dev/null; exit 1; #'],
    };
    expect(await run('cat', { input: 'secret'.repeat(10_000), timeoutMs: 300 })).toMatchObject({
      failure: { code: 'timed-out' },
    });
    expect(seen.stdinBytes).toBeLessThan(2_000);
    fate = { kind: 'run', shell: ['/bin/sh', '-c', 'echo "This account is not available."; exit 1; #'] };
    expect(await run('cat', { input: 'secret' })).toMatchObject({
      failure: { code: 'not-allowed', detail: 'This account is not available.' },
      stdout: '',
    });
  });

  it('say how it ended', async () => {
    fate = {
      kind: 'take',
      use: (channel) => {
        channel.close();
      },
    };
    expect(await run('echo x')).toMatchObject({ failure: { code: 'not-allowed' } });
  });
});

describe('many at once', () => {
  it('take their turns, ten and more', async () => {
    const results = await Promise.all(
      Array.from({ length: 25 }, (_, index) => run(`echo ${String(index)}; exit ${String(index)}`)),
    );
    results.forEach((result, index) => {
      expect(result).toEqual({ ...ok, exitCode: index, stdout: `${String(index)}\n` });
    });
    expect(seen.mostSessions).toBeLessThanOrEqual(10);
    expect(seen.mostSessions).toBeGreaterThan(4);
  });

  it.each([1, 3])('at a server that allows %i', async (count) => {
    maxSessions = count;
    const results = await Promise.all(Array.from({ length: 12 }, (_, index) => run(`echo ${String(index)}`)));
    expect(results.map((result) => result['stdout'])).toEqual(results.map((_, index) => `${String(index)}\n`));
    expect(seen.mostSessions).toBe(count);
  });

  it('that are cancelled while they wait are never run', async () => {
    maxSessions = 1;
    const first = start('echo ready; read -r x; echo "$x"', { input: '' });
    const others = Array.from({ length: 4 }, () => start('echo never'));
    for (const execId of others) rig.send({ kind: 'exec-cancel', execId });
    for (const execId of others) expect(await end(execId)).toMatchObject({ failure: { code: 'cancelled' } });
    expect(await end(first)).toMatchObject({ stdout: 'ready\n\n' });
    expect(await run('echo next')).toMatchObject({ stdout: 'next\n' });
    expect(rig.all('exec-output').some((event) => event.text.includes('never'))).toBe(false);
  });
});
