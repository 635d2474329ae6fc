/** The renderer's only door out: the preload bridge where there is one, else HTTP. */
import type { Api } from '../../main/shared/contract.ts';
import { createHttpClient } from './http-client.ts';

/** How the window stands to the core. */
export type Link =
  /** No answer yet. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'live' }
  /** The core does not answer; tried again by itself. */
  | { readonly kind: 'away' }
  /** The core answers, but no longer knows this window. */
  | { readonly kind: 'expired' };

export interface Client extends Api {
  /** Hears of every change, and of `live` again after each gap in the events. Returns the function that ends it. */
  watchLink(listener: (link: Link) => void): () => void;
  /** Tries at once instead of waiting for the next try. */
  retryNow(): void;
}

function createBridgeClient(bridge: Api): Client {
  return {
    call: (name, args) => bridge.call(name, args),
    subscribe: (listener) => bridge.subscribe(listener),
    watchLink(listener) {
      // The bridge lives and dies with the core: there is no gap to tell of.
      listener({ kind: 'live' });
      return () => undefined;
    },
    retryNow: () => undefined,
  };
}

export const client: Client = window.mooring ? createBridgeClient(window.mooring) : createHttpClient();
