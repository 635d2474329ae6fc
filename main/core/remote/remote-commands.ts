/**
 * Commands on servers, over connections that are up: a script in, how it ended out. How it gets there, and that its input
 * stays secret, is the engine's matter (`exec-start` in engine.ts).
 */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import type { Engine, EngineEvent } from '../engine.ts';
import type { Random } from '../ports.ts';

/** Of stdout and stderr together, unless said otherwise. */
const usualOutputBytes = 8 * 1024 * 1024;

export interface RemoteCommand {
  /** For a POSIX shell. No secrets: it may show in the server's process list by what it runs. */
  readonly script: string;
  /** What the script reads from its stdin, and the place for secrets; null: nothing. */
  readonly input: string | null;
  /** From its turn to its end; commands of one connection may have to wait for each other. */
  readonly timeoutMs: number;
  readonly maxOutputBytes?: number;
  /** False: only told by `onOutput`, and not in the result. For what is long or never ends. */
  readonly keepOutput?: boolean;
  /** As it comes. Must not throw. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
}

/** It ran to its end, whatever it said: one of both is null. */
export interface ExecResult {
  /** 0–255. */
  readonly exitCode: number | null;
  /** Without `SIG`. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  /** Never rejects. Fails with the codes of `exec-ended`. */
  readonly done: Promise<Reply<ExecResult>>;
  /** Ends it at the server, too; `done` fails with `cancelled`, unless it ended before. */
  cancel(): void;
}

export type ExecEvent = Extract<EngineEvent, { execId: string }>;

interface Running {
  readonly texts: { readonly stdout: string[]; readonly stderr: string[] };
  readonly onOutput: RemoteCommand['onOutput'];
  readonly keepOutput: boolean;
  readonly settle: (reply: Reply<ExecResult>) => void;
}

export class RemoteCommands {
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #running = new Map<string, Running>();
  #stopped = false;

  constructor(engine: Engine, random: Random) {
    this.#engine = engine;
    this.#random = random;
  }

  /** `connectionId`: of a connection that is up, as `Tunnels.connectionIdOf` tells; null fails with `link-lost`. */
  run(connectionId: string | null, command: RemoteCommand): RunningCommand {
    if (connectionId === null) return never(notConnected);
    if (this.#stopped) return never(stopping);
    const execId = this.#random.id();
    const { script, input, timeoutMs, maxOutputBytes = usualOutputBytes, keepOutput = true, onOutput } = command;
    const result = new Promise<Reply<ExecResult>>((resolve) => {
      this.#running.set(execId, { texts: { stdout: [], stderr: [] }, onOutput, keepOutput, settle: resolve });
    });
    this.#engine.send({ kind: 'exec-start', connectionId, execId, script, input, timeoutMs, maxOutputBytes });
    return {
      done: result,
      cancel: () => {
        if (this.#running.has(execId)) this.#engine.send({ kind: 'exec-cancel', execId });
      },
    };
  }

  handle(event: ExecEvent): void {
    const running = this.#running.get(event.execId);
    if (!running) return;
    const { texts, onOutput, keepOutput, settle } = running;
    switch (event.kind) {
      case 'exec-output':
        if (keepOutput) texts[event.stream].push(event.text);
        onOutput?.(event.stream, event.text);
        return;
      case 'exec-ended': {
        this.#running.delete(event.execId);
        const { exitCode, signal, failure: cause } = event;
        if (cause) settle(failed(cause));
        else settle(done({ exitCode, signal, stdout: texts.stdout.join(''), stderr: texts.stderr.join('') }));
        return;
      }
      default:
        event satisfies never;
    }
  }

  /** Cancels what runs and waits for nothing; nothing is run afterwards. */
  stop(): void {
    this.#stopped = true;
    for (const [execId, { settle }] of this.#running) {
      this.#engine.send({ kind: 'exec-cancel', execId });
      settle(failed(stopping));
    }
    this.#running.clear();
  }
}

const never = (cause: Failure): RunningCommand => ({ done: Promise.resolve(failed(cause)), cancel: () => undefined });
const stopping = failure('cancelled', 'Mooring is stopping');
const notConnected = failure('link-lost', 'There is no connection to the server', {
  hint: 'Connect it, and try again.',
});
