/** The way from an address to a server that is set up; kept in this browser so that it can be taken up again. */
import { create } from 'zustand';
import { currentServer } from '../../api/store.ts';
import { emptyServer, type ServerValues } from '../../servers/server-form.ts';
import { keep, readKept } from '../kept.ts';

/** `stack`: from here on, what is shown follows the server itself: its plan, its run. */
export type NewVmStep = 'where' | 'login' | 'prove' | 'stack';
const steps: readonly NewVmStep[] = ['where', 'login', 'prove', 'stack'];

export interface NewVm {
  readonly step: NewVmStep;
  readonly values: ServerValues;
  /** Null until it was added. */
  readonly serverId: string | null;
  /** It has come to its good end, and that was shown. */
  readonly finished: boolean;
}

const keptIn = 'mooring-new-vm';
const fresh: NewVm = { step: 'where', values: emptyServer, serverId: null, finished: false };

function readNewVm(): NewVm {
  const { step, values, serverId, finished } = readKept(keptIn);
  const known = steps.find((each) => each === step);
  if (known === undefined || typeof values !== 'object' || values === null) return fresh;
  return {
    step: known,
    values: { ...emptyServer, ...values },
    serverId: typeof serverId === 'string' ? serverId : null,
    finished: finished === true,
  };
}

const useStore = create<NewVm>()(() => readNewVm());
useStore.subscribe((state) => {
  keep(keptIn, state);
});

export const useNewVm = (): NewVm => useStore();
export const currentNewVm = (): NewVm => useStore.getState();
export const changeNewVm = (patch: Partial<NewVm>): void => {
  useStore.setState(patch);
};
export const startOver = (): void => {
  useStore.setState(fresh);
};

/** Its good end is on the page of this very tab: a reload comes back to it, another visit begins anew. */
const shownIn = 'mooring-new-vm-done';

/** Tells that the good end is shown. Returns the function that tells that the page was left. */
export function showFinished(): () => void {
  changeNewVm({ finished: true });
  mark(true);
  return () => {
    mark(false);
  };
}

function mark(shown: boolean): void {
  try {
    if (shown) sessionStorage.setItem(shownIn, 'yes');
    else sessionStorage.removeItem(shownIn);
  } catch {
    // Storage is barred: a reload begins anew.
  }
}

function isShown(): boolean {
  try {
    return sessionStorage.getItem(shownIn) !== null;
  } catch {
    return false;
  }
}

/**
 * Whether something was typed, or done, that is worth going on with. Forgets one that has come to its good end, unless
 * this is a reload of the page that shows it.
 */
export function takeUp(): boolean {
  const { step, values, serverId, finished } = currentNewVm();
  const run = currentServer(serverId)?.run;
  const isDone = run?.state.kind === 'done';
  if (step === 'stack' && (finished || isDone) && !(isDone && isShown())) {
    startOver();
    return false;
  }
  return step !== 'where' || values.address !== '';
}
