/** The stack of an environment is changed into another kind in place: what stays, what goes, and what is refused. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HandedSecrets } from '../../main/shared/contract.ts';
import { recapOf, type RunView } from '../../main/shared/setup/run.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import { mlflowClient } from '../support/mlflow-client.ts';
import { mlflowVenv, type MlflowVenv } from '../support/mlflow-venv.ts';
import {
  changesSince,
  serverCounts,
  serverSeconds,
  startSetupLab,
  type SetupClient,
  type SetupLab,
} from '../support/setup-lab.ts';
import { psqlScript, shopDraft, shopSql } from '../support/shop-database.ts';
import { s3Draft, startStoresHere, type StoresHere } from '../support/stores-here.ts';
import { availableForAll } from '../support/test-server.ts';

const reason = availableForAll();
const [name, octet] = ['chg', 91];
/** Of a run, on a machine that is busy with other things as well. */
const patienceMs = 600_000;
const password = `p%w:/@ "q" 'ü' \\ #&?`;

const full: StackDraft = { stack: 'mlflow-full', values: {} };
const quickStart: StackDraft = { stack: 'mlflow-quick-start', values: {} };
const postgres: StackDraft = { stack: 'mlflow-postgres', values: {} };
const storage: StackDraft = { stack: 'object-storage', values: {} };

const storeStays = (title: string) =>
  `“${title}” has no object storage: what is here of it (its objects in /srv/mooring/main.objects, its tunnels) would be left with nothing to take it off.`;
const mlflowStays =
  '“Object storage” has no MLflow: what is here of it (mooring-mlflow.service, its tunnel) would be left with nothing to take it off.';
const runsStay =
  'Runs in the database mlflow on the server can’t be moved to a SQLite file: MLflow would start without them.';
/** Kept of Mooring itself once it has been on a server. */
const keptFolder = '/var/lib/mooring/stacks';
const artifactsStay = (from: string, to: string) =>
  `warning: The artifacts of earlier runs stay in ${from}, and MLflow no longer finds them: it looks in ${to} for all.`;

/** As `aws s3 cp --recursive` would, with what the server has. */
const copyToBucket = `
import os, sys, boto3
folder, bucket, prefix = sys.argv[1:]
store = boto3.client("s3", endpoint_url=os.environ["MLFLOW_S3_ENDPOINT_URL"])
for above, _, files in os.walk(folder):
    for each in files:
        path = os.path.join(above, each)
        store.upload_file(path, bucket, prefix + os.path.relpath(path, folder))
`;

