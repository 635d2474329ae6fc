/**
 * The tray as data: a pure function of the snapshot. The shell only draws it. No label holds a running time, so that the
 * menu changes only when something has happened: a panel builds an open menu anew on every change.
 */
import type { CallArgs, CallName } from '../../shared/contract.ts';
import type { WindowView } from '../../shared/desktop.ts';
import { forwardUrl, type Forward } from '../../shared/forward.ts';
import type { Prompt } from '../../shared/prompt.ts';
import { isServiceBroken, type ServiceView } from '../../shared/services.ts';
import type { ForwardState, ServerView, Snapshot } from '../../shared/snapshot.ts';
import {
  describeAll,
  describePrompt,
  forwardLight,
  isBound,
  isForwardOn,
  lightShape,
  lightWords,
  localAddress,
  runAsks,
  serverLight,
  tunnelsLight,
  worstLight,
  type Light,
} from '../../shared/words.ts';
import { shortenEach, withShortNames } from './short-texts.ts';

export interface TrayMenu {
  /** The worst state of all that is wanted. */
  readonly light: Light;
  readonly tooltip: string;
  readonly items: readonly TrayItem[];
}

export type TrayItem =
  | { readonly kind: 'separator' }
  /** Words alone, not to be clicked. */
  | { readonly kind: 'note'; readonly label: string }
  | { readonly kind: 'action'; readonly label: string; readonly enabled: boolean; readonly action: TrayAction }
  | { readonly kind: 'tick'; readonly label: string; readonly ticked: boolean; readonly action: TrayAction }
  | { readonly kind: 'submenu'; readonly label: string; readonly items: readonly TrayItem[] };

export type TrayAction =
  | { [K in CallName]: { readonly kind: 'call'; readonly name: K; readonly args: CallArgs<K> } }[CallName]
  | { readonly kind: 'open-window'; readonly view: WindowView | null }
  | { readonly kind: 'open-url'; readonly url: string }
  | { readonly kind: 'copy'; readonly text: string }
  | { readonly kind: 'quit' };

/** Rows of servers that are laid out flat; with more, each server becomes a submenu. Half a small screen is filled. */
const flatRows = 16;
/** Servers in the menu itself; the others are in a submenu of it. Keeps the menu on a small screen without scrolling. */
const topServers = 15;
/** Questions that have an item each. */
const topQuestions = 3;
/** Web pages of a server that have an item each. */
const topPages = 2;

/** Longest texts, in characters. */
const wishLength = 40;
/** Windows cuts a tooltip after 127. */
const tooltipLength = 120;

const separator: TrayItem = { kind: 'separator' };

export function trayMenu(snapshot: Snapshot): TrayMenu {
  const short = { ...snapshot, servers: withShortNames(snapshot.servers) };
  const { servers } = short;
  const words = describeAll(short);
  return {
    light: worstLight(servers.filter((each) => each.profile.wanted).map(worstOf)),
    tooltip: shortenEach([`Mooring: ${words}`], tooltipLength)(`Mooring: ${words}`),
    items: sections([
      [{ kind: 'note', label: words }, ...updateItems(short), ...questionItems(short)],
      ...(servers.length === 0 ? [[openItem('Set up…', { kind: 'home' })]] : serverSections(short)),
      servers.length === 0 ? [] : allItems(servers),
      [
        openItem('Open Mooring', null),
        openItem('Set up a new VM…', { kind: 'new-vm' }),
        openItem('Settings', { kind: 'settings' }),
      ],
      [act('Quit Mooring', { kind: 'quit' })],
    ]),
  };
}

/** The tunnels count while the connection is being made, too: one whose port is taken does not come up with it. */
function worstOf(server: ServerView): Light {
  const on = server.profile.forwards.filter((each) => isForwardOn(server.profile, each));
  return worstLight([
    serverLight(server),
    ...on.map((each) => forwardLight(stateOf(server, each), undefined, serviceOf(server, each))),
  ]);
}

function updateItems({ desktop }: Snapshot): readonly TrayItem[] {
  if (desktop?.updates.kind !== 'ready') return [];
  return [act(`Restart to update to ${desktop.updates.version}`, call('updates.install', {}))];
}

