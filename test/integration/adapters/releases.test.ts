/** Fetching releases from servers that behave, and servers that do not. */
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReleases, type ReleasesOptions } from '../../../main/adapters/releases.ts';
import { withSmallDisk } from '../../support/small-disk.ts';
import { waitFor, within } from '../../support/wait.ts';

const content = randomBytes(300_000);
const sha256 = createHash('sha256').update(content).digest('hex');

let dataDir: string;
const opened: (() => void)[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mooring-releases-'));
});
afterEach(() => {
  for (const close of opened.splice(0)) close();
  rmSync(dataDir, { recursive: true });
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: { readonly url: string; readonly range: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', range: request.headers.range });
    answer(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  opened.push(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, asked, sockets };
}

const releases = (options: Partial<ReleasesOptions> = {}) =>
  createReleases({ dataDir, allowHttp: true, pauseMs: 0, ...options });
const wanted = (url: string, more: { sha256?: string; largestBytes?: number } = {}) => ({
  url: `${url}/store_v1.tar.gz`,
  sha256,
  largestBytes: 1_000_000,
  ...more,
});
const get = (url: string, more: Parameters<typeof wanted>[1] = {}, options: Partial<ReleasesOptions> = {}) =>
  within(10_000, 'the fetch', releases(options).fetch(wanted(url, more), () => undefined).done);
const kept = () => (existsSync(join(dataDir, 'programs')) ? readdirSync(join(dataDir, 'programs')) : []);

describe('a release', () => {
  it('is fetched by way of where it has moved to, checked, kept, and not fetched again', async () => {
    const { url, asked, sockets } = await serve((request, response) => {
      if (request.url === '/store_v1.tar.gz') response.writeHead(302, { Location: '/assets/x?signed=1' }).end();
      else response.writeHead(200, { 'Content-Length': content.length }).end(content);
    });
    const told: [number, number | null][] = [];
    const first = await releases().fetch(wanted(url), (...progress) => told.push(progress)).done;
    const path = join(dataDir, 'programs', 'store_v1.tar.gz');
    expect(first).toEqual({ ok: true, value: { path } });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(told.at(-1)).toEqual([content.length, content.length]);
    expect(told.map(([bytes]) => bytes)).toEqual(told.map(([bytes]) => bytes).sort((one, other) => one - other));
    if (process.platform !== 'win32') {
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(statSync(join(dataDir, 'programs')).mode & 0o777).toBe(0o700);
    }
    const again = await releases().fetch(wanted(url), () => {
      throw new Error('nothing is to be fetched');
    }).done;
    expect(again).toEqual(first);
    expect(asked.map((each) => each.url)).toEqual(['/store_v1.tar.gz', '/assets/x?signed=1']);
    await waitFor('no connection to be left', () => sockets.size === 0);
  });

  it('what was kept is fetched anew when it is not what is wanted any more', async () => {
    const { url } = await serve((_request, response) => response.end(content));
    mkdirSync(join(dataDir, 'programs'));
    writeFileSync(join(dataDir, 'programs/store_v1.tar.gz'), 'damaged');
    writeFileSync(join(dataDir, 'programs/.store_v1.tar.gz.0123456789ab.tmp'), 'left by a killed process');
    expect(await get(url)).toMatchObject({ ok: true });
    expect(kept()).toEqual(['store_v1.tar.gz']);
    expect(readFileSync(join(dataDir, 'programs/store_v1.tar.gz')).equals(content)).toBe(true);
  });

  it('two at a time do not get in each other’s way', async () => {
    const { url } = await serve((_request, response) => response.end(content));
    const both = releases();
    const replies = await Promise.all([1, 2].map(() => both.fetch(wanted(url), () => undefined).done));
    expect(replies.map(({ ok }) => ok)).toEqual([true, true]);
    expect(kept()).toEqual(['store_v1.tar.gz']);
  });
});

describe('cut off on its way', () => {
  /** Sends a third, then hangs up; the next time as `rest` says. */
  const cutOnce = (rest: (from: number, response: ServerResponse) => void) => {
    let isFirst = true;
    return serve((request, response) => {
      if (!isFirst) {
        rest(Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0), response);
        return;
      }
      isFirst = false;
      response.writeHead(200, { 'Content-Length': content.length });
      response.write(content.subarray(0, 100_000), () => response.socket?.end());
    });
  };
  const partOf = (from: number, response: ServerResponse, bytes = content) =>
    response
      .writeHead(206, {
        'Content-Range': `bytes ${String(from)}-${String(bytes.length - 1)}/${String(bytes.length)}`,
        'Content-Length': bytes.length - from,
      })
      .end(bytes.subarray(from));

  it('goes on where it stopped', async () => {
    const { url, asked } = await cutOnce((from, response) => partOf(from, response));
    expect(await get(url)).toMatchObject({ ok: true });
    expect(asked).toHaveLength(2);
    expect(asked[1]?.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(readFileSync(join(dataDir, 'programs/store_v1.tar.gz')).equals(content)).toBe(true);
  });

  it('begins anew where the server can’t go on', async () => {
    const { url } = await cutOnce((_from, response) => response.end(content));
    expect(await get(url)).toMatchObject({ ok: true });
    const other = await cutOnce((from, response) => {
      if (from > 0) response.writeHead(416).end();
      else response.end(content);
    });
    expect(await get(other.url, {}, { dataDir: join(dataDir, 'other') })).toMatchObject({ ok: true });
    expect(other.asked.map(({ range }) => range === undefined)).toEqual([true, false, true]);
  });

  it('parts of two files make none', async () => {
    const { url, asked } = await cutOnce((from, response) => {
      if (from > 0) partOf(from, response, randomBytes(content.length));
      else response.end(content);
    });
    expect(await get(url)).toMatchObject({ ok: true });
    expect(asked).toHaveLength(3);
  });

  it('again and again: it is given up, and nothing is kept', async () => {
    const { url, asked } = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': content.length });
      response.write(content.subarray(0, 1_000), () => response.socket?.end());
    });
    expect(await get(url)).toMatchObject({ ok: false, error: { code: 'link-lost' } });
    expect(asked).toHaveLength(4);
    expect(kept()).toEqual([]);
  });
});

describe('what is not kept', () => {
  it('another file than was meant', async () => {
    const { url, asked } = await serve((_request, response) => response.end('something else'));
    expect(await get(url)).toMatchObject({
      ok: false,
      error: {
        code: 'protocol-error',
        message: expect.stringMatching(
          /^What 127\.0\.0\.1:\d+ sent as store_v1\.tar\.gz is not what was meant/,
        ) as string,
      },
    });
    expect(asked).toHaveLength(1);
    expect(kept()).toEqual([]);
  });

  it('more than it may be, whether it is announced or not', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/store_v1.tar.gz') response.writeHead(200, { 'Content-Length': content.length });
      response.end(content);
    });
    for (const each of [url, `${url}/unannounced`]) {
      expect(await get(each, { largestBytes: 200_000 })).toMatchObject({ ok: false, error: { code: 'too-large' } });
    }
    expect(kept()).toEqual([]);
  });

  it('what is not there, is refused, or leads nowhere', async () => {
    const answers: Record<string, readonly [number, Record<string, string>]> = {
      gone: [404, {}],
      forbidden: [403, {}],
      broken: [503, {}],
      loop: [302, { Location: '/loop/store_v1.tar.gz' }],
      file: [302, { Location: 'file:///etc/passwd' }],
    };
    const { url, asked } = await serve((request, response) => {
      const [status, headers] = answers[request.url?.split('/')[1] ?? ''] ?? [500, {}];
      response.writeHead(status, headers).end();
    });
    const codes = async (what: string) => {
      const before = asked.length;
      const reply = await get(`${url}/${what}`);
      return [reply.ok ? 'ok' : reply.error.code, asked.length - before];
    };
    expect(await codes('gone')).toEqual(['not-found', 1]);
    expect(await codes('forbidden')).toEqual(['not-allowed', 1]);
    expect(await codes('broken')).toEqual(['unreachable', 4]);
    expect(await codes('loop')).toEqual(['protocol-error', 6]);
    expect(await codes('file')).toEqual(['not-allowed', 1]);
    expect(kept()).toEqual([]);
  });

  it('nothing is asked over plain http', async () => {
    const { url, asked } = await serve((_request, response) => response.end(content));
    expect(await get(url, {}, { allowHttp: false })).toMatchObject({ ok: false, error: { code: 'not-allowed' } });
    expect(asked).toEqual([]);
  });

  it('nobody there: it is said at once', async () => {
    const { url } = await serve(() => undefined);
    for (const close of opened.splice(0)) close();
    const { host } = new URL(url);
    expect(await get(url, {}, { pauseMs: 60_000 })).toMatchObject({
      ok: false,
      error: { code: 'refused', message: `${host} refused the connection` },
    });
  });

  it('a server that falls silent is not waited for', async () => {
    const { url } = await serve(() => undefined);
    expect(await get(url, {}, { idleMs: 50 })).toMatchObject({ ok: false, error: { code: 'timed-out' } });
  });
});

