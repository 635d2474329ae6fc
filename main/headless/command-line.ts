/** The command line: builds the commands, runs one, and turns how it ended into an exit code. */
import { Command, CommanderError } from 'commander';
import { failed, failure, type Failure } from '../shared/failure.ts';
import type { ComposeCore } from './compose-core.ts';
import type { Context, Interrupt } from './commands/context.ts';
import { knock } from './control/control-client.ts';
import { findCore, startInBackground, type BackgroundCommand } from './control/core-access.ts';
import { CommandFailure, exitCodes } from './exit-codes.ts';
import { writeOpeningPage } from './http/opening-pages.ts';
import type { Paths } from './paths.ts';
import type { ProgramEnd, ProgramRun } from './run-program.ts';
import { hintHere } from './terminal/failure-words.ts';
import { createTerminal, type Terminal, type TerminalStreams } from './terminal/terminal.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addForwardCommands } from './commands/forward.ts';
import { addEnvironmentCommands } from './commands/environment.ts';
import { addHostsCommands } from './commands/hosts.ts';
import { addDemoCommands, addKnownHostsCommands, addQuitCommand, addRetryCommand } from './commands/host.ts';
import { addPromptCommands } from './commands/prompts.ts';
import { addFactsCommand } from './commands/facts.ts';
import { addDiscoverCommand } from './commands/discover.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addReportCommand } from './commands/report.ts';
import { addServeCommand } from './commands/serve.ts';
import { addServerCommands } from './commands/server.ts';
import { addSettingsCommands } from './commands/settings.ts';
import { addSetupCommands } from './commands/setup.ts';
import { addLookCommands } from './commands/status.ts';
import { addUninstallCommand } from './commands/uninstall.ts';
import { addUpDownCommands } from './commands/up-down.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { addWindowCommands } from './commands/window.ts';

export interface Surroundings {
  readonly streams: TerminalStreams;
  readonly env: NodeJS.ProcessEnv;
  readonly paths: Paths;
  readonly version: string;
  readonly compose: ComposeCore;
  /** Starts this program in the background. */
  readonly background: BackgroundCommand;
  /** False when no browser came up. The target can be read by every user of the machine. */
  openInBrowser(target: string): Promise<boolean>;
  onInterrupt(run: (why: Interrupt) => void): () => void;
  runProgram(run: ProgramRun): Promise<ProgramEnd>;
}

/** `words`: what stands behind the program's name. Never throws for what a person typed or a core replied. */
export async function runCommandLine(words: readonly string[], around: Surroundings): Promise<number> {
  const terminal = createTerminal(around.streams, around.env);
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  // `exec` speaks no JSON itself: there it was meant for the program.
  const json = own.includes('--json') && own[0] !== 'exec';
  let exitCode: number = exitCodes.done;
  const { paths } = around;
  const sayNoBrowser = () => {
    terminal.say('No browser could be opened here. Paste the address into one.');
  };
  const openInBrowser = async (target: string) => {
    if (!(await around.openInBrowser(target))) sayNoBrowser();
  };
  const context: Context = {
    terminal,
    paths,
    version: around.version,
    compose: around.compose,
    core: async () =>
      (await findCore(paths)) ?? startInBackground({ paths, command: around.background, env: around.env }),
    runningCore: () => findCore(paths),
    isCoreGone: async () => (await knock(paths.controlPath)).kind === 'nobody',
    openInBrowser,
    async openWindow(url) {
      const page = await writeOpeningPage(paths.runDir, url);
      if (page.ok) await openInBrowser(page.value);
      else sayNoBrowser();
    },
    onInterrupt: around.onInterrupt,
    env: around.env,
    runProgram: around.runProgram,
    endWith(code) {
      exitCode = code;
    },
  };
  try {
    const program = await buildProgram(context, around, json, words[0] === 'complete');
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(terminal, json, error);
  }
}

async function buildProgram(context: Context, around: Surroundings, json: boolean, completing: boolean) {
  const { stdout, stderr } = around.streams;
  const program = new Command('mooring')
    .description('Keeps SSH tunnels to your ML servers up.')
    .version(around.version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'what a command does')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // Programs get the failure as JSON, once.
      writeErr: (text) => json || stderr.write(text),
    })
    .addHelpText(
      'after',
      `
Servers are named by name or id, forwards as SERVER/LABEL or SERVER/PORT; letter case does not matter.
Exit codes: 0 done, 1 failed, 2 wrong use, 3 needs you.

Examples:
  mooring server add lab-vm ubuntu@192.0.2.10 --forward mlflow --up
  mooring setup lab-vm --stack mlflow-quick-start
  mooring status
  mooring window --open`,
    );
  addUpDownCommands(program, context);
  addLookCommands(program, context);
  addPromptCommands(program, context);
  addRetryCommand(program, context);
  addWindowCommands(program, context);
  addServerCommands(program, context);
  addForwardCommands(program, context);
  addKnownHostsCommands(program, context);
  addSettingsCommands(program, context);
  addDemoCommands(program, context);
  addKeysCommands(program, context);
  addFactsCommand(program, context);
  addDiscoverCommand(program, context);
  addSetupCommands(program, context);
  addVerifyCommand(program, context);
  addUninstallCommand(program, context);
  addEnvironmentCommands(program, context);
  addDoctorCommand(program, context);
  addHostsCommands(program, context);
  addReportCommand(program, context);
  addServeCommand(program, context);
  addQuitCommand(program, context);
  const session = completing ? await context.runningCore().catch(() => null) : null;
  addCompletionCommand(program, session ? await session.snapshot().catch(() => null) : null);
  return program;
}

function report(terminal: Terminal, json: boolean, error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.done;
    // Commander has told people already.
    if (json) terminal.printJson(failed(failure('invalid-argument', error.message.replace(/^error: /, ''))));
    return exitCodes.wrongUse;
  }
  if (error instanceof CommandFailure) {
    if (json) terminal.printJson(failed(error.failure));
    else tellFailure(terminal, error.failure);
    return error.exitCode;
  }
  throw error;
}

function tellFailure(terminal: Terminal, failure: Failure): void {
  const { message, fields, detail, code } = failure;
  const hint = hintHere(failure);
  terminal.say(message);
  // The message is that of the first one.
  for (const field of (fields ?? []).slice(1)) terminal.say(`  ${field.message}`);
  if (hint !== undefined) terminal.say(`  ${hint}`);
  if (detail !== undefined && detail !== '' && code !== 'bug') terminal.say(terminal.colour('dim', `  (${detail})`));
}
