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
  /** Exit 0: `undo` has nothing to do. Left out: it is run in any case. */
  readonly undone?: string;
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
  /** With a `fix` its last words are about that: the command line adds the option for it. */
  readonly hint: string | null;
  /** A value of the form that would mend it, where there is one. */
  readonly fix?: { readonly field: string; readonly value: number | string };
}

export interface PlanSecret {
  readonly name: StackSecretName;
  /** What a person reads: `Password of MLflow’s user admin`. */
  readonly label: string;
  /** `given`: a person has to tell it. `generated`: made unless given. */
  readonly origin: 'given' | 'generated';
}

/** Something of this machine that a step needs there: unpacked at `$MOORING_UPLOADS/NAME` before the run. */
export type PlanUpload = {
  readonly name: string;
  /** A path on the server, absolute: nothing is sent where there is such a program already. */
  readonly unlessThere?: string;
} & (
  | {
      /** A file or folder of this machine; `~` allowed. */
      readonly path: string;
    }
  | { readonly release: PlanRelease }
);

/** A published file that this machine fetches and checks before it sends it. */
export interface PlanRelease {
  /** `VersityGW 1.8.0` */
  readonly label: string;
  readonly url: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly largestBytes: number;
  /** What a person can do where this machine can't fetch it either. */
  readonly otherwise: string;
}

/** An Ansible playbook of this machine, run by it against the server over SSH. */
export interface PlannedPlaybook {
  /** Absolute. */
  readonly program: string;
  readonly version: string;
  /** Where it runs: the playbook's own folder, absolute. */
  readonly folder: string;
  readonly file: string;
  /** As the inventory calls the server. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** `default`: the agent and OpenSSH's usual keys. */
  readonly login: { readonly kind: 'default' | 'agent' | 'password' } | { readonly kind: 'key'; readonly path: string };
  /** It is given the login's password. */
  readonly needsLoginPassword: boolean;
  /** What the server is to be known by: `ssh-ed25519 AAAA…`. */
  readonly hostKeys: readonly string[];
  readonly args: readonly string[];
  /** `NAME=value` */
  readonly env: readonly string[];
  readonly become: boolean;
  /** sudo asks for a password there. */
  readonly needsSudoPassword: boolean;
}

/** What is to answer at the end, and what tunnel leads there. */
export interface PlanService {
  readonly service: 'mlflow' | 's3' | 's3-console';
  readonly label: string;
  /** On the server's loopback. */
  readonly port: number;
  /** The same local port must be used, since other programs are told this very address. */
  readonly samePort: boolean;
  /** Of its tunnel on this machine, as far as it is known before; left out: not known. */
  readonly localPort?: number;
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
  /** Of an uninstallation: the data that it leaves on the server, for people. None: left out. */
  readonly keeps?: readonly string[];
  /** Ports on the server's loopback where this environment answered until now and will not: their tunnels go. */
  readonly gone?: readonly number[];
  /** Earlier stacks of this environment, of which something is on the server that this one does not have. */
  readonly former?: readonly StackDraft[];
  /** What this environment was last set up to, to its end: it stays so until this plan has been run. None: left out. */
  readonly finished?: StackDraft;
  /** Then its one step is run here, and the server keeps no record of it. */
  readonly playbook?: PlannedPlaybook;
}

export const playbookStepId = 'playbook';
/** Its one step is run on this machine; `playbook` says how, where it can be run. */
export const isOfPlaybook = ({ steps }: Pick<Plan, 'steps'>): boolean =>
  steps.some((each) => each.id === playbookStepId);

export const isImpossible = (plan: Plan): boolean => plan.remarks.some((each) => each.level === 'stop');
