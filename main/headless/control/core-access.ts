/** Finds the running core, and starts one in the background for the commands that need it. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type Failure } from '../../shared/failure.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { createControlClient, knock } from './control-client.ts';
import { CommandFailure } from '../exit-codes.ts';
import type { Paths } from '../paths.ts';
import { ensurePrivateDir } from './private-dir.ts';
import { createSession, type Session } from './session.ts';

const startTimeoutMs = 20_000;
const backgroundLogBytes = 1_000_000;

/** Null when no core runs. */
export async function findCore(paths: Paths): Promise<Session | null> {
  const found = await knock(paths.controlPath);
  if (found.kind === 'stranger') throw new CommandFailure(found.failure);
  if (found.kind !== 'running' || found.hello.stopping) return null;
  return createSession(createControlClient(paths.controlPath), found.hello.pid);
}

export interface BackgroundStart {
  readonly paths: Paths;
  readonly command: BackgroundCommand;
  readonly env: NodeJS.ProcessEnv;
}

/** What becomes a core that outlives the command: a core alone, or the desktop app without its window. */
export interface BackgroundCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Tried where that one ends before it serves, such as on a display that is gone. */
  readonly otherwise?: BackgroundCommand;
}

/** Starts a core that outlives this command and waits until its socket answers, for 20 s at most. */
export async function startInBackground(start: BackgroundStart): Promise<Session> {
  const logsDir = join(start.paths.dataDir, 'logs');
  for (const dir of [start.paths.dataDir, logsDir]) {
    const made = await ensurePrivateDir(dir, process.getuid?.());
    if (!made.ok) throw new CommandFailure(made.error);
  }
  const logPath = join(logsDir, 'background.log');
  const logSize = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0;
  const log = openSync(logPath, logSize > backgroundLogBytes ? 'w' : 'a', 0o600);
  const child = spawn(start.command.command, start.command.args, {
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log, log],
    // Its own folder: another one could not be unmounted or removed while the core runs.
    cwd: start.paths.dataDir,
    env: start.env,
  });
  closeSync(log);
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  child.unref();

  const giveUpAt = performance.now() + startTimeoutMs;
  for (;;) {
    const session = await findCore(start.paths);
    // Where another starter has won, ours is about to see that and end. One that comes late must not outlive a `quit`.
    if (session && (ended || session.pid === child.pid)) return session;
    if (ended) {
      const late = await findCore(start.paths);
      if (late) return late;
      const { otherwise } = start.command;
      if (otherwise) return startInBackground({ ...start, command: otherwise });
      throw new CommandFailure(didNotStart(logPath));
    }
    if (performance.now() > giveUpAt) {
      if (session) return session;
      throw new CommandFailure(didNotStart(logPath));
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function didNotStart(logPath: string): Failure {
  let detail = '';
  try {
    detail = cleanText(readFileSync(logPath, 'utf8').trim().split('\n').at(-1) ?? '');
  } catch {
    // No log, no detail.
  }
  return failure('unreachable', 'Mooring could not be started in the background.', {
    hint: `See ${logPath}, or start it here to watch: mooring serve`,
    detail,
  });
}
