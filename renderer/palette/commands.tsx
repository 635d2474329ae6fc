/** Every action as data, made from the snapshot; what one is looking at comes first. */
import {
  IconArrowRight,
  IconCopy,
  IconExternalLink,
  IconKey,
  IconListDetails,
  IconLogin2,
  IconMessageReport,
  IconPencil,
  IconPlayerPlay,
  IconPlug,
  IconPlugOff,
  IconPlus,
  IconPower,
  IconRefresh,
  IconServerBolt,
  IconSettings,
  IconStethoscope,
  IconSunMoon,
  IconTrash,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { DesktopView } from '../../main/shared/desktop.ts';
import { forwardUrl, type Forward } from '../../main/shared/forward.ts';
import type { ServerProfile } from '../../main/shared/server.ts';
import { logsInByPassword } from '../../main/shared/keys.ts';
import { themes } from '../../main/shared/settings.ts';
import type { ServerView, Snapshot } from '../../main/shared/snapshot.ts';
import { describePrompt, isForwardOn, localAddress, loginAddress, serverLight } from '../../main/shared/words.ts';
import { act, showDone } from '../api/act.ts';
import { copyEnvironment } from '../environment/copy-environment.ts';
import { useChoice } from '../environment/environment-store.ts';
import { duplicateServer, forgetSecrets, startDemo, writeKnownHosts } from '../servers/server-actions.ts';
import { StateShape } from '../shell/StateShape.tsx';
import { copyToClipboard } from '../shell/use-clipboard.ts';
import { goTo, goToDoctor, goToNewVm, openDialog, resumePrompt } from '../shell/ui-store.ts';

export interface Command {
  readonly id: string;
  readonly label: string;
  /** Where it acts, or what it acts on. */
  readonly note: string;
  readonly icon: ReactNode;
  readonly run: () => void;
}

const size = 16;
const mostShown = 40;

/** Every word of the query must be found; those found in the label itself come first. */
export function findCommands(commands: readonly Command[], query: string): readonly Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = ({ label, note }: Command): number => {
    const whole = `${label} ${note}`.toLowerCase();
    if (!words.every((word) => whole.includes(word))) return -1;
    return words.every((word) => label.toLowerCase().includes(word)) ? 0 : 1;
  };
  return commands
    .map((command) => ({ command, rank: rank(command) }))
    .filter((each) => each.rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, mostShown)
    .map((each) => each.command);
}

export function commandsFor(snapshot: Snapshot, selectedId: string | null): readonly Command[] {
  const here = snapshot.servers.filter((each) => each.profile.id === selectedId);
  const others = snapshot.servers.filter((each) => each.profile.id !== selectedId);
  return [
    ...promptCommands(snapshot),
    ...here.flatMap((each) => [...serverCommands(each), ...tunnelCommands(each)]),
    ...snapshot.servers.filter((each) => each.profile.id !== selectedId).map(goToCommand),
    ...appCommands(snapshot),
    ...others.flatMap((each) => [...serverCommands(each), ...tunnelCommands(each)]),
  ];
}

function promptCommands({ prompts, servers }: Snapshot): readonly Command[] {
  return prompts.map((prompt) => ({
    id: `prompt ${prompt.id}`,
    label: `Answer: ${describePrompt(prompt)}`,
    note: servers.find((each) => each.profile.id === prompt.serverId)?.profile.name ?? 'Mooring',
    icon: <StateShape light="needs-you" size={size} />,
    run: () => {
      resumePrompt(prompt.id);
    },
  }));
}

const goToCommand = (server: ServerView): Command => ({
  id: `go ${server.profile.id}`,
  label: `Go to ${server.profile.name}`,
  note: loginAddress(server.profile),
  icon: <StateShape light={serverLight(server)} size={size} />,
  run: () => {
    goTo(server.profile.id);
  },
});

function serverCommands(server: ServerView): readonly Command[] {
  const { profile, connection, secrets } = server;
  const { id: serverId, name, wanted, demo } = profile;
  const of = (label: string, icon: ReactNode, run: () => void): Command => ({
    id: `${label} ${serverId}`,
    label,
    note: name,
    icon,
    run,
  });
  const own: readonly Command[] = [
    of('Edit server', <IconPencil size={size} />, () => {
      openDialog({ kind: 'edit-server', serverId });
    }),
    ...(logsInByPassword(server)
      ? [
          of('Log in with a key…', <IconKey size={size} />, () => {
            openDialog({ kind: 'install-key', serverId });
          }),
        ]
      : []),
    of('Duplicate server', <IconCopy size={size} />, () => void duplicateServer(serverId)),
    of('Write host key to known_hosts', <IconPencil size={size} />, () => void writeKnownHosts(serverId)),
    ...(secrets.length > 0
      ? [of('Forget saved secrets', <IconTrash size={size} />, () => void forgetSecrets(profile))]
      : []),
  ];
  return [
    of(wanted ? 'Disconnect' : 'Connect', wanted ? <IconPlugOff size={size} /> : <IconPlug size={size} />, () => {
      void act('wanted.set', { serverId, on: !wanted });
    }),
    ...(connection.kind === 'waiting' || connection.kind === 'failed'
      ? [of('Try again now', <IconRefresh size={size} />, () => void act('connection.retry', { serverId }))]
      : []),
    of('Show logs', <IconListDetails size={size} />, () => {
      goTo(serverId, 'logs');
    }),
    of('Show tunnels', <IconListDetails size={size} />, () => {
      goTo(serverId, 'tunnels');
    }),
    of('Set up or change what runs there', <IconServerBolt size={size} />, () => {
      goTo(serverId, 'setup');
    }),
    of('Names in the hosts file', <IconListDetails size={size} />, () => {
      goTo(serverId, 'hosts');
    }),
    ...environmentCommands(profile, of),
    of('Add tunnel', <IconPlus size={size} />, () => {
      openDialog({ kind: 'add-tunnel', serverId, presetName: 'mlflow' });
    }),
    ...(demo ? [] : own),
    of('Remove server', <IconTrash size={size} />, () => {
      openDialog({ kind: 'remove-server', serverId });
    }),
  ];
}

