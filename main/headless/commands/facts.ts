/** `facts`: what is known of a server before something is set up on it. */
import type { Command } from 'commander';
import { describeFacts } from '../../shared/facts-words.ts';
import { failure } from '../../shared/failure.ts';
import { CommandFailure } from '../exit-codes.ts';
import { tableLines } from '../terminal/text-table.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { findServer } from './find.ts';

export function addFactsCommand(program: Command, context: Context): void {
  addCommand(program, 'facts <server>', 'system, memory, disks, Python, sudo and services of a connected server')
    .addHelpText('after', '\nReads only: nothing is changed on the server, and no password is asked for.')
    .action(async (typed: string, options: JsonOption) => {
      const session = await context.core();
      const { profile, connection } = findServer(await session.snapshot(), typed);
      if (connection.kind !== 'up') {
        throw new CommandFailure(
          failure('conflict', `${profile.name} is not connected.`, { hint: `Connect it: mooring up ${profile.name}` }),
        );
      }
      const facts = await session.call('facts.get', { serverId: profile.id });
      show(context, options, facts, () => tableLines(describeFacts(facts).map(({ label, text }) => [label, text])));
    });
}
