/** A server: the profile of a machine reached by SSH. */
import type { Forward, ForwardDraft } from './forward.ts';
import type { HostsWish } from './hosts.ts';
import type { InstalledStack } from './setup/stack.ts';

/**
 * How to log in. `auto` tries what OpenSSH would: agent, the default keys in ~/.ssh, then what the server asks for.
 * Whatever the kind, a server that wants a second factor after it (MFA) may ask its questions.
 */
export type Login =
  | { readonly kind: 'auto' }
  | { readonly kind: 'agent' }
  | { readonly kind: 'key'; readonly path: string }
  | { readonly kind: 'password' };

export interface ServerDraft {
  /** Unique; what people and the command line call it. */
  readonly name: string;
  /** Host name, IPv4 or IPv6 address. */
  readonly address: string;
  /** 1–65535, 22 by default. */
  readonly port: number;
  readonly user: string;
  readonly login: Login;
  readonly forwards: readonly ForwardDraft[];
}

/** What a login may need that is kept for it. */
export const secretKinds = ['password', 'passphrase'] as const;
export type SecretKind = (typeof secretKinds)[number];

/** `port`: of the server; `localPort`: where the tunnel to it began on this machine. */
export interface FormerPort {
  readonly port: number;
  readonly localPort: number;
}

export const mostFormerPorts = 20;

export interface ServerProfile extends Omit<ServerDraft, 'forwards'> {
  readonly id: string;
  readonly forwards: readonly Forward[];
  /** What the user asked for: keep the connection up. Saved; the state of the connection never is. */
  readonly wanted: boolean;
  /** Runs inside this app, for trying things out. */
  readonly demo: boolean;
  /** Which of its secrets are in the keychain: our own index, since keychains can't be listed everywhere. */
  readonly remembered: readonly SecretKind[];
  /** What setup put there, or found there and adopted, as far as this machine knows. */
  readonly stacks: readonly InstalledStack[];
  /** A run that was begun from here and not seen to its end: picked up with the next connection. */
  readonly openRunId: string | null;
  /** Where tunnels to services that setup took off began here: taken again where they are free. */
  readonly formerPorts?: readonly FormerPort[] | undefined;
  /** Names for it in the hosts file, as asked for. */
  readonly hosts: HostsWish;
}

/** What a pasted `ssh …` line says, with what had to be left out. */
export interface SshLine {
  readonly draft: ServerDraft;
  /** Options that were understood but are not supported, or did not make sense, in words. */
  readonly notes: readonly string[];
}
