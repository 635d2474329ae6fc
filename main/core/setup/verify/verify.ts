/**
 * "Run the check": uses a tracking server as a client would, through its tunnel, and says step by step what came of it.
 * What it makes carries a name of its own and is taken away again.
 */
import type { VerifyStepId, VerifyView } from '../../../shared/setup/verify.ts';
import type { Clock, Random } from '../../ports.ts';
import { download, list, upload } from './artifact-steps.ts';
import { Board, failureOf } from './board.ts';
import type { Check, StepEnd } from './check.ts';
import { cleanUp } from './clean-up.ts';
import { direct } from './direct-access.ts';
import type { HttpClient, HttpLogin } from './http-client.ts';
import { isGone, TrackingApi } from './tracking-api.ts';
import { createExperiment, logRun, lookOver, reach, readBack, registerModel, signIn } from './tracking-steps.ts';

export interface VerifyOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  /** For the view. */
  readonly environment: string;
  /** Where the tunnel listens: `http://127.0.0.1:5000`. */
  readonly url: string;
  /** Null: none is expected. */
  readonly login: HttpLogin | null;
  readonly artifactBytes: number;
  /** At each step, and some times a second while bytes move. Must not throw. */
  readonly onChange: (view: VerifyView) => void;
}

export interface RunningVerify {
  /** Never rejects; the view as it was in the end. */
  readonly done: Promise<VerifyView>;
  /** Stops where it is and cleans up; the second time the cleaning up is stopped, too. */
  cancel(): void;
}

interface Step {
  readonly id: VerifyStepId;
  readonly title: string;
  /** Makes no sense unless all of these went. */
  readonly needs: readonly VerifyStepId[];
  readonly run: (check: Check) => Promise<StepEnd>;
}

const steps: readonly Step[] = [
  { id: 'reach', title: 'Reach the server', needs: [], run: reach },
  { id: 'sign-in', title: 'Sign in', needs: ['reach'], run: signIn },
  { id: 'experiment', title: 'Create an experiment', needs: ['sign-in'], run: createExperiment },
  { id: 'log', title: 'Log a run', needs: ['experiment'], run: logRun },
  { id: 'read-back', title: 'Read the run back', needs: ['log'], run: readBack },
  { id: 'upload', title: 'Upload an artifact', needs: ['log'], run: upload },
  { id: 'list', title: 'List it', needs: ['upload'], run: list },
  { id: 'download', title: 'Download and compare', needs: ['upload'], run: download },
  { id: 'direct', title: 'Direct access to the store', needs: ['upload'], run: direct },
  { id: 'register', title: 'Register a model version', needs: ['log'], run: registerModel },
  { id: 'older', title: 'Look over the experiments', needs: ['sign-in'], run: lookOver },
  { id: 'clean-up', title: 'Clean up', needs: [], run: cleanUp },
];

export function verify(options: VerifyOptions): RunningVerify {
  const { http, clock, random, login, artifactBytes } = options;
  const api = new TrackingApi(options);
  const board = new Board(clock, options.onChange, {
    environment: options.environment,
    startedMs: clock.nowMs(),
    endedMs: null,
    artifactBytes,
    steps: steps.map(({ id, title }) => ({ id, title, state: 'waiting', tookMs: null, bytes: null, note: null })),
    failure: null,
    cancelled: false,
    directAccess: null,
    remarks: [],
  });
  const check: Check = {
    api,
    clock,
    login,
    artifactBytes,
    name: `mooring-check-${random.id().slice(0, 8)}`,
    seed: random.id(),
    found: { run: null, place: null, sent: null, directAccess: null },
    made: { experiment: 'no', artifacts: 'no', model: 'no' },
    remark: (text) => {
      board.remark(text);
    },
    progress: (bytes) => {
      board.progress(bytes);
    },
  };
  return {
    done: runSteps(check, board).finally(() => {
      http.closeIdle();
    }),
    cancel: () => {
      if (board.view.endedMs !== null) return;
      board.tell({ cancelled: true });
      api.stop();
    },
  };
}

async function runSteps(check: Check, board: Board): Promise<VerifyView> {
  const cancelled = () => board.view.cancelled;
  let gone = false;
  for (const { id, needs, run } of steps) {
    if (id === 'clean-up') check.api.beginClosing();
    else if (gone || cancelled() || !needs.every((each) => went(board, each))) {
      board.end(id, { kind: 'skipped', note: null });
      continue;
    }
    board.begin(id);
    const end = await run(check);
    const cause = failureOf(end);
    gone ||= cause !== null && isGone(cause);
    // Cut off by a person, whatever the step made of it.
    const isCut = id !== 'clean-up' && cancelled();
    board.end(id, isCut && end.kind !== 'ok' ? { kind: 'skipped', note: 'stopped' } : shownEnd(end));
    if (id === 'direct' && !isCut) board.tell({ directAccess: check.found.directAccess });
  }
  board.tell({ endedMs: check.clock.nowMs() });
  return board.view;
}

const went = (board: Board, id: VerifyStepId) => ['ok', 'warned'].includes(board.stateOf(id) ?? '');

/** The second cancel cuts the cleaning up off; that is no failure of the server's. */
const shownEnd = (end: StepEnd): StepEnd =>
  failureOf(end)?.code === 'cancelled' ? { kind: 'skipped', note: 'stopped' } : end;
