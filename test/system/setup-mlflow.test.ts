/** The quick start, run by hand on a real server: from a bare machine to runs that outlive restarts and uninstallations. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseFacts } from '../../main/core/setup/facts/parse-facts.ts';
import { factsScript } from '../../main/core/setup/facts/script.ts';
import { planStack } from '../../main/core/setup/plan/plan-stack.ts';
import { parseStack } from '../../main/core/setup/stack/parse-stack.ts';
import type { Plan } from '../../main/shared/setup/plan.ts';
import type { FieldValue, StackDraft } from '../../main/shared/setup/stack.ts';
import { inServer, planOn, runByHand, scriptByHand, uninstallOf, type Ended } from '../support/plan-on-server.ts';
import { availableForAll, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = availableForAll();
const name = 'mlf';
const octet = 31;

/** With what breaks files, URLs, shells and ini files. */
const password = 'Sesame %opens "5$\\ doors';
const key = 'signs0every1session2of3this4test';
const secrets = { 'mlflow.admin-password': password, 'mlflow.secret-key': key };

const quickStart = (values: Readonly<Record<string, FieldValue>> = {}): StackDraft => ({
  stack: 'mlflow-quick-start',
  values,
});

describe.skipIf(reason !== null)(`MLflow on a real server${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let wayOut: WayOut | undefined;
  let folder: string;
  let before: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-mlflow-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    server = await startTestServer(name, octet);
    wayOut = await giveWayOut(name, octet);
    await server.sh(`useradd -m -s /bin/bash plain; mkdir -m 700 ~plain/.ssh
      echo '${readFileSync(join(folder, 'key.pub'), 'utf8').trim()}' >~plain/.ssh/authorized_keys
      chown -R plain: ~plain/.ssh`);
    // As on servers that people have: an account may let itself linger.
    await server.sh(
      '(apt-get -qq update && apt-get -qq install -y polkitd) >/dev/null 2>&1 || loginctl enable-linger plain',
    );
    before = await files();
  }, 400_000);

  afterEach(() => server.sh('systemctl stop other 2>/dev/null || true'));
  afterAll(async () => {
    await wayOut?.close();
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  /** Everything that setup may put anywhere; the by-hand script itself leaves only its note. */
  const files = () =>
    server.sh(
      'find /etc /opt /srv /home /root /usr/local /var/lib /var/spool -xdev ! -path "/var/lib/systemd/*" ! -path "/var/lib/mooring*" ! -name "*.cache" | sort',
    );
  const up = async (draft: StackDraft, given: Record<string, string> = secrets, user = 'ubuntu') => {
    const beginMs = performance.now();
    const plan = await planOn(name, user, draft);
    expect(plan.remarks.filter(({ level }) => level === 'stop')).toEqual([]);
    const ended = await runByHand(name, user, plan, given);
    return { plan, ...ended, tookMs: performance.now() - beginMs };
  };
  const off = async (draft: StackDraft, removeData: boolean, user = 'ubuntu') => {
    const ended = await runByHand(name, user, uninstallOf(await planOn(name, user, draft), removeData));
    expect(ended.text).not.toContain('failed');
    expect(ended.code).toBe(0);
  };
  const told = <T extends Ended>(ended: T): T => {
    if (ended.code !== 0) console.log(ended.text.replaceAll(password, '…'));
    return ended;
  };

  /** Asks MLflow as admin; login and body by stdin. Without a password: nobody. */
  async function ask(path: string, body: object | string | null = null, own: string | null = password, port = 5000) {
    const config = [
      ...(own === null ? [] : [`user = "${`admin:${own}`.replace(/["\\]/g, '\\$&')}"`]),
      ...(typeof body === 'object' && body !== null
        ? [`data = "${JSON.stringify(body).replace(/["\\]/g, '\\$&')}"`, 'header = "Content-Type: application/json"']
        : []),
      ...(typeof body === 'string' ? ['request = PUT', `data = "${body}"`] : []),
    ];
    const url = `http://127.0.0.1:${String(port)}${path}`;
    const { text } = await inServer(name, 'plain', `curl -s -K - -w '\\n%{http_code}' '${url}'`, config.join('\n'));
    const [, answer = '', status = '0'] = /^([\s\S]*)\n(\d+)$/.exec(text) ?? [];
    return { status: Number(status), text: answer };
  }
  interface Run {
    readonly info: { readonly run_id: string; readonly artifact_uri: string };
    readonly data: { readonly metrics: readonly { readonly value: number }[] };
  }
  const runOf = async (...words: Parameters<typeof ask>): Promise<Run> =>
    (JSON.parse((await ask(...words)).text) as { run: Run }).run;

  /** A run with a metric and an artifact; its id. */
  async function logRun(own = password, port = 5000): Promise<string> {
    const api = '/api/2.0/mlflow';
    const { info } = await runOf(`${api}/runs/create`, { experiment_id: '0', start_time: 1 }, own, port);
    const { run_id: id, artifact_uri: uri } = info;
    const metric = { run_id: id, key: 'loss', value: 0.5, timestamp: 1, step: 0 };
    expect(await ask(`${api}/runs/log-metric`, metric, own, port)).toMatchObject({ status: 200 });
    const path = uri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/');
    expect(await ask(`${path}/note.txt`, 'hello', own, port)).toMatchObject({ status: 200 });
    return id;
  }
  async function hasRun(id: string, own = password, port = 5000): Promise<void> {
    const run = await runOf(`/api/2.0/mlflow/runs/get?run_id=${id}`, null, own, port);
    expect(run.data.metrics[0]?.value).toBe(0.5);
    const path = run.info.artifact_uri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/');
    expect(await ask(`${path}/note.txt`, null, own, port)).toEqual({ status: 200, text: 'hello' });
  }
  const answers = (port = 5000) =>
    waitFor('MLflow to answer', async () => (await ask('/health', null, null, port)).status === 200, {
      timeoutMs: 60_000,
      everyMs: 200,
    });
  const needsIndex = (skip: (note: string) => void) => {
    if (wayOut?.reason) skip(wayOut.reason);
  };

  it('a bare machine: runs, asks for the password, and shows no secret to anybody', async ({ skip }) => {
    needsIndex(skip);
    await server.sh(`systemd-run -q --unit=look sh -c 'while sleep 0.05; do ps -eo args=; done >/run/seen'`);
    const done = told(await up(quickStart()));
    console.log(`  from bare to running: ${(done.tookMs / 1000).toFixed(1)} s`);
    await server.sh('systemctl stop look');
    expect(done.code).toBe(0);
    expect(done.text).toMatch(/ of \d+ packages/);
    expect((await ask('/api/2.0/mlflow/experiments/search?max_results=1')).status).toBe(200);
    expect((await ask('/api/2.0/mlflow/experiments/search?max_results=1', null, null)).status).toBe(401);
    expect((await ask('/api/2.0/mlflow/experiments/search?max_results=1', null, 'not the one')).status).toBe(401);
    await logRun();

    await server.sh('journalctl -o cat --no-pager >/run/journal');
    const patterns = `${password}\n${key}\n`;
    const places = '/run/seen /run/journal /etc /opt/mooring/uv* /srv /var/lib /home /root /tmp /var/tmp';
    const found = await inServer(name, 'root', `grep -rlFs -f - ${places} || true`, patterns);
    expect(found.text.trim().split('\n')).toEqual(['/etc/mooring/main/mlflow.env']);
    expect(await server.sh('wc -l </run/seen')).not.toBe('0\n');
    expect((await server.sh('stat -c "%a %U" /etc/mooring/main/mlflow.env /etc/mooring/main/auth.ini')).trim()).toBe(
      '600 ubuntu\n600 ubuntu',
    );
    expect(await server.sh(`ss -Hltn | awk '{ print $4 }' | grep ':5000$'`)).toBe('127.0.0.1:5000\n');
  }, 400_000);

  it('again: 0 changed, in less than 3 s, also from a laptop that knows no password', async ({ skip }) => {
    needsIndex(skip);
    for (const given of [secrets, {}]) {
      const again = told(await up(quickStart(), given));
      console.log(`  again: ${(again.tookMs / 1000).toFixed(1)} s with the facts`);
      expect(again.text).toMatch(/\d ok, 0 changed/);
      expect(again.tookMs).toBeLessThan(3_000);
    }
  }, 60_000);

  it('another password is set, and only what it concerns is changed', async ({ skip }) => {
    needsIndex(skip);
    const other = 'A new one, 12 at least';
    const changed = told(await up(quickStart(), { ...secrets, 'mlflow.admin-password': other }));
    expect(changed.text).toMatch(/\d ok, 3 changed/);
    expect((await ask('/api/2.0/mlflow/experiments/search?max_results=1', null, other)).status).toBe(200);
    expect((await ask('/api/2.0/mlflow/experiments/search?max_results=1')).status).toBe(401);
    await up(quickStart());
    expect((await ask('/api/2.0/mlflow/experiments/search?max_results=1')).status).toBe(200);
    expect((await up(quickStart(), { ...secrets, 'mlflow.admin-password': 'short' })).text).toContain(
      'at least 12 characters',
    );
  }, 400_000);

  it('a reboot, a crash and a full stop later it answers with the same password', async ({ skip }) => {
    needsIndex(skip);
    const id = await logRun();
    await server.reboot();
    await answers();
    await hasRun(id);
    const first = await server.sh('systemctl show -p MainPID --value mooring-mlflow');
    await server.sh(`kill -9 ${first.trim()}`);
    await waitFor(
      'systemd to start it anew',
      async () =>
        !['0', first.trim()].includes((await server.sh('systemctl show -p MainPID --value mooring-mlflow')).trim()),
      { timeoutMs: 30_000, everyMs: 200 },
    );
    await answers();
    await server.sh('systemctl stop mooring-mlflow');
    expect(await server.sh('systemctl is-failed mooring-mlflow || true')).toBe('inactive\n');
    expect(told(await up(quickStart())).text).toMatch(/ok, 1 changed/);
    await hasRun(id);
  }, 400_000);

  it('a port that somebody has is told before, with the next free one', async () => {
    await server.sh('systemd-run -q --unit=other --uid=nobody python3 -m http.server --bind 127.0.0.1 5002');
    await server.sh('for i in $(seq 100); do curl -s http://127.0.0.1:5002/ >/dev/null && exit; sleep 0.1; done');
    const { remarks } = await planOn(name, 'ubuntu', quickStart({ environment: 'staging', 'mlflow.port': 5002 }));
    expect(remarks).toContainEqual({
      level: 'stop',
      message: expect.stringMatching(
        /^Port 5002 is taken by python3 \(\d+\) of other.service, run by nobody\.$/,
      ) as string,
      hint: 'End what is there, or choose port 5003: it is free.',
      fix: { field: 'mlflow.port', value: 5003 },
    });
  }, 60_000);

  it('a second environment with an account of its own stands beside it and goes without a trace', async ({ skip }) => {
    needsIndex(skip);
    const withMain = await files();
    const dev = quickStart({ environment: 'dev', 'mlflow.port': 5001, 'mlflow.run-as': 'own', 'mlflow.login': false });
    const done = told(await up(dev, {}));
    console.log(`  a second environment: ${(done.tookMs / 1000).toFixed(1)} s`);
    expect(done.code).toBe(0);
    expect(await server.sh('ps -o user= -p "$(systemctl show -p MainPID --value mooring-mlflow-dev)"')).toBe(
      'mlflow\n',
    );
    await hasRun(await logRun(password, 5001), password, 5001);
    const main = (await planOn(name, 'ubuntu', quickStart())).remarks.filter(({ level }) => level === 'stop');
    expect(main).toEqual([]);
    await off(dev, true);
    expect(await files()).toBe(withMain);
    expect((await ask('/api/2.0/mlflow/experiments/search?max_results=1')).status).toBe(200);
  }, 400_000);

  it('without what it needs it says what is wrong', async ({ skip }) => {
    needsIndex(skip);
    const dev = quickStart({ environment: 'dev', 'mlflow.port': 5001, 'mlflow.login': false });
    const plan = await planOn(name, 'ubuntu', dev);
    await server.sh('systemd-run -q --unit=other python3 -m http.server --bind 127.0.0.1 5001');
    await server.sh('for i in $(seq 100); do curl -s http://127.0.0.1:5001/ >/dev/null && exit; sleep 0.1; done');
    const taken = await runByHand(name, 'ubuntu', plan);
    expect(taken.text).toContain('Port 5001 is taken by another program');
    expect(taken.code).toBe(1);
    await server.sh(
      'systemctl stop other; echo nonsense >/srv/mooring/dev/mlflow.db; chown ubuntu: /srv/mooring/dev/mlflow.db',
    );
    const unknown = await runByHand(name, 'ubuntu', plan);
    expect(unknown.text).toContain('could not be brought to');
    await server.sh('echo 3.17.2 >/srv/mooring/dev/.mlflow-version');
    const broken = await runByHand(name, 'ubuntu', plan);
    expect(broken.code).toBe(1);
    expect(broken.text).toContain('MLflow does not answer. The last it said:');
    expect(broken.text).toContain('The SQLite file in /srv/mooring/dev is damaged');
    await off(dev, true);
  }, 400_000);

  it('data outlives an uninstallation, and is found again with a new password', async ({ skip }) => {
    needsIndex(skip);
    told(await up(quickStart()));
    const id = await logRun();
    await off(quickStart(), false);
    expect(
      await server.sh(
        'ls /etc/systemd/system | grep mooring || true; ls -d /opt/mooring /etc/mooring 2>/dev/null || true',
      ),
    ).toBe('');
    const fresh = 'another one altogether';
    const done = told(await up(quickStart(), { ...secrets, 'mlflow.admin-password': fresh }));
    expect(done.code).toBe(0);
    await hasRun(id, fresh);
    await off(quickStart(), true);
    expect(await files()).toBe(before);
  }, 400_000);

  it('killed in the middle of the installation it goes on where it was', async ({ skip }) => {
    needsIndex(skip);
    const plan = await planOn(name, 'ubuntu', quickStart());
    const first = runByHand(name, 'ubuntu', plan, secrets);
    await waitFor(
      'packages to come',
      async () => Number(await server.sh('ls /opt/mooring/cache/archive-v0 2>/dev/null | wc -l')) > 20,
      { timeoutMs: 60_000, everyMs: 50 },
    );
    // A shell between two commands may have ended meanwhile.
    await server.sh('kill -9 $(pgrep -f "^sh /tmp/[p]lan-|[u]v pip install") || true');
    expect((await first).code).not.toBe(0);
    const done = told(await runByHand(name, 'ubuntu', plan, secrets));
    expect(done.code).toBe(0);
    await hasRun(await logRun());
    expect(await server.sh('ls -d /opt/mooring/cache 2>/dev/null || true')).toBe('');
    await off(quickStart(), true);
    expect(await files()).toBe(before);
  }, 400_000);

  it('data of an older version is saved and brought up to date; there is no way back', async ({ skip }) => {
    needsIndex(skip);
    const old = quickStart({ 'mlflow.version': '3.11.1', 'mlflow.login': false });
    told(await up(old, {}));
    const id = await logRun();
    const done = told(await up(quickStart()));
    console.log(`  from 3.11.1 to the tested version: ${(done.tookMs / 1000).toFixed(1)} s`);
    expect(done.text).toMatch(/changed +Bring older data/);
    await hasRun(id);
    expect(await server.sh('ls /srv/mooring/main/backups')).toMatch(/^mlflow-3\.11\.1-[\d-]+\.db\n$/);
    expect(await server.sh('ls -d /opt/mooring/mlflow-* | wc -l')).toBe('1\n');
    expect((await up(old, {})).text).toContain('there is no way back');
    await off(quickStart(), true);
    expect(await files()).toBe(before);
  }, 400_000);

  it('without root it goes under the account, and answers after a reboot without anybody logging in', async ({
    skip,
  }) => {
    needsIndex(skip);
    const draft = quickStart();
    const home = await server.sh('find /home/plain | sort');
    const plan = await planOverSsh(draft);
    expect(plan).toMatchObject({ scope: 'user', account: 'plain' });
    expect(plan.remarks.filter(({ level }) => level !== 'note')).toEqual([]);
    const beginMs = performance.now();
    const done = told(await runOverSsh(plan));
    console.log(`  without root: ${((performance.now() - beginMs) / 1000).toFixed(1)} s`);
    expect(done.code).toBe(0);
    const id = await logRun();
    expect((await runOverSsh(plan)).text).toMatch(/\d ok, 0 changed/);
    await server.reboot();
    await answers();
    await hasRun(id);
    expect((await ask('/api/2.0/mlflow/experiments/search?max_results=1', null, null)).status).toBe(401);
    const gone = told(await runOverSsh(uninstallOf(plan, true)));
    expect(gone.code).toBe(0);
    const left = (await server.sh('find /home/plain | sort')).split('\n').filter((each) => !home.includes(each));
    expect(
      left.filter((each) => !/^\/home\/plain\/\.local(\/share(\/mooring(\/stacks.*|\/lock|\/holder)?)?)?$/.test(each)),
    ).toEqual([]);
    expect(
      (await files())
        .split('\n')
        .filter((each) => !left.includes(each))
        .join('\n'),
    ).toBe(before);
  }, 400_000);

  function overSsh(command: string, input: string): Promise<Ended> {
    const options = ['BatchMode=yes', 'LogLevel=ERROR', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
    const words = ['-F', '/dev/null', '-T', '-i', join(folder, 'key'), ...options.flatMap((each) => ['-o', each])];
    return new Promise((resolve, reject) => {
      const child = spawn('ssh', [...words, `plain@${server.address}`, command]);
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
      child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
      child.on('error', reject);
      child.on('close', (code) => {
        resolve({ code, text });
      });
      child.stdin.end(input);
    });
  }
  async function planOverSsh(draft: StackDraft): Promise<Plan> {
    const stack = parseStack(draft);
    const facts = parseFacts((await overSsh('exec /bin/sh', factsScript)).text, null);
    if (!stack.ok || !facts.ok) throw new Error('no facts');
    return planStack(stack.value, draft, facts.value, null);
  }
  async function runOverSsh(plan: Plan): Promise<Ended> {
    const text = scriptByHand(plan, '/home/plain');
    await overSsh('cat >/tmp/plain.sh', text);
    const given: Partial<Record<string, string>> = secrets;
    return overSsh('sh /tmp/plain.sh', plan.secrets.map((each) => `${given[each.name] ?? ''}\n`).join(''));
  }
});
