/** `uninstall`: takes off what setup put on a server; data stays unless somebody types the server's name. */
import type { Command } from 'commander';
import { failure } from '../../shared/failure.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { adoptedPort } from '../../shared/setup/offers.ts';
import { whichStackToRemove, type Candidate } from '../../shared/setup/which-stack.ts';
import { CommandFailure, wrongUse } from '../exit-codes.ts';
import { shortPlanLines } from '../terminal/plan-lines.ts';
import { cancelled, confirmed } from './asking.ts';
import { connectedServer } from './connected.ts';
import { addCommand, type Context } from './context.ts';
import { followRun, tellRun, type FollowOptions } from './follow-run.ts';
import { noStack } from './meant-stack.ts';
import { timeoutOption, type PatienceOption } from './patience.ts';

interface UninstallOptions extends FollowOptions, PatienceOption {
  readonly environment?: string;
  readonly removeData?: boolean;
  readonly yes?: boolean;
  readonly confirm?: string;
}

export function addUninstallCommand(program: Command, context: Context): void {
  addCommand(program, 'uninstall <server>', 'take off what setup put on a server; data is kept')
    .option('--environment <name>', 'which stack of the server, where there are several')
    .option('--remove-data', 'remove its data as well; asks for the server’s name')
    .option('--confirm <name>', 'the server’s name, with --remove-data where nobody can be asked')
    .option('--yes', 'do not ask (data is kept all the same)')
    .option('-v, --verbose', 'show what the steps say')
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      `
What was there before setup stays. Kept data is found again when the same stack is set up anew.

Examples:
  mooring uninstall lab-vm
  mooring uninstall lab-vm --environment dev --remove-data --confirm lab-vm`,
    )
    .action(async (typed: string, options: UninstallOptions) => {
      const removeData = options.removeData === true;
      if (options.confirm !== undefined && !removeData) throw wrongUse('--confirm goes with --remove-data.');
      const session = await context.core();
      const { profile } = await connectedServer(context, session, typed, options);
      const serverId = profile.id;
      // The server knows what it has, whoever put it there.
      const { stacks, kept: left } = await session.call('setup.look', { serverId });
      // Of what was taken off before only its data is there, which has to be meant.
      const isMeant = options.environment !== undefined || (removeData && stacks.length === 0);
      const data = (isMeant ? left : []).map(({ environment }) => ({ environment, complete: true }));
      const environment = stackToRemove(profile, [...stacks, ...data], options.environment);
      const { plan } = await session.call('setup.plan-uninstall', { serverId, environment, removeData });
      if (!options.json)
        for (const line of shortPlanLines(context.terminal, plan, profile.name)) context.terminal.print(line);
      if (removeData) await typedName(context, profile, options.confirm);
      else if (!options.yes && !(await confirmed(context, questionFor(environment, profile.name)))) throw kept();
      const name = removeData ? { serverName: profile.name } : {};
      const { runId } = await session.call('setup.uninstall', { serverId, environment, removeData, ...name });
      const followed = { profile, runId };
      const result = await followRun(context, session, followed, options);
      context.endWith(await tellRun(context, session, followed, result, options));
    });
}

/** What destroys asks which stack is meant, rather than taking the usual one. */
function stackToRemove(
  { name, stacks: known }: ServerProfile,
  stacks: readonly Candidate[],
  typed: string | undefined,
): string {
  // What is not the server's own cannot be taken off: it is no choice, and named it is refused with the reason.
  const isChoice = typed === undefined && stacks.length > 0;
  const which = whichStackToRemove(isChoice ? stacks : [...stacks, ...known], typed);
  if (which.kind === 'this') return which.environment;
  throw noStack(name, which, typed);
}

const questionFor = (environment: string, name: string): string =>
  adoptedPort(environment) === null ? `Take it off ${name} and keep its data?` : `Take it back on ${name} now?`;

const kept = () => cancelled('Nothing was removed.');

/** Data is gone for good: a yes is not enough. */
async function typedName({ terminal }: Context, { name }: ServerProfile, confirm: string | undefined): Promise<void> {
  if (confirm === undefined && !terminal.interactive) {
    throw wrongUse('Removing data wants the server’s name.', `Add --confirm NAME, with the name of the server`);
  }
  const typed =
    confirm ??
    (await terminal.ask(`This can’t be taken back. Type ${name} to remove it with its data: `, { echo: true }));
  if (typed === null) throw kept();
  if (typed.trim() === name) return;
  throw new CommandFailure(failure('cancelled', `That is not ${name}. Nothing was removed.`));
}
