import type { Socket } from 'node:net';

/**
 * Closes a socket with a reset, so that the other side sees an error and not a clean end. A socket whose end has been
 * sent is just closed: Node 20 fails to reset it and then never closes it (uv_tcp_close_reset says EINVAL).
 */
export function cut(socket: Socket): void {
  const endIsSent = socket.writableEnded && socket.writableLength === 0;
  if (endIsSent) socket.destroy();
  else socket.resetAndDestroy();
}
