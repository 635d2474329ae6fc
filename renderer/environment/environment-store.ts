/** What this window shows of environments: in which format, and for which stack of a server. */
import { create } from 'zustand';
import type { ShownFormat } from '../../main/shared/environment/environment-words.ts';
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

export function goToEnvironment(serverId: string, environment: string): void {
  chooseEnvironment(serverId, environment);
  goTo(serverId, 'environment');
}
