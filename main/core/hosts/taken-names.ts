/** Whether names that are to be written are names of others today: a hosts file would hide those from this computer. */
import { isLoopback } from '../../shared/forward.ts';
import type { HostsName } from '../../shared/hosts.ts';
import { isHostName } from '../servers/address.ts';
import type { Ports } from '../ports.ts';
import { addressesOf } from './hosts-lines.ts';
import { linesInFile, viewOf, type Look } from './hosts-view.ts';

/** A person waits for it. */
const askMs = 1_000;
/** So many are named in the warning. */
const maxNamed = 5;

/** Names that no name server of the internet has: of one word, or in a domain that is kept for such use. */
const isOfOwnNet = (name: string): boolean => /^[^.]+$|\.(?:local|test|internal|lan|home\.arpa|localhost)$/.test(name);

export class TakenNames {
  readonly #ports: Pick<Ports, 'hostsFile' | 'nameLookup' | 'clock'>;
  /** Questions without an answer yet: they can't be taken back, and are not asked twice. */
  readonly #open = new Map<string, Promise<readonly string[]>>();
  readonly #waits = new Set<() => void>();
  #stopped = false;

  constructor(ports: Pick<Ports, 'hostsFile' | 'nameLookup' | 'clock'>) {
    this.#ports = ports;
  }

  stop(): void {
    this.#stopped = true;
    for (const each of this.#waits) each();
  }

  /** A sentence that names them; null where none is known within a second. */
  async warning(look: Look): Promise<string | null> {
    // Another file than the system's hides nothing.
    if (this.#stopped || !this.#ports.hostsFile.isSystem) return null;
    const names = namesToAsk(look);
    if (names.length === 0) return null;
    const taken: Taken[] = [];
    let end: () => void = () => undefined;
    const over = new Promise<null>((resolve) => {
      end = () => {
        resolve(null);
      };
    });
    this.#waits.add(end);
    const endTimer = this.#ports.clock.after(askMs, end);
    await this.#askEach(names, look, taken, over);
    endTimer();
    this.#waits.delete(end);
    return taken.length === 0 ? null : words(taken, look);
  }

  /** One after another, as a name that nobody knows may take the system long; until `over`. */
  async #askEach(names: readonly HostsName[], look: Look, taken: Taken[], over: Promise<null>): Promise<void> {
    const { address } = look.profile;
    let own: readonly string[] | null = isHostName(address) ? null : [];
    for (const each of names) {
      const answers = await Promise.race([this.#ask(each.name), over]);
      if (answers === null) return;
      if (answers.length === 0) continue;
      own ??= await Promise.race([this.#ask(address), over]);
      if (own === null) return;
      const ours = [...own, address, ...look.leads.server, ...addressesOf(each, look.leads)];
      const [first = ''] = answers;
      if (!answers.some((found) => isLoopback(found) || ours.includes(found))) taken.push({ ...each, answer: first });
    }
  }

  #ask(name: string): Promise<readonly string[]> {
    const open = this.#open.get(name);
    if (open) return open;
    const asked = this.#ports.nameLookup.lookup(name).finally(() => this.#open.delete(name));
    this.#open.set(name, asked);
    return asked;
  }
}

interface Taken extends HostsName {
  readonly answer: string;
}

/** Those that the file does not have yet: of the others the system would say what the file says. */
function namesToAsk(look: Look): readonly HostsName[] {
  const { on, names } = look.profile.hosts;
  if (!on) return [];
  const inFile = (linesInFile(look) ?? []).flatMap((line) => line.toLowerCase().split(/\s+/).slice(1));
  const told = [...inFile, ...viewOf(look).conflicts.map((each) => each.name)];
  return names.filter(({ name }) => !isOfOwnNet(name) && !told.includes(name));
}

function words(taken: readonly Taken[], { profile }: Look): string {
  const where = taken.map(({ to }) => (to.kind === 'address' ? to.address : profile.name));
  const reached = `this computer will reach ${[...new Set(where)].join(' and ')} in`;
  const [first] = taken;
  if (first !== undefined && taken.length === 1) {
    return `${first.name} is a name of others today (${first.answer}): ${reached} its place.`;
  }
  const shown = taken.slice(0, maxNamed).map(({ name, answer }) => `${name} (${answer})`);
  const more = taken.length - shown.length;
  const last = more > 0 ? `${String(more)} more` : (shown.pop() ?? '');
  return `${shown.join(', ')} and ${last} are names of others today: ${reached} their place.`;
}
