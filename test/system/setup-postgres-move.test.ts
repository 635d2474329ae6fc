/** Runs that a real MLflow keeps in SQLite are moved to PostgreSQL: row by row, also after being cut off. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planStack } from '../../main/core/setup/plan/plan-stack.ts';
import { parseStack } from '../../main/core/setup/stack/parse-stack.ts';
import type { Stack, StackDraft } from '../../main/shared/setup/stack.ts';
import { factsOf, inServer, runByHand } from '../support/plan-on-server.ts';
import { startSecretWatch } from '../support/secret-watch.ts';
import { availableForAll, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = availableForAll();
const name = 'pga';
const octet = 34;
const secrets = {
  'mlflow.admin-password': 'admin of the server 1',
  'database.password': `d%b "p'w\\ @/ ünï`,
};
const sqlite: StackDraft = { stack: 'mlflow-quick-start', values: {} };
const postgres = (values: StackDraft['values'] = {}): StackDraft => ({ stack: 'mlflow-postgres', values });
const moving = postgres({ 'database.from-sqlite': 'move' });

/** By MLflow's own client: a bit of everything, with what tends to get lost on the way. */
const fill = String.raw`
import math, mlflow
from mlflow import MlflowClient
client = MlflowClient()
first = client.create_experiment("first \\ \t 'ünï' 🙂", tags={"a": "b"})
ended = client.create_experiment("ended")
client.delete_experiment(ended)
for number in range(12):
    run = client.create_run(first, run_name="run %d" % number, tags={"quote": "\"'\\N\\t\n\t|", "empty": ""})
    client.log_param(run.info.run_id, "long", "x" * 5000 + "\\")
    client.log_param(run.info.run_id, "letters", "\u2028 ﬁ 漢字 🙂 %s {} \r\n")
    for step, value in enumerate([1 / 3, -0.0, 5e-324, 1.7976931348623157e308, math.nan, math.inf, -math.inf, 2.0]):
        client.log_metric(run.info.run_id, "metric", value, step=step, timestamp=1700000000000 + step)
    client.set_terminated(run.info.run_id, "FINISHED" if number % 2 else "FAILED")
model = client.create_registered_model("model", tags={"t": "1"}, description="of\ntwo lines")
version = client.create_model_version("model", run.info.artifact_uri + "/m", run_id=run.info.run_id)
client.set_registered_model_alias("model", "best", version.version)
client.delete_run(run.info.run_id)
try:
    with mlflow.start_span("asked") as span:
        span.set_inputs({"question": "ü"})
except Exception as error:
    print(error)
`;

/** Every row of every table on both sides, told in JSON, whatever the mover itself found. */
const compare = String.raw`
import json, sqlite3, sys
uri, path = sys.stdin.readline().rstrip("\n"), sys.argv[1]
import sqlalchemy
engine = sqlalchemy.create_engine(uri)
meta = sqlalchemy.MetaData()
meta.reflect(engine)
old = sqlalchemy.create_engine("sqlite:///" + path)
was = sqlalchemy.MetaData()
was.reflect(old)
counts, wrong = {}, []
with engine.connect() as one, old.connect() as other:
    for name, table in meta.tables.items():
        columns = sorted(table.columns.keys())
        sides = []
        for link, its in ((one, table), (other, was.tables[name])):
            rows = link.execute(sqlalchemy.select(*[its.columns[each] for each in columns])).all()
            sides.append(sorted(json.dumps([each if not isinstance(each, bool) else int(each) for each in row], default=str) for row in rows))
        counts[name] = len(sides[0])
        if sides[0] != sides[1]:
            wrong.append(name)
print(json.dumps({"counts": {name: count for name, count in counts.items() if count}, "wrong": wrong}))
`;

