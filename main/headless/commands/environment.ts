/** `env` and `exec`: what ML clients need to use a server's tunnels, for a shell and for one program. */
import { Option, type Command } from 'commander';
import { homedir } from 'node:os';
import process from 'node:process';
import { createAwsFiles } from '../../adapters/aws-files.ts';
import {
  envFormats,
  proxyOf,
  type EnvFormat,
  type EnvRemark,
  type EnvVariable,
  type EnvironmentView,
} from '../../shared/environment/environment.ts';
import { formatEnvironment } from '../../shared/environment/formats.ts';
import { failure } from '../../shared/failure.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { withStop } from '../../shared/sentence.ts';
import { hasClients } from '../../shared/setup/stack.ts';
import { whichStack } from '../../shared/setup/which-stack.ts';
import { lightShape } from '../../shared/words.ts';
import { quoted } from '../../shared/shell-words.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { detectShell } from '../terminal/detect-shell.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { connectedServer } from './connected.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { findServer } from './find.ts';
import { environmentHelp, noStack, setupExample } from './meant-stack.ts';
import { timeoutOption, type PatienceOption } from './patience.ts';

/** `aws` has its own options, `json` is `--json`. */
export const shellNames = envFormats.filter((each) => each !== 'aws' && each !== 'json');

interface EnvOptions extends JsonOption {
  readonly shell?: EnvFormat;
  readonly environment?: string;
  /** False with --no-secrets. */
  readonly secrets: boolean;
  readonly writeAwsProfile?: true;
  readonly removeAwsProfile?: true;
}

interface ExecOptions extends PatienceOption {
  readonly environment?: string;
  /** False with --no-wait. */
  readonly wait: boolean;
}

/** A program's own options are easily taken for those of the command that runs it. */
const execHint = 'Put -- before the program, and its options behind it: mooring exec SERVER -- PROGRAM OPTIONS';

export function addEnvironmentCommands(program: Command, context: Context): void {
  addCommand(program, 'env <server>', 'print what MLflow, boto3 and psql need to use a server’s tunnels')
    .addOption(
      new Option('--shell <name>', 'for which shell, file or language (default: the shell of now)').choices(shellNames),
    )
    .option(...environmentHelp)
    .option('--no-secrets', 'leave passwords and keys out')
    .option('--write-aws-profile', 'write the store as a profile of its own into ~/.aws, instead of printing')
    .option('--remove-aws-profile', 'take that profile out again')
    .addHelpText(
      'after',
      `
Prints nothing else on stdout; what stands in the way of the clients goes to stderr.

Examples:
  eval "$(mooring env lab)"                                    bash, zsh
  mooring env lab | source                                     fish
  mooring env lab | Out-String | Invoke-Expression             PowerShell
  for /f "delims=" %i in ('mooring env lab') do @%i            cmd
  mooring env lab --shell dotenv --no-secrets >.env
  aws --profile mooring-lab s3 ls                              after --write-aws-profile`,
    )
    .action((typed: string, options: EnvOptions) => env(context, typed, options));

  program
    .command('exec <server> [program...]')
    .description('run a program with what it needs to use a server’s tunnels')
    .showHelpAfterError(execHint)
    .option(...environmentHelp)
    .option('--no-wait', 'start it at once instead of when the server is up')
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      `
Nothing is written down: passwords and keys are in the program’s environment alone. Its exit code is that of the command.

Examples:
  mooring exec lab -- python train.py --epochs 3
  mooring exec lab --environment dev -- jupyter lab`,
    )
    .action((typed: string, words: string[], options: ExecOptions) => exec(context, typed, words, options));
}

async function env(context: Context, typed: string, options: EnvOptions): Promise<void> {
  const session = await context.core();
  const { profile } = findServer(await session.snapshot(), typed);
  // A profile is taken out as well when its stack is gone.
  const isGone = options.removeAwsProfile === true && options.environment !== undefined;
  const which = whichOf(context, profile.id, isGone ? options.environment : meantStack(profile, options.environment));
  if (options.writeAwsProfile || options.removeAwsProfile) {
    if (options.writeAwsProfile && options.removeAwsProfile) throw wrongUse('Write it or remove it: not both at once.');
    await changeAwsProfile(context, session, which, options);
    return;
  }
  const { view, variables } = await environmentOf(session, which, profile);
  const given = variables.filter((each) => options.secrets || !each.isSecret);
  if (options.json) {
    const { environment, environments, remarks } = view;
    context.terminal.printJson({ server: profile.name, environment, environments, variables: given, remarks });
    return;
  }
  const format = options.shell ?? detectShell(context.env, process.platform);
  const secrets = options.secrets ? 'given' : 'left-out';
  const { text, unwritable } = formatEnvironment(variables, format, { secrets, awsProfile: '' });
  tellRemarks(context.terminal, view.remarks);
  tellStaleToken(context, given);
  for (const { name, hint } of unwritable) context.terminal.say(`${name} can’t be written for ${format}. ${hint}`);
  context.terminal.print(text.trimEnd());
  if (unwritable.length > 0) context.endWith(exitCodes.failed);
}

