/** What could be put right with an MLflow that somebody else set up. */

/** In the order in which they are done; `change-password` is done through the tunnel, the others are steps. */
export const offerKinds = [
  'run-as-unit',
  'absolute-paths',
  'limit-hosts',
  'bind-to-loopback',
  'change-password',
] as const;
export type OfferKind = (typeof offerKinds)[number];

export interface Offer {
  readonly kind: OfferKind;
  readonly title: string;
  /** What is wrong with it as it is. */
  readonly why: string;
  /** Another one that this one can’t be done without. */
  readonly needs: OfferKind | null;
  /** Why it can't be done from here; null: it can. */
  readonly obstacle: string | null;
}

/** An MLflow that Mooring did not make, with what is offered for it. */
export interface OffersFor {
  /** On the server. */
  readonly port: number;
  readonly offers: readonly Offer[];
}
