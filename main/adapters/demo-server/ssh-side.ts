/**
 * The SSH half of the demo server. It lets one user in with one password and opens channels to one target. Everything
 * else (sessions, other targets, remote forwards) is refused. Whoever connects may send anything at all.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import net from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type TcpipRequestInfo } from 'ssh2';
import type { HostKey } from './host-key.ts';
import { closeListener, destroyAll, listenOnLoopback } from './sockets.ts';

export interface SshSide {
  readonly port: number;
  /** Closes every connection; new ones are welcome. */
  dropConnections(): void;
  /** While frozen nothing is read or written, and new connections are accepted but hear nothing. */
  setFrozen(frozen: boolean): void;
  /** For connections from now on. */
  setHostKey(hostKey: HostKey): void;
  /** Resolves when no socket is left. */
  close(): Promise<void>;
}

export interface SshSideOptions {
  /** 0: the system picks one. */
  readonly port: number;
  readonly hostKey: HostKey;
  readonly user: string;
  readonly password: string;
  readonly target: { readonly host: string; readonly port: number };
}

const maxConnections = 64;
/** Long, since a person may be looking at the host key meanwhile. */
const loginGraceMs = 10 * 60_000;

/** Rejects with Node's error if the port can't be bound. */
export async function startSshSide(options: SshSideOptions): Promise<SshSide> {
  const sockets = new Set<net.Socket>();
  const held = new Set<net.Socket>();
  let frozen = false;
  let hostKey = options.hostKey;

  const listener = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      held.delete(socket);
    });
    // Resets and the like: 'close' follows and does what is to be done.
    socket.on('error', () => undefined);
    // Once our side has ended, nothing the other side may still send matters.
    socket.once('finish', () => socket.destroy());
    if (frozen) held.add(socket.pause());
    else speakSsh(socket, { ...options, hostKey });
  });
  listener.maxConnections = maxConnections;
  const port = await listenOnLoopback(listener, options.port);
  listener.on('error', () => undefined);

  return {
    port,
    dropConnections: () => {
      sockets.forEach((socket) => socket.destroy());
    },
    setFrozen: (wanted) => {
      if (wanted === frozen) return;
      frozen = wanted;
      for (const socket of sockets) {
        if (frozen) {
          socket.pause();
          socket.cork();
        } else if (held.delete(socket)) {
          speakSsh(socket, { ...options, hostKey });
        } else {
          socket.uncork();
          socket.resume();
        }
      }
    },
    setHostKey: (wanted) => {
      hostKey = wanted;
    },
    close: async () => {
      const closed = closeListener(listener);
      await destroyAll(sockets);
      await closed;
    },
  };
}

/** A server of its own for each socket, whose listener is never used: so that client and socket know each other. */
function speakSsh(socket: net.Socket, options: SshSideOptions): void {
  const grace = setTimeout(() => socket.destroy(), loginGraceMs);
  socket.once('close', () => {
    clearTimeout(grace);
  });
  const server = new ssh2.Server({ hostKeys: [options.hostKey.pem], ident: 'Mooring-demo' }, (client) => {
    client.on('error', () => socket.destroy());
    client.once('ready', () => {
      clearTimeout(grace);
    });
    serveClient(client, options);
  });
  server.on('error', () => undefined);
  server.injectSocket(socket);
}

function serveClient(client: Connection, options: SshSideOptions): void {
  const upstreams = new Set<net.Socket>();
  client.on('authentication', (context) => {
    if (isAllowed(context, options)) context.accept();
    else context.reject(['password']);
  });
  client.on('tcpip', (accept, reject, info) => {
    if (!isTarget(info, options.target)) {
      reject();
      return;
    }
    const upstream = net.connect({ ...options.target, noDelay: true });
    upstreams.add(upstream);
    upstream.once('close', () => upstreams.delete(upstream));
    const refuse = () => {
      reject();
    };
    upstream.once('error', refuse);
    upstream.once('connect', () => {
      upstream.off('error', refuse);
      join(accept(), upstream);
    });
  });
  client.once('close', () => {
    upstreams.forEach((upstream) => upstream.destroy());
  });
}

function join(channel: ServerChannel, upstream: net.Socket): void {
  channel.on('error', () => upstream.destroy());
  upstream.on('error', () => {
    channel.destroy();
  });
  channel.once('close', () => upstream.destroy());
  channel.pipe(upstream).pipe(channel);
}

function isAllowed(context: AuthContext, options: SshSideOptions): boolean {
  if (context.method !== 'password') return false;
  // Both are compared always, and in constant time.
  const user = isSame(context.username, options.user);
  const password = isSame(context.password, options.password);
  return user && password;
}

function isSame(given: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(right));
}

function isTarget(info: TcpipRequestInfo, target: SshSideOptions['target']): boolean {
  return info.destPort === target.port && (info.destIP === target.host || info.destIP === 'localhost');
}
