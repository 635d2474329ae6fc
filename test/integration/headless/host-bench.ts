/** An HTTP host around a fake core, with a window of two files, and a client that can say anything to it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHttpHost, type HttpHost } from '../../../main/headless/http/http-host.ts';
import { createFakeCore, type FakeCore } from '../../support/fake-core.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

export interface HostBench {
  readonly core: FakeCore;
  readonly host: HttpHost;
  readonly uiDir: string;
  readonly clock: { nowMs: number };
  /** Codes that let somebody in. */
  readonly entered: readonly string[];
  /** The path goes out as it is, even where no browser would write it so. */
  ask(path: string, asked?: Asked): Promise<Answer>;
  /** Uses up an address; the path is the one that a browser sends the cookie to. */
  enter(): Promise<{ readonly cookie: string; readonly homePath: string }>;
  close(): Promise<void>;
}

export async function openHostBench(): Promise<HostBench> {
  const core = createFakeCore({ openWindow: () => Promise.resolve({ ok: true, value: { url: host.newAddress() } }) });
  const uiDir = await mkdtemp(join(tmpdir(), 'mooring-ui-'));
  await mkdir(join(uiDir, 'assets'));
  await writeFile(join(uiDir, 'index.html'), '<meta nonce="__CSP_NONCE__"><style nonce="__CSP_NONCE__"></style>');
  await writeFile(join(uiDir, 'assets', 'index.js'), 'export {};');
  const clock = { nowMs: 0 };
  const entered: string[] = [];
  const served = {
    ready: Promise.resolve(core),
    version: '1.2.3',
    kind: 'background' as const,
    isStopping: () => false,
  };
  const host = await startHttpHost({
    served,
    port: 0,
    uiDir,
    nowMs: () => clock.nowMs,
    onEntered: (code) => entered.push(code),
  });

  const ask: HostBench['ask'] = (path, { method = 'GET', headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: host.port, path, method, headers, agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });

  return {
    core,
    host,
    uiDir,
    clock,
    entered,
    ask,
    async enter() {
      const { pathname, search } = new URL(host.newAddress());
      const { status, headers } = await ask(pathname + search);
      const [, cookie, homePath] = /^([^;]+); Path=([^;]+);/.exec(headers['set-cookie']?.[0] ?? '') ?? [];
      if (status !== 200 || cookie === undefined || homePath === undefined)
        throw new Error(`/enter: ${String(status)}`);
      return { cookie, homePath };
    },
    async close() {
      await host.close();
      await rm(uiDir, { recursive: true });
    },
  };
}
