/** `prompts` and `answer`: the questions of servers. */
import type { Command } from 'commander';
import { failure } from '../../shared/failure.ts';
import { answerKindFor, type Prompt, type PromptAnswer } from '../../shared/prompt.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { askPrompt } from '../terminal/ask-prompt.ts';
import { addCommand, requireRunning, show, type Context, type JsonOption } from './context.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { findPrompt } from './find.ts';
import { answerCommand } from '../terminal/prompt-words.ts';
import { promptLines } from '../terminal/state-lines.ts';

interface AnswerOptions extends JsonOption {
  readonly stdin?: boolean;
  readonly remember?: boolean;
  readonly accept?: string;
  readonly knownHosts?: boolean;
  readonly yes?: boolean;
  readonly cancel?: boolean;
}

export function addPromptCommands(program: Command, context: Context): void {
  addCommand(program, 'prompts', 'questions that wait for you')
    .addHelpText('after', '\nDoes not start Mooring: exit code 1 when it is not running.')
    .action(async (options: JsonOption) => {
      const snapshot = await (await requireRunning(context)).snapshot();
      show(context, options, snapshot.prompts, () =>
        snapshot.prompts.length === 0
          ? ['Nothing to answer']
          : promptLines(context.terminal, snapshot, snapshot.prompts),
      );
    });

  addCommand(program, 'answer <id>', 'answer a question, named by its id or by its server')
    .option('--accept <fingerprint>', 'trust the host key that has this fingerprint')
    .option('--known-hosts', 'with --accept: also write it to ~/.ssh/known_hosts')
    .option('--stdin', 'read the password, passphrase or codes from standard input, one a line')
    .option('--remember', 'keep the secret in the keychain')
    .option('--yes', 'confirm')
    .option('--cancel', 'leave it unanswered; the connection stops')
    .addHelpText(
      'after',
      `
On a terminal the question is asked there. Secrets are never taken as arguments.

Examples:
  mooring answer lab-vm --accept SHA256:2n0Q…
  secret-tool lookup host lab-vm | mooring answer lab-vm --stdin --remember`,
    )
    .action(async (typed: string, options: AnswerOptions) => {
      const session = await requireRunning(context);
      const snapshot = await session.snapshot();
      const prompt = findPrompt(snapshot, typed);
      const answer = options.cancel ? null : await makeAnswer(context, snapshot, prompt, options);
      if (answer) await session.call('prompts.answer', { promptId: prompt.id, answer });
      else await session.call('prompts.cancel', { promptId: prompt.id });
      const answered = answer !== null;
      show(context, options, { promptId: prompt.id, answered }, () => [answered ? 'Answered' : 'Left unanswered']);
      if (!answered && !options.cancel) context.endWith(exitCodes.failed);
    });
}

/** Null: the person at the terminal said no. */
async function makeAnswer(
  context: Context,
  { keychain }: Snapshot,
  prompt: Prompt,
  options: AnswerOptions,
): Promise<PromptAnswer | null> {
  if (options.accept !== undefined) return acceptAnswer(prompt, options.accept, options.knownHosts === true);
  if (options.yes) {
    if (prompt.kind !== 'confirm') throw notOfThisKind(prompt, '--yes');
    return { kind: 'confirm' };
  }
  if (options.stdin) return stdinAnswer(context, prompt, options.remember === true);
  if (context.terminal.interactive) {
    return askPrompt(context.terminal, prompt, options.remember ? { remember: true, keychain } : { keychain });
  }
  throw new CommandFailure(
    failure('needs-you', 'Nobody sits at this terminal to be asked.', { hint: `Use: ${answerCommand(prompt)}` }),
    exitCodes.needsYou,
  );
}

function acceptAnswer(prompt: Prompt, fingerprint: string, alsoKnownHosts: boolean): PromptAnswer {
  if (prompt.kind !== 'host-key-unknown' && prompt.kind !== 'host-key-changed') throw notOfThisKind(prompt, '--accept');
  if (prompt.presented.fingerprint !== fingerprint) {
    throw new CommandFailure(
      failure('conflict', 'The server shows a different key than the one you accept.', {
        hint: `It shows ${prompt.presented.fingerprint}. If that is not what its owner told you, do not connect.`,
      }),
    );
  }
  return { kind: 'accept-host-key', fingerprint, alsoKnownHosts };
}

async function stdinAnswer(context: Context, prompt: Prompt, remember: boolean): Promise<PromptAnswer> {
  if (answerKindFor[prompt.kind] !== 'secret' && prompt.kind !== 'codes') {
    throw notOfThisKind(prompt, '--stdin');
  }
  const text = await context.terminal.readAll();
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  if (text === '') throw wrongUse('Standard input was empty.');
  if (prompt.kind !== 'codes') {
    if (lines.length > 1) throw wrongUse('Standard input has more than one line.');
    return { kind: 'secret', secret: lines[0] ?? '', remember: remember && prompt.kind !== 'sudo-password' };
  }
  if (lines.length !== prompt.questions.length) {
    throw wrongUse(`There are ${String(prompt.questions.length)} questions, but ${String(lines.length)} lines.`);
  }
  return { kind: 'codes', answers: lines };
}

function notOfThisKind(prompt: Prompt, option: string): CommandFailure {
  return wrongUse(`${option} does not answer this question.`, `Use: ${answerCommand(prompt)}`);
}
