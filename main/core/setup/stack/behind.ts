/** Which stack of Mooring's a port of a server belongs to. Pure. */
import { isOwnHost, type ForwardDraft } from '../../../shared/forward.ts';
import type { ServerProfile } from '../../../shared/server.ts';
import { adoptedPort } from '../../../shared/setup/offers.ts';
import type { InstalledStack, Stack } from '../../../shared/setup/stack.ts';
import { parseStack } from './parse-stack.ts';

export interface OwnStack {
  readonly installed: InstalledStack;
  readonly stack: Stack;
}

/** Not those that were adopted, which somebody else made, nor those that a version saved which knew other fields. */
export const ownStacks = ({ stacks }: Pick<ServerProfile, 'stacks'>): readonly OwnStack[] =>
  stacks.flatMap((installed) => {
    const parsed = adoptedPort(installed.environment) === null ? parseStack(installed.draft) : null;
    return parsed?.ok ? [{ installed, stack: parsed.value }] : [];
  });

/** The service of a stack at the target of a forward; null: somebody else's, or elsewhere. */
export function partBehind(
  stacks: readonly OwnStack[],
  { host, port }: ForwardDraft['target'],
): (OwnStack & { readonly part: 'mlflow' | 'storage' }) | null {
  if (!isOwnHost(host)) return null;
  for (const own of stacks) {
    if (own.stack.mlflow?.port === port) return { ...own, part: 'mlflow' };
    if (own.stack.storage?.port === port) return { ...own, part: 'storage' };
  }
  return null;
}
