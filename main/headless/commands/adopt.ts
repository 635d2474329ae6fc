/** `setup adopt`: takes over what a server has already. */
import type { Command } from 'commander';
import { portOf } from '../../core/servers/forward-spec.ts';
import type { FoundStack } from '../../shared/contract.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { adoptedEnvironment } from '../../shared/setup/offers.ts';
import { adoptCommand } from '../../shared/setup/password-words.ts';
import { environmentOption, quoted } from '../../shared/shell-words.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure, exitCodeFor, exitCodes, wrongUse } from '../exit-codes.ts';
import { cancelled } from './asking.ts';
import { connectedServer } from './connected.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { findServer } from './find.ts';
import { readPassword } from './given-secrets.ts';
import { pickStack } from './meant-stack.ts';
import { timeoutOption, type PatienceOption } from './patience.ts';

interface AdoptOptions extends JsonOption, PatienceOption {
  readonly environment?: string;
  readonly port?: string;
  readonly user?: string;
  readonly stdin?: boolean;
}

/** Times that a password is asked for at a terminal. */
const mostAsked = 3;

export function addAdoptCommand(setup: Command, context: Context): void {
  addCommand(setup, 'adopt <server>', 'take over a stack that is on a server: its tunnels and its login')
    .option('--environment <name>', 'which stack that Mooring made, from another computer or by a script')
    .option('--port <port>', 'an MLflow that somebody else made, by its port on the server')
    .option('--user <name>', 'who signs in there; the password is asked for')
    .option('--stdin', 'read the password from standard input')
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      '\nA stack that is known here is brought to how the server has it now.\n\nExamples:\n  mooring setup adopt lab-vm\n  mooring setup adopt lab-vm --environment dev\n  mooring setup adopt lab-vm --port 5000 --user admin',
    )
    .action(async (typed: string, options: AdoptOptions) => {
      const port = options.port === undefined ? undefined : portOf(options.port);
      if (port === null) throw wrongUse(`${String(options.port)} is not a port.`, 'Ports are 1 to 65535.');
      if (port !== undefined && options.environment !== undefined) {
        throw wrongUse('--port and --environment do not go together.');
      }
      const session = await context.core();
      const { profile } = await connectedServer(context, session, typed, options);
      const adopted = port === undefined ? await foundStack(session, profile, options.environment) : byPort(port);
      await adopt(context, session, profile, adopted, options);
      const view = findServer(await session.snapshot(), profile.id);
      show(context, options, view, () => [`Took over ${adopted.title} of ${profile.name}`]);
      if (!options.json) sayWhatNext(context, view.profile, adopted.environment);
      context.endWith(exitCodes.done);
    });
}

interface Adopted extends Pick<FoundStack, 'environment' | 'title' | 'adminUser'> {
  readonly target: { readonly environment: string } | { readonly port: number };
}

const byPort = (port: number): Adopted => ({
  environment: adoptedEnvironment(port),
  title: `MLflow on port ${String(port)}`,
  adminUser: null,
  target: { port },
});

/** Asks for the password, where somebody sits there and it is not kept here, until it is right or asked often enough. */
async function adopt(
  context: Context,
  session: Session,
  profile: ServerProfile,
  { environment, adminUser, target }: Adopted,
  options: AdoptOptions,
): Promise<void> {
  const { terminal } = context;
  const known = profile.stacks.find((each) => each.environment === environment);
  const user = options.user ?? adminUser ?? known?.adminUser ?? null;
  const isKept =
    known?.secrets.includes('mlflow.admin-password') === true && (options.user ?? known.adminUser) === known.adminUser;
  let asked = 0;
  const ask = async (): Promise<string> => {
    asked += 1;
    const question = `Password of ${user ?? 'the login'} for ${'port' in target ? `port ${String(target.port)}` : environment} on ${profile.name}`;
    const answer = await terminal.ask(`${question} (empty: not now): `, { echo: false });
    if (answer === null) throw cancelled('Nothing was changed.');
    return answer;
  };
  const canAsk = terminal.interactive && user !== null;
  let password: string | undefined;
  if (options.stdin) password = await readPassword(context, 'Password');
  else if (canAsk && !isKept) password = await ask();
  for (;;) {
    const reply = await session.client.call('setup.adopt', {
      serverId: profile.id,
      ...target,
      ...(options.user === undefined ? {} : { user: options.user }),
      ...(password === undefined ? {} : { password }),
    });
    if (reply.ok) return;
    const { error } = reply;
    if (error.code !== 'login-rejected' || !canAsk || asked >= mostAsked) {
      throw new CommandFailure(error, exitCodeFor(error));
    }
    terminal.say(error.message);
    password = await ask();
  }
}

function sayWhatNext({ terminal }: Context, { name, stacks }: ServerProfile, environment: string): void {
  const stack = stacks.find((each) => each.environment === environment);
  const user = stack?.adminUser ?? null;
  if (user !== null && !stack?.secrets.includes('mlflow.admin-password')) {
    terminal.say(`The password of ${user} is not known here. Give it later: ${adoptCommand(name, environment)}`);
    return;
  }
  terminal.say(`Check it with: mooring verify ${quoted(name)}${environmentOption(environment)}`);
}

/** The stack that is meant, which has to be named where the server has others. */
async function foundStack(
  session: Session,
  { id: serverId, name }: ServerProfile,
  environment: string | undefined,
): Promise<Adopted> {
  const { stacks } = await session.call('setup.look', { serverId });
  if (stacks.length === 0) {
    throw wrongUse(
      `Mooring made nothing on ${name}.`,
      'An MLflow that somebody else made is named by its port: --port 5000',
      'not-found',
    );
  }
  if (environment === undefined && stacks.length > 1) {
    const choices = stacks.map((each) => `--environment ${each.environment}`);
    throw wrongUse(`${name} has several stacks.`, `Say which: ${choices.join(' or ')}`);
  }
  const picked = pickStack(name, stacks, environment);
  const { title, adminUser } = stacks.find((each) => each.environment === picked) ?? { title: picked, adminUser: null };
  return { environment: picked, title, adminUser, target: { environment: picked } };
}
