/** What the hosts part asks of the outside. */
import type { Failure, Reply } from '../../shared/failure.ts';
import type { HostsWay } from '../../shared/hosts.ts';

export interface HostsContent {
  /** One character for each byte (latin1). */
  readonly text: string;
  /** Hex. */
  readonly sha256: string;
  /** This user may write the file as it is. */
  readonly writable: boolean;
}

/** Replaces one part of the file, if it is still the one that the change was made from. */
export interface HostsChange {
  readonly blockId: string;
  /** The file's sha256, in hex. */
  readonly from: string;
  /** Bytes from `start` to before `end` become `insert`. */
  readonly start: number;
  readonly end: number;
  readonly insert: string;
}

export type HostsWriteResult =
  | { readonly kind: 'written' }
  /** The person said no. */
  | { readonly kind: 'cancelled' }
  /** The file is another one by now; nothing was written. */
  | { readonly kind: 'changed' }
  /** Nobody can be asked here, for this reason. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface HostsFile {
  readonly path: string;
  /** False: another file stands in for it (MOORING_HOSTS_FILE). */
  readonly isSystem: boolean;
  readonly platform: 'linux' | 'darwin' | 'win32';
  /** Fails with `not-found`, `not-allowed`, `too-large` (above 10 MB), `storage-failed`. */
  read(): Promise<Reply<HostsContent>>;
  /** Writes as this user. Mode, owner, links and all other bytes stay as they are. */
  write(change: HostsChange): Promise<HostsWriteResult>;
  /** Tells when the file may have changed, within some seconds. Returns the function that ends it. */
  watch(listener: () => void): () => void;
  /** The text that says whom the system asks for names (nsswitch.conf); null where there is none. */
  nameOrder(): Promise<string | null>;
  /** Keeps a copy of the file in the data folder. Gives its path; null when that did not work. */
  keepBackup(id: string, text: string): Promise<string | null>;
  /** Removes the copies but those of these ids. Never fails. */
  dropBackups(except: readonly string[]): Promise<void>;
}

/** The system's own way to ask a person for more rights. */
export interface Elevation {
  way(): Promise<Exclude<HostsWay, 'direct'>>;
  /** As HostsFile.write, with the rights of the system. The question stays open until it is answered, 5 minutes at most. */
  writeHosts(path: string, change: HostsChange): Promise<HostsWriteResult>;
  /** Takes back a question that is open. */
  close(): void;
}

/** How programs here find addresses (getaddrinfo). */
export interface NameLookup {
  /** IPv4 and IPv6, in the system's order; empty: the name is not known. */
  lookup(name: string): Promise<readonly string[]>;
}
