/** Fixed states of setting up: what is on a server, and how runs and checks go. */
import type { FoundStack } from '../../main/shared/contract.ts';
import { failure } from '../../main/shared/failure.ts';
import type { RunLine, RunRecord, RunState, RunView, StepState, StepView } from '../../main/shared/setup/run.ts';
import { adoptedEnvironment, offerSteps, type Offer } from '../../main/shared/setup/offers.ts';
import type { InstalledStack, StackDraft, StackName } from '../../main/shared/setup/stack.ts';
import type { VerifyStep, VerifyView } from '../../main/shared/setup/verify.ts';
import { postgresDraft } from './setup-plans.ts';
import { ago, nowMs } from './snapshots.ts';

const runTitles = [
  ['packages', 'Packages: python3-venv, postgresql', 23],
  ['database', 'Database and user mlflow', 0.6],
  ['mlflow', 'Install MLflow 3.17.2', 31],
  ['login', 'Login of MLflow', 0.4],
  ['service', 'Service mooring-mlflow.service', 6],
  ['tunnels', 'Password into the keychain, tunnel on 5001', 0.2],
  ['check', 'Check: a sample run with an artifact', 2.1],
] as const;

const notes: Partial<Record<string, string>> = {
  packages: 'waited 6 s for unattended-upgrades',
  mlflow: '68 of 91 packages',
};

/** Steps of which the first so many are behind, and the next is as told. */
export function stepsOf(behind: number, next: StepState = 'waiting'): readonly StepView[] {
  let atMs = ago(47);
  return runTitles.map(([id, title, seconds], index) => {
    const startedMs = atMs;
    if (index < behind) atMs += seconds * 1000;
    const begun = index < behind || (index === behind && next !== 'waiting');
    return {
      id,
      title,
      place: index < 5 ? 'server' : 'here',
      state: index < behind ? (index === 1 ? 'ok' : 'changed') : index === behind ? next : 'waiting',
      startedMs: begun ? startedMs : null,
      endedMs: index < behind ? atMs : begun && next !== 'running' ? startedMs + 9000 : null,
      note: begun ? (notes[id] ?? null) : null,
    };
  });
}

export const runOf = (state: RunState, patch: Partial<RunView> = {}): RunView => ({
  runId: 'r-1',
  kind: 'set-up',
  title: 'MLflow with PostgreSQL',
  environment: 'main',
  startedMs: ago(47),
  endedMs: null,
  state,
  steps: stepsOf(2, 'running'),
  cancelling: null,
  ...patch,
});

export const runFailure = failure('target-unreachable', 'The package index did not answer.', {
  hint: 'The server has no way to https://pypi.org. Check its network or proxy, then try again.',
});

export const runs = {
  preparing: runOf({ kind: 'preparing' }, { steps: [] }),
  running: runOf({ kind: 'running' }),
  'out of sight': runOf({ kind: 'out-of-sight' }),
  done: runOf({ kind: 'done' }, { steps: stepsOf(7), endedMs: nowMs }),
  failed: runOf(
    { kind: 'failed', stepId: 'mlflow', failure: runFailure },
    { steps: stepsOf(2, 'failed'), endedMs: ago(8) },
  ),
  cancelled: runOf(
    { kind: 'cancelled', stepId: 'mlflow', undone: true },
    { steps: stepsOf(2, 'undone'), endedMs: ago(8) },
  ),
  interrupted: runOf({ kind: 'interrupted' }, { endedMs: ago(8) }),
} satisfies Record<string, RunView>;

export const linesOf = (texts: readonly (readonly [stepId: string, text: string])[], from = 0): readonly RunLine[] =>
  texts.map(([stepId, text], index) => ({ seq: from + index, stepId, text }));

export const runLines = linesOf([
  ['packages', 'Waiting for unattended-upgr (812) to let go of apt'],
  ['packages', 'Setting up postgresql-15 (15.14-0+deb12u1) …'],
  ['packages', 'Creating new PostgreSQL cluster 15/main'],
  ['database', 'CREATE ROLE'],
  ['database', 'CREATE DATABASE'],
  ['database', 'user mlflow can log in over 127.0.0.1, password ••••••••'],
  ['mlflow', '\u001b[2mResolved\u001b[0m \u001b[1m91 packages\u001b[0m in 812ms'],
  ['mlflow', 'Downloading numpy (15.8MiB)'],
  ['mlflow', 'Downloading pyarrow (40.1MiB)'],
  ['mlflow', 'Downloading scikit-learn (12.6MiB)'],
  ['mlflow', 'error: Failed to fetch: `https://pypi.org/simple/mlflow/` (operation timed out after 30 s)'],
]);

export const installedOf = (patch: Partial<InstalledStack> = {}): InstalledStack => ({
  draft: postgresDraft,
  environment: 'main',
  complete: true,
  adminUser: 'admin',
  secrets: ['mlflow.admin-password', 'database.password'],
  forwardId: 'f-MLflow',
  ...patch,
});

/** A stack without login, secrets and tunnel; `values` are what somebody chose. */
export const plainStack = (
  stack: StackName,
  environment = 'main',
  values: StackDraft['values'] = {},
  patch: Partial<InstalledStack> = {},
): InstalledStack =>
  installedOf({
    draft: { stack, values: { environment, ...values } },
    environment,
    adminUser: null,
    secrets: [],
    forwardId: null,
    ...patch,
  });