async function exec(context: Context, typed: string, words: string[], options: ExecOptions): Promise<void> {
  const [program, ...args] = words;
  if (program === undefined) {
    throw wrongUse('Say what to run.', `Such as: mooring exec ${quoted(typed)} -- python train.py`);
  }
  const session = await context.core();
  const { profile } = findServer(await session.snapshot(), typed);
  const which = whichOf(context, profile.id, meantStack(profile, options.environment));
  if (options.wait) await connectedServer(context, session, profile.id, options);
  const { view, variables } = await environmentOf(session, which, profile);
  tellRemarks(context.terminal, view.remarks);
  const own = Object.fromEntries(variables.flatMap((each) => (each.isKnown ? [[each.name, each.value ?? '']] : [])));
  // Of another login at AWS: sent along with the store's keys, it makes them wrong.
  const spoils = (name: string) => 'AWS_ACCESS_KEY_ID' in own && sessionTokens.includes(name);
  const inherited = Object.fromEntries(Object.entries(context.env).filter(([each]) => !spoils(each)));
  const { trouble, exitCode } = await context.runProgram({ program, args, env: { ...inherited, ...own } });
  if (trouble) throw new CommandFailure(trouble, exitCode);
  context.endWith(exitCode);
}

/** Undefined: there is none that is finished, so that the tunnels alone say what there is. Ends the command for others. */
function meantStack({ name, stacks }: ServerProfile, typed: string | undefined): string | undefined {
  const which = whichStack(stacks.filter(hasClients), typed);
  if (which.kind === 'this') return which.environment;
  if (typed === undefined && (which.kind === 'none' || which.kind === 'unfinished')) return undefined;
  throw noStack(name, which, typed);
}

const sessionTokens = ['AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN'];

const whichOf = (context: Context, serverId: string, environment: string | undefined) => ({
  serverId,
  ...(environment === undefined ? {} : { environment }),
  proxy: proxyOf(context.env),
});

/** With the values of secrets. Ends the command where there is nothing. */
async function environmentOf(
  session: Session,
  which: ReturnType<typeof whichOf>,
  { name, stacks }: ServerProfile,
): Promise<{ readonly view: EnvironmentView; readonly variables: readonly EnvVariable[] }> {
  const view = await session.call('environment.get', which);
  // As JSON, which is plain ASCII: replies are cleaned of what a terminal would obey, and a password may have that in it.
  const { text } = await session.call('environment.text', { ...which, format: 'json', withSecrets: true });
  const values = JSON.parse(text) as Readonly<Record<string, string>>;
  const variables = view.variables.map((each) => ({
    ...each,
    value: values[each.name] ?? null,
    isKnown: values[each.name] !== undefined,
  }));
  if (variables.length > 0) return { view, variables };
  const goOn = `Go on with what is not finished: mooring setup ${quoted(name)} --resume`;
  const begin = `Set something up (${setupExample(name)}), or add a tunnel (mooring forward add ${quoted(name)} mlflow)`;
  throw new CommandFailure(
    failure('not-found', `There is nothing on ${name} that clients could use.`, {
      hint: stacks.some(({ complete }) => !complete) ? goOn : begin,
    }),
  );
}

function tellRemarks(terminal: Terminal, remarks: readonly EnvRemark[]): void {
  for (const { level, message, ...hints } of remarks) {
    const hint = hints.commandHint ?? hints.hint;
    const mark = level === 'trouble' ? `${terminal.colour('yellow', lightShape['needs-you'])} ` : '';
    terminal.say(`${mark}${withStop(message)}${hint === null ? '' : ` ${hint}`}`);
  }
}

function tellStaleToken({ terminal, env: own }: Context, variables: readonly EnvVariable[]): void {
  const token = sessionTokens.find((each) => own[each] !== undefined);
  if (token === undefined || !variables.some(({ name }) => name === 'AWS_ACCESS_KEY_ID')) return;
  terminal.say(`${token} is set here, of another login: unset it, or the store refuses its keys.`);
}

async function changeAwsProfile(
  context: Context,
  session: Session,
  which: ReturnType<typeof whichOf>,
  options: EnvOptions,
): Promise<void> {
  const { terminal } = context;
  if (options.removeAwsProfile) {
    const gone = await session.call('environment.remove-aws', which);
    show(context, options, gone, () => [
      gone.removed
        ? `The profile ${gone.name} is out of ${gone.configPath} and ${gone.credentialsPath}.`
        : `There is no profile ${gone.name} in ${gone.configPath} and ${gone.credentialsPath}.`,
    ]);
    return;
  }
  const written = await session.call('environment.write-aws', which);
  show(context, options, written, () => [
    `The profile ${written.name} is in ${written.configPath} and ${written.credentialsPath}.`,
    `Use it: AWS_PROFILE=${quoted(written.name)}, or aws --profile ${quoted(written.name)} s3 ls`,
  ]);
  // Mooring in the background was started in another environment than this one.
  const here = createAwsFiles({ homeDir: homedir(), env: context.env }).path('config');
  if (here !== written.configPath) terminal.say(`Programs here read ${here}, since AWS_CONFIG_FILE is not the same.`);
}
