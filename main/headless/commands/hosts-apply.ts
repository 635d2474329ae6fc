/** `hosts apply`: shows what would change, and changes it after a yes; nothing at all before. */
import type { Command } from 'commander';
import type { CallArgs } from '../../shared/contract.ts';
import { hostsPresets, type HostsDiff, type HostsName, type HostsTo, type HostsWish } from '../../shared/hosts.ts';
import { describeConflict, describeTunnelWish, describeWay } from '../../shared/hosts-words.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { quoted } from '../../shared/shell-words.ts';
import type { Session } from '../control/session.ts';
import { wrongUse } from '../exit-codes.ts';
import { diffOutput } from '../terminal/hosts-lines.ts';
import { suggest } from '../terminal/near-names.ts';
import { cancelled, confirmed } from './asking.ts';
import { addCommand, type Context } from './context.ts';
import { findServer } from './find.ts';
import { drift, foreignWords, tellNames, withWrite, word, type WriteOptions } from './hosts-outcome.ts';

interface ApplyOptions extends WriteOptions {
  readonly preset?: string;
  readonly name?: readonly string[];
  readonly text?: boolean;
  readonly to?: string;
  readonly foreign?: boolean;
  readonly forward: boolean;
}

/** Names that are not saved yet; empty: those that are. */
type Wished = Omit<CallArgs<'hosts.diff'>, 'serverId'>;

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addApply(hosts: Command, context: Context): void {
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
      const wished = await wishOf(context, session, profile, options);
      await write(context, session, profile, wished, options);
    });
}

/** The names, switched on, with those that were given added to them. */
async function wishOf(
  context: Context,
  session: Session,
  profile: ServerProfile,
  options: ApplyOptions,
): Promise<Wished> {
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
      `Add some: mooring hosts apply ${quoted(profile.name)} --preset course`,
    );
  }
  return added.length === 0 && profile.hosts.on ? {} : { hosts, ...word(options) };
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

async function write(
  context: Context,
  session: Session,
  profile: ServerProfile,
  wished: Wished,
  options: ApplyOptions,
): Promise<void> {
  const { id: serverId } = profile;
  const diff = await session.call('hosts.diff', { serverId, ...wished });
  const wish = options.forward && diff.tunnel !== null ? describeTunnelWish(diff.tunnel, profile.name) : null;
  if (!options.json) showChange(context, diff, wish);
  const { path } = (await session.snapshot()).hosts;
  const question = diff.changes ? `Write ${path}?` : wish !== null ? 'Make this tunnel?' : null;
  if (question !== null && !options.yes && !(await confirmed(context, question))) {
    throw cancelled('Nothing was written.');
  }
  const tunnel = options.forward;
  const args = { serverId, from: diff.from, ...wished, tunnel, ...drift(options) };
  await tellNames(context, session, serverId, await session.call('hosts.apply', args), options);
}

/** `wish`: what is to become of the tunnel; null: nothing. */
function showChange({ terminal }: Context, diff: HostsDiff, wish: string | null): void {
  const { changes, tunnel, conflicts, warning, way } = diff;
  if (changes) for (const each of diffOutput(terminal, diff)) terminal.print(each);
  for (const each of conflicts) terminal.say(describeConflict(each));
  if (wish !== null) {
    terminal.say(wish);
    if (tunnel?.portReason) terminal.say(`  ${tunnel.portReason}`);
  }
  if (warning !== null) terminal.say(warning);
  if (changes) terminal.say(describeWay[way]);
}