/** What waits for an answer; the answer is given in the window. */
function questionItems({ prompts, servers }: Snapshot): readonly TrayItem[] {
  if (prompts.length > topQuestions) {
    return [openItem(`▲ Answer ${String(prompts.length)} questions…`, { kind: 'home' })];
  }
  return prompts.map((prompt) => {
    const server = servers.find((each) => each.profile.id === prompt.serverId);
    return server
      ? openItem(`▲ Answer ${server.profile.name}…`, { kind: 'server', serverId: server.profile.id })
      : openItem(`▲ Answer: ${wishOf(prompt)}`, null);
  });
}

/** Few servers are laid out with all they have; of many, each has a submenu, and what is on comes before what is off. */
function serverSections({ servers, prompts }: Snapshot): readonly (readonly TrayItem[])[] {
  const flat = servers.map((server) => [
    openItem(serverLabel(server, prompts), { kind: 'server', serverId: server.profile.id }),
    ...tickItems(server),
    ...toolItems(server),
  ]);
  if (flat.reduce((rows, each) => rows + each.length, 0) <= flatRows) return flat;
  const nested = servers.map((server) => serverSubmenu(server, prompts));
  if (nested.length <= topServers) return [nested];
  const onFirst = [...servers].sort((a, b) => Number(b.profile.wanted) - Number(a.profile.wanted));
  const rest = new Set(onFirst.slice(topServers));
  const light = lightShape[worstLight([...rest].map(serverLight))];
  const more = `${light} ${String(rest.size)} more ${rest.size === 1 ? 'server' : 'servers'}`;
  const pick = (wish: boolean) => nested.filter((_item, at) => servers[at] && rest.has(servers[at]) === wish);
  return [[...pick(false), submenu(more, pick(true))]];
}

function serverSubmenu(server: ServerView, prompts: readonly Prompt[]): TrayItem {
  return submenu(
    serverLabel(server, prompts),
    sections([
      tickItems(server),
      toolItems(server),
      [openItem('Show in Mooring', { kind: 'server', serverId: server.profile.id })],
    ]),
  );
}

function tickItems(server: ServerView): readonly TrayItem[] {
  return server.profile.forwards.map((forward) => {
    const on = isForwardOn(server.profile, forward);
    const trouble = on ? forwardTrouble(stateOf(server, forward), serviceOf(server, forward)) : '';
    return {
      kind: 'tick',
      label: `${addressLabel(forward)}${trouble}`,
      ticked: on,
      action: call('wanted.set', { serverId: server.profile.id, forwardId: forward.id, on: !on }),
    };
  });
}

/** Open, copy, connect: everything but the ticks. */
function toolItems(server: ServerView): readonly TrayItem[] {
  const { id: serverId, name, forwards, wanted } = server.profile;
  const pages = forwards.flatMap((forward) => {
    const url = forwardUrl(forward);
    if (url === null) return [];
    const enabled = isForwardOn(server.profile, forward) && isBound(stateOf(server, forward));
    const item = (label: string) => act(label, { kind: 'open-url', url }, enabled);
    return [{ item, forward }];
  });
  const copy = (label: string, forward: Forward) => act(label, { kind: 'copy', text: localAddress(forward) });
  return [
    ...(pages.length > topPages
      ? [
          submenu(
            'Open in browser',
            pages.map(({ item, forward }) => item(addressLabel(forward))),
          ),
        ]
      : pages.map(({ item, forward }) => item(`Open ${forward.label} in browser`))),
    ...(forwards.length > 1
      ? [
          submenu(
            'Copy address',
            forwards.map((each) => copy(addressLabel(each), each)),
          ),
        ]
      : forwards.map((each) => copy('Copy address', each))),
    ...(canRetry(server) ? [act(`Try ${name} again now`, call('connection.retry', { serverId }))] : []),
    act(`${wanted ? 'Disconnect' : 'Connect'} ${name}`, call('wanted.set', { serverId, on: !wanted })),
  ];
}

function allItems(servers: readonly ServerView[]): readonly TrayItem[] {
  const on = servers.filter((each) => each.profile.wanted).length;
  return [
    act('Connect all', call('wanted.set-all', { on: true }), on < servers.length),
    act('Disconnect all', call('wanted.set-all', { on: false }), on > 0),
  ];
}

