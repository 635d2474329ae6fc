/** Names for servers in the system's hosts file: what is wished, what is there, and how they compare. */
import type { Failure } from './failure.ts';
import { isOwnHost, type Forward, type ForwardDraft } from './forward.ts';
import type { InstalledStack } from './setup/stack.ts';

/** Where a name leads: into the server's tunnel for its port 80, to the server itself, or to an address of its own. */
export type HostsTo =
  { readonly kind: 'tunnel' } | { readonly kind: 'server' } | { readonly kind: 'address'; readonly address: string };

export interface HostsName {
  /** In lower case, without a dot at the end. */
  readonly name: string;
  readonly to: HostsTo;
}

/** What the user asked for; saved with the server. */
export interface HostsWish {
  readonly on: boolean;
  readonly names: readonly HostsName[];
}

export const noHosts: HostsWish = { on: false, names: [] };

export interface HostsPreset {
  readonly name: string;
  readonly label: string;
  readonly names: readonly string[];
}

/** The names under which the platform of the MLOps course answers on port 80 of its machine. */
export const hostsPresets: readonly HostsPreset[] = [
  {
    name: 'course',
    label: 'Course platform',
    names: [
      'kserve-gateway.local',
      'ml-pipeline-ui.local',
      'mlflow-server.local',
      'mlflow-minio-ui.local',
      'mlflow-minio.local',
      'prometheus-server.local',
      'grafana-server.local',
      'evidently-monitor-ui.local',
    ],
  },
];

export type HostsDrift =
  /** The block is not as Mooring left it. */
  | { readonly kind: 'changed'; readonly written: readonly string[]; readonly found: readonly string[] }
  /** The block is gone. */
  | { readonly kind: 'gone'; readonly written: readonly string[] }
  /** There is a block that Mooring does not remember writing. */
  | { readonly kind: 'unknown'; readonly found: readonly string[] };

/** A line of somebody else's, or of another server's block, that gives a name another address. */
export interface HostsConflict {
  readonly name: string;
  readonly address: string;
  /** 1 is the first of the file. */
  readonly line: number;
  /** As people read it. */
  readonly text: string;
  /** It stands before ours in the file, so that it wins. */
  readonly wins: boolean;
}

/** What a name answers to programs here, asked of the system. */
export interface NameAnswer {
  readonly name: string;
  /** What the file is to say; none while the server's own address is not known. */
  readonly wanted: readonly string[];
  /** What the system says; null: not asked yet. */
  readonly answers: readonly string[] | null;
  /** How long the system took to say so. */
  readonly tookMs: number | null;
  /** Why that is not what is wanted; null when it is, or when nothing is to be said. */
  readonly trouble: Failure | null;
}

/** A server's names, as they are. */
export interface HostsView {
  /** The lines of our block without its markers; null: there is none, or the file can't be read. */
  readonly inFile: readonly string[] | null;
  /** Lines as wished; null: none are wished, or the server's address is not known now. */
  readonly wished: readonly string[] | null;
  /** The file has to be written for the wish to come true. */
  readonly pending: boolean;
  readonly drift: HostsDrift | null;
  readonly conflicts: readonly HostsConflict[];
  readonly names: readonly NameAnswer[];
  /** The file is being written; the system may be asking for leave. */
  readonly writing: boolean;
  /** Why the last write did not work. */
  readonly failure: Failure | null;
}

export const emptyHostsView: HostsView = {
  inFile: null,
  wished: null,
  pending: false,
  drift: null,
  conflicts: [],
  names: [],
  writing: false,
  failure: null,
};

/** How the file can be written: by this user as it is, by asking the system, or by hand alone. */
export const hostsWays = ['direct', 'pkexec', 'osascript', 'runas', 'by-hand'] as const;
export type HostsWay = (typeof hostsWays)[number];

/** The hosts file as a whole. */
export interface HostsFileView {
  readonly path: string;
  /** False: another file was put in its place (MOORING_HOSTS_FILE), which no program asks. */
  readonly isSystem: boolean;
  readonly way: HostsWay;
  /** Why it can't be read, or must not be written, such as a marker that someone has edited. */
  readonly failure: Failure | null;
  /** The system asks others before the file, as some do for `.local`. */
  readonly nameOrder: Failure | null;
  /** Blocks of servers that are not here. */
  readonly strays: readonly HostsStray[];
}

