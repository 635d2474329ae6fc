/** What the doctor asks of this machine. Nothing here changes anything but {@link Diagnosis.tightenKey}; nothing fails. */
import type { Reply } from '../../shared/failure.ts';

export interface Diagnosis {
  machine(): Promise<MachineLook>;
  /** A private key file; `~` allowed. */
  keyFile(path: string): Promise<KeyFileLook>;
  /** Makes it readable for its owner alone. Fails with `conflict` (no plain file) and `not-allowed`. */
  tightenKey(path: string): Promise<Reply<null>>;
  agent(): Promise<AgentLook>;
  /** As programs here do it: hosts file, then whatever the system is set to. */
  resolve(name: string): Promise<ResolveLook>;
  /** Who answers on a TCP port, by the first line it says. */
  reach(host: string, port: number): Promise<ReachLook>;
  /** Ends what is under way, without an answer. */
  stop(): void;
}

export interface MachineLook {
  /** Variables of the environment that Mooring was started with. A login inside a URL is left out. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of the disk that Mooring's own data is on; null: not told. */
  readonly dataFreeBytes: number | null;
}

export type KeyFileLook =
  | { readonly kind: 'private' }
  /** The half that is given away. `other`: the private half beside it; null: there is none. */
  | { readonly kind: 'public'; readonly other: string | null }
  /** Others may read it; `mode` as in `0644`. */
  | { readonly kind: 'open'; readonly mode: string }
  | { readonly kind: 'foreign'; readonly owner: string }
  | { readonly kind: 'absent' }
  /** A folder, or what might never end: a pipe, a device. */
  | { readonly kind: 'no-file'; readonly isFolder: boolean }
  | { readonly kind: 'unreadable'; readonly why: string };

export type AgentLook =
  | { readonly kind: 'keys'; readonly count: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'silent'; readonly why: string };

export type ResolveLook =
  | { readonly kind: 'found'; readonly addresses: readonly string[]; readonly tookMs: number }
  | { readonly kind: 'unknown'; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly why: string; readonly tookMs: number };

export type ReachLook =
  /** `SSH-2.0-OpenSSH_9.2p1`. */
  | { readonly kind: 'ssh'; readonly software: string; readonly tookMs: number }
  /** Something else; `said`: its first line, shortened, or nothing. */
  | { readonly kind: 'other'; readonly said: string }
  | { readonly kind: 'silent' }
  | { readonly kind: 'refused' }
  /** No answer at all: a firewall that drops, or no machine. */
  | { readonly kind: 'filtered' }
  | { readonly kind: 'no-route'; readonly why: string };

/** Variables that decide how programs reach a tunnel's end. */
export const telling = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'MLFLOW_TRACKING_URI',
  'MLFLOW_S3_ENDPOINT_URL',
] as const;
