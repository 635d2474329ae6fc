/**
 * The commands of one connection. A server runs only so many sessions over a connection (OpenSSH's MaxSessions, 10 by
 * default, but anything can be set): the others wait here for their turn, in the order they came. A server that says no
 * while some of ours run has fewer than we thought; the one it refused waits on.
 */
import type { EngineEvent } from '../../core/engine.ts';
import type { Channels } from './channels.ts';
import { Exec, type ExecCommand } from './exec.ts';
import { killScript } from './exec-frame.ts';
import * as failures from './failures.ts';

/** Two fewer than OpenSSH allows: for the ends of commands that are abandoned. */
const maxRunning = 8;
const maxEnders = 2;
/** A session that we closed lives on at the server until its processes have ended. */
const retryMs = 500;
const maxRetries = 10;
const endTimeoutMs = 10_000;

interface Entry {
  readonly exec: Exec;
  /** Ends another one; is told to nobody. */
  readonly isEnder: boolean;
  retries: number;
}

export class ExecQueue {
  readonly #channels: Channels;
  readonly #emit: (event: EngineEvent) => void;
  /** All that have not ended. */
  readonly #execs = new Map<string, Exec>();
  #waiting: Entry[] = [];
  /** With a session at the server, or asking for one. */
  readonly #running = new Set<Entry>();
  #mostRunning = maxRunning;
  /** The server has opened a session for us before. */
  #hasOpened = false;
  #retry: NodeJS.Timeout | null = null;
  #enders = 0;
  #lost = false;

  constructor(channels: Channels, emit: (event: EngineEvent) => void) {
    this.#channels = channels;
    this.#emit = emit;
  }

  /** `exec-ended` follows; only for an id that is not running. */
  start(command: ExecCommand): void {
    if (this.#execs.has(command.execId)) return;
    if (command.script.includes('\0')) {
      const failure = failures.unsendableScript();
      this.#emit({ kind: 'exec-ended', execId: command.execId, exitCode: null, signal: null, failure });
      return;
    }
    this.#add(command, (event) => {
      if (event.kind === 'exec-ended') this.#execs.delete(event.execId);
      this.#emit(event);
    });
  }

  cancel(execId: string): void {
    this.#execs.get(execId)?.cancel();
  }

  /** The connection has ended. Said before its channels hear of it, so that none is opened any more. */
  lost(): void {
    this.#lost = true;
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { exec } of waiting) exec.end(failures.commandLost());
  }

  #add(command: ExecCommand, emit: (event: EngineEvent) => void, isEnder = false): void {
    const exec = new Exec(command, {
      emit,
      abandoned: (pid) => {
        this.#endProcesses(pid);
      },
      opened: () => {
        this.#hasOpened = true;
      },
      refused: () => this.#refused(entry),
      released: () => {
        if (!this.#running.delete(entry) || this.#lost) return;
        this.#startNext();
      },
    });
    const entry: Entry = { exec, isEnder, retries: 0 };
    if (!isEnder) this.#execs.set(command.execId, exec);
    this.#waiting.push(entry);
    this.#startNext();
  }

  /** Called after every change; an exec that ended while it waited is passed over. */
  #startNext(): void {
    this.#waiting = this.#waiting.filter(({ exec }) => !exec.isEnded);
    for (const entry of [...this.#waiting]) {
      if (this.#lost) return;
      const alike = [...this.#running].filter(({ isEnder }) => isEnder === entry.isEnder).length;
      if (this.#retry || alike >= (entry.isEnder ? maxEnders : this.#mostRunning)) continue;
      this.#waiting = this.#waiting.filter((each) => each !== entry);
      this.#running.add(entry);
      entry.exec.start(this.#channels);
    }
  }

  /** The server opened no session: whether that may be for having too many. */
  #refused(entry: Entry): boolean {
    if (this.#lost || entry.exec.isEnded) return false;
    const others = [...this.#running].filter((each) => each !== entry && !each.isEnder).length;
    entry.retries += 1;
    if (others === 0 && (!this.#hasOpened || entry.retries > maxRetries)) return false;
    this.#running.delete(entry);
    this.#waiting.unshift(entry);
    if (others > 0) {
      if (!entry.isEnder) this.#mostRunning = others;
    } else {
      this.#retry ??= setTimeout(() => {
        this.#retry = null;
        this.#startNext();
      }, retryMs);
    }
    return true;
  }

  /** Best effort: a second command, as a server tells its processes nothing when a channel is closed. */
  #endProcesses(pid: number): void {
    if (this.#lost) return;
    this.#enders += 1;
    const execId = `end-${String(this.#enders)}`;
    const script = killScript(pid);
    const command = { script, input: null, timeoutMs: endTimeoutMs, maxOutputBytes: 4_096 } as const;
    this.#add({ kind: 'exec-start', connectionId: '', execId, ...command }, () => undefined, true);
  }
}
