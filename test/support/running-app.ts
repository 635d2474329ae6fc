/** The built program as a person runs it: `mooring serve` in a process and data folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dataPaths } from '../../main/adapters/data-paths.ts';
import { createControlClient, type ControlClient } from '../../main/headless/control/control-client.ts';
import type { CallArgs, CallName, CallValue } from '../../main/shared/contract.ts';
import type { Snapshot } from '../../main/shared/snapshot.ts';
import { waitFor, within } from './wait.ts';

export const programPath = resolve('out/main/mooring.js');

export interface RunningApp {
  readonly home: string;
  readonly pid: number;
  readonly api: ControlClient;
  /** A call that must succeed. */
  call<K extends CallName>(name: K, args: CallArgs<K>): Promise<CallValue<K>>;
  snapshot(): Promise<Snapshot>;
  /** Awaits a state; the failure says what it was instead. */
  until(what: string, holds: (snapshot: Snapshot) => boolean, timeoutMs?: number): Promise<Snapshot>;
  /** Runs a command of the command line against it. */
  run(...words: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }>;
  /** What it wrote to its terminal so far. */
  output(): string;
  /** Ends it by a signal and resolves with its exit code. The data folder stays if it was given. */
  end(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null>;
}

export interface RunOptions {
  /** An existing data folder; a new one by default, removed at the end. */
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export async function startApp({ home, env = {}, args = ['--no-ui'] }: RunOptions = {}): Promise<RunningApp> {
  const dataDir = home ?? (await mkdtemp(join(tmpdir(), 'mooring-app-')));
  const fullEnv = { ...process.env, MOORING_KEYCHAIN: 'off', ...env, MOORING_HOME: dataDir };
  const { controlPath } = dataPaths(fullEnv, process.platform, homedir(), process.getuid?.() ?? 0);
  const api = createControlClient(controlPath);
  const child = spawn(process.execPath, [programPath, 'serve', ...args], {
    env: fullEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = exitOf(child);

  const snapshot = async () => call('snapshot.get', {});
  const call = async <K extends CallName>(name: K, args: CallArgs<K>): Promise<CallValue<K>> => {
    const reply = await api.call(name, args);
    if (!reply.ok) throw new Error(`${name}: ${reply.error.message} ${reply.error.detail ?? ''}`);
    return reply.value;
  };
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    try {
      return await within(10_000, 'the program to end', ended);
    } finally {
      if (home === undefined) await rm(dataDir, { recursive: true, force: true });
    }
  };
  try {
    await waitFor('the program to serve', async () => (await api.call('snapshot.get', {})).ok, {
      timeoutMs: 15_000,
      everyMs: 10,
    });
  } catch (error) {
    await end('SIGKILL');
    throw new Error(`${String(error)} It wrote: ${output}`, { cause: error });
  }

  return {
    home: dataDir,
    pid: child.pid ?? 0,
    api,
    call,
    snapshot,
    async until(what, holds, timeoutMs = 15_000) {
      let last: Snapshot | null = null;
      try {
        return await waitFor(
          what,
          async () => {
            last = await snapshot();
            return holds(last) ? last : null;
          },
          { timeoutMs, everyMs: 20 },
        );
      } catch (error) {
        const states = (last as Snapshot | null)?.servers.map((each) => [
          each.connection,
          each.forwards.map((f) => f.state),
        ]);
        throw new Error(
          `${String(error)} It is: ${JSON.stringify([states, (last as Snapshot | null)?.prompts]).slice(0, 2000)}`,
          { cause: error },
        );
      }
    },
    run: (...words) => runProgram(words, fullEnv),
    output: () => output,
    end,
  };
}

/** Runs the built program once, with nothing to type. */
export async function runProgram(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [programPath, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return { exitCode: await exitOf(child), stdout, stderr };
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolvePromise) => {
    child.once('close', (code) => {
      resolvePromise(code);
    });
  });
}
