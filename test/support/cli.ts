/** Runs the command line in this process against a fake core behind a real socket, or as a real program. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { build } from 'vite';
import { runCommandLine } from '../../main/headless/command-line.ts';
import type { Interrupt } from '../../main/headless/commands/context.ts';
import type { Paths } from '../../main/headless/paths.ts';
import type { ProgramRun } from '../../main/headless/run-program.ts';
import { serve } from '../../main/headless/serve.ts';
import type { InstalledStack } from '../../main/shared/setup/stack.ts';
import { createFakeCore, type FakeCore } from './fake-core.ts';

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** What comes in by stdin; typed on a terminal, else piped. */
  readonly input?: string;
  readonly terminal?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with everything written so far whenever something is written; may send Ctrl-C. */
  readonly onOutput?: (written: string, interrupt: () => void) => void;
}

export interface CliBench {
  readonly core: FakeCore;
  readonly paths: Paths;
  /** What was to be run; each ended with 7. */
  readonly programs: readonly ProgramRun[];
  /** What the browser was started with. */
  readonly opened: readonly string[];
  run(words: readonly string[], options?: CliOptions): Promise<CliResult>;
  close(): Promise<void>;
}

export async function makePaths(): Promise<Paths & { remove(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'mooring-'));
  return {
    dataDir: join(home, 'data'),
    runDir: join(home, 'run'),
    controlPath: join(home, 'run', 'control.sock'),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** `running` false: no core runs, and none can be started. `browser` false: none can be opened. */
export async function openCliBench({ running = true, browser = true } = {}): Promise<CliBench> {
  const paths = await makePaths();
  let core = createFakeCore();
  const served = running
    ? await serve({
        paths,
        version: '1.2.3',
        window: { kind: 'browser', port: 0 },
        kind: 'background',
        compose: ({ host }) => Promise.resolve((core = createFakeCore(host))),
      })
    : null;
  if (served && served.kind !== 'serving') throw new Error('The fake core does not serve');
  const opened: string[] = [];
  const programs: ProgramRun[] = [];
  return {
    programs,
    core,
    paths,
    opened,
    async run(words, options = {}) {
      const stdin = new PassThrough();
      const stdout = new PassThrough();
      const stderr = new PassThrough();
      const isTTY = options.terminal === true;
      Object.assign(stdin, { isTTY, setRawMode: () => stdin });
      Object.assign(stdout, { isTTY });
      Object.assign(stderr, { isTTY });
      const interrupts = new Set<(why: Interrupt) => void>();
      const written = { stdout: '', stderr: '', all: '' };
      for (const [name, stream] of [
        ['stdout', stdout],
        ['stderr', stderr],
      ] as const) {
        stream.on('data', (chunk: Buffer) => {
          written[name] += chunk.toString();
          written.all += chunk.toString();
          options.onOutput?.(written.all, () => {
            for (const run of [...interrupts]) run('stop');
          });
        });
      }
      if (isTTY) stdin.write(options.input ?? '');
      else stdin.end(options.input ?? '');
      const exitCode = await runCommandLine(words, {
        streams: { stdin, stdout, stderr },
        env: options.env ?? {},
        paths,
        version: '1.2.3',
        compose: () => Promise.reject(new Error('not here')),
        background: { command: process.execPath, args: [join(paths.dataDir, 'no-such-program.js')] },
        openInBrowser: (target) => {
          opened.push(target);
          return Promise.resolve(browser);
        },
        onInterrupt: (run) => {
          interrupts.add(run);
          return () => interrupts.delete(run);
        },
        runProgram: (run) => {
          programs.push(run);
          return Promise.resolve({ trouble: null, exitCode: 7 });
        },
      });
      for (const stream of [stdout, stderr]) stream.end();
      return { exitCode, stdout: written.stdout, stderr: written.stderr };
    },
    async close() {
      if (served?.kind === 'serving') await served.running.stop();
      await paths.remove();
    },
  };
}

/** Sets up these and no others on each server. */
export const giveStacks = (core: FakeCore, ...stacks: InstalledStack[]): void => {
  core.update((now) => ({
    ...now,
    servers: now.servers.map((server) => ({ ...server, profile: { ...server.profile, stacks } })),
  }));
};

/** Builds a program file from a TypeScript entry, inside out/ so that packages are found. Returns its path. */
export async function buildProgram(entry: string, name: string): Promise<{ path: string; remove(): Promise<void> }> {
  const outDir = join(import.meta.dirname, '../../out/test', `${name}-${String(process.pid)}`);
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      emptyOutDir: true,
      minify: false,
      rolldownOptions: { input: { program: entry }, output: { format: 'es', entryFileNames: '[name].js' } },
    },
  });
  return { path: join(outDir, 'program.js'), remove: () => rm(outDir, { recursive: true, force: true }) };
}

export interface Started {
  readonly child: ChildProcess;
  readonly result: Promise<CliResult & { readonly signal: NodeJS.Signals | null }>;
  /** Resolves when what was written to stdout and stderr contains the text. */
  wrote(text: string): Promise<void>;
}

export function startProgram(path: string, words: readonly string[], env: Record<string, string>): Started {
  const child = spawn(process.execPath, [path, ...words], { env: { PATH: process.env['PATH'], ...env } });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const look = () => {
    for (const each of [...waiting]) each();
  };
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    look();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    look();
  });
  child.stdin.end();
  const result = new Promise<Awaited<Started['result']>>((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ exitCode: code ?? -1, signal, stdout, stderr });
      look();
    });
  });
  return {
    child,
    result,
    wrote: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if ((stdout + stderr).includes(text)) resolve();
          else if (child.exitCode !== null || child.signalCode !== null)
            reject(new Error(`Ended before: ${stdout}${stderr}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
  };
}
