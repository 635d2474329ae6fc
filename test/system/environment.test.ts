/**
 * What people paste and run: the official MLflow and boto3 clients use a real server by `eval "$(mooring env lab)"` and by
 * `mooring exec`, unchanged, with secrets that break careless quoting, and behind a proxy that leads nowhere.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mlflowVenv } from '../support/mlflow-venv.ts';
import { programPath, startApp, type RunningApp } from '../support/running-app.ts';
import { available, hostFingerprint, startTestServer, type TestServer } from '../support/test-server.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const run = promisify(execFile);
const reason = available();
const versitygw = process.env['MOORING_VERSITYGW'] ?? join(homedir(), '.cache/mooring-test/stores/versitygw');

const password = `it's $HOME "q" %d \`id\` !x \\`;
const storeKey = 'MOORINGTESTKEY234567';
const storeSecret = `s3cret-with-'quotes"-$(id)-and-%`;

/** A run with an artifact, and back: as in MLflow's own first pages. */
const logARun = `
import json, pathlib, tempfile, mlflow
mlflow.set_experiment("from a laptop")
with mlflow.start_run() as run:
    mlflow.log_param("rate", 0.1)
    mlflow.log_metric("loss", 0.5)
    mlflow.log_text("what was learnt", "notes.txt")
got = pathlib.Path(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="notes.txt"))
found = mlflow.get_run(run.info.run_id).data
print(json.dumps([found.params, found.metrics, got.read_text()]))
`;
const loggedRun = [{ rate: '0.1' }, { loss: 0.5 }, 'what was learnt'];

const putAnObject = `
import boto3, json
s3 = boto3.client("s3")
s3.put_object(Bucket="mlflow", Key="from/a laptop.txt", Body=b"what was learnt")
print(json.dumps(s3.get_object(Bucket="mlflow", Key="from/a laptop.txt")["Body"].read().decode()))
`;

