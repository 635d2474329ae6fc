/** HTTP by Node's own client, with connections of its own that no proxy setting of the environment reaches. */
import { createCipheriv, createHash, type Hash } from 'node:crypto';
import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type {
  HttpAnswer,
  HttpBody,
  HttpClient,
  HttpContent,
  HttpRequest,
  RunningRequest,
} from '../core/setup/verify/http-client.ts';
import { done, failed, failure, type Failure, type Reply } from '../shared/failure.ts';
import { errorCode } from './system-errors.ts';
import { httpFailure } from './http-failures.ts';

const chunkBytes = 65_536;
/** Beyond this MLflow's own client would not read a header block either. */
const maxHeaderBytes = 16_384;

export function createHttpClient(): HttpClient {
  const agents = {
    'http:': new PlainAgent({ keepAlive: true, maxFreeSockets: 2 }),
    'https:': new SecureAgent({ keepAlive: true, maxFreeSockets: 2 }),
  };
  return {
    request: (request) => {
      const url = parseUrl(request.url);
      if (!url) return settled(failed(failure('invalid-argument', 'This is no http address')));
      const start = () => {
        const options = {
          agent: agents[url.protocol as 'http:'],
          method: request.method,
          headers: headersOf(request),
          maxHeaderSize: maxHeaderBytes,
        };
        return url.protocol === 'https:' ? secureRequest(url, options) : plainRequest(url, options);
      };
      return new Exchange(request, url.host, start);
    },
    closeIdle: () => {
      for (const agent of Object.values(agents)) {
        for (const socket of Object.values(agent.freeSockets).flatMap((each) => each ?? [])) socket.destroy();
      }
    },
  };
}

/** The same bytes for the same seed, fast: a cipher's key stream. The last piece is shorter. */
export function* randomPieces(seed: string, bytes: number): Generator<Buffer> {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
  const zeros = Buffer.alloc(chunkBytes);
  for (let made = 0; made < bytes; made += chunkBytes) {
    yield cipher.update(zeros.subarray(0, Math.min(chunkBytes, bytes - made)));
  }
}

/** One request and its answer; done when one of both, or a failure, has settled it. */
class Exchange implements RunningRequest {
  readonly done: Promise<Reply<HttpAnswer>>;
  readonly #request: HttpRequest;
  readonly #host: string;
  readonly #start: () => ClientRequest;
  readonly #startedMs = performance.now();
  readonly #totalTimer: NodeJS.Timeout;
  readonly #idleTimer: NodeJS.Timeout;
  #settle: (reply: Reply<HttpAnswer>) => void = () => undefined;
  #outgoing: ClientRequest | null = null;
  #answered = false;
  #settled = false;
  #sentHash: Hash | null = null;
  #sentBytes = 0;

