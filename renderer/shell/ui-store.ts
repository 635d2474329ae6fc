/** What belongs to this window alone: where it is, which dialog is open, which questions were put off. */
import { create } from 'zustand';
import type { WindowView } from '../../main/shared/desktop.ts';

export const tabs = ['tunnels', 'logs'] as const;
export type Tab = (typeof tabs)[number];

export type Dialog =
  | { readonly kind: 'add-server' }
  | { readonly kind: 'edit-server'; readonly serverId: string }
  | { readonly kind: 'remove-server'; readonly serverId: string }
  | { readonly kind: 'add-tunnel'; readonly serverId: string; readonly presetName: string | null }
  | { readonly kind: 'edit-tunnel'; readonly serverId: string; readonly forwardId: string }
  | { readonly kind: 'remove-tunnel'; readonly serverId: string; readonly forwardId: string }
  | { readonly kind: 'settings' }
  | { readonly kind: 'report' };

/** What is typed there is not thrown away for something asked for from outside. */
const isForm = (dialog: Dialog | null): boolean => dialog !== null && /^(add|edit)-/.test(dialog.kind);

interface UiState {
  /** null: the first server there is. */
  readonly serverId: string | null;
  readonly tab: Tab;
  readonly dialog: Dialog | null;
  /** Opened when the one that is open is done. */
  readonly nextDialog: Dialog | null;
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

export const useUi = create<UiState>()(() => ({
  ...readHash(),
  dialog: null,
  nextDialog: null,
  postponed: [],
  sidebarOpen: false,
}));

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
  useUi.setState(({ nextDialog }) => ({ dialog: nextDialog, nextDialog: null }));
};

export const postponePrompt = (promptId: string): void => {
  useUi.setState(({ postponed }) => ({ postponed: [...postponed, promptId] }));
};
export const resumePrompt = (promptId: string): void => {
  resumePrompts([promptId]);
};
/** Shows again what was put off. */
export const resumePrompts = (promptIds: readonly string[]): void => {
  useUi.setState(({ postponed }) => ({ postponed: postponed.filter((each) => !promptIds.includes(each)) }));
};
export const toggleSidebar = (sidebarOpen: boolean): void => {
  useUi.setState({ sidebarOpen });
};

/** Goes to a place that was asked for from outside: tray, notification, another start of the app. */
export function showView(view: WindowView): void {
  const dialog: Dialog | null = view.kind === 'settings' || view.kind === 'report' ? view : null;
  useUi.setState((now) => (isForm(now.dialog) ? { nextDialog: dialog } : { dialog, nextDialog: null }));
  switch (view.kind) {
    case 'settings':
    case 'report':
      toggleSidebar(false);
      return;
    case 'home':
      useUi.setState({ serverId: null, tab: 'tunnels', sidebarOpen: false });
      window.history.replaceState(null, '', '#');
      return;
    case 'server':
      goTo(view.serverId, 'tunnels');
      return;
    default:
      view satisfies never;
  }
}
