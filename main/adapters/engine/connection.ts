/**
 * One SSH connection, from dialling to `closed`. It asks the core at every fork: whether to trust the host key, how to
 * log in, what to answer.
 */
import { connect as dial, type Socket } from 'node:net';
import type { EngineCommand, EngineEvent, LoginTry } from '../../core/engine.ts';
import type { Failure } from '../../shared/failure.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { Asks } from './asks.ts';
import { Channels } from './channels.ts';
import { ExecQueue } from './exec-queue.ts';
import * as failures from './failures.ts';
import { LinkWatch } from './link-watch.ts';
import { LoginConversation } from './login.ts';
import { disconnectReason, protocolReady, type MessageHandlers } from './protocol.ts';
import { StopClock } from './stop-clock.ts';
import { Transport } from './transport.ts';
import { whyEnded, whyLeft, whyTimedOut, type Phase, type Progress } from './why-ended.ts';

type ConnectCommand = Extract<EngineCommand, { kind: 'connect' }>;

export interface ConnectionOptions {
  readonly agentPaths: readonly string[];
  readonly emit: (event: EngineEvent) => void;
  /** Called before the `closed` event is told. */
  readonly onClosed: (connection: Connection) => void;
}

/** A name with several addresses: when the next one is tried beside. */
const nextAddressAfterMs = 1_000;
/** The kernel looks after the link while a person thinks; pings are allowed only once logged in. */
const kernelKeepAliveMs = 5_000;
/** A server may be asking a person on its own side, as by a push to a phone. */
const patienceWithPeopleMs = 120_000;
const maxBanners = 16;

export class Connection {
  readonly id: string;
  readonly channels: Channels;
  readonly commands: ExecQueue;
  readonly asks: Asks;
  readonly #command: ConnectCommand;
  readonly #options: ConnectionOptions;
  readonly #clock: StopClock;
  readonly #login: LoginConversation;
  #socket: Socket | null = null;
  #transport: Transport | null = null;
  #watch: LinkWatch | null = null;
  #verifyHostKey: ((permitted: boolean) => void) | null = null;
  #software = '';
  #cipher = '';
  #banners = 0;
  #phase: Phase = 'dialling';

