/** A Node HTTP server that starts and ends as a promise, with limits that fit a local service. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { ListenOptions } from 'node:net';

export function createLocalServer(onRequest: RequestListener): Server {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16_384 }, onRequest);
  server.maxHeadersCount = 100;
  // Above what one person's windows and terminals need, below what would use up this process's file descriptors.
  server.maxConnections = 512;
  return server;
}

/** Rejects with the system's own error, such as EADDRINUSE. */
export function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Lets running answers finish for `graceMs`, then cuts what is left. Resolves with no connection open. */
export function closeServer(server: Server, graceMs = 500): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
