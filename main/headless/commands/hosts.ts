/** `hosts`: names of servers in the system's hosts file. */
import type { Command } from 'commander';
import { failure } from '../../shared/failure.ts';
import { formatEndpoint } from '../../shared/forward.ts';
import {
  hostsPresets,
  type HostsDiff,
  type HostsName,
  type HostsOutcome,
  type HostsTo,
  type HostsWish,
} from '../../shared/hosts.ts';
import { describeConflict, describeEntry, describeWay } from '../../shared/hosts-words.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { diffOutput, fileLines, hostsLines } from '../terminal/hosts-lines.ts';
import { suggest } from '../terminal/near-names.ts';
import { tableLines } from '../terminal/text-table.ts';
import { cancelled, confirmed } from './connected.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { findServer, quote } from './find.ts';

interface WriteOptions extends JsonOption {
  readonly yes?: boolean;
  readonly overDrift?: boolean;
}

interface ApplyOptions extends WriteOptions {
  readonly preset?: string;
  readonly name?: readonly string[];
  readonly text?: boolean;
  readonly to?: string;
  readonly foreign?: boolean;
  readonly forward: boolean;
}

const foreignWords = 'yes, to an address that is neither this computer’s nor the server’s';

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addHostsCommands(program: Command, context: Context): void {
  const hosts = program.command('hosts').description('names of servers in the system’s hosts file');

  addCommand(hosts, 'show [server]', 'names, what is in the file, and what they answer', true).action(
    async (typed: string | undefined, options: JsonOption) => {
      const session = await context.core();
      const before = await session.snapshot();
      const chosen = typed === undefined ? before.servers : [findServer(before, typed)];
      for (const { profile } of chosen) await session.call('hosts.get', { serverId: profile.id });
      const now = await session.snapshot();
      const ids = chosen.map((each) => each.profile.id);
      const servers = now.servers.filter((each) => ids.includes(each.profile.id));
      const value = {
        file: now.hosts,
        servers: servers.map(({ profile, hosts: view }) => ({
          id: profile.id,
          name: profile.name,
          wish: profile.hosts,
          view,
        })),
      };
      show(context, options, value, () => [
        ...fileLines(context.terminal, now.hosts),
        ...servers.flatMap((each) => hostsLines(context.terminal, each, now.hosts.path)),
      ]);
    },
  );

  addCommand(hosts, 'diff <server>', 'what writing would change').action(async (typed: string, options: JsonOption) => {
    const session = await context.core();
    const { profile } = findServer(await session.snapshot(), typed);
    const diff = await session.call('hosts.diff', { serverId: profile.id });
    show(context, options, diff, () => diffOutput(context.terminal, diff));
  });

  withWrite(addCommand(hosts, 'apply <server>', 'write the names of a server into the file'))
    .option('--preset <name>', `add the names of a preset: ${hostsPresets.map((each) => each.name).join(', ')}`)
    .option('--name <name>', 'add a name; may be given several times', gather)
    .option('--text', 'add the names of pasted lines, from standard input; FLOATING_IP stands for the server')
    .option('--to <where>', 'where added names lead: tunnel (through 127.0.0.1), server, or an address', 'tunnel')
    .option('--foreign', foreignWords)
    .option('--no-forward', 'do not add the tunnel to the server’s port 80 that names need')
    .addHelpText(
      'after',
      `
Only Mooring’s own block is changed. The change is shown first, and your system asks for leave.

Examples:
  mooring hosts apply lab-vm --preset course
  mooring hosts apply lab-vm --name mlflow.lab --to server --yes`,
    )
    .action(async (typed: string, options: ApplyOptions) => {
      const session = await context.core();
      const { profile } = findServer(await session.snapshot(), typed);
      await wish(context, session, profile, options);
      await addTunnel(context, session, profile.id, options);
      await write(context, session, profile.id, options);
    });

  withWrite(
    addCommand(hosts, 'remove <server>', 'switch the names of a server off and take them out of the file'),
  ).action(async (typed: string, options: WriteOptions) => {
    const session = await context.core();
    const now = await session.snapshot();
    const stray = now.hosts.strays.find((each) => each.blockId === typed);
    const serverId = stray?.blockId ?? findServer(now, typed).profile.id;
    const name = stray ? stray.label || stray.blockId : findServer(now, typed).profile.name;
    if (!options.yes && !(await confirmed(context, `Take the names of ${name} out of ${now.hosts.path}?`))) {
      throw cancelled('Nothing was changed.');
    }
    const outcome = await session.call('hosts.remove', { serverId, ...drift(options) });
    tell(context, options, outcome, now, () => [`The names of ${name} are out of ${now.hosts.path}`]);
  });

  addCommand(hosts, 'keep <server>', 'take over what somebody else made of a server’s names in the file').action(
    async (typed: string, options: JsonOption) => {
      const session = await context.core();
      const { profile } = findServer(await session.snapshot(), typed);
      await session.call('hosts.keep-theirs', { serverId: profile.id });
      const now = await session.snapshot();
      const view = findServer(now, profile.id);
      show(context, options, view.profile.hosts, () => hostsLines(context.terminal, view, now.hosts.path));
    },
  );

  addCommand(hosts, 'history [server]', 'what was written, newest first').action(
    async (typed: string | undefined, options: JsonOption) => {
      const session = await context.core();
      const which = typed === undefined ? {} : { serverId: findServer(await session.snapshot(), typed).profile.id };
      const { entries } = await session.call('hosts.history', which);
      show(context, options, entries, () =>
        entries.length === 0
          ? ['Nothing was written yet']
          : tableLines(
              entries.map((each) => [
                new Date(each.atMs).toLocaleString(),
                each.serverName,
                describeEntry(each),
                context.terminal.colour('dim', each.id),
              ]),
            ),
      );
    },
  );

  withWrite(
    addCommand(
      hosts,
      'restore <server> [entry]',
      'put a server’s names back as they were: before the last change, or after one',
    ),
  )
    .option('--foreign', foreignWords)
    .addHelpText(
      'after',
      '\nEntries are told by: mooring hosts history SERVER. Lines of others in the file stay as they are.',
    )
    .action(async (typed: string, entryId: string | undefined, options: WriteOptions & { foreign?: boolean }) => {
      const session = await context.core();
      const now = await session.snapshot();
      const { profile } = findServer(now, typed);
      if (!options.yes && !(await confirmed(context, `Put the names of ${profile.name} back as they were?`))) {
        throw cancelled('Nothing was changed.');
      }
      const args = {
        serverId: profile.id,
        ...(entryId === undefined ? {} : { entryId }),
        ...drift(options),
        ...word(options),
      };
      const outcome = await session.call('hosts.restore', args);
      await tellNames(context, session, profile.id, outcome, options);
    });
}

