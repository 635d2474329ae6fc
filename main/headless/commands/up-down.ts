/** `up` and `down`: what is wanted, and for `up` the wait until it is so. */
import type { Command } from 'commander';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { exitCodes, wrongUse, type ExitCode } from '../exit-codes.ts';
import { findTarget, type Target } from './find.ts';
import { patienceMs, timeoutOption, type PatienceOption } from './patience.ts';
import { hintHere } from '../terminal/failure-words.ts';
import { answerCommand, promptLine, promptSource } from '../terminal/prompt-words.ts';
import type { Session } from '../control/session.ts';
import { forwardLines, serverLines } from '../terminal/state-lines.ts';
import { failuresOf, serversOf, waitForServers, type WaitResult } from './wait-for-servers.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { quoted } from '../../shared/shell-words.ts';

interface UpOptions extends JsonOption, PatienceOption {
  readonly all?: boolean;
  /** False with --no-wait. */
  readonly wait: boolean;
}

export function addUpDownCommands(program: Command, context: Context): void {
  addCommand(program, 'up [targets...]', 'connect servers, or switch on single forwards (SERVER/FORWARD)')
    .option('--all', 'all servers')
    .option('--no-wait', 'return at once instead of when it is up')
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      `
Waits until the servers are up, failed, or need an answer from you.
Exit code: 0 all up, 1 something failed or took too long, 3 needs you.

Examples:
  mooring up lab-vm
  mooring up lab-vm/MLflow
  mooring up --all --no-wait`,
    )
    .action(async (typed: string[], options: UpOptions) => {
      const session = await context.core();
      const snapshot = await session.snapshot();
      const targets = chooseTargets(snapshot, typed, options.all === true);
      if (options.all) await session.call('wanted.set-all', { on: true });
      else await setWanted(session, targets, true);
      const serverIds = [...new Set(targets.map(({ server }) => server.profile.id))];
      // Switching on what is on already changes nothing; one that gave up, or pauses, wants a push.
      for (const { profile, connection } of targets.map(({ server }) => server)) {
        if (profile.wanted && (connection.kind === 'failed' || connection.kind === 'waiting')) {
          await session.call('connection.retry', { serverId: profile.id });
        }
      }
      if (options.wait)
        context.endWith(await waitAndTell(context, session, serverIds, patienceMs(context, options), options));
      else await tell(context, session, serverIds, options);
    });

  addCommand(program, 'down [targets...]', 'disconnect servers, or switch off single forwards (SERVER/FORWARD)')
    .option('--all', 'all servers')
    .addHelpText('after', '\nExamples:\n  mooring down lab-vm\n  mooring down lab-vm/MLflow\n  mooring down --all')
    .action(async (typed: string[], options: JsonOption & { all?: boolean }) => {
      const session = await context.core();
      const targets = chooseTargets(await session.snapshot(), typed, options.all === true);
      if (options.all) await session.call('wanted.set-all', { on: false });
      else await setWanted(session, targets, false);
      await tell(context, session, [...new Set(targets.map(({ server }) => server.profile.id))], options);
    });
}

/** Waits, prints the state, what failed and what is asked; the exit code says which. */
export async function waitAndTell(
  context: Context,
  session: Session,
  serverIds: readonly string[],
  timeoutMs: number,
  options: JsonOption,
): Promise<ExitCode> {
  return tellWaitResult(context, serverIds, await waitForServers(context, session, serverIds, timeoutMs), options);
}

/** See `waitAndTell`. */
export function tellWaitResult(
  context: Context,
  serverIds: readonly string[],
  result: WaitResult,
  options: JsonOption,
): ExitCode {
  const { terminal } = context;
  if (result.kind === 'gone') {
    terminal.say('Mooring ended meanwhile.');
    return exitCodes.failed;
  }
  const { snapshot } = result;
  if (snapshot) {
    print(context, snapshot, serverIds, options);
    if (result.kind === 'needs-you') {
      for (const prompt of result.prompts) {
        terminal.say(`${promptSource(snapshot, prompt)} needs you. ${promptLine(prompt)}`);
        terminal.say(`Answer with: ${answerCommand(prompt)}`);
      }
      return exitCodes.needsYou;
    }
  }
  const servers = snapshot ? serversOf(snapshot, serverIds) : [];
  const failures = failuresOf(servers);
  for (const { who, failure } of failures) {
    terminal.say(`${who}: ${failure.message}`);
    const hint = hintHere(failure);
    if (hint !== undefined) terminal.say(`  ${hint}`);
  }
  if (result.kind !== 'settled') {
    const names = servers.map(({ profile }) => quoted(profile.name)).join(' ');
    terminal.say(`${result.kind === 'timed-out' ? 'Not up yet' : 'Stopped waiting'}; Mooring goes on trying.`);
    terminal.say(`Stop it with: mooring down ${names}`);
    return exitCodes.failed;
  }
  const allUp = servers.length > 0 && servers.every(({ connection }) => connection.kind === 'up');
  return allUp && failures.length === 0 ? exitCodes.done : exitCodes.failed;
}

async function tell(context: Context, session: Session, serverIds: readonly string[], options: JsonOption) {
  print(context, await session.snapshot(), serverIds, options);
}

function print(context: Context, snapshot: Snapshot, serverIds: readonly string[], options: JsonOption): void {
  const servers = serversOf(snapshot, serverIds);
  const withPrompts = servers.map((each) => ({
    ...each,
    prompts: snapshot.prompts.filter(({ serverId }) => serverId === each.profile.id),
  }));
  show(context, options, withPrompts, () =>
    servers.flatMap((server) => [
      ...serverLines(context.terminal, [server], Date.now()),
      ...forwardLines(context.terminal, server, '   ', Date.now()),
    ]),
  );
}

function chooseTargets(snapshot: Snapshot, typed: readonly string[], all: boolean): readonly Target[] {
  if (all && typed.length > 0) throw wrongUse('--all does not go with names.');
  const everything = snapshot.servers.map((server) => ({ server, forward: null }));
  if (all) return everything;
  if (typed.length > 0) return typed.map((each) => findTarget(snapshot, each));
  if (everything.length === 1) return everything;
  if (everything.length === 0)
    throw wrongUse('There are no servers yet.', 'Add one: mooring server add NAME user@host');
  const names = everything.map(({ server }) => server.profile.name).join(', ');
  throw wrongUse('Say which server, or --all.', `There is: ${names}`);
}

async function setWanted(session: Session, targets: readonly Target[], on: boolean): Promise<void> {
  for (const { server, forward } of targets) {
    const serverId = server.profile.id;
    await session.call('wanted.set', forward ? { serverId, forwardId: forward.id, on } : { serverId, on });
  }
}