export const foundOf = (patch: Partial<FoundStack> = {}): FoundStack => ({
  environment: 'main',
  draft: postgresDraft,
  title: 'MLflow with PostgreSQL',
  complete: true,
  adminUser: 'admin',
  isKnown: true,
  ...patch,
});

/** What there is to say about an MLflow that was started by hand. */
export const offersByHand: readonly Offer[] = (
  [
    ['run-as-unit', 'Run it as a service', 'It was started by hand: after a restart of the server it is gone.'],
    [
      'limit-hosts',
      'Refuse foreign host names',
      'It answers under any name, so that a web page in somebody’s browser can get at it.',
    ],
    [
      'bind-to-loopback',
      'Listen on 127.0.0.1 only',
      'Everybody who reaches the server reaches it, without encryption; the tunnel needs 127.0.0.1 only.',
    ],
    [
      'change-password',
      'Change the password of admin',
      'It has the password that MLflow came with, which everybody knows.',
    ],
  ] as const
).map(([kind, title, why]) => ({
  kind,
  title,
  why,
  needs: kind === 'limit-hosts' || kind === 'bind-to-loopback' ? 'run-as-unit' : null,
  obstacle: null,
}));

export const adoptedOf = (patch: Partial<InstalledStack> = {}): InstalledStack => ({
  draft: { stack: 'mlflow-quick-start', values: { 'mlflow.port': 5000 } },
  environment: adoptedEnvironment(5000),
  complete: true,
  adminUser: null,
  secrets: [],
  forwardId: 'f-MLflow',
  ...patch,
});

export const putRightRun = (state: RunState, stepState: StepState = 'running'): RunView =>
  runOf(state, {
    title: 'Put MLflow on port 5000 right',
    environment: adoptedEnvironment(5000),
    steps: [
      stepOf(offerSteps['run-as-unit'], 'Run MLflow as a service', 'changed'),
      stepOf(offerSteps['bind-to-loopback'], 'Let MLflow listen on 127.0.0.1 only', stepState),
    ],
    endedMs: stepState === 'running' ? null : ago(2),
  });

const stepOf = (id: string, title: string, state: StepState): StepView => ({
  id,
  title,
  place: 'server',
  state,
  startedMs: ago(20),
  endedMs: state === 'running' ? null : ago(12),
  note: null,
});

export const history: readonly RunRecord[] = [
  {
    runId: 'r-1',
    kind: 'set-up',
    title: 'MLflow with PostgreSQL',
    environment: 'main',
    startedMs: ago(86_400),
    endedMs: ago(86_400 - 48),
    outcome: 'done',
    recap: { ok: 1, changed: 6, failed: 0, skipped: 0 },
    by: 'lena@thinkpad as ubuntu',
  },
  {
    runId: 'r-0',
    kind: 'set-up',
    title: 'MLflow with PostgreSQL',
    environment: 'main',
    startedMs: ago(90_000),
    endedMs: ago(90_000 - 12),
    outcome: 'failed',
    recap: { ok: 0, changed: 1, failed: 1, skipped: 5 },
    by: 'lena@thinkpad as ubuntu',
  },
];

const verifyTitles = [
  ['sign-in', 'Sign in'],
  ['experiment', 'Create an experiment'],
  ['log', 'Log parameters, metrics and a tag'],
  ['upload', 'Send an artifact'],
  ['download', 'Fetch it and compare'],
  ['register', 'Register a model version'],
  ['older', 'Look at older experiments'],
  ['clean-up', 'Clean up'],
] as const;

const verifySteps = (behind: number, next: VerifyStep['state'] = 'waiting'): readonly VerifyStep[] =>
  verifyTitles.map(([id, title], index) => ({
    id,
    title,
    state: index < behind ? (id === 'older' ? 'warned' : 'ok') : index === behind ? next : 'waiting',
    tookMs: index < behind ? 80 + index * 210 : null,
    bytes: id === 'upload' || id === 'download' ? 1_000_000 : null,
    note: index < behind && id === 'upload' ? 'mlflow-artifacts:/1 (through the server)' : null,
  }));

const verifyOf = (patch: Partial<VerifyView>): VerifyView => ({
  environment: 'main',
  startedMs: ago(6),
  endedMs: nowMs,
  artifactBytes: 1_000_000,
  steps: verifySteps(8),
  failure: null,
  cancelled: false,
  directAccess: 'none',
  remarks: [],
  ...patch,
});

export const verifies = {
  running: verifyOf({ steps: verifySteps(4, 'running'), endedMs: null }),
  failed: verifyOf({
    steps: verifySteps(3, 'failed'),
    failure: failure('target-refused', 'The artifact could not be sent: the bucket refused it (403).', {
      hint: 'The key may list but not put. Give it s3:PutObject on my-artifacts.',
    }),
  }),
  done: verifyOf({
    remarks: ['Experiment 0 keeps its artifacts in s3://my-artifacts: clients need keys of their own for those.'],
  }),
} satisfies Record<string, VerifyView>;
