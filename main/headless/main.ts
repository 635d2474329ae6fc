/** The process around the command line: signals, broken pipes, and faults nobody expected. */
import process from 'node:process';
import { appVersion } from './app-root.ts';
import { runCommandLine } from './command-line.ts';
import type { Interrupt } from './commands/context.ts';
import type { ComposeCore } from './compose-core.ts';
import type { BackgroundCommand } from './control/core-access.ts';
import { exitCodes } from './exit-codes.ts';
import { faultLine } from './fault-line.ts';
import { openInBrowser } from './open-in-browser.ts';
import type { Paths } from './paths.ts';
import { runProgram } from './run-program.ts';

/** Time for sockets and children to close by themselves at the end. */
const exitGraceMs = 3_000;

export interface MainOptions {
  readonly paths: Paths;
  readonly compose: ComposeCore;
  /** What stands behind the program's name. */
  readonly words: readonly string[];
  readonly background: BackgroundCommand;
}

/** Sets the process’s exit code. */
export async function main({ paths, compose, words, background }: MainOptions): Promise<void> {
  process.on('uncaughtException', (error) => {
    process.stderr.write(`Mooring ended by a fault in itself: ${faultLine(error)}\n`);
    process.exit(exitCodes.failed);
  });
  const interrupts = createInterrupts();
  for (const stream of [process.stdout, process.stderr]) {
    // `mooring status --watch | head`: nobody reads any more. That ends what goes on, and is no fault.
    stream.on('error', () => {
      interrupts.fire('left');
    });
  }
  process.exitCode = await runCommandLine(words, {
    streams: process,
    env: process.env,
    paths,
    version: appVersion(),
    compose,
    background,
    openInBrowser,
    onInterrupt: interrupts.add,
    runProgram,
  });
  setTimeout(() => process.exit(), exitGraceMs).unref();
}

/** One Ctrl-C comes twice where npm stands between: from the terminal, and passed on by npm. */
const sameKeyPressMs = 300;

interface Interrupts {
  add(run: (why: Interrupt) => void): () => void;
  fire(why: Interrupt): void;
}

/** The first signal asks whoever listens to end; the second ends the process. With no listener, the first does. */
function createInterrupts(): Interrupts {
  const runs = new Set<(why: Interrupt) => void>();
  let firstMs: number | null = null;
  const fire: Interrupts['fire'] = (why) => {
    for (const run of [...runs]) run(why);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstMs !== null && performance.now() - firstMs > sameKeyPressMs) process.exit(exitCodes.failed);
    firstMs ??= performance.now();
    fire(signal === 'SIGINT' ? 'stop' : 'left');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  return {
    fire,
    add(run) {
      if (runs.size === 0) for (const signal of signals) process.on(signal, onSignal);
      runs.add(run);
      return () => {
        runs.delete(run);
        if (runs.size === 0) for (const signal of signals) process.off(signal, onSignal);
      };
    },
  };
}
