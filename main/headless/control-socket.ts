/** The same API for programs of this user: a Unix socket in a folder of mode 700, or a named pipe on Windows. */
import { chmod } from 'node:fs/promises';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { failure } from '../shared/failure.ts';
import { createApiApp, refuse } from './api-app.ts';
import { closeServer, createLocalServer, listen } from './listening.ts';
import { isPipe } from './paths.ts';
import type { ServedCore } from './served-core.ts';

export interface ControlSocket {
  /** Ends all streams. The socket stays, and says that Mooring is stopping. */
  endStreams(): void;
  /** Closes and removes the socket file. */
  close(): Promise<void>;
}

/** Rejects with the system's error, such as EADDRINUSE. The folder must have been made private before. */
export async function listenOnControlSocket(controlPath: string, served: ServedCore): Promise<ControlSocket> {
  const api = createApiApp(served);
  const app = new Hono();
  app.use(async (context, next) => {
    // Nothing that speaks for a web page has any business here.
    if (context.req.header('origin') === undefined) await next();
    else context.res = refuse(context, 403, failure('not-allowed', 'The control socket is not for web pages.'));
  });
  app.route('/', api.app);
  app.notFound((context) => refuse(context, 404, failure('unknown-call', 'There is nothing at this address.')));
  app.onError((_error, context) => refuse(context, 503, failure('unreachable', 'Mooring could not start.')));

  const answer = getRequestListener(app.fetch, {
    hostname: 'localhost',
    errorHandler: () => new Response(null, { status: 400 }),
  });
  const server = createLocalServer((incoming, outgoing) => void answer(incoming, outgoing));
  if (isPipe(controlPath)) await listen(server, { path: controlPath });
  else {
    // The mask makes the socket private from its first moment; `bind` runs within `listen`, before it returns.
    const mask = process.umask(0o177);
    const listening = listen(server, { path: controlPath });
    process.umask(mask);
    await listening;
    await chmod(controlPath, 0o600);
  }

  return {
    endStreams: api.endStreams,
    async close() {
      api.endStreams();
      await closeServer(server);
    },
  };
}
