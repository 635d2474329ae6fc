/** What else there is to setup: stacks and their schema, history, the login, taking over what is there. */
import type { Command } from 'commander';
import { stackSchema } from '../../core/setup/stack/stack-schema.ts';
import { fieldsOf, stackCards, type StackField } from '../../shared/setup/stack-fields.ts';
import { stackNames, type StackName } from '../../shared/setup/stack.ts';
import { adoptCommand, passwordLifetime } from '../../shared/setup/password-words.ts';
import { environmentOption, quoted } from '../../shared/shell-words.ts';
import type { Session } from '../control/session.ts';
import { exitCodes, wrongUse } from '../exit-codes.ts';
import { historyLines, keptLines } from '../terminal/run-lines.ts';
import { tableLines } from '../terminal/text-table.ts';
import { connectedServer } from './connected.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { findServer } from './find.ts';
import { followRun, tellRun } from './follow-run.ts';
import { readPassword } from './given-secrets.ts';
import { environmentHelp, pickStack } from './meant-stack.ts';
import { timeoutOption, type PatienceOption } from './patience.ts';
import { addAdoptCommand } from './adopt.ts';
import { addPutRightCommand } from './put-right.ts';
import { stackNamed } from './stack-choice.ts';

interface StackOptions extends JsonOption, PatienceOption {
  readonly environment?: string;
}

const stdinHelp = ['--stdin', 'take this password instead: typed hidden, or from standard input'] as const;

export function addMoreSetupCommands(setup: Command, context: Context): void {
  addCommand(setup, 'stacks [stack]', 'the built-in stacks with their settings and usual values').action(
    (typed: string | undefined, options: JsonOption) => {
      const names = typed === undefined ? stackNames : [stackNamed(typed)];
      const value = names.map((name) => ({ stack: name, ...stackCards[name], fields: fieldsOf(name) }));
      show(context, options, value, () => names.flatMap((name) => stackLines(context, name, typed !== undefined)));
    },
  );

  addCommand(setup, 'schema', 'the JSON schema of stack files').action((options: JsonOption) => {
    show(context, options, stackSchema(), () => [JSON.stringify(stackSchema(), null, 2)]);
  });

  addCommand(setup, 'history <server>', 'the stacks of a server and the runs it remembers, newest first')
    .addOption(timeoutOption())
    .action(async (typed: string, options: JsonOption & PatienceOption) => {
      const session = await context.core();
      const { profile } = await connectedServer(context, session, typed, options);
      const { stacks, history, kept } = await session.call('setup.look', { serverId: profile.id });
      show(context, options, { stacks, history, kept }, () => [
        ...stacks.map(({ environment, title, complete, isKnown }) => {
          const adopt = isKnown ? '' : `; take it over: ${adoptCommand(profile.name, environment)}`;
          return `${environment}: ${title}${complete ? '' : ', not finished'}${adopt}`;
        }),
        ...kept.flatMap((each) => keptLines(profile.name, each)),
        ...(history.length === 0 ? [noRunWords(stacks)] : historyLines(context.terminal, history)),
      ]);
    });

  addCommand(setup, 'password <server>', 'show the password of MLflow’s login, or change it')
    .option(...environmentHelp)
    .option('--change', 'change it on the server and here; made up unless given. The old one is not needed')
    .option(...stdinHelp)
    .addOption(timeoutOption())
    .addHelpText('after', '\nThe password alone goes to standard output.')
    .action(async (typed: string, options: StackOptions & { change?: boolean; stdin?: boolean }) => {
      if (options.stdin && !options.change) throw wrongUse('--stdin goes with --change.');
      const session = await context.core();
      const target = await stackOf(context, session, typed, options, options.change === true);
      if (options.change) {
        const given = options.stdin ? { password: await readPassword(context, 'New password') } : {};
        const { runId } = await session.call('setup.change-password', { ...target, ...given });
        if (runId !== null && !(await setAnew(context, session, target.serverId, runId, options))) return;
      }
      const login = await session.call('setup.reveal-password', target);
      if (options.change && !options.json) {
        context.terminal.say(
          `Changed. Show it with: mooring setup password ${quoted(typed)}${environmentOption(target.environment)}`,
        );
        const lifetime = passwordLifetime((await session.snapshot()).keychain, login.user);
        if (lifetime !== null) context.terminal.say(lifetime);
        return;
      }
      if (!options.json) context.terminal.say(`User ${login.user}`);
      show(context, options, login, () => [login.password]);
    });

  addCommand(setup, 'keys <server>', 'show the keys of the stack’s object storage, and the login of its console')
    .option(...environmentHelp)
    .action(async (typed: string, options: StackOptions) => {
      const session = await context.core();
      const target = await stackOf(context, session, typed, options, false);
      const keys = await session.call('setup.reveal-keys', target);
      const { accessKey, secretKey, console: login } = keys;
      show(context, options, keys, () =>
        tableLines([
          ['Access key', accessKey],
          ['Secret key', secretKey],
          ...(login === null
            ? []
            : [
                ['Console user', login.user],
                ['Console password', login.password],
              ]),
        ]),
      );
    });

  addCommand(setup, 'add-user <server> <user>', 'add a user to MLflow; prints the password, which is kept nowhere')
    .option(...environmentHelp)
    .option(...stdinHelp)
    .addOption(timeoutOption())
    .action(async (typed: string, user: string, options: StackOptions & { stdin?: boolean }) => {
      const session = await context.core();
      const target = await stackOf(context, session, typed, options, true);
      const given = options.stdin ? { password: await readPassword(context, `Password of ${user}`) } : {};
      const { password } = await session.call('setup.add-user', { ...target, user, ...given });
      if (!options.json) context.terminal.say(`Added ${user}. This password is shown only now:`);
      show(context, options, { user, password }, () => [password]);
    });

  addAdoptCommand(setup, context);
  addPutRightCommand(setup, context);
}

