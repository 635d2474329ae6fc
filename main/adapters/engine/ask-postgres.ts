/**
 * PostgreSQL's greeting and login (its documentation, “Message Flow” and “SASL Authentication”), and no query: the
 * connection ends as soon as the login is through. With TLS where the server has it; a certificate is not looked at, since
 * SCRAM proves both sides to each other and nothing else is sent.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { promisify } from 'node:util';
import type { AskAnswer, AskRequest } from '../../core/engine.ts';
import type { AskWay } from './ask-way.ts';
import type { Endpoint } from './failures.ts';

type PostgresAsk = Extract<AskRequest, { kind: 'postgres' }>;
type PostgresAnswer = Extract<AskAnswer, { kind: 'postgres' }>;

/** A greeting is short; what sends more is something else. */
const maxMessageBytes = 32_768;
/** As PostgreSQL's own default times 100: more would be a trap. */
const maxIterations = 500_000;
const derive = promisify(pbkdf2);

/** It ended, or broke the protocol. */
class Gone extends Error {}

export async function askPostgres(way: AskWay<PostgresAsk>, target: Endpoint): Promise<void> {
  const { request } = way;
  let said: PostgresAnswer = {
    kind: 'postgres',
    tls: null,
    login: null,
    method: null,
    error: null,
    version: null,
    base64: '',
    tookMs: 0,
  };
  const tell = (more: Partial<PostgresAnswer>): void => {
    said = { ...said, ...more, tookMs: way.tookMs() };
    way.answer(said);
  };
  const plain = new Reader(way.stream);
  way.stream.write(int32s(8, 80_877_103));
  let first: Buffer;
  try {
    first = await plain.take(1);
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
    way.broken('closed the connection without an answer');
    return;
  }
  const letter = first.toString('latin1');
  if (letter !== 'S' && letter !== 'N') {
    tell({ base64: Buffer.concat([first, plain.rest()]).toString('base64') });
    return;
  }
  said = { ...said, tls: letter === 'S' };
  try {
    const stream = letter === 'S' ? await overTls(way.stream, plain, target) : way.stream;
    tell(await logIn(request, stream, letter === 'S' ? new Reader(stream) : plain));
    stream.destroy();
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
    way.broken('broke off in the middle of a login', error.message);
  }
}

async function overTls(stream: Duplex, plain: Reader, { host }: Endpoint): Promise<Duplex> {
  plain.stop();
  const named = /[a-z]/i.test(host) && !host.includes(':') ? { servername: host } : {};
  const secure = tlsConnect({ socket: stream, rejectUnauthorized: false, ...named });
  await new Promise<void>((resolve, reject) => {
    secure.once('secureConnect', resolve);
    secure.once('error', (error) => {
      reject(new Gone(error.message));
    });
    stream.once('close', () => {
      reject(new Gone('closed'));
    });
  });
  secure.on('error', () => undefined);
  return secure;
}

async function logIn(request: PostgresAsk, stream: Duplex, reader: Reader): Promise<Partial<PostgresAnswer>> {
  const settings = ['user', request.user, 'database', request.database, 'application_name', 'Mooring'];
  const body = Buffer.from(`${settings.join('\0')}\0\0`);
  stream.write(Buffer.concat([int32s(body.length + 8, 196_608), body]));
  let method: string | null = null;
  let version: string | null = null;
  const sasl: { scram: Scram | null } = { scram: null };
  for (let messages = 0; messages < 100; messages += 1) {
    const { type, data } = await reader.message();
    if (type === 'E') return { error: errorOf(data), method, version };
    if (type === 'S') {
      const [name, value] = data.toString('utf8').split('\0');
      if (name === 'server_version') version = value ?? null;
    }
    if (type === 'Z') {
      stream.end(message('X', Buffer.alloc(0)));
      return { login: 'open', method: method ?? 'trust', version };
    }
    if (type !== 'R') continue;
    const kind = data.length >= 4 ? data.readInt32BE(0) : -1;
    switch (kind) {
      case 0:
        if (sasl.scram && !sasl.scram.isProven) throw new Gone('the server has not proven that it knows the password');
        break;
      case 10: {
        const offered = data.toString('utf8', 4).split('\0');
        method = offered.includes('SCRAM-SHA-256') ? 'SCRAM-SHA-256' : (offered[0] ?? 'SASL');
        if (request.password === null || method !== 'SCRAM-SHA-256') return { login: 'wanted', method };
        const scram = new Scram(request.password);
        sasl.scram = scram;
        const hello = Buffer.from(scram.first());
        stream.write(message('p', Buffer.concat([Buffer.from(`${method}\0`), int32s(hello.length), hello])));
        break;
      }
      case 11:
        if (!sasl.scram) throw new Gone('an answer without a question');
        stream.write(message('p', Buffer.from(await sasl.scram.proof(data.toString('utf8', 4)))));
        break;
      case 12:
        if (sasl.scram?.verify(data.toString('utf8', 4)) !== true) throw new Gone('the server’s own proof is wrong');
        break;
      default:
        // What would show the password to whoever answers is not gone.
        return { login: 'wanted', method: methodNames[kind] ?? `method ${String(kind)}` };
    }
  }
  throw new Gone('it went on and on');
}