export interface HostsStray {
  readonly blockId: string;
  /** What the server was called. */
  readonly label: string;
  readonly names: readonly string[];
}

export interface HostsDiffLine {
  readonly kind: 'same' | 'add' | 'remove';
  /** In the file as it is; after the last one for lines that are added. */
  readonly line: number;
  readonly text: string;
}

/** What a write would do. */
export interface HostsDiff {
  /** Of the file that this was made from: to be handed to the write. */
  readonly from: string;
  readonly changes: boolean;
  /** What changes, with a few lines around it. */
  readonly lines: readonly HostsDiffLine[];
  readonly way: HostsWay;
  /** The same by hand. */
  readonly byHand: HostsByHand;
  /** The tunnel that the names need; null: none of them leads into one. */
  readonly tunnel: HostsTunnel | null;
  /** The tunnel that goes with the names; null: none does. */
  readonly leaves: string | null;
  /** Other lines that have the names too. */
  readonly conflicts: readonly HostsConflict[];
  /** What speaks against the names, in sentences: they would lead nowhere now, or are names of others. Null: nothing known. */
  readonly warning: string | null;
}

export interface HostsByHand {
  /** The block as it is to be; empty: it is to be taken off. */
  readonly lines: readonly string[];
  /** To be pasted into a terminal (or an administrator's PowerShell); null where there is nothing to do. */
  readonly command: string | null;
}

/** How a write ended that was no failure. */
export type HostsOutcome =
  | { readonly kind: 'written'; readonly tunnel?: HostsTunnelChange }
  /** Nothing to change: nobody was asked. */
  | { readonly kind: 'unchanged'; readonly tunnel?: HostsTunnelChange }
  /** The person said no to the system's question: names and tunnels are as they were. */
  | { readonly kind: 'cancelled' }
  /** There is no way to ask the system for leave here. */
  | {
      readonly kind: 'by-hand';
      readonly byHand: HostsByHand;
      readonly reason: string;
      readonly tunnel?: HostsTunnelChange;
    };

/** What became of the tunnel of the names along with them. */
export interface HostsTunnelChange {
  readonly how: 'added' | 'changed' | 'removed';
  readonly label: string;
}

export interface HostsHistoryEntry {
  readonly id: string;
  readonly serverId: string;
  readonly serverName: string;
  readonly atMs: number;
  readonly how: 'written' | 'removed' | 'restored';
  /** Our block before and after; null: there was none. */
  readonly before: readonly string[] | null;
  readonly after: readonly string[] | null;
  /** The whole file as it was before, in the data folder; null: not kept. */
  readonly backup: string | null;
}

/** The tunnel behind names that lead into one. */
export interface HostsTunnel {
  readonly forwardId: string | null;
  /** What to add, or to change it to; null: it is as it should be. */
  readonly draft: ForwardDraft | null;
  /** Why it is not port 80 here; null where it is. */
  readonly portReason: string | null;
}

interface WithForwards {
  readonly forwards: readonly Forward[];
}

/** The forward that names lead into: to port 80 of the server itself. */
export function webForward({ forwards }: WithForwards): Forward | null {
  return forwards.find((each) => each.wanted && leadsToWeb(each)) ?? forwards.find(leadsToWeb) ?? null;
}

/** Whether one of the names that are on leads through the tunnel. */
export const needsTunnel = ({ on, names }: HostsWish): boolean => on && names.some(({ to }) => to.kind === 'tunnel');

/** The forward that goes when no name needs it any more: made for names, still theirs, and of no stack. */
export function forwardOfNames(profile: WithForwards & { readonly stacks: readonly InstalledStack[] }): Forward | null {
  const { forwards, stacks } = profile;
  const isFree = ({ id }: { readonly id: string }) => !stacks.some((each) => each.forwardId === id);
  return forwards.find((each) => each.forNames === true && leadsToWeb(each) && isFree(each)) ?? null;
}

const leadsToWeb = ({ target }: ForwardDraft): boolean => target.port === 80 && isOwnHost(target.host);

/** What a browser opens for a name, with the port that is really in use; null while there is no tunnel for it. */
export function nameUrl({ name, to }: HostsName, profile: WithForwards): string | null {
  if (to.kind !== 'tunnel') return `http://${name}/`;
  const forward = webForward(profile);
  if (forward === null) return null;
  const { port } = forward.bind;
  return port === 80 ? `http://${name}/` : `http://${name}:${String(port)}/`;
}