describe.skipIf(reason !== null)(`from SQLite to PostgreSQL${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let wayOut: WayOut;
  let answersBefore: string;
  let fileBefore: string;
  let present: Stack | null = null;

  const stackOf = (draft: StackDraft): Stack => {
    const stack = parseStack(draft);
    if (!stack.ok) throw new Error(stack.error.message);
    return stack.value;
  };
  const planOf = async (draft: StackDraft) => planStack(stackOf(draft), draft, await factsOf(name, 'ubuntu'), present);
  /** As the real runs do, what is wished for is the present stack from the moment that a run begins. */
  async function run(draft: StackDraft) {
    const plan = await planOf(draft);
    present = stackOf(draft);
    const beginMs = performance.now();
    const ended = await runByHand(name, 'ubuntu', plan, secrets);
    const tookMs = performance.now() - beginMs;
    for (const secret of Object.values(secrets)) expect(ended.text).not.toContain(secret);
    return { ...ended, tookMs };
  }
  const curl = (path: string, body: object | null = null, user = `admin:${secrets['mlflow.admin-password']}`) => {
    const config = [
      `user = "${user}"`,
      ...(body
        ? [`data = "${JSON.stringify(body).replace(/["\\]/g, '\\$&')}"`, 'header = "Content-Type: application/json"']
        : []),
    ];
    return inServer(name, 'ubuntu', `curl -s -K - 'http://127.0.0.1:5000${path}'`, config.join('\n'));
  };
  /** What a client sees of all runs and models. */
  const answers = async () => {
    const experiments = (await curl('/api/2.0/mlflow/experiments/search', { max_results: 100, view_type: 'ALL' })).text;
    const ids = [...experiments.matchAll(/"experiment_id": ?"(\d+)"/g)].map(([, id]) => id);
    const runs = { experiment_ids: ids, run_view_type: 'ALL', max_results: 100, order_by: ['attributes.run_id'] };
    return [
      experiments,
      (await curl('/api/2.0/mlflow/runs/search', runs)).text,
      (await curl('/api/2.0/mlflow/registered-models/search')).text,
      (await curl('/api/2.0/mlflow/users/get?username=lena', null, 'lena:a password of hers')).text,
    ].join('\n');
  };
  const python = () => server.sh('ls -d /opt/mooring/mlflow-*/bin/python | tail -n 1').then((text) => text.trim());
  const onSqlite = (statement: string) =>
    server.sh(`python3 - <<'END'
import sqlite3
link = sqlite3.connect('/srv/mooring/main/mlflow.db', timeout=30)
link.execute("""${statement}""")
link.commit()
END`);
  const file = () => server.sh('md5sum </srv/mooring/main/mlflow.db; stat -c "%Y %s" /srv/mooring/main/mlflow.db');
  const psql = (query: string) =>
    server.sh(`runuser -u postgres -- psql -XAtq mlflow -c "${query}"`).then((text) => text.trim());

  beforeAll(async () => {
    server = await startTestServer(name, octet);
    wayOut = await giveWayOut(name, octet);
    await server.sh('apt-get -qq update');
    const { code, text, tookMs } = await run(sqlite);
    if (code !== 0) throw new Error(text.slice(-3_000));
    console.log(`  quick start: ${(tookMs / 1000).toFixed(0)} s`);
    const settings = `import os\nos.environ.update(MLFLOW_DISABLE_TELEMETRY='true', MLFLOW_TRACKING_URI='http://127.0.0.1:5000', MLFLOW_TRACKING_USERNAME='admin', MLFLOW_TRACKING_PASSWORD=${JSON.stringify(secrets['mlflow.admin-password'])})\n`;
    const filled = await inServer(name, 'ubuntu', `${await python()} -`, settings + fill);
    if (filled.code !== 0) throw new Error(filled.text.slice(-2_000));
    await curl('/api/2.0/mlflow/users/create', { username: 'lena', password: 'a password of hers' });
    // So many that the copying takes a while.
    await onSqlite(`INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan)
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 399999)
      SELECT 'many', i / 7.0, i, (SELECT min(run_uuid) FROM runs), i, 0 FROM n`);
    answersBefore = await answers();
    expect(answersBefore).toContain('run 11');
    expect(answersBefore).toContain('"username":"lena"');
  }, 600_000);
  afterAll(async () => {
    await wayOut.close();
    await server.remove();
  });

  it('is never done in silence', async () => {
    expect((await planOf(postgres())).remarks).toContainEqual({
      level: 'stop',
      message: 'MLflow keeps its runs in a SQLite file now (/srv/mooring/main/mlflow.db). Say what becomes of them.',
      hint: 'Set “Runs in SQLite so far” to moving them to PostgreSQL, or to starting fresh (the file is kept).',
    });
    const fresh = await planOf(postgres({ 'database.from-sqlite': 'fresh' }));
    expect(fresh.remarks).toContainEqual(
      expect.objectContaining({ level: 'warning', message: 'MLflow starts without the runs that it has now.' }),
    );
    expect(fresh.steps.some(({ id }) => id === 'database-move')).toBe(false);
    expect((await planOf(moving)).steps.map(({ id }) => id).join(' ')).toMatch(
      /mlflow-install database-move mlflow-settings/,
    );
  });

  it('what can’t be moved is told, and MLflow goes on as it was', async () => {
    await onSqlite(`INSERT INTO tags (key, value, run_uuid) VALUES ('lost', 'x', 'nobody')`);
    const { code, text } = await run(moving);
    expect(text).toMatch(/rows whose owner is gone, which PostgreSQL does not take: tags/);
    expect(text).toContain('The runs were not moved; they are in /srv/mooring/main/mlflow.db as before.');
    expect(code).not.toBe(0);
    await waitFor('MLflow to be back', async () => (await curl('/health')).text === 'OK', {
      timeoutMs: 60_000,
      everyMs: 300,
    });
    await onSqlite(`DELETE FROM tags WHERE run_uuid = 'nobody'`);
    expect(await answers()).toBe(answersBefore);
  });

  it('killed in the middle it has done nothing', async () => {
    await server.sh('systemctl stop mooring-mlflow');
    fileBefore = await file();
    const cut = run(postgres());
    cut.catch(() => undefined);
    await waitFor(
      'the copying',
      async () => (await psql(`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY%'`)) !== '',
      {
        timeoutMs: 60_000,
        everyMs: 50,
      },
    );
    await server.sh('kill -9 $(pgrep -f "[s]h /tmp/plan-") $(pgrep -f "[e]xec.sys.stdin.read") 2>/dev/null || true');
    expect((await cut).code).not.toBe(0);
    // What a script that was killed by hand could not remove any more.
    await server.sh('rm -rf /tmp/tmp.*');
    expect(await psql('SELECT count(*) FROM metrics')).toBe('0');
    expect(await file()).toBe(fileBefore);
  });

  it('is not forgotten after that', async () => {
    // The run that was cut off said nothing of the old data itself, and is the present one now.
    const { code, text } = await run(postgres());
    expect(text).toContain('Say what becomes of them (database.from-sqlite)');
    expect(code).not.toBe(0);
  });

  it('is begun anew by the next run, and everything is there', async () => {
    const watch = await startSecretWatch(name, secrets['database.password'], '^/etc/mooring/main/mlflow.env$');
    const { code, text, tookMs } = await run(moving);
    const found = await watch.found();
    if (code !== 0) console.log(text.slice(-3_000));
    expect(code).toBe(0);
    expect(text).toMatch(/\d+ rows in \d+ tables are the same in PostgreSQL as in SQLite/);
    console.log(
      `  ${/\d+ rows in \d+ tables/.exec(text)?.[0] ?? ''}: ${(tookMs / 1000).toFixed(1)} s with the start of MLflow`,
    );
    expect(found.filter((each) => !/^environ of (python|python3|mlflow|uvicorn|gunicorn)/.test(each))).toEqual([]);
    expect(await answers()).toBe(answersBefore);
    expect(await file()).toBe(fileBefore);
    expect(await server.sh('ls /srv/mooring/main')).not.toContain('moving');
    const input = await server.sh(
      `sed -n 's/^MLFLOW_BACKEND_STORE_URI="\\(.*\\)"$/\\1/p' /etc/mooring/main/mlflow.env`,
    );
    expect(input).toContain('postgresql+psycopg2://mlflow:');
    // The copy is in the form of this MLflow already, as the file is, so both can be compared as they are.
    const told = await inServer(
      name,
      'root',
      `${await python()} -c 'import sys; exec(sys.stdin.read())' /srv/mooring/main/mlflow.db`,
      compare.replace('sys.stdin.readline().rstrip("\\n")', JSON.stringify(input.trim())),
    );
    const { counts, wrong } = JSON.parse(told.text) as { counts: Record<string, number>; wrong: string[] };
    expect(wrong).toEqual([]);
    expect(counts).toMatchObject({ runs: 12, params: 24, metrics: 400_000 + 96, model_versions: 1 });
    console.log(`  ${JSON.stringify(counts)}`);
  });

  it('nothing is left to do; new rows follow the old ones', async () => {
    const { text, tookMs } = await run(postgres());
    expect(text).toContain(' 0 changed');
    console.log(`  again: ${(tookMs / 1000).toFixed(1)} s`);
    const made = await curl('/api/2.0/mlflow/experiments/create', { name: 'after' });
    expect(made.text).toMatch(/"experiment_id": ?"\d+"/);
  });

  it('rows that are there already are taken for done only while they are the same', async () => {
    await psql(`DELETE FROM experiments WHERE name = 'after'`);
    await server.sh('rm /srv/mooring/main/mlflow.db.moved');
    expect((await run(moving)).text).toContain('compares what is there already');
    await curl('/api/2.0/mlflow/experiments/create', { name: 'later' });
    await server.sh('rm /srv/mooring/main/mlflow.db.moved');
    const { code, text } = await run(moving);
    expect(text).toContain('The database has other runs already');
    expect(code).not.toBe(0);
    await waitFor('MLflow to be back', async () => (await curl('/health')).text === 'OK', {
      timeoutMs: 60_000,
      everyMs: 300,
    });
    expect((await curl('/api/2.0/mlflow/experiments/get-by-name?experiment_name=later')).text).toContain('later');
  });
});
