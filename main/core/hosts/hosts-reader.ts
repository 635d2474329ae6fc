/** The hosts file as it was last read, and what a server's names are to say in it. */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import type { HostsWay } from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Ports } from '../ports.ts';
import type { Profiles } from '../servers/profiles.ts';
import type { Leads } from './hosts-lines.ts';
import type { HostsContent } from './hosts-ports.ts';
import type { HostsRecord } from './hosts-record.ts';
import { readHosts, type HostsText } from './hosts-text.ts';
import { fileTrouble, leadsOf, type Look } from './hosts-view.ts';
import { orderTrouble } from './name-order.ts';

/** What is known of the file. */
export interface Known {
  /** Null: it can't be read, for the reason in `failure`. */
  readonly content: HostsContent | null;
  readonly hosts: HostsText | null;
  readonly failure: Failure | null;
  readonly nameOrder: Failure | null;
  readonly way: HostsWay;
}

/** A file that can be read and may be written. */
export interface Usable {
  readonly content: HostsContent;
  readonly hosts: HostsText;
}

export interface HostsReaderDeps {
  readonly ports: Pick<Ports, 'hostsFile' | 'elevation' | 'nameLookup'>;
  readonly profiles: Profiles;
  readonly record: HostsRecord;
  /** After each reading. */
  told(): void;
}

export class HostsReader {
  readonly #deps: HostsReaderDeps;
  #known: Known | null = null;
  /** Servers whose address is a name → what the system said of it. */
  readonly #addresses = new Map<string, readonly string[]>();

  constructor(deps: HostsReaderDeps) {
    this.#deps = deps;
  }

  /** Null before the first reading. */
  get known(): Known | null {
    return this.#known;
  }

  async read(): Promise<void> {
    const { hostsFile, elevation } = this.#deps.ports;
    const [content, order, way] = await Promise.all([hostsFile.read(), hostsFile.nameOrder(), elevation.way()]);
    const before = this.#known;
    const isSame = content.ok && content.value.sha256 === before?.content?.sha256;
    this.#known = {
      content: content.ok ? content.value : null,
      hosts: isSame ? before.hosts : content.ok ? readHosts(content.value.text) : null,
      failure: content.ok ? null : content.error,
      nameOrder: orderTrouble(order),
      way: content.ok && content.value.writable ? 'direct' : way,
    };
    this.#deps.told();
  }

  /** Reads it anew. Fails where it can't be read or must not be written. */
  async readUsable(): Promise<Reply<Usable>> {
    await this.read();
    const { content, hosts, failure: trouble } = this.#known ?? { content: null, hosts: null, failure: null };
    if (content === null || hosts === null) {
      return failed(trouble ?? failure('storage-failed', 'The hosts file was not read.', { hint: 'Try again.' }));
    }
    const broken = fileTrouble(this.#deps.ports.hostsFile.path, hosts);
    return broken ? failed(broken) : done({ content, hosts });
  }

  look(profile: ServerProfile): Look {
    return {
      profile,
      hosts: this.#known?.hosts ?? null,
      written: this.#deps.record.written(profile.id),
      leads: this.leads(profile),
    };
  }

  leads(profile: ServerProfile): Leads {
    return leadsOf(profile, this.#deps.ports.hostsFile.platform, this.#addresses.get(profile.address) ?? []);
  }

  /** Of servers that are known by a name, where the addresses are needed. May take as long as the network does. */
  async findAddresses(): Promise<void> {
    for (const profile of this.#deps.profiles.all()) {
      const { on, names } = profile.hosts;
      if (on && names.some(({ to }) => to.kind === 'server')) await this.findAddress(profile);
    }
    this.#deps.told();
  }

  /** A server that is known by a name has an address to be found. */
  async findAddress(profile: ServerProfile): Promise<void> {
    if (leadsOf(profile, 'linux', []).server.length > 0) return;
    const found = await this.#deps.ports.nameLookup.lookup(profile.address);
    if (found.length > 0) this.#addresses.set(profile.address, found);
  }
}
