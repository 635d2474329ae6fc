/** Questions of a command itself: asked at the terminal, or the end of it where nobody sits there. */
import { failure } from '../../shared/failure.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { answerCommand } from '../terminal/prompt-words.ts';
import type { Context } from './context.ts';

/** Ends a command that would ask where nobody can answer. */
export function mustBeAsked({ terminal }: Context): void {
  if (terminal.interactive) return;
  throw wrongUse('Nobody sits at this terminal to be asked.', 'Look at what it would do, then add --yes');
}

/** Asks for yes or no; anything but yes is no. Ends the command when nobody can be asked. */
export async function confirmed(context: Context, question: string): Promise<boolean> {
  mustBeAsked(context);
  const typed = await context.terminal.ask(`${question} [y/N] `, { echo: true });
  return /^y(es)?$/i.test(typed?.trim() ?? '');
}

export const cancelled = (message: string): CommandFailure => new CommandFailure({ code: 'cancelled', message });

/** Ends a command that nobody sits before, with the way to answer. */
export function needsYou(message: string, prompt: Parameters<typeof answerCommand>[0]): CommandFailure {
  return new CommandFailure(
    failure('needs-you', message, { hint: `Answer with: ${answerCommand(prompt)}` }),
    exitCodes.needsYou,
  );
}
