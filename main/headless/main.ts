/** The process around the command line: signals, broken pipes, and faults nobody expected. */
import process from 'node:process';
import { appVersion } from './app-root.ts';
import { runCommandLine } from './command-line.ts';
import type { ComposeCore } from './compose-core.ts';
import { exitCodes } from './exit-codes.ts';
import { openInBrowser } from './open-in-browser.ts';
import type { Paths } from './paths.ts';

/** Time for sockets and children to close by themselves at the end. */
const exitGraceMs = 3_000;

export async function main(paths: Paths, compose: ComposeCore): Promise<void> {
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${faultLine(error)}\n`);
    process.exit(exitCodes.failed);
  });
  const interrupts = createInterrupts();
  for (const stream of [process.stdout, process.stderr]) {
    // `mooring status --watch | head`: nobody reads any more. That ends what goes on, and is no fault.
    stream.on('error', interrupts.fire);
  }
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    streams: process,
    env: process.env,
    paths,
    version: appVersion(),
    compose,
    binPath: process.argv[1] ?? '',
    openInBrowser,
    onInterrupt: interrupts.add,
  });
  setTimeout(() => process.exit(), exitGraceMs).unref();
}

/** One Ctrl-C comes twice where npm stands between: from the terminal, and passed on by npm. */
const sameKeyPressMs = 300;

interface Interrupts {
  add(run: () => void): () => void;
  fire(): void;
}

/** The first signal asks whoever listens to end; the second ends the process. With no listener, the first does. */
function createInterrupts(): Interrupts {
  const runs = new Set<() => void>();
  let firstMs: number | null = null;
  const fire = () => {
    for (const run of [...runs]) run();
  };
  const onSignal = () => {
    if (firstMs !== null && performance.now() - firstMs > sameKeyPressMs) process.exit(exitCodes.failed);
    firstMs ??= performance.now();
    fire();
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

/** One line for a log. Never the message: it may quote what was being read, a secret even. */
export function faultLine(error: unknown): string {
  if (!(error instanceof Error)) return 'Mooring ended by a fault in itself.';
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  const where = /([\w.-]+\.[cm]?[jt]s:\d+:\d+)/.exec(error.stack?.split('\n').slice(1).join('\n') ?? '')?.[1];
  return `Mooring ended by a fault in itself: ${error.name}${code}${where === undefined ? '' : ` at ${where}`}`;
}
