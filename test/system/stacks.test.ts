/**
 * Every stack on one server, by the real core: from bare to checked, again with nothing to do, and off again; some of them
 * on the next release of Debian, too (all of them there, and by other accounts: stacks-everywhere). Prints a table.
 * `MOORING_TEST_VM=user@address` (a machine to be thrown away, with Debian or Ubuntu, an agent or default key, and
 * `MOORING_TEST_VM_KEY`, the SHA256 fingerprint of its host key) takes a VM of yours in place of a test server.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HandedSecrets } from '../../main/shared/contract.ts';
import { recapOf } from '../../main/shared/setup/run.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import { mlflowClient } from '../support/mlflow-client.ts';
import { mlflowVenv, type MlflowVenv } from '../support/mlflow-venv.ts';
import {
  connectSetup,
  serverCounts,
  serverSeconds,
  startSetupLab,
  versitygwPath,
  type SetupClient,
  type SetupLab,
} from '../support/setup-lab.ts';
import { available, availableForAll, unwanted } from '../support/test-server.ts';

const vm = process.env['MOORING_TEST_VM'];
const reason = vm ? unwanted() : available();
const table: string[] = [];
const noStore = 'no VersityGW here (MOORING_VERSITYGW)';

async function fromBareAndAgain(client: SetupClient, draft: StackDraft, secrets: HandedSecrets = {}): Promise<string> {
  const first = await client.start(draft, secrets);
  const again = await client.start(draft);
  expect(recapOf(again.steps)).toMatchObject({ changed: 0, failed: 0, skipped: 0 });
  const row = `${draft.stack.padEnd(26)} ${serverCounts(first)} ${serverSeconds(first)}`.padEnd(48);
  return `${row}${serverCounts(again)} ${serverSeconds(again)}`;
}

afterAll(() => {
  if (table.length > 0) {
    console.log(['', 'stack                      first run            again     off', ...table].join('\n  '));
  }
});

describe.skipIf(reason !== null)(`every stack${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: SetupLab | undefined;
  let folder: string;
  let client: SetupClient;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-stacks-'));
    if (vm) {
      const [user = '', address = ''] = vm.split('@');
      const fingerprint = process.env['MOORING_TEST_VM_KEY'] ?? '';
      client = await connectSetup({ address, user, login: { kind: 'auto' }, fingerprint, sudoPassword: null });
      return;
    }
    lab = await startSetupLab('stacks', 46);
    client = await lab.connect('ubuntu');
  }, 600_000);
  afterAll(async () => {
    await client.stop();
    await lab?.close();
    rmSync(folder, { recursive: true });
  });

  const off = async (environment: string) => serverSeconds(await client.off(environment));
  const needsIndex = (skip: (note: string) => void) => {
    if (lab?.wayOut.reason) skip(lab.wayOut.reason);
  };

  it('object storage, and MLflow with its artifacts in that bucket', async ({ skip }) => {
    needsIndex(skip);
    if (!existsSync(versitygwPath)) skip(noStore);
    const keys = { 'storage.access-key': 'MOORINGTESTKEY234567', 'storage.secret-key': 's3cret-with-\'quotes"-and-%' };
    const store: StackDraft = { stack: 'object-storage', values: { environment: 'store' } };
    const storeRow = await fromBareAndAgain(client, store, keys);
    const s3: StackDraft = {
      stack: 'mlflow-s3',
      values: {
        environment: 's3',
        's3.bucket': 'mlflow',
        's3.endpoint': 'http://127.0.0.1:9000',
        's3.access-key-id': keys['storage.access-key'],
      },
    };
    const s3Row = await fromBareAndAgain(client, s3, { 's3.secret-access-key': keys['storage.secret-key'] });
    expect(client.app.server().verify).toMatchObject({ failure: null });
    table.push(`${s3Row}     ${await off('s3')}`, `${storeRow}     ${await off('store')}`);
  });

  it('PostgreSQL here, and the same one as a database elsewhere', async ({ skip }) => {
    needsIndex(skip);
    const password = `p%w:/@ "q" 'ü' \\ #&?`;
    const local: StackDraft = { stack: 'mlflow-postgres', values: { environment: 'pg', 'mlflow.port': 5004 } };
    const localRow = await fromBareAndAgain(client, local, { 'database.password': password });
    const external: StackDraft = {
      stack: 'mlflow-external-postgres',
      values: {
        environment: 'ext',
        'mlflow.port': 5005,
        'database.host': '127.0.0.1',
        'database.name': 'mlflow_pg',
        'database.user': 'mlflow_pg',
      },
    };
    const externalRow = await fromBareAndAgain(client, external, { 'database.password': password });
    table.push(`${externalRow}     ${await off('ext')}`, `${localRow}     ${await off('pg')}`);
  });

  it('everything on one server', async ({ skip }) => {
    needsIndex(skip);
    if (!existsSync(versitygwPath)) skip(noStore);
    const row = await fromBareAndAgain(client, { stack: 'mlflow-full', values: {} });
    const labels = client.app.server().profile.forwards.map((each) => `${each.service} ${String(each.bind.port)}`);
    expect(labels).toContain('s3 9000');
    expect(labels).toContain('s3-console 9001');
    expect(client.app.server().verify).toMatchObject({ failure: null });
    table.push(`${row}     ${await off('main')}`);
    expect(client.app.server().profile.stacks).toEqual([]);
    expect(client.app.server().profile.forwards).toEqual([]);
  });

  it('a script of one’s own', async () => {
    const path = join(folder, 'install.sh');
    execFileSync('sh', ['-c', `printf '#!/bin/sh\\necho "got $1 and $WHO"\\n' >'${path}'`]);
    const draft: StackDraft = {
      stack: 'script',
      values: { 'script.path': path, 'script.args': '"two words"', 'script.env': 'WHO="me too"' },
    };
    const run = await client.start(draft);
    const { lines } = await client.app.call('setup.log', { serverId: client.serverId });
    expect(lines.map((each) => each.text)).toContain('got two words and me too');
    table.push(`${'script'.padEnd(26)} ${serverCounts(run)} ${serverSeconds(run)}`);
  });
});

const reasonThere = vm ? 'MOORING_TEST_VM is another machine' : available();

describe.skipIf(reasonThere !== null)(
  `on the next Debian${reasonThere === null ? '' : ` (skipped: ${reasonThere})`}`,
  () => {
    let lab: SetupLab;
    let client: SetupClient;

    beforeAll(async () => {
      lab = await startSetupLab('trixie', 76, 'trixie');
      client = await lab.connect('ubuntu');
    }, 600_000);
    afterAll(async () => {
      await client.stop();
      await lab.close();
    });

    const needs = async (skip: (note: string) => void) => {
      if (lab.wayOut.reason) skip(lab.wayOut.reason);
      const venv = await mlflowVenv();
      if ('skip' in venv) return skip(venv.skip) as never;
      return venv;
    };
    /** The data is kept when the stack goes, and there again when it comes back: with another password, the same runs. */
    async function keepsItsRuns(draft: StackDraft, venv: MlflowVenv): Promise<string> {
      const row = await fromBareAndAgain(client, draft);
      const before = mlflowClient(venv, client.app, 'main');
      const runId = await before.log('kept');
      const kept = {
        name: 'kept',
        params: { rate: '0.1' },
        metrics: { loss: 1 / 3 },
        status: 'FINISHED',
        note: 'a note of kept',
      };
      expect(await before.read(runId)).toEqual(kept);

      await client.off('main', false);
      expect(client.app.server().profile).toMatchObject({ stacks: [], forwards: [] });
      expect(await lab.server.sh('ls /etc/systemd/system | grep mooring || true')).toBe('');
      await client.start(draft);
      expect(client.app.server().verify).toMatchObject({ failure: null });
      expect(await mlflowClient(venv, client.app, 'main').read(runId)).toEqual(kept);
      return `${row}     ${serverSeconds(await client.off('main'))}   (${lab.suite})`;
    }

    it('the quick start, with MLflow’s own client, off with its data kept, and on again', async ({ skip }) => {
      const venv = await needs(skip);
      table.push(await keepsItsRuns({ stack: 'mlflow-quick-start', values: {} }, venv));
    });

    it('everything on one server, with the same', async ({ skip }) => {
      const long = availableForAll();
      if (long !== null) skip(long);
      const venv = await needs(skip);
      if (!existsSync(versitygwPath)) skip(noStore);
      table.push(await keepsItsRuns({ stack: 'mlflow-full', values: {} }, venv));
    });

    it('object storage', async ({ skip }) => {
      if (!existsSync(versitygwPath)) skip(noStore);
      const row = await fromBareAndAgain(client, { stack: 'object-storage', values: {} });
      table.push(`${row}     ${serverSeconds(await client.off('main'))}   (${lab.suite})`);
    });
  },
);
