/**
 * One command on the server, from its turn to its end: a session channel, one exec request, the framed script and then
 * its input by stdin (exec-frame.ts), output in batches. No terminal, no environment, no agent.
 *
 * It ends when the frame says so on both streams, not when the channel closes: what the script left running in the
 * background keeps the channel open, as everyone knows of ssh. Without that word (the shell itself was killed) the
 * server's own word counts.
 */
import { randomBytes } from 'node:crypto';
import type { EngineCommand, EngineEvent } from '../../core/engine.ts';
import type { Failure } from '../../shared/failure.ts';
import type { Channel, Channels, ExitWord } from './channels.ts';
import { FrameReader, frameScript, newMarker, remoteCommand } from './exec-frame.ts';
import * as failures from './failures.ts';

export type ExecCommand = Extract<EngineCommand, { kind: 'exec-start' }>;

const batchMs = 50;
/** A killed shell’s children may hold the channel open; what it wrote before comes within this time after its end. */
const afterSignalMs = 2_000;
/** A shell that ended by itself has said its last word, which is on its way, over a link that may stall. */
const afterExitMs = 30_000;
/** As long as a timer can be. */
const maxTimerMs = 2 ** 31 - 1;

export interface ExecEvents {
  emit(event: EngineEvent): void;
  /** It was ended by us, and may be running still, as the leader of this process group. */
  abandoned(pid: number): void;
  /** The server has opened a session for it. */
  opened(): void;
  /** The server refused to open a session for it; true if it is tried again later. */
  refused(): boolean;
  /** Its session is gone from the server as well. */
  released(): void;
}

class Output {
  readonly frame: FrameReader;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  text = '';

  constructor(frame: FrameReader) {
    this.frame = frame;
  }

  /** Takes the script's bytes. */
  add(bytes: Buffer): void {
    if (bytes.length > 0) this.text += this.#decoder.decode(bytes, { stream: true });
  }

  /** Nothing more comes: half a character is shown as what it is. */
  end(): void {
    this.text += this.#decoder.decode();
  }
}

export class Exec {
  readonly id: string;
  readonly #command: ExecCommand;
  readonly #events: ExecEvents;
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #script: Buffer;
  /** To be sent still. */
  #unsent: Buffer = Buffer.alloc(0);
  #allIsQueued = false;
  #channel: Channel | null = null;
  #exit: ExitWord | null = null;
  #outputBytes = 0;
  /** Told with the next batch, and only then given back to the server: so much it may send, and no more. */
  #unfreedBytes = 0;
  #limit: NodeJS.Timeout | null = null;
  #batch: NodeJS.Timeout | null = null;
  #afterExit: NodeJS.Timeout | null = null;
  #ended = false;

  constructor(command: ExecCommand, events: ExecEvents) {
    this.id = command.execId;
    this.#command = command;
    this.#events = events;
    const marker = newMarker(randomBytes(16).toString('hex'));
    this.#stdout = new Output(new FrameReader(marker));
    this.#stderr = new Output(new FrameReader(marker));
    this.#script = frameScript(command.script, marker);
  }

