/** Binds a local port on several addresses, all or none. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { failure, type Failure } from '../../shared/failure.ts';
import { formatEndpoint, isLoopback } from '../../shared/forward.ts';
import { errorCode } from '../system-errors.ts';
import { detailOf } from './failures.ts';

export interface BindRequest {
  readonly addresses: readonly string[];
  /** 1–65535. */
  readonly port: number;
  readonly onClient: (socket: Socket) => void;
  readonly platform: NodeJS.Platform;
}

export type Bound =
  { readonly ok: true; readonly servers: readonly Server[] } | { readonly ok: false; readonly failure: Failure };

const probeTimeoutMs = 300;
/**
 * As long as the system allows. When it overflows, Linux (seen on 6.18) goes over to SYN cookies and then can lose what
 * a client sent first, and yet tell its end as if that had been all.
 */
const backlog = 4_096;
/** Ports that macOS itself takes for AirPlay. */
const airPlayPorts = [5000, 7000];

/** Clients come paused. Codes: `not-allowed`, `port-taken`, `port-forbidden`, `address-unavailable`. */
export async function bindAll(request: BindRequest): Promise<Bound> {
  const { addresses, port, platform } = request;
  const outside = addresses.find((address) => !isLoopback(address));
  if (outside !== undefined || addresses.length === 0) return { ok: false, failure: notLoopback(outside ?? '') };
  // On macOS a program on all addresses and one on 127.0.0.1 can have the same port, and neither is told.
  if (platform === 'darwin' && (await anyoneListens(port))) {
    return { ok: false, failure: portTaken(addresses[0] ?? '', port, platform, 'something answers there already') };
  }
  const servers: Server[] = [];
  for (const address of addresses) {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, request.onClient);
    const error = await listen(server, address, port);
    if (error) {
      await closeAll(servers);
      return { ok: false, failure: bindFailure(address, port, platform, error) };
    }
    servers.push(server);
  }
  return { ok: true, servers };
}

/** Resolves when the ports are free again and all clients of the servers are gone. */
export async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
        }),
    ),
  );
}

function listen(server: Server, host: string, port: number): Promise<Error | null> {
  return new Promise((resolve) => {
    // Stays for the listener’s life: too many open files, say, is told by `error` as well and ends nothing.
    server.on('error', resolve);
    server.listen({ host, port, exclusive: true, backlog }, () => {
      resolve(null);
    });
  });
}

/** Whether anything takes connections to `port` on this machine’s loopback addresses. */
export async function anyoneListens(port: number): Promise<boolean> {
  const answers = await Promise.all(['127.0.0.1', '::1'].map((host) => listens(host, port)));
  return answers.includes(true);
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .setTimeout(probeTimeoutMs, () => {
        settle(false);
      })
      .on('connect', () => {
        settle(true);
      })
      .on('error', () => {
        settle(false);
      });
  });
}

export function bindFailure(address: string, port: number, platform: NodeJS.Platform, error: Error): Failure {
  const detail = detailOf(error);
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return portTaken(address, port, platform, detail);
    case 'EACCES':
    case 'EPERM':
      return failure('port-forbidden', `This computer does not let Mooring listen on port ${String(port)}`, {
        hint: forbiddenHint(port, platform),
        detail,
      });
    default:
      return failure('address-unavailable', `The address ${address} can’t be listened on here`, {
        hint: address === '::1' ? 'IPv6 may be off on this computer.' : 'Use 127.0.0.1.',
        detail,
      });
  }
}

function portTaken(address: string, port: number, platform: NodeJS.Platform, detail: string): Failure {
  const airPlay = platform === 'darwin' && airPlayPorts.includes(port);
  return failure('port-taken', `${formatEndpoint(address, port)} is in use by another program`, {
    hint: airPlay
      ? 'On a Mac this is usually AirPlay Receiver (System Settings, General, AirDrop & Handoff). Choose another local port or turn it off.'
      : 'Choose another local port, or end the program that uses it.',
    detail,
  });
}

function forbiddenHint(port: number, platform: NodeJS.Platform): string {
  if (platform === 'win32') {
    return 'Windows may have reserved a range around it (netsh int ipv4 show excludedportrange protocol=tcp). Choose another port.';
  }
  if (port < 1024) return 'Ports below 1024 need special rights. Choose a higher one, such as 8080.';
  return 'A security rule of this computer forbids it. Choose another port.';
}

function notLoopback(address: string): Failure {
  return failure('not-allowed', `Mooring listens on this computer only, not on ${address || 'no address at all'}`, {
    hint: 'Use 127.0.0.1 or ::1.',
  });
}