function withWrite(command: Command): Command {
  return command
    .option('--yes', 'do not ask')
    .option('--over-drift', 'also over what somebody else changed in these lines');
}

/** A person’s word for an address of others. */
const word = ({ foreign }: { readonly foreign?: boolean }) => (foreign === true ? { confirmed: true } : {});
const drift = ({ overDrift }: WriteOptions) => (overDrift === true ? { overDrift } : {});

/** Switches the names on, with those that were given added to them. */
async function wish(context: Context, session: Session, profile: ServerProfile, options: ApplyOptions): Promise<void> {
  const to = readTo(options.to ?? 'tunnel');
  const added: HostsName[] = [...presetNames(options.preset), ...(options.name ?? [])].map((name) => ({ name, to }));
  if (options.text === true) {
    const text = await context.terminal.readAll();
    const { names, notes } = await session.call('hosts.parse-text', { serverId: profile.id, text });
    for (const each of notes) context.terminal.say(each);
    added.push(...names.map((each) => (each.to.kind === 'tunnel' ? { ...each, to } : each)));
  }
  const kept = profile.hosts.names.filter((old) => !added.some(({ name }) => name.toLowerCase() === old.name));
  const hosts: HostsWish = { on: true, names: [...kept, ...added] };
  if (hosts.names.length === 0) {
    throw wrongUse(
      `${profile.name} has no names yet.`,
      `Add some: mooring hosts apply ${quote(profile.name)} --preset course`,
    );
  }
  if (added.length === 0 && profile.hosts.on) return;
  await session.call('hosts.set', {
    serverId: profile.id,
    hosts,
    ...word(options),
  });
}

