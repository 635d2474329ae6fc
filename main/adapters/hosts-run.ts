/** Runs the text that changes the hosts file, and says how that ended. */
import { execFile, type ChildProcess } from 'node:child_process';
import type { HostsChange, HostsWriteResult } from '../core/hosts/hosts-ports.ts';
import { failure } from '../shared/failure.ts';

export interface Ended {
  /** Null: the program could not be started, or was killed. */
  readonly code: number | null;
  readonly stderr: string;
  readonly problem: string | null;
}

export interface Running {
  readonly ended: Promise<Ended>;
  readonly child: ChildProcess;
}

/** Never rejects. `timeoutMs`: then it is killed. */
export function runProgram(file: string, args: readonly string[], timeoutMs: number, env?: NodeJS.ProcessEnv): Running {
  let settle: (ended: Ended) => void = () => undefined;
  const ended = new Promise<Ended>((resolve) => {
    settle = resolve;
  });
  const options = { timeout: timeoutMs, windowsHide: true, maxBuffer: 1_000_000, ...(env && { env }) };
  const child = execFile(file, args, options, (error, _stdout, stderr) => {
    const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
    settle({ code, stderr: stderr.trim(), problem: error === null ? null : (error.message.split('\n', 1)[0] ?? '') });
  });
  // It asks nothing of its input, and must not be able to.
  child.stdin?.end();
  return { ended, child };
}

/** The arguments behind the script's text. */
export function scriptArguments(path: string, { blockId, from, start, end, insert }: HostsChange): readonly string[] {
  return ['1', path, blockId, from, String(start), String(end), insert];
}

/** What the script itself tells by its exit code; null: none of its codes. */
export function scriptResult(path: string, { code, stderr, problem }: Ended): HostsWriteResult | null {
  const detail = stderr === '' ? (problem ?? '') : stderr;
  switch (code) {
    case 0:
      return { kind: 'written' };
    case 10:
      return { kind: 'changed' };
    case 11:
      return {
        kind: 'failed',
        failure: failure('conflict', `Another program is changing ${path} just now.`, { hint: 'Try again.', detail }),
      };
    case 12:
      return {
        kind: 'failed',
        failure: failure('bug', `The step that writes ${path} refused what it was given. Nothing was written.`, {
          hint: 'Report the problem, and put the lines into the file by hand meanwhile.',
          detail,
        }),
      };
    case 13:
      return {
        kind: 'failed',
        failure: failure('storage-failed', `${path} could not be written. It is as it was.`, {
          hint: 'The disk may be full or read-only, or the file locked against changes.',
          detail,
        }),
      };
    default:
      return null;
  }
}

export function notWritten(path: string, { stderr, problem }: Ended): HostsWriteResult {
  return {
    kind: 'failed',
    failure: failure('storage-failed', `${path} was not written.`, {
      hint: 'Try again, or put the lines into the file by hand.',
      detail: stderr === '' ? (problem ?? 'It ended without a word.') : stderr.slice(0, 2000),
    }),
  };
}
