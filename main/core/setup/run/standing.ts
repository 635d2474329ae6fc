/** What of a plan’s environment is on the server already, and what the plan says of it. Pure. */
import type { Plan, PlanRemark, PlanSecret } from '../../../shared/setup/plan.ts';
import type { StackDraft, StackSecretName } from '../../../shared/setup/stack.ts';
import type { Remembered } from './look.ts';
import type { Manifest } from './manifest.ts';

/** The stack that an environment has now. */
export interface PresentStack {
  readonly draft: StackDraft;
  readonly secrets: readonly PlanSecret[];
}

/** `present` null: it can’t be read here, or a script set it up that left nothing but its mark. */
export type Standing =
  | { readonly kind: 'none' }
  /** Of a stack that was taken off. */
  | { readonly kind: 'data' }
  | { readonly kind: 'unfinished'; readonly present: PresentStack | null }
  | { readonly kind: 'complete'; readonly present: PresentStack | null };

/** A plan, and what it meets there. */
export interface Planned {
  readonly plan: Plan;
  readonly standing: Standing;
}

/** `present`: of the environment’s stack, where there is one that can be read. */
export function standingOf(
  environment: string,
  { stacks, kept, bare }: Remembered,
  present: PresentStack | null,
): Standing {
  const stack = stacks.find((each) => each.environment === environment);
  if (stack) return { kind: stack.complete ? 'complete' : 'unfinished', present };
  if (bare.includes(environment)) return { kind: 'complete', present: null };
  return { kind: kept.some((each) => each.environment === environment) ? 'data' : 'none' };
}

export const presentIn = (standing: Standing): PresentStack | null => ('present' in standing ? standing.present : null);

/**
 * Another stack may call by the same name what is not the same: the password of a database here and of one elsewhere.
 * What Mooring makes up serves as well after a change of its label.
 */
export const isSameSecret = (now: PlanSecret, before: PlanSecret): boolean =>
  now.name === before.name &&
  (now.label === before.label || (now.origin === 'generated' && before.origin === 'generated'));

/** Those that the server has already: what is not known here stays as it is there. */
export function standingSecrets({ plan, standing }: Planned): readonly StackSecretName[] {
  if (standing.kind !== 'complete') return [];
  const { present } = standing;
  return plan.secrets
    .filter((each) => present === null || present.secrets.some((before) => isSameSecret(each, before)))
    .map(({ name }) => name);
}

/** This very stack is complete there, with all its secrets; else it is a change, or yet to be set up. */
export function isStanding({ plan, standing }: Planned): boolean {
  if (standing.kind !== 'complete') return false;
  const { present } = standing;
  if (present === null) return true;
  return present.draft.stack === plan.draft.stack && standingSecrets({ plan, standing }).length === plan.secrets.length;
}

/** What a server is at: nothing else begins there before its end. */
type UnderWay = Pick<Manifest, 'title' | 'environment' | 'by'>;

/** Null: none is. */
export function remarkOnRun(underWay: UnderWay | null): readonly PlanRemark[] {
  if (underWay === null) return [];
  const { title, environment, by } = underWay;
  return [
    warning(
      `A run is under way there: ${title}, of “${environment}”, begun by ${by}. Its end comes first.`,
      'Wait for it, or stop it where it is shown. Then look at this plan again.',
    ),
  ];
}

/** Comes before all other remarks. `known`: secrets that are kept here. */
export function remarksOnStanding(
  prepared: Planned,
  known: readonly StackSecretName[],
  underWay: UnderWay | null,
): readonly PlanRemark[] {
  const { plan } = prepared;
  // What is there just now is the half of what that run is at.
  if (underWay?.environment === plan.environment) return remarkOnRun(underWay);
  return [...remarkOnRun(underWay), ...onStanding(prepared, known)];
}

function onStanding({ plan, standing }: Planned, known: readonly StackSecretName[]): readonly PlanRemark[] {
  const { environment, adminUser, secrets } = plan;
  const hasPassword = secrets.some((each) => each.name === 'mlflow.admin-password');
  const isUnknown = adminUser !== null && hasPassword && !known.includes('mlflow.admin-password');
  const password = `password of MLflow’s user ${adminUser ?? ''}`;
  switch (standing.kind) {
    case 'complete':
      if (!isStanding({ plan, standing })) return [];
      return [
        note(`“${environment}” is set up here already; only what differs is changed.`),
        ...(isUnknown
          ? [
              warning(
                `The ${password} is not known here: it stays as it is on the server.`,
                'To set it anew, give one with this plan (on the command line by --secrets FILE).',
              ),
            ]
          : []),
      ];
    case 'unfinished':
      return [
        note(`“${environment}” was begun here and is not finished; what is done already is not done again.`),
        ...(isUnknown ? [warning(`The ${password} is not known here: this run sets a new one.`, null)] : []),
      ];
    case 'data':
      return [
        note(`Data of an earlier “${environment}” is here and is used again.`),
        ...(isUnknown ? [note(`The ${password} is set anew.`)] : []),
      ];
    case 'none':
      return [];
    default:
      return standing satisfies never;
  }
}

const note = (message: string): PlanRemark => ({ level: 'note', message, hint: null });
const warning = (message: string, hint: string | null): PlanRemark => ({ level: 'warning', message, hint });
