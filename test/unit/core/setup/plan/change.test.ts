/** Another stack in the place of one that is there: what the plan says, and what stays listed for uninstalling. */
import { describe, expect, it } from 'vitest';
import { stillThere, withFormer, withGone } from '../../../../../main/core/setup/plan/former.ts';
import { planStack, planUninstall } from '../../../../../main/core/setup/plan/plan-stack.ts';
import { parseStack } from '../../../../../main/core/setup/stack/parse-stack.ts';
import type { ServerFacts } from '../../../../../main/shared/facts.ts';
import type { Plan } from '../../../../../main/shared/setup/plan.ts';
import type { FieldValue, Stack, StackDraft, StackName } from '../../../../../main/shared/setup/stack.ts';
import { plainFacts } from './contexts.ts';

type Values = Readonly<Record<string, FieldValue>>;

const s3: Values = { 's3.bucket': 'mine', 's3.access-key-id': 'AKIA1' };
const azure: Values = { 'azure.account': 'storage1' };
const elsewhere: Values = { 'database.host': 'db.test', 'database.user': 'lena' };
const minio: Partial<ServerFacts> = {
  ports: [
    { port: 9000, addresses: ['127.0.0.1'], program: { pid: 7, name: 'minio' }, unit: 'minio.service', user: null },
  ],
};

const draftOf = (stack: StackName, values: Values = {}): StackDraft => ({ stack, values });

