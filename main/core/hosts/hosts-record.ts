/** Keeps what was written: each server's lines, and the last changes with a copy of the file before each. */
import type { Failure } from '../../shared/failure.ts';
import type { HostsHistoryEntry } from '../../shared/hosts.ts';
import type { StateFile } from '../ports.ts';
import { maxHistory, parseSavedHosts, toSaved, type SavedHosts } from './hosts-saved.ts';
import { sameLines } from './hosts-edit.ts';
import type { HostsFile } from './hosts-ports.ts';

export interface HostsRecordDeps {
  readonly file: StateFile<unknown>;
  readonly backups: Pick<HostsFile, 'dropBackups'>;
  notice(trouble: Failure): void;
}

export class HostsRecord {
  #saved: SavedHosts = { written: new Map(), history: [] };
  #queue: Promise<unknown> = Promise.resolve();
  readonly #deps: HostsRecordDeps;

  constructor(deps: HostsRecordDeps) {
    this.#deps = deps;
  }

  async load(): Promise<void> {
    const { value, trouble } = await this.#deps.file.load();
    if (trouble) this.#deps.notice(trouble);
    this.#saved = parseSavedHosts(value);
  }

  async idle(): Promise<void> {
    await this.#queue;
  }

  written(serverId: string): readonly string[] | null {
    return this.#saved.written.get(serverId) ?? null;
  }

  get history(): readonly HostsHistoryEntry[] {
    return this.#saved.history;
  }

  /** Null: there is no block any more. Returns whether that is new. */
  note(serverId: string, lines: readonly string[] | null): boolean {
    const before = this.written(serverId);
    const same = lines === null || before === null ? lines === before : sameLines(lines, before);
    if (same) return false;
    const written = new Map(this.#saved.written);
    if (lines === null) written.delete(serverId);
    else written.set(serverId, lines);
    this.#take({ ...this.#saved, written });
    return true;
  }

  add(entry: HostsHistoryEntry): void {
    const history = [entry, ...this.#saved.history].slice(0, maxHistory);
    this.#take({ ...this.#saved, history });
    this.#enqueue(() => this.#deps.backups.dropBackups(history.map((each) => each.id)));
  }

  /** It happened whether or not it can be saved; a person is told once a time. */
  #take(saved: SavedHosts): void {
    this.#saved = saved;
    this.#enqueue(async () => {
      const done = await this.#deps.file.save(toSaved(saved));
      if (!done.ok) this.#deps.notice(done.error);
    });
  }

  #enqueue(run: () => Promise<void>): void {
    this.#queue = this.#queue.then(run).catch(() => undefined);
  }
}
