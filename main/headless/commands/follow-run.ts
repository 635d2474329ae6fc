/** Follows a run of setting up at the terminal, and tells how it ended. */
import { failureHere } from '../terminal/failure-words.ts';
import {
  isOver,
  recapHere,
  recapOf,
  runsHere,
  type RunLine,
  type RunView,
  type StepView,
} from '../../shared/setup/run.ts';
import { describeRun, nextAfter } from '../../shared/setup/setup-words.ts';
import { knownPassword, unknownPasswordHints, type KnownPassword } from '../../shared/setup/password-words.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { environmentOption, quoted } from '../../shared/shell-words.ts';
import type { Session } from '../control/session.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { promptLine } from '../terminal/prompt-words.ts';
import {
  keptLines,
  logLines,
  runProgressLine,
  runRecapLine,
  stackLines,
  stepLine,
  uninstallCommand,
} from '../terminal/run-lines.ts';
import { needsYou } from './asking.ts';
import type { Context, JsonOption } from './context.ts';
import { findServer } from './find.ts';
import { sightTeller } from './run-sight.ts';
import { watchServer, type Watched } from './watch-server.ts';

/** Of the step that failed. */
const tailLines = 20;

export interface FollowOptions extends JsonOption {
  /** Every line of the log. */
  readonly verbose?: boolean;
}

export interface Followed {
  readonly profile: Pick<ServerProfile, 'id' | 'name'>;
  readonly runId: string;
  /** It runs on this machine: a playbook. */
  readonly here?: boolean;
  /** Ends the following early: what is left is of no interest. */
  readonly isEnough?: (run: RunView) => boolean;
}

/** `environment`: of a run that is over, where others may not be finished, too. */
export const resumeCommand = (serverName: string, environment = 'main'): string =>
  `mooring setup ${quoted(serverName)} --resume${environmentOption(environment)}`;

/** Null as the value: the run is no longer shown (dismissed, or another one began). */
export async function followRun(
  context: Context,
  session: Session,
  { profile, runId, here, isEnough }: Followed,
  options: FollowOptions,
): Promise<Watched<{ readonly run: RunView | null }>> {
  const { terminal } = context;
  const serverId = profile.id;
  const printer = options.json ? null : createPrinter(context, session, serverId, options.verbose === true);
  const tellSight = options.json ? null : sightTeller(terminal, profile.name);
  return watchServer(context, session, serverId, {
    async look({ run, connection }) {
      if (run?.runId !== runId) return { run: null };
      tellSight?.(run, connection);
      await printer?.show(run);
      if (isOver(run) || isEnough?.(run)) return { run };
      if (!options.json) terminal.progress(runProgressLine(run, Date.now()));
      return null;
    },
    async stop() {
      const reply = await session.client.call('setup.cancel', { serverId, how: 'after-step' });
      const words = here
        ? 'A playbook can’t be stopped between its tasks: it is finished first.'
        : 'It stops after this step.';
      terminal.say(reply.ok ? words : failureHere(reply.error));
      terminal.say(`Ctrl-C again leaves it to itself. Come back with: ${resumeCommand(profile.name)}`);
    },
  });
}

interface Printer {
  show(run: RunView): Promise<void>;
}

/** Ticks off steps, each once; before them, with `verbose`, what they said. */
function createPrinter({ terminal }: Context, session: Session, serverId: string, verbose: boolean): Printer {
  const ticked = new Set<string>();
  let lastSeq = -1;
  let lastStepId: string | null = null;
  const tick = (run: RunView, steps: readonly StepView[]) => {
    for (const step of steps) {
      if (ticked.has(step.id) || ['waiting', 'running', 'skipped'].includes(step.state)) continue;
      ticked.add(step.id);
      terminal.print(stepLine(terminal, step, run));
    }
  };
  const printLog = async (run: RunView) => {
    const reply = await session.client.call('setup.log', lastSeq < 0 ? { serverId } : { serverId, afterSeq: lastSeq });
    for (const line of reply.ok ? reply.value.lines : []) {
      if (line.seq <= lastSeq) continue;
      if (line.seq > lastSeq + 1) terminal.print(terminal.colour('dim', '    … lines were left out here'));
      lastSeq = line.seq;
      if (line.stepId !== lastStepId) {
        lastStepId = line.stepId;
        const at = run.steps.findIndex((each) => each.id === line.stepId);
        tick(run, run.steps.slice(0, Math.max(0, at)));
        terminal.print(terminal.colour('dim', `  ${run.steps[at]?.title ?? line.stepId}:`));
      }
      for (const text of logLines(terminal, [line])) terminal.print(text);
    }
  };
  return {
    async show(run) {
      if (verbose) await printLog(run);
      tick(run, run.steps);
    },
  };
}

