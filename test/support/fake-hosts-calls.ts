/**
 * What the fake core does with names in the hosts file: it has one in memory. A server whose name ends in `-asks` gets no
 * leave from its system, one in `-refused` is told no by its person, one in `-drift` had its block changed by somebody.
 */
import { editFor, applyEdit, findBlock } from '../../main/core/hosts/hosts-edit.ts';
import { diffLines, wishedLines } from '../../main/core/hosts/hosts-lines.ts';
import { parseNames } from '../../main/core/hosts/hosts-names.ts';
import { readHosts } from '../../main/core/hosts/hosts-text.ts';
import type { CallArgs, CallName, CallValue } from '../../main/shared/contract.ts';
import type { FailureCode } from '../../main/shared/failure.ts';
import {
  forwardOfNames,
  needsTunnel,
  webForward,
  type HostsHistoryEntry,
  type HostsOutcome,
  type HostsTunnel,
  type HostsWish,
} from '../../main/shared/hosts.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { noTunnel } from './hosts-snapshots.ts';

type HostsCall = Extract<CallName, `hosts.${string}`>;
type Handlers = { [K in HostsCall]: (args: CallArgs<K>) => CallValue<K> | Promise<CallValue<K>> };

interface Around {
  server(serverId: string): ServerView;
  change(serverId: string, with_: (view: ServerView) => ServerView): void;
  refuse(code: FailureCode, message: string): never;
}