  /** Its turn has come (again, after a refusal). */
  start(channels: Channels): void {
    const { timeoutMs } = this.#command;
    this.#limit ??= setTimeout(
      () => {
        this.#abandon(failures.commandTimedOut(timeoutMs));
      },
      Math.min(timeoutMs, maxTimerMs),
    );
    this.#channel = channels.openSession({
      opened: (channel) => {
        // Script and request go together, to save a way there and back.
        channel.exec(remoteCommand);
        this.#events.opened();
        this.#queue(this.#script, this.#command.input === null);
      },
      failed: (failure) => {
        if (!this.#events.refused()) this.end(failure);
      },
      lost: () => {
        this.end(failures.commandLost());
      },
      data: (data) => {
        this.#read(this.#stdout, data);
      },
      errorData: (data) => {
        this.#read(this.#stderr, data);
      },
      ended: () => undefined,
      writable: () => {
        this.#send();
      },
      answered: (accepted) => {
        if (!accepted) this.end(failures.commandsRefused(''));
      },
      exited: (exit) => {
        this.#exit ??= exit;
        this.#awaitClose();
      },
      closed: () => {
        this.#closed();
      },
      released: () => {
        this.#events.released();
      },
    });
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  cancel(): void {
    this.#abandon(failures.commandCancelled());
  }

  /** Ends it for a cause of ours or the link’s; what it wrote so far is told. */
  end(failure: Failure): void {
    this.#end({ exitCode: null, signal: null, failure });
  }

  #queue(data: Buffer, isAll: boolean): void {
    this.#unsent = this.#unsent.length > 0 ? Buffer.concat([this.#unsent, data]) : data;
    this.#allIsQueued = isAll;
    this.#send();
  }

  #send(): void {
    if (this.#unsent.length > 0) this.#unsent = this.#unsent.subarray(this.#channel?.send(this.#unsent) ?? 0);
    if (this.#unsent.length === 0 && this.#allIsQueued) this.#channel?.end();
  }

  #read(output: Output, data: Buffer): void {
    const hadBegun = this.#stdout.frame.begun !== null;
    const bytes = output.frame.push(data);
    const leftBytes = this.#command.maxOutputBytes - this.#outputBytes;
    this.#outputBytes += bytes.length;
    output.add(bytes.subarray(0, Math.max(0, leftBytes)));
    this.#unfreedBytes += data.length;
    this.#batch ??= setTimeout(() => {
      this.#flush();
    }, batchMs);
    if (bytes.length > leftBytes) {
      this.#abandon(failures.commandTooLoud(this.#command.maxOutputBytes));
      return;
    }
    this.#awaitClose();
    const { input } = this.#command;
    const begins = !hadBegun && this.#stdout.frame.begun !== null;
    if (begins && input !== null) this.#queue(Buffer.from(input), true);
    const status = this.#stdout.frame.ended;
    if (status !== null && this.#stderr.frame.ended !== null) this.#end({ exitCode: Number(status), signal: null });
  }

  /** The shell is gone: the rest of its words, if any, and the end of the channel come soon, or are not waited for. */
  #awaitClose(): void {
    if (this.#exit === null || this.#ended) return;
    if (this.#afterExit) clearTimeout(this.#afterExit);
    const delayMs = 'signal' in this.#exit ? afterSignalMs : afterExitMs;
    this.#afterExit = setTimeout(() => {
      this.#closed();
    }, delayMs);
  }

  /** Tells what came since the last time. */
  #flush(): void {
    if (this.#batch) clearTimeout(this.#batch);
    this.#batch = null;
    for (const stream of ['stdout', 'stderr'] as const) {
      const output = stream === 'stdout' ? this.#stdout : this.#stderr;
      const { text } = output;
      output.text = '';
      if (text !== '') this.#events.emit({ kind: 'exec-output', execId: this.id, stream, text });
    }
    const bytes = this.#unfreedBytes;
    this.#unfreedBytes = 0;
    this.#channel?.free(bytes);
  }

  /** The server closed the channel, and the frame was not through. */
  #closed(): void {
    const begun = this.#stdout.frame.begun !== null;
    for (const output of [this.#stdout, this.#stderr]) output.add(output.frame.rest());
    if (!begun) {
      this.end(failures.noShell(`${this.#stderr.frame.noise} ${this.#stdout.frame.noise}`));
    } else if (this.#exit === null) {
      this.end(failures.commandLost());
    } else if ('signal' in this.#exit) {
      this.#end({ exitCode: null, signal: this.#exit.signal });
    } else {
      this.#end({ exitCode: this.#exit.exitCode, signal: null });
    }
  }

  /** We do not want it any more: the server’s processes have to be told, as a closed channel tells them nothing. */
  #abandon(failure: Failure): void {
    if (this.#ended) return;
    const pid = Number(this.#stdout.frame.begun);
    // OpenSSH does that for others than root only.
    this.#channel?.signal('TERM');
    this.end(failure);
    if (Number.isSafeInteger(pid) && pid > 1) this.#events.abandoned(pid);
  }

  #end(how: { readonly exitCode: number | null; readonly signal: string | null; readonly failure?: Failure }): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#limit) clearTimeout(this.#limit);
    if (this.#afterExit) clearTimeout(this.#afterExit);
    this.#unsent = Buffer.alloc(0);
    const channel = this.#channel;
    this.#channel = null;
    this.#stdout.end();
    this.#stderr.end();
    this.#flush();
    channel?.close();
    this.#events.emit({ kind: 'exec-ended', execId: this.id, ...how });
  }
}
