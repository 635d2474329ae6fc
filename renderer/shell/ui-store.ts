/** What belongs to this window alone: where it is, which dialog is open, which questions were put off. */
import { create } from 'zustand';
import type { WindowView } from '../../main/shared/desktop.ts';

export const tabs = ['tunnels', 'setup', 'hosts', 'environment', 'logs'] as const;
export type Tab = (typeof tabs)[number];

export type Dialog =
  | { readonly kind: 'add-server' }
  | { readonly kind: 'edit-server'; readonly serverId: string }
  | { readonly kind: 'remove-server'; readonly serverId: string }
  | { readonly kind: 'install-key'; readonly serverId: string }
  | { readonly kind: 'add-tunnel'; readonly serverId: string; readonly presetName: string | null }
  | { readonly kind: 'edit-tunnel'; readonly serverId: string; readonly forwardId: string }
  | { readonly kind: 'remove-tunnel'; readonly serverId: string; readonly forwardId: string }
  /** `onlyData`: the stack itself was taken off before. */
  | { readonly kind: 'uninstall'; readonly serverId: string; readonly environment: string; readonly onlyData?: true }
  | { readonly kind: 'change-password'; readonly serverId: string; readonly environment: string }
  | { readonly kind: 'store-keys'; readonly serverId: string; readonly environment: string }
  | { readonly kind: 'add-user'; readonly serverId: string; readonly environment: string }
  | { readonly kind: 'adopt'; readonly serverId: string; readonly what: Adoptable }
  | { readonly kind: 'settings' }
  | { readonly kind: 'report' };

/** What is on a server and not known here: a stack that Mooring made, or an MLflow that somebody else made. */
export type Adoptable =
  | { readonly kind: 'stack'; readonly environment: string; readonly title: string; readonly user: string | null }
  | { readonly kind: 'port'; readonly port: number; readonly user?: string };

/** What is typed there is not thrown away for something asked for from outside. */
const isForm = (dialog: Dialog | null): boolean =>
  dialog !== null && /^(add|edit|change|install)-|^(adopt|uninstall)$/.test(dialog.kind);

interface UiState {
  /** `new-vm`: a machine is being set up that has no page yet, or was begun so. */
  readonly place: 'server' | 'new-vm' | 'doctor';
  /** What the doctor is asked to look at; null: every server that is on. */
  readonly doctorOf: string | null;
  /** null: the first server there is. */
  readonly serverId: string | null;
  readonly tab: Tab;
  readonly dialog: Dialog | null;
  /** Opened when the one that is open is done. */
  readonly nextDialog: Dialog | null;
  /** The server whose questions are asked on the page itself, not in a dialog. */
  readonly askedInPage: string | null;
  /** Prompts answered “Later”. */
  readonly postponed: readonly string[];
  /** Narrow windows only: the sidebar lies over the page. */
  readonly sidebarOpen: boolean;
}

/** `#/servers/<id>/logs`, `#/new-vm`, `#/doctor`: a reload, or a link, comes back to the same place. */
function readHash(): Pick<UiState, 'place' | 'serverId' | 'tab'> {
  const [, place, serverId, tab] = window.location.hash.split('/');
  if (place === 'new-vm' || place === 'doctor') return { place, serverId: null, tab: 'tunnels' };
  if (place !== 'servers' || !serverId) return { place: 'server', serverId: null, tab: 'tunnels' };
  const known = tabs.find((each) => each === tab) ?? 'tunnels';
  return { place: 'server', serverId: decodeURIComponent(serverId), tab: known };
}

export const useUi = create<UiState>()(() => ({
  ...readHash(),
  doctorOf: null,
  dialog: null,
  nextDialog: null,
  askedInPage: null,
  postponed: [],
  sidebarOpen: false,
}));

window.addEventListener('hashchange', () => {
  useUi.setState(readHash());
});

export function goTo(serverId: string, tab: Tab = useUi.getState().tab): void {
  useUi.setState({ place: 'server', serverId, tab, sidebarOpen: false });
  window.history.replaceState(null, '', `#/servers/${encodeURIComponent(serverId)}/${tab}`);
}

export function goToNewVm(): void {
  useUi.setState({ place: 'new-vm', sidebarOpen: false });
  window.history.replaceState(null, '', '#/new-vm');
}

/** `serverId` null: every server that is on. */
export function goToDoctor(serverId: string | null): void {
  useUi.setState({ place: 'doctor', doctorOf: serverId, sidebarOpen: false });
  window.history.replaceState(null, '', '#/doctor');
}

/** Where the window is without a server of its choice: the first server’s page, or the first run. */
export function goHome(): void {
  useUi.setState({ place: 'server', serverId: null, tab: 'tunnels', sidebarOpen: false });
  window.history.replaceState(null, '', '#');
}

/** Questions of this server are asked on the page from now on. Returns the function that ends it. */
export function askInPage(serverId: string): () => void {
  useUi.setState({ askedInPage: serverId });
  return () => {
    useUi.setState({ askedInPage: null });
  };
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
      goHome();
      return;
    case 'new-vm':
      goToNewVm();
      return;
    case 'server':
      goTo(view.serverId, 'tunnels');
      return;
    default:
      view satisfies never;
  }
}
