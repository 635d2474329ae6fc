/**
 * Which of a server's stacks is meant. One rule for everything that uses a stack (`env`, `exec`, `verify`, `password`,
 * the window), so that all mean the same one, whatever was set up last.
 */
import type { InstalledStack } from './stack.ts';

export type Candidate = Pick<InstalledStack, 'environment' | 'complete'>;

export type WhichStack =
  | { readonly kind: 'this'; readonly environment: string }
  | { readonly kind: 'none' }
  /** There is none that was set up to its end. `environments`: those that were begun. */
  | { readonly kind: 'unfinished'; readonly environments: readonly string[] }
  /** The one that was named is not there. `environments`: those that are. */
  | { readonly kind: 'unknown'; readonly environments: readonly string[] }
  /** Somebody has to say which of these. */
  | { readonly kind: 'several'; readonly environments: readonly string[] };

const namesOf = (stacks: readonly Candidate[]): readonly string[] => [
  ...new Set(stacks.map(({ environment }) => environment)),
];

/**
 * For what uses a stack: the one that is named; else, of those that were set up to their end, the only one, or `main`.
 * `typed` undefined: nobody named one.
 */
export function whichStack(stacks: readonly Candidate[], typed: string | undefined): WhichStack {
  if (typed !== undefined || stacks.length === 0) return namedStack(stacks, typed);
  const finished = namesOf(stacks.filter(({ complete }) => complete));
  if (finished.length === 0) return { kind: 'unfinished', environments: namesOf(stacks) };
  return onlyOf(finished.includes('main') ? ['main'] : finished);
}

/** For what takes a stack away: the one that is named, else the only one. `main` has to be named where there are others. */
export function whichStackToRemove(stacks: readonly Candidate[], typed: string | undefined): WhichStack {
  if (typed !== undefined || stacks.length === 0) return namedStack(stacks, typed);
  return onlyOf(namesOf(stacks));
}

function namedStack(stacks: readonly Candidate[], typed: string | undefined): WhichStack {
  if (stacks.length === 0 || typed === undefined) return { kind: 'none' };
  const environments = namesOf(stacks);
  return environments.includes(typed) ? { kind: 'this', environment: typed } : { kind: 'unknown', environments };
}

function onlyOf(environments: readonly string[]): WhichStack {
  const [first] = environments;
  return first !== undefined && environments.length === 1
    ? { kind: 'this', environment: first }
    : { kind: 'several', environments };
}