const noRunWords = (stacks: readonly unknown[]): string =>
  stacks.length === 0 ? 'No run yet' : 'No run of Mooring’s yet: a script run by hand leaves none';

/** Follows the run that sets a password whose old one is not known here. True: it is set. */
async function setAnew(
  context: Context,
  session: Session,
  serverId: string,
  runId: string,
  options: JsonOption,
): Promise<boolean> {
  const { profile } = findServer(await session.snapshot(), serverId);
  if (!options.json) {
    context.terminal.say('The old password is not known here, or not right: a run on the server sets the new one.');
  }
  const followed = { profile, runId };
  const result = await followRun(context, session, followed, options);
  const run = result.kind === 'ended' ? result.value.run : null;
  if (run?.state.kind === 'done' && options.json) return true;
  const exitCode = await tellRun(context, session, followed, result, options);
  context.endWith(exitCode);
  return exitCode === exitCodes.done;
}

/** The server’s id and the environment that is meant. `connect`: what follows goes through the tunnel. */
async function stackOf(
  context: Context,
  session: Session,
  typed: string,
  options: StackOptions,
  connect: boolean,
): Promise<{ serverId: string; environment: string }> {
  const { profile } = findServer(await session.snapshot(), typed);
  const environment = pickStack(profile.name, profile.stacks, options.environment);
  if (connect) await connectedServer(context, session, profile.id, options);
  return { serverId: profile.id, environment };
}

function stackLines({ terminal }: Context, name: StackName, whole: boolean): readonly string[] {
  const fields = fieldsOf(name).filter((each) => whole || !each.advanced);
  const more = fieldsOf(name).length - fields.length;
  return [
    `${terminal.colour('bold', name)}  ${stackCards[name].summary}`,
    ...tableLines(
      fields.map((field) => [`${field.key}=${shownUsual(field)}`, terminal.colour('dim', describeField(field))]),
      '    ',
      terminal.columns,
    ),
    ...(more > 0 ? [terminal.colour('dim', `    and ${String(more)} more: mooring setup stacks ${name}`)] : []),
    '',
  ];
}

const shownUsual = ({ usual }: StackField): string => (usual === null ? '…' : String(usual));

function describeField({ label, help, shape, usual }: StackField): string {
  const choices = shape.kind === 'choice' ? `: ${shape.choices.map(({ value }) => value).join(', ')}` : '';
  return `${label}${choices}${usual === null ? ' (needed)' : ''}${help === null ? '' : `. ${help}`}`;
}
