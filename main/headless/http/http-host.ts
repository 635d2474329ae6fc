/** The window over HTTP: loopback only, behind a cookie that is had for a one-time code. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { setCookie } from 'hono/cookie';
import { failure } from '../../shared/failure.ts';
import { createApiApp, refuse } from '../api/api-app.ts';
import { judgeRequest } from './browser-guard.ts';
import { closeServer, createLocalServer, listen } from '../api/listening.ts';
import { createEntrance } from './one-time-codes.ts';
import { onwardPage, plainPage } from './plain-page.ts';
import { securityHeaders } from './security-headers.ts';
import type { ServedCore } from '../api/served-core.ts';
import { readUiFile } from './ui-files.ts';

export interface HttpHost {
  readonly port: number;
  /** A fresh address of the window; its code works once, within ten minutes. */
  newAddress(): string;
  /** Ends all streams and closes; resolves with no connection open. */
  close(): Promise<void>;
}

export interface HttpHostOptions {
  readonly served: ServedCore;
  /** 0: any free one. */
  readonly port: number;
  readonly uiDir: string;
  /** A code has let a browser in. */
  readonly onEntered?: (code: string) => void;
  /** A clock that only goes forward; tests bring their own. */
  readonly nowMs?: () => number;
}

/** Named after the port, since cookies do not tell ports apart and two Moorings must not overwrite each other. */
const cookieName = (port: number) => `mooring-${String(port)}`;

interface Env {
  Variables: { nonce: string };
}

/**
 * Browsers send a cookie to every port of a host, so to every service behind our forwards as well. The window therefore
 * lives under a path that no service has, and the cookie is for that path alone.
 */
const makeHomePath = () => `/window-${randomBytes(9).toString('base64url')}/`;

/** Rejects with the system's error when the port can't be had. */
export async function startHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  const entrance = createEntrance(options.nowMs ?? (() => performance.now()));
  const api = createApiApp(options.served);
  const homePath = makeHomePath();
  const app = new Hono<Env>();
  let port = options.port;

  app.use(async (context, next) => {
    const nonce = randomBytes(16).toString('base64');
    context.set('nonce', nonce);
    const refused = judgeRequest(
      {
        method: context.req.method,
        path: context.req.path,
        host: context.req.header('host'),
        origin: context.req.header('origin'),
        fetchSite: context.req.header('sec-fetch-site'),
      },
      port,
    );
    if (refused) context.res = refuse(context, refused.status, refused.error);
    else await next();
    for (const [name, value] of Object.entries(securityHeaders(nonce))) context.header(name, value);
  });

  app.get('/enter', (context) => {
    // A HEAD request is somebody looking at a link, who must not use it up.
    if (context.req.method === 'HEAD') return context.body(null, 405);
    const code = context.req.query('code') ?? '';
    const token = entrance.exchange(code);
    if (token === null) return plainPage(context, 401, 'This address was used already, or is too old.', newAddressHint);
    setCookie(context, cookieName(port), token, { httpOnly: true, sameSite: 'Strict', path: homePath });
    options.onEntered?.(code);
    return onwardPage(context, homePath);
  });

  app.use(async (context, next) => {
    if (cookiesNamed(context, cookieName(port)).some(entrance.isSession)) {
      await next();
      return;
    }
    context.res = isApi(context)
      ? refuse(context, 401, failure('not-allowed', 'This window is not let in.', { hint: newAddressHint }))
      : plainPage(context, 401, 'This window is not let in yet.', newAddressHint);
  });

  app.route('/', api.app);
  app.get('*', (context) => sendUi(context, options.uiDir));
  app.notFound((context) => refuse(context, 404, failure('not-found', 'There is nothing at this address.')));
  app.onError((_error, context) => plainPage(context, 500, 'Something went wrong inside Mooring.', 'Try once more.'));

  const answer = getRequestListener(app.fetch, { errorHandler: () => new Response(null, { status: 400 }) });
  const server = createLocalServer((incoming, outgoing) => {
    if (incoming.url?.startsWith(homePath)) incoming.url = incoming.url.slice(homePath.length - 1);
    void answer(incoming, outgoing);
  });
  await listen(server, { host: '127.0.0.1', port });
  port = (server.address() as AddressInfo).port;

  return {
    port,
    newAddress: () => `http://127.0.0.1:${String(port)}/enter?code=${entrance.newCode()}`,
    async close() {
      api.endStreams();
      await closeServer(server);
    },
  };
}

const newAddressHint = 'Ask for a new one in a terminal: mooring window';

async function sendUi(context: Context<Env>, uiDir: string): Promise<Response> {
  const path = context.req.path === '/' ? '/index.html' : context.req.path;
  const file = await readUiFile(uiDir, path);
  if (path !== '/index.html') {
    if (!file) return plainPage(context, 404, 'There is nothing at this address.', '');
    return context.body(new Uint8Array(file.bytes), 200, { 'Content-Type': file.type });
  }
  if (!file) return plainPage(context, 503, 'The window is not built yet.', 'In the project folder: npm run build');
  return context.html(file.bytes.toString('utf8').replaceAll('__CSP_NONCE__', context.get('nonce')));
}

/** All of that name: another service on this machine can set one of the same name with a longer path, sent before ours. */
function cookiesNamed(context: Context, name: string): readonly string[] {
  const pairs = (context.req.header('cookie') ?? '').split(';').map((each) => each.trim());
  return pairs.filter((each) => each.startsWith(`${name}=`)).map((each) => each.slice(name.length + 1));
}

function isApi(context: Context): boolean {
  return context.req.path === '/api' || context.req.path.startsWith('/api/');
}
