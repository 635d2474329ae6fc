/**
 * The forwarding engine as the core sees it: plain messages both ways, no sockets, no callbacks, so that it can move to
 * a worker without a change in core. The engine carries out, it never decides: which key to trust, which login to try
 * and when to try again is said by the core.
 *
 * Bytes stay inside: listener → engine → SSH channel. A forward belongs to a `route` (one per server); a connection is
 * put on a route when it is ready and taken off when it is lost. Clients that connect while their route has no
 * connection are held.
 */
import type { Failure, Reply } from '../shared/failure.ts';
import type { LoginQuestion } from '../shared/prompt.ts';
import type { ConnectStep, Traffic } from '../shared/snapshot.ts';

export type LoginTry =
  | { readonly kind: 'none' }
  | { readonly kind: 'agent' }
  /** A private key that needs no passphrase (any more). */
  | { readonly kind: 'key'; readonly pem: string }
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'questions' };

/** What a target is asked. Nothing of it is put on a command line or into a log. */
export type AskRequest =
  | {
      readonly kind: 'http';
      readonly method: 'GET' | 'HEAD';
      /** With its query; begins with a slash. */
      readonly path: string;
      /** `Host` among them. No login: that is `login`. */
      readonly headers: Readonly<Record<string, string>>;
      readonly login: AskLogin | null;
      /** Of the answer's body; more is not read, and the answer says so. */
      readonly maxBytes: number;
    }
  | {
      readonly kind: 'bytes';
      /** Base64; empty: only listens. */
      readonly send: string;
      readonly maxBytes: number;
      /** What came is the answer as soon as it is this much. */
      readonly enoughBytes: number;
    }
  /** PostgreSQL's own greeting, then its login as far as it goes. Nothing is asked of a database. */
  | {
      readonly kind: 'postgres';
      readonly user: string;
      readonly database: string;
      /** Null: only what the server wants is found out. Sent by SCRAM alone, which does not show it. */
      readonly password: string | null;
    };

export type AskLogin =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  /** Signature Version 4 for S3. */
  | {
      readonly kind: 'aws';
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly region: string;
    };

export type AskAnswer =
  | {
      readonly kind: 'http';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      /** What is not UTF-8 is replaced. */
      readonly text: string;
      readonly truncated: boolean;
      /** From asking for a channel to the first byte of the answer. */
      readonly tookMs: number;
    }
  /** HTTP was asked for; what came is none. */
  | { readonly kind: 'not-http'; readonly base64: string; readonly tookMs: number }
  | {
      readonly kind: 'bytes';
      readonly base64: string;
      /** `quiet`: the time was over before it was enough. */
      readonly end: 'enough' | 'closed' | 'quiet';
      readonly tookMs: number;
    }
  | {
      readonly kind: 'postgres';
      /** What it says to a wish for TLS; null: something that PostgreSQL does not say, in `base64`. */
      readonly tls: boolean | null;
      /** `open`: the login is through; `wanted`: it wants this way of login, which was not gone; null: see `error`. */
      readonly login: 'open' | 'wanted' | null;
      /** `SCRAM-SHA-256`, `md5`, `password`, `trust` … */
      readonly method: string | null;
      readonly error: { readonly code: string; readonly message: string } | null;
      readonly version: string | null;
      readonly base64: string;
      readonly tookMs: number;
    };

export interface EngineSendAs {
  /** In place of the local address; with a port if there is one in it. */
  readonly host: string;
  /** What an `Origin` of this machine’s own becomes: the host, or localhost, for targets that trust that alone. */
  readonly origin: 'host' | 'localhost';
  /** Names of this machine that lead to the listener, in lower case, beside loopback’s and the host. */
  readonly aliases: readonly string[];
}

