/**
 * Names of servers in the hosts file. Wish (saved with each server) and fact (the file, which others change as well) stay
 * apart: the file is written only when a person asks for it, only our own block, and only the file that was looked at.
 */
import { done, failed, failure, failureText, type Failure, type Reply } from '../../shared/failure.ts';
import {
  emptyHostsView,
  type HostsDiff,
  type HostsFileView,
  type HostsHistoryEntry,
  type HostsName,
  type HostsOutcome,
  type HostsTunnel,
  type HostsView,
  type HostsWish,
} from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Log } from '../log.ts';
import type { Ports } from '../ports.ts';
import type { Profiles } from '../servers/profiles.ts';
import type { State } from '../state.ts';
import { byHand } from './by-hand.ts';
import { editFor, findBlock, sameLines, type WantedBlock } from './hosts-edit.ts';
import { diffLines } from './hosts-lines.ts';
import { changedMeanwhile, driftTrouble, wantedBlock, wishTrouble } from './hosts-judge.ts';
import { ownNames, parseNames, wishOfLines, type ParsedNames } from './hosts-names.ts';
import { HostsReader, type Known, type Usable } from './hosts-reader.ts';
import { HostsRecord } from './hosts-record.ts';
import { blockLabel } from './hosts-text.ts';
import { answersOf, fileViewOf, linesInFile, viewOf, type Look } from './hosts-view.ts';
import { HostsWriter } from './hosts-writer.ts';
import { NameAnswers } from './name-answers.ts';
import { webTunnel } from './web-tunnel.ts';

type Nothing = Record<never, never>;

export interface HostsDeps {
  readonly ports: Pick<
    Ports,
    'hostsFile' | 'elevation' | 'nameLookup' | 'files' | 'clock' | 'random' | 'machine' | 'localPorts'
  >;
  readonly state: State;
  readonly log: Log;
  readonly profiles: Profiles;
  notice(trouble: Failure): void;
}

export class Hosts {
  readonly #deps: HostsDeps;
  readonly #record: HostsRecord;
  readonly #answers: NameAnswers;
  readonly #writer: HostsWriter;
  readonly #reader: HostsReader;
  readonly #failures = new Map<string, Failure>();
  #endWatch: () => void = () => undefined;
  #stopped = false;

