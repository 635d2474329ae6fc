/** `facts`: what is known of a server before something is set up on it. */
import type { Command } from 'commander';
import { describeFacts } from '../../shared/facts-words.ts';
import { tableLines } from '../terminal/text-table.ts';
import { connectedServer } from './connected.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { timeoutOption, type PatienceOption } from './patience.ts';

export function addFactsCommand(program: Command, context: Context): void {
  addCommand(program, 'facts <server>', 'system, memory, disks, Python, sudo and services of a server')
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      '\nConnects the server where it is not. Reads only: nothing is changed on the server, and no password is asked for.',
    )
    .action(async (typed: string, options: JsonOption & PatienceOption) => {
      const session = await context.core();
      const { profile } = await connectedServer(context, session, typed, options);
      const facts = await session.call('facts.get', { serverId: profile.id });
      const rows = describeFacts(facts).map(({ label, text }) => [label, text]);
      show(context, options, facts, () => tableLines(rows, '', context.terminal.columns));
    });
}
