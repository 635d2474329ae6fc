/** `setup SERVER --resume`: back to a run that goes on, or on with one that did not come to its end. */
import { failure } from '../../shared/failure.ts';
import { isOver, type RunView } from '../../shared/setup/run.ts';
import { adoptedPort } from '../../shared/setup/offers.ts';
import { describeRecord } from '../../shared/setup/setup-words.ts';
import { unfinishedOf, type Unfinished } from '../../shared/setup/unfinished.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { quoted } from '../../shared/shell-words.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { suggest } from '../terminal/near-names.ts';
import { uninstallCommand } from '../terminal/run-lines.ts';
import { cancelled, confirmed } from './asking.ts';
import { agreeAndStart, followSetUp, type SetupOptions } from './begin-setup.ts';
import { show, type Context } from './context.ts';
import { findServer } from './find.ts';
import { resumeCommand } from './follow-run.ts';
import { readSecrets } from './given-secrets.ts';
import { setupExample } from './meant-stack.ts';

export async function resumeRun(
  context: Context,
  session: Session,
  profile: ServerProfile,
  options: SetupOptions,
): Promise<void> {
  // The server is asked: a run that another machine began is followed from then on as well.
  const remembered = await session.call('setup.look', { serverId: profile.id });
  const { run } = findServer(await session.snapshot(), profile.id);
  if (run && !isOver(run)) {
    if (options.environment !== undefined && options.environment !== run.environment) throw otherRun(profile, run);
    await followSetUp(context, session, profile, run.runId, options);
    return;
  }
  const unfinished = unfinishedOf(remembered, profile.stacks);
  if (unfinished.length === 0) {
    nothingToDo(context, profile, remembered.history[0] ?? null, options);
    return;
  }
  const chosen = await chooseOne(context, profile, unfinished, options.environment);
  const { last, environment, draft } = chosen;
  context.terminal.say(toldOf(profile, chosen));
  if (draft === null || last?.kind === 'uninstall' || adoptedPort(environment) !== null) {
    throw cannotGoOn(profile, chosen);
  }
  // Its end was nobody's wish: it is gone on with. What somebody stopped, or what failed, may wait for a yes.
  const isWish = last?.outcome !== 'interrupted';
  if (isWish && !options.yes && !(await confirmed(context, 'Go on with it now?'))) throw cancelled('Nothing was done.');
  const handed = options.secrets === undefined ? {} : await readSecrets(context, options.secrets);
  const { plan, known } = await session.call('setup.plan', { serverId: profile.id, draft });
  await agreeAndStart(context, session, profile, { draft, plan, known, handed }, { ...options, yes: true });
}

/** One that is under way is not followed in the place of the one that was named. */
function otherRun({ name }: ServerProfile, { environment, title }: RunView): CommandFailure {
  return new CommandFailure(
    failure('conflict', `A run of ${environment} is under way on ${name}: ${title}. It has to end first.`, {
      hint: `Follow it: ${resumeCommand(name, environment)}`,
    }),
  );
}

function nothingToDo(context: Context, { name }: ServerProfile, last: Unfinished['last'], options: SetupOptions): void {
  if (last === null) {
    throw new CommandFailure(
      failure('not-found', `No run is under way on ${name}, and none ever was.`, {
        hint: `Begin one: ${setupExample(name)}`,
      }),
    );
  }
  show(context, options, { last }, () => [
    toldOf({ name }, { environment: last.environment, last }),
    `Nothing on ${name} is left unfinished.`,
  ]);
}

/** The one that is named, the only one, or the one that a person says. */
async function chooseOne(
  context: Context,
  { name }: ServerProfile,
  unfinished: readonly Unfinished[],
  typed: string | undefined,
): Promise<Unfinished> {
  const names = unfinished.map(({ environment }) => environment);
  const named = (environment: string) => unfinished.find((each) => each.environment === environment);
  if (typed !== undefined) {
    const found = named(typed);
    if (found) return found;
    throw wrongUse(`Nothing of ${typed} on ${name} is left unfinished.`, suggest(typed, names, ''), 'not-found');
  }
  const [first] = unfinished;
  if (first && unfinished.length === 1) return first;
  if (!context.terminal.interactive) {
    throw wrongUse(
      `Several are not finished on ${name}. Say which: --resume --environment NAME`,
      `There is: ${names.join(', ')}`,
    );
  }
  for (const each of unfinished) context.terminal.say(`  ${each.environment}: ${endOf(each)}`);
  for (;;) {
    const answer = await context.terminal.ask(`Which one? [${names.join(', ')}] `, { echo: true });
    if (answer === null) throw cancelled('Nothing was done.');
    const found = named(answer.trim());
    if (found) return found;
  }
}

const endOf = ({ last }: Pick<Unfinished, 'last'>): string =>
  last === null ? 'begun, and not finished' : `${last.title}, ${describeRecord(last)}`;

function toldOf({ name }: Pick<ServerProfile, 'name'>, { environment, last }: Omit<Unfinished, 'draft'>): string {
  if (last === null) return `${environment} on ${name} was begun, and not finished.`;
  const which = environment === 'main' ? '' : ` of ${environment}`;
  return `The last run${which} on ${name}, ${last.title}: ${describeRecord(last)}`;
}

function cannotGoOn({ name }: ServerProfile, { environment, last }: Unfinished): CommandFailure {
  const port = adoptedPort(environment);
  const again =
    last?.kind === 'uninstall'
      ? uninstallCommand(name, environment)
      : port === null
        ? `mooring setup ${quoted(name)} --stack NAME`
        : `mooring setup put-right ${quoted(name)} --port ${String(port)}`;
  return new CommandFailure(
    failure('not-found', 'What was begun there is not known here.', { hint: `Say it again: ${again}` }),
    exitCodes.failed,
  );
}