  constructor(deps: HostsDeps) {
    const { ports, notice } = deps;
    this.#deps = deps;
    this.#record = new HostsRecord({ file: ports.files.hosts, backups: ports.hostsFile, notice });
    this.#answers = new NameAnswers(ports.nameLookup, ports.clock);
    this.#writer = new HostsWriter({ ports, record: this.#record });
    this.#reader = new HostsReader({
      ports,
      profiles: deps.profiles,
      record: this.#record,
      told: () => {
        this.#tell();
      },
    });
  }

  /** Reads what was kept, and the file; looks at it from then on. */
  async start(): Promise<void> {
    await this.#record.load();
    this.#endWatch = this.#deps.ports.hostsFile.watch(() => void this.refresh());
    await this.#reader.read();
    // What takes longer: addresses, and what the names answer.
    void this.refresh();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#endWatch();
    this.#answers.stop();
    this.#deps.ports.elevation.close();
    await this.#writer.idle();
    await this.#record.idle();
  }

  /** Servers came, went or changed: what is told of them follows. */
  profilesChanged(): void {
    this.#tell();
  }

  /** Reads the file anew and asks what its names answer. Resolves with all of that in the snapshot. */
  async refresh(): Promise<void> {
    await this.#reader.read();
    await this.#reader.findAddresses();
    if (this.#stopped) return;
    const names = this.#deps.profiles.all().flatMap((profile) => {
      const isWritten = profile.hosts.on && linesInFile({ hosts: this.#reader.known?.hosts ?? null, profile }) !== null;
      return isWritten ? profile.hosts.names.map((each) => each.name) : [];
    });
    // Another file than the system's is asked by nobody.
    const asked = this.#deps.ports.hostsFile.isSystem ? [...new Set(names)] : [];
    await this.#answers.ask(asked, () => {
      this.#tell();
    });
  }

  async get(serverId: string): Promise<Reply<{ view: HostsView; file: HostsFileView; tunnel: HostsTunnel }>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    await this.refresh();
    const { hostsFile, localPorts } = this.#deps.ports;
    const plannedPorts = this.#deps.profiles.all().flatMap((each) => each.forwards.map(({ bind }) => bind.port));
    const tunnel = await webTunnel(found.value, { localPorts, platform: hostsFile.platform, plannedPorts });
    const now = this.#deps.state.get();
    const view = now.servers.find((each) => each.profile.id === serverId)?.hosts ?? emptyHostsView;
    return done({ view, file: now.hosts, tunnel });
  }

  /** Saves the wish; the file is not touched. */
  async set(serverId: string, hosts: HostsWish, confirmed: boolean): Promise<Reply<Nothing>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    if (hosts.names.some(({ to }) => to.kind !== 'tunnel')) await this.#reader.findAddress(found.value);
    const own = ownNames(this.#deps.ports.machine.name);
    const trouble = wishTrouble(found.value, hosts, { own, server: this.#reader.leads(found.value).server, confirmed });
    if (trouble) return failed(trouble);
    const names = hosts.names.map((each) => ({ ...each, name: each.name.toLowerCase() }));
    return this.#deps.profiles.replace(serverId, (now) => ({ ...now, hosts: { ...hosts, names } }));
  }

  async diff(serverId: string): Promise<Reply<HostsDiff>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const looked = await this.#lookNow(found.value);
    if (!looked.ok) return looked;
    const { look, content, hosts } = looked.value;
    const wanted = wantedBlock(look);
    if (!wanted.ok) return wanted;
    const edit = editFor(hosts, wanted.value, this.#lineEnd);
    return done({
      from: content.sha256,
      changes: edit !== null,
      lines: diffLines(content.text, edit),
      way: this.#reader.known?.way ?? 'by-hand',
      byHand: byHand(hosts, wanted.value, this.#deps.ports.hostsFile),
    });
  }

  /** `from`: the file that the person saw; `overDrift`: what others did to the block may be lost. */
  async apply(
    serverId: string,
    { from, overDrift }: { from?: string; overDrift?: boolean },
  ): Promise<Reply<HostsOutcome>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const looked = await this.#lookNow(found.value);
    if (!looked.ok) return looked;
    const { look } = looked.value;
    if (from !== undefined && from !== looked.value.content.sha256) return failed(changedMeanwhile(this.#path));
    const wanted = wantedBlock(look);
    if (!wanted.ok) return wanted;
    const drift = overDrift === true ? null : driftTrouble(look, this.#path);
    if (drift) return failed(drift);
    return this.#write(look, looked.value, wanted.value, look.profile.hosts.on ? 'written' : 'removed');
  }

  /** Switches the names off and takes the block off; also a block of a server that is not here. */
  async remove(serverId: string, overDrift: boolean): Promise<Reply<HostsOutcome>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return this.#removeStray(serverId);
    if (found.value.hosts.on) {
      const off = await this.#deps.profiles.replace(serverId, (now) => ({
        ...now,
        hosts: { ...now.hosts, on: false },
      }));
      if (!off.ok) return off;
    }
    return this.apply(serverId, { overDrift });
  }

  /** A server was removed: its block goes as well, or a person is told how. */
  async serverRemoved(profile: ServerProfile): Promise<void> {
    await this.#reader.read();
    if (linesInFile({ hosts: this.#reader.known?.hosts ?? null, profile }) === null) {
      this.#record.note(profile.id, null);
      return;
    }
    const removed = await this.#removeStray(profile.id, profile.name);
    if (this.#stopped || (removed.ok && (removed.value.kind === 'written' || removed.value.kind === 'unchanged')))
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
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const looked = await this.#lookNow(found.value);
    if (!looked.ok) return looked;
    const lines = linesInFile(looked.value.look);
    this.#record.note(serverId, lines);
    return this.#wishFor(serverId, lines);
  }

  history(serverId: string | undefined): readonly HostsHistoryEntry[] {
    return this.#record.history.filter((each) => serverId === undefined || each.serverId === serverId);
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
    const looked = await this.#lookNow(found.value);
    if (!looked.ok) return looked;
    const drift = overDrift === true ? null : driftTrouble(looked.value.look, this.#path);
    if (drift) return failed(drift);
    const lines = entryId === undefined ? entry.before : entry.after;
    const { server } = this.#reader.leads(found.value);
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
    const outcome = await this.#write(looked.value.look, looked.value, wanted, 'restored');
    if (!outcome.ok || (outcome.value.kind !== 'written' && outcome.value.kind !== 'unchanged')) return outcome;
    const wished = await this.#wishFor(serverId, lines);
    return wished.ok ? outcome : wished;
  }

  async parseText(serverId: string, text: string): Promise<Reply<ParsedNames>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    await this.#reader.findAddress(found.value);
    const serverAddresses = [...this.#reader.leads(found.value).server, found.value.address];
    return parseNames(text, { to: { kind: 'tunnel' }, serverAddresses, own: ownNames(this.#deps.ports.machine.name) });
  }

  get #path(): string {
    return this.#deps.ports.hostsFile.path;
  }

  get #lineEnd(): '\n' | '\r\n' {
    return this.#deps.ports.hostsFile.platform === 'win32' ? '\r\n' : '\n';
  }

  /** The file as it is now. Fails where it can't be read or must not be written. */
  async #lookNow(profile: ServerProfile): Promise<Reply<Usable & { readonly look: Look }>> {
    if (profile.hosts.names.some(({ to }) => to.kind === 'server')) await this.#reader.findAddress(profile);
    const usable = await this.#reader.readUsable();
    if (!usable.ok) return usable;
    // It may have been changed while the file was read.
    const found = this.#deps.profiles.find(profile.id);
    return found.ok ? done({ ...usable.value, look: this.#reader.look(found.value) }) : found;
  }

  async #removeStray(blockId: string, name?: string): Promise<Reply<HostsOutcome>> {
    const usable = await this.#reader.readUsable();
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
    const outcome = await this.#writer.write({ content, hosts, wanted, entry, lineEnd: this.#lineEnd });
    await this.#reader.read();
    return outcome;
  }

  async #write(
    { profile }: Look,
    { content, hosts }: Usable,
    wanted: WantedBlock,
    how: HostsHistoryEntry['how'],
  ): Promise<Reply<HostsOutcome>> {
    const serverId = profile.id;
    this.#failures.delete(serverId);
    const write = this.#writer.write({
      content,
      hosts,
      wanted,
      entry: { serverId, serverName: profile.name, how },
      lineEnd: this.#lineEnd,
    });
    this.#tell();
    const outcome = await write;
    if (!outcome.ok) {
      this.#failures.set(serverId, outcome.error);
      this.#deps.log.write('warn', serverId, failureText(outcome.error));
    } else if (outcome.value.kind === 'written') {
      const what =
        wanted.lines.length === 0 ? 'Its names were taken out of' : `${String(wanted.lines.length)} lines are in`;
      this.#deps.log.write('info', serverId, `${what} ${this.#path}.`);
    }
    await this.#reader.read();
    // The answers come when they come.
    void this.refresh();
    return outcome;
  }

  /** Lines of a block as the wish. */
  async #wishFor(serverId: string, lines: readonly string[] | null): Promise<Reply<Nothing>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    await this.#reader.findAddress(found.value);
    return this.#deps.profiles.replace(serverId, (now) => {
      const wished: readonly HostsName[] = wishOfLines(lines ?? [], [...this.#reader.leads(now).server]);
      // Names that are only switched off stay for the next time.
      const hosts = wished.length === 0 ? { ...now.hosts, on: false } : { on: true, names: wished };
      return { ...now, hosts };
    });
  }

  /** Brings the snapshot up to what is known. */
  #tell(): void {
    const known = this.#reader.known;
    if (known === null || this.#stopped) return;
    const { state, ports, profiles } = this.#deps;
    const serverIds = profiles.all().map((each) => each.id);
    const file = fileViewOf(ports.hostsFile, { ...known, serverIds });
    const views = new Map(profiles.all().map((profile) => [profile.id, this.#viewOf(profile, known)]));
    state.update((now) => {
      const servers = now.servers.map((server) => {
        const view = views.get(server.profile.id) ?? server.hosts;
        return isSame(view, server.hosts) ? server : { ...server, hosts: view };
      });
      const changed = servers.some((each, index) => each !== now.servers[index]);
      if (!changed && isSame(file, now.hosts)) return now;
      return { ...now, hosts: file, servers: changed ? servers : now.servers };
    });
  }

  #viewOf(profile: ServerProfile, known: Known): HostsView {
    const look = this.#reader.look(profile);
    const view = viewOf(look);
    // Whoever wrote it: what is there now is what is wished, and the next change of others counts from here.
    if (view.inFile !== null && view.wished !== null && sameLines(view.inFile, view.wished)) {
      this.#record.note(profile.id, view.inFile);
    }
    return {
      ...view,
      names: answersOf(look, view.conflicts, this.#answers.known, known.nameOrder),
      writing: this.#writer.writingFor === profile.id,
      failure: this.#failures.get(profile.id) ?? null,
    };
  }
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
