/** `discover`: what listens on a server, and tunnels to it. */
import type { Command } from 'commander';
import type { ForwardDraft } from '../../shared/forward.ts';
import type { FoundPort } from '../../shared/services.ts';
import { adoptCommand } from '../../shared/setup/password-words.ts';
import { wrongUse } from '../exit-codes.ts';
import { addForwardCommand } from '../terminal/fix-commands.ts';
import { tableLines } from '../terminal/text-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { portOf } from '../../core/servers/forward-spec.ts';
import { connectedServer } from './connected.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { timeoutOption, type PatienceOption } from './patience.ts';

interface DiscoverOptions extends JsonOption, PatienceOption {
  readonly add?: readonly string[];
}

export function addDiscoverCommand(program: Command, context: Context): void {
  addCommand(program, 'discover <server>', 'what listens on a server, guessed by asking it, with tunnels to it')
    .option('--add <port...>', 'add tunnels to these ports of the server, or to all: --add all')
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      `
Connects the server where it is not. Reads only: nothing is changed on the server.

Examples:
  mooring discover lab-vm
  mooring discover lab-vm --add 5000 8888`,
    )
    .action(async (typed: string, options: DiscoverOptions) => {
      const session = await context.core();
      const { profile } = await connectedServer(context, session, typed, options);
      const serverId = profile.id;
      context.terminal.progress(`Asking what listens on ${profile.name}`);
      const { found } = await session.call('services.discover', { serverId });
      const drafts = chosen(found, options.add ?? []);
      const added: string[] = [];
      for (const draft of drafts) {
        const { forwardId } = await session.call('forwards.add', { serverId, draft });
        added.push(forwardId);
      }
      show(context, options, options.add ? { found, added } : found, () => [
        ...foundLines(context.terminal, profile.name, found, drafts),
      ]);
    });
}

/** Ends the command for a port that nothing listens on, or that has a tunnel. */
function chosen(found: readonly FoundPort[], wanted: readonly string[]): readonly ForwardDraft[] {
  if (wanted.includes('all')) return found.flatMap(({ draft }) => draft ?? []);
  return wanted.map((typed) => {
    const port = portOf(typed);
    if (port === null) throw wrongUse(`${typed} is not a port.`, 'Ports are 1 to 65535; or write all.');
    const one = found.find((each) => each.port === port);
    if (!one) throw wrongUse(`Nothing that wants a tunnel listens on ${typed}.`, 'Look without --add what there is.');
    if (!one.draft) throw wrongUse(`There is a tunnel to ${typed} already.`, 'Leave it out.');
    return one.draft;
  });
}

function foundLines(
  terminal: Terminal,
  name: string,
  found: readonly FoundPort[],
  added: readonly ForwardDraft[],
): readonly string[] {
  if (found.length === 0) return ['Nothing listens there that wants a tunnel.'];
  const lines = tableLines(
    found.map((each) => [
      each.isBroken ? terminal.colour('red', '✕') : terminal.colour('green', '●'),
      String(each.port),
      each.words,
      terminal.colour('dim', [each.program, each.isOpen ? 'open to the network' : null].filter(Boolean).join(', ')),
      toldOf(each, added),
    ]),
    '',
    terminal.columns,
  );
  const open = found.filter(({ draft }) => draft && !added.includes(draft));
  const offered = open.flatMap(({ draft, adoptable }) => (draft && adoptable === undefined ? [draft] : []));
  const stacks = new Set(open.flatMap(({ adoptable }) => adoptable ?? []));
  const told = (title: string, commands: readonly string[]) =>
    commands.length === 0 ? [] : ['', title, ...commands.map((each) => `  ${each}`)];
  return [
    ...lines,
    ...told(
      'Set up by Mooring from elsewhere. Take it over, with its tunnels and its login:',
      [...stacks].map((each) => adoptCommand(name, each)),
    ),
    ...told(
      'Add tunnels:',
      offered.map((each) => addForwardCommand(name, each)),
    ),
  ];
}

function toldOf({ forwardId, draft }: FoundPort, added: readonly ForwardDraft[]): string {
  if (draft && added.includes(draft)) return `added at ${draft.bind.address}:${String(draft.bind.port)}`;
  return forwardId === null ? '' : 'has a tunnel';
}