function readTo(typed: string): HostsTo {
  return typed === 'tunnel' || typed === 'server' ? { kind: typed } : { kind: 'address', address: typed };
}

function presetNames(typed: string | undefined): readonly string[] {
  if (typed === undefined) return [];
  const preset = hostsPresets.find((each) => each.name === typed.toLowerCase());
  if (preset) return preset.names;
  throw wrongUse(
    `${typed} is not a preset.`,
    suggest(
      typed,
      hostsPresets.map((each) => each.name),
      '',
    ),
  );
}

async function addTunnel(context: Context, session: Session, serverId: string, options: ApplyOptions): Promise<void> {
  const { profile } = findServer(await session.snapshot(), serverId);
  if (!options.forward || !profile.hosts.names.some(({ to }) => to.kind === 'tunnel')) return;
  const { tunnel } = await session.call('hosts.get', { serverId });
  if (tunnel.draft === null) return;
  if (tunnel.forwardId === null) await session.call('forwards.add', { serverId, draft: tunnel.draft });
  else await session.call('forwards.edit', { serverId, forwardId: tunnel.forwardId, draft: tunnel.draft });
  if (options.json) return;
  context.terminal.say(
    `Tunnel ${tunnel.draft.label}: ${formatEndpoint(tunnel.draft.bind.address, tunnel.draft.bind.port)} leads to port 80 of ${profile.name}`,
  );
  if (tunnel.portReason !== null) context.terminal.say(`  ${tunnel.portReason}`);
}

async function write(context: Context, session: Session, serverId: string, options: WriteOptions): Promise<void> {
  const diff = await session.call('hosts.diff', { serverId });
  if (diff.changes && !options.json) await showChange(context, session, serverId, diff);
  const { path } = (await session.snapshot()).hosts;
  if (diff.changes && !options.yes && !(await confirmed(context, `Write ${path}?`))) {
    throw cancelled('Nothing was written.');
  }
  const outcome = await session.call('hosts.apply', { serverId, from: diff.from, ...drift(options) });
  await tellNames(context, session, serverId, outcome, options);
}

async function showChange(context: Context, session: Session, serverId: string, diff: HostsDiff): Promise<void> {
  for (const each of diffOutput(context.terminal, diff)) context.terminal.print(each);
  const { conflicts } = findServer(await session.snapshot(), serverId).hosts;
  for (const each of conflicts) context.terminal.say(describeConflict(each));
  context.terminal.say(describeWay[diff.way]);
}

async function tellNames(
  context: Context,
  session: Session,
  serverId: string,
  outcome: HostsOutcome,
  options: WriteOptions,
): Promise<void> {
  // Asked again: a name that was written a moment ago is to be seen as it answers now.
  await session.call('hosts.get', { serverId });
  const now = await session.snapshot();
  const view = findServer(now, serverId);
  tell(context, options, outcome, now, () => hostsLines(context.terminal, view, now.hosts.path), view.hosts);
}

/** Ends with 3 where a person has to do it by hand. */
function tell(
  context: Context,
  options: WriteOptions,
  outcome: HostsOutcome,
  { hosts: { path } }: Snapshot,
  lines: () => readonly string[],
  view?: unknown,
): void {
  switch (outcome.kind) {
    case 'cancelled':
      throw new CommandFailure(failure('cancelled', `Your system was not given leave. ${path} is as it was.`));
    case 'by-hand':
      context.endWith(exitCodes.needsYou);
      show(context, options, outcome, () => [
        `${outcome.reason} Paste this into a terminal to do it by hand:`,
        '',
        outcome.byHand.command ?? '',
      ]);
      return;
    case 'unchanged':
    case 'written':
      if (outcome.kind === 'unchanged' && !options.json) context.terminal.say(`Nothing to change in ${path}`);
      show(context, options, { outcome: outcome.kind, ...(view === undefined ? {} : { view }) }, lines);
      return;
    default:
      outcome satisfies never;
  }
}
