/**
 * The demo server: an SSH server and a tracking-server look-alike inside this process, so that a newcomer can see a
 * tunnel work, break and come back without owning a server. On 127.0.0.1 only; keys and password live in memory.
 */
import { randomBytes } from 'node:crypto';
import type { DemoAddress, DemoServer } from '../../core/ports.ts';
import type { DemoFault } from '../../shared/contract.ts';
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import { newHostKey, type HostKey } from './host-key.ts';
import { startLookAlike, type LookAlike } from './look-alike.ts';
import { startSshSide, type SshSide } from './ssh-side.ts';

export interface DemoServerOptions {
  /** Tried first, so that a saved demo server stays where it was; another port is taken if it is in use. */
  readonly preferredPort?: number;
  /**
   * How long `stop-answering` lasts before the server recovers by itself. 12 s by default:
   * longer than the 10 s within which a dead link is noticed unless the settings say otherwise.
   */
  readonly frozenMs?: number;
}

interface Running {
  readonly ssh: SshSide;
  readonly lookAlike: LookAlike;
  readonly password: string;
  readonly hostKey: HostKey;
}

const user = 'demo';
const defaultFrozenMs = 12_000;

/** One demo server; start and stop may be called in any order and at any time. */
export function createDemoServer(options: DemoServerOptions = {}): DemoServer {
  const frozenMs = options.frozenMs ?? defaultFrozenMs;
  let running: Running | null = null;
  let thawTimer: NodeJS.Timeout | undefined;
  /** Starts and stops follow each other. */
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = last.then(run);
    last = turn.catch(() => undefined);
    return turn;
  }

  async function start(): Promise<Reply<DemoAddress>> {
    if (running === null) {
      const started = await startBoth(options.preferredPort ?? 0);
      if (!started.ok) return started;
      running = started.value;
    }
    return done(addressOf(running));
  }

  async function stop(): Promise<void> {
    clearTimeout(thawTimer);
    const stopping = running;
    running = null;
    if (stopping === null) return;
    await stopping.ssh.close();
    await stopping.lookAlike.close();
  }

  function breakIt(fault: DemoFault): Reply<null> {
    if (running === null) {
      const hint = 'Start the demo first.';
      return failed(failure('conflict', 'The demo server is not running', { hint }));
    }
    const { ssh } = running;
    // A new fault ends the one before.
    clearTimeout(thawTimer);
    ssh.setFrozen(false);
    switch (fault) {
      case 'drop-connection':
        ssh.dropConnections();
        break;
      case 'stop-answering':
        ssh.setFrozen(true);
        thawTimer = setTimeout(() => {
          ssh.setFrozen(false);
        }, frozenMs);
        break;
      case 'change-host-key': {
        const hostKey = newHostKey();
        running = { ...running, hostKey };
        ssh.setHostKey(hostKey);
        ssh.dropConnections();
        break;
      }
      default:
        fault satisfies never;
    }
    return done(null);
  }

  return {
    start: () => inTurn(start),
    break: (fault) => inTurn(() => Promise.resolve(breakIt(fault))),
    stop: () => inTurn(stop),
  };
}

async function startBoth(preferredPort: number): Promise<Reply<Running>> {
  let lookAlike: LookAlike | undefined;
  try {
    lookAlike = await startLookAlike();
    const hostKey = newHostKey();
    const password = randomBytes(24).toString('base64url');
    const target = { host: '127.0.0.1', port: lookAlike.port };
    const sshOptions = { hostKey, user, password, target };
    const ssh = await startSshSide({ ...sshOptions, port: preferredPort }).catch((error: unknown) => {
      if (preferredPort === 0) throw error;
      return startSshSide({ ...sshOptions, port: 0 });
    });
    return done({ ssh, lookAlike, password, hostKey });
  } catch (error) {
    await lookAlike?.close();
    return failed(
      failure('address-unavailable', 'The demo server could not listen on 127.0.0.1', {
        hint: 'Check that no firewall or security program keeps Mooring from listening on this machine, and try again.',
        detail: error instanceof Error ? error.message : String(error),
      }),
    );
  }
}

function addressOf({ ssh, lookAlike, password, hostKey }: Running): DemoAddress {
  return {
    address: '127.0.0.1',
    port: ssh.port,
    user,
    password,
    keyType: hostKey.keyType,
    key: hostKey.key,
    fingerprint: hostKey.fingerprint,
    target: { host: '127.0.0.1', port: lookAlike.port },
  };
}
