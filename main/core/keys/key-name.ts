/** How a key file in ~/.ssh may be called. */
import type { Problem } from '../servers/rules.ts';

/** What ssh keeps in that folder under a name of its own. */
const taken = /^(config|environment|rc|authorized_keys2?|known_hosts2?(\.old)?|agent)$/i;

/** A plain file name of 1–64 letters, digits and `. _ @ -`, which works on all three systems. */
export const keyNameProblem: Problem = (name) => {
  if (name === '') return 'Name is missing';
  if (!/^[A-Za-z0-9][\w.@-]{0,63}$/.test(name) || name.endsWith('.')) {
    return 'Name may have letters, digits and . _ @ - only, at most 64, and begins with a letter or digit';
  }
  if (taken.test(name) || /\.pub$/i.test(name)) return 'Name is one that ssh uses for something else';
  return null;
};
