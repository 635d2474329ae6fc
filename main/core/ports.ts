/**
 * What the core asks of the outside. Adapters implement these; tests bring doubles. Nothing here names Electron, ssh2,
 * the file system or a process. Those of one room stand in it, as desktop/desktop-ports.ts.
 */
import type { DemoFault } from '../shared/contract.ts';
import type { ProxySetting } from '../shared/environment/environment.ts';
import type { WindowView } from '../shared/desktop.ts';
import type { Failure, Reply } from '../shared/failure.ts';
import type { FoundKey, MadeKey } from '../shared/keys.ts';
import type { LogEntry } from '../shared/log.ts';
import type { ForwardClient } from '../shared/services.ts';
import type { KeychainView, PortHolder } from '../shared/snapshot.ts';
import type { Desktop } from './desktop/desktop-ports.ts';
import type { Diagnosis } from './doctor/diagnosis.ts';
import type { Engine } from './engine.ts';
import type { Elevation, HostsFile, NameLookup } from './hosts/hosts-ports.ts';
import type { HandedPrograms } from './setup/plan/component.ts';
import type { Playbooks } from './setup/run/playbook/playbook-ports.ts';
import type { HttpClient } from './setup/verify/http-client.ts';

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
  readonly power: Power;
  readonly reports: Reports;
  readonly uploads: Uploads;
  readonly releases: Releases;
  readonly playbooks: Playbooks;
  readonly http: HttpClient;
  readonly diagnosis: Diagnosis;
  readonly awsFiles: AwsFiles;
  readonly machine: Machine;
  readonly hostsFile: HostsFile;
  readonly elevation: Elevation;
  readonly nameLookup: NameLookup;
  /** Null under plain Node. */
  readonly desktop: Desktop | null;
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
  /** What was written into the hosts file. */
  readonly hosts: StateFile<unknown>;
}

/** `isLocked`: a person could open it. */
export type KeychainReply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Failure; readonly isLocked: boolean };

/** The OS keychain. Every call is answered within `timeoutMs` (30 s by default) even when an unlock prompt stays open. */
export interface Keychain {
  /** Sets, gets and deletes a canary. Never throws. */
  probe(): Promise<KeychainView>;
  /** `null`: not there. */
  get(account: string): Promise<KeychainReply<string | null>>;
  set(account: string, secret: string): Promise<KeychainReply<null>>;
  /** Deleting what is not there is no failure. */
  delete(account: string): Promise<KeychainReply<null>>;
  /**
   * Tells once it can be read, and again when it was locked and unlocked meanwhile, as far as the system lets it be seen.
   * Nobody is asked anything for it. Returns the function that ends it.
   */
  watchUnlocked(listener: () => void): () => void;
}

export type PrivateKeyState =
  /** `pem` needs no passphrase any more. */
  | { readonly kind: 'ready'; readonly pem: string; readonly keyType: string }
  | { readonly kind: 'needs-passphrase' }
  | { readonly kind: 'wrong-passphrase' }
  /** Missing, unreadable, not a private key, or of a sort that can't be used; the failure says which and what to do. */
  | { readonly kind: 'unusable'; readonly failure: Failure };

export interface PublicKey {
  readonly keyType: string;
  /** Base64. */
  readonly key: string;
  readonly fingerprint: string;
  /** One line of visible characters; may be empty. */
  readonly comment: string;
}

export interface PrivateKeys {
  /** Reads a key file (`~` allowed) and tries to open it. */
  open(path: string, passphrase: string | null): Promise<PrivateKeyState>;
  /** The default keys in ~/.ssh that exist, in OpenSSH's order, as paths. */
  defaults(): Promise<readonly string[]>;
  /** Those in ~/.ssh that `open` can open, the likeliest first. Fails with `storage-failed` when the folder can't be read. */
  list(): Promise<Reply<readonly FoundKey[]>>;
  /** The public half of an opened key; `path` is where its comment may be found. */
  publicHalf(path: string, pem: string): Promise<Reply<PublicKey>>;
  /**
   * Makes an Ed25519 key in ~/.ssh and overwrites nothing. `name` null: the next free one. Fails with `conflict` (there
   * is a file of that name) or `storage-failed`; no half of a key is left then. `passphrase` empty: none.
   */
  make(wanted: {
    readonly name: string | null;
    readonly passphrase: string;
    readonly comment: string;
  }): Promise<Reply<MadeKey>>;
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
  /** Programs connected to a port of ours, as far as the system tells. Never fails. */
  clients(addresses: readonly string[], port: number): Promise<ForwardClient[]>;
  /** Whether a program of this user could listen there now. `forbidden`: never, whoever else does. */
  mayListen(address: string, port: number): Promise<'yes' | 'taken' | 'forbidden'>;
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
  /** See the call `app.open-window`. `view`: where a window of the host's own goes; `null`: stays where it is. */
  openWindow(view: WindowView | null): Promise<Reply<{ readonly url: string | null }>>;
  /** Begins a clean stop; returns at once so that the caller still gets its reply. */
  quit(): void;
}

