/** `setup SERVER --resume`: back to a run that goes on, or on with one that did not come to its end. */
import { failure } from '../../shared/failure.ts';
import { isOver, type RunRecord } from '../../shared/setup/run.ts';
import { adoptedPort } from '../../shared/setup/offers.ts';
import { describeRecord } from '../../shared/setup/setup-words.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure, exitCodes } from '../exit-codes.ts';
import { agreeAndStart, followSetUp, type SetupOptions } from './begin-setup.ts';
import { cancelled, confirmed, environmentOption } from './connected.ts';
import { show, type Context } from './context.ts';
import { findServer, quote } from './find.ts';
import { readSecrets } from './given-secrets.ts';

export async function resumeRun(
  context: Context,
  session: Session,
  profile: ServerProfile,
  options: SetupOptions,
): Promise<void> {
  // The server is asked: a run that another machine began is followed from then on as well.
  const { history, stacks } = await session.call('setup.look', { serverId: profile.id });
  const { run } = findServer(await session.snapshot(), profile.id);
  if (run && !isOver(run)) {
    await followSetUp(context, session, profile, run.runId, options);
    return;
  }
  const [last] = history;
  if (!last) {
    throw new CommandFailure(
      failure('not-found', `No run is under way on ${profile.name}, and none ever was.`, {
        hint: `Begin one: mooring setup ${quote(profile.name)}`,
      }),
    );
  }
  const told = `The last run on ${profile.name}, ${last.title}: ${describeRecord(last)}`;
  if (last.outcome === 'done') {
    show(context, options, { last }, () => [told, 'Nothing is left to do.']);
    return;
  }
  context.terminal.say(told);
  const stack = stacks.find(({ environment }) => environment === last.environment);
  if (last.kind === 'uninstall' || !stack || adoptedPort(last.environment) !== null) throw cannotGoOn(profile, last);
  // Its end was nobody's wish: it is gone on with. What somebody stopped, or what failed, may wait for a yes.
  const isWish = last.outcome !== 'interrupted';
  if (isWish && !options.yes && !(await confirmed(context, 'Go on with it now?'))) throw cancelled('Nothing was done.');
  const { draft } = stack;
  const handed = options.secrets === undefined ? {} : await readSecrets(context, options.secrets);
  const { plan, known } = await session.call('setup.plan', { serverId: profile.id, draft });
  await agreeAndStart(context, session, profile, { draft, plan, known, handed }, { ...options, yes: true });
}

function cannotGoOn({ name }: ServerProfile, { kind, environment }: RunRecord): CommandFailure {
  const port = adoptedPort(environment);
  const again =
    kind === 'uninstall'
      ? `mooring uninstall ${quote(name)}${environmentOption(environment)}`
      : port === null
        ? `mooring setup ${quote(name)} --stack NAME`
        : `mooring setup put-right ${quote(name)} --port ${String(port)}`;
  return new CommandFailure(
    failure('not-found', 'What was begun there is not known here.', { hint: `Say it again: ${again}` }),
    exitCodes.failed,
  );
}
