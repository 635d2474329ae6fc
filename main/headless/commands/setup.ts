/** `setup SERVER`: from a stack to a running service, with a look at the plan in between. */
import type { Command } from 'commander';
import { isImpossible } from '../../shared/setup/plan.ts';
import { stackSecretNames } from '../../shared/setup/stack.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { exitCodes, wrongUse } from '../exit-codes.ts';
import { planLines } from '../terminal/plan-lines.ts';
import { mustBeAsked } from './asking.ts';
import { agreeAndStart, type SetupOptions, type Wanted } from './begin-setup.ts';
import { connectedServer } from './connected.ts';
import { show, type Context } from './context.ts';
import { findServer } from './find.ts';
import { checkSecrets, readSecrets } from './given-secrets.ts';
import { timeoutOption } from './patience.ts';
import { addMoreSetupCommands } from './setup-more.ts';
import { resumeRun } from './setup-resume.ts';
import { chooseStack } from './stack-choice.ts';
import { checkSizeOption, sizeOption } from './verify.ts';

const append = (value: string, before: readonly string[]) => [...before, value];

export function addSetupCommands(program: Command, context: Context): void {
  // Has both an action and commands of its own: a server that is really called `history` is reached by its id.
  const setup = program
    .command('setup')
    .description('set up MLflow, PostgreSQL, object storage or a script of yours on a server')
    .argument('<server>', 'its name or id')
    .option('--json', 'print JSON for programs')
    .option('--stack <name>', 'what to set up: a name (see: mooring setup stacks) or a stack file')
    .option('--set <key=value>', 'a setting of the stack, may be repeated; @FILE as value reads a file', append, [])
    .option('--secrets <file>', 'read name=value lines from a file of mode 600, or from - (standard input)')
    .option('--plan', 'show what would be done, and do nothing; with -v the very commands')
    .option('--script', 'print the plan as a shell script to read, and to run by hand')
    .option('--yes', 'do not ask')
    .option('--resume', 'follow the run that is under way, or go on with one that did not come to its end')
    .option('--environment <name>', 'with --resume: which stack, where several are not finished')
    .option('--no-check', 'do not wait for the check at the end')
    .addOption(checkSizeOption())
    .addOption(sizeOption())
    .addOption(timeoutOption())
    .option('-v, --verbose', 'show what the steps say')
    .addHelpText(
      'after',
      `
Connects the server, shows the plan, asks, and follows the run. The run belongs to the server: it goes on when this
command ends or the connection does. Ctrl-C asks it to stop after the step in hand.
Secrets are asked for, or come by --secrets; they are never arguments, and a stack file only names them.

Examples:
  mooring setup lab-vm --stack mlflow-quick-start
  mooring setup lab-vm --stack mlflow-postgres --set mlflow.port=5002 --set environment=prod --plan
  mooring setup lab-vm --stack team/prod.yaml --secrets prod.secrets --yes`,
    )
    .action(async (typed: string, options: SetupOptions) => {
      await setUp(context, typed, options);
    });
  addMoreSetupCommands(setup, context);
}

async function setUp(context: Context, typed: string, options: SetupOptions): Promise<void> {
  if (options.resume && (options.stack !== undefined || options.set.length > 0 || options.plan || options.script)) {
    throw wrongUse('--resume goes on with what was begun: it takes no stack and makes no plan.');
  }
  if (options.environment !== undefined && !options.resume) {
    throw wrongUse('--environment goes with --resume.', 'A new stack is named by --set environment=NAME');
  }
  if (options.plan && options.script) throw wrongUse('--plan and --script do not go together.');
  const session = await context.core();
  findServer(await session.snapshot(), typed);
  if (options.resume) {
    const { profile } = await connectedServer(context, session, typed, options);
    await resumeRun(context, session, profile, options);
    return;
  }
  // Whatever was typed wrong is said first, before anything is asked for or connected.
  const draft = await chooseStack(context, options);
  const handed = options.secrets === undefined ? {} : await readSecrets(context, options.secrets);
  if (!options.plan && !options.script && !options.yes) mustBeAsked(context);
  const { profile } = await connectedServer(context, session, typed, options);
  if (options.script) {
    const script = await session.call('setup.script', { serverId: profile.id, draft });
    show(context, options, script, () => [script.text.trimEnd()]);
    return;
  }
  const { plan, known } = await session.call('setup.plan', { serverId: profile.id, draft });
  if (options.plan) showPlan(context, profile, { draft, plan, known, handed }, options);
  else await agreeAndStart(context, session, profile, { draft, plan, known, handed }, options);
}

function showPlan(
  context: Context,
  { name }: ServerProfile,
  { plan, known, handed }: Wanted,
  options: SetupOptions,
): void {
  checkSecrets(plan.secrets, handed);
  const given = stackSecretNames.filter((each) => handed[each] !== undefined);
  const how = { serverName: name, known, given, commands: options.verbose === true };
  show(context, options, { plan, known, given }, () => planLines(context.terminal, plan, how));
  if (isImpossible(plan)) context.endWith(exitCodes.failed);
}
