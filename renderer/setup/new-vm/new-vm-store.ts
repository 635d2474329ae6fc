/** The way from an address to a server that is set up; kept in this browser so that it can be taken up again. */
import { create } from 'zustand';
import { currentSnapshot } from '../../api/store.ts';
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
}

const keptIn = 'mooring-new-vm';
const fresh: NewVm = { step: 'where', values: emptyServer, serverId: null };

function readNewVm(): NewVm {
  const { step, values, serverId } = readKept(keptIn);
  const known = steps.find((each) => each === step);
  if (known === undefined || typeof values !== 'object' || values === null) return fresh;
  return {
    step: known,
    values: { ...emptyServer, ...values },
    serverId: typeof serverId === 'string' ? serverId : null,
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

/** Whether something was typed, or done, that is worth going on with. Forgets one that has come to its good end. */
export function takeUp(): boolean {
  const { step, values, serverId } = currentNewVm();
  const run = currentSnapshot()?.servers.find((each) => each.profile.id === serverId)?.run;
  if (step === 'stack' && run?.state.kind === 'done') {
    startOver();
    return false;
  }
  return step !== 'where' || values.address !== '';
}
