/** Which of a server's stacks a command means, and what to say where that is none. */
import { failure } from '../../shared/failure.ts';
import { whichStack, type Candidate, type WhichStack } from '../../shared/setup/which-stack.ts';
import { quoted } from '../../shared/shell-words.ts';
import { CommandFailure, wrongUse } from '../exit-codes.ts';
import { suggest } from '../terminal/near-names.ts';

/** The option of every command that uses a stack. */
export const environmentHelp = [
  '--environment <name>',
  'which stack of the server, where there are several (default: main)',
] as const;

/** How a first stack is set up: nobody may be there to be asked for one. */
export const setupExample = (serverName: string): string =>
  `mooring setup ${quoted(serverName)} --stack mlflow-quick-start`;

/** The stack that is meant among those there are, as `whichStack` has it. Ends the command where that is none. */
export function pickStack(serverName: string, stacks: readonly Candidate[], typed: string | undefined): string {
  const which = whichStack(stacks, typed);
  if (which.kind === 'this') return which.environment;
  throw noStack(serverName, which, typed);
}

/** Why none is meant, and how to say which. */
export function noStack(
  serverName: string,
  which: Exclude<WhichStack, { kind: 'this' }>,
  typed: string | undefined,
): CommandFailure {
  switch (which.kind) {
    case 'none':
      return wrongUse(
        `Mooring knows of no stack on ${serverName}.`,
        `See what is there: mooring setup history ${quoted(serverName)}`,
        'not-found',
      );
    case 'unfinished':
      return new CommandFailure(
        failure('conflict', `${unfinishedWords(which.environments)} on ${serverName} was not set up to its end.`, {
          hint: `Go on with it: mooring setup ${quoted(serverName)} --resume`,
        }),
      );
    case 'unknown':
      return wrongUse(
        `${serverName} has no stack ${typed ?? ''}.`,
        suggest(typed ?? '', which.environments, ''),
        'not-found',
      );
    case 'several':
      return wrongUse(
        `Say which stack of ${serverName}: --environment NAME`,
        `There is: ${which.environments.join(', ')}`,
      );
    default:
      return which satisfies never;
  }
}

const unfinishedWords = (environments: readonly string[]): string =>
  environments.length === 1 ? (environments[0] ?? '') : `None of ${environments.join(', ')}`;