function stackOf(draft: StackDraft): Stack {
  const parsed = parseStack(draft);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const planOf = (draft: StackDraft, present: StackDraft | null = null, facts: Partial<ServerFacts> = {}): Plan =>
  planStack(stackOf(draft), draft, { ...plainFacts, ...facts }, present === null ? null : stackOf(present));

describe('a change', () => {
  const [quickStart, full] = [draftOf('mlflow-quick-start'), draftOf('mlflow-full')];
  const [postgres, storage] = [draftOf('mlflow-postgres'), draftOf('object-storage')];
  const [external, bucket] = [draftOf('mlflow-external-postgres', elsewhere), draftOf('mlflow-s3', s3)];
  const runs = /^Runs in the database mlflow on the server can’t be moved to a SQLite file/;
  const store =
    /has no object storage: what is here of it \(its objects in \/srv\/mooring\/main\.objects, its tunnels\)/;
  const noMlflow = /has no MLflow: what is here of it \(mooring-mlflow\.service, its tunnel\)/;
  const otherFolder = /^MLflow’s data in \/srv\/mooring\/main is not moved to another folder/;
  const move: Values = { 'database.from-sqlite': 'move' };

  it.each<[string, StackDraft, StackDraft, readonly RegExp[]]>([
    ['nothing differs', full, full, []],
    ['a store gets MLflow', storage, full, []],
    ['SQLite to everything, moved', quickStart, draftOf('mlflow-full', move), []],
    ['SQLite to everything, nobody said what to do', quickStart, full, [/^MLflow keeps its runs in a SQLite file/]],
    ['everything to the quick start', full, quickStart, [runs, store]],
    ['everything to PostgreSQL', full, postgres, [store]],
    ['everything to a store', full, storage, [noMlflow]],
    ['MLflow to a store', quickStart, storage, [noMlflow]],
    ['a store to MLflow without one', storage, quickStart, [store]],
    ['PostgreSQL to SQLite', postgres, quickStart, [runs]],
    ['PostgreSQL to SQLite with S3', postgres, bucket, [runs]],
    ['PostgreSQL elsewhere to SQLite', external, quickStart, [/^Runs in the database mlflow at db\.test/]],
    ['PostgreSQL to one elsewhere', postgres, external, []],
    ['disk to S3', quickStart, bucket, []],
    ['another data folder', quickStart, draftOf('mlflow-quick-start', { 'mlflow.data-dir': '/data/x' }), [otherFolder]],
    [
      'another data folder and database',
      quickStart,
      draftOf('mlflow-postgres', { ...move, 'mlflow.data-dir': '/data/x' }),
      [otherFolder],
    ],
    [
      'the same data folder, named',
      quickStart,
      draftOf('mlflow-quick-start', { 'mlflow.data-dir': '/srv/mooring/main' }),
      [],
    ],
  ])('%s', (_, present, draft, stops) => {
    const said = planOf(draft, present).remarks.filter(({ level }) => level === 'stop');
    expect(said).toHaveLength(stops.length);
    stops.forEach((each, at) => {
      expect(said[at]?.message).toMatch(each);
    });
    for (const { hint } of said) expect(hint).not.toBeNull();
  });

  describe('that came to no end', () => {
    const said = (draft: StackDraft, begun: StackDraft, finished: StackDraft | null) => {
      const last = finished === null ? null : stackOf(finished);
      const { remarks } = planStack(stackOf(draft), draft, plainFacts, stackOf(begun), undefined, null, last);
      return remarks.filter(({ level }) => level !== 'note').map(({ level, message }) => `${level}: ${message}`);
    };
    const version = (is: string) => draftOf('mlflow-quick-start', { 'mlflow.version': is });
    const folder = (is: string) => draftOf('mlflow-quick-start', { 'mlflow.data-dir': is });
    const half =
      /^warning: “.*” was begun here and not finished: what it has put here already \((.*)\) stays until “main”/;

    it.each<[string, StackDraft, StackDraft, StackDraft | null, readonly RegExp[]]>([
      ['a version that there is not', quickStart, version('99.9.9'), quickStart, []],
      ['the first of all, of such a version', quickStart, version('99.9.9'), null, []],
      ['a version that the data is older than', version('3.1.0'), version('99.9.9'), quickStart, [/can’t go back/]],
      [
        'back from PostgreSQL to SQLite',
        quickStart,
        draftOf('mlflow-postgres', move),
        quickStart,
        [/^warning: The change to the database mlflow on the server was begun and not finished: runs that are there/],
      ],
      ['back to PostgreSQL', postgres, external, postgres, [/^warning: The change to the database mlflow at db\.test/]],
      ['on to PostgreSQL', draftOf('mlflow-postgres', move), draftOf('mlflow-postgres', move), quickStart, []],
      ['from SQLite that never was', postgres, quickStart, null, []],
      ['a mistyped folder', folder('/data/mlflow'), folder('/dta/mlflow'), null, [half]],
      ['without the store', quickStart, full, quickStart, [half, /^warning: The change to the database mlflow/]],
      ['a store in the place of MLflow', storage, quickStart, null, [half]],
      ['a store elsewhere', storage, draftOf('object-storage', { 'storage.data-dir': '/data/x' }), null, [half]],
      ['to what can’t be taken along from what stands', storage, full, quickStart, [/^stop: .*no MLflow/]],
    ])('%s', (_, draft, begun, finished, words) => {
      const all = said(draft, begun, finished);
      expect(all).toHaveLength(words.length);
      for (const each of words) expect(all.join('\n')).toMatch(new RegExp(each.source, 'm'));
    });

    it('names what may be there', () => {
      expect(half.exec(said(quickStart, full, quickStart).at(-1) ?? '')?.[1]).toBe(
        'the store’s objects in /srv/mooring/main.objects',
      );
      expect(half.exec(said(storage, quickStart, null).at(-1) ?? '')?.[1]).toBe(
        'mooring-mlflow.service, MLflow’s data in /srv/mooring/main',
      );
    });
  });

  it('says what takes whose place, in one environment only', () => {
    const notes = (present: StackDraft | null) => planOf(full, present).remarks.map(({ message }) => message);
    const words =
      '“MLflow, PostgreSQL and object storage” takes the place of “Object storage”, which this environment has now.';
    expect(notes(storage)).toContain(words);
    expect([...notes(null), ...notes(full)].filter((each) => each.includes('takes the place'))).toEqual([]);
  });

  it('a MinIO that was there before is left to whoever has it', () => {
    expect(planOf(quickStart, storage, minio).remarks.filter(({ level }) => level === 'stop')).toEqual([]);
  });

  it('needs the package index, whatever else is there', () => {
    const index: ServerFacts['index'] = { kind: 'silent', url: 'https://pypi.org/simple/pip/', why: 'timed out' };
    const levelOn = (present: StackDraft) =>
      planOf(full, present, { index }).remarks.find(({ message }) => message.includes('package index'))?.level;
    expect([levelOn(storage), levelOn(full)]).toEqual(['stop', 'warning']);
  });

  it.each<[string, StackDraft | null, StackDraft, string, string]>([
    ['disk to S3', quickStart, bucket, '/srv/mooring/main/artifacts', 's3://mine/mlflow'],
    ['S3 to disk', bucket, quickStart, 's3://mine/mlflow', '/srv/mooring/main/artifacts'],
    [
      'disk to the store of the stack',
      quickStart,
      draftOf('mlflow-full', { ...move, 'storage.bucket': 'own' }),
      '/srv/mooring/main/artifacts',
      's3://own/mlflow of the store on the server',
    ],
    [
      'S3 to Azure',
      bucket,
      draftOf('mlflow-azure-blob', { ...azure, 'azure.prefix': 'a/b' }),
      's3://mine/mlflow',
      'mlflow/a/b of the storage account storage1',
    ],
    [
      'another endpoint',
      bucket,
      draftOf('mlflow-s3', { ...s3, 's3.prefix': '/x/', 's3.endpoint': 'https://a3s.fi/' }),
      's3://mine/mlflow',
      's3://mine/x at https://a3s.fi',
    ],
  ])('artifacts of earlier runs: %s', (_, present, draft, from, to) => {
    const said = planOf(draft, present).remarks.filter(({ message }) => message.startsWith('The artifacts'));
    expect(said).toEqual([
      {
        level: 'warning',
        message: `The artifacts of earlier runs stay in ${from}, and MLflow no longer finds them: it looks in ${to} for all.`,
        hint: `Once all that is in ${from} is copied to ${to}, with its folders, they are found again. Runs, params and metrics are not concerned.`,
      },
    ]);
  });

  it.each<[string, StackDraft | null, StackDraft]>([
    ['nothing was there', null, bucket],
    ['nothing differs', bucket, draftOf('mlflow-s3', { ...s3, 'mlflow.port': 5005 })],
    ['a store without MLflow was there', storage, full],
    [
      'another bucket of the same store, which the store tells',
      full,
      draftOf('mlflow-full', { 'storage.bucket': 'other' }),
    ],
  ])('artifacts stay where they are: %s', (_, present, draft) => {
    const said = planOf(draft, present).remarks.filter(({ message }) => message.startsWith('The artifacts'));
    expect(said).toEqual([]);
  });
});

describe('what an earlier stack has left', () => {
  const [postgres, external] = [draftOf('mlflow-postgres'), draftOf('mlflow-external-postgres', elsewhere)];
  const idsOf = ({ steps }: Plan) => steps.map(({ id }) => id);

  it.each<[string, StackDraft, StackDraft, boolean]>([
    ['nothing differs', postgres, postgres, false],
    ['another port', postgres, draftOf('mlflow-postgres', { 'mlflow.port': 5005 }), false],
    ['users, where nobody logs in any more', postgres, draftOf('mlflow-postgres', { 'mlflow.login': false }), true],
    ['a store gets MLflow', draftOf('object-storage'), draftOf('mlflow-full'), false],
    ['a database here', postgres, external, true],
    ['a database of another name', postgres, draftOf('mlflow-postgres', { 'database.name': 'other' }), true],
    ['a database user of another name', postgres, draftOf('mlflow-postgres', { 'database.user': 'other' }), true],
    ['notes of a check', draftOf('mlflow-s3', s3), draftOf('mlflow-quick-start'), true],
    [
      'an account of its own',
      draftOf('mlflow-quick-start', { 'mlflow.run-as': 'own' }),
      draftOf('mlflow-quick-start'),
      true,
    ],
  ])('%s', (_, present, draft, expected) => {
    expect(stillThere(planOf(draft), [planOf(present)]).length > 0).toBe(expected);
  });

  it('is taken off with the rest, before what it stood on', () => {
    const whole = withFormer(planOf(external), [planOf(postgres)]);
    const off = idsOf(planUninstall(whole, true));
    expect(off.filter((id) => id.startsWith('postgres') || id.startsWith('base'))).toEqual([
      'postgres-database',
      'postgres-install',
      'base-folders',
    ]);
    expect(off.indexOf('mlflow-service')).toBeLessThan(off.indexOf('postgres-database'));
    expect(planUninstall(whole, true).remarks.map(({ message }) => message)).toContain(
      'the database mlflow of the PostgreSQL on the server (experiments, runs, metrics, models) will be lost.',
    );
    // Data that is kept keeps its steps out.
    expect(idsOf(planUninstall(whole, false))).not.toContain('postgres-database');
  });

  it('has names of its own where the present stack has the same step, and is there once', () => {
    const other = draftOf('mlflow-postgres', { 'database.name': 'other' });
    const third = draftOf('mlflow-postgres', { 'database.name': 'third' });
    const whole = withFormer(planOf(third), [planOf(postgres), planOf(other), planOf(postgres), planOf(third)]);
    const databases = whole.steps.filter(({ id }) => id.startsWith('postgres-database'));
    expect(databases.map(({ id }) => id).sort()).toEqual([
      'postgres-database',
      'postgres-database-2',
      'postgres-database-3',
    ]);
    expect(new Set(idsOf(whole)).size).toBe(whole.steps.length);
    const off = idsOf(planUninstall(whole, true));
    for (const { id } of databases) expect(off.indexOf(id)).toBeLessThan(off.indexOf('postgres-install'));
  });

  it('of which only data is there has nothing else to be done', () => {
    const [left, whole] = [planUninstall(planOf(postgres), 'only'), planUninstall(planOf(postgres), true)];
    expect(idsOf(whole).filter((id) => !idsOf(left).includes(id))).toEqual(
      expect.arrayContaining(['mlflow-service', 'mlflow-install', 'uv']),
    );
    expect(idsOf(left)).toEqual(expect.arrayContaining(['postgres-database', 'base-folders']));
    expect(left.remarks).toEqual(whole.remarks);
  });

  it('says of what others need still that there is nothing to do', () => {
    const checks = planUninstall(planOf(postgres), true).steps.filter(({ check }) => check !== 'false');
    expect(checks.map(({ id, check }) => [id, check])).toEqual([['uv', 'has_programs']]);
  });

  it('is remembered once', () => {
    const checked = ['AKIA1', 'AKIA2'].map((id) => planOf(draftOf('mlflow-s3', { ...s3, 's3.access-key-id': id })));
    expect(stillThere(planOf(draftOf('mlflow-quick-start')), checked)).toEqual([checked[0]]);
  });

  it('nothing is added where nothing was left', () => {
    expect(idsOf(withFormer(planOf(postgres), [planOf(postgres)]))).toEqual(idsOf(planOf(postgres)));
  });
});

describe('tunnels to where nothing answers any more', () => {
  const plan = planOf(draftOf('mlflow-quick-start', { 'mlflow.port': 5005 }));
  const before = (gone: readonly number[], ...ports: readonly number[]) =>
    withGone(plan, { services: ports.map((port) => ({ port })), gone });

  it.each<[string, Plan, readonly number[] | undefined, string | null]>([
    ['nothing was there', before([]), undefined, null],
    ['the same port', before([], 5005), undefined, null],
    ['another port', before([], 5000), [5000], 'The tunnel to port 5000 of the server goes'],
    ['cut off before', before([5000], 5005), [5000], 'The tunnel to port 5000 of the server goes'],
    ['back again', before([5005, 5000], 5000), [5000], 'The tunnel to port 5000 of the server goes'],
    ['several', before([9000], 9000, 9001), [9000, 9001], 'The tunnels to ports 9000 and 9001 of the server go'],
  ])('%s', (_, { gone, remarks }, ports, words) => {
    expect(gone).toEqual(ports);
    const said = remarks.filter(({ message }) => message.startsWith('The tunnel'));
    expect(said).toHaveLength(words === null ? 0 : 1);
    if (words !== null)
      expect(said[0]).toMatchObject({ level: 'note', message: expect.stringContaining(words) as string });
  });
});
