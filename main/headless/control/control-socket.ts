/** The same API for programs of this user: a Unix socket in a folder of mode 700, or a named pipe on Windows. */
import { chmod, link, lstat, rename, rm, unlink } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { dirname, join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { errorCode } from '../../adapters/system-errors.ts';
import { failure } from '../../shared/failure.ts';
import { createApiApp, refuse } from '../api/api-app.ts';
import { closeServer, createLocalServer, listen } from '../api/listening.ts';
import { isPipe } from '../paths.ts';
import type { ServedCore } from '../api/served-core.ts';

export interface ControlSocket {
  /** Ends all streams. The socket stays, and says that Mooring is stopping. */
  endStreams(): void;
  /** Listens anew where the socket file has vanished. Leaves alone what is there now; tries again at the next call. */
  mend(): Promise<void>;
  /** Closes, and removes the socket file if it is still this one's. */
  close(): Promise<void>;
}

/** Rejects with the system's error, such as EEXIST where there is one. The folder must have been made private before. */
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
  const open = () => openDoor(controlPath, (incoming, outgoing) => void answer(incoming, outgoing));
  // Those that lost their file stay for whoever is still connected through them.
  const doors = [await open()];
  let closed = false;
  let mending: Promise<void> = Promise.resolve();

  return {
    endStreams: api.endStreams,
    mend() {
      mending = mending
        .then(async () => {
          if (!closed && !isPipe(controlPath) && !(await exists(controlPath))) doors.push(await open());
        })
        .catch(() => undefined);
      return mending;
    },
    async close() {
      closed = true;
      await mending;
      api.endStreams();
      await Promise.all(doors.map((each) => each.close()));
    },
  };
}

interface Door {
  close(): Promise<void>;
}

async function openDoor(controlPath: string, onRequest: RequestListener): Promise<Door> {
  const server = createLocalServer(onRequest);
  if (isPipe(controlPath)) {
    await listen(server, { path: controlPath });
    return { close: () => closeServer(server) };
  }
  // Bound under a name of its own, not longer than the public one. Node removes the name it has bound when it closes,
  // whoever's socket that is by then; and under the public name the socket is private from its first moment.
  const boundPath = join(dirname(controlPath), `${String(process.pid)}.sock`);
  await rm(boundPath, { force: true });
  await listen(server, { path: boundPath });
  try {
    await chmod(boundPath, 0o600);
    // A socket that listens keeps its inode, even after its name is gone: no other file can have the same.
    const { dev, ino } = await lstat(boundPath);
    await makePublic(boundPath, controlPath);
    return {
      async close() {
        // While it still answers, so that no other can take its place between the look and the removal.
        const now = await lstat(controlPath).catch(() => null);
        if (now?.dev === dev && now.ino === ino) await unlink(controlPath).catch(() => undefined);
        await closeServer(server);
      },
    };
  } catch (error) {
    await closeServer(server);
    throw error;
  }
}

/** Rejects with EEXIST when there is a socket already: of two that start at once, one must see the other. */
async function makePublic(boundPath: string, controlPath: string): Promise<void> {
  try {
    await link(boundPath, controlPath);
  } catch (error) {
    if (errorCode(error, 'unknown') === 'EEXIST') throw error;
    // A file system without links to sockets: what is there has been looked at a moment ago.
    await rename(boundPath, controlPath);
    return;
  }
  await unlink(boundPath);
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
