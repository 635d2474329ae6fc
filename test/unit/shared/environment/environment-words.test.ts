/** The command that stands for a text means the same stack tomorrow, too. */
import { expect, it } from 'vitest';
import { commandFor } from '../../../../main/shared/environment/environment-words.ts';

it.each([
  [null, [], 'eval "$(mooring env lab)"'],
  ['main', ['main'], 'eval "$(mooring env lab)"'],
  ['main', ['main', 'dev'], 'eval "$(mooring env lab --environment main)"'],
  ['dev', ['main', 'dev'], 'eval "$(mooring env lab --environment dev)"'],
  // Once a main stands beside it, the bare command means that one.
  ['prod', ['prod'], 'eval "$(mooring env lab --environment prod)"'],
])('%s of %j', (environment, environments, expected) => {
  expect(commandFor('bash', 'lab', { environment, environments })).toBe(expected);
});
