/** From a plan to its end: shown in short, agreed to, started, followed. */
import type { HandedSecrets } from '../../shared/contract.ts';
import { failure } from '../../shared/failure.ts';
import { isOfPlaybook, type Plan } from '../../shared/setup/plan.ts';
import { isOver, runsHere, type RunView } from '../../shared/setup/run.ts';
import type { StackDraft, StackSecretName } from '../../shared/setup/stack.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure, exitCodes } from '../exit-codes.ts';
import { remarkHint, shortPlanLines } from '../terminal/plan-lines.ts';
import { cancelled, confirmed } from './asking.ts';
import type { Context, JsonOption } from './context.ts';
import { findServer } from './find.ts';
import { followRun, isCheckStep, tellRun, tellStack } from './follow-run.ts';
import { checkSecrets, completeSecrets } from './given-secrets.ts';
import type { PatienceOption } from './patience.ts';
import { bytesOf, checkBytes, runCheck, type SizeOptions } from './verify.ts';

export interface SetupOptions extends JsonOption, PatienceOption, SizeOptions {
  readonly stack?: string;
  readonly set: readonly string[];
  readonly secrets?: string;
  readonly plan?: boolean;
  readonly script?: boolean;
  readonly yes?: boolean;
  readonly resume?: boolean;
  /** With --resume: which of several. */
  readonly environment?: string;
  /** False with --no-check. */
  readonly check: boolean;
  readonly verbose?: boolean;
}

export interface Wanted {
  readonly draft: StackDraft;
  readonly plan: Plan;
  readonly known: readonly StackSecretName[];
  readonly handed: HandedSecrets;
}

/** Shows the plan in short, asks, starts, and follows to the end. */
export async function agreeAndStart(
  context: Context,
  session: Session,
  profile: ServerProfile,
  { draft, plan, known, handed }: Wanted,
  options: SetupOptions,
): Promise<void> {
  checkSecrets(plan.secrets, handed);
  const { terminal } = context;
  const stops = plan.remarks.filter(({ level }) => level === 'stop');
  const [stop] = stops;
  if (stop) {
    const hint = remarkHint(stop);
    throw new CommandFailure(
      failure('conflict', stop.message, {
        ...(hint === null ? {} : { hint }),
        fields: stops.map(({ message }) => ({ path: 'plan', message })),
      }),
    );
  }
  if (!options.json) for (const line of shortPlanLines(terminal, plan, profile.name)) terminal.print(line);
  const question = isOfPlaybook(plan) ? `Run it on ${profile.name} now?` : `Set up ${profile.name} now?`;
  if (!options.yes && !(await confirmed(context, question))) throw cancelled('Nothing was set up.');
  const secrets = await completeSecrets(context, plan.secrets, known, handed);
  const { runId } = await session.call('setup.start', { serverId: profile.id, draft, secrets });
  await followSetUp(context, session, profile, runId, options);
}

/** Follows a run to its end, and tells where the stack answers. */
export async function followSetUp(
  context: Context,
  session: Session,
  profile: ServerProfile,
  runId: string,
  options: SetupOptions,
): Promise<void> {
  const { run: begun } = findServer(await session.snapshot(), profile.id);
  const here = begun !== null && runsHere(begun);
  const followed = { profile, runId, here, ...(options.check ? {} : { isEnough: onlyCheckIsLeft }) };
  const result = await followRun(context, session, followed, options);
  const exitCode = await tellRun(context, session, followed, result, options);
  context.endWith(exitCode);
  const run = result.kind === 'ended' ? result.value.run : null;
  // A playbook leaves no stack behind: what else has its environment is not meant.
  if (exitCode !== exitCodes.done || run?.kind !== 'set-up' || runsHere(run)) return;
  if (!options.json) await tellStack(context, session, followed, run.environment);
  const bytes = bytesOf(options);
  const isChecked = bytes === checkBytes && run.steps.some(isCheckStep);
  const { stacks } = findServer(await session.snapshot(), profile.id).profile;
  const stack = stacks.find((each) => each.environment === run.environment);
  if (!options.check || isChecked || !stack?.draft.stack.startsWith('mlflow')) return;
  context.endWith(await runCheck(context, session, profile, { environment: run.environment, bytes }, options));
}

const onlyCheckIsLeft = (run: RunView): boolean =>
  !isOver(run) &&
  run.steps.some(isCheckStep) &&
  run.steps.every((step) => isCheckStep(step) || (step.state !== 'waiting' && step.state !== 'running'));
