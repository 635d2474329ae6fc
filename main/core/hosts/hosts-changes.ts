/**
 * Changes of the hosts file, each asked for by a person: what one would be, and doing it. Only our own block is written,
 * and only into the file that was looked at.
 */
import { done, failed, failure, failureText, type Failure, type Reply } from '../../shared/failure.ts';
import {
  forwardOfNames,
  needsTunnel,
  type HostsDiff,
  type HostsHistoryEntry,
  type HostsName,
  type HostsOutcome,
  type HostsWish,
} from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Log } from '../log.ts';
import type { Ports } from '../ports.ts';
import type { Profiles } from '../servers/profiles.ts';
import { byHand } from './by-hand.ts';
import { editFor, findBlock, sameLines, type WantedBlock } from './hosts-edit.ts';
import { changedMeanwhile, driftTrouble, wantedBlock, wishTrouble } from './hosts-judge.ts';
import { diffLines } from './hosts-lines.ts';
import { ownNames, wishOfLines } from './hosts-names.ts';
import type { HostsReader, Usable } from './hosts-reader.ts';
import type { HostsRecord } from './hosts-record.ts';
import { blockLabel } from './hosts-text.ts';
import { linesInFile, viewOf, type Look } from './hosts-view.ts';
import type { Applied, HostsWishes, Wished } from './hosts-wishes.ts';
import type { HostsWriter } from './hosts-writer.ts';

type Nothing = Record<never, never>;

export interface HostsChangesDeps {
  readonly ports: Pick<Ports, 'hostsFile' | 'machine'>;
  readonly log: Log;
  readonly profiles: Profiles;
  readonly record: HostsRecord;
  readonly reader: HostsReader;
  readonly writer: HostsWriter;
  readonly wishes: HostsWishes;
  /** What speaks against the names of this server, in sentences; null where nothing is known. */
  warningOf(look: Look): Promise<string | null>;
  isStopped(): boolean;
  notice(trouble: Failure): void;
  /** A write begins: what is told of its server changes. */
  changed(): void;
  /** A write has ended, and what is wished is saved: it can be asked of the system. */
  written(): void;
}

export class HostsChanges {
  readonly #deps: HostsChangesDeps;
  readonly #failures = new Map<string, Failure>();

  constructor(deps: HostsChangesDeps) {
    this.#deps = deps;
  }

  /** Why the last write of a server’s names failed; null: it did not. */
  failureOf(serverId: string): Failure | null {
    return this.#failures.get(serverId) ?? null;
  }

