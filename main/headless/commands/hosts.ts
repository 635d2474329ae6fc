/** `hosts`: names of servers in the system's hosts file. */
import type { Command } from 'commander';
import { forwardOfNames } from '../../shared/hosts.ts';
import { describeEntry, describeTunnelLeaving } from '../../shared/hosts-words.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { dayAndTime } from '../terminal/day-and-time.ts';
import { diffOutput, fileLines, hostsLines } from '../terminal/hosts-lines.ts';
import { tableLines } from '../terminal/text-table.ts';
import { cancelled, confirmed } from './asking.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { findServer } from './find.ts';
import { addApply } from './hosts-apply.ts';
import { drift, foreignWords, tell, tellNames, withWrite, word, type WriteOptions } from './hosts-outcome.ts';

export function addHostsCommands(program: Command, context: Context): void {
  const hosts = program.command('hosts').description('names of servers in the system’s hosts file');

  addCommand(hosts, 'show [server]', 'names, what is in the file, and what they answer', true).action(
    async (typed: string | undefined, options: JsonOption) => {
      const session = await context.core();
      const before = await session.snapshot();
      const chosen = typed === undefined ? before.servers : [findServer(before, typed)];
      if (chosen.length === 0 && options.json !== true) {
        context.terminal.say('There is no server yet. Add one: mooring server add NAME user@host');
      }
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
        ...servers.flatMap((each) => hostsLines(context.terminal, each, now.hosts)),
      ]);
    },
  );

  addCommand(hosts, 'diff <server>', 'what writing would change').action(async (typed: string, options: JsonOption) => {
    const session = await context.core();
    const { profile } = findServer(await session.snapshot(), typed);
    const diff = await session.call('hosts.diff', { serverId: profile.id });
    show(context, options, diff, () => diffOutput(context.terminal, diff));
    if (diff.warning !== null && options.json !== true) context.terminal.say(diff.warning);
  });

  addApply(hosts, context);

  withWrite(
    addCommand(hosts, 'remove <server>', 'switch the names of a server off and take them out of the file'),
  ).action(async (typed: string, options: WriteOptions) => {
    const session = await context.core();
    const now = await session.snapshot();
    const block = blockOf(now, typed);
    const { path } = now.hosts;
    if (!options.yes && !options.json && !block.isStray) {
      const off = { serverId: block.serverId, hosts: { on: false, names: [] } };
      const diff = await session.call('hosts.diff', off);
      if (diff.changes) for (const each of diffOutput(context.terminal, diff)) context.terminal.print(each);
    }
    const along = block.leaves === null ? '' : ` ${describeTunnelLeaving(block.leaves)}`;
    if (!options.yes && !(await confirmed(context, `Take the names of ${block.name} out of ${path}?${along}`))) {
      throw cancelled('Nothing was changed.');
    }
    const outcome = await session.call('hosts.remove', { serverId: block.serverId, ...drift(options) });
    tell(context, options, outcome, now, () => [`The names of ${block.name} are out of ${path}`]);
  });

  addCommand(hosts, 'keep <server>', 'take over what somebody else made of a server’s names in the file').action(
    async (typed: string, options: JsonOption) => {
      const session = await context.core();
      const { profile } = findServer(await session.snapshot(), typed);
      await session.call('hosts.keep-theirs', { serverId: profile.id });
      const now = await session.snapshot();
      const view = findServer(now, profile.id);
      show(context, options, view.profile.hosts, () => hostsLines(context.terminal, view, now.hosts));
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
                dayAndTime(each.atMs),
                each.serverName,
                describeEntry(each),
                context.terminal.colour('dim', each.id),
              ]),
              '',
              context.terminal.columns,
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

/** The names to take off: of a server, or those that a server which is not here has left in the file. */
function blockOf(
  now: Snapshot,
  typed: string,
): { serverId: string; name: string; leaves: string | null; isStray: boolean } {
  const stray = now.hosts.strays.find((each) => each.blockId === typed);
  if (stray) return { serverId: typed, name: stray.label || typed, leaves: null, isStray: true };
  const { profile } = findServer(now, typed);
  return { serverId: profile.id, name: profile.name, leaves: forwardOfNames(profile)?.label ?? null, isStray: false };
}
