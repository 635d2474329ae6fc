import { describe, expect, it } from 'vitest';
import {
  describeClock,
  describeRecord,
  describeRun,
  describeTook,
  describeVerify,
  plainLine,
  progressWords,
  recapLine,
  runProgress,
  stepMark,
  verifyOutcome,
} from '../../../main/shared/setup/setup-words.ts';
import { cutOff, skipWaiting } from '../../../main/core/setup/run/run-events.ts';
import { failure } from '../../../main/shared/failure.ts';
import { recapOf } from '../../../main/shared/setup/run.ts';
import { history, runOf, runs, stepsOf, verifies } from '../../support/setup-snapshots.ts';
import { nowMs } from '../../support/snapshots.ts';

describe('times', () => {
  it.each([
    [0, '0.0 s'],
    [412, '0.4 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [23_400, '23 s'],
    [125_000, '2 min 5 s'],
    [180_000, '3 min'],
    [3_780_000, '1 h 3 min'],
  ])('%i ms took %s', (ms, words) => {
    expect(describeTook(ms)).toBe(words);
  });

  it.each([
    [-5, '0:00'],
    [41_900, '0:41'],
    [723_000, '12:03'],
    [3_609_000, '1:00:09'],
  ])('a clock shows %i ms as %s', (ms, words) => {
    expect(describeClock(ms)).toBe(words);
  });
});

describe('a run in words', () => {
  it.each([
    ['preparing', 'getting ready'],
    ['running', 'step 3 of 7 · 0:47'],
    ['out of sight', 'out of sight: it goes on on the server'],
    ['done', 'done in 47 s · 1 ok, 4 changed; on this computer 2 ok'],
    ['failed', 'failed at “Install MLflow 3.17.2”: The package index did not answer'],
    ['cancelled', 'stopped: “Install MLflow 3.17.2” was taken back'],
    ['interrupted', 'interrupted: it ended without a word'],
  ] as const)('%s', (name, words) => {
    expect(describeRun(runs[name], nowMs)).toBe(words);
  });

  it('says the step that failed once', () => {
    const why = failure('conflict', 'Install MLflow 3.17.2: this step failed on the server.');
    const { state } = runs.failed;
    if (state.kind !== 'failed') throw new Error(state.kind);
    expect(describeRun({ ...runs.failed, state: { ...state, failure: why } }, nowMs)).toBe(
      'failed at “Install MLflow 3.17.2”: this step failed on the server',
    );
  });

  it('tells where it stopped when the step was finished first', () => {
    const run = runOf({ kind: 'cancelled', stepId: 'database', undone: false }, { steps: stepsOf(2) });
    expect(describeRun(run, nowMs)).toBe('stopped after “Database and user mlflow”');
    const broken = run.steps.map((each) => (each.id === 'database' ? { ...each, state: 'failed' as const } : each));
    expect(describeRun({ ...run, steps: broken }, nowMs)).toBe('stopped in the middle of “Database and user mlflow”');
    expect(describeRun(runOf({ kind: 'cancelled', stepId: null, undone: false }), nowMs)).toBe(
      'stopped before the first step',
    );
  });

  it('counts what is behind, not what failed', () => {
    expect(runProgress(runs.running)).toEqual({ at: 3, finished: 2, of: 7 });
    expect(runProgress(runs.failed)).toEqual({ at: 2, finished: 2, of: 7 });
    expect(runProgress(runs.preparing)).toEqual({ at: 0, finished: 0, of: 0 });
    const [failed, done] = [runs.failed, runs.done].map((run) => ({ ...run, steps: run.steps.map(skipWaiting) }));
    expect(failed && runProgress(failed).finished).toBe(2);
    expect(done && runProgress(done).finished).toBe(7);
  });

  it('leaves out of the recap what there was none of, but not that nothing changed', () => {
    expect(recapLine({ ok: 12, changed: 0, failed: 0, skipped: 0 })).toBe('12 ok, 0 changed');
    expect(recapLine({ ok: 1, changed: 2, failed: 1, skipped: 3 })).toBe('1 ok, 2 changed, 1 failed, 3 skipped');
  });

  it('has a mark, a light and a word for every step', () => {
    expect(stepMark('undone')).toEqual({ mark: '↩', light: 'needs-you', words: 'taken back' });
  });

  it('tells of earlier runs', () => {
    expect(history.map(describeRecord)).toEqual([
      'done in 48 s on the server · 1 ok, 6 changed',
      'failed after 12 s on the server · 0 ok, 1 changed, 1 failed, 5 skipped',
    ]);
    const [well] = history;
    if (well === undefined) throw new Error('no history');
    expect(describeRecord({ ...well, outcome: 'failed' })).toBe(
      'failed on this computer, after 48 s on the server · 1 ok, 6 changed',
    );
  });
});

it('the counts of a run are of what is over', () => {
  expect(recapOf(runs.running.steps)).toEqual({ ok: 1, changed: 1, failed: 0, skipped: 0 });
  expect(recapOf(runs.interrupted.steps.map(cutOff(null)))).toEqual({ ok: 1, changed: 1, failed: 1, skipped: 2 });
});

it.each([
  ['preparing', null],
  ['running', 'step 3 of 7'],
  ['failed', '2 of 7'],
  ['done', '7 of 7'],
] as const)('how far a run is, in words: %s', (name, words) => {
  expect(progressWords(runs[name])).toBe(words);
});

describe('a check in words', () => {
  it.each([
    ['running', 'checking: 4 of 8'],
    ['failed', 'failed: The artifact could not be sent: the bucket refused it (403)'],
    ['done', 'well, in 6.0 s'],
  ] as const)('%s', (name, words) => {
    expect(describeVerify(verifies[name], nowMs)).toBe(words);
  });

  it('tells a stopped one from one that went well', () => {
    expect(verifyOutcome({ ...verifies.done, cancelled: true })).toBe('cancelled');
  });
});

describe('a line of the log', () => {
  it.each([
    ['\u001b[32mok\u001b[0m a\tb', 'ok a\tb'],
    ['10%\r20%\r30%\r', '30%'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]8;;https://example.org\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['\u001b[1;31;40mred\u001b[K', 'red'],
    ['a\u0008b\u001bMc', 'abc'],
    ['password ••••••••', 'password ••••••••'],
  ])('%j is plain as %j', (text, plain) => {
    expect(plainLine(text)).toBe(plain);
  });
});
