/** What belongs to this window alone: where it is, which dialog is open, which questions were put off. */
import { create } from 'zustand';

export const tabs = ['tunnels', 'logs'] as const;
export type Tab = (typeof tabs)[number];

export type Dialog =
  | { readonly kind: 'add-server' }
  | { readonly kind: 'edit-server'; readonly serverId: string }
  | { readonly kind: 'remove-server'; readonly serverId: string }
  | { readonly kind: 'add-tunnel'; readonly serverId: string; readonly presetName: string | null }
  | { readonly kind: 'edit-tunnel'; readonly serverId: string; readonly forwardId: string }
  | { readonly kind: 'remove-tunnel'; readonly serverId: string; readonly forwardId: string }
  | { readonly kind: 'settings' };

interface UiState {
  /** null: the first server there is. */
  readonly serverId: string | null;
  readonly tab: Tab;
  readonly dialog: Dialog | null;
  /** Prompts answered “Later”. */
  readonly postponed: readonly string[];
  /** Narrow windows only: the sidebar lies over the page. */
  readonly sidebarOpen: boolean;
}

/** `#/servers/<id>/logs`: a reload, or a link, comes back to the same place. */
function readHash(): Pick<UiState, 'serverId' | 'tab'> {
  const [, place, serverId, tab] = window.location.hash.split('/');
  if (place !== 'servers' || !serverId) return { serverId: null, tab: 'tunnels' };
  return { serverId: decodeURIComponent(serverId), tab: tabs.find((each) => each === tab) ?? 'tunnels' };
}

export const useUi = create<UiState>()(() => ({ ...readHash(), dialog: null, postponed: [], sidebarOpen: false }));

window.addEventListener('hashchange', () => {
  useUi.setState(readHash());
});

export function goTo(serverId: string, tab: Tab = useUi.getState().tab): void {
  useUi.setState({ serverId, tab, sidebarOpen: false });
  window.history.replaceState(null, '', `#/servers/${encodeURIComponent(serverId)}/${tab}`);
}

export const openDialog = (dialog: Dialog): void => {
  useUi.setState({ dialog, sidebarOpen: false });
};
export const closeDialog = (): void => {
  useUi.setState({ dialog: null });
};

export const postponePrompt = (promptId: string): void => {
  useUi.setState(({ postponed }) => ({ postponed: [...postponed, promptId] }));
};
export const resumePrompt = (promptId: string): void => {
  useUi.setState(({ postponed }) => ({ postponed: postponed.filter((each) => each !== promptId) }));
};
export const toggleSidebar = (sidebarOpen: boolean): void => {
  useUi.setState({ sidebarOpen });
};
