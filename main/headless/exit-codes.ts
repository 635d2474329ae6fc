/** How a command ends, for scripts. */
import { failure, type Failure, type FailureCode } from '../shared/failure.ts';

export const exitCodes = { done: 0, failed: 1, wrongUse: 2, needsYou: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What the core refused because it can't be meant is wrong use, as if it had been noticed here. */
export function exitCodeFor({ code }: Failure): ExitCode {
  return code === 'invalid-argument' ? exitCodes.wrongUse : exitCodes.failed;
}

/** Ends a command with a failure that its caller can't do anything about. Never leaves the command line. */
export class CommandFailure extends Error {
  readonly failure: Failure;
  readonly exitCode: number;

  constructor(failure: Failure, exitCode: number = exitCodes.failed) {
    super(failure.message);
    this.failure = failure;
    this.exitCode = exitCode;
  }
}

/** What was typed can't be meant. */
export function wrongUse(message: string, hint?: string, code: FailureCode = 'invalid-argument'): CommandFailure {
  return new CommandFailure(failure(code, message, hint === undefined ? {} : { hint }), exitCodes.wrongUse);
}
