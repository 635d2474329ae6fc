/** Published programs, fetched by this machine, checked by their checksum and kept in the data folder. */
import { createHash, randomBytes, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Releases } from '../core/ports.ts';
import { done, failed, failure, type Failure, type Reply } from '../shared/failure.ts';
import { removeTemps } from './atomic-write.ts';
import { httpFailure } from './http-failures.ts';
import { errorText, fileReason } from './system-errors.ts';

export interface ReleasesOptions {
  readonly dataDir: string;
  /** For tests with a server of their own; else every address, also one that leads on, has to be https. */
  readonly allowHttp?: boolean;
  /** Without a byte; 30 s. */
  readonly idleMs?: number;
  /** Between two tries; 1 s. */
  readonly pauseMs?: number;
}

const mostTries = 4;
const mostRedirects = 5;

type Wanted = Parameters<Releases['fetch']>[0];
type OnProgress = Parameters<Releases['fetch']>[1];

/** What was cut off on its way is gone on with where it stopped, while a fetch lasts; afterwards nothing of it stays. */
export function createReleases({
  dataDir,
  allowHttp = false,
  idleMs = 30_000,
  pauseMs = 1_000,
}: ReleasesOptions): Releases {
  const dir = join(dataDir, 'programs');
  /** Left by a killed process: once for each name, before anything of ours is there. */
  const sweeps = new Map<string, Promise<void>>();

  async function fetch(wanted: Wanted, onProgress: OnProgress, signal: AbortSignal): Promise<Reply<{ path: string }>> {
    const name = nameOf(wanted.url);
    const path = join(dir, name);
    if ((await sha256Of(path)) === wanted.sha256) return done({ path });
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const sweep = sweeps.get(name) ?? removeTemps(path);
    sweeps.set(name, sweep);
    await sweep;
    const tempPath = join(dir, `.${name}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      // Appending: what is written after a beginning anew goes to the beginning.
      const file = await open(tempPath, 'ax', 0o600);
      try {
        const fetched = await new Download(wanted, file, { allowHttp, idleMs, pauseMs, onProgress, signal }).run();
        if (!fetched.ok) return fetched;
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(tempPath, path);
      return done({ path });
    } finally {
      await rm(tempPath, { force: true }).catch(() => undefined);
    }
  }

  return {
    fetch: (wanted, onProgress) => {
      const abort = new AbortController();
      const fetching = fetch(wanted, onProgress, abort.signal).catch((error: unknown) =>
        failed(
          failure('storage-failed', `${dir} could not be written to: ${fileReason(error)}.`, {
            hint: 'Make room there, or let this account write to it, and try again.',
            detail: errorText(error),
          }),
        ),
      );
      return {
        done: fetching.then((reply) => (abort.signal.aborted ? failed(cancelled) : reply)),
        cancel: () => {
          abort.abort();
        },
      };
    },
  };
}

const cancelled = failure('cancelled', 'The fetch was cancelled.');

/** The file's name on disk, whatever the address is like. */
const nameOf = (url: string): string =>
  (/([^/?#]+)\/*(?:[?#].*)?$/.exec(url)?.[1] ?? 'release').replaceAll(/[^\w.-]/g, '_').slice(-100);

/** Null: it is not there, or can't be read. */
async function sha256Of(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch {
    return null;
  }
}

interface DownloadOptions extends Required<Omit<ReleasesOptions, 'dataDir'>> {
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** `mayPass`: another try may end well. */
type Round = { readonly ok: true } | { readonly ok: false; readonly error: Failure; readonly mayPass: boolean };

/** Writing that fails is no matter of the network. */
class NotWritten extends Error {}

class Download {
  readonly #wanted: Wanted;
  readonly #file: FileHandle;
  readonly #options: DownloadOptions;
  #hash: Hash = createHash('sha256');
  #bytes = 0;
  #isPatched = false;

  constructor(wanted: Wanted, file: FileHandle, options: DownloadOptions) {
    this.#wanted = wanted;
    this.#file = file;
    this.#options = options;
  }

  /** Rejects when it can't be written. */
  async run(): Promise<Reply<null>> {
    const { signal, pauseMs } = this.#options;
    for (let tryNumber = 1; ; tryNumber += 1) {
      const round = await this.#round();
      if (round.ok) return done(null);
      if (signal.aborted || !round.mayPass || tryNumber === mostTries) return failed(round.error);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #round(): Promise<Round> {
    let url = new URL(this.#wanted.url);
    let from = url.host;
    try {
      for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
        if (url.protocol !== 'https:' && !(this.#options.allowHttp && url.protocol === 'http:')) {
          return never(failure('not-allowed', `${from} leads to an address that is not https.`));
        }
        const incoming = await this.#ask(url);
        const next = redirectOf(incoming, url);
        if (next === null) return await this.#take(incoming, url.host);
        incoming.destroy();
        from = url.host;
        url = next;
      }
      return never(failure('protocol-error', `${url.host} leads from one address to the next without an end.`));
    } catch (error) {
      if (error instanceof NotWritten) throw error.cause;
      const cause = httpFailure(error, url.host);
      return { ok: false, error: cause, mayPass: this.#bytes > 0 || cause.code === 'link-lost' };
    }
  }

  /** By Node's own agent: it takes the way by a proxy where Node was told to (NODE_USE_ENV_PROXY). Nothing is kept open. */
  #ask(url: URL): Promise<IncomingMessage> {
    const { signal, idleMs } = this.#options;
    const range = this.#bytes > 0 ? { Range: `bytes=${String(this.#bytes)}-` } : {};
    const headers = { 'User-Agent': 'mooring', 'Accept-Encoding': 'identity', Connection: 'close', ...range };
    return new Promise((resolve, reject) => {
      const outgoing = (url.protocol === 'https:' ? secureRequest : plainRequest)(url, {
        headers,
        signal,
        timeout: idleMs,
      });
      outgoing.on('timeout', () => {
        outgoing.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
      });
      outgoing.on('response', resolve);
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  async #take(incoming: IncomingMessage, host: string): Promise<Round> {
    const status = incoming.statusCode ?? 0;
    const goesOn =
      status === 206 && incoming.headers['content-range']?.startsWith(`bytes ${String(this.#bytes)}-`) === true;
    if (status !== 200 && !goesOn) {
      incoming.destroy();
      // It no longer has the rest of what it began: from the beginning, then.
      const isRest = status === 206 || status === 416;
      if (isRest) await this.#restart();
      return { ok: false, error: refusal(status, host, this.#wanted.url), mayPass: isRest || status >= 500 };
    }
    if (goesOn) this.#isPatched = true;
    else await this.#restart();
    const { largestBytes } = this.#wanted;
    const length = incoming.headers['content-length'];
    const totalBytes = length === undefined ? null : this.#bytes + Number(length);
    const tooLarge = never(
      failure('too-large', `What ${host} sends is larger than ${String(Math.round(largestBytes / 1e6))} MB.`),
    );
    if (totalBytes !== null && totalBytes > largestBytes) {
      incoming.destroy();
      return tooLarge;
    }
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      // Leaving the loop ends the connection.
      if (this.#bytes + piece.length > largestBytes) return tooLarge;
      await this.#write(piece);
      this.#options.onProgress(this.#bytes, totalBytes);
    }
    if (this.#hash.copy().digest('hex') === this.#wanted.sha256) return { ok: true };
    const wasPatched = this.#isPatched;
    await this.#restart();
    const error = failure(
      'protocol-error',
      `What ${host} sent as ${nameOf(this.#wanted.url)} is not what was meant: its checksum differs. It was thrown away.`,
      {
        hint: 'Something on the way changed it, or a mirror has another file under this name. Try again, or ask who keeps it.',
      },
    );
    return { ok: false, error, mayPass: wasPatched };
  }

  async #write(piece: Buffer): Promise<void> {
    // Unlike a bare write(), writeFile goes on until every byte is written or the system refuses.
    await this.#file.writeFile(piece).catch(notWritten);
    this.#hash.update(piece);
    this.#bytes += piece.length;
  }

  async #restart(): Promise<void> {
    this.#isPatched = false;
    if (this.#bytes === 0) return;
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    await this.#file.truncate(0).catch(notWritten);
  }
}

const never = (error: Failure): Round => ({ ok: false, error, mayPass: false });

function notWritten(cause: unknown): never {
  throw new NotWritten('not written', { cause });
}

function redirectOf({ statusCode, headers }: IncomingMessage, from: URL): URL | null {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(statusCode ?? 0) || location === undefined) return null;
  return URL.canParse(location, from.href) ? new URL(location, from) : null;
}

function refusal(status: number, host: string, url: string): Failure {
  const detail = `${url} → ${String(status)}`;
  if (status === 404 || status === 410) return failure('not-found', `${host} does not have it.`, { detail });
  return failure(status >= 500 ? 'unreachable' : 'not-allowed', `${host} answered with ${String(status)}.`, { detail });
}
