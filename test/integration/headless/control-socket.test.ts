import { chmod, lstat, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createControlClient, knock } from '../../../main/headless/control/control-client.ts';
import { serve, type ServeResult } from '../../../main/headless/serve.ts';
import { makePaths } from '../../support/cli.ts';
import { createFakeCore, type FakeCore } from '../../support/fake-core.ts';

let paths: Awaited<ReturnType<typeof makePaths>>;
let core: FakeCore;
const started: ServeResult[] = [];

async function start(overrides: Partial<Parameters<typeof serve>[0]> = {}): Promise<ServeResult> {
  const compose = ({ host }: { host: Parameters<typeof createFakeCore>[0] }) =>
    Promise.resolve((core = createFakeCore(host)));
  const result = await serve({
    paths,
    version: '1.2.3',
    window: { kind: 'browser', port: 0 },
    kind: 'background',
    compose,
    ...overrides,
  });
  started.push(result);
  return result;
}

beforeEach(async () => {
  paths = await makePaths();
});
afterEach(async () => {
  for (const each of started.splice(0)) if (each.kind === 'serving') await each.running.stop();
  await paths.remove();
});

const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe.skipIf(process.platform === 'win32')('the control socket', () => {
  it('lies in a folder of mode 700 with mode 600, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      await start();
    } finally {
      process.umask(before);
    }
    expect(await mode(paths.runDir)).toBe('700');
    expect(await mode(paths.controlPath)).toBe('600');
    expect(await mode(paths.dataDir)).toBe('700');
  });

  it('closes a folder of ours that was open to others', async () => {
    await mkdir(paths.runDir, { recursive: true });
    await chmod(paths.runDir, 0o777);
    expect((await start()).kind).toBe('serving');
    expect(await mode(paths.runDir)).toBe('700');
  });

  it('refuses a folder that is a link, or a file', async () => {
    await mkdir(`${paths.runDir}-elsewhere`);
    await symlink(`${paths.runDir}-elsewhere`, paths.runDir);
    expect(await start()).toMatchObject({ kind: 'failed', failure: { code: 'not-allowed' } });
    expect(await readdir(`${paths.runDir}-elsewhere`)).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)('refuses a folder of another user', async () => {
    await mkdir(paths.runDir, { recursive: true });
    const { chown } = await import('node:fs/promises');
    await chown(paths.runDir, 12345, 12345);
    expect(await start()).toMatchObject({ kind: 'failed', failure: { code: 'not-allowed' } });
  });

  it('never deletes a file that is not a socket', async () => {
    await mkdir(paths.runDir, { recursive: true, mode: 0o700 });
    await writeFile(paths.controlPath, 'precious');
    expect(await start()).toMatchObject({ kind: 'failed' });
    expect((await lstat(paths.controlPath)).isFile()).toBe(true);
  });

  it('says what to do about a path that is too long', async () => {
    const controlPath = `${paths.runDir}/${'x'.repeat(120)}`;
    const result = await start({ paths: { ...paths, controlPath } });
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { hint: expect.stringContaining('MOORING_HOME') as string },
    });
  });

  it('leaves another program’s socket alone', async () => {
    await mkdir(paths.runDir, { recursive: true, mode: 0o700 });
    const stranger = createHttpServer((_asked, answer) => answer.end('{}'));
    await new Promise<void>((resolve) => stranger.listen(paths.controlPath, resolve));
    expect(await start()).toMatchObject({ kind: 'failed', failure: { code: 'conflict' } });
    await new Promise((resolve) => stranger.close(resolve));
  });

  it('refuses requests that carry an origin, and unknown addresses', async () => {
    await start();
    const ask = (path: string, headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        request({ socketPath: paths.controlPath, path, headers, agent: false }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        })
          .on('error', reject)
          .end();
      });
    expect(await ask('/api/hello', {})).toBe(200);
    for (const origin of ['http://127.0.0.1', 'null', ''])
      expect(await ask('/api/hello', { Origin: origin })).toBe(403);
    expect(await ask('/', {})).toBe(404);
    expect(await ask('/enter?code=x', {})).toBe(404);
  });
});

describe('one core per data folder', () => {
  it('finds the one that runs', async () => {
    await start();
    expect(await start()).toMatchObject({ kind: 'already-running', hello: { pid: process.pid, host: 'background' } });
    expect(await knock(paths.controlPath)).toMatchObject({
      kind: 'running',
      hello: { app: 'mooring', coreId: core.snapshot().coreId, version: '1.2.3', stopping: false },
    });
  });

  it('makes callers wait for a core that is still starting, and lets one go that could not', async () => {
    let fail: (error: Error) => void = () => undefined;
    const starting = start({ compose: () => new Promise((_resolve, reject) => (fail = reject)) });
    await expect
      .poll(() =>
        lstat(paths.controlPath).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    const second = start();
    const asked = createControlClient(paths.controlPath).call('snapshot.get', {});
    fail(new Error('no core'));
    await expect(starting).rejects.toThrow('no core');
    expect(await second).toMatchObject({ kind: 'serving' });
    expect(await asked).toMatchObject({ ok: false });
  });

  it('leaves nothing behind after a stop, and another can start', async () => {
    const first = await start();
    if (first.kind !== 'serving') throw new Error(first.kind);
    const window = await first.running.newWindowAddress(null);
    expect(window).toMatchObject({ ok: true });
    await first.running.stop();
    expect(core.stopped).toBe(true);
    expect(await readdir(paths.runDir)).toEqual([]);
    expect(await knock(paths.controlPath)).toEqual({ kind: 'nobody' });
    expect((await start()).kind).toBe('serving');
  });

  it('answers calls over the socket, and opens windows only where it may', async () => {
    await start({ window: { kind: 'none' } });
    const client = createControlClient(paths.controlPath);
    expect(await client.call('snapshot.get', {})).toMatchObject({ ok: true, value: { revision: 1 } });
    expect(await client.call('app.open-window', {})).toMatchObject({ ok: false, error: { code: 'not-allowed' } });
  });

  it('says so when the port of the window is taken', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as { port: number };
    await start({ window: { kind: 'browser', port } });
    const client = createControlClient(paths.controlPath);
    expect(await client.call('app.open-window', {})).toMatchObject({ ok: false, error: { code: 'port-taken' } });
    await new Promise((resolve) => holder.close(resolve));
    expect(await client.call('app.open-window', {})).toMatchObject({ ok: true });
  });
});
