/** `verify`: checks a tracking server through its tunnel, as a client would. */
import { Option, type Command } from 'commander';
import { failureHere, hintHere } from '../terminal/failure-words.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { artifactSizes, describeVerify, verifyOutcome } from '../../shared/setup/setup-words.ts';
import type { VerifyView } from '../../shared/setup/verify.ts';
import { lightShape } from '../../shared/words.ts';
import type { Session } from '../control/session.ts';
import { exitCodes, wrongUse, type ExitCode } from '../exit-codes.ts';
import { promptLine } from '../terminal/prompt-words.ts';
import { verifyLine } from '../terminal/run-lines.ts';
import { needsYou } from './asking.ts';
import { connectedServer } from './connected.ts';
import { addCommand, type Context, type JsonOption } from './context.ts';
import { findServer } from './find.ts';
import { environmentHelp, pickStack } from './meant-stack.ts';
import { timeoutOption, type PatienceOption } from './patience.ts';
import { watchServer } from './watch-server.ts';

/** Of the artifact, unless somebody says otherwise. */
export const checkBytes: number = artifactSizes[0].bytes;
const largest = 5_000_000_000;

/** Bytes. Either name is taken wherever something is checked; help shows the longer one. */
export interface SizeOptions {
  readonly checkSize?: number;
  readonly size?: number;
}

interface VerifyOptions extends JsonOption, PatienceOption, SizeOptions {
  readonly environment?: string;
}

export const checkSizeOption = (): Option =>
  new Option('--check-size <size>', 'artifact of the check, such as 600MB (default: 1MB)').argParser(parseSize);
export const sizeOption = (): Option => new Option('--size <size>').argParser(parseSize).hideHelp();
export const bytesOf = ({ checkSize, size }: SizeOptions): number => checkSize ?? size ?? checkBytes;

export function addVerifyCommand(program: Command, context: Context): void {
  addCommand(program, 'verify <server>', 'check MLflow on a server as a client uses it: runs, artifacts, models')
    .option(...environmentHelp)
    .addOption(checkSizeOption())
    .addOption(sizeOption())
    .addOption(timeoutOption())
    .addHelpText('after', '\nCleans up after itself. Exit code 0 only when everything went well.')
    .action(async (typed: string, options: VerifyOptions) => {
      const session = await context.core();
      const { profile } = findServer(await session.snapshot(), typed);
      const known = profile.stacks.filter(({ draft }) => draft.stack.startsWith('mlflow'));
      const environment = pickStack(profile.name, known, options.environment);
      const bytes = bytesOf(options);
      await connectedServer(context, session, profile.id, options);
      context.endWith(await runCheck(context, session, profile, { environment, bytes }, options));
    });
}

/** `1MB`, `600 MB`, `64kB`, `1GB` (decimal), or bytes. */
export function parseSize(text: string): number {
  const match = /^(\d{1,10}(?:\.\d{1,3})?) ?([kmg]?)b?$/i.exec(text.trim());
  const factor = { '': 1, k: 1e3, m: 1e6, g: 1e9 }[match?.[2]?.toLowerCase() ?? ''] ?? 1;
  const bytes = Math.round(Number(match?.[1]) * factor);
  if (match && bytes >= 1 && bytes <= largest) return bytes;
  throw wrongUse(`${text} is not a size.`, 'Write it as 1MB or 600MB; 5GB is the most.');
}

/** Runs it and tells how it went. */
export async function runCheck(
  context: Context,
  session: Session,
  profile: Pick<ServerProfile, 'id' | 'name'>,
  { environment, bytes }: { readonly environment: string; readonly bytes: number },
  options: JsonOption,
): Promise<ExitCode> {
  const { terminal } = context;
  const serverId = profile.id;
  const printed = new Set<string>();
  await session.call('verify.start', { serverId, environment, artifactBytes: bytes });
  const watched = await watchServer(context, session, serverId, {
    look({ verify }) {
      if (!options.json && verify) showSteps(context, verify, printed);
      return Promise.resolve(verify?.endedMs === null ? null : { verify });
    },
    async stop() {
      const reply = await session.client.call('verify.cancel', { serverId });
      terminal.say(reply.ok ? 'Stopping; what was made is cleaned up.' : failureHere(reply.error));
    },
  });
  if (watched.kind === 'needs-you') {
    throw needsYou(`${profile.name} needs you. ${promptLine(watched.prompt)}`, watched.prompt);
  }
  const verify = watched.kind === 'ended' ? watched.value.verify : null;
  if (!verify) {
    terminal.say(watched.kind === 'gone' ? 'Mooring ended meanwhile.' : 'The check is no longer looked at.');
    return exitCodes.failed;
  }
  if (options.json) terminal.printJson(verify);
  else tell(context, verify);
  return verifyOutcome(verify) === 'well' ? exitCodes.done : exitCodes.failed;
}

function showSteps({ terminal }: Context, { steps }: VerifyView, printed: Set<string>): void {
  for (const step of steps) {
    if (printed.has(step.id) || step.state === 'waiting' || step.state === 'running') continue;
    printed.add(step.id);
    terminal.print(verifyLine(terminal, step, steps));
  }
  const running = steps.find((each) => each.state === 'running');
  if (running) terminal.progress(`${lightShape.working} ${running.title}`);
}

function tell({ terminal }: Context, verify: VerifyView): void {
  for (const remark of verify.remarks)
    terminal.print(`${terminal.colour('yellow', lightShape['needs-you'])} ${remark}`);
  const words = describeVerify(verify, Date.now());
  if (verify.failure === null) {
    terminal.print(`Check: ${words}`);
    return;
  }
  terminal.say(verify.failure.message);
  const hint = hintHere(verify.failure);
  if (hint !== undefined) terminal.say(`  ${hint}`);
}
