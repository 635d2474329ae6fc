/**
 * Names of servers in the hosts file. Wish (saved with each server) and fact (the file, which others change as well) stay
 * apart: the file is written only when a person asks for it, only our own block, and only the file that was looked at.
 */
import { done, type Failure, type Reply } from '../../shared/failure.ts';
import {
  emptyHostsView,
  type HostsFileView,
  type HostsTunnel,
  type HostsView,
  type HostsWish,
} from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Log } from '../log.ts';
import type { Ports } from '../ports.ts';
import type { Profiles } from '../servers/profiles.ts';
import type { State } from '../state.ts';
import { HostsChanges } from './hosts-changes.ts';
import { sameLines } from './hosts-edit.ts';
import { ownNames, parseNames, type ParsedNames } from './hosts-names.ts';
import { HostsReader, type Known } from './hosts-reader.ts';
import { HostsRecord } from './hosts-record.ts';
import { answersOf, fileViewOf, linesInFile, viewOf } from './hosts-view.ts';
import { HostsWishes } from './hosts-wishes.ts';
import { HostsWriter } from './hosts-writer.ts';
import { NameAnswers } from './name-answers.ts';
import { TakenNames } from './taken-names.ts';
import { webWarning, type WebListeningDeps } from './web-listening.ts';

type Nothing = Record<never, never>;

export interface HostsDeps {
  readonly ports: Pick<
    Ports,
    'hostsFile' | 'elevation' | 'nameLookup' | 'files' | 'clock' | 'random' | 'machine' | 'localPorts'
  >;
  readonly state: State;
  readonly log: Log;
  readonly profiles: Profiles;
  readonly tunnels: WebListeningDeps['tunnels'];
  notice(trouble: Failure): void;
}

export class Hosts {
  /** Whatever touches the file. */
  readonly changes: HostsChanges;
  readonly #deps: HostsDeps;
  readonly #record: HostsRecord;
  readonly #answers: NameAnswers;
  readonly #taken: TakenNames;
  readonly #writer: HostsWriter;
  readonly #reader: HostsReader;
  readonly #wishes: HostsWishes;
  #endWatch: () => void = () => undefined;
  #stopped = false;

  constructor(deps: HostsDeps) {
    const { ports, notice } = deps;
    this.#deps = deps;
    this.#record = new HostsRecord({ file: ports.files.hosts, backups: ports.hostsFile, notice });
    this.#answers = new NameAnswers(ports.nameLookup, ports.clock);
    this.#taken = new TakenNames(ports);
    this.#writer = new HostsWriter({ ports, record: this.#record });
    this.#reader = new HostsReader({
      ports,
      profiles: deps.profiles,
      record: this.#record,
      told: () => {
        this.#tell();
      },
    });
    this.#wishes = new HostsWishes({ ports, profiles: deps.profiles, reader: this.#reader });
    this.changes = new HostsChanges({
      ...deps,
      record: this.#record,
      reader: this.#reader,
      writer: this.#writer,
      wishes: this.#wishes,
      warningOf: async (look) => {
        const found = await Promise.all([webWarning(look.profile, deps), this.#taken.warning(look)]);
        return found.filter((each) => each !== null).join(' ') || null;
      },
      isStopped: () => this.#stopped,
      changed: () => {
        this.#tell();
      },
      // The answers come when they come.
      written: () => void this.refresh(),
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
    this.#taken.stop();
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
    const tunnel = await this.#wishes.tunnelOf(found.value);
    const now = this.#deps.state.get();
    const view = now.servers.find((each) => each.profile.id === serverId)?.hosts ?? emptyHostsView;
    return done({ view, file: now.hosts, tunnel });
  }

  /** Saves the wish; the file is not touched. */
  async set(serverId: string, hosts: HostsWish, confirmed: boolean): Promise<Reply<Nothing>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const wish = await this.#wishes.judge(found.value, hosts, confirmed);
    return wish.ok ? this.#deps.profiles.replace(serverId, (now) => ({ ...now, hosts: wish.value })) : wish;
  }

  async parseText(serverId: string, text: string): Promise<Reply<ParsedNames>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    await this.#reader.findAddress(found.value);
    const serverAddresses = [...this.#reader.leads(found.value).server, found.value.address];
    return parseNames(text, { to: { kind: 'tunnel' }, serverAddresses, own: ownNames(this.#deps.ports.machine.name) });
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
      failure: this.changes.failureOf(profile.id),
    };
  }
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
