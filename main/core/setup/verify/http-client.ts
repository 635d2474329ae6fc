/**
 * The port for HTTP, as the check of a tracking server needs it: one request at a time or several, bodies of any size
 * that are never held whole, failures as values. No proxy, no redirect, no cookie, no `Origin`: a tunnel's end is on
 * this machine, and MLflow refuses other origins.
 */
import type { Reply } from '../../../shared/failure.ts';

export interface HttpClient {
  request(request: HttpRequest): RunningRequest;
  /** Ends the connections that are kept for later requests. */
  closeIdle(): void;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** http or https. A login inside it is not used. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as basic authentication. */
  readonly login: HttpLogin | null;
  readonly body: HttpBody | null;
  /** What becomes of the answer's body when its status is 2xx; of others it is always a text. */
  readonly read: 'text' | 'hash';
  /** More of the answer is not read, and the answer says so. */
  readonly maxBytes: number;
  /** Without a byte going either way, the connecting included. */
  readonly idleMs: number;
  readonly totalMs: number;
  /** Bytes of the body that went so far: sent, then, where the answer is hashed, received. Must not throw. */
  readonly onProgress?: (bytes: number) => void;
}

export interface HttpLogin {
  readonly user: string;
  readonly password: string;
}

export type HttpBody =
  | { readonly kind: 'text'; readonly text: string; readonly type: string }
  /** The same seed gives the same bytes. */
  | { readonly kind: 'random'; readonly seed: string; readonly bytes: number };

export interface RunningRequest {
  /**
   * Never rejects. Any status is an answer. Fails with `refused`, `unreachable`, `address-unknown`, `timed-out`,
   * `link-lost`, `protocol-error`, `invalid-argument` or `cancelled`.
   */
  readonly done: Promise<Reply<HttpAnswer>>;
  cancel(): void;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: HttpContent;
  /** Of a random body; `bytes` is less than its size where the server answered before it had all. */
  readonly sent: Digest | null;
  readonly tookMs: number;
}

/** `truncated`: there was more than `maxBytes`. */
export type HttpContent =
  | { readonly kind: 'text'; readonly text: string; readonly truncated: boolean }
  | ({ readonly kind: 'hash'; readonly truncated: boolean } & Digest);

export interface Digest {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}