const methodNames: Readonly<Record<number, string>> = {
  2: 'Kerberos',
  3: 'password',
  5: 'md5',
  7: 'GSSAPI',
  9: 'SSPI',
};

/** ErrorResponse: fields of a letter and text; C is the code, M the message. */
function errorOf(data: Buffer): { code: string; message: string } {
  const fields = data.toString('utf8').split('\0');
  const field = (letter: string): string => fields.find((each) => each.startsWith(letter))?.slice(1) ?? '';
  return { code: field('C').slice(0, 5), message: field('M').slice(0, 400) };
}

/** The client’s side of SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677). */
class Scram {
  readonly #password: string;
  readonly #nonce = randomBytes(18).toString('base64');
  #serverSignature: Buffer | null = null;
  isProven = false;

  constructor(password: string) {
    // SASLprep, as far as it matters for passwords that people and programs make.
    this.#password = password.normalize('NFKC');
  }

  first(): string {
    return `n,,n=,r=${this.#nonce}`;
  }

  async proof(serverFirst: string): Promise<string> {
    const [, nonce = '', salt = '', rounds = ''] = /^r=([^,]+),s=([^,]+),i=(\d{1,9})/.exec(serverFirst) ?? [];
    const iterations = Number(rounds);
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) throw new Gone('a nonce not ours');
    if (iterations < 1 || iterations > maxIterations) throw new Gone('an unlikely number of rounds');
    const salted = await derive(this.#password, Buffer.from(salt, 'base64'), iterations, 32, 'sha256');
    const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
    const clientKey = hmac(salted, 'Client Key');
    const withoutProof = `c=biws,r=${nonce}`;
    const all = `n=,r=${this.#nonce},${serverFirst},${withoutProof}`;
    const signature = hmac(createHash('sha256').update(clientKey).digest(), all);
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), all);
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  verify(serverFinal: string): boolean {
    const given = Buffer.from(/^v=([^,]+)/.exec(serverFinal)?.[1] ?? '', 'base64');
    const wanted = this.#serverSignature;
    this.isProven = wanted !== null && given.length === wanted.length && timingSafeEqual(given, wanted);
    return this.isProven;
  }
}

/** Reads a stream by pieces of the wanted size. */
class Reader {
  readonly #stream: Duplex;
  #buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;
  readonly #onData = (data: Buffer): void => {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    if (this.#buffer.length > 4 * maxMessageBytes) this.#stream.pause();
    this.#wake();
  };
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake();
  };

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd);
  }

  async take(bytes: number): Promise<Buffer> {
    while (this.#buffer.length < bytes) {
      if (this.#ended) throw new Gone('closed');
      this.#stream.resume();
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const taken = this.#buffer.subarray(0, bytes);
    this.#buffer = this.#buffer.subarray(bytes);
    return taken;
  }

  async message(): Promise<{ readonly type: string; readonly data: Buffer }> {
    const head = await this.take(5);
    const length = head.readInt32BE(1);
    if (length < 4 || length > maxMessageBytes) throw new Gone('a message of an unlikely length');
    return { type: head.toString('latin1', 0, 1), data: await this.take(length - 4) };
  }

  /** What came beyond what was taken, at most 511 bytes. */
  rest(): Buffer {
    return this.#buffer.subarray(0, 511);
  }

  /** Leaves the stream to somebody else. */
  stop(): void {
    this.#stream.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd);
    this.#stream.pause();
  }
}

function int32s(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => buffer.writeInt32BE(value, 4 * at));
  return buffer;
}

function message(type: string, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32s(data.length + 4), data]);
}
