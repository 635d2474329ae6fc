/** A real MLflow server on loopback, with its data in a temporary folder, in a process group of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MlflowVenv } from './mlflow-venv.ts';
import { freePort } from './sshd.ts';
import { waitFor } from './wait.ts';

export interface MlflowServer {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** What the server printed so far. */
  log(): string;
  /** Resolves when its processes are gone and nothing listens any more; the data stays. */
  kill(): Promise<void>;
  /** Stops every process of it as by Ctrl-Z, and lets them go on. */
  freeze(): void;
  thaw(): void;
  /** Kills it and removes its data. */
  remove(): Promise<void>;
}

export interface MlflowServerOptions {
  /** The admin’s; null: no login. */
  readonly login?: { readonly user: string; readonly password: string } | null;
  /** Further words of `mlflow server`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `--artifacts-destination`; a folder of its own unless given. */
  readonly artifacts?: string;
}

/** Resolves when it answers: 5–20 s. */
export async function startMlflowServer(venv: MlflowVenv, options: MlflowServerOptions = {}): Promise<MlflowServer> {
  const { login = null, args = [], env = {} } = options;
  const dir = mkdtempSync(join(tmpdir(), 'mooring-mlflow-'));
  const port = await freePort();
  const words = [
    ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
    ...['--backend-store-uri', `sqlite:///${join(dir, 'mlflow.db')}`],
    ...['--artifacts-destination', options.artifacts ?? join(dir, 'artifacts')],
    ...(login ? ['--app-name', 'basic-auth'] : []),
    ...args,
  ];
  let output = '';
  const child = spawn(venv.python, words, {
    cwd: dir,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${join(venv.python, '..')}:/usr/bin:/bin`,
      HOME: dir,
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      MLFLOW_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: 'true',
      ...(login ? loginEnv(dir, login) : {}),
      ...env,
    },
  });
  const collect = (text: Buffer) => (output = (output + text.toString()).slice(-20_000));
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const signal = (name: NodeJS.Signals) => signalGroup(child, name);
  const kill = async () => {
    signal('SIGKILL');
    await waitFor('the MLflow server to end', () => child.exitCode !== null || child.signalCode !== null);
    await waitFor('its port to be free', async () => !(await answers(port)));
  };
  const remove = async () => {
    await kill();
    rmSync(dir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${String(port)}`;
  try {
    await waitFor(
      () => `MLflow to answer\n${output.slice(-2_000)}`,
      async () => {
        if (child.exitCode !== null) throw new Error(`MLflow ended\n${output.slice(-2_000)}`);
        return isHealthy(url);
      },
      { timeoutMs: 120_000, everyMs: 100 },
    );
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    url,
    port,
    dir,
    log: () => output,
    kill,
    freeze: () => {
      signal('SIGSTOP');
    },
    thaw: () => {
      signal('SIGCONT');
    },
    remove,
  };
}

/** Both ways, since versions differ in which they read. */
function loginEnv(dir: string, { user, password }: { user: string; password: string }): Record<string, string> {
  const path = join(dir, 'basic_auth.ini');
  const lines = [
    '[mlflow]',
    'default_permission = READ',
    `database_uri = sqlite:///${join(dir, 'basic_auth.db')}`,
    `admin_username = ${user}`,
    `admin_password = ${password.replaceAll('%', '%%')}`,
    'authorization_function = mlflow.server.auth:authenticate_request_basic_auth',
  ];
  writeFileSync(path, lines.join('\n') + '\n', { mode: 0o600 });
  return {
    MLFLOW_AUTH_CONFIG_PATH: path,
    MLFLOW_AUTH_ADMIN_USERNAME: user,
    MLFLOW_AUTH_ADMIN_PASSWORD: password,
    MLFLOW_FLASK_SERVER_SECRET_KEY: 'for-tests-only',
  };
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // Gone already.
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${String(port)}/health`, { signal: AbortSignal.timeout(500) });
    return true;
  } catch {
    return false;
  }
}