export function createFakeHosts({ server, change, refuse }: Around): Handlers {
  let text = '127.0.0.1 localhost\n';
  const history: HostsHistoryEntry[] = [];
  const leads = { tunnel: ['127.0.0.1'], server: ['192.0.2.7'] };
  const wantedOf = ({ profile }: ServerView) => ({
    id: profile.id,
    label: profile.name,
    lines: profile.hosts.on ? (wishedLines(profile.hosts.names, leads) ?? []) : [],
  });
  const tell = (serverId: string): void => {
    const view = server(serverId);
    const { id, lines } = wantedOf(view);
    const inFile = findBlock(readHosts(text), id)?.body ?? null;
    const names = view.profile.hosts.names.map(({ name }) => ({
      name,
      wanted: ['127.0.0.1'],
      answers: inFile ? ['127.0.0.1'] : [],
      tookMs: 1,
      trouble: null,
    }));
    const pending = JSON.stringify(inFile ?? []) !== JSON.stringify(lines);
    change(serverId, (now) => ({ ...now, hosts: { ...now.hosts, inFile, wished: lines, pending, names } }));
  };
  const byHand = (lines: readonly string[]) => ({ lines, command: "printf '%s\\n' … | sudo tee -a /etc/hosts" });
  const wishing = (view: ServerView, hosts: HostsWish = view.profile.hosts): ServerView => ({
    ...view,
    profile: { ...view.profile, hosts },
  });
  const judge = (hosts: HostsWish, confirmed: boolean | undefined): void => {
    if (hosts.names.some(({ to }) => to.kind === 'address') && !confirmed) {
      refuse('needs-you', '10.0.0.1 is neither this computer nor the server.');
    }
    if (hosts.names.some(({ name }) => name.includes(' '))) {
      refuse('invalid-argument', 'A name must not have spaces or invisible characters in it');
    }
  };
  const tunnelOf = ({ profile }: ServerView): HostsTunnel => ({
    forwardId: webForward(profile)?.id ?? null,
    draft: webForward(profile) === null ? noTunnel.draft : null,
    portReason: noTunnel.portReason,
  });
  const write = (
    serverId: string,
    how: HostsHistoryEntry['how'],
    overDrift: boolean,
    wish?: HostsWish,
  ): HostsOutcome => {
    const view = wishing(server(serverId), wish);
    const { name } = view.profile;
    const wanted = wantedOf(view);
    if (name.endsWith('-drift') && !overDrift)
      refuse('conflict', `Somebody changed the names of ${name} in /etc/hosts.`);
    const edit = editFor(readHosts(text), wanted);
    if (edit !== null && name.endsWith('-refused')) return { kind: 'cancelled' };
    change(serverId, (now) => wishing(now, wish));
    if (edit === null) return { kind: 'unchanged' };
    if (name.endsWith('-asks'))
      return { kind: 'by-hand', byHand: byHand(wanted.lines), reason: 'There is no pkexec here.' };
    const before = findBlock(readHosts(text), serverId)?.body ?? null;
    text = applyEdit(text, edit);
    const after = wanted.lines.length > 0 ? wanted.lines : null;
    const id = `entry-${String(history.length + 1)}`;
    history.unshift({ id, serverId, serverName: name, atMs: Date.now(), how, before, after, backup: null });
    tell(serverId);
    return { kind: 'written' };
  };
  return {
    'hosts.get': ({ serverId }) => {
      tell(serverId);
      return {
        view: server(serverId).hosts,
        file: { path: '/etc/hosts', isSystem: true, way: 'direct', failure: null, nameOrder: null, strays: [] },
        tunnel: tunnelOf(server(serverId)),
      };
    },
    'hosts.set': ({ serverId, hosts, confirmed }) => {
      judge(hosts, confirmed);
      change(serverId, (view) => ({ ...view, profile: { ...view.profile, hosts } }));
      tell(serverId);
      return {};
    },
    'hosts.diff': ({ serverId, hosts, confirmed }) => {
      if (hosts !== undefined) judge(hosts, confirmed);
      const view = wishing(server(serverId), hosts);
      const wanted = wantedOf(view);
      const edit = editFor(readHosts(text), wanted);
      return {
        from: 'a'.repeat(64),
        changes: edit !== null,
        lines: diffLines(text, edit),
        way: 'direct',
        byHand: byHand(wanted.lines),
        tunnel: needsTunnel(view.profile.hosts) ? tunnelOf(view) : null,
        leaves: null,
        conflicts: [],
        warning: view.profile.name.endsWith('-empty') ? 'Nothing listens on port 80 there.' : null,
      };
    },
    'hosts.apply': ({ serverId, overDrift, hosts, confirmed, tunnel }) => {
      if (hosts !== undefined) judge(hosts, confirmed);
      const { draft } = tunnelOf(server(serverId));
      const wish = hosts ?? server(serverId).profile.hosts;
      const outcome = write(serverId, 'written', overDrift ?? false, wish);
      if (outcome.kind === 'cancelled' || tunnel !== true || draft === null || !needsTunnel(wish)) return outcome;
      const forward = { ...draft, id: `web-${serverId}`, wanted: true, forNames: true as const };
      change(serverId, (view) => ({
        ...view,
        profile: { ...view.profile, forwards: [...view.profile.forwards, forward] },
      }));
      return { ...outcome, tunnel: { how: 'added', label: draft.label } };
    },
    'hosts.remove': ({ serverId, overDrift }) => {
      const gone = forwardOfNames(server(serverId).profile);
      const off = { ...server(serverId).profile.hosts, on: false };
      const outcome = write(serverId, 'removed', overDrift ?? false, off);
      if (outcome.kind === 'cancelled' || gone === null) return outcome;
      change(serverId, (view) => ({
        ...view,
        profile: { ...view.profile, forwards: view.profile.forwards.filter(({ id }) => id !== gone.id) },
      }));
      return { ...outcome, tunnel: { how: 'removed', label: gone.label } };
    },
    'hosts.keep-theirs': ({ serverId }) => (server(serverId), {}),
    'hosts.history': ({ serverId }) => ({
      entries: history.filter((each) => serverId === undefined || each.serverId === serverId),
    }),
    'hosts.restore': ({ serverId }) => {
      if (!history.some((each) => each.serverId === serverId))
        refuse('not-found', 'Nothing was written that could be put back.');
      change(serverId, (view) => ({
        ...view,
        profile: { ...view.profile, hosts: { ...view.profile.hosts, on: false } },
      }));
      return write(serverId, 'restored', true);
    },
    'hosts.parse-text': ({ text: pasted }) => {
      const parsed = parseNames(pasted, { to: { kind: 'tunnel' }, serverAddresses: [], own: [] });
      return parsed.ok ? parsed.value : refuse(parsed.error.code, parsed.error.message);
    },
  };
}
