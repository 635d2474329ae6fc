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

/** The step of a plan that does an offer. */
export const offerSteps = {
  'run-as-unit': 'put-right-unit',
  'absolute-paths': 'put-right-paths',
  'limit-hosts': 'put-right-hosts',
  'bind-to-loopback': 'put-right-bind',
} as const satisfies Record<Exclude<OfferKind, 'change-password'>, string>;
export type StepOffer = keyof typeof offerSteps;

export const isStepOffer = (kind: OfferKind): kind is StepOffer => kind !== 'change-password';

/** `adopted`, or `adopted-5001`: the environment that an adopted MLflow is known by. */
export const adoptedEnvironment = (port: number): string => (port === 5000 ? 'adopted' : `adopted-${String(port)}`);

/** The port on the server of the MLflow that an environment stands for; null: it is one of Mooring's own stacks. */
export function adoptedPort(environment: string): number | null {
  const [, port] = /^adopted(?:-([1-9]\d{0,4}))?$/.exec(environment) ?? [null, null];
  if (port === null) return null;
  return port === undefined ? 5000 : Number(port);
}

/** The offers that a run did, or was to do; empty for a run of another kind. */
export const offersOfSteps = (steps: readonly { readonly id: string }[]): readonly StepOffer[] =>
  offerKinds.filter(isStepOffer).filter((kind) => steps.some(({ id }) => id === offerSteps[kind]));

/** The steps that can be chosen, with what one can't be done without left in; in the order in which they are done. */
const possibleOf = (offers: readonly Offer[], kinds: readonly OfferKind[]): readonly StepOffer[] =>
  offers
    .filter((each) => each.obstacle === null && kinds.includes(each.kind))
    .map((each) => each.kind)
    .filter(isStepOffer);

/** All that can be done by steps. */
export const allChosen = (offers: readonly Offer[]): readonly StepOffer[] => possibleOf(offers, offerKinds);

/** With `kind`, and with what it needs. */
export function choose(offers: readonly Offer[], chosen: readonly StepOffer[], kind: StepOffer): readonly StepOffer[] {
  const needs = offers.find((each) => each.kind === kind)?.needs ?? null;
  return possibleOf(offers, [...chosen, kind, ...(needs === null ? [] : [needs])]);
}

/** Without `kind`, and without what needs it. */
export const unchoose = (
  offers: readonly Offer[],
  chosen: readonly StepOffer[],
  kind: StepOffer,
): readonly StepOffer[] =>
  chosen.filter((each) => each !== kind && offers.find((offer) => offer.kind === each)?.needs !== kind);