type Make = (label: string, icon: ReactNode, run: () => void) => Command;

/** Where there is something that clients could use. */
function environmentCommands({ id: serverId, stacks, forwards }: ServerProfile, of: Make): readonly Command[] {
  const isThere = stacks.length > 0 || forwards.some(({ service }) => ['mlflow', 's3', 'postgres'].includes(service));
  if (!isThere) return [];
  const { format, environments } = useChoice.getState();
  const copy = (withSecrets: boolean) => () =>
    void copyEnvironment({ serverId, environment: environments[serverId], format, withSecrets });
  return [
    of('Copy ML environment', <IconCopy size={size} />, copy(false)),
    of('Copy ML environment with secrets', <IconKey size={size} />, copy(true)),
    of('Show environment', <IconListDetails size={size} />, () => {
      goTo(serverId, 'environment');
    }),
  ];
}

const tunnelCommands = ({ profile }: ServerView): readonly Command[] =>
  profile.forwards.flatMap((forward) => commandsOfTunnel(profile, forward));

function commandsOfTunnel(profile: ServerView['profile'], forward: Forward): readonly Command[] {
  const { id: serverId, name } = profile;
  const on = isForwardOn(profile, forward);
  const url = forwardUrl(forward);
  const address = localAddress(forward);
  const of = (label: string, icon: ReactNode, run: () => void): Command => ({
    id: `${label} ${serverId} ${forward.id}`,
    label,
    note: `${name} · ${address}`,
    icon,
    run,
  });
  return [
    ...(url !== null && on
      ? [
          of(`Open ${forward.label}`, <IconExternalLink size={size} />, () => {
            window.open(url, '_blank', 'noreferrer');
          }),
        ]
      : []),
    of(`Copy address of ${forward.label}`, <IconCopy size={size} />, () => {
      void copyToClipboard(address).then((copied) => {
        if (copied) showDone(`${address} is on the clipboard.`);
      });
    }),
    of(
      `Turn ${forward.label} ${on ? 'off' : 'on'}`,
      on ? <IconPlugOff size={size} /> : <IconPlug size={size} />,
      () => {
        void act('wanted.set', { serverId, forwardId: forward.id, on: !on });
      },
    ),
    of(`Edit tunnel ${forward.label}`, <IconPencil size={size} />, () => {
      openDialog({ kind: 'edit-tunnel', serverId, forwardId: forward.id });
    }),
  ];
}

type MakeCommand = (label: string, note: string, icon: ReactNode, run: () => void) => Command;

function desktopCommands({ loginItem, updates }: DesktopView, of: MakeCommand): readonly Command[] {
  const on = loginItem.kind === 'on';
  return [
    ...(loginItem.kind === 'unknown'
      ? []
      : [
          of(`Start at login: ${on ? 'off' : 'on'}`, '', <IconLogin2 size={size} />, () => {
            void act('login-item.set', { on: !on });
          }),
        ]),
    ...(updates.kind === 'unavailable'
      ? []
      : [
          of('Check for updates', '', <IconRefresh size={size} />, () => {
            void act('updates.check', {});
            // Where the answer appears.
            openDialog({ kind: 'settings' });
          }),
        ]),
  ];
}

function appCommands(snapshot: Snapshot): readonly Command[] {
  const of: MakeCommand = (label, note, icon, run) => ({ id: label, label, note, icon, run });
  const some = snapshot.servers.length > 0;
  return [
    of('Add server', '', <IconPlus size={size} />, () => {
      openDialog({ kind: 'add-server' });
    }),
    of('Set up a new VM', 'from a bare machine to MLflow', <IconServerBolt size={size} />, goToNewVm),
    ...(some
      ? [
          of('Connect all', 'every server', <IconPlug size={size} />, () => void act('wanted.set-all', { on: true })),
          of('Disconnect all', 'every server', <IconPlugOff size={size} />, () => {
            void act('wanted.set-all', { on: false });
          }),
        ]
      : []),
    of('Start the demo', 'a server inside this app', <IconPlayerPlay size={size} />, () => void startDemo()),
    of('Doctor', 'what is wrong, and what to do', <IconStethoscope size={size} />, () => {
      goToDoctor(null);
    }),
    of('Settings', '', <IconSettings size={size} />, () => {
      openDialog({ kind: 'settings' });
    }),
    ...themes
      .filter((theme) => theme !== snapshot.settings.theme)
      .map((theme) =>
        of(`Theme: ${theme === 'system' ? 'as the system' : theme}`, '', <IconSunMoon size={size} />, () => {
          void act('settings.set', { patch: { theme } });
        }),
      ),
    of('Report a problem', 'a text to read first', <IconMessageReport size={size} />, () => {
      openDialog({ kind: 'report' });
    }),
    ...(snapshot.desktop ? desktopCommands(snapshot.desktop, of) : []),
    of('Check the keychain again', '', <IconArrowRight size={size} />, () => void act('keychain.probe', {})),
    of('Quit Mooring', 'tunnels end too', <IconPower size={size} />, () => void act('app.quit', { careful: true })),
  ];
}