describe.skipIf(reason !== null)(`a stack changed in place${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: SetupLab;
  let client: SetupClient;
  let venv: MlflowVenv;
  let stores: StoresHere;
  let before: readonly string[];

  beforeAll(async () => {
    lab = await startSetupLab(name, octet);
    if (lab.wayOut.reason !== null) throw new Error(lab.wayOut.reason);
    const made = await mlflowVenv();
    if ('skip' in made) throw new Error(made.skip);
    venv = made;
    stores = await startStoresHere(`10.77.${String(octet)}.1`, false);
    client = await lab.connect('ubuntu', { patienceMs });
    await lab.server.sh('apt-get -qq update');
    before = await state();
  }, 900_000);
  afterAll(async () => {
    await client.stop();
    stores.close();
    await lab.close();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const { environment } of client.app.server().profile.stacks) await client.off(environment);
    before = await state();
  });

  const state = () => lab.traces(['/var/lib/postgresql', keptFolder]);
  const changes = async () => changesSince(before, await state(), [keptFolder]);
  const start = async (what: string, draft: StackDraft, secrets: HandedSecrets = {}): Promise<RunView> => {
    const run = await client.start(draft, secrets);
    console.log(`  ${what}: ${serverCounts(run)} ${serverSeconds(run)}`);
    return run;
  };
  const again = async (draft: StackDraft) => {
    const run = await start('again', draft);
    expect(recapOf(run.steps)).toMatchObject({ changed: 0, failed: 0, skipped: 0 });
  };
  const remarksOn = async (draft: StackDraft) =>
    (await client.app.call('setup.plan', { serverId: client.serverId, draft })).plan.remarks.map(
      ({ level, message }) => `${level}: ${message}`,
    );
  /** The plan says so, nothing is begun, and what stood goes on. */
  const isRefused = async (draft: StackDraft, words: readonly string[]) => {
    const { app, serverId } = client;
    const stops = (await remarksOn(draft)).filter((each) => each.startsWith('stop'));
    expect(stops).toEqual(words.map((each) => `stop: ${each}`));
    const { profile } = app.server();
    const reply = await app.core.call('setup.start', { serverId, draft, secrets: {} });
    expect(reply).toMatchObject({ ok: false, error: { code: 'conflict' } });
    expect(app.server().profile).toEqual(profile);
  };
  const stateOf = (run: RunView, id: string) => run.steps.find((each) => each.id === id)?.state;
  const targets = () =>
    client.app
      .server()
      .profile.forwards.map(({ target }) => target.port)
      .sort();
  const python = () => mlflowClient(venv, client.app, 'main');
  const noteOf = async (runId: string) => (await python().read(runId)).note;
  const isVerified = () => {
    expect(client.app.server().verify).toMatchObject({ failure: null });
  };

  it(
    'object storage into everything on one server: the bucket and its keys stay',
    async () => {
      await start('object storage', storage);
      await lab.server.sh('runuser -u mooring-store -- sh -c "echo kept >/srv/mooring/main.objects/mlflow/kept"');
      const keys = await lab.server.sh('cat /etc/mooring/main/storage.env');
      const forwards = client.app.server().profile.forwards.map(({ id }) => id);
      const process = await lab.server.sh('systemctl show -p MainPID mooring-storage.service');

      const run = await start('into all', full);
      for (const id of ['storage-account', 'storage-program', 'storage-service', 'storage-bucket']) {
        expect(`${id} ${String(stateOf(run, id))}`).toBe(`${id} ok`);
      }
      isVerified();
      expect(await lab.server.sh('systemctl show -p MainPID mooring-storage.service')).toBe(process);
      expect(await lab.server.sh('cat /etc/mooring/main/storage.env')).toBe(keys);
      expect(targets()).toEqual([5000, 9000, 9001]);
      const now = client.app.server().profile.forwards.map(({ id }) => id);
      expect(now.filter((id) => forwards.includes(id))).toEqual(forwards);
      await again(full);
      const runId = await python().log('kept');

      await isRefused(quickStart, [runsStay, storeStays('MLflow quick start')]);
      await isRefused(postgres, [storeStays('MLflow with PostgreSQL')]);
      await isRefused(storage, [mlflowStays]);
      expect(await python().read(runId)).toMatchObject({ name: 'kept' });

      await client.off('main', false);
      expect(targets()).toEqual([]);
      expect(
        await lab.server.sh('cat /srv/mooring/main.objects/mlflow/kept; ls -d /var/lib/postgresql/*/main'),
      ).toMatch(/^kept\n\/var\/lib\/postgresql\/\d+\/main\n$/);
      await start('all again', full);
      expect(await python().read(runId)).toMatchObject({ name: 'kept', note: 'a note of kept' });
      await client.off('main');
      expect(await changes()).toEqual([]);
    },
    4 * patienceMs,
  );

  it(
    'PostgreSQL into SQLite: refused; uninstalled first, its runs are there when it comes back',
    async () => {
      await start('PostgreSQL', postgres, { 'database.password': password });
      const runId = await python().log('kept');
      await isRefused(quickStart, [runsStay]);
      await isRefused(s3Draft(stores), [runsStay]);
      expect(await python().read(runId)).toMatchObject({ name: 'kept' });

      await client.off('main', false);
      await start('the quick start after that', quickStart);
      isVerified();
      await client.off('main', false);
      await start('PostgreSQL again', { ...postgres, values: { 'database.from-sqlite': 'fresh' } });
      expect(await python().read(runId)).toMatchObject({ name: 'kept', note: 'a note of kept' });
      await client.off('main');
      expect(await changes()).toEqual([]);
    },
    4 * patienceMs,
  );

  it(
    'PostgreSQL here into one elsewhere: the old one goes when the stack is uninstalled',
    async () => {
      await start('PostgreSQL', postgres);
      await lab.server.sh(psqlScript(shopSql(password)));
      expect(await remarksOn(shopDraft)).toContain(
        'warning: The runs so far stay in the database mlflow on the server; MLflow goes on with the database shop at 127.0.0.1:5432.',
      );
      // The password of the one here is not that of the other.
      const { app, serverId } = client;
      expect((await app.call('setup.plan', { serverId, draft: shopDraft })).known).not.toContain('database.password');
      const reply = await app.core.call('setup.start', { serverId, draft: shopDraft, secrets: {} });
      expect(reply).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });

      await start('one elsewhere', shopDraft, { 'database.password': password });
      isVerified();
      await again(shopDraft);
      const { plan } = await app.call('setup.plan-uninstall', { serverId, environment: 'main', removeData: true });
      expect(plan.remarks.map(({ message }) => message)).toContain(
        'the database mlflow of the PostgreSQL on the server (experiments, runs, metrics, models) will be lost.',
      );
      await lab.server.sh(psqlScript(['DROP DATABASE shop WITH (FORCE);', 'DROP ROLE shop;']));
      await client.off('main');
      expect(await changes()).toEqual([]);
    },
    3 * patienceMs,
  );

  it(
    'artifacts from the disk into S3, and back: where they are looked for, and how they are found again',
    async () => {
      await start('quick start', quickStart);
      const early = await python().log('early');
      const { app, serverId } = client;
      const { s3 } = stores;
      const [onDisk, inBucket] = ['/srv/mooring/main/artifacts', `s3://${s3.bucket}/mlflow at ${s3.endpoint}`];
      expect(await remarksOn(s3Draft(stores))).toContain(artifactsStay(onDisk, inBucket));
      // The secret of the bucket is asked for, though a stack is there.
      const reply = await app.core.call('setup.start', { serverId, draft: s3Draft(stores), secrets: {} });
      expect(reply).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });

      await start('into S3', s3Draft(stores), { 's3.secret-access-key': s3.secret });
      isVerified();
      await again(s3Draft(stores));
      const late = await python().log('late');
      expect(await noteOf(late)).toBe('a note of late');
      await expect(noteOf(early)).rejects.toThrow('Failed to download artifacts');
      expect(await lab.server.sh(`find ${onDisk} -name note.txt | wc -l`)).toBe('1\n');

      await lab.server.sh(`cat >/tmp/to-bucket.py <<'END'${copyToBucket}END
      set -a; . /etc/mooring/main/mlflow.env; set +a
      $(ls -d /opt/mooring/mlflow-*/bin/python | tail -n 1) /tmp/to-bucket.py ${onDisk} ${s3.bucket} mlflow/`);
      expect(await noteOf(early)).toBe('a note of early');

      expect(await remarksOn(quickStart)).toContain(artifactsStay(inBucket, onDisk));
      await start('back to the disk', quickStart);
      isVerified();
      expect(await noteOf(early)).toBe('a note of early');
      await expect(noteOf(late)).rejects.toThrow('Failed to download artifacts');
      await client.off('main');
      expect(await changes()).toEqual([]);
    },
    4 * patienceMs,
  );

  it(
    'a script gives its environment to nobody; beside it MLflow changes its port',
    async () => {
      const path = join(lab.folder, 'install.sh');
      writeFileSync(path, '#!/bin/sh\necho "got $1"\n', { mode: 0o755 });
      const script = (environment: string): StackDraft => ({
        stack: 'script',
        values: { environment, 'script.path': path },
      });
      await start('script', script('main'));
      await isRefused(quickStart, ['The environment main is taken by a script of your own.']);
      await client.off('main');
      await start('script under its own name', script('script'));

      await start('quick start', quickStart);
      const { serverId, app } = client;
      const local = app.server().profile.forwards[0]?.bind.port ?? 0;
      const kept = await python().log('kept');
      const login = await app.call('setup.reveal-password', { serverId, environment: 'main' });

      const moved: StackDraft = { stack: 'mlflow-quick-start', values: { 'mlflow.port': 5005 } };
      expect(await remarksOn(moved)).toContain(
        'note: The tunnel to port 5000 of the server goes: nothing of this environment answers there any more.',
      );
      await start('another port', moved);
      isVerified();
      const { forwards, stacks } = app.server().profile;
      expect(forwards).toMatchObject([{ label: 'MLflow', target: { port: 5005 } }]);
      expect(stacks.find(({ environment }) => environment === 'main')?.forwardId).toBe(forwards[0]?.id);
      await expect(fetch(`http://127.0.0.1:${String(local)}/health`)).rejects.toThrow();
      expect(await lab.server.sh("ss -Hltn | awk '{ print $4 }' | grep -E ':500[05]$'")).toBe('127.0.0.1:5005\n');
      expect(await app.call('setup.reveal-password', { serverId, environment: 'main' })).toEqual(login);
      expect(await python().read(kept)).toMatchObject({ name: 'kept', note: 'a note of kept' });
      await again(moved);

      await client.off('main');
      await client.off('script');
      expect(await changes()).toEqual([]);
    },
    4 * patienceMs,
  );
});
