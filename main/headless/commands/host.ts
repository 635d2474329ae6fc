/** Commands about one server's connection and key, and about Mooring itself. */
import type { Command } from 'commander';
import { demoFaults, type DemoFault } from '../../shared/contract.ts';
import { failure } from '../../shared/failure.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { CommandFailure, wrongUse } from '../exit-codes.ts';
import { findServer } from './find.ts';
import { suggest } from '../terminal/near-names.ts';
import { waitAndTell } from './up-down.ts';

export function addRetryCommand(program: Command, context: Context): void {
  addCommand(program, 'retry <server>', 'try again at once, without waiting for the next try').action(
    async (typed: string, options: JsonOption) => {
      const session = await context.core();
      const { profile } = findServer(await session.snapshot(), typed);
      await session.call('connection.retry', { serverId: profile.id });
      const view = findServer(await session.snapshot(), profile.id);
      show(context, options, view, () => [`Trying ${profile.name} again`]);
    },
  );
}

export function addKnownHostsCommands(program: Command, context: Context): void {
  const knownHosts = program.command('known-hosts').description('the host keys file of OpenSSH');
  addCommand(knownHosts, 'write <server>', 'write the trusted key of a server to ~/.ssh/known_hosts').action(
    async (typed: string, options: JsonOption) => {
      const session = await context.core();
      const { profile } = findServer(await session.snapshot(), typed);
      const value = await session.call('host-keys.write-known-hosts', { serverId: profile.id });
      show(context, options, value, () => [
        value.added ? `Written to ${value.path}` : `It is in ${value.path} already`,
      ]);
    },
  );
}

export function addDemoCommands(program: Command, context: Context): void {
  const demo = program.command('demo').description('a server inside Mooring, for trying things out');
  addCommand(demo, 'start', 'start the demo server and connect to it; this is what "mooring demo" does', true)
    .option('--once', 'try it from end to end in a folder of its own, say what is seen, and stop')
    .option('--open', 'open the window in the browser')
    .action(async (options: JsonOption & { once?: boolean; open?: boolean }) => {
      if (options.once) {
        await runDemoOnce(context, options);
        return;
      }
      const session = await context.core();
      const { serverId } = await session.call('demo.start', {});
      context.endWith(await waitAndTell(context, session, [serverId], 60_000, options));
      if (!options.open) return;
      const { url } = await session.call('app.open-window', {});
      if (url === null) return;
      context.terminal.say(`Window: ${url}`);
      context.terminal.say('It goes on in the background. End it with: mooring quit');
      await context.openWindow(url);
    });
  addCommand(demo, 'break <how>', `let the demo server fail: ${demoFaults.join(', ')}`).action(
    async (how: string, options: JsonOption) => {
      const fault = demoFaults.find((each): each is DemoFault => each === how);
      if (!fault) throw wrongUse(`The demo server can’t fail by ${how}.`, suggest(how, demoFaults, ''));
      await (await context.core()).call('demo.break', { fault });
      show(context, options, { fault }, () => ['Done. Watch it come back: mooring status --watch']);
    },
  );
}

async function runDemoOnce(context: Context, options: JsonOption): Promise<void> {
  const { demoOnce } = await import('../demo-once.ts');
  const lines: string[] = [];
  const say = (line: string) => {
    if (options.json) lines.push(line);
    else context.terminal.print(line);
  };
  try {
    await demoOnce({ compose: context.compose, version: context.version, say });
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The demo did not work.';
    throw new CommandFailure(
      failure('unreachable', message, { hint: 'Look for what stands in the way, then try again.' }),
    );
  }
  if (options.json) context.terminal.printJson({ ok: true, lines });
}

export function addQuitCommand(program: Command, context: Context): void {
  addCommand(program, 'quit', 'disconnect everything and end Mooring; what is wanted comes back at the next start')
    .addHelpText('after', '\nExit code 0 also when it was not running.')
    .action(async (options: JsonOption) => {
      const session = await context.runningCore();
      if (!session) {
        show(context, options, { wasRunning: false }, () => ['Mooring is not running']);
        return;
      }
      const ended = new Promise<void>((resolve) => {
        session.client.subscribe(() => undefined, resolve);
      });
      await session.call('app.quit', {});
      await ended;
      if (!(await gone(context))) {
        throw new CommandFailure(
          failure('timed-out', 'Mooring is still stopping.', { hint: 'Look again in a moment.' }),
        );
      }
      show(context, options, { wasRunning: true }, () => ['Mooring has ended']);
    });
}

/** Waits until the socket is free, so that the next command starts afresh. */
async function gone(context: Context): Promise<boolean> {
  const giveUpAt = performance.now() + 15_000;
  while (!(await context.isCoreGone())) {
    if (performance.now() > giveUpAt) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}
