import { rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpHost } from '../../../main/headless/http/http-host.ts';
import type { FakeCore } from '../../support/fake-core.ts';
import { openHostBench, type HostBench } from './host-bench.ts';

let bench: HostBench;
let core: FakeCore;
let host: HttpHost;
let uiDir: string;
let ask: HostBench['ask'];

beforeEach(async () => {
  bench = await openHostBench();
  ({ core, host, uiDir, ask } = bench);
});
afterEach(() => bench.close());

const enter = async () => (await bench.enter()).cookie;
const own = () => ({ Origin: `http://127.0.0.1:${String(host.port)}`, 'Content-Type': 'application/json' });
const call = (cookie: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  ask('/api/call', { method: 'POST', headers: { ...own(), Cookie: cookie, ...headers }, body });

describe('the way in', () => {
  it('exchanges a code once for a strict, hidden cookie', async () => {
    const { pathname, search } = new URL(host.newAddress());
    const first = await ask(pathname + search);
    expect(first.headers['set-cookie']?.[0]).toMatch(
      /^mooring-\d+=[\w-]{43}; Path=\/window-[\w-]{12}\/; HttpOnly; SameSite=Strict$/,
    );
    // Not a redirect: opened from a file, a browser would follow that without its strict cookie.
    expect(first.status).toBe(200);
    expect(first.headers.location).toBeUndefined();
    const homePath = /Path=([^;]+)/.exec(first.headers['set-cookie']?.[0] ?? '')?.[1] ?? '';
    expect(first.body).toContain(`<meta http-equiv="refresh" content="0; url=${homePath}">`);
    expect(bench.entered).toEqual([new URLSearchParams(search).get('code')]);
    const again = await ask(pathname + search);
    expect(again.status).toBe(401);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(bench.entered).toHaveLength(1);
    expect(again.body).toContain('mooring window');
  });

  it.each(['', '?code=', '?code=wrong', '?code=' + 'a'.repeat(5000), '?other=1', '?code=%00', '?code[]=x'])(
    'refuses /enter%s',
    async (search) => {
      host.newAddress();
      expect((await ask(`/enter${search}`)).status).toBe(401);
    },
  );

  it('refuses a code after ten minutes, and takes one just before', async () => {
    const late = new URL(host.newAddress());
    bench.clock.nowMs += 10 * 60_000;
    expect((await ask(late.pathname + late.search)).status).toBe(401);
    const inTime = new URL(host.newAddress());
    bench.clock.nowMs += 10 * 60_000 - 1;
    expect((await ask(inTime.pathname + inTime.search)).status).toBe(200);
  });

  it('does not use up a code for a HEAD request', async () => {
    const { pathname, search } = new URL(host.newAddress());
    expect((await ask(pathname + search, { method: 'HEAD' })).status).toBe(405);
    expect((await ask(pathname + search)).status).toBe(200);
  });

  it('gives codes of at least 128 bits, never the same', () => {
    const codes = Array.from({ length: 200 }, () => new URL(host.newAddress()).searchParams.get('code') ?? '');
    expect(new Set(codes).size).toBe(200);
    for (const code of codes) expect(Buffer.from(code, 'base64url').length).toBeGreaterThanOrEqual(16);
  });

  it('tells a browser without a cookie how to get in, and an API client in JSON', async () => {
    const page = await ask('/');
    expect(page.status).toBe(401);
    expect(page.body).toContain('mooring window');
    const api = await ask('/api/hello');
    expect(api.status).toBe(401);
    expect(JSON.parse(api.body)).toMatchObject({ ok: false, error: { code: 'not-allowed' } });
    for (const cookie of ['', 'x', `mooring-${String(host.port)}=`, `mooring-${String(host.port)}=wrong`]) {
      expect((await ask('/api/hello', { headers: { Cookie: cookie } })).status).toBe(401);
    }
  });

  it('finds its cookie behind one of the same name that another local service has set', async () => {
    const cookie = await enter();
    const name = cookie.split('=')[0] ?? '';
    expect((await ask('/api/hello', { headers: { Cookie: `${name}=tossed; ${cookie}` } })).status).toBe(200);
  });
});

describe('who may ask', () => {
  it.each([
    'evil.example',
    'evil.example:PORT',
    'localhost',
    '127.0.0.1',
    '127.0.0.1:1',
    '0.0.0.0:PORT',
    '127.0.0.1.nip.io:PORT',
    'localhost.:PORT',
    'LOCALHOST:PORT',
    '[::1]:PORT',
    '127.1:PORT',
    '2130706433:PORT',
    '127.0.0.1:PORT@evil.example',
    'mooring.localhost:PORT',
  ])('answers nothing for host %s', async (name) => {
    const cookie = await enter();
    const headers = { Host: name.replace('PORT', String(host.port)), Cookie: cookie };
    for (const path of ['/', '/api/hello', '/enter?code=x']) {
      const answer = await ask(path, { headers });
      expect([400, 421]).toContain(answer.status);
    }
  });

  it('serves both of its own names, each to its own origin only', async () => {
    const cookie = await enter();
    const local = `localhost:${String(host.port)}`;
    expect((await ask('/api/hello', { headers: { Host: local, Cookie: cookie } })).status).toBe(200);
    expect((await call(cookie, '{"name":"snapshot.get"}', { Host: local })).status).toBe(403);
    expect((await call(cookie, '{"name":"snapshot.get"}', { Host: local, Origin: `http://${local}` })).status).toBe(
      200,
    );
  });

  it.each([
    'http://evil.example',
    'null',
    'http://127.0.0.1:5001',
    'https://127.0.0.1:PORT',
    'http://127.0.0.1:PORT.evil.example',
    '',
  ])('refuses calls and reads of origin "%s"', async (origin) => {
    const cookie = await enter();
    const headers = { Origin: origin.replace('PORT', String(host.port)) };
    expect((await call(cookie, '{"name":"app.quit"}', headers)).status).toBe(403);
    for (const path of ['/api/hello', '/api/events', '/']) {
      expect((await ask(path, { headers: { ...headers, Cookie: cookie } })).status).toBe(403);
    }
    expect(core.calls).toEqual([]);
  });

  it('refuses a call that names no origin', async () => {
    const cookie = await enter();
    const headers = { Cookie: cookie, 'Content-Type': 'application/json' };
    const answer = await ask('/api/call', { method: 'POST', headers, body: '{"name":"app.quit"}' });
    expect(answer.status).toBe(403);
    expect(core.calls).toEqual([]);
  });

  it.each([
    ['same-origin', 200],
    ['none', 200],
    ['same-site', 403],
    ['cross-site', 403],
    ['nonsense', 403],
  ])('answers an API read with Sec-Fetch-Site %s by %i', async (site, status) => {
    const cookie = await enter();
    expect((await ask('/api/hello', { headers: { Cookie: cookie, 'Sec-Fetch-Site': site } })).status).toBe(status);
  });

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('takes no %s', async (method) => {
    const cookie = await enter();
    for (const path of ['/', '/api/call', '/api/events', '/enter']) {
      expect([400, 405]).toContain((await ask(path, { method, headers: { ...own(), Cookie: cookie } })).status);
    }
  });

  it('opens no stream for a HEAD request', async () => {
    const cookie = await enter();
    expect((await ask('/api/events', { method: 'HEAD', headers: { Cookie: cookie } })).status).toBe(405);
    expect(core.subscribers).toBe(0);
  });
});

describe('every answer', () => {
  it('carries the security headers, and a fresh nonce that fits the page', async () => {
    const cookie = await enter();
    const nonces = new Set<string>();
    for (const path of ['/', '/', '/assets/index.js', '/api/hello', '/nothing', '/api/nothing', '/enter?code=x']) {
      const { headers, body } = await ask(path, { headers: { Cookie: cookie } });
      const policy = String(headers['content-security-policy']);
      expect(policy).toMatch(
        /^default-src 'self'; script-src 'self'; style-src 'self' 'nonce-[\w+/=]+'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'$/,
      );
      const nonce = /nonce-([^']+)'/.exec(policy)?.[1] ?? '';
      nonces.add(nonce);
      if (path === '/') expect(body).toBe(`<meta nonce="${nonce}"><style nonce="${nonce}"></style>`);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(nonces.size).toBe(7);
  });

  it('comes from the window’s folder and nowhere else', async () => {
    const cookie = await enter();
    await writeFile(join(uiDir, '..', 'mooring-secret-test.js'), 'secret');
    await symlink('/etc', join(uiDir, 'assets', 'link'));
    const get = (path: string) => ask(path, { headers: { Cookie: cookie } });
    expect((await get('/assets/index.js')).headers['content-type']).toBe('text/javascript; charset=utf-8');
    for (const path of [
      '/../mooring-secret-test.js',
      '/assets/../../mooring-secret-test.js',
      '/..%2fmooring-secret-test.js',
      '/%2e%2e/mooring-secret-test.js',
      '/assets/..%5c..%5cmooring-secret-test.js',
      '/assets/link/hostname.json',
      '/assets',
      '/assets/',
      '/assets/%00.js',
      '/assets/index.js%00.html',
      '/assets/missing.js',
      '/%ff.js',
    ]) {
      expect((await get(path)).status, path).toBe(404);
    }
    await rm(join(uiDir, '..', 'mooring-secret-test.js'));
  });

  it('says how to build a window that is not built', async () => {
    const cookie = await enter();
    await rm(join(uiDir, 'index.html'));
    const answer = await ask('/', { headers: { Cookie: cookie } });
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('npm run build');
  });
});

describe('calls', () => {
  it('passes name and arguments to the core and its reply back', async () => {
    const cookie = await enter();
    const answer = await call(cookie, '{"name":"settings.set","args":{"patch":{"holdSeconds":7}}}');
    expect(JSON.parse(answer.body)).toMatchObject({ ok: true, value: { holdSeconds: 7 } });
    const window = await call(cookie, '{"name":"app.open-window"}');
    expect(JSON.parse(window.body)).toMatchObject({
      ok: true,
      value: { url: expect.stringContaining('/enter?code=') as string },
    });
    const unknown = await call(cookie, '{"name":"__proto__","args":{}}');
    expect(JSON.parse(unknown.body)).toMatchObject({ ok: false, error: { code: 'unknown-call' } });
  });

  it.each(['', '{', 'null', '[]', '"x"', '{"args":{}}', '{"name":1}', '{"name":{"a":1}}', '\ufeff{}', '{"name":"a"}x'])(
    'refuses the body %j',
    async (body) => {
      const answer = await call(await enter(), body);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
      expect(core.calls).toEqual([]);
    },
  );

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    '',
  ])('refuses content type "%s"', async (type) => {
    const answer = await call(await enter(), '{"name":"app.quit"}', { 'Content-Type': type });
    expect(answer.status).toBe(415);
    expect(core.calls).toEqual([]);
  });

  it('refuses more than 1 MB, announced or not', async () => {
    const cookie = await enter();
    const big = Buffer.alloc(1_000_001, 'x');
    const announced = await call(cookie, big);
    expect(announced.status).toBe(413);
    expect(JSON.parse(announced.body)).toMatchObject({ ok: false, error: { code: 'too-large' } });
    const chunked = await call(cookie, big, { 'Transfer-Encoding': 'chunked' });
    expect(chunked.status).toBe(413);
    const fits = JSON.stringify({ name: 'x', args: 'y'.repeat(990_000) });
    expect((await call(cookie, fits)).status).toBe(200);
  });

  it('survives deep nesting, prototype keys and broken UTF-8', async () => {
    const cookie = await enter();
    const deep = `{"name":"x","args":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect([200, 400]).toContain((await call(cookie, deep)).status);
    await call(cookie, '{"name":"x","args":{"__proto__":{"polluted":true}}}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect((await call(cookie, Buffer.from([0x7b, 0xff, 0xfe]))).status).toBe(400);
    expect((await ask('/api/hello', { headers: { Cookie: cookie } })).status).toBe(200);
  });

  it('answers a core that throws as a fault, without its words', async () => {
    vi.spyOn(core, 'call').mockRejectedValue(new Error('hunter2'));
    const answer = await call(await enter(), '{"name":"snapshot.get"}');
    expect(JSON.parse(answer.body)).toMatchObject({ ok: false, error: { code: 'bug' } });
    expect(answer.body).not.toContain('hunter2');
  });

  it('answers thousands of requests', async () => {
    const cookie = await enter();
    for (let round = 0; round < 40; round += 1) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => call(cookie, '{"name":"snapshot.get"}')));
      expect(answers.every((each) => each.status === 200)).toBe(true);
    }
    expect(core.calls).toHaveLength(2000);
  });
});

describe('rough clients', () => {
  it.each([
    ['a header of 20 kB', `GET / HTTP/1.1\r\nHost: HOST\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431/],
    ['a thousand headers', `GET / HTTP/1.1\r\nHost: HOST\r\n${'X-Y: z\r\n'.repeat(1000)}\r\n`, /^HTTP\/1\.1 4/],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400/],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n', /^HTTP\/1\.1 4/],
    ['an absolute address elsewhere', 'GET http://evil.example/ HTTP/1.1\r\nHost: HOST\r\n\r\n', /^HTTP\/1\.1 4/],
    ['noise', '\u0016\u0003\u0001\u0000', /^HTTP\/1\.1 400/],
    [
      'two lengths',
      'POST /api/call HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      /^HTTP\/1\.1 400/,
    ],
    [
      'an upgrade',
      'GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      /^HTTP\/1\.1 4/,
    ],
  ])('are turned away: %s', async (_name, text, expected) => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(host.port, '127.0.0.1', () =>
        socket.write(text.replaceAll('HOST', `127.0.0.1:${String(host.port)}`)),
      );
      socket.once('data', (chunk) => {
        socket.destroy();
        resolve(chunk.toString());
      });
      socket.once('error', reject);
    });
    expect(answer).toMatch(expected);
    await enter();
  });
});