export type EngineCommand =
  // Connections. An id is used once: a new attempt has a new id.
  | {
      readonly kind: 'connect';
      readonly connectionId: string;
      readonly host: string;
      readonly port: number;
      readonly user: string;
      /** From dialling to the server's greeting and key exchange. A person's time to answer does not count. */
      readonly timeoutMs: number;
      /** A link that answers nothing for this long is closed as `link-lost`. */
      readonly deadAfterMs: number;
      /** Host key types that are known for it, asked for before any other (`ssh-rsa` means its SHA-2 signatures too). */
      readonly hostKeyTypes: readonly string[];
    }
  /** Answers `host-key`. */
  | { readonly kind: 'trust-host-key'; readonly connectionId: string; readonly trust: boolean }
  /** Answers `login-wanted`; null gives up, which closes with `login-rejected`. */
  | { readonly kind: 'try-login'; readonly connectionId: string; readonly login: LoginTry | null }
  /** Answers `questions`, one answer each. */
  | { readonly kind: 'answer-questions'; readonly connectionId: string; readonly answers: readonly string[] }
  /** Ends it; `closed` follows with failure null. No `closed` comes for an id that is unknown or closed already. */
  | { readonly kind: 'disconnect'; readonly connectionId: string }
  /** Asks at once whether the link still lives: closed as `link-lost` if nothing answers within `timeoutMs`. */
  | { readonly kind: 'check-link'; readonly connectionId: string; readonly timeoutMs: number }
  /** Puts a connection on a route (held clients go on), or takes it off (`null`: new clients are held). */
  | { readonly kind: 'set-route'; readonly routeId: string; readonly connectionId: string | null }
  // Forwards.
  | {
      readonly kind: 'listen';
      readonly forwardId: string;
      readonly routeId: string;
      /** Loopback addresses; all are bound or none. The engine refuses any other address. */
      readonly addresses: readonly string[];
      readonly port: number;
      readonly target: { readonly host: string; readonly port: number };
      readonly holdMs: number;
      /** The clients speak HTTP, and the target answers to this name only; without it bytes go as they are. */
      readonly sendAs?: EngineSendAs | null;
    }
  /** Closes the listener and its clients; `unlistened` follows, unless `listen-failed` crosses it on the way. */
  | { readonly kind: 'unlisten'; readonly forwardId: string }
  | { readonly kind: 'set-hold'; readonly holdMs: number }
  /** Opens a channel to the target and closes it again; answered by `target`. Nothing is sent to the target. */
  | { readonly kind: 'check-target'; readonly forwardId: string }
  // Commands on the server.
  /**
   * Runs a script on the server, over a connection that is ready. `exec-ended` follows exactly once. An id is used once.
   * The script is for a POSIX shell and is run whole or not at all; its directory is the user's home.
   */
  | {
      readonly kind: 'exec-start';
      readonly connectionId: string;
      readonly execId: string;
      readonly script: string;
      /** What the script reads from its stdin, and the place for secrets; null: nothing. */
      readonly input: string | null;
      /** From its turn (only some run at a time) to its end. */
      readonly timeoutMs: number;
      /** Of stdout and stderr together. */
      readonly maxOutputBytes: number;
    }
  /** Ends it, with all that it started and did not put into a session of its own; `exec-ended` with `cancelled` follows. */
  | { readonly kind: 'exec-cancel'; readonly execId: string }
  // Questions to what listens behind the server.
  /**
   * Asks a target once, over a connection that is ready, past all listeners and what they count. `answered` follows
   * exactly once. An id is used once.
   */
  | {
      readonly kind: 'ask';
      readonly connectionId: string;
      readonly askId: string;
      readonly target: { readonly host: string; readonly port: number };
      readonly request: AskRequest;
      /** For all of it. */
      readonly timeoutMs: number;
    }
  /** `answered` with `cancelled` follows, if it had not been answered. */
  | { readonly kind: 'ask-cancel'; readonly askId: string }
  /** Whether to send `traffic` (once a second at most, only when it changed). */
  | { readonly kind: 'report-traffic'; readonly on: boolean };