  /** What writing would change. Changes nothing itself. */
  async diff(serverId: string, wished: Wished): Promise<Reply<HostsDiff>> {
    const wish = await this.#deps.wishes.judged(serverId, wished);
    if (!wish.ok) return wish;
    const looked = await this.#lookNow(serverId, wish.value);
    if (!looked.ok) return looked;
    const { look, content, hosts } = looked.value;
    const { profile } = look;
    const wanted = wantedBlock(look);
    if (!wanted.ok) return wanted;
    const edit = editFor(hosts, wanted.value, this.#lineEnd);
    return done({
      from: content.sha256,
      changes: edit !== null,
      lines: diffLines(content.text, edit),
      way: this.#deps.reader.known?.way ?? 'by-hand',
      byHand: byHand(hosts, wanted.value, this.#deps.ports.hostsFile),
      tunnel: needsTunnel(profile.hosts) ? await this.#deps.wishes.tunnelOf(profile) : null,
      leaves: needsTunnel(profile.hosts) ? null : (forwardOfNames(profile)?.label ?? null),
      conflicts: viewOf(look).conflicts,
      warning: await this.#deps.warningOf(look),
    });
  }

  /** The file first: names and their tunnel are saved when it is written, and not where a person says no. */
  async apply(serverId: string, applied: Applied): Promise<Reply<HostsOutcome>> {
    const wish = await this.#deps.wishes.judged(serverId, applied);
    return wish.ok ? this.#apply(serverId, wish.value, applied) : wish;
  }

  async #apply(
    serverId: string,
    wish: HostsWish | null,
    { from, overDrift, tunnel }: Applied,
  ): Promise<Reply<HostsOutcome>> {
    const looked = await this.#lookNow(serverId, wish);
    if (!looked.ok) return looked;
    const { look } = looked.value;
    if (from !== undefined && from !== looked.value.content.sha256) return failed(changedMeanwhile(this.#path));
    const wanted = wantedBlock(look);
    if (!wanted.ok) return wanted;
    const drift =
      overDrift === true ? null : driftTrouble(look, this.#path, { kind: look.profile.hosts.on ? 'apply' : 'remove' });
    if (drift) return failed(drift);
    const plan = await this.#deps.wishes.planTunnel(look.profile, tunnel === true);
    if (!plan.ok) return plan;
    const { hosts } = look.profile;
    const outcome = await this.#write(looked.value, wanted.value, hosts.on ? 'written' : 'removed');
    const isAgreed = outcome.ok && outcome.value.kind !== 'cancelled';
    const isNews = wish !== null || plan.value !== null;
    const saved = isAgreed && isNews ? await this.#deps.wishes.save(serverId, hosts, plan.value) : done(undefined);
    this.#deps.written();
    if (!outcome.ok) return outcome;
    if (!saved.ok) return saved;
    return done(saved.value === undefined ? outcome.value : { ...outcome.value, tunnel: saved.value });
  }

  /** Takes the block off, and switches the names off; also a block of a server that is not here. */
  async remove(serverId: string, overDrift: boolean): Promise<Reply<HostsOutcome>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return this.#removeStray(serverId);
    return this.#apply(serverId, { ...found.value.hosts, on: false }, { overDrift });
  }

  /** A server was removed: its block goes as well, or a person is told how. */
  async serverRemoved(profile: ServerProfile): Promise<void> {
    await this.#deps.reader.read();
    if (linesInFile({ hosts: this.#deps.reader.known?.hosts ?? null, profile }) === null) {
      this.#deps.record.note(profile.id, null);
      return;
    }
    const removed = await this.#removeStray(profile.id, profile.name);
    if (
      this.#deps.isStopped() ||
      (removed.ok && (removed.value.kind === 'written' || removed.value.kind === 'unchanged'))
    )
      return;
    const why = removed.ok ? '' : ` ${failureText(removed.error)}`;
    this.#deps.notice(
      failure('not-allowed', `The names of ${profile.name} are still in ${this.#path}.${why}`, {
        hint: `Take them off on the Hosts page of another server, or with: mooring hosts remove ${profile.id}`,
      }),
    );
  }

  /** What somebody else made of the block becomes the wish. */
  async keepTheirs(serverId: string): Promise<Reply<Nothing>> {
    const looked = await this.#lookNow(serverId, null);
    if (!looked.ok) return looked;
    const lines = linesInFile(looked.value.look);
    this.#deps.record.note(serverId, lines);
    return this.#wishFor(serverId, lines);
  }

  history(serverId: string | undefined): readonly HostsHistoryEntry[] {
    return this.#deps.record.history.filter((each) => serverId === undefined || each.serverId === serverId);
  }

  /** Puts our block of that time back; without an entry, as it was before the last change. Others' lines stay. */
  async restore(
    serverId: string,
    { entryId, overDrift, confirmed }: { entryId?: string; overDrift?: boolean; confirmed?: boolean },
  ): Promise<Reply<HostsOutcome>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const entries = this.history(serverId);
    const entry = entryId === undefined ? entries[0] : entries.find((each) => each.id === entryId);
    if (!entry) {
      return failed(
        failure('not-found', `Nothing was written for ${found.value.name} that could be put back.`, {
          hint: 'See what there is: mooring hosts history',
        }),
      );
    }
    const looked = await this.#lookNow(serverId, null);
    if (!looked.ok) return looked;
    const asked = { kind: 'restore', ...(entryId === undefined ? {} : { entryId }) } as const;
    const drift = overDrift === true ? null : driftTrouble(looked.value.look, this.#path, asked);
    if (drift) return failed(drift);
    const lines = entryId === undefined ? entry.before : entry.after;
    const { server } = this.#deps.reader.leads(found.value);
    // What was there before Mooring wrote over it may be somebody else's, whom nobody confirmed.
    const names = wishOfLines(lines ?? [], server);
    const own = ownNames(this.#deps.ports.machine.name);
    const isOurs = this.history(serverId).some(({ after }) => after !== null && sameLines(after, lines ?? []));
    const trouble = wishTrouble(
      found.value,
      { on: true, names },
      { own, server, confirmed: confirmed === true || isOurs },
    );
    if (trouble) return failed(trouble);
    const wanted = { id: serverId, label: blockLabel(found.value.name), lines: lines ?? [] };
    const outcome = await this.#write(looked.value, wanted, 'restored');
    const isThere = outcome.ok && (outcome.value.kind === 'written' || outcome.value.kind === 'unchanged');
    const wished = isThere ? await this.#wishFor(serverId, lines) : done({});
    this.#deps.written();
    return wished.ok ? outcome : wished;
  }

  get #path(): string {
    return this.#deps.ports.hostsFile.path;
  }

  get #lineEnd(): '\n' | '\r\n' {
    return this.#deps.ports.hostsFile.platform === 'win32' ? '\r\n' : '\n';
  }

  /**
   * The file as it is now, and a server's names in it: those of `wish`, or those that are saved. Fails where it can't be
   * read or must not be written.
   */
  async #lookNow(serverId: string, wish: HostsWish | null): Promise<Reply<Usable & { readonly look: Look }>> {
    const { profiles, reader } = this.#deps;
    const before = profiles.find(serverId);
    if (!before.ok) return before;
    const { names } = wish ?? before.value.hosts;
    if (names.some(({ to }) => to.kind === 'server')) await reader.findAddress(before.value);
    const usable = await reader.readUsable();
    if (!usable.ok) return usable;
    // It may have been changed while the file was read.
    const found = profiles.find(serverId);
    if (!found.ok) return found;
    return done({ ...usable.value, look: reader.look(wish === null ? found.value : { ...found.value, hosts: wish }) });
  }

  async #removeStray(blockId: string, name?: string): Promise<Reply<HostsOutcome>> {
    const usable = await this.#deps.reader.readUsable();
    if (!usable.ok) return usable;
    const { content, hosts } = usable.value;
    const block = findBlock(hosts, blockId);
    if (!block) {
      return failed(
        failure('not-found', `There is no server ${blockId}, and no block of it in ${this.#path}.`, {
          hint: 'See what there is: mooring hosts show',
        }),
      );
    }
    const wanted = { id: blockId, label: block.label, lines: [] };
    const entry = { serverId: blockId, serverName: name ?? block.label, how: 'removed' as const };
    const outcome = await this.#deps.writer.write({ content, hosts, wanted, entry, lineEnd: this.#lineEnd });
    await this.#deps.reader.read();
    return outcome;
  }

  async #write(
    { content, hosts, look: { profile } }: Usable & { readonly look: Look },
    wanted: WantedBlock,
    how: HostsHistoryEntry['how'],
  ): Promise<Reply<HostsOutcome>> {
    const serverId = profile.id;
    this.#failures.delete(serverId);
    const write = this.#deps.writer.write({
      content,
      hosts,
      wanted,
      entry: { serverId, serverName: profile.name, how },
      lineEnd: this.#lineEnd,
    });
    this.#deps.changed();
    const outcome = await write;
    if (!outcome.ok) {
      this.#failures.set(serverId, outcome.error);
      this.#deps.log.write('warn', serverId, failureText(outcome.error));
    } else if (outcome.value.kind === 'written') {
      const what =
        wanted.lines.length === 0 ? 'Its names were taken out of' : `${String(wanted.lines.length)} lines are in`;
      this.#deps.log.write('info', serverId, `${what} ${this.#path}.`);
    }
    await this.#deps.reader.read();
    return outcome;
  }

  /** Lines of a block as the wish. */
  async #wishFor(serverId: string, lines: readonly string[] | null): Promise<Reply<Nothing>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    await this.#deps.reader.findAddress(found.value);
    return this.#deps.profiles.replace(serverId, (now) => {
      const wished: readonly HostsName[] = wishOfLines(lines ?? [], [...this.#deps.reader.leads(now).server]);
      // Names that are only switched off stay for the next time.
      const hosts = wished.length === 0 ? { ...now.hosts, on: false } : { on: true, names: wished };
      return { ...now, hosts };
    });
  }
}
