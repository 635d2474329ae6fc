/**
 * An SSH server inside the test's process (ssh2's `Server`), where every answer can be chosen: how to log in, what
 * becomes of a channel, when it falls silent. Channels go to real targets of this machine.
 */
import { connect, createServer, type Socket } from 'node:net';
import { cut } from '../../main/adapters/engine/cut.ts';
import { serveSessions, type ExecDoubleOptions } from './ssh-double-exec.ts';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type TcpipRequestInfo } from 'ssh2';

/** One way to log in. */
type Factor =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly password: string }
  /** `publicKeys` as in authorized_keys. */
  | { readonly kind: 'publickey'; readonly publicKeys: readonly string[] }
  | { readonly kind: 'questions'; readonly rounds: readonly QuestionRound[] };

interface QuestionRound {
  readonly title?: string;
  readonly instructions?: string;
  readonly questions: readonly { readonly text: string; readonly echo: boolean; readonly answer: string }[];
}

/** What becomes of a channel that a client asks for. */
export type ChannelFate =
  | { readonly kind: 'connect' }
  /** SSH_OPEN_* (RFC 4254, 5.1). */
  | { readonly kind: 'refuse'; readonly reason: number; readonly description: string }
  /** No answer, ever. */
  | { readonly kind: 'ignore' }
  /** Opened, and given to the test. */
  | { readonly kind: 'take'; readonly use: (channel: ServerChannel) => void };

export interface SshDoubleOptions {
  /** Each stage takes any of its factors; all stages must be passed, the earlier ones with partial success. */
  readonly stages?: readonly (readonly Factor[])[];
  /** Goodbye after this many rejections. 6 by default, as OpenSSH. */
  readonly maxTries?: number;
  /** Hangs up in place of the verdict on this login request, 1 being the first. */
  readonly hangUpAtTry?: number;
  readonly hostKeyType?: 'ed25519' | 'rsa' | 'ecdsa';
  /** Private keys to use in place of one made for `hostKeyType`. */
  readonly hostKeys?: readonly string[];
  readonly ident?: string;
  readonly banner?: string;
  readonly algorithms?: ssh2.Algorithms;
  readonly channel?: (info: TcpipRequestInfo) => ChannelFate;
  /** What becomes of a command; none is run by default. */
  readonly exec?: ExecDoubleOptions;
}

/** ssh2's protocol of one connection, for tests in which the server misbehaves. */
interface Wire {
  /** Must hold something for `authSuccess` to be sent. */
  readonly _authsQueue: string[];
  authSuccess(): void;
  channelData(channel: number, data: Buffer): void;
  channelOpenConfirm(remote: number, local: number, window: number, maxPacket: number): void;
  channelWindowAdjust(channel: number, bytes: number): void;
  channelClose(channel: number): void;
  disconnect(reason: number): void;
  requestFailure(): void;
  ping(): void;
  channelOpenFail(remote: number, reason: number, description: string): void;
  authInfoReq(name: string, instructions: string, prompts: readonly { prompt: string; echo: boolean }[]): void;
}

interface DoubleConnection {
  readonly socket: Socket;
  readonly wire: Wire;
  /** Changes the session's keys, as OpenSSH does after some gigabytes. Resolves when done. */
  rekey(): Promise<void>;
}

export interface SshDouble {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: 'ada';
  readonly hostKey: { readonly keyType: string; readonly key: string };
  /** Connections that are open now, the oldest first. */
  readonly connections: readonly DoubleConnection[];
  /** TCP connections that there ever were. */
  readonly accepted: number;
  /** Login requests, as `method` or `method:accepted`, without the unsigned offers of keys. */
  readonly logins: readonly string[];
  /** Channels that are open now, and that were asked for ever. */
  readonly openChannels: number;
  readonly askedChannels: number;
  /** Cuts all connections with a reset. */
  drop(): void;
  /** Ends all connections in order. */
  end(): void;
  /** Reads and answers nothing any more; connections stay open. `thaw` ends that. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** A key pair as ssh2 makes it: `private` as PEM or OpenSSH file, `public` as a line of authorized_keys. */
export function makeKeyPair(
  type: 'ed25519' | 'rsa' | 'ecdsa' = 'ed25519',
  passphrase?: string,
): { readonly private: string; readonly public: string } {
  const secret = passphrase ? { passphrase, cipher: 'aes256-cbc', rounds: 4 } : {};
  const make = (): { private: string; public: string } => {
    switch (type) {
      case 'ed25519':
        return ssh2.utils.generateKeyPairSync('ed25519', secret as never);
      case 'rsa':
        return ssh2.utils.generateKeyPairSync('rsa', { bits: 2048, ...secret } as never);
      case 'ecdsa':
        return ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256, ...secret } as never);
      default:
        return type satisfies never;
    }
  };
  // One ed25519 key in 256 that ssh2 1.17 makes is malformed.
  for (;;) {
    const pair = make();
    if (!(ssh2.utils.parseKey(pair.private, passphrase) instanceof Error)) return pair;
  }
}

