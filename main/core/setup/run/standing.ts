/** What a plan says of that which is on the server already. Pure. */
import type { Plan, PlanRemark } from '../../../shared/setup/plan.ts';
import type { StackSecretName } from '../../../shared/setup/stack.ts';

export interface Standing {
  /** The environment is complete on the server. */
  readonly stands: boolean;
  /** Something of it is there: a stack that is not finished, or the data of one that was taken off. */
  readonly rest: 'unfinished' | 'data' | null;
  /** Secrets that are kept here. */
  readonly known: readonly StackSecretName[];
}

/** Comes before all other remarks. */
export function remarksOnStanding(plan: Plan, { stands, rest, known }: Standing): readonly PlanRemark[] {
  const { environment, adminUser, secrets } = plan;
  const hasPassword = secrets.some((each) => each.name === 'mlflow.admin-password');
  const isUnknown = adminUser !== null && hasPassword && !known.includes('mlflow.admin-password');
  const password = `password of MLflow’s user ${adminUser ?? ''}`;
  if (stands) {
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
  }
  switch (rest) {
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
    case null:
      return [];
    default:
      return rest satisfies never;
  }
}

const note = (message: string): PlanRemark => ({ level: 'note', message, hint: null });
const warning = (message: string, hint: string | null): PlanRemark => ({ level: 'warning', message, hint });