/** `● lab-vm · up`. */
function serverLabel(server: ServerView, prompts: readonly Prompt[]): string {
  return `${lightShape[serverLight(server)]} ${server.profile.name} · ${shortState(server, prompts)}`;
}

/** In a word or two. A try and the pause before it say the same, or the menu would change all the time. */
function shortState(server: ServerView, prompts: readonly Prompt[]): string {
  const state = server.connection;
  switch (state.kind) {
    case 'off':
      return 'off';
    case 'connecting':
      return state.attempt > 1 ? 'trying again' : 'connecting';
    case 'waiting':
      return 'trying again';
    case 'up': {
      const asked = runAsks(server);
      if (asked !== null) return needsYou(asked, prompts);
      const broken = server.forwards.filter((each) => forwardLight(each.state, 'up', each.service) === 'failed').length;
      if (broken > 0) return `${String(broken)} ${broken === 1 ? 'tunnel' : 'tunnels'} broken`;
      return serverLight(server) === 'working' ? 'tunnels starting' : 'up';
    }
    case 'needs-you':
      return needsYou(state.promptId, prompts);
    case 'failed':
      return 'failed';
    default:
      return state satisfies never;
  }
}

function needsYou(promptId: string, prompts: readonly Prompt[]): string {
  const asked = prompts.find((each) => each.id === promptId);
  return `${lightWords['needs-you']}${asked ? `: ${wishOf(asked)}` : ''}`;
}

/** What a tunnel that is on has against it, to follow its address; empty when nothing. */
function forwardTrouble(state: ForwardState, service: ServiceView | null): string {
  switch (state.kind) {
    case 'off':
    case 'starting':
    case 'holding':
      return '';
    case 'up':
      return isServiceBroken(service) ? ` ${lightShape.failed} ${serviceTrouble(service)}` : '';
    case 'target-failed':
      return ` ${lightShape.failed} service not reached`;
    case 'port-taken':
      return ` ${lightShape.failed} port taken`;
    case 'failed':
      return ` ${lightShape.failed} failed`;
    default:
      return state satisfies never;
  }
}

/** Few words: menus are narrow, and the window has the rest. */
function serviceTrouble(service: ServiceView | null): string {
  if (service?.port.state === 'failed') return 'service not reached';
  if (service?.service.state === 'failed') return 'another service';
  return service?.login.state === 'failed' ? 'login refused' : 'not well';
}

/** Something is there to be tried again. The same during a try and in the pause before it, as in {@link shortState}. */
function canRetry(server: ServerView): boolean {
  const state = server.connection;
  if (!server.profile.wanted) return false;
  return (
    tunnelsLight(server) === 'failed' || state.kind === 'waiting' || (state.kind === 'connecting' && state.attempt > 1)
  );
}

function stateOf(server: ServerView, forward: Forward): ForwardState {
  return server.forwards.find((each) => each.forwardId === forward.id)?.state ?? { kind: 'off' };
}

function serviceOf(server: ServerView, forward: Forward): ServiceView | null {
  return server.forwards.find((each) => each.forwardId === forward.id)?.service ?? null;
}

/** `MLflow  127.0.0.1:5001`. */
const addressLabel = (forward: Forward) => `${forward.label}  ${localAddress(forward)}`;

function wishOf(prompt: Prompt): string {
  const wish = describePrompt(prompt);
  return shortenEach([wish], wishLength)(wish);
}

const act = (label: string, action: TrayAction, enabled = true): TrayItem => ({
  kind: 'action',
  label,
  enabled,
  action,
});
const openItem = (label: string, view: WindowView | null) => act(label, { kind: 'open-window', view });
const submenu = (label: string, items: readonly TrayItem[]): TrayItem => ({ kind: 'submenu', label, items });
type Call = Extract<TrayAction, { readonly kind: 'call' }>;
const call = <K extends CallName>(name: K, args: CallArgs<K>) =>
  ({ kind: 'call', name, args }) as Extract<Call, { name: K }>;

/** Lines between the sections that have something in them. */
const sections = (parts: readonly (readonly TrayItem[])[]): readonly TrayItem[] =>
  parts.filter((each) => each.length > 0).flatMap((each, at) => (at === 0 ? each : [separator, ...each]));
