import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createControlClient } from '../../../main/headless/control/control-client.ts';
import { listenOnControlSocket, type ControlSocket } from '../../../main/headless/control/control-socket.ts';
import { createEventStream } from '../../../main/headless/api/event-stream.ts';
import { ensurePrivateDir } from '../../../main/headless/control/private-dir.ts';
import { createSseParser } from '../../../main/headless/control/sse-parser.ts';
import type { CoreEvent } from '../../../main/shared/contract.ts';
import { makePaths } from '../../support/cli.ts';
import { createFakeCore, type FakeCore } from '../../support/fake-core.ts';

let core: FakeCore;
let socket: ControlSocket;
let paths: Awaited<ReturnType<typeof makePaths>>;

beforeEach(async () => {
  core = createFakeCore();
  paths = await makePaths();
  await ensurePrivateDir(paths.runDir, process.getuid?.());
  const served = {
    ready: Promise.resolve(core),
    version: '1.2.3',
    kind: 'background' as const,
    isStopping: () => false,
  };
  socket = await listenOnControlSocket(paths.controlPath, served);
});
afterEach(async () => {
  await socket.close();
  await paths.remove();
});

const until = (check: () => boolean) => vi.waitUntil(check, { interval: 5, timeout: 10_000 });

describe('the stream of events', () => {
  it('begins with the whole snapshot, then tells changes and log entries', async () => {
    const events: CoreEvent[] = [];
    const end = createControlClient(paths.controlPath).subscribe((event) => events.push(event));
    await until(() => events.length === 1);
    expect(events[0]).toMatchObject({
      name: 'snapshot.changed',
      payload: { revision: 1, coreId: core.snapshot().coreId },
    });
    core.update((before) => ({ ...before, network: { online: false } }));
    core.log('hello\nworld');
    await until(() => events.length === 3);
    expect(events.slice(1)).toMatchObject([
      { name: 'snapshot.changed', payload: { revision: 2, network: { online: false } } },
      { name: 'log.added', payload: { seq: 1, message: 'hello\nworld' } },
    ]);
    end();
    await until(() => core.subscribers === 0);
  });

  it('passes on whether somebody looks', async () => {
    const open = (query: string) =>
      new Promise<IncomingMessage>((resolve) => {
        request({ socketPath: paths.controlPath, path: `/api/events${query}`, agent: false }, resolve).end();
      });
    const looking = await open('');
    const notLooking = await open('?looking=0');
    expect([core.subscribers, core.lookers]).toEqual([2, 1]);
    looking.destroy();
    await until(() => core.lookers === 0);
    notLooking.destroy();
    await until(() => core.subscribers === 0);
  });

  it('ends when the socket closes, and says so once', async () => {
    const onEnd = vi.fn();
    const onEvent = vi.fn();
    createControlClient(paths.controlPath).subscribe(onEvent, onEnd);
    await until(() => onEvent.mock.calls.length === 1);
    await socket.close();
    await until(() => onEnd.mock.calls.length > 0);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(core.subscribers).toBe(0);
  });

  it('says the end where nobody answers', async () => {
    await socket.close();
    await new Promise<void>((resolve) => createControlClient(paths.controlPath).subscribe(() => undefined, resolve));
  });

  it('forgets clients that come and go', async () => {
    for (let round = 0; round < 50; round += 1) {
      const end = createControlClient(paths.controlPath).subscribe(() => undefined);
      if (round % 2 === 0) await until(() => core.subscribers > 0);
      end();
    }
    await until(() => core.subscribers === 0);
  });

  it('takes only so many streams', async () => {
    const onEnd = vi.fn();
    const ends = Array.from({ length: 110 }, () =>
      createControlClient(paths.controlPath).subscribe(() => undefined, onEnd),
    );
    await until(() => core.subscribers === 100 && onEnd.mock.calls.length === 10);
    for (const end of ends) end();
    await until(() => core.subscribers === 0);
  });

  it('keeps only the newest snapshot and a bounded number of entries for a reader that does not read', async () => {
    const client = await new Promise<Socket>((resolve) => {
      const opened = connect(paths.controlPath, () => {
        opened.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
        resolve(opened);
      });
    });
    client.pause();
    await until(() => core.subscribers === 1);
    const padding = 'x'.repeat(100_000);
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 3000; round += 1) {
      core.update((snapshot) => ({ ...snapshot, dataDir: `${padding}${String(round)}` }));
      core.log(`${String(round)} ${'y'.repeat(100)}`);
      if (round % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    // 300 MB of snapshots went by.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
    const parse = createSseParser();
    const names: string[] = [];
    let last: unknown = null;
    let missed = 0;
    client.setEncoding('latin1');
    client.on('data', (text: unknown) => {
      // Chunk sizes of the transfer encoding stand on lines of their own, which a parser of events skips.
      for (const { event, data } of parse(String(text).replace(/\r\n[0-9a-f]+\r\n/g, ''))) {
        names.push(event);
        if (event === 'snapshot.changed') last = data;
        if (event === 'log.missed') missed += (JSON.parse(data) as { count: number }).count;
      }
    });
    client.resume();
    await until(() => String(last).includes('x2999"') && names.filter((each) => each === 'log.added').length >= 1000);
    expect(names.filter((each) => each === 'snapshot.changed').length).toBeLessThan(50);
    expect(missed).toBeGreaterThan(1000);
    expect(missed + names.filter((each) => each === 'log.added').length).toBe(3000);
    client.destroy();
    await until(() => core.subscribers === 0);
  });
});

describe('one stream', () => {
  it('joins the lines of a run, and keeps the newest thousand of the newest run', async () => {
    const stream = createEventStream(() => undefined);
    const push = (serverId: string, runId: string, from: number, count: number) => {
      const lines = Array.from({ length: count }, (_, at) => ({ seq: from + at, stepId: 'mlflow', text: 'x' }));
      stream.push({ name: 'setup.log-added', payload: { serverId, runId, lines } });
    };
    push('a', 'old', 0, 10);
    for (let seq = 0; seq < 1500; seq += 3) push('a', 'new', seq, 3);
    push('b', 'other', 0, 1);
    const { value } = await stream.body.getReader().read();
    const sent = createSseParser()(new TextDecoder().decode(value)).map(
      ({ data }) => JSON.parse(data) as Extract<CoreEvent, { name: 'setup.log-added' }>['payload'],
    );
    const shown = sent.map(({ serverId, runId, lines }) => [serverId, runId, lines[0]?.seq, lines.at(-1)?.seq]);
    expect(shown).toEqual([
      ['a', 'new', 500, 1499],
      ['b', 'other', 0, 0],
    ]);
    stream.end();
  });

  it('sends a heartbeat after 15 s of silence', async () => {
    vi.useFakeTimers();
    try {
      const stream = createEventStream(() => undefined);
      const reader = stream.body.getReader();
      const read = reader.read();
      await vi.advanceTimersByTimeAsync(15_000);
      expect(new TextDecoder().decode((await read).value)).toBe(': still here\n\n');
      stream.end();
      expect(await reader.read()).toEqual({ done: true, value: undefined });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('never goes back to an older snapshot', async () => {
    const stream = createEventStream(() => undefined);
    const snapshot = core.snapshot();
    stream.push({ name: 'snapshot.changed', payload: { ...snapshot, revision: 5 } });
    stream.push({ name: 'snapshot.changed', payload: { ...snapshot, revision: 4 } });
    const { value } = await stream.body.getReader().read();
    expect(new TextDecoder().decode(value)).toContain('"revision":5');
    stream.end();
  });
});