/** Files of this machine that a server is to get. */
export interface Uploads {
  /**
   * A file or folder (`~` allowed) as a gzipped tar in base64; a file lies at its top under its own name, a folder's
   * content does. Fails with `not-found`, `not-allowed`, `storage-failed`, or
   * `too-large` (above 100 MB packed).
   */
  pack(path: string): Promise<Reply<{ readonly base64: string; readonly isFolder: boolean }>>;
}

/** Published programs, fetched by this machine for servers without a way out, and kept in the data folder. */
export interface Releases {
  /**
   * Of two at work on the same release each fetches its own. Done: the file, with the checksum that was wanted; one kept
   * from an earlier time is used again. Fails with the codes of a network, `not-found`, `too-large`, `storage-failed`,
   * `protocol-error` (another checksum) or `cancelled`, and then nothing is kept.
   */
  fetch(
    release: { readonly url: string; readonly sha256: string; readonly largestBytes: number },
    /** Not for one that is here already. `totalBytes` null: not told. */
    onProgress: (bytes: number, totalBytes: number | null) => void,
  ): RunningFetch;
}

export interface RunningFetch {
  /** Never rejects. */
  readonly done: Promise<Reply<{ readonly path: string }>>;
  cancel(): void;
}

/** How this machine calls itself, for others to know who was at work on a server. */
export interface Machine {
  readonly name: string;
  readonly user: string;
  /** What a person hands over by an environment variable (`MOORING_VERSITYGW`), for servers without a way out. */
  handedPrograms(): Promise<HandedPrograms>;
  /** `MOORING_RELEASES_MIRROR` as it was set: what stands in the place of https://github.com/. Not looked at yet. */
  readonly releasesMirror: string | null;
  /** Of this process: other programs may be told otherwise. */
  proxy(): ProxySetting;
}

export type AwsFile = 'config' | 'credentials';

/** ~/.aws, or where the environment says that these files are. Texts have a character for each byte. */
export interface AwsFiles {
  /** For people: `~/.aws/config`. */
  path(file: AwsFile): string;
  /** Empty where there is none. Fails with `storage-failed`. */
  read(file: AwsFile): Promise<Reply<string>>;
  /**
   * Atomic; from then on readable by its owner alone. A file that becomes empty is removed. `keepsCopy`: what was there is
   * kept beside it, as `FILE.before-mooring`. Fails with `storage-failed`, or as `edit` does; the file is as it was then.
   */
  change(
    file: AwsFile,
    edit: (before: string) => Reply<{ readonly text: string; readonly keepsCopy: boolean }>,
  ): Promise<Reply<null>>;
}

export interface LogSink {
  write(entry: LogEntry): void;
  close(): Promise<void>;
}

/** What the machine says of itself. Hosts that hear nothing of it never call the listener. */
export interface Power {
  /** Returns the function that ends it. */
  listen(listener: (event: PowerEvent) => void): () => void;
}

/** `suspend` comes just before the sleep, with no time for anything but a note; `unlock` is the screen’s. */
export type PowerEvent = 'suspend' | 'resume' | 'lock' | 'unlock' | 'online' | 'offline';

export interface Reports {
  /** System, versions, desktop and the like, as `name: value` pairs. Nothing that tells who or where. */
  facts(): Promise<readonly (readonly [name: string, value: string])[]>;
  /** What must not be in a report though no profile names it: the user's name, the home folder, this machine's name. */
  personal(): readonly string[];
  /** Fails with `storage-failed`. The file is for this user only. */
  save(text: string): Promise<Reply<{ readonly path: string }>>;
}
