/** Names in the hosts file in words, the same in window and terminal. */
import { formatEndpoint } from './forward.ts';
import type {
  HostsConflict,
  HostsDrift,
  HostsFileView,
  HostsHistoryEntry,
  HostsName,
  HostsTunnel,
  HostsTunnelChange,
  HostsView,
  HostsWay,
  NameAnswer,
} from './hosts.ts';
import type { ServerProfile } from './server.ts';
import type { Light } from './words.ts';

/** How many of something: `1 name`, `8 names`. */
const count = (number: number, what: string): string => `${String(number)} ${what}${number === 1 ? '' : 's'}`;

/** Of a file that MOORING_HOSTS_FILE names; without a full stop. */
export const describeStandIn = ({ path }: Pick<HostsFileView, 'path'>): string =>
  `${path} stands in for the system’s hosts file: no program asks it`;
export const standInHint = 'Start Mooring without MOORING_HOSTS_FILE to write the real one.';

/** Of names that lead into a tunnel which is not there. */
export const describeTunnelNeeded = (serverName: string): string =>
  `These names need a tunnel to port 80 of ${serverName}.`;

/** What is to become of the tunnel of names; null: nothing. */
export function describeTunnelWish({ draft, forwardId }: HostsTunnel, serverName: string): string | null {
  if (draft === null) return null;
  if (forwardId !== null) return `The tunnel ${draft.label} is to listen on ::1 as well: macOS tries that first.`;
  const here = formatEndpoint(draft.bind.address, draft.bind.port);
  return `Tunnel ${draft.label}: ${here} leads to port 80 of ${serverName}. It is added.`;
}

/** Of the tunnel that goes when its names go. */
export const describeTunnelLeaving = (label: string): string =>
  `The tunnel ${label}, which was made for them, goes as well.`;

/** What has become of the tunnel of names, as a sentence. */
export function describeTunnelChange({ how, label }: HostsTunnelChange): string {
  switch (how) {
    case 'added':
      return `The tunnel ${label} was added for these names.`;
    case 'changed':
      return `The tunnel ${label} listens on ::1 too now.`;
    case 'removed':
      return `The tunnel ${label}, which was made for these names, is gone as well.`;
    default:
      return how satisfies never;
  }
}

export function describeHosts(
  { hosts }: Pick<ServerProfile, 'hosts'>,
  view: HostsView,
  { path, failure }: Pick<HostsFileView, 'path' | 'failure'>,
): string {
  if (view.writing) return 'Waiting for leave from the system';
  if (view.drift?.kind === 'gone') return `Taken out of ${path} by somebody else`;
  if (view.drift) return `Changed in ${path} by somebody else`;
  if (hosts.names.length === 0 && view.inFile === null) return 'No names';
  if (!hosts.on) return view.inFile === null ? 'Off' : `Off, but still in ${path}`;
  // Nobody can tell what is in a file that can't be read, or whose markers are damaged.
  if (failure !== null) return `Can’t be told until ${path} is put right`;
  if (view.pending) return view.inFile === null ? `Not in ${path} yet` : `Not all as written in ${path}`;
  const wrong = view.names.filter((each) => each.trouble !== null).length;
  if (wrong > 0) {
    return `${String(wrong)} of ${count(view.names.length, 'name')} lead${wrong === 1 ? 's' : ''} elsewhere`;
  }
  return `${count(view.names.length, 'name')} in ${path}`;
}

export function hostsLight({ hosts }: Pick<ServerProfile, 'hosts'>, view: HostsView): Light {
  if (view.writing) return 'working';
  if (view.drift) return 'needs-you';
  if (view.failure) return 'failed';
  if (view.pending) return hosts.on || view.inFile !== null ? 'needs-you' : 'off';
  if (!hosts.on || hosts.names.length === 0) return 'off';
  return view.names.some((each) => each.trouble !== null) ? 'failed' : 'up';
}

export function describeAnswer({ answers, trouble }: NameAnswer): string {
  if (answers === null) return 'not asked';
  if (answers.length === 0) return 'answers nothing';
  return trouble ? `answers ${answers.join(', ')} instead` : `answers ${answers.join(', ')}`;
}

export function describeTo({ to }: HostsName): string {
  switch (to.kind) {
    case 'tunnel':
      return 'through the tunnel';
    case 'server':
      return 'to the server itself';
    case 'address':
      return `to ${to.address}`;
    default:
      return to satisfies never;
  }
}

export function describeDrift(drift: HostsDrift, path: string): string {
  switch (drift.kind) {
    case 'changed':
      return `Somebody else changed these names in ${path}.`;
    case 'gone':
      return `Somebody else took these names out of ${path}.`;
    case 'unknown':
      return `There are names of this server in ${path} that Mooring does not remember writing.`;
    default:
      return drift satisfies never;
  }
}

export function describeConflict({ name, address, line, wins }: HostsConflict): string {
  const which = wins ? 'It stands first, so it is the one that counts' : 'It stands behind yours, which counts';
  return `Line ${String(line)} gives ${name} to ${address} too. ${which}.`;
}

export const describeWay: Readonly<Record<HostsWay, string>> = {
  direct: 'You may write this file: nobody is asked.',
  pkexec: 'Your system asks for an administrator’s password.',
  osascript: 'macOS asks for an administrator’s password.',
  runas: 'Windows asks whether Mooring may change the file.',
  'by-hand': 'Nothing here can ask for more rights: you get the command to paste.',
};

export function describeEntry({ how, after }: HostsHistoryEntry): string {
  const lines = after?.length ?? 0;
  if (how === 'restored') return lines === 0 ? 'Put back: no names' : `Put back: ${count(lines, 'line')}`;
  return how === 'removed' || lines === 0 ? 'Taken out' : `Written: ${count(lines, 'line')}`;
}
