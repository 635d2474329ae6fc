/** The user's SSH agent: which keys it holds, and signatures by them. */
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2';
import type { Failure } from '../../shared/failure.ts';
import { agentUnavailable, detailOf } from './failures.ts';

const windowsPipe = '\\\\.\\pipe\\openssh-ssh-agent';
const listTimeoutMs = 10_000;
/** Long: the agent may ask for a touch or a confirmation. */
const signTimeoutMs = 120_000;

/** Where to look for an agent, in order: socket or pipe paths, or `pageant`. Empty where there is none. */
export function agentPaths(
  configured: string | undefined,
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): readonly string[] {
  const named = configured ?? env['SSH_AUTH_SOCK'];
  if (named) return [named];
  return platform === 'win32' ? [windowsPipe, 'pageant'] : [];
}

export type AgentAnswer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure };

/** One conversation with an agent. `stop` ends what is under way, without an answer. */
export class AgentTalk {
  readonly #paths: readonly string[];
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #agent: BaseAgent | null = null;
  #stopped = false;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** The keys that can be used here, of the first agent that answers; `agent-unavailable` if there is none. */
  list(done: (answer: AgentAnswer<readonly ParsedKey[]>) => void): void {
    this.#listFrom(this.#paths, null, done);
  }

  #listFrom(
    paths: readonly string[],
    lastError: Error | null,
    done: (answer: AgentAnswer<readonly ParsedKey[]>) => void,
  ): void {
    const [path, ...others] = paths;
    if (path === undefined) {
      done({ ok: false, error: lastError ? silentAgent(lastError) : noAgent() });
      return;
    }
    const agent = this.#open(path);
    this.#within<ParsedKey[]>(
      listTimeoutMs,
      (answer) => {
        agent.getIdentities((error, keys) => {
          answer(error ?? null, (keys ?? []) as ParsedKey[]);
        });
      },
      (error, keys) => {
        if (error) {
          this.#listFrom(others, error, done);
        } else if (keys.length === 0) {
          done({ ok: false, error: emptyAgent() });
        } else {
          this.#agent = agent;
          done({ ok: true, value: keys });
        }
      },
    );
  }

  /** Signs `data` by a key of the list; `hash` is for RSA keys alone. */
  sign(key: ParsedKey, data: Buffer, hash: string | undefined, done: (answer: AgentAnswer<Buffer>) => void): void {
    const agent = this.#agent;
    if (!agent) {
      done({ ok: false, error: noAgent() });
      return;
    }
    this.#within<Buffer>(
      signTimeoutMs,
      (answer) => {
        agent.sign(key, data, (hash ? { hash } : {}) as never, (error, signature) => {
          answer(error ?? null, signature as Buffer);
        });
      },
      (error, signature) => {
        done(error ? { ok: false, error: unwillingAgent(error) } : { ok: true, value: signature });
      },
    );
  }

  stop(): void {
    this.#stopped = true;
    this.#timers.forEach(clearTimeout);
    this.#timers.clear();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Calls back once, with a time limit, and never after `stop`; what ssh2 throws is an error like any other. */
  #within<T>(
    limitMs: number,
    ask: (answer: (error: Error | null, value: T) => void) => void,
    done: (error: Error | null, value: T) => void,
  ): void {
    let open = true;
    const answer = (error: Error | null, value: T): void => {
      if (!open || this.#stopped) return;
      open = false;
      clearTimeout(timer);
      this.#timers.delete(timer);
      done(error, value);
    };
    const timer = setTimeout(() => {
      answer(new Error('the agent did not answer'), undefined as T);
    }, limitMs);
    this.#timers.add(timer);
    try {
      ask(answer);
    } catch (error) {
      answer(error instanceof Error ? error : new Error(String(error)), undefined as T);
    }
  }

  #open(path: string): BaseAgent {
    if (process.platform === 'win32' && !/^[/\\]{2}\.[/\\]pipe[/\\]/.test(path)) return ssh2.createAgent(path);
    return new SocketAgent(path, this.#sockets);
  }
}

/** An agent behind a socket or named pipe, whose sockets can be closed by us: ssh2's own keeps them to itself. */
class SocketAgent extends ssh2.OpenSSHAgent {
  readonly #path: string;
  readonly #sockets: Set<Socket>;

  constructor(path: string, sockets: Set<Socket>) {
    super(path);
    this.#path = path;
    this.#sockets = sockets;
  }

  override getStream(done: (error: Error | null, stream?: Duplex) => void): void {
    const socket = connect(this.#path);
    this.#sockets.add(socket);
    let open = true;
    const settle = (error: Error | null): void => {
      if (!open) return;
      open = false;
      if (error) done(error);
      else done(null, socket);
    };
    socket
      .on('connect', () => {
        settle(null);
      })
      .on('error', settle)
      .on('close', () => {
        this.#sockets.delete(socket);
        settle(new Error('the agent closed the connection'));
      });
  }
}

const startHint = 'Start the agent and add your key with ssh-add, or choose a key file for this server.';

function noAgent(): Failure {
  return agentUnavailable('No SSH agent is running', startHint, 'SSH_AUTH_SOCK is not set');
}

function silentAgent(error: Error): Failure {
  return agentUnavailable('The SSH agent does not answer', startHint, detailOf(error));
}

function emptyAgent(): Failure {
  return agentUnavailable(
    'The SSH agent holds no key that can be used',
    'Add your key with ssh-add, or choose a key file for this server.',
  );
}

function unwillingAgent(error: Error): Failure {
  return agentUnavailable(
    'The SSH agent did not sign',
    'Unlock it, or confirm the request that it shows, and connect again.',
    detailOf(error),
  );
}
