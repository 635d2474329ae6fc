/**
 * What the core asks of the outside. Adapters implement these; tests bring doubles. Nothing here names Electron, ssh2,
 * the file system or a process.
 */
import type { DemoFault } from '../shared/contract.ts';
import type { Failure, Reply } from '../shared/failure.ts';
import type { LogEntry } from '../shared/log.ts';
import type { KeychainView, PortHolder } from '../shared/snapshot.ts';
import type { Engine } from './engine.ts';

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly engine: Engine;
  readonly files: StateFiles;
  readonly keychain: Keychain;
  readonly privateKeys: PrivateKeys;
  readonly knownHosts: KnownHosts;
  readonly network: Network;
  readonly localPorts: LocalPorts;
  readonly demo: DemoServer;
  readonly host: Host;
  readonly logSink: LogSink;
}

export interface Clock {
  /** Wall clock, epoch milliseconds. Jumps when the laptop slept or the clock was set. */
  nowMs(): number;
  /** Runs once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export interface Random {
  /** 0 ≤ x < 1. */
  fraction(): number;
  /** An unguessable id. */
  id(): string;
}

/** A saved file of one kind. */
export interface StateFile<T> {
  /**
   * The saved value, or `null` when there is none yet. `trouble` says what was found damaged, where it was set aside,
   * and whether the last good backup was used instead.
   */
  load(): Promise<{ readonly value: T | null; readonly trouble: Failure | null }>;
  /** Atomic. Fails with `storage-failed` (disk full, no permission) and leaves the old file as it was. */
  save(value: T): Promise<Reply<null>>;
}

/** `unknown`: files are input like any other; the core parses what it gets (core/servers/saved.ts). */
export interface StateFiles {
  readonly dataDir: string;
  readonly servers: StateFile<unknown>;
  readonly settings: StateFile<unknown>;
  readonly hostKeys: StateFile<unknown>;
}

/** The OS keychain. Every method answers within `timeoutMs` (30 s by default) even when an unlock prompt stays open. */
export interface Keychain {
  /** Sets, gets and deletes a canary. Never throws. */
  probe(): Promise<KeychainView>;
  /** `null`: not there. */
  get(account: string): Promise<Reply<string | null>>;
  set(account: string, secret: string): Promise<Reply<null>>;
  /** Deleting what is not there is no failure. */
  delete(account: string): Promise<Reply<null>>;
}

export type PrivateKeyState =
  /** `pem` needs no passphrase any more. */
  | { readonly kind: 'ready'; readonly pem: string; readonly keyType: string }
  | { readonly kind: 'needs-passphrase' }
  | { readonly kind: 'wrong-passphrase' }
  /** Missing, unreadable, not a private key, or of a sort that can't be used; the failure says which and what to do. */
  | { readonly kind: 'unusable'; readonly failure: Failure };

export interface PrivateKeys {
  /** Reads a key file (`~` allowed) and tries to open it. */
  open(path: string, passphrase: string | null): Promise<PrivateKeyState>;
  /** The default keys in ~/.ssh that exist, in OpenSSH's order, as paths. */
  defaults(): Promise<readonly string[]>;
}

export interface KnownHostLine {
  readonly keyType: string;
  /** The key itself, base64 as in the file. */
  readonly key: string;
  readonly fingerprint: string;
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** Shortened for people: `~/.ssh/known_hosts:12`. */
  readonly storedIn: string;
}

export interface KnownHosts {
  /** Lines of the user's and the system's known_hosts that speak of this host and port (hashed names included). */
  find(host: string, port: number): Promise<readonly KnownHostLine[]>;
  /**
   * Adds the key to ~/.ssh/known_hosts (hashed if the file's other names are), replacing other keys of the same type for
   * this host. `added` is false if it was there already. Keeps mode, links and other lines.
   */
  add(
    host: string,
    port: number,
    keyType: string,
    key: string,
  ): Promise<Reply<{ readonly path: string; readonly added: boolean }>>;
}

export interface Network {
  /** Something that changes when interfaces or their addresses do. Cheap. */
  signature(): string;
  /** False only when it is certain that there is no way out (no interface but loopback). */
  online(): boolean;
}

export interface LocalPorts {
  /** Who listens there; `null` when nobody can be named. */
  holder(address: string, port: number): Promise<PortHolder | null>;
  /** The next port above `port` that can be bound on `address`; skips `avoid`. `null` when there is none. */
  nextFree(address: string, port: number, avoid: readonly number[]): Promise<number | null>;
}

export interface DemoServer {
  /** Starts it, or says where it runs. Listens on loopback only. */
  start(): Promise<Reply<DemoAddress>>;
  /** Fails with `conflict` when it does not run. After `change-host-key` the next connection meets another key. */
  break(fault: DemoFault): Promise<Reply<null>>;
  stop(): Promise<void>;
}

export interface DemoAddress {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly keyType: string;
  /** Base64. */
  readonly key: string;
  readonly fingerprint: string;
  /** Where its tracking-server look-alike listens, as the demo server itself sees it. */
  readonly target: { readonly host: string; readonly port: number };
}

/** The process around the core: Electron or the headless host. */
export interface Host {
  /** See the call `app.open-window`. */
  openWindow(): Promise<Reply<{ readonly url: string | null }>>;
  /** Begins a clean stop; returns at once so that the caller still gets its reply. */
  quit(): void;
}

export interface LogSink {
  write(entry: LogEntry): void;
  close(): Promise<void>;
}
