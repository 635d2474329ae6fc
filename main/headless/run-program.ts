/** Runs a program of the person's in place of this one: with our terminal, our signals to it, and its exit code for us. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';
import { errorCode, errorText } from '../adapters/system-errors.ts';
import { failure, type Failure } from '../shared/failure.ts';

export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  /** All of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ProgramEnd {
  /** Why it did not start; null: it ran. */
  readonly trouble: Failure | null;
  /** As shells have it: 127 not found, 126 not to be run, 128 and the signal’s number where a signal ended it. */
  readonly exitCode: number;
}

/** Windows knows no others. */
const passedOn: readonly NodeJS.Signals[] =
  process.platform === 'win32'
    ? ['SIGINT', 'SIGTERM', 'SIGBREAK', 'SIGHUP']
    : ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];
/** A terminal sends these to every program in front of it: passed on, they would arrive twice. */
const fromTerminal: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGBREAK'];

/** Resolves when it has ended. Never rejects. */
export function runProgram({ program, args, env }: ProgramRun): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
    const pass = (signal: NodeJS.Signals) => {
      if (!atTerminal || !fromTerminal.includes(signal)) child.kill(signal);
    };
    const letGo = () => {
      for (const signal of passedOn) process.off(signal, pass);
    };
    // Before it starts: from then on a signal is the program's matter, and this process stays for its exit code.
    for (const signal of passedOn) process.on(signal, pass);
    const child = spawn(program, [...args], { stdio: 'inherit', env: { ...env }, shell: false, windowsHide: false });
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      letGo();
      resolve(notStarted(program, error));
    });
    child.once('exit', (code, signal) => {
      letGo();
      resolve({ trouble: null, exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) });
    });
  });
}

function notStarted(program: string, error: Error): ProgramEnd {
  const detail = errorText(error);
  switch (errorCode(error)) {
    case 'ENOENT':
      return {
        trouble: failure('not-found', `There is no program ${program}.`, {
          hint: 'Name it as you would at the prompt; what is made by the shell (aliases, functions) is none.',
        }),
        exitCode: 127,
      };
    case 'EINVAL':
      return {
        trouble: failure('not-allowed', `${program} can’t be run without a shell.`, {
          hint: `On Windows a batch file is run by cmd: mooring exec SERVER -- cmd /c ${program} …`,
          detail,
        }),
        exitCode: 126,
      };
    default:
      return {
        trouble: failure('not-allowed', `${program} can’t be run.`, {
          hint: 'Is it a program, and may you run it?',
          detail,
        }),
        exitCode: 126,
      };
  }
}