/** Prints how it ended and gives the exit code. */
export async function tellRun(
  context: Context,
  session: Session,
  { profile, here }: Followed,
  followed: Watched<{ readonly run: RunView | null }>,
  options: FollowOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const comeBack = `Come back with: ${resumeCommand(profile.name)}`;
  if (followed.kind === 'needs-you') {
    const { prompt } = followed;
    throw needsYou(`${profile.name} needs you. ${promptLine(prompt)}`, prompt);
  }
  if (followed.kind !== 'ended') {
    const why = followed.kind === 'gone' ? 'Mooring ended meanwhile; the run' : 'The run';
    if (here && followed.kind === 'gone') terminal.say('Mooring ended meanwhile, and the playbook with it.');
    else terminal.say(`${why} goes on ${here ? 'on this machine' : 'on the server'}. ${comeBack}`);
    return exitCodes.failed;
  }
  const { run } = followed.value;
  if (!run) {
    terminal.say(`This run is no longer shown. See how it went: mooring setup history ${quoted(profile.name)}`);
    return exitCodes.failed;
  }
  const failedLines = await lastWords(session, profile.id, run);
  const exitCode = run.state.kind === 'done' || !isOver(run) ? exitCodes.done : exitCodes.failed;
  if (options.json) {
    terminal.printJson({
      run,
      recap: recapOf(run.steps),
      recapHere: recapHere(run.steps),
      lastLines: failedLines.map(({ text }) => text),
    });
    return exitCode;
  }
  if (!options.verbose) for (const line of logLines(terminal, failedLines)) terminal.print(line);
  terminal.print(runRecapLine(run, Date.now()));
  if (run.state.kind === 'done') for (const line of keptLines(profile.name, run)) terminal.print(line);
  if (run.state.kind === 'done' || !isOver(run)) return exitCode;
  terminal.say(endWords(run, profile.name));
  const next = (run.state.kind === 'failed' ? run.state.failure.commandHint : undefined) ?? nextAfter(run);
  if (next !== null) terminal.say(`  ${next}`);
  if (!runsHere(run)) terminal.say(`  Go on with: ${nextCommand(profile.name, run)}`);
  return exitCode;
}

function endWords(run: RunView, serverName: string): string {
  if (run.state.kind === 'failed') return run.state.failure.message;
  if (run.state.kind === 'interrupted') return `The run was cut off on ${serverName}: it ended there without a word.`;
  return `It is ${describeRun(run, Date.now())}.`;
}

function nextCommand(serverName: string, { kind, state, steps, environment }: RunView): string {
  const which = `${quoted(serverName)}${environmentOption(environment)}`;
  if (kind === 'uninstall') return uninstallCommand(serverName, environment);
  const stopped = steps.find((each) => state.kind === 'failed' && each.id === state.stepId);
  // All is there; only the check found something.
  return stopped && isCheckStep(stopped) ? `mooring verify ${which}` : resumeCommand(serverName, environment);
}

/** The step of this machine that uses what was set up. */
export const isCheckStep = ({ place, id }: StepView): boolean => place === 'here' && /check/.test(id);

/** What the step that failed said last. */
async function lastWords(session: Session, serverId: string, { state }: RunView): Promise<readonly RunLine[]> {
  if (state.kind !== 'failed') return [];
  const reply = await session.client.call('setup.log', { serverId });
  return (reply.ok ? reply.value.lines : []).filter(({ stepId }) => stepId === state.stepId).slice(-tailLines);
}

/** After a run that is done: where the stack answers, who signs in. */
export async function tellStack(context: Context, session: Session, { profile }: Followed, environment: string) {
  const snapshot = await session.snapshot();
  const view = findServer(snapshot, profile.id);
  const stack = view.profile.stacks.find((each) => each.environment === environment);
  if (!stack) return;
  const command = `mooring setup password ${quoted(profile.name)}${environmentOption(environment)}`;
  for (const line of stackLines(view, stack, command)) context.terminal.print(line);
  const words = passwordWords(profile.name, environment, knownPassword(stack, snapshot.keychain));
  if (words !== null) context.terminal.say(words);
}

/** Null: nothing is to be done about it. */
function passwordWords(serverName: string, environment: string, password: KnownPassword): string | null {
  switch (password.kind) {
    case 'none':
    case 'for-good':
      return null;
    case 'unknown': {
      const { commandHint } = unknownPasswordHints(serverName, environment, password.user);
      return `The password of ${password.user} is not known here. ${commandHint}`;
    }
    case 'until-quit':
      return password.words;
    default:
      return password satisfies never;
  }
}
