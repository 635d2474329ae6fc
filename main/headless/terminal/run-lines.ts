/** Runs and checks as lines for a terminal. Marks and words come from main/shared/setup/setup-words.ts. */
import { forwardUrl } from '../../shared/forward.ts';
import {
  recapHere,
  recapOf,
  type Recap,
  type RunLine,
  type RunRecord,
  type RunView,
  type StepView,
} from '../../shared/setup/run.ts';
import {
  describeClock,
  describeRecord,
  describeTook,
  forwardOfStack,
  outcomeOf,
  runProgress,
  stepMark,
  storeForwards,
  verifyMark,
} from '../../shared/setup/setup-words.ts';
import type { InstalledStack } from '../../shared/setup/stack.ts';
import type { VerifyStep } from '../../shared/setup/verify.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import { verifyLine as plainVerifyLine } from '../../shared/setup/verify-words.ts';
import { lightShape } from '../../shared/words.ts';
import { quoted } from '../../shared/shell-words.ts';
import { dayAndTime } from './day-and-time.ts';
import { lightColour } from './state-lines.ts';
import { tableLines } from './text-table.ts';
import { textWidth } from './text-width.ts';
import type { Terminal } from './terminal.ts';

const widestTitle = 60;

const widthOf = (titles: readonly string[]): number =>
  Math.min(widestTitle, Math.max(0, ...titles.map((each) => textWidth(each))));
const padded = (title: string, width: number): string => title + ' '.repeat(Math.max(0, width - textWidth(title)));

/** Columns where there is room for them; else the cells behind one another, below as well. */
function fitting(terminal: Terminal, line: string): string {
  const whole = line.trimEnd();
  return textWidth(whole) <= terminal.columns ? whole : terminal.wrap(whole.replace(/ {3,}/g, '  '), 2).join('\n');
}

/** A step that is over: `✓ Install MLflow 3.17.2   changed  12 s`. `run` gives the width. */
export function stepLine(terminal: Terminal, step: StepView, { steps }: Pick<RunView, 'steps'>): string {
  const { mark, light, words } = stepMark(step.state);
  const took = step.startedMs === null || step.endedMs === null ? '' : describeTook(step.endedMs - step.startedMs);
  // What is done here is never “nothing to do”.
  const word = step.place === 'here' && step.state === 'ok' ? '' : words;
  const title = padded(step.title, widthOf(steps.map((each) => each.title)));
  return fitting(terminal, `${terminal.colour(lightColour[light], mark)} ${title}  ${word.padEnd(13)}  ${took}`);
}

/** What is at work just now, for the line of progress. */
export function runProgressLine(run: RunView, nowMs: number): string {
  const step = run.steps.find((each) => each.state === 'running');
  const clock = describeClock(nowMs - (step?.startedMs ?? run.startedMs));
  const what =
    run.state.kind === 'out-of-sight'
      ? 'The connection is away; the server goes on by itself'
      : step
        ? `${step.title} (${String(runProgress(run).at)} of ${String(run.steps.length)})`
        : 'Getting ready';
  const note = step?.note ?? null;
  const stopping = run.cancelling === null ? '' : ' · stopping';
  return `${lightShape.working} ${what} · ${clock}${stopping}${note === null ? '' : ` · ${note}`}`;
}

export const logLines = (terminal: Terminal, lines: readonly RunLine[]): readonly string[] =>
  lines.map(({ text }) => terminal.colour('dim', `    ${text}`));

/** `ok 3 · changed 9 · failed 0 · skipped 0 in 41 s`. */
export function runRecapLine({ steps, startedMs, endedMs }: RunView, nowMs: number): string {
  const counts = (recap: Partial<Recap>) =>
    Object.entries(recap)
      .map(([name, count]) => `${name} ${String(count)}`)
      .join(' · ');
  const here = recapHere(steps);
  const server = counts(recapOf(steps));
  const took = describeTook((endedMs ?? nowMs) - startedMs);
  if (here === null) return `${server} in ${took}`;
  // Only what the server did is in its history. On this machine nothing is changed, but done.
  const { ok, changed, ...unwell } = here;
  return `On the server ${server}; on this computer ${counts({ ok: ok + changed, ...unwell })}; in ${took} in all`;
}

/** Always names the stack: what destroys asks which is meant. */
export const uninstallCommand = (serverName: string, environment: string): string =>
  `mooring uninstall ${quoted(serverName)} --environment ${quoted(environment)}`;

/** Data that an uninstallation left, and how to remove it. */
export function keptLines(
  serverName: string,
  { environment, keeps }: { readonly environment: string; readonly keeps?: readonly string[] },
): readonly string[] {
  if (keeps === undefined || keeps.length === 0) return [];
  return [
    `Data of ${environment} stays on the server: ${keeps.join('; ')}`,
    `    Remove it with: ${uninstallCommand(serverName, environment)} --remove-data --confirm ${quoted(serverName)}`,
  ];
}

/** Newest first. */
export function historyLines(terminal: Terminal, history: readonly RunRecord[]): readonly string[] {
  return tableLines(
    history.map((record) => {
      const { light } = outcomeOf(record.outcome);
      return [
        terminal.colour(lightColour[light], lightShape[light]),
        dayAndTime(record.startedMs),
        record.environment,
        record.title,
        describeRecord(record),
        terminal.colour('dim', record.by),
      ];
    }),
    '',
    terminal.columns,
  );
}

/** As {@link plainVerifyLine}, its mark in colour. */
export function verifyLine(terminal: Terminal, step: VerifyStep, steps: readonly VerifyStep[]): string {
  const { mark, light } = verifyMark(step.state);
  return fitting(
    terminal,
    `${terminal.colour(lightColour[light], mark)}${plainVerifyLine(step, steps).slice(mark.length)}`,
  );
}

/** Where a stack answers here, who signs in, and how to see the password. `command`: shows the password. */
export function stackLines({ profile }: ServerView, stack: InstalledStack, command: string): readonly string[] {
  const own = forwardOfStack(profile, stack);
  const store = storeForwards(profile, stack.draft);
  const forwards = profile.forwards.filter((each) => each === own || store.includes(each));
  return tableLines([
    ...forwards.map((each) => [
      each.label,
      forwardUrl(each)?.replace(/\/$/, '') ?? `127.0.0.1:${String(each.bind.port)}`,
    ]),
    ...(stack.adminUser === null ? [] : [['User', stack.adminUser]]),
    ...(stack.secrets.includes('mlflow.admin-password') ? [['Password', command]] : []),
  ]);
}
