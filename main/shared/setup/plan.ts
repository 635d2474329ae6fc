/** A plan: the ordered steps that take a server from what it is to a stack, to be read before anything happens. */
import type { StackDraft, StackSecretName } from './stack.ts';

/**
 * One step. The scripts are for a POSIX shell with the functions of core/setup/script/prelude.ts; each runs in a shell of
 * its own with `set -eu`, as the account that {@link Plan.scope} says. They hold no secrets: `secret NAME` gives one.
 */
export interface Step {
  /** Lower case and dashes; unique in its plan. */
  readonly id: string;
  /** What a person reads: `Install MLflow 3.17.2`. */
  readonly title: string;
  /** Why it is needed, a sentence. */
  readonly why: string;
  readonly needsRoot: boolean;
  readonly secrets: readonly StackSecretName[];
  /** Functions and variables that the others share; runs before each of them. May be empty. */
  readonly define: string;
  /** Exit 0: nothing to do. Changes nothing. */
  readonly check: string;
  readonly apply: string;
  /** Exit 0: it is as it should be. Runs after `apply`. */
  readonly verify: string;
  /** Takes off what `apply` put there and nothing else (`was_made`); keeps data. Empty: nothing to take off. */
  readonly undo: string;
  /** Removes data as well, after `undo`, when the person asked for that. Empty: it has none. */
  readonly removeData: string;
  /** What `removeData` would lose, for people: `the runs and metrics in /srv/…`. Null: no data. */
  readonly data: string | null;
  /** False: it is finished even when the person wants to stop at once, since a half of it does harm (dpkg). */
  readonly interruptible: boolean;
}

/** `stop`: nothing can be run. */
export interface PlanRemark {
  readonly level: 'stop' | 'warning' | 'note';
  readonly message: string;
  readonly hint: string | null;
}

export interface PlanSecret {
  readonly name: StackSecretName;
  /** What a person reads: `Password of MLflow’s user admin`. */
  readonly label: string;
  /** `given`: a person has to tell it. `generated`: made unless given. */
  readonly origin: 'given' | 'generated';
}

/** Something of this machine that a step needs there: unpacked at `$MOORING_UPLOADS/NAME` before the run. */
export interface PlanUpload {
  readonly name: string;
  /** A file or folder of this machine; `~` allowed. */
  readonly path: string;
}

/** What is to answer at the end, and what tunnel leads there. */
export interface PlanService {
  readonly service: 'mlflow' | 's3' | 's3-console';
  readonly label: string;
  /** On the server's loopback. */
  readonly port: number;
  /** The same local port must be used, since other programs are told this very address. */
  readonly samePort: boolean;
}

export interface Plan {
  readonly kind: 'set-up' | 'uninstall';
  readonly draft: StackDraft;
  readonly environment: string;
  /** `MLflow with PostgreSQL`. */
  readonly title: string;
  /** `system`: every step runs as root; `user`: as the login account, and nothing needs root. */
  readonly scope: 'system' | 'user';
  /** The login account. */
  readonly account: string;
  readonly steps: readonly Step[];
  readonly remarks: readonly PlanRemark[];
  readonly secrets: readonly PlanSecret[];
  readonly uploads: readonly PlanUpload[];
  readonly services: readonly PlanService[];
  /** MLflow's login at the end; null without. */
  readonly adminUser: string | null;
}

export const isImpossible = (plan: Plan): boolean => plan.remarks.some((each) => each.level === 'stop');
