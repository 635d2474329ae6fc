/** `serve`: the core in this terminal, or in the background for the other commands. */
import type { Command } from 'commander';
import { failure } from '../../shared/failure.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { CommandFailure, wrongUse } from '../exit-codes.ts';
import type { RunningCore } from '../serve.ts';

interface ServeCommandOptions extends JsonOption {
  readonly port?: string;
  readonly open?: boolean;
  /** False with --no-ui. */
  readonly ui: boolean;
  readonly check?: boolean;
  readonly background?: boolean;
}

export function addServeCommand(program: Command, context: Context): void {
  const command = addCommand(program, 'serve', 'run Mooring in this terminal until Ctrl-C')
    .option('--port <port>', 'port of the window on 127.0.0.1 (default: any free one)')
    .option('--open', 'open the window in the browser')
    .option('--no-ui', 'no window at all')
    .option('--check', 'start, say so, and stop: proves that everything is in place')
    .addHelpText(
      'after',
      '\nOne Mooring runs at a time. The other commands start one in the background when they need it.',
    );
  command.addOption(command.createOption('--background').hideHelp());
  command.action(async (options: ServeCommandOptions) => {
    const { terminal } = context;
    const port = parsePortOption(options.port);
    if (options.open && !options.ui) throw wrongUse('--open does not go with --no-ui.');
    // From here on a signal stops cleanly, also one that comes while the core is still starting.
    const stopAsked = new Promise<void>((resolve) => {
      context.onInterrupt(() => {
        resolve();
      });
    });
    const { paths, version, compose } = context;
    // The other commands need no servers of their own, and are quicker without.
    const window = options.ui ? { kind: 'browser' as const, port } : { kind: 'none' as const };
    const { serve } = await import('../serve.ts');
    const result = await serve({
      paths,
      version,
      compose,
      window,
      kind: options.background ? 'background' : 'terminal',
    });
    switch (result.kind) {
      case 'failed':
        throw new CommandFailure(result.failure);
      case 'already-running':
        await tellRunning(context, options, result.hello.pid);
        return;
      case 'serving':
        break;
      default:
        result satisfies never;
    }
    const { running } = result;
    if (options.check) {
      await running.stop();
      show(context, options, { ok: true, version }, () => [`Mooring ${version} starts and stops as it should`]);
      return;
    }
    if (!options.background) await tellServing(context, running, options);
    await Promise.race([stopAsked, running.quitAsked]);
    if (!options.background) terminal.say('Stopping');
    await running.stop();
  });
}

async function tellServing(context: Context, running: RunningCore, options: ServeCommandOptions): Promise<void> {
  if (!options.ui) {
    show(context, options, { pid: process.pid, url: null }, () => ['Mooring is running. End it with Ctrl-C.']);
    return;
  }
  const reply = await running.newWindowAddress(null);
  if (!reply.ok) {
    await running.stop();
    throw new CommandFailure(reply.error);
  }
  const { url } = reply.value;
  show(context, options, { pid: process.pid, url }, () => [
    'Mooring is running. End it with Ctrl-C.',
    `Window: ${url ?? ''}`,
    'The address works once, within ten minutes; get another with: mooring window',
  ]);
  if (options.open && url !== null) await context.openWindow(url);
}

async function tellRunning(context: Context, options: ServeCommandOptions, pid: number): Promise<void> {
  if (options.background) return;
  if (options.check)
    throw new CommandFailure(
      failure('conflict', `Mooring runs already (process ${String(pid)}).`, { hint: 'End it first: mooring quit' }),
    );
  let url: string | null = null;
  if (options.ui) url = (await (await context.core()).call('app.open-window', {})).url;
  show(context, options, { pid, url }, () => [
    `Mooring runs already (process ${String(pid)}).`,
    ...(url === null ? [] : [`Window: ${url}`]),
  ]);
  if (options.open && url !== null) await context.openWindow(url);
}

function parsePortOption(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw wrongUse(`${text} is not a port.`, 'Ports are 1 to 65535.');
  return port;
}
