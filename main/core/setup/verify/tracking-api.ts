/** MLflow's REST interface over the HTTP port: one call, one reply; what went wrong in words. */
import type { z } from 'zod';
import { done, failed, failure, failureClass, type Failure, type Reply } from '../../../shared/failure.ts';
import { answerFailure, notMlflow, type Asked } from './answers.ts';
import type { HttpAnswer, HttpBody, HttpClient, HttpLogin, HttpRequest, RunningRequest } from './http-client.ts';

export interface TrackingApiDeps {
  readonly http: HttpClient;
  /** Where the tunnel listens, with a path before the interface if there is one: `http://127.0.0.1:5000`. */
  readonly url: string;
  readonly login: HttpLogin | null;
}

type Sent = Partial<HttpRequest> & Pick<HttpRequest, 'method'> & { readonly what: string };

/** A JSON answer of the server; lists of experiments have room in it. */
const maxTextBytes = 4 * 1024 * 1024;
const usualMs = { idleMs: 30_000, totalMs: 60_000 };
/** To clean up behind a server that may be gone. */
const closingMs = { idleMs: 10_000, totalMs: 20_000 };

export class TrackingApi {
  readonly #http: HttpClient;
  readonly #base: string;
  readonly #login: HttpLogin | null;
  #running: RunningRequest | null = null;
  #phase: 'open' | 'stopped' | 'closing' | 'ended' = 'open';
  /** As a person names the server: `127.0.0.1:5000`. */
  readonly host: string;

  constructor({ http, url, login }: TrackingApiDeps) {
    this.#http = http;
    this.#base = url.replace(/\/+$/, '');
    this.#login = login;
    this.host = hostOf(url);
  }

  /** Ends the request that runs and fails those that come, until `beginClosing`; while closing, for good. */
  stop(): void {
    this.#phase = this.#phase === 'open' ? 'stopped' : 'ended';
    this.#running?.cancel();
  }

  /** From now on it is only cleaned up, with less patience. */
  beginClosing(): void {
    if (this.#phase !== 'ended') this.#phase = 'closing';
  }

  /** Fails when the answer is not 2xx, or not of this shape. `path` is below `/api/2.0/`. */
  async call<T>(
    what: string,
    [method, path]: readonly [HttpRequest['method'], string],
    body: Readonly<Record<string, unknown>> | null,
    shape: z.ZodType<T>,
  ): Promise<Reply<T>> {
    const answer = await this.ask(`/api/2.0/${path}`, { what, method, body: body && jsonBody(body) });
    return answer.ok ? this.parse(answer.value, what, shape) : answer;
  }

  /** Any status is an answer here. */
  answer(path: string, request: Sent): Promise<Reply<HttpAnswer>> {
    return this.send(this.#base + path, { login: this.#login, ...request });
  }

  /** Fails when the answer is not 2xx. */
  async ask(path: string, request: Sent): Promise<Reply<HttpAnswer>> {
    const answer = await this.answer(path, request);
    if (!answer.ok || isFine(answer.value)) return answer;
    return failed(answerFailure(answer.value, this.#asked(request.what)));
  }

  /** To any address, without the login: that is for the tracking server only. Any status is an answer. */
  async send(url: string, { what, ...request }: Sent): Promise<Reply<HttpAnswer>> {
    if (this.#phase === 'stopped' || this.#phase === 'ended') return failed(stopped);
    const running = this.#http.request({
      url,
      login: null,
      body: null,
      read: 'text',
      maxBytes: maxTextBytes,
      ...(this.#phase === 'closing' ? closingMs : usualMs),
      ...request,
    });
    this.#running = running;
    const answer = await running.done;
    this.#running = null;
    return answer.ok ? answer : failed(withHint(answer.error, what));
  }

  /** The failure that an answer which is not fine stands for. */
  refusal(answer: HttpAnswer, what: string): Failure {
    return answerFailure(answer, this.#asked(what));
  }

  parse<T>(answer: HttpAnswer, what: string, shape: z.ZodType<T>): Reply<T> {
    const parsed = shape.safeParse(answer.body.kind === 'text' ? jsonOf(answer.body.text) : null);
    return parsed.success ? done(parsed.data) : failed(notMlflow(answer, this.#asked(what)));
  }

  #asked(what: string): Asked {
    return { what, host: this.host, login: this.#login };
  }
}

export const jsonBody = (value: unknown): HttpBody => ({
  kind: 'text',
  type: 'application/json',
  text: JSON.stringify(value),
});

export const isFine = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;

/** Nobody there, rather than somebody who says no: trying on makes no sense. */
export const isGone = ({ code }: Failure): boolean =>
  code !== 'target-unreachable' && code !== 'protocol-error' && failureClass(code) === 'network';

/** Host and port of an address, without a login. */
export const hostOf = (url: string): string => /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(url)?.[1] ?? 'the server';

const stopped = failure('cancelled', 'The check was stopped');

function withHint(cause: Failure, what: string): Failure {
  const hint = hints[cause.code];
  if (cause.code === 'cancelled' || hint === undefined) return cause;
  const { code, message, ...more } = cause;
  return failure(code, `Could not ${what}: ${message}`, { hint, ...more });
}

const hints: Partial<Record<Failure['code'], string>> = {
  refused: 'Nothing listens there: see that the tunnel is on.',
  'link-lost': 'The tunnel may be there while nothing runs at its far end: see that MLflow runs on the server.',
  'timed-out': 'The tunnel may wait for its connection, or the server is too busy. See that both are up and try again.',
  'address-unknown': 'Use 127.0.0.1, or see that the name is in the hosts file.',
  unreachable: 'See that the tunnel is on and listens at this address.',
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
