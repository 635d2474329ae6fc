/** Sockets of a listening server: all known, so that all can be closed. */
import type net from 'node:net';

/** Listens on 127.0.0.1 and resolves with the port. Rejects with Node's error. Port 0: the system picks one. */
export function listenOnLoopback(server: net.Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => {
      server.off('listening', onListening);
      reject(error);
    };
    const onListening = () => {
      server.off('error', onError);
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address.port);
      else reject(new Error('The listener has no address'));
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen({ host: '127.0.0.1', port, exclusive: true });
  });
}

/** Closes the listener; resolves when its last connection is gone, so close those, too. */
export function closeListener(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

/** Resolves when every socket is closed. */
export async function destroyAll(sockets: ReadonlySet<net.Socket>): Promise<void> {
  await Promise.all(
    [...sockets].map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.once('close', () => {
            resolve();
          });
          socket.destroy();
        }),
    ),
  );
}
