/** A check as lines of a terminal or a report; its marks and its outcome in words are those of setup-words.ts. */
import { describeBytes } from '../words.ts';
import { describeTook, describeVerify, verifyMark } from './setup-words.ts';
import type { VerifyStep, VerifyView } from './verify.ts';

/** A line for each step, then remarks, then what came of it. */
export function verifyLines(view: VerifyView): readonly string[] {
  const { failure, endedMs, startedMs, steps } = view;
  return [
    ...steps.map((each) => verifyLine(each, steps)),
    ...view.remarks.map((each) => `${verifyMark('warned').mark} ${each}`),
    describeVerify(view, endedMs ?? startedMs),
    ...(failure?.hint === undefined || endedMs === null ? [] : [failure.hint]),
  ];
}

/**
 * Mark and title, size, time, speed, note: `✓ Upload an artifact   1.0 MB     0.12 s    8.3 MB/s`. `steps`: all of them,
 * which give the width of the titles; those of the numbers are fixed, since lines are shown as their steps end.
 */
export function verifyLine(step: VerifyStep, steps: readonly Pick<VerifyStep, 'title'>[]): string {
  const { bytes, tookMs } = step;
  const isWhole = bytes !== null && tookMs !== null && tookMs > 0 && step.state !== 'failed';
  const cells = [
    `${verifyMark(step.state).mark} ${step.title.padEnd(Math.max(...steps.map(({ title }) => title.length)))}`,
    (bytes === null ? '' : describeBytes(bytes)).padStart(7),
    (tookMs === null ? '' : describeShort(tookMs)).padStart(9),
    (isWhole ? `${describeBytes((bytes * 1000) / tookMs)}/s` : '').padStart(10),
    step.note ?? (step.state === 'skipped' ? verifyMark('skipped').words : ''),
  ];
  return cells.join('  ').trimEnd();
}

/** `0.02 s`: most steps take much less than a second. */
const describeShort = (tookMs: number): string =>
  tookMs < 9_950 ? `${(Math.max(0, tookMs) / 1000).toFixed(2)} s` : describeTook(tookMs);
