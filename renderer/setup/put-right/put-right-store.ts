/** What a person chooses to have put right, by server; a server that has none shows its Setup page as usual. */
import { create } from 'zustand';
import type { StepOffer } from '../../../main/shared/setup/offers.ts';

export interface PuttingRight {
  /** Of the MLflow, on the server. */
  readonly port: number;
  /** Null until something was chosen otherwise than all. */
  readonly chosen: readonly StepOffer[] | null;
  readonly step: 'offers' | 'plan';
}

const useStore = create<Readonly<Record<string, PuttingRight>>>()(() => ({}));

export const usePuttingRight = (serverId: string): PuttingRight | undefined => useStore((state) => state[serverId]);

export const openPutRight = (serverId: string, port: number): void => {
  useStore.setState({ [serverId]: { port, chosen: null, step: 'offers' } });
};

export const changePutRight = (serverId: string, patch: Partial<PuttingRight>): void => {
  useStore.setState((state) => {
    const before = state[serverId];
    return before === undefined ? {} : { [serverId]: { ...before, ...patch } };
  });
};

export const leavePutRight = (serverId: string): void => {
  useStore.setState((state) => Object.fromEntries(Object.entries(state).filter(([each]) => each !== serverId)), true);
};