  constructor(command: ConnectCommand, options: ConnectionOptions) {
    this.id = command.connectionId;
    this.#command = command;
    this.#options = options;
    this.#clock = new StopClock(() => {
      this.#fail(whyTimedOut(this.#progress()));
    });
    this.#login = this.#newLogin();
    this.channels = new Channels(this.#newLink());
    this.commands = new ExecQueue(this.channels, options.emit);
    this.asks = new Asks(this.channels, options.emit);
  }

  get isReady(): boolean {
    return this.#phase === 'ready';
  }

  start(): void {
    this.#step('dialling');
    this.#clock.run(this.#command.timeoutMs);
    const { host, port } = this.#command;
    try {
      const socket = dial({ host, port, noDelay: true, autoSelectFamilyAttemptTimeout: nextAddressAfterMs });
      this.#socket = socket.pause();
    } catch (error) {
      this.#close(failures.dialFailure(this.#command, error), disconnectReason.byApplication);
      return;
    }
    this.#socket.setKeepAlive(true, kernelKeepAliveMs).on('error', (error) => {
      if (this.#phase === 'dialling') this.#fail(failures.dialFailure(this.#command, error));
    });
    this.#socket.once('connect', () => {
      protocolReady.then(
        () => {
          this.#greet();
        },
        (error: unknown) => {
          this.#fail(failures.handshakeFailed(this.#command, error));
        },
      );
    });
  }

  trustHostKey(trust: boolean): void {
    const verify = this.#verifyHostKey;
    if (!verify) return;
    this.#verifyHostKey = null;
    if (trust) {
      this.#clock.resume();
      verify(true);
    } else {
      this.#close(failures.hostKeyRejected(this.#command), disconnectReason.hostKeyNotVerifiable);
    }
  }

  tryLogin(login: LoginTry | null): void {
    if (this.#phase !== 'logging-in') return;
    if (login) this.#login.try(login);
    else this.#close(failures.loginRejected(this.#command.user, this.#command), disconnectReason.authCancelledByUser);
  }

  answerQuestions(answers: readonly string[]): void {
    if (this.#phase === 'logging-in') this.#login.answer(answers);
  }

  /** Before the login the command's own time limit watches over the link, or the person is being waited for. */
  checkLink(timeoutMs: number): void {
    this.#watch?.check(timeoutMs);
  }

  disconnect(): void {
    this.#close(null, disconnectReason.byApplication);
  }

  #step(step: 'dialling' | 'greeting' | 'logging-in'): void {
    this.#phase = step;
    this.#options.emit({ kind: 'step', connectionId: this.id, step });
  }

  #greet(): void {
    if (this.#phase !== 'dialling' || !this.#socket) return;
    this.#step('greeting');
    const handlers = { ...this.#ownHandlers(), ...this.#login.handlers(), ...this.channels.handlers() };
    this.#transport = new Transport(this.#socket, this.#command, handlers, {
      hostKey: (key, verify) => {
        this.#askAboutHostKey(key, verify);
      },
      agreed: (software, cipher) => {
        this.#software = software;
        this.#cipher = cipher;
        this.#step('logging-in');
        this.#transport?.call((protocol) => {
          protocol.service('ssh-userauth');
        });
      },
      heard: () => {
        this.#watch?.heard();
      },
      drained: () => {
        this.channels.drained();
      },
      ended: () => {
        this.#fail(whyEnded(this.#progress()));
      },
      failed: (failure) => {
        this.#fail(failure);
      },
    });
    this.#transport.start();
  }

  #askAboutHostKey(key: Buffer, verify: (permitted: boolean) => void): void {
    this.#clock.pause();
    this.#verifyHostKey = verify;
    const typeLength = key.readUInt32BE(0);
    this.#options.emit({
      kind: 'host-key',
      connectionId: this.id,
      keyType: key.toString('latin1', 4, 4 + typeLength),
      key: key.toString('base64'),
      fingerprint: fingerprintOf(key),
    });
  }

  #newLogin(): LoginConversation {
    const { user, timeoutMs } = this.#command;
    return new LoginConversation(user, this.#options.agentPaths, {
      wanted: (wanted) => {
        this.#clock.pause();
        this.#options.emit({ kind: 'login-wanted', connectionId: this.id, ...wanted });
      },
      questions: (questions) => {
        this.#clock.pause();
        this.#options.emit({ kind: 'questions', connectionId: this.id, ...questions });
      },
      waitForServer: (byPerson) => {
        this.#clock.run(byPerson ? Math.max(timeoutMs, patienceWithPeopleMs) : timeoutMs);
      },
      waitForAgent: () => {
        this.#clock.pause();
      },
      succeeded: () => {
        this.#becomeReady();
      },
      send: (run) => {
        this.#transport?.call(run);
      },
    });
  }

  #newLink(): ConstructorParameters<typeof Channels>[0] {
    const transport = (): Transport | null => this.#transport;
    return {
      send: (run) => {
        transport()?.call(run);
      },
      get congested() {
        return transport()?.congested ?? true;
      },
    };
  }

  #becomeReady(): void {
    this.#phase = 'ready';
    this.#clock.pause();
    this.#watch = new LinkWatch(this.#command.deadAfterMs, {
      ping: () => {
        this.#transport?.call((protocol) => {
          protocol.ping();
        });
      },
      latency: (latencyMs) => {
        this.#options.emit({ kind: 'latency', connectionId: this.id, latencyMs });
      },
      dead: (failure) => {
        this.#fail(failure);
      },
    });
    this.#options.emit({ kind: 'ready', connectionId: this.id, software: this.#software, cipher: this.#cipher });
  }

  #ownHandlers(): Partial<MessageHandlers> {
    const answered = (): void => {
      this.#watch?.answered();
    };
    return {
      REQUEST_SUCCESS: answered,
      REQUEST_FAILURE: answered,
      GLOBAL_REQUEST: (protocol, _name, wantReply) => {
        if (wantReply) protocol.requestFailure();
      },
      USERAUTH_BANNER: (_protocol, text) => {
        this.#banners += 1;
        if (this.#banners > maxBanners) return;
        this.#options.emit({ kind: 'banner', connectionId: this.id, text: failures.serverWords(text) });
      },
      DISCONNECT: (_protocol, reason, description) => {
        this.#fail(whyLeft(this.#progress(), reason, description));
      },
    };
  }

  /** How far it came, for telling why it ended. */
  #progress(): Progress {
    const transport = this.#transport;
    return {
      phase: this.#phase,
      endpoint: this.#command,
      user: this.#command.user,
      timeoutMs: this.#command.timeoutMs,
      heardInstead: transport && !transport.hasGreeted ? transport.heardInstead : null,
      awaitsVerdict: this.#login.awaitsVerdict,
      rejections: this.#login.rejections,
    };
  }

  #fail(failure: Failure): void {
    this.#close(failure, disconnectReason.byApplication);
  }

  #close(failure: Failure | null, reason: number): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#clock.pause();
    this.#watch?.stop();
    this.#login.stop();
    this.#verifyHostKey = null;
    if (this.#transport) this.#transport.close(reason);
    else this.#socket?.destroy();
    this.commands.lost();
    this.channels.lost();
    this.#options.onClosed(this);
    this.#options.emit({ kind: 'closed', connectionId: this.id, failure });
  }
}
