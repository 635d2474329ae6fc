/** What servers are, and what is planned for them: fixed facts and plans. */
import type { ServerFacts } from '../../main/shared/facts.ts';
import type { Plan, PlanRemark, Step } from '../../main/shared/setup/plan.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';

export const factsOf = (patch: Partial<ServerFacts> = {}): ServerFacts => ({
  account: { user: 'ubuntu', uid: 1000, groups: ['ubuntu', 'sudo'], home: '/home/ubuntu', shell: '/bin/bash' },
  system: {
    id: 'debian',
    family: ['debian'],
    release: '12',
    codename: 'bookworm',
    name: 'Debian GNU/Linux 12 (bookworm)',
    kernelName: 'Linux',
    kernelRelease: '6.1.0-18-amd64',
    libc: { kind: 'glibc', version: '2.36' },
  },
  machine: {
    architecture: 'x86_64',
    cpuCount: 2,
    cpuModel: 'EPYC',
    memoryBytes: 7_800_000_000,
    memoryFreeBytes: 6_900_000_000,
    swapBytes: 0,
  },
  disks: [
    {
      mount: '/',
      fileSystem: 'ext4',
      sizeBytes: 78_000_000_000,
      freeBytes: 61_000_000_000,
      readOnly: false,
      noExec: false,
      holdsHome: true,
      holdsTmp: true,
    },
  ],
  pythons: [{ path: '/usr/bin/python3', version: '3.11.2', pip: false, venv: false, externallyManaged: true }],
  uv: null,
  packages: { manager: 'apt-get', lock: { kind: 'free' }, interrupted: false, firstBoot: 'done' },
  systemd: {
    kind: 'booted',
    version: 252,
    state: 'running',
    user: { kind: 'reached', state: 'running' },
    linger: false,
  },
  sudo: { kind: 'without-password', needsTerminal: false },
  ports: [{ port: 22, addresses: ['0.0.0.0', '::'], program: null, unit: 'ssh.service', user: 'root' }],
  services: [],
  docker: { kind: 'absent' },
  settings: [],
  index: { kind: 'answers', url: 'https://pypi.org/simple/', status: 200, tookMs: 84 },
  apt: [{ kind: 'answers', url: 'http://deb.debian.org/', status: 200, tookMs: 31 }],
  releases: { kind: 'answers', url: 'https://github.com/', status: 200, tookMs: 92 },
  clock: { skewMs: 120, uncertaintyMs: 40 },
  tookMs: 410,
  missing: [],
  ...patch,
});

/** A server on which somebody followed a tutorial by hand. */
export const tutorialFacts: ServerFacts = factsOf({
  services: [
    {
      product: 'mlflow',
      kind: 'unit',
      unit: 'mlflow-server.service',
      scope: 'system',
      path: '/etc/systemd/system/mlflow-server.service',
      active: true,
      enabled: true,
      folder: '/home/ubuntu/mlflow-server',
      account: 'ubuntu',
      address: '0.0.0.0',
      port: 5000,
    },
  ],
});

export const postgresDraft: StackDraft = { stack: 'mlflow-postgres', values: { 'mlflow.port': 5000 } };

/** Without root, always to be done; does nothing, and goes well. */
export const stepOf = (id: string, patch: Partial<Step> = {}): Step => ({
  id,
  title: `Step ${id}`,
  why: 'For the test.',
  needsRoot: false,
  secrets: [],
  define: '',
  check: 'false',
  apply: ':',
  verify: ':',
  undo: '',
  removeData: '',
  data: null,
  interruptible: true,
  ...patch,
});

const rootStep = (id: string, title: string, why: string, patch: Partial<Step> = {}): Step =>
  stepOf(id, {
    title,
    why,
    needsRoot: true,
    check: `test -e /opt/mooring/${id}`,
    apply: `install -d /opt/mooring\nsay "${title}"\n: > /opt/mooring/${id}`,
    verify: `test -e /opt/mooring/${id}`,
    undo: `drop_dir /opt/mooring/${id}`,
    ...patch,
  });