/** Starts it on a free port of 127.0.0.1. Without `stages` anyone gets in. */
export async function startSshDouble(options: SshDoubleOptions = {}): Promise<SshDouble> {
  const hostKeys = makeKeyPair(options.hostKeyType);
  const [keyType = '', key = ''] = hostKeys.public.split(' ');
  const connections = new Map<Socket, DoubleConnection>();
  const targets = new Set<Socket>();
  const logins: string[] = [];
  const counts = { accepted: 0, open: 0, asked: 0 };

  const ssh = new ssh2.Server(
    {
      hostKeys: [...(options.hostKeys ?? [hostKeys.private])],
      ...(options.ident === undefined ? {} : { ident: options.ident }),
      ...(options.banner === undefined ? {} : { banner: options.banner }),
      ...(options.algorithms === undefined ? {} : { algorithms: options.algorithms }),
    },
    (connection) => {
      const { _sock: socket, _protocol: wire } = connection as unknown as { _sock: Socket; _protocol: Wire };
      const rekey = (): Promise<void> =>
        new Promise((resolve) => {
          connection.rekey(() => {
            resolve();
          });
        });
      connections.set(socket, { socket, wire, rekey });
      connection.on('error', () => undefined);
      connection.on('authentication', decideLogins(options, logins, wire, socket));
      const sessions = options.exec;
      if (sessions)
        serveSessions(connection, sessions, (reject, reason) => {
          refuse(wire, reject, reason, 'open failed');
        });
      connection.on('tcpip', (accept, reject, info) => {
        counts.asked += 1;
        const fate = options.channel?.(info) ?? { kind: 'connect' };
        switch (fate.kind) {
          case 'ignore':
            return;
          case 'refuse':
            refuse(wire, reject, fate.reason, fate.description);
            return;
          case 'take':
            fate.use(accept());
            return;
          case 'connect':
            join(connection, accept, reject, info, wire, targets, counts);
            return;
          default:
            fate satisfies never;
        }
      });
    },
  );

  const server = createServer({ noDelay: true }, (socket) => {
    counts.accepted += 1;
    socket.on('error', () => undefined).on('close', () => connections.delete(socket));
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  const sockets = new Set<Socket>();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();

  return {
    host: '127.0.0.1',
    port: address !== null && typeof address === 'object' ? address.port : 0,
    user: 'ada',
    hostKey: { keyType, key },
    get connections() {
      return [...connections.values()];
    },
    get accepted() {
      return counts.accepted;
    },
    logins,
    get openChannels() {
      return counts.open;
    },
    get askedChannels() {
      return counts.asked;
    },
    drop: () => {
      for (const socket of sockets) cut(socket);
    },
    end: () => {
      for (const socket of sockets) socket.end();
    },
    freeze: () => {
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      for (const socket of sockets) socket.resume();
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      for (const socket of [...sockets, ...targets]) socket.destroy();
      await closed;
    },
  };
}

function decideLogins(
  options: SshDoubleOptions,
  logins: string[],
  wire: Wire,
  socket: Socket,
): (context: AuthContext) => void {
  const stages = options.stages ?? [[{ kind: 'none' }]];
  let stage = 0;
  let rejections = 0;
  let tries = 0;
  const methods = (): string[] =>
    (stages[stage] ?? []).map((factor) => (factor.kind === 'questions' ? 'keyboard-interactive' : factor.kind));
  return (context) => {
    const decide = (accepted: boolean): void => {
      logins.push(accepted ? `${context.method}:accepted` : context.method);
      if (!accepted) {
        // As with OpenSSH, the first `none` is a question and costs nothing.
        if (context.method !== 'none') rejections += 1;
        if (rejections >= (options.maxTries ?? 6)) sayTooMany(wire);
        else context.reject(methods() as never, false);
        return;
      }
      stage += 1;
      if (stage >= stages.length) context.accept();
      else context.reject(methods() as never, true);
    };
    const factors = stages[stage] ?? [];
    tries += 1;
    if (tries === options.hangUpAtTry) {
      socket.end();
      return;
    }
    switch (context.method) {
      case 'none':
        decide(factors.some((each) => each.kind === 'none'));
        return;
      case 'password': {
        const { password } = context;
        decide(factors.some((each) => each.kind === 'password' && each.password === password));
        return;
      }
      case 'publickey': {
        const known = factors
          .flatMap((each) => (each.kind === 'publickey' ? each.publicKeys : []))
          .map((line) => ssh2.utils.parseKey(line))
          .find((each) => !(each instanceof Error) && each.getPublicSSH().equals(context.key.data));
        if (!known || known instanceof Error) decide(false);
        else if (!context.signature || !context.blob) context.accept();
        else decide(known.verify(context.blob, context.signature, context.hashAlgo as never));
        return;
      }
      case 'keyboard-interactive': {
        const rounds = factors.find((each) => each.kind === 'questions')?.rounds;
        if (!rounds) {
          decide(false);
          return;
        }
        const ask = (index: number): void => {
          const round = rounds[index];
          if (!round) {
            decide(true);
            return;
          }
          const prompts = round.questions.map(({ text, echo }) => ({ prompt: text, echo }));
          context.prompt(prompts, round.title ?? '', round.instructions ?? '', (answers: unknown) => {
            // An abandoned conversation answers with an error.
            if (!Array.isArray(answers)) return;
            const right =
              answers.length === round.questions.length &&
              round.questions.every(({ answer }, each) => answers[each] === answer);
            if (right) ask(index + 1);
            else decide(false);
          });
        };
        ask(0);
        return;
      }
      default:
        decide(false);
    }
  };
}

/** In OpenSSH's words. ssh2 can't say any, so the packet's empty text is filled in. */
function sayTooMany(wire: Wire): void {
  const internals = wire as unknown as {
    _packetRW: { write: { alloc(bytes: number): Buffer; allocStart: number; finalize(packet: Buffer): Buffer } };
    _cipher: { encrypt(packet: Buffer): void };
  };
  const text = Buffer.from('Too many authentication failures');
  const { write } = internals._packetRW;
  const packet = write.alloc(1 + 4 + 4 + text.length + 4);
  let at = write.allocStart;
  at = packet.writeUInt8(1, at);
  at = packet.writeUInt32BE(2, at);
  at = packet.writeUInt32BE(text.length, at);
  at += text.copy(packet, at);
  packet.writeUInt32BE(0, at);
  internals._cipher.encrypt(write.finalize(packet));
}

/** Refuses with a reason; ssh2's own refusal knows only one. */
function refuse(wire: Wire, reject: () => void, reason: number, description: string): void {
  const original = wire.channelOpenFail.bind(wire);
  wire.channelOpenFail = (remote) => {
    original(remote, reason, description);
  };
  reject();
  wire.channelOpenFail = original;
}

/** Both directions, half-closes and resets included. ssh2's own server channel closes both ways on `end`, so not by it. */
function join(
  connection: Connection,
  accept: () => ServerChannel,
  reject: () => void,
  info: TcpipRequestInfo,
  wire: Wire,
  targets: Set<Socket>,
  counts: { open: number },
): void {
  const target = connect({ host: info.destIP, port: info.destPort, allowHalfOpen: true, noDelay: true });
  targets.add(target);
  target.on('close', () => targets.delete(target));
  target.once('error', (error) => {
    if (target.pending) refuse(wire, reject, 2, error.message);
  });
  target.once('connect', () => {
    if ((connection as unknown as { _sock: Socket })._sock.destroyed) {
      target.destroy();
      return;
    }
    const channel = accept();
    counts.open += 1;
    channel.on('error', () => undefined);
    channel.on('data', (data: Buffer) => {
      if (!target.write(data)) channel.pause();
    });
    target.on('drain', () => {
      channel.resume();
    });
    channel.on('end', () => {
      target.end();
    });
    channel.on('close', () => {
      counts.open -= 1;
      if (!target.readableEnded) cut(target);
    });
    target.on('data', (data: Buffer) => {
      if (!channel.write(data)) target.pause();
    });
    channel.on('drain', () => {
      target.resume();
    });
    let saidEnd = false;
    target.on('end', () => {
      // In its turn, after what waits for the window.
      channel.write(Buffer.alloc(0), () => {
        saidEnd = true;
        channel.eof();
        if (target.destroyed) channel.close();
      });
    });
    target.on('error', () => {
      channel.close();
    });
    target.on('close', () => {
      if (saidEnd || !target.readableEnded) channel.close();
    });
  });
}
