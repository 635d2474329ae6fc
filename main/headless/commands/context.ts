/** What a command gets: a terminal, the core, and a way to say how it ended. */
import type { Command } from 'commander';
import { failure } from '../../shared/failure.ts';
import type { ComposeCore } from '../compose-core.ts';
import { CommandFailure } from '../exit-codes.ts';
import type { Paths } from '../paths.ts';
import type { ProgramEnd, ProgramRun } from '../run-program.ts';
import type { Session } from '../control/session.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** `stop`: somebody pressed Ctrl-C. `left`: the command is to end, or nobody reads it any more. */
export type Interrupt = 'stop' | 'left';

export interface Context {
  readonly terminal: Terminal;
  readonly paths: Paths;
  readonly version: string;
  readonly compose: ComposeCore;
  /** The running core, started in the background when there is none. */
  core(): Promise<Session>;
  /** Null when none runs. */
  runningCore(): Promise<Session | null>;
  /** Nothing holds the control socket. */
  isCoreGone(): Promise<boolean>;
  /** Opens an address that anybody may know. Says so when no browser comes up; print the address before. */
  openInBrowser(url: string): Promise<void>;
  /** The same for an address of the window, whose code nobody else may see. */
  openWindow(url: string): Promise<void>;
  /** Runs on Ctrl-C and on a polite request to end; returns the function that takes it back. */
  onInterrupt(run: (why: Interrupt) => void): () => void;
  /** Of the person’s shell. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs a program of the person’s with this terminal, until it ends. */
  runProgram(run: ProgramRun): Promise<ProgramEnd>;
  /** Without it a command ends with 0; a program that was run has codes of its own. */
  endWith(code: number): void;
}

export interface JsonOption {
  readonly json?: boolean;
}

/** Adds a command that also speaks JSON. */
export function addCommand(parent: Command, usage: string, description: string, isDefault = false): Command {
  return parent.command(usage, { isDefault }).description(description).option('--json', 'print JSON for programs');
}

/** Prints the value as JSON, or the lines for people. */
export function show(context: Context, options: JsonOption, value: unknown, lines: () => readonly string[]): void {
  if (options.json) context.terminal.printJson(value);
  else for (const line of lines()) context.terminal.print(line);
}

/** For commands that only look: they do not start a core. */
export async function requireRunning(context: Context): Promise<Session> {
  const session = await context.runningCore();
  if (session) return session;
  throw new CommandFailure(
    failure('not-found', 'Mooring is not running.', { hint: 'Start it with: mooring up, or mooring serve' }),
  );
}
