/** `report`: what to send with a report of a problem, to be read first. */
import type { Command } from 'commander';
import { addCommand, show, type Context, type JsonOption } from './context.ts';

export function addReportCommand(program: Command, context: Context): void {
  addCommand(program, 'report', 'print what helps with a problem; names, addresses and secrets are replaced')
    .option('--save', 'write it to a file in the data folder and print its path')
    .addHelpText('after', '\nNothing is sent. Read it before you send it, and take out what you like.')
    .action(async (options: JsonOption & { save?: boolean }) => {
      const session = await context.core();
      const { text } = await session.call('report.make', {});
      if (!options.save) {
        show(context, options, { text }, () => [text.trimEnd()]);
        return;
      }
      const { path } = await session.call('report.save', { text });
      show(context, options, { path }, () => [path]);
    });
}
