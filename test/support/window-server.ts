/** Plays the host for the built window: serves its files under the host's own policy, shows what it is told to show. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { extname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import react from '@vitejs/plugin-react';
import { build } from 'vite';
import type { CallArgs, CallName, CallReply, CoreEvent } from '../../main/shared/contract.ts';
import { done, failed, failure, type Reply } from '../../main/shared/failure.ts';
import { securityHeaders } from '../../main/headless/http/security-headers.ts';
import type { WindowView } from '../../main/shared/desktop.ts';
import type { LogEntry } from '../../main/shared/log.ts';
import type { Snapshot } from '../../main/shared/snapshot.ts';

const rootDir = join(import.meta.dirname, '..', '..');
const sourceDirs = [join(rootDir, 'renderer'), join(rootDir, 'main', 'shared')];
const builtDir = join(rootDir, 'out', 'test-window');

function newestMs(dir: string): number {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return Math.max(...files.map((each) => statSync(join(each.parentPath, each.name)).mtimeMs));
}

/** Builds the window unless the last build is newer than every source. Returns the folder of the files. */
async function buildWindow(): Promise<string> {
  const index = join(builtDir, 'index.html');
  const isFresh = existsSync(index) && statSync(index).mtimeMs > Math.max(...sourceDirs.map(newestMs));
  if (isFresh) return builtDir;
  // Test runners set this to something else, and React would be built with its slow checks: not what people get.
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await build({
      configFile: false,
      logLevel: 'error',
      root: join(rootDir, 'renderer'),
      base: './',
      plugins: [react()],
      build: { target: 'chrome130', outDir: builtDir, emptyOutDir: true },
    });
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
  return builtDir;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Asked again and again while something is shown. */
const quiet: readonly CallName[] = ['logs.get', 'forwards.history', 'forwards.clients'];

export interface RecordedCall {
  readonly name: CallName;
  readonly args: unknown;
}

export interface WindowServer {
  readonly url: string;
  /** Calls other than those that are asked again and again, oldest first. */
  readonly calls: readonly RecordedCall[];
  /** Pushes a snapshot as the core would; the revision is counted here. */
  show(snapshot: Snapshot): void;
  log(entries: readonly LogEntry[]): void;
  /** Pushes any other event. */
  tell(event: CoreEvent): void;
  /** Asks for a place in the window, as tray and notifications do. */
  ask(view: WindowView): void;
  /** Calls, or those of one name, get no answer until the returned function is called: as of a core that is away. */
  hold(only?: CallName): () => void;
  /** What a call answers from now on. The default is success with nothing. */
  answer<K extends CallName>(name: K, answer: (args: CallArgs<K>) => CallReply<K>): void;
  /** Lets the window in, or answers 401 from now on. */
  letIn(yes: boolean): void;
  /** Ends all connections and refuses new ones, as a core that is gone. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** Windows that hear events now. */
  watchers(): number;
  close(): Promise<void>;
}

export async function startWindowServer(first: Snapshot): Promise<WindowServer> {
  const filesDir = await buildWindow();
  const calls: RecordedCall[] = [];
  const streams = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  const answers = new Map<CallName, (args: never) => Reply<unknown>>();
  let logs: LogEntry[] = [];
  let snapshot = first;
  let welcome = true;
  let held: { readonly only: CallName | undefined; readonly until: Promise<void> } | null = null;

  const push = (event: CoreEvent): void => {
    for (const stream of streams) stream.write(`event: ${event.name}\ndata: ${JSON.stringify(event.payload)}\n\n`);
  };

  const answerCall = (name: CallName, args: unknown): Reply<unknown> => {
    if (name === 'snapshot.get') return done(snapshot);
    const chosen = answers.get(name);
    if (name === 'logs.get' && chosen === undefined) return done({ entries: logs });
    if (name === 'keys.list' && chosen === undefined) return done({ keys: [] });
    if (!quiet.includes(name)) calls.push({ name, args });
    if (chosen) return chosen(args as never);
    if (name === 'forwards.history') return done({ everyMs: 5_000, samples: [] });
    return done(name === 'forwards.clients' ? { clients: [] } : {});
  };

  const sendFile = (path: string, response: ServerResponse): void => {
    const file = join(filesDir, path === '/' ? 'index.html' : path);
    if (!existsSync(file) || path.includes('..')) {
      response.writeHead(404).end();
      return;
    }
    const nonce = randomBytes(16).toString('base64');
    for (const [name, value] of Object.entries(securityHeaders(nonce))) response.setHeader(name, value);
    response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
    const bytes = readFileSync(file);
    response.end(path === '/' ? bytes.toString('utf8').replaceAll('__CSP_NONCE__', nonce) : bytes);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path.startsWith('/api/') && !welcome) {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(failed(failure('not-allowed', 'This window is not let in.'))));
    } else if (path === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': hello\n\n');
      streams.add(response);
      response.on('close', () => streams.delete(response));
    } else if (path === '/api/call') {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { name, args } = JSON.parse(body) as RecordedCall;
      if (held && (held.only ?? name) === name) await held.until;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answerCall(name, args)));
    } else sendFile(path, response);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((cause: unknown) => response.destroy(cause as Error));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${String(port)}/`,
    calls,
    show(next) {
      snapshot = { ...next, revision: snapshot.revision + 1 };
      push({ name: 'snapshot.changed', payload: snapshot });
    },
    log(entries) {
      logs = [...logs, ...entries];
      for (const payload of entries) push({ name: 'log.added', payload });
    },
    tell: push,
    ask(payload) {
      push({ name: 'view.asked', payload });
    },
    hold(only) {
      let release: () => void = () => undefined;
      const until = new Promise<void>((resolve) => {
        release = resolve;
      });
      held = { only, until };
      return () => {
        held = null;
        release();
      };
    },
    answer: (name, answer) => answers.set(name, answer),
    letIn(yes) {
      welcome = yes;
    },
    goAway: stop,
    comeBack: () => listen(port),
    watchers: () => streams.size,
    close: async () => {
      if (server.listening) await stop();
    },
  };
}