describe('cancelled', () => {
  it('in the middle: the connection ends, and nothing is kept', async () => {
    const { url, sockets } = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': content.length });
      response.write(content.subarray(0, 50_000));
    });
    let bytes = 0;
    const running = releases().fetch(wanted(url), (now) => (bytes = now));
    await waitFor('a part of it', () => bytes > 0);
    expect(kept()).toHaveLength(1);
    running.cancel();
    expect(await within(2_000, 'the end', running.done)).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(kept()).toEqual([]);
    await waitFor('no connection to be left', () => sockets.size === 0);
  });

  it('while it waits to try again', async () => {
    const { url, asked } = await serve((_request, response) => response.writeHead(503).end());
    const running = releases({ pauseMs: 60_000 }).fetch(wanted(url), () => undefined);
    await waitFor('the first try', () => asked.length === 1);
    running.cancel();
    expect(await within(2_000, 'the end', running.done)).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(asked).toHaveLength(1);
  });
});

describe('a disk that does not take it', () => {
  it('a file in the place of the folder', async () => {
    const { url } = await serve((_request, response) => response.end(content));
    writeFileSync(join(dataDir, 'programs'), '');
    expect(await get(url)).toMatchObject({
      ok: false,
      error: { code: 'storage-failed', message: expect.stringContaining(join(dataDir, 'programs')) as string },
    });
  });

  it('full', async ({ skip }) => {
    const { url, asked } = await serve((_request, response) => response.end(content));
    const reason = await withSmallDisk(128, async (diskDir) => {
      expect(await get(url, {}, { dataDir: diskDir })).toMatchObject({
        ok: false,
        error: { code: 'storage-failed', message: expect.stringContaining('the disk is full') as string },
      });
      expect(readdirSync(join(diskDir, 'programs'))).toEqual([]);
      expect(asked).toHaveLength(1);
    });
    if (reason !== null) skip(reason);
  });
});
