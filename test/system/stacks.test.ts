/**
 * Every stack on one server, by the real core: from bare to checked, again with nothing to do, and off again. Prints a
 * table. `MOORING_TEST_VM=user@address` (a machine to be thrown away, with Debian or Ubuntu, an agent or default key, and
 * `MOORING_TEST_VM_KEY`, the SHA256 fingerprint of its host key) takes a VM of yours in place of a test server.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handedPrograms } from '../../main/adapters/handed-programs.ts';
import type { HandedSecrets } from '../../main/shared/contract.ts';
import type { Login } from '../../main/shared/server.ts';
import { isOver, recapOf, type RunView } from '../../main/shared/setup/run.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import { startLiveCore, type LiveCore } from '../support/live-core.ts';
import { available, hostFingerprint, startTestServer, type TestServer } from '../support/test-server.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const vm = process.env['MOORING_TEST_VM'];
const reason = process.env['MOORING_SYSTEM_TESTS'] === '1' && vm ? null : available();
const runLimitMs = 280_000;
const versitygw = process.env['MOORING_VERSITYGW'] ?? join(homedir(), '.cache/mooring-test/stores/versitygw');

describe.skipIf(reason !== null)(`every stack${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer | undefined;
  let wayOut: WayOut | undefined;
  let folder: string;
  let app: LiveCore;
  let serverId: string;
  const table: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-stacks-'));
    app = await startLiveCore((ports) => ({
      ...ports,
      machine: {
        ...ports.machine,
        handedPrograms: () =>
          existsSync(versitygw) ? handedPrograms({ MOORING_VERSITYGW: versitygw }) : ports.machine.handedPrograms(),
      },
    }));
    let login: Login = { kind: 'auto' };
    let [user, address] = (vm ?? '').split('@');
    let fingerprint = process.env['MOORING_TEST_VM_KEY'] ?? '';
    if (!vm) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
      server = await startTestServer('stacks', 46);
      await server.sh(`mkdir -p ~ubuntu/.ssh
        echo '${readFileSync(join(folder, 'key.pub'), 'utf8').trim()}' >~ubuntu/.ssh/authorized_keys
        chown -R ubuntu: ~ubuntu/.ssh; chmod -R go= ~ubuntu/.ssh`);
      wayOut = await giveWayOut('stacks', 46);
      login = { kind: 'key', path: join(folder, 'key') };
      [user, address] = ['ubuntu', server.address];
      fingerprint = await hostFingerprint(server);
    }
    const draft = { name: 'lab', address: address ?? '', port: 22, user: user ?? '', login, forwards: [] };
    serverId = await app.add(draft, fingerprint);
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up', 60_000);
  }, 600_000);
  afterAll(async () => {
    console.log(['', 'stack                      first run            again     off', ...table].join('\n  '));
    await app.stop();
    await wayOut?.close();
    await server?.remove();
    rmSync(folder, { recursive: true });
  });

  async function ended(): Promise<RunView> {
    const { servers } = await app.until(
      'the end of the run',
      (now) => (now.servers[0]?.run ? isOver(now.servers[0].run) : false),
      runLimitMs,
    );
    const run = servers[0]?.run;
    if (!run) throw new Error('no run');
    const { lines } = await app.call('setup.log', { serverId });
    const said = run.steps.map((each) => `${each.id} ${each.state} ${each.note ?? ''}`).join('\n');
    const last = lines
      .slice(-30)
      .map((each) => `${each.stepId}: ${each.text}`)
      .join('\n');
    expect(run.state, `${said}\n${last}`).toEqual({ kind: 'done' });
    return run;
  }
  async function start(draft: StackDraft, secrets: HandedSecrets = {}): Promise<RunView> {
    await app.call('setup.start', { serverId, draft, secrets });
    return ended();
  }
  const seconds = (run: RunView) => {
    const last = Math.max(...run.steps.filter((each) => each.place === 'server').map((each) => each.endedMs ?? 0));
    return ((last - run.startedMs) / 1000).toFixed(1);
  };
  const counts = (run: RunView) => {
    const { ok, changed, failed } = recapOf(run.steps.filter((each) => each.place === 'server'));
    return `${String(ok)}/${String(changed)}/${String(failed)}`;
  };
  async function fromBareAndAgain(draft: StackDraft, secrets: HandedSecrets = {}): Promise<string> {
    const first = await start(draft, secrets);
    const again = await start(draft);
    expect(recapOf(again.steps)).toMatchObject({ changed: 0, failed: 0, skipped: 0 });
    const row = `${draft.stack.padEnd(26)} ${counts(first)} ${seconds(first)} s`.padEnd(48);
    return `${row}${counts(again)} ${seconds(again)} s`;
  }
  async function off(environment: string, removeData = true): Promise<string> {
    await app.call('setup.uninstall', {
      serverId,
      environment,
      removeData,
      ...(removeData ? { serverName: 'lab' } : {}),
    });
    return seconds(await ended());
  }
  const needsIndex = (skip: (note: string) => void) => {
    if (wayOut?.reason) skip(wayOut.reason);
  };

  it('object storage, and MLflow with its artifacts in that bucket', async ({ skip }) => {
    needsIndex(skip);
    if (!existsSync(versitygw)) skip('no VersityGW here (MOORING_VERSITYGW)');
    const keys = { 'storage.access-key': 'MOORINGTESTKEY234567', 'storage.secret-key': 's3cret-with-\'quotes"-and-%' };
    const store: StackDraft = { stack: 'object-storage', values: { environment: 'store' } };
    const storeRow = await fromBareAndAgain(store, keys);
    const s3: StackDraft = {
      stack: 'mlflow-s3',
      values: {
        environment: 's3',
        's3.bucket': 'mlflow',
        's3.endpoint': 'http://127.0.0.1:9000',
        's3.access-key-id': keys['storage.access-key'],
      },
    };
    const s3Row = await fromBareAndAgain(s3, { 's3.secret-access-key': keys['storage.secret-key'] });
    expect(app.server().verify).toMatchObject({ failure: null });
    table.push(`${s3Row}     ${await off('s3')} s`, `${storeRow}     ${await off('store')} s`);
  });

  it('PostgreSQL here, and the same one as a database elsewhere', async ({ skip }) => {
    needsIndex(skip);
    const password = `p%w:/@ "q" 'ü' \\ #&?`;
    const local: StackDraft = { stack: 'mlflow-postgres', values: { environment: 'pg', 'mlflow.port': 5004 } };
    const localRow = await fromBareAndAgain(local, { 'database.password': password });
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
    const externalRow = await fromBareAndAgain(external, { 'database.password': password });
    table.push(`${externalRow}     ${await off('ext')} s`, `${localRow}     ${await off('pg')} s`);
  });

  it('everything on one server', async ({ skip }) => {
    needsIndex(skip);
    if (!existsSync(versitygw)) skip('no VersityGW here (MOORING_VERSITYGW)');
    const row = await fromBareAndAgain({ stack: 'mlflow-full', values: {} });
    const labels = app.server().profile.forwards.map((each) => `${each.service} ${String(each.bind.port)}`);
    expect(labels).toContain('s3 9000');
    expect(labels).toContain('s3-console 9001');
    expect(app.server().verify).toMatchObject({ failure: null });
    table.push(`${row}     ${await off('main')} s`);
    expect(app.server().profile.stacks).toEqual([]);
    expect(app.server().profile.forwards).toEqual([]);
  });

  it('a script of one’s own', async () => {
    const path = join(folder, 'install.sh');
    execFileSync('sh', ['-c', `printf '#!/bin/sh\\necho "got $1 and $WHO"\\n' >'${path}'`]);
    const draft: StackDraft = {
      stack: 'script',
      values: { 'script.path': path, 'script.args': '"two words"', 'script.env': 'WHO="me too"' },
    };
    const run = await start(draft);
    const { lines } = await app.call('setup.log', { serverId });
    expect(lines.map((each) => each.text)).toContain('got two words and me too');
    table.push(`${'script'.padEnd(26)} ${counts(run)} ${seconds(run)} s`);
  });
});
