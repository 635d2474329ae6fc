/** Control sockets whose file is removed under a living core, as cleaners of temp folders do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createControlClient, knock } from '../../../main/headless/control/control-client.ts';
import { beatMs, livingOwner } from '../../../main/headless/control/owner-file.ts';
import { serve, type RunningCore, type ServeResult } from '../../../main/headless/serve.ts';
import { makePaths } from '../../support/cli.ts';
import { createFakeCore } from '../../support/fake-core.ts';
import { waitFor } from '../../support/wait.ts';

let paths: Awaited<ReturnType<typeof makePaths>>;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  paths = await makePaths();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await paths.remove();
  vi.useRealTimers();
});

const start = (): Promise<ServeResult> =>
  serve({
    paths,
    version: '1.2.3',
    window: { kind: 'browser', port: 0 },
    kind: 'background',
    compose: ({ host }) => Promise.resolve(createFakeCore(host)),
  });
async function startOne(): Promise<RunningCore> {
  const result = await start();
  if (result.kind !== 'serving') throw new Error(JSON.stringify(result));
  let stopped: Promise<void> | null = null;
  const running = { ...result.running, stop: () => (stopped ??= result.running.stop()) };
  ends.push(running.stop);
  return running;
}
const ownerPath = () => join(paths.dataDir, 'owner.json');
const answers = async () => (await knock(paths.controlPath)).kind === 'running';

describe.skipIf(process.platform === 'win32')('a core whose socket file vanishes', () => {
  it('still has its data folder, until it ends', async () => {
    const first = await startOne();
    await unlink(paths.controlPath);
    expect(await start()).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'conflict',
        message: expect.stringContaining(
          `Mooring already runs (process ${String(process.pid)}) but its control socket is gone.`,
        ) as string,
      },
    });
    expect(await knock(paths.controlPath)).toEqual({ kind: 'nobody' });
    await first.stop();
    await startOne();
    expect(await answers()).toBe(true);
  });

  it('still has it when the folder of the socket is gone as well', async () => {
    await startOne();
    await rm(paths.runDir, { recursive: true });
    expect(await start()).toMatchObject({ kind: 'failed', failure: { code: 'conflict' } });
  });

  it.each([
    ['the socket', () => unlink(paths.controlPath)],
    ['its whole folder', () => rm(paths.runDir, { recursive: true })],
  ])('makes anew: %s', async (_name, remove) => {
    const running = await startOne();
    const client = createControlClient(paths.controlPath);
    let seen = 0;
    ends.push(() => Promise.resolve(unsubscribe()));
    const unsubscribe = client.subscribe(() => (seen += 1));
    await waitFor('the first event', () => seen === 1);
    for (let round = 0; round < 2; round += 1) {
      await remove();
      vi.advanceTimersByTime(beatMs);
      await waitFor('the socket to answer', answers);
      expect((await lstat(paths.controlPath)).mode & 0o777).toBe(0o600);
      expect((await lstat(paths.runDir)).mode & 0o777).toBe(0o700);
      expect(await start()).toMatchObject({ kind: 'already-running' });
    }
    // Who was connected stays so.
    await client.call('settings.set', { patch: { holdSeconds: 7 } });
    await waitFor('an event over the old socket', () => seen === 2);
    await running.stop();
    expect(await readdir(paths.runDir)).toEqual([]);
  });

  it('leaves alone what lies there now', async () => {
    const running = await startOne();
    await unlink(paths.controlPath);
    const stranger = createServer((_asked, answer) => answer.end('{}'));
    await new Promise<void>((resolve) => stranger.listen(paths.controlPath, resolve));
    ends.push(() => new Promise((resolve) => stranger.close(resolve)));
    vi.advanceTimersByTime(beatMs);
    await running.stop();
    expect((await lstat(paths.controlPath)).isSocket()).toBe(true);
    expect(await knock(paths.controlPath)).toMatchObject({ kind: 'stranger' });
  });

  it('leaves nothing behind', async () => {
    const running = await startOne();
    expect((await lstat(ownerPath())).mode & 0o777).toBe(0o600);
    await running.stop();
    expect(await readdir(paths.runDir)).toEqual([]);
    expect(await readdir(paths.dataDir)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an owner file of the past', () => {
  const put = async (owner: unknown) => {
    await mkdir(paths.dataDir, { recursive: true, mode: 0o700 });
    await writeFile(ownerPath(), typeof owner === 'string' ? owner : JSON.stringify(owner));
  };
  const child = async (command: string) => {
    const started = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] });
    const closed = once(started, 'close');
    ends.push(async () => {
      started.kill('SIGKILL');
      await closed;
    });
    const [text] = (await once(started.stdout, 'data')) as [Buffer];
    return { pid: started.pid ?? 0, text: text.toString().trim() };
  };

  it.each(['', '{', 'null', '[]', '{"pid":-1}', '{"pid":0}', '{"pid":"1"}', '{"pid":1e99}', '{"pid":2147483647}'])(
    'does not block: %s',
    async (text) => {
      await put(text);
      expect(await livingOwner(paths.dataDir)).toBeNull();
      await startOne();
    },
  );

  it('does not block when its process has ended', async () => {
    const running = await startOne();
    const { life } = JSON.parse(await readFile(ownerPath(), 'utf8')) as { life: string | null };
    await running.stop();
    const ended = spawn('true');
    await once(ended, 'close');
    await put({ pid: ended.pid, life });
    await startOne();
  });

  it('does not block when another program has its number now', async () => {
    const { pid } = await child('echo here; exec sleep 1000');
    await put({ pid, life: '00000000-0000-0000-0000-000000000000 1' });
    await startOne();
  });

  it.runIf(process.platform === 'linux')('does not block when its process is a zombie', async () => {
    // The shell's place is taken by a program that never asks for the children it got.
    const { pid: parent, text: pid } = await child('sleep 1000 & echo $!; exec sleep 1000');
    const status = (of: string | number = pid) => readFile(`/proc/${String(of)}/stat`, 'latin1');
    await waitFor('the other program', async () => (await status(parent)).includes('(sleep)'));
    process.kill(Number(pid), 'SIGKILL');
    await waitFor('a zombie', async () => (await status()).includes(') Z '));
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
    await put({ pid: Number(pid), life: `${boot} ${(await status()).split(' ')[21] ?? ''}` });
    await startOne();
  });

  it('counts by its last beat where the system does not tell one process from another', async () => {
    await put({ pid: process.pid, life: null });
    expect(await livingOwner(paths.dataDir)).toBe(process.pid);
    const longAgo = new Date(Date.now() - 5 * beatMs);
    await utimes(ownerPath(), longAgo, longAgo);
    expect(await livingOwner(paths.dataDir)).toBeNull();
  });
});
