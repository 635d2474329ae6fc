/** A hosts file in memory, with a system around it that answers as it is told. */
import { createHash } from 'node:crypto';
import type {
  Elevation,
  HostsChange,
  HostsFile,
  HostsWriteResult,
  NameLookup,
} from '../../main/core/hosts/hosts-ports.ts';
import { done, failed, type Failure } from '../../main/shared/failure.ts';
import type { HostsWay } from '../../main/shared/hosts.ts';

export class FakeHosts {
  text = '127.0.0.1 localhost\n';
  /** Why the file can't be read. */
  trouble: Failure | null = null;
  writable = true;
  platform: HostsFile['platform'] = 'linux';
  nameOrder: string | null = 'hosts: files dns\n';
  way: Exclude<HostsWay, 'direct'> = 'pkexec';
  /** What the system says when it is asked; null: it writes. */
  answer: HostsWriteResult | null = null;
  /** Held back: the question stays open until this settles. */
  question: Promise<void> = Promise.resolve();
  /** Times that a person was asked. */
  asked = 0;
  closed = false;
  readonly writes: HostsChange[] = [];
  readonly names = new Map<string, readonly string[]>();
  /** Held back: what names answer waits for this. */
  slow: Promise<unknown> = Promise.resolve();
  readonly lookups: string[] = [];
  readonly backups = new Map<string, string>();
  #listeners = new Set<() => void>();

  /** Somebody else writes the file. */
  edit(change: (text: string) => string): void {
    this.text = change(this.text);
    for (const each of this.#listeners) each();
  }

  get watchers(): number {
    return this.#listeners.size;
  }

  #write(change: HostsChange): HostsWriteResult {
    if (sha256(this.text) !== change.from) return { kind: 'changed' };
    this.text = this.text.slice(0, change.start) + change.insert + this.text.slice(change.end);
    this.writes.push(change);
    return { kind: 'written' };
  }

  readonly file = (): HostsFile => {
    const platform = () => this.platform;
    return {
      path: '/etc/hosts',
      isSystem: true,
      get platform() {
        return platform();
      },
      read: () =>
        Promise.resolve(
          this.trouble
            ? failed(this.trouble)
            : done({ text: this.text, sha256: sha256(this.text), writable: this.writable }),
        ),
      write: (change) => Promise.resolve(this.#write(change)),
      watch: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      nameOrder: () => Promise.resolve(this.nameOrder),
      keepBackup: (id, text) => {
        this.backups.set(id, text);
        return Promise.resolve(`/data/hosts-backups/${id}.hosts`);
      },
      dropBackups: (except) => {
        for (const id of this.backups.keys()) if (!except.includes(id)) this.backups.delete(id);
        return Promise.resolve();
      },
    };
  };

  readonly elevation = (): Elevation => ({
    way: () => Promise.resolve(this.way),
    writeHosts: async (_path, change) => {
      this.asked += 1;
      await this.question;
      return this.answer ?? this.#write(change);
    },
    close: () => {
      this.closed = true;
    },
  });

  readonly lookup: NameLookup = {
    lookup: async (name) => {
      this.lookups.push(name);
      await this.slow;
      return this.names.get(name) ?? [];
    },
  };
}

const sha256 = (text: string): string => createHash('sha256').update(Buffer.from(text, 'latin1')).digest('hex');
