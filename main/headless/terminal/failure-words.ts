/** A failure as it is told in a terminal: with what to type there, where the hint is about the window. */
import { failureText, type Failure } from '../../shared/failure.ts';

export const hintHere = ({ commandHint, hint }: Failure): string | undefined => commandHint ?? hint;

/** As {@link failureText}. */
export function failureHere({ message, ...more }: Failure): string {
  const hint = hintHere({ message, ...more });
  return failureText({ ...more, message, ...(hint === undefined ? {} : { hint }) });
}
