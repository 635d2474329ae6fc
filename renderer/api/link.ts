/** What the window knows of its core: the contract, and whether anybody answers. */
import type { Api } from '../../main/shared/contract.ts';

/** How the window stands to the core. */
export type Link =
  /** No answer yet. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'live' }
  /** The core does not answer; tried again by itself. */
  | { readonly kind: 'away' }
  /** The desktop app makes a new core; it comes by itself. */
  | { readonly kind: 'restarting' }
  /** The core answers, but no longer knows this window. */
  | { readonly kind: 'expired' };

export interface Client extends Api {
  /** Hears of every change, and of `live` again after each gap in the events. Returns the function that ends it. */
  watchLink(listener: (link: Link) => void): () => void;
  /** Tries at once instead of waiting for the next try. */
  retryNow(): void;
}
