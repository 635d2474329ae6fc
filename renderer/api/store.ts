/** What the core says. Written only here; everyone else reads. */
import { create } from 'zustand';
import type { ServerView, Snapshot } from '../../main/shared/snapshot.ts';
import type { Client, Link } from './link.ts';
import { share } from './share.ts';

interface CoreState {
  readonly snapshot: Snapshot | null;
  readonly link: Link;
}

const useCore = create<CoreState>()(() => ({ snapshot: null, link: { kind: 'opening' } }));

/** Cores that were there before this one: a late answer of theirs is the past. */
const goneCores = new Set<string>();

function accept(incoming: Snapshot): void {
  useCore.setState(({ snapshot }) => {
    const older = snapshot?.coreId === incoming.coreId && incoming.revision < snapshot.revision;
    if (older || goneCores.has(incoming.coreId)) return {};
    if (snapshot && snapshot.coreId !== incoming.coreId) goneCores.add(snapshot.coreId);
    return { snapshot: share(snapshot, incoming) };
  });
}

/** Subscribes first, then asks: what changes in between is not lost. Returns the function that ends it. */
export function followCore(client: Client): () => void {
  const unsubscribe = client.subscribe((event) => {
    if (event.name === 'snapshot.changed') accept(event.payload);
  });
  const unwatch = client.watchLink((link) => {
    useCore.setState({ link });
    if (link.kind !== 'live') return;
    void client.call('snapshot.get', {}).then((reply) => {
      if (reply.ok) accept(reply.value);
    });
  });
  return () => {
    unsubscribe();
    unwatch();
  };
}

export const useLink = (): Link => useCore((state) => state.link);
/** The core does not answer: what is shown is the past. */
export const useIsAway = (): boolean => useCore(({ link }) => link.kind === 'away' || link.kind === 'restarting');
export const useHasSnapshot = (): boolean => useCore((state) => state.snapshot !== null);

/** A part of the snapshot. Only for components below the point where there is one. */
export function useSnapshot<T>(select: (snapshot: Snapshot) => T): T {
  return useCore((state) => {
    if (state.snapshot === null) throw new Error('No snapshot yet');
    return select(state.snapshot);
  });
}

export function useServer(serverId: string): ServerView | undefined {
  return useCore((state) => state.snapshot?.servers.find((each) => each.profile.id === serverId));
}

/** The link of this moment, for event handlers. */
export const currentLink = (): Link => useCore.getState().link;
/** The snapshot of this moment, for event handlers. */
export const currentSnapshot = (): Snapshot | null => useCore.getState().snapshot;
export const currentServer = (serverId: string | null): ServerView | undefined =>
  currentSnapshot()?.servers.find((each) => each.profile.id === serverId);
