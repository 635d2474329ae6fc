/** An engine that carries out nothing: it records commands, and the test plays the world by `emit`. */
import type { AskAnswer, Engine, EngineCommand, EngineEvent } from '../../main/core/engine.ts';
import { failed, failure, type Reply } from '../../main/shared/failure.ts';

type CommandOf<K extends EngineCommand['kind']> = Extract<EngineCommand, { kind: K }>;

export class FakeEngine implements Engine {
  readonly commands: EngineCommand[] = [];
  /** Listeners answer at once unless the port is in here. */
  readonly takenPorts = new Set<number>();
  /** When false, the test itself answers `listen` and `unlisten`, in whatever order the real engine could. */
  answersPorts = true;
  /** How a command ends at once; null leaves it to the test. Cancelled ones end by themselves. */
  answersExec: ((command: CommandOf<'exec-start'>) => { exitCode: number; stdout?: string; stderr?: string }) | null =
    null;
  /** What a question to a target is answered at once; null leaves it to the test. */
  answersAsk: ((command: CommandOf<'ask'>) => Reply<AskAnswer>) | null = null;
  closed = false;
  #onEvent: (event: EngineEvent) => void = () => undefined;

  send(command: EngineCommand): void {
    this.commands.push(command);
    if (command.kind === 'listen' && this.answersPorts) {
      const { forwardId, port } = command;
      if (this.takenPorts.has(port)) {
        const failure = { code: 'port-taken', message: `Port ${String(port)} is taken.` } as const;
        this.#later({ kind: 'listen-failed', forwardId, failure });
      } else this.#later({ kind: 'listening', forwardId });
    }
    if (command.kind === 'unlisten' && this.answersPorts) {
      this.#later({ kind: 'unlistened', forwardId: command.forwardId });
    }
    if (command.kind === 'exec-start' && this.answersExec) {
      const { execId } = command;
      const { exitCode, stdout, stderr } = this.answersExec(command);
      if (stdout) this.#later({ kind: 'exec-output', execId, stream: 'stdout', text: stdout });
      if (stderr) this.#later({ kind: 'exec-output', execId, stream: 'stderr', text: stderr });
      this.#later({ kind: 'exec-ended', execId, exitCode, signal: null });
    }
    if (command.kind === 'exec-cancel') {
      const failure = { code: 'cancelled', message: 'The command was cancelled' } as const;
      this.#later({ kind: 'exec-ended', execId: command.execId, exitCode: null, signal: null, failure });
    }
    if (command.kind === 'ask' && this.answersAsk) {
      this.#later({ kind: 'answered', askId: command.askId, answer: this.answersAsk(command) });
    }
    if (command.kind === 'ask-cancel') {
      const answer = failed(failure('cancelled', 'The question was cancelled'));
      this.#later({ kind: 'answered', askId: command.askId, answer });
    }
    if (command.kind === 'disconnect') {
      this.#later({ kind: 'closed', connectionId: command.connectionId, failure: null });
    }
  }

  listen(onEvent: (event: EngineEvent) => void): void {
    this.#onEvent = onEvent;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  emit(event: EngineEvent): void {
    this.#onEvent(event);
  }

  all<K extends EngineCommand['kind']>(kind: K): CommandOf<K>[] {
    return this.commands.filter((each): each is CommandOf<K> => each.kind === kind);
  }

  /** The newest command of a kind; throws when there is none. */
  last<K extends EngineCommand['kind']>(kind: K): CommandOf<K> {
    const found = this.all(kind).at(-1);
    if (!found) throw new Error(`no ${kind} was sent; sent: ${this.commands.map((each) => each.kind).join(', ')}`);
    return found;
  }

  /** The id of the newest connection attempt. */
  get connectionId(): string {
    return this.last('connect').connectionId;
  }

  #later(event: EngineEvent): void {
    void Promise.resolve().then(() => {
      this.#onEvent(event);
    });
  }
}
