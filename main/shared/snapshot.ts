/**
 * The whole state, sent whole, with a revision. No secrets and no logs in it. All times are epoch milliseconds.
 * Subscribe first, then get, and keep the one with the higher revision.
 */
import type { DesktopView } from './desktop.ts';
import type { DoctorView } from './doctor.ts';
import type { Failure } from './failure.ts';
import type { HostsFileView, HostsView } from './hosts.ts';
import type { Prompt } from './prompt.ts';
import type { SecretKind, ServerProfile } from './server.ts';
import type { NewPort, ServiceView } from './services.ts';
import type { Settings } from './settings.ts';
import type { RunView } from './setup/run.ts';
import type { VerifyView } from './setup/verify.ts';

export type ConnectionState =
  | { readonly kind: 'off' }
  | { readonly kind: 'connecting'; readonly sinceMs: number; readonly attempt: number; readonly step: ConnectStep }
  | {
      readonly kind: 'up';
      readonly sinceMs: number;
      /** The server's own version string, as in its SSH greeting. */
      readonly software: string;
      readonly cipher: string;
      /** Round trip of the last keepalive; null before the first. */
      readonly latencyMs: number | null;
    }
  /** Will be tried again by itself at `retryAtMs`. `sinceMs` is when the trouble began. */
  | {
      readonly kind: 'waiting';
      readonly sinceMs: number;
      readonly retryAtMs: number;
      readonly attempt: number;
      readonly failure: Failure;
    }
  /** Parked on a question; goes on when it is answered. */
  | { readonly kind: 'needs-you'; readonly sinceMs: number; readonly promptId: string }
  /** Stopped; only a person can set it going again (authentication failed twice, host key refused). */
  | { readonly kind: 'failed'; readonly sinceMs: number; readonly failure: Failure };

/** Where a connection attempt is. */
export type ConnectStep = 'dialling' | 'greeting' | 'logging-in';

export interface PortHolder {
  readonly pid: number | null;
  /** Program name as the system tells it; null where it does not. */
  readonly program: string | null;
}

export type ForwardState =
  | { readonly kind: 'off' }
  | { readonly kind: 'starting' }
  /** Bound; clients are held until the connection is up. */
  | { readonly kind: 'holding' }
  /** Bound, connection up, and the last look at the target found nothing wrong (or there was none yet: `checked` false). */
  | { readonly kind: 'up'; readonly checked: boolean }
  /** Bound and connection up, but the server could not reach the target. Tried again by use. */
  | { readonly kind: 'target-failed'; readonly failure: Failure; readonly sinceMs: number }
  /** Not bound: someone else has the port. Comes up by itself when it is free. */
  | {
      readonly kind: 'port-taken';
      readonly failure: Failure;
      readonly holder: PortHolder | null;
      /** The next free port, to be offered, never taken by itself. */
      readonly freePort: number | null;
    }
  /** Not bound for another reason. */
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface Traffic {
  /** From server to this machine, bytes since the core started. */
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Clients connected now. */
  readonly clients: number;
  /** Clients held now, waiting for the connection. */
  readonly held: number;
}

export interface ForwardView {
  readonly forwardId: string;
  readonly state: ForwardState;
  readonly traffic: Traffic;
  /** What was found behind it when it was last asked; null: nothing was asked since it came up. */
  readonly service: ServiceView | null;
}

export interface ServerView {
  readonly profile: ServerProfile;
  readonly connection: ConnectionState;
  /** In the order of `profile.forwards`. */
  readonly forwards: readonly ForwardView[];
  /** Which secrets are kept for it, and where; never the secrets. */
  readonly secrets: readonly SecretInfo[];
  /** The setup run that is followed, or was last. */
  readonly run: RunView | null;
  /** What began to listen on it while somebody looked, and has no tunnel. */
  readonly newPorts: readonly NewPort[];
  /** The check of a tracking server that runs, or ran last. */
  readonly verify: VerifyView | null;
  readonly hosts: HostsView;
}

export interface SecretInfo {
  readonly kind: SecretKind;
  /** `run`: in memory until the core ends. */
  readonly keptIn: 'keychain' | 'run';
}

export type KeychainView =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ready'; readonly name: string }
  | { readonly kind: 'locked'; readonly name: string; readonly failure: Failure }
  /** Secrets are kept for this run only. */
  | { readonly kind: 'absent'; readonly failure: Failure };

/** Something a person should know that belongs to no server, such as a damaged file that was set aside. */
export interface Notice {
  readonly id: string;
  readonly createdMs: number;
  readonly failure: Failure;
}

export interface Snapshot {
  readonly revision: number;
  /** Changes whenever a core starts, so that a revision of an older core is never mistaken for a newer one. */
  readonly coreId: string;
  readonly version: string;
  readonly servers: readonly ServerView[];
  readonly prompts: readonly Prompt[];
  readonly settings: Settings;
  readonly keychain: KeychainView;
  readonly network: { readonly online: boolean };
  readonly notices: readonly Notice[];
  /** The doctor’s look that is under way, or was last. Null: none since the core started. */
  readonly doctor: DoctorView | null;
  /** Null where no desktop app is around the core: under plain Node. */
  readonly desktop: DesktopView | null;
  readonly hosts: HostsFileView;
  /** Where data lives, for people to find it. */
  readonly dataDir: string;
}