  constructor(request: HttpRequest, host: string, start: () => ClientRequest) {
    this.#request = request;
    this.#host = host;
    this.#start = start;
    this.done = new Promise((resolve) => (this.#settle = resolve));
    const late = (what: string) => () => {
      this.#end(failed(failure('timed-out', `${host} ${what}`)));
    };
    this.#idleTimer = setTimeout(late(`did not answer for ${seconds(request.idleMs)}`), request.idleMs);
    this.#totalTimer = setTimeout(late(`took longer than ${seconds(request.totalMs)}`), longest(request.totalMs));
    this.#send(true);
  }

  cancel(): void {
    this.#end(failed(failure('cancelled', 'The request was cancelled')));
  }

  #send(mayRepeat: boolean): void {
    let outgoing: ClientRequest;
    try {
      outgoing = this.#start();
    } catch (error) {
      // Characters that no header or path may have.
      this.#end(failed(failure('invalid-argument', 'This can’t be asked for over HTTP', { detail: errorCode(error) })));
      return;
    }
    this.#outgoing = outgoing;
    outgoing.on('response', (incoming) => {
      this.#answered = true;
      this.#read(incoming);
    });
    outgoing.on('error', (error) => {
      if (outgoing !== this.#outgoing || this.#settled) return;
      // The server let go of a kept connection in the very moment that it was used again.
      if (mayRepeat && !this.#answered && outgoing.reusedSocket && isLost(error)) this.#send(false);
      else if (!this.#answered) this.#fail(httpFailure(error, this.#host));
    });
    this.#sentBytes = 0;
    void this.#write(outgoing, this.#request.body);
  }

  async #write(outgoing: ClientRequest, body: HttpBody | null): Promise<void> {
    if (body?.kind !== 'random') {
      outgoing.end(body?.text);
      return;
    }
    const hash = createHash('sha256');
    this.#sentHash = hash;
    for (const piece of randomPieces(body.seed, body.bytes)) {
      const isFull = !outgoing.write(piece);
      hash.update(piece);
      if (isFull) await drained(outgoing);
      // An answer before the end is a refusal: the rest would go nowhere.
      if (this.#settled || this.#answered || outgoing !== this.#outgoing || outgoing.destroyed) return;
      this.#sentBytes += piece.length;
      this.#moved(this.#sentBytes);
    }
    outgoing.end();
  }

  #read(incoming: IncomingMessage): void {
    const status = incoming.statusCode ?? 0;
    const { read, maxBytes } = this.#request;
    const hash = read === 'hash' && status >= 200 && status < 300 ? createHash('sha256') : null;
    const texts: Buffer[] = [];
    let bytes = 0;
    this.#idleTimer.refresh();
    const finish = (truncated: boolean) => {
      const content: HttpContent = hash
        ? { kind: 'hash', truncated, bytes, sha256: hash.digest('hex') }
        : { kind: 'text', truncated, text: Buffer.concat(texts).toString('utf8') };
      const sent = this.#sentHash ? { sha256: this.#sentHash.copy().digest('hex'), bytes: this.#sentBytes } : null;
      const tookMs = performance.now() - this.#startedMs;
      this.#end(done({ status, headers: plainHeaders(incoming), body: content, sent, tookMs }));
    };
    incoming.on('data', (piece: Buffer) => {
      if (this.#settled) return;
      const kept = piece.subarray(0, maxBytes - bytes);
      bytes += kept.length;
      if (hash) hash.update(kept);
      else texts.push(kept);
      if (kept.length < piece.length) finish(true);
      else if (hash) this.#moved(bytes);
      else this.#idleTimer.refresh();
    });
    incoming.on('end', () => {
      finish(false);
    });
    incoming.on('error', (error) => {
      this.#fail(httpFailure(error, this.#host));
    });
  }

  #moved(bytes: number): void {
    this.#idleTimer.refresh();
    this.#request.onProgress?.(bytes);
  }

  #fail(cause: Failure): void {
    this.#end(failed(cause));
  }

  #end(reply: Reply<HttpAnswer>): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#totalTimer);
    const outgoing = this.#outgoing;
    // A connection with an exchange that did not come to its end is of no further use.
    if (outgoing && !(reply.ok && isWhole(outgoing, reply.value))) outgoing.destroy();
    this.#settle(reply);
  }
}

const isWhole = (outgoing: ClientRequest, answer: HttpAnswer) => outgoing.writableEnded && !answer.body.truncated;
const isLost = (error: Error) => ['ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes(errorCode(error));
const settled = (reply: Reply<never>): RunningRequest => ({ done: Promise.resolve(reply), cancel: () => undefined });
const seconds = (delayMs: number) => `${String(Math.round(delayMs / 100) / 10)} s`;
/** setTimeout takes a signed 32-bit number; anything longer would fire at once. */
const longest = (delayMs: number) => Math.min(delayMs, 2 ** 31 - 1);

function parseUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
}

function headersOf({ headers, login, body }: HttpRequest): Record<string, string> {
  const all: Record<string, string> = { ...headers, Accept: '*/*', 'Accept-Encoding': 'identity' };
  if (login) {
    all['Authorization'] = `Basic ${Buffer.from(`${login.user}:${login.password}`, 'utf8').toString('base64')}`;
  }
  if (body?.kind === 'text') {
    all['Content-Type'] = body.type;
    all['Content-Length'] = String(Buffer.byteLength(body.text));
  } else if (body) {
    all['Content-Type'] ??= 'application/octet-stream';
    all['Content-Length'] = String(body.bytes);
  }
  return all;
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  );
  return Object.fromEntries(entries);
}

/** Resolves when more can be written, or never will. */
function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      outgoing.off('drain', wake).off('close', wake).off('response', wake);
      resolve();
    };
    if (outgoing.destroyed) resolve();
    else outgoing.on('drain', wake).on('close', wake).on('response', wake);
  });
}
