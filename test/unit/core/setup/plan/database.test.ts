/** What the plan says of MLflow's database; what its steps do is tried on real servers (test/system). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlanContext } from '../../../../../main/core/setup/plan/component.ts';
import { databasePart } from '../../../../../main/core/setup/plan/database/database.ts';
import { placesFor } from '../../../../../main/core/setup/plan/places.ts';
import { prelude } from '../../../../../main/core/setup/script/prelude.ts';
import { parseStack } from '../../../../../main/core/setup/stack/parse-stack.ts';
import type { FoundService, ListeningPort, ServerFacts } from '../../../../../main/shared/facts.ts';
import type { Stack, StackName } from '../../../../../main/shared/setup/stack.ts';

type Values = Readonly<Record<string, string>>;

const stackOf = (stack: StackName, values: Values = {}): Stack => {
  const parsed = parseStack({ stack, values });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
};

const quickStart = stackOf('mlflow-quick-start');
const external: Values = { 'database.host': 'db.test', 'database.user': 'lena' };

interface More {
  readonly present?: Stack;
  readonly scope?: 'system' | 'user';
  readonly services?: readonly FoundService[];
  readonly ports?: readonly ListeningPort[];
  readonly manager?: 'dnf';
}

function partOf(stack: Stack, { present, scope = 'system', services = [], ports = [], manager }: More = {}) {
  const facts = {
    machine: { memoryBytes: 4 * 2 ** 30 },
    packages: { manager: manager ?? 'apt-get' },
    system: { name: 'Rocky Linux 9' },
    services,
    ports,
  };
  const context: PlanContext = {
    stack,
    facts: facts as unknown as ServerFacts,
    places: placesFor(scope, stack.environment, '/home/lena'),
    account: 'lena',
    home: '/home/lena',
    present: present ?? null,
    finished: present ?? null,
  };
  if (!stack.mlflow) throw new Error('no MLflow');
  const { part, wiring } = databasePart(context, stack.mlflow);
  const before = wiring.stepsBeforeStart?.('/opt/mooring/mlflow') ?? [];
  return { part, wiring, steps: [...part.steps, ...before].map(({ id }) => id) };
}

/** Runs the text that prints the URI, as a step would. */
function uriOf(stack: Stack, password: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-database-'));
  try {
    writeFileSync(join(folder, 'database.password'), `${password}\n`);
    writeFileSync(join(folder, 'postgres'), '15 main 5433 postgres\n');
    const script = `set -eu\nMOORING_SECRETS=${folder} MOORING_STACK=${folder}\n${prelude}\n${partOf(stack).wiring.printUri}`;
    return execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the URI', () => {
  const hostile = `p@/:%'"\\ $x ü`;
  const inUrl = '%70%40%2f%3a%25%27%22%5c%20%24%78%20%c3%bc';

  it.each<[string, StackName, Values, string]>([
    ['SQLite', 'mlflow-quick-start', {}, 'sqlite:////srv/mooring/main/mlflow.db'],
    ['SQLite elsewhere', 'mlflow-quick-start', { 'mlflow.data-dir': '/data/a' }, 'sqlite:////data/a/mlflow.db'],
    ['local', 'mlflow-postgres', {}, `postgresql+psycopg2://mlflow:${inUrl}@127.0.0.1:5433/mlflow`],
    [
      'local, of an environment',
      'mlflow-postgres',
      { environment: 'dev-2' },
      `postgresql+psycopg2://mlflow_dev_2:${inUrl}@127.0.0.1:5433/mlflow_dev_2`,
    ],
    [
      'external',
      'mlflow-external-postgres',
      external,
      `postgresql+psycopg2://lena:${inUrl}@db.test:5432/mlflow?sslmode=require`,
    ],
    [
      'external with odd names, over IPv6',
      'mlflow-external-postgres',
      { 'database.host': 'fd00::1', 'database.user': "lena's@corp", 'database.name': 'a b?c' },
      `postgresql+psycopg2://lena%27s%40corp:${inUrl}@[fd00::1]:5432/?sslmode=require&dbname=a%20b%3Fc`,
    ],
    [
      'external with certificates of its own',
      'mlflow-external-postgres',
      {
        ...external,
        'database.ssl-mode': 'verify-full',
        'database.ca': '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----',
      },
      `postgresql+psycopg2://lena:${inUrl}@db.test:5432/mlflow?sslmode=verify-full&sslrootcert=/etc/mooring/main/database-ca.pem`,
    ],
  ])('%s', (_, stack, values, uri) => {
    expect(uriOf(stackOf(stack, values), hostile)).toBe(uri);
  });
});

describe('SQLite', () => {
  it('needs no step and no package', () => {
    const { part, wiring, steps } = partOf(quickStart);
    expect([steps, part.remarks, part.secrets, wiring.pythonPackages]).toEqual([[], [], [], []]);
  });
});