const planSteps: readonly Step[] = [
  rootStep('packages', 'Packages: python3-venv, postgresql', 'MLflow and its database need them.', {
    check: "dpkg-query -W -f '${db:Status-Status}' python3-venv postgresql | grep -qv not-installed",
    apply:
      'wait_for_apt\nDEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv python3-pip postgresql postgresql-client ca-certificates curl',
    interruptible: false,
  }),
  rootStep('database', 'Database and user mlflow', 'Runs, metrics and logins are kept there.', {
    secrets: ['database.password'],
    define: 'as_postgres() { runuser -u postgres -- psql -v ON_ERROR_STOP=1 "$@"; }',
    data: 'the runs and metrics in the database mlflow',
  }),
  rootStep('mlflow', 'Install MLflow 3.17.2', 'In a folder of its own; the system’s Python stays as it is.'),
  rootStep('login', 'Login of MLflow', 'Other users of the server can reach its loopback too.', {
    secrets: ['mlflow.admin-password', 'mlflow.secret-key'],
  }),
  rootStep('service', 'Service mooring-mlflow.service', 'Starts with the server, and again should it ever end.'),
];

export const remarks = {
  stands: {
    level: 'note',
    message: '“main” is set up here already; only what differs is changed.',
    hint: null,
  },
  stop: {
    level: 'stop',
    message: 'Port 5000 is taken by python3 (process 812 of lena).',
    hint: 'Choose another port: 5003 is free.',
    fix: { field: 'mlflow.port', value: 5003 },
  },
  warning: {
    level: 'warning',
    message: 'Only 0.9 GB of memory are free.',
    hint: 'MLflow runs with one worker then, and large uploads may be slow.',
  },
  note: { level: 'note', message: 'Runs as the login account ubuntu.', hint: null },
} as const satisfies Record<string, PlanRemark>;

export const planOf = (patch: Partial<Plan> = {}): Plan => ({
  kind: 'set-up',
  draft: postgresDraft,
  environment: 'main',
  title: 'MLflow with PostgreSQL',
  scope: 'system',
  account: 'ubuntu',
  steps: planSteps,
  remarks: [remarks.note],
  secrets: [
    { name: 'mlflow.admin-password', label: 'Password of MLflow’s user admin', origin: 'generated' },
    { name: 'database.password', label: 'Password of the database user mlflow', origin: 'generated' },
  ],
  uploads: [],
  services: [{ service: 'mlflow', label: 'MLflow', port: 5000, samePort: false }],
  adminUser: 'admin',
  ...patch,
});

export const s3Plan: Plan = planOf({
  draft: { stack: 'mlflow-s3', values: { 's3.bucket': 'my-artifacts', 's3.access-key-id': 'AKIAEXAMPLE' } },
  title: 'MLflow with S3',
  secrets: [
    { name: 's3.secret-access-key', label: 'Secret access key of AKIAEXAMPLE', origin: 'given' },
    { name: 'mlflow.admin-password', label: 'Password of MLflow’s user admin', origin: 'generated' },
  ],
});

export const uninstallPlan: Plan = planOf({
  kind: 'uninstall',
  title: 'Uninstall MLflow with PostgreSQL',
  secrets: [],
  services: [],
  remarks: [
    {
      level: 'warning',
      message: 'The runs and metrics in the database mlflow will be lost.',
      hint: 'Keep data to leave it where it is: setting up again finds it.',
    },
    { level: 'warning', message: 'The artifacts in /srv/mooring/main/artifacts will be lost.', hint: null },
  ],
});

export const putRightPlan: Plan = planOf({
  draft: { stack: 'mlflow-quick-start', values: { environment: 'adopted', 'mlflow.port': 5000 } },
  environment: 'adopted',
  title: 'Put MLflow on port 5000 right',
  steps: [
    rootStep('put-right-unit', 'Run MLflow as a service', 'Its unit starts it with the server, as it runs now.'),
    rootStep(
      'put-right-bind',
      'Let MLflow listen on 127.0.0.1 only',
      'Who reaches the server no longer reaches it; the tunnel does.',
    ),
  ],
  remarks: [
    {
      level: 'note',
      message:
        'MLflow is started anew with each step, a few seconds each. Where it does not come back, the step is taken back.',
      hint: null,
    },
  ],
  secrets: [],
  adminUser: null,
});

export const putBackPlan: Plan = {
  ...putRightPlan,
  kind: 'uninstall',
  title: 'Take back what was put right with MLflow on port 5000',
  steps: [...putRightPlan.steps].reverse().map((each) => ({ ...each, title: `Take back: ${each.title}` })),
  remarks: [],
  services: [],
};
