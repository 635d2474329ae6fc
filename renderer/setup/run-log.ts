/**
 * The lines of one run, kept outside of React's state: they come by the hundred, and only the last block of them is drawn
 * anew. Lines have numbers without gaps; where one shows, what is missing is asked for.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunLine } from '../../main/shared/setup/run.ts';
import { plainLine } from '../../main/shared/setup/setup-words.ts';
import { client } from '../api/client.ts';

/** Older lines go, a block at a time. */
const mostLines = 5000;
const blockSize = 200;

export interface RunLogState {
  /** Full blocks keep their identity. */
  readonly blocks: readonly (readonly RunLine[])[];
  readonly lastSeq: number;
  /** False until the first answer. */
  readonly asked: boolean;
}

export type RunLog = Pick<StoreApi<RunLogState>, 'getState' | 'subscribe' | 'getInitialState'> & {
  /** Keeps it up to date. Returns the function that ends it. */
  readonly follow: () => () => void;
};

export const allLines = ({ blocks }: RunLogState): readonly RunLine[] => blocks.flat();

/** The last lines that a step said, without empty ones. */
export function lastLinesOf({ blocks }: RunLogState, stepId: string, count: number): readonly RunLine[] {
  const found: RunLine[] = [];
  for (let at = blocks.length - 1; at >= 0 && found.length < count; at -= 1) {
    const said = (blocks[at] ?? []).filter((each) => each.stepId === stepId && each.text.trim() !== '');
    found.unshift(...said.slice(Math.max(0, said.length - (count - found.length))));
  }
  return found;
}

function append(state: RunLogState, lines: readonly RunLine[]): RunLogState {
  const fresh = lines.filter((each) => each.seq > state.lastSeq);
  const last = fresh.at(-1);
  if (last === undefined) return state;
  const blocks = state.blocks.map((each) => each);
  for (const line of fresh) {
    const block = blocks.at(-1);
    const plain = { ...line, text: plainLine(line.text) };
    if (block === undefined || block.length >= blockSize) blocks.push([plain]);
    else blocks[blocks.length - 1] = [...block, plain];
  }
  const kept = blocks.slice(-Math.ceil(mostLines / blockSize));
  return { ...state, blocks: kept, lastSeq: last.seq };
}

export function createRunLog(serverId: string, runId: string): RunLog {
  const store = createStore<RunLogState>()(() => ({ blocks: [], lastSeq: -1, asked: false }));

  const follow = (): (() => void) => {
    let over = false;
    let asking = false;
    let frame = 0;
    let fresh: RunLine[] = [];

    const ask = async (): Promise<void> => {
      asking = true;
      const { lastSeq } = store.getState();
      const reply = await client.call('setup.log', { serverId, ...(lastSeq < 0 ? {} : { afterSeq: lastSeq }) });
      asking = false;
      if (over) return;
      // What the core no longer has is not waited for.
      const lines = reply.ok ? reply.value.lines : [];
      store.setState((state) => ({ ...append(append(state, lines), fresh), asked: true }));
      fresh = [];
    };
    const flush = (): void => {
      frame = 0;
      if (asking || fresh.length === 0) return;
      const first = fresh[0]?.seq ?? 0;
      if (first > store.getState().lastSeq + 1) void ask();
      else {
        store.setState((state) => append(state, fresh));
        fresh = [];
      }
    };
    // Subscribed before asking, so that nothing falls in between; drawn at most once a frame.
    const unsubscribe = client.subscribe((event) => {
      if (event.name !== 'setup.log-added') return;
      const { payload } = event;
      if (payload.serverId !== serverId || payload.runId !== runId) return;
      fresh.push(...payload.lines);
      frame ||= window.requestAnimationFrame(flush);
    });
    void ask();
    return () => {
      over = true;
      window.cancelAnimationFrame(frame);
      unsubscribe();
    };
  };
  return { ...store, follow };
}