describe.skipIf(reason !== null)(`the environment of clients${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let wayOut: WayOut | undefined;
  let folder: string;
  let app: RunningApp;
  let python: string;
  let noClients: string | null = null;

  /** As of a shell that a person has opened: nothing in it but the way to programs, and a proxy for everything. */
  const shellEnv = () => ({
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    HOME: join(folder, 'home'),
    SHELL: '/bin/bash',
    MOORING_HOME: app.home,
    MOORING_KEYCHAIN: 'off',
    HTTP_PROXY: 'http://127.0.0.1:9',
    GIT_PYTHON_REFRESH: 'quiet',
  });
  const bash = async (script: string, env: Record<string, string> = {}) =>
    run('bash', ['--noprofile', '--norc', '-c', script], {
      env: { ...shellEnv(), ...env },
      cwd: folder,
      timeout: 120_000,
    });
  const lastLine = (stdout: string): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-envs-'));
    for (const each of ['bin', 'home', 'data']) mkdirSync(join(folder, each));
    writeFileSync(join(folder, 'bin/mooring'), `#!/bin/sh\nexec '${process.execPath}' '${programPath}' "$@"\n`, {
      mode: 0o755,
    });
    writeFileSync(join(folder, 'run.py'), logARun);
    writeFileSync(join(folder, 'put.py'), putAnObject);
    const venv = await mlflowVenv(undefined, ['boto3']);
    if ('skip' in venv) noClients = venv.skip;
    else python = venv.python;
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    server = await startTestServer('envs', 82);
    await server.sh(`mkdir -p ~ubuntu/.ssh
      echo '${readFileSync(join(folder, 'key.pub'), 'utf8').trim()}' >~ubuntu/.ssh/authorized_keys
      chown -R ubuntu: ~ubuntu/.ssh; chmod -R go= ~ubuntu/.ssh`);
    wayOut = await giveWayOut('envs', 82);
    app = await startApp({
      home: join(folder, 'data'),
      env: {
        ...(existsSync(versitygw) ? { MOORING_VERSITYGW: versitygw } : {}),
        AWS_CONFIG_FILE: join(folder, 'home/.aws/config'),
        AWS_SHARED_CREDENTIALS_FILE: join(folder, 'home/.aws/credentials'),
      },
    });
    const words = ['server', 'add', 'lab', `ubuntu@${server.address}`, '--key', join(folder, 'key')];
    await mooring(...words, '--accept-host-key', await hostFingerprint(server));
  }, 600_000);

  afterAll(async () => {
    await app.end();
    await wayOut?.close();
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  async function mooring(...words: string[]) {
    const ended = await app.run(...words);
    if (ended.exitCode !== 0) throw new Error(`mooring ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  }

  /** Sets a stack up with secrets of ours; the file that they came by is gone afterwards. */
  async function setUp(secrets: Record<string, string>, ...words: string[]) {
    const path = join(folder, 'secrets');
    const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(path, lines.join(''), { mode: 0o600 });
    await mooring('setup', 'lab', ...words, '--secrets', path, '--yes');
    rmSync(path);
  }

  /** Runs it, and gives what was seen of secrets in arguments of programs here meanwhile, and in files afterwards. */
  async function watched<T>(action: () => Promise<T>): Promise<T> {
    const secrets = [password, storeSecret];
    const seen = new Set<string>();
    let looks = 0;
    const timer = setInterval(() => {
      looks += 1;
      for (const pid of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
        try {
          const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
          if (secrets.some((each) => words.includes(each))) seen.add(words.slice(0, 40));
        } catch {
          // It has ended.
        }
      }
    }, 20);
    try {
      return await action();
    } finally {
      clearInterval(timer);
      const patterns = secrets.flatMap((each) => ['-e', each]);
      const grep = await run('grep', ['-rlaF', ...patterns, folder]).then(
        ({ stdout }) => stdout,
        () => '',
      );
      expect([...seen, ...grep.split('\n').filter((each) => each !== '')]).toEqual([]);
      expect(looks).toBeGreaterThan(5);
    }
  }

  it('MLflow, by eval and by exec', async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    if (noClients !== null) skip(noClients);
    await setUp({ 'mlflow.admin-password': password }, '--stack', 'mlflow-quick-start');

    const evaluated = await watched(() => bash(`eval "$(mooring env lab)" && exec '${python}' run.py`));
    expect(lastLine(evaluated.stdout)).toEqual(loggedRun);
    const executed = await watched(() => bash(`exec mooring exec lab -- '${python}' run.py`));
    expect(lastLine(executed.stdout)).toEqual(loggedRun);

    // Without the password the same client is refused: it was the environment that let it in.
    const refused = await bash(`eval "$(mooring env lab --no-secrets)" && exec '${python}' run.py`).then(
      () => 'let in',
      (error: unknown) => String((error as { stderr?: string }).stderr),
    );
    expect(refused).toMatch(/401|authenticat/i);
  }, 600_000);

  it('exec takes the program’s exit code, and brings the server up first', async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    if (noClients !== null) skip(noClients);
    await mooring('down', 'lab');
    const script =
      'import os, sys, urllib.request; urllib.request.urlopen(os.environ["MLFLOW_TRACKING_URI"] + "/health"); sys.exit(17)';
    const ended = await bash(`mooring exec lab -- '${python}' -c '${script}'; echo "ended with $?"`);
    expect(ended.stdout).toBe('ended with 17\n');
  });

  it('a store, by eval, by exec and by a profile', async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    if (noClients !== null) skip(noClients);
    if (!existsSync(versitygw)) skip('no VersityGW here (MOORING_VERSITYGW)');
    const keys = { 'storage.access-key': storeKey, 'storage.secret-key': storeSecret };
    await setUp(keys, '--stack', 'object-storage', '--set', 'environment=store');
    const env = 'mooring env lab --environment store';

    const evaluated = await watched(() => bash(`eval "$(${env})" && exec '${python}' put.py`));
    expect(lastLine(evaluated.stdout)).toBe('what was learnt');
    const executed = await watched(() =>
      bash(`mooring exec lab --environment store -- '${python}' put.py`, { AWS_SESSION_TOKEN: 'stale' }),
    );
    expect(lastLine(executed.stdout)).toBe('what was learnt');

    const credentials = join(folder, 'home/.aws/credentials');
    mkdirSync(join(folder, 'home/.aws'));
    writeFileSync(credentials, '[default]\naws_access_key_id = MINE');
    const written = await bash(`${env} --write-aws-profile`);
    expect(written.stdout).toContain('The profile mooring-lab+store is in');
    expect(readFileSync(credentials, 'utf8')).toContain(storeSecret);
    const byProfile = await bash(`NO_PROXY=127.0.0.1 AWS_PROFILE=mooring-lab+store exec '${python}' put.py`);
    expect(lastLine(byProfile.stdout)).toBe('what was learnt');
    await watched(() => bash(`${env} --remove-aws-profile`));
    expect(readFileSync(credentials, 'utf8')).toBe('[default]\naws_access_key_id = MINE');
    expect(existsSync(join(folder, 'home/.aws/config'))).toBe(false);
  });
});
