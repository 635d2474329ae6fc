/** What answers behind the demo's forward: HTTP that looks a little like a tracking server and says that it is none. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable, pipeline } from 'node:stream';
import { lineAt, page } from './page.ts';
import { closeListener, listenOnLoopback } from './sockets.ts';

export interface LookAlike {
  readonly port: number;
  /** Resolves when no socket and no timer is left. */
  close(): Promise<void>;
}

const maxStreams = 64;
const maxDownloadMb = 64;
const defaultDownloadMb = 8;

/** Rejects with Node's error if no port can be bound. */
export async function startLookAlike(): Promise<LookAlike> {
  const startedMs = Date.now();
  let streams = 0;
  const server: Server = createServer((request, response) => {
    response.on('error', () => undefined);
    const route = routeOf(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendText(response, 405, 'The demo server only takes GET\n', { Allow: 'GET, HEAD' });
    } else if (route.path === '/') {
      send(response, 200, 'text/html; charset=utf-8', page.html, {
        'Content-Security-Policy': page.contentSecurityPolicy,
      });
    } else if (route.path === '/health') {
      sendText(response, 200, 'OK');
    } else if (route.path === '/version') {
      sendText(response, 200, '0.0.0+demo');
    } else if (route.path === '/api/2.0/mlflow/experiments/search') {
      send(response, 200, 'application/json', '{"experiments": []}');
    } else if (route.path === '/download') {
      sendDownload(response, route.query.get('mb'), request.method === 'HEAD');
    } else if (route.path !== '/stream') {
      sendText(response, 404, 'The demo server has no such page\n');
    } else if (streams >= maxStreams) {
      sendText(response, 503, 'Too many streams are open\n', { 'Retry-After': '5' });
    } else {
      streams += 1;
      response.once('close', () => (streams -= 1));
      stream(response, startedMs, request.method === 'HEAD');
    }
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  server.headersTimeout = 10_000;
  const port = await listenOnLoopback(server, 0);
  server.on('error', () => undefined);
  return {
    port,
    close: async () => {
      const closed = closeListener(server);
      server.closeAllConnections();
      await closed;
    },
  };
}

function routeOf(request: IncomingMessage): { readonly path: string; readonly query: URLSearchParams } {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  return { path, query: new URLSearchParams(query) };
}

/** Server-sent events: one line a second, of the second since the start, so that what was missed can be counted. */
function stream(response: ServerResponse, startedMs: number, headOnly: boolean): void {
  response.writeHead(200, { ...plainHeaders, 'Content-Type': 'text/event-stream; charset=utf-8' });
  if (headOnly) {
    response.end();
    return;
  }
  response.write(': Mooring demo server; the numbers are made up\nretry: 1000\n\n');
  const openedMs = Date.now();
  const firstStep = Math.floor((openedMs - startedMs) / 1000);
  const send = () => {
    // A reader that is too slow misses lines rather than filling memory.
    if (response.writableNeedDrain) return;
    // Rounded, since a timer is late by some milliseconds: no step comes twice or is left out while the stream lasts.
    const line = lineAt(firstStep + Math.round((Date.now() - openedMs) / 1000));
    response.write(`data: ${JSON.stringify(line)}\n\n`);
  };
  send();
  const timer = setInterval(send, 1000);
  response.once('close', () => {
    clearInterval(timer);
  });
}

function sendDownload(response: ServerResponse, wanted: string | null, headOnly: boolean): void {
  const mb = wanted === null ? defaultDownloadMb : /^\d{1,3}$/.test(wanted) ? Number(wanted) : 0;
  if (mb < 1 || mb > maxDownloadMb) {
    sendText(response, 400, `mb must be a whole number from 1 to ${String(maxDownloadMb)}\n`);
    return;
  }
  response.writeHead(200, {
    ...plainHeaders,
    'Content-Type': 'application/octet-stream',
    'Content-Length': mb * 1_000_000,
    'Content-Disposition': 'attachment; filename="mooring-demo.bin"',
  });
  if (headOnly) response.end();
  else pipeline(Readable.from(chunks(mb)), response, () => undefined);
}

/** One million bytes each. */
function* chunks(count: number): Generator<Buffer> {
  const chunk = Buffer.alloc(1_000_000, 'Mooring demo data. ');
  for (let sent = 0; sent < count; sent += 1) yield chunk;
}

const plainHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

function sendText(response: ServerResponse, status: number, text: string, more: Record<string, string> = {}): void {
  send(response, status, 'text/plain; charset=utf-8', text, more);
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  more: Record<string, string> = {},
): void {
  response.writeHead(status, {
    ...plainHeaders,
    ...more,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
