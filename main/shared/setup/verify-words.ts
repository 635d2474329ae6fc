/** A check as lines of a terminal or a report; its marks and its outcome in words are those of setup-words.ts. */
import { describeBytes } from '../words.ts';
import { describeTook, describeVerify, verifyMark } from './setup-words.ts';
import type { VerifyStep, VerifyView } from './verify.ts';

/** A line for each step, then remarks, then what came of it. `✓ Upload an artifact   1.0 MB   0.12 s   8.3 MB/s`. */
export function verifyLines(view: VerifyView): readonly string[] {
  const { failure, endedMs, startedMs } = view;
  return [
    ...alignedLines(view.steps.map(verifyCells)),
    ...view.remarks.map((each) => `${verifyMark('warned').mark} ${each}`),
    describeVerify(view, endedMs ?? startedMs),
    ...(failure?.hint === undefined || endedMs === null ? [] : [failure.hint]),
  ];
}

/** The cells of one line: mark and title, size, time, speed, note. */
export function verifyCells(step: VerifyStep): readonly string[] {
  const { bytes, tookMs } = step;
  const isWhole = bytes !== null && tookMs !== null && tookMs > 0 && step.state !== 'failed';
  return [
    `${verifyMark(step.state).mark} ${step.title}`,
    bytes === null ? '' : describeBytes(bytes),
    tookMs === null ? '' : describeShort(tookMs),
    isWhole ? `${describeBytes((bytes * 1000) / tookMs)}/s` : '',
    step.note ?? (step.state === 'skipped' ? verifyMark('skipped').words : ''),
  ];
}

/** `0.02 s`: most steps take much less than a second. */
const describeShort = (tookMs: number): string =>
  tookMs < 9_950 ? `${(Math.max(0, tookMs) / 1000).toFixed(2)} s` : describeTook(tookMs);

/** Numbers stand to the right of their column. Only letters of one column's width occur before the last cell. */
function alignedLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column >= 1 && column <= 3 ? cell.padStart(width) : cell.padEnd(width);
      })
      .filter((_, column) => (widths[column] ?? 0) > 0)
      .join('  ')
      .trimEnd(),
  );
}
