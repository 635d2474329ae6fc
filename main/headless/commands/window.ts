/** `window` and `open`: things to look at in a browser. */
import type { Command } from 'commander';
import { failure } from '../../shared/failure.ts';
import { forwardUrl } from '../../shared/forward.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { CommandFailure, exitCodes } from '../exit-codes.ts';
import { findOneForward } from './find.ts';
import { failuresOf, serversOf, waitForServers } from './wait-for-servers.ts';
import { tellWaitResult } from './up-down.ts';

export function addWindowCommands(program: Command, context: Context): void {
  addCommand(program, 'window', 'a fresh address of the window; it works once, within ten minutes')
    .option('--open', 'open it in the browser')
    .action(async (options: JsonOption & { open?: boolean }) => {
      const { url } = await (await context.core()).call('app.open-window', {});
      show(context, options, { url }, () => [url ?? 'Mooring shows its window.']);
      if (url !== null && options.open) await context.openWindow(url);
    });

  addCommand(
    program,
    'open <forward>',
    'open a forward (SERVER/FORWARD) in the browser, connecting it first if need be',
  )
    .option('--print', 'only print the address')
    .addHelpText('after', '\nExample:\n  mooring open lab-vm/MLflow')
    .action(async (typed: string, options: JsonOption & { print?: boolean }) => {
      const session = await context.core();
      const { server, forward } = findOneForward(await session.snapshot(), typed);
      const url = forwardUrl(forward);
      if (url === null) {
        throw new CommandFailure(
          failure('conflict', `${forward.label} is not a web page.`, {
            hint: `Programs reach it at ${forward.bind.address}:${String(forward.bind.port)}`,
          }),
        );
      }
      const serverId = server.profile.id;
      if (!server.profile.wanted || !forward.wanted || server.connection.kind !== 'up') {
        await session.call('wanted.set', { serverId, forwardId: forward.id, on: true });
        const result = await waitForServers(context, session, [serverId], 60_000);
        const view = 'snapshot' in result && result.snapshot ? serversOf(result.snapshot, [serverId])[0] : undefined;
        const state = view?.forwards.find((each) => each.forwardId === forward.id)?.state.kind;
        if (!view || state !== 'up') {
          if (result.kind === 'needs-you') {
            context.endWith(tellWaitResult(context, [serverId], result, options));
            return;
          }
          const first = view ? failuresOf([view])[0]?.failure : undefined;
          throw new CommandFailure(
            first ?? failure('timed-out', `${forward.label} is not up.`, { hint: 'See: mooring status' }),
          );
        }
      }
      show(context, options, { url }, () => [url]);
      if (!options.print) await context.openInBrowser(url);
      context.endWith(exitCodes.done);
    });
}
