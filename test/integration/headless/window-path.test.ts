/** Requests as the window sends them: under its own path, which no service behind a forward has. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHostBench, type Answer, type Asked, type HostBench } from './host-bench.ts';

let bench: HostBench;
let home: string;
let cookie: string;

beforeEach(async () => {
  bench = await openHostBench();
  ({ homePath: home, cookie } = await bench.enter());
});
afterEach(() => bench.close());

const own = () => ({ Origin: `http://127.0.0.1:${String(bench.host.port)}`, 'Content-Type': 'application/json' });
/** `path`: behind the home path's last slash. */
const ask = (path: string, { headers = {}, ...rest }: Asked = {}): Promise<Answer> =>
  bench.ask(home + path, { ...rest, headers: { Cookie: cookie, ...headers } });

/** Sends it as it is; resolves with what came back until `enough` holds or the connection ended. */
function say(text: string, enough: (answer: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(bench.host.port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (enough(answer)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(answer);
    });
  });
}

describe('the window’s own path', () => {
  it('serves page, asset and API', async () => {
    expect(home).toMatch(/^\/window-[\w-]{12}\/$/);
    expect(await ask('')).toMatchObject({ status: 200, body: expect.stringContaining('<style nonce=') as string });
    expect((await ask('?theme=dark')).status).toBe(200);
    expect(await ask('assets/index.js')).toMatchObject({ status: 200, body: 'export {};' });
    expect(JSON.parse((await ask('api/hello')).body)).toMatchObject({ app: 'mooring', version: '1.2.3' });
    const body = '{"name":"settings.set","args":{"patch":{"holdSeconds":7}}}';
    const reply = await ask('api/call', { method: 'POST', headers: own(), body });
    expect(JSON.parse(reply.body)).toMatchObject({ ok: true, value: { holdSeconds: 7 } });
    expect((await ask('nothing.js')).status).toBe(404);
  });

  it('streams events, and ends the subscription with its reader', async () => {
    const events = await say(
      `GET ${home}api/events HTTP/1.1\r\nHost: 127.0.0.1:${String(bench.host.port)}\r\nCookie: ${cookie}\r\n\r\n`,
      (answer) => answer.includes('event: snapshot.changed'),
    );
    expect(events).toMatch(/^HTTP\/1\.1 200 [^]*text\/event-stream/);
    await expect.poll(() => bench.core.subscribers).toBe(0);
  });

  it('lets nobody in by itself', async () => {
    for (const path of ['', 'assets/index.js', 'api/hello', 'api/events']) {
      expect((await bench.ask(home + path)).status, path).toBe(401);
    }
    const body = '{"name":"app.quit"}';
    expect((await bench.ask(`${home}api/call`, { method: 'POST', headers: own(), body })).status).toBe(401);
    expect(bench.core.calls).toEqual([]);
  });

  it('asks of the API under it what it asks of the API', async () => {
    const body = '{"name":"app.quit"}';
    const json = { 'Content-Type': 'application/json' };
    const evil = { ...json, Origin: 'http://evil.example' };
    expect((await ask('api/call', { method: 'POST', headers: json, body })).status).toBe(403);
    expect((await ask('api/call', { method: 'POST', headers: evil, body })).status).toBe(403);
    expect((await ask('api/hello', { headers: { 'Sec-Fetch-Site': 'same-site' } })).status).toBe(403);
    expect((await ask('api/hello', { headers: { 'Sec-Fetch-Site': 'cross-site' } })).status).toBe(403);
    expect((await ask('api/hello', { headers: { Host: 'evil.example' } })).status).toBe(421);
    expect((await ask('api/events', { method: 'HEAD' })).status).toBe(405);
    expect(bench.core.calls).toEqual([]);
    expect(bench.core.subscribers).toBe(0);
  });

  it('is taken off once, and only as a whole', async () => {
    for (const path of [
      home + home.slice(1),
      home.slice(0, -1),
      `/${home}`,
      home.toUpperCase(),
      `${home}${home.slice(1)}api/hello`,
    ]) {
      const answer = await bench.ask(path, { headers: { Cookie: cookie } });
      expect(answer.status, path).toBe(404);
    }
  });

  // Each finds nothing, or meets the same checks as the plain way: it must not slip past the check of the origin.
  it.each([
    '/api/call',
    '//api/call',
    '../api/call',
    './api/call',
    'x/../api/call',
    '%2e%2e/api/call',
    '%2e/api/call',
    'x/%2e%2e/api/call',
    '%2E%2E%2Fapi/call',
    '..%2fapi%2fcall',
    '..;/api/call',
    '\\api\\call',
    'api%2fcall',
    'api//call',
    'api/./call',
    'api/x/../call',
    '%61pi/call',
    'api/call/',
    'api/call%00',
    'api/call?x=../..',
    'api/call#x',
    'API/CALL',
  ])('opens no side door: %s', async (path) => {
    const body = '{"name":"app.quit"}';
    const json = { 'Content-Type': 'application/json' };
    const answers = [
      await ask(path, { method: 'POST', headers: json, body }),
      await ask(path, { method: 'POST', headers: { ...json, Origin: 'http://evil.example' }, body }),
      await bench.ask(home + path, { method: 'POST', headers: own(), body }),
    ];
    for (const { status } of answers) expect([400, 401, 403, 404, 405]).toContain(status);
    for (const site of ['same-site', 'cross-site']) {
      const hello = await ask(path.replace('call', 'hello'), { headers: { 'Sec-Fetch-Site': site } });
      expect(hello.status, site).not.toBe(200);
      expect(hello.body).not.toContain('coreId');
    }
    expect(bench.core.calls).toEqual([]);
  });

  it.each([
    ['our own address', 'http://HOST/HOMEapi/hello', 'HOST', /^HTTP\/1\.1 4/],
    ['our own address, for the page', 'http://HOST/HOME', 'HOST', /^HTTP\/1\.1 4/],
    ['another address', 'http://evil.example/HOMEapi/hello', 'HOST', /^HTTP\/1\.1 4/],
    ['another host in the header', 'http://HOST/HOMEapi/hello', 'evil.example', /^HTTP\/1\.1 4/],
    ['a path that looks like a host', '/HOME/evil.example/api/hello', 'HOST', /^HTTP\/1\.1 4/],
    ['no path at all', '*', 'HOST', /^HTTP\/1\.1 4/],
    ['the window itself, to compare', '/HOMEapi/hello', 'HOST', /^HTTP\/1\.1 200/],
  ])('takes no absolute form: %s', async (_name, target, hostHeader, expected) => {
    const fill = (text: string) =>
      text.replaceAll('HOST', `127.0.0.1:${String(bench.host.port)}`).replaceAll('HOME', home.slice(1));
    const answer = await say(
      `GET ${fill(target)} HTTP/1.1\r\nHost: ${fill(hostHeader)}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(expected);
  });
});