describe('PostgreSQL on the server', () => {
  const postgres = stackOf('mlflow-postgres');
  const cluster: FoundService = {
    product: 'postgresql',
    kind: 'cluster',
    version: '15',
    name: 'main',
    active: true,
    port: 5432,
  };
  const listening = (...addresses: string[]): ListeningPort[] => [
    { port: 5432, addresses, program: null, unit: null, user: null },
  ];
  const levels = (more: More) => partOf(postgres, more).part.remarks.map(({ level }) => level);

  it('is installed, then gets a database', () => {
    const { part, steps } = partOf(postgres);
    expect(steps).toEqual(['database-sqlite', 'postgres-install', 'postgres-database']);
    expect(part.steps[1]).toMatchObject({ interruptible: false, data: null });
    expect(part.steps[2]).toMatchObject({ undo: '', secrets: ['database.password'] });
    expect(part.secrets).toMatchObject([{ name: 'database.password', origin: 'generated' }]);
  });

  it.each<[string, More, string[]]>([
    ['bare', {}, []],
    ['without root', { scope: 'user' }, ['stop']],
    ['without apt', { manager: 'dnf' }, ['stop']],
    ['one is there', { services: [cluster], ports: listening('127.0.0.1', '::1') }, ['note']],
    ['one is open', { services: [cluster], ports: listening('0.0.0.0') }, ['note', 'warning']],
    ['one is ours', { services: [cluster], ports: listening('127.0.0.1'), present: postgres }, []],
  ])('%s', (_, more, expected) => {
    expect(levels(more)).toEqual(expected);
  });

  it('is tuned for the memory found, modestly', () => {
    expect(partOf(postgres).part.steps[1]?.define).toContain("'shared_buffers = 512MB'");
  });
});

describe('PostgreSQL elsewhere', () => {
  it('is looked at first, with a password that a person tells', () => {
    const { part, steps } = partOf(stackOf('mlflow-external-postgres', external));
    expect(steps).toEqual(['database-sqlite', 'database-check']);
    expect(part.secrets).toMatchObject([{ origin: 'given' }]);
    expect(part.remarks).toMatchObject([{ level: 'note' }]);
  });

  it('works without root', () => {
    const { part } = partOf(stackOf('mlflow-external-postgres', external), { scope: 'user' });
    expect(part.remarks.some(({ level }) => level === 'stop')).toBe(false);
    expect(part.steps.some(({ apply }) => apply.includes('apt'))).toBe(false);
  });
});

describe('from SQLite', () => {
  const to = (wish?: string): Stack => stackOf('mlflow-postgres', wish ? { 'database.from-sqlite': wish } : {});

  it.each<[string, Stack, Stack | undefined, string | null, boolean]>([
    ['nothing is there', to(), undefined, null, false],
    ['nobody said what to do', to(), quickStart, 'stop', false],
    ['fresh', to('fresh'), quickStart, 'warning', false],
    ['move', to('move'), quickStart, null, true],
    ['move, cut off and begun again', to('move'), to('move'), null, true],
    ['move, cut off, and not said again', to(), to('move'), null, true],
    ['fresh, and not said again', to(), to('fresh'), null, false],
    ['moved, then fresh', to('fresh'), to('move'), null, false],
    ['from one PostgreSQL to another', stackOf('mlflow-external-postgres', external), to(), 'warning', false],
    ['back to SQLite', quickStart, to(), 'stop', false],
  ])('%s', (_, stack, present, level, moves) => {
    const { part, steps } = partOf(stack, present === undefined ? {} : { present });
    expect(part.remarks.find((each) => each.level !== 'note')?.level ?? null).toBe(level);
    expect(steps.includes('database-move')).toBe(moves);
  });
});

describe('a SQLite file that nobody spoke of', () => {
  /** Whether the step passes with these files in the data folder; `OLD` stands for the mark of the file as it is. */
  function passes(wish: string, files: Values): boolean {
    const folder = mkdtempSync(join(tmpdir(), 'mooring-database-'));
    try {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
      const mark = () =>
        execFileSync('stat', ['-c', 'size %s, changed %Y: these rows are in PostgreSQL', join(folder, 'mlflow.db')]);
      if (files['mlflow.db.moved'] === 'OLD') writeFileSync(join(folder, 'mlflow.db.moved'), mark());
      const stack = stackOf('mlflow-postgres', { 'mlflow.data-dir': folder, 'database.from-sqlite': wish });
      const [first] = partOf(stack).part.steps;
      execFileSync('sh', ['-c', `set -eu\n${prelude}\n${first?.define ?? ''}\n${first?.check ?? ''}`]);
      return true;
    } catch {
      return false;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it.each<[string, string, Values, boolean]>([
    ['there is none', 'ask', {}, true],
    ['an empty one', 'ask', { 'mlflow.db': '' }, true],
    ['one with rows', 'ask', { 'mlflow.db': 'rows' }, false],
    ['one that was moved', 'ask', { 'mlflow.db': 'rows', 'mlflow.db.moved': 'OLD' }, true],
    ['one that was moved and used again', 'ask', { 'mlflow.db': 'rows', 'mlflow.db.moved': 'size 1' }, false],
    ['one that was left', 'ask', { 'mlflow.db': 'rows', 'mlflow.db.left': 'x' }, true],
    ['one to be moved', 'move', { 'mlflow.db': 'rows' }, true],
    ['one to be left', 'fresh', { 'mlflow.db': 'rows' }, false],
  ])('%s', (_, wish, files, expected) => {
    expect(passes(wish, files)).toBe(expected);
  });
});

describe('texts of the steps', () => {
  const all = [
    partOf(stackOf('mlflow-postgres', { 'database.from-sqlite': 'move' })),
    partOf(stackOf('mlflow-external-postgres', { ...external, 'database.user': "o'hara $x" })),
  ].flatMap(({ part, wiring }) => [...part.steps, ...(wiring.stepsBeforeStart?.('/opt/x') ?? [])]);

  it.each(all.map((step) => [step.id, step] as const))('%s is shell', (_, step) => {
    for (const text of [step.define, step.check, step.apply, step.verify, step.undo, step.removeData]) {
      execFileSync('sh', ['-n'], { input: `${prelude}\n${text}` });
      expect(text).not.toContain('${');
    }
  });
});