export type EngineEvent =
  | { readonly kind: 'step'; readonly connectionId: string; readonly step: ConnectStep }
  /** Waits for `trust-host-key`. */
  | {
      readonly kind: 'host-key';
      readonly connectionId: string;
      readonly keyType: string;
      readonly key: string;
      readonly fingerprint: string;
    }
  /**
   * The server wants a login; waits for `try-login`. `methods` as the server names them (`publickey`, `password`,
   * `keyboard-interactive`; null before the first try). `partial`: the last one was accepted but more is wanted.
   */
  | {
      readonly kind: 'login-wanted';
      readonly connectionId: string;
      readonly methods: readonly string[] | null;
      readonly partial: boolean;
      /** Why the last try could not even be made (agent gone, key of an unsupported type); null if the server said no. */
      readonly trouble: Failure | null;
    }
  /** Waits for `answer-questions`. */
  | {
      readonly kind: 'questions';
      readonly connectionId: string;
      readonly title: string;
      readonly instructions: string;
      readonly questions: readonly LoginQuestion[];
    }
  | { readonly kind: 'banner'; readonly connectionId: string; readonly text: string }
  | { readonly kind: 'ready'; readonly connectionId: string; readonly software: string; readonly cipher: string }
  | { readonly kind: 'latency'; readonly connectionId: string; readonly latencyMs: number }
  /** Exactly once for each `connect`, and the last event of that id. Null: ended by `disconnect`. */
  | { readonly kind: 'closed'; readonly connectionId: string; readonly failure: Failure | null }
  | { readonly kind: 'listening'; readonly forwardId: string }
  /** Codes `port-taken`, `port-forbidden`, `address-unavailable`, `not-allowed`. Nothing is bound. */
  | { readonly kind: 'listen-failed'; readonly forwardId: string; readonly failure: Failure }
  | { readonly kind: 'unlistened'; readonly forwardId: string }
  /**
   * How the last channel fared: after one opened by `check-target`, and after one for a client when that is news. The
   * first one after each `set-route` is news.
   */
  | { readonly kind: 'target'; readonly forwardId: string; readonly failure: Failure | null }
  /** A client gave up or was let go because the connection did not come back within the hold. */
  | { readonly kind: 'client-let-go'; readonly forwardId: string; readonly heldMs: number }
  /** Gathered for 50 ms. Characters are whole; what is not UTF-8 is replaced. The order between the streams is lost. */
  | {
      readonly kind: 'exec-output';
      readonly execId: string;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  /**
   * Exactly once for each `exec-start`, and the last event of that id. With a `failure` nothing is known of the exit:
   * `link-lost` (it may go on at the server), `timed-out`, `too-large` (the output up to the limit was told),
   * `cancelled`, `not-allowed` (the server runs no commands, or has no shell for us), `invalid-argument`.
   */
  | {
      readonly kind: 'exec-ended';
      readonly execId: string;
      /** 0–255; null when the shell itself was ended by a signal. */
      readonly exitCode: number | null;
      /** Without `SIG`, as in `KILL`. */
      readonly signal: string | null;
      readonly failure?: Failure;
    }
  /**
   * Fails with `target-refused`, `target-unreachable`, `forward-forbidden`, `timed-out`, `link-lost` (the server's),
   * `protocol-error` (the target closed, or broke its protocol), `invalid-argument` or `cancelled`.
   */
  | { readonly kind: 'answered'; readonly askId: string; readonly answer: Reply<AskAnswer> }
  | { readonly kind: 'traffic'; readonly forwards: readonly (Traffic & { readonly forwardId: string })[] };

export interface Engine {
  send(command: EngineCommand): void;
  /** One listener, the core's. */
  listen(onEvent: (event: EngineEvent) => void): void;
  /** Ends everything: resolves with zero sockets, listeners and timers left. */
  close(): Promise<void>;
}
