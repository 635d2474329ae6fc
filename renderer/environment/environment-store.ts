/** What this window shows of environments: in which format, and for which stack of a server. */
import { create } from 'zustand';
import type { ShownFormat } from '../../main/shared/environment/environment-words.ts';
import { hasClients, type InstalledStack } from '../../main/shared/setup/stack.ts';
import { whichStack } from '../../main/shared/setup/which-stack.ts';
import { goTo } from '../shell/ui-store.ts';

interface Choice {
  readonly format: ShownFormat;
  /** Server → environment; none: the usual one. */
  readonly environments: Readonly<Record<string, string>>;
}

const usual: ShownFormat = navigator.userAgent.includes('Windows') ? 'powershell' : 'bash';

export const useChoice = create<Choice>()(() => ({ format: usual, environments: {} }));

export const chooseFormat = (format: ShownFormat): void => {
  useChoice.setState({ format });
};
export const chooseEnvironment = (serverId: string, environment: string): void => {
  useChoice.setState(({ environments }) => ({ environments: { ...environments, [serverId]: environment } }));
};

/** The one that was chosen here, else the one that commands mean; where they would ask, the first. Undefined: none. */
export function shownEnvironment(all: readonly InstalledStack[], chosen: string | undefined): string | undefined {
  const stacks = all.filter(hasClients);
  if (stacks.some((each) => each.environment === chosen)) return chosen;
  const which = whichStack(stacks, undefined);
  if (which.kind === 'this') return which.environment;
  return which.kind === 'several' ? which.environments[0] : undefined;
}

export function goToEnvironment(serverId: string, environment: string): void {
  chooseEnvironment(serverId, environment);
  goTo(serverId, 'environment');
}
