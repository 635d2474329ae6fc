/** What the parts of a stack (MLflow, its database, its artifacts, a store) give to a plan, and what they get. */
import type { ServerFacts } from '../../../shared/facts.ts';
import type { PlanRemark, PlanSecret, PlanService, PlanUpload, Step } from '../../../shared/setup/plan.ts';
import type { Stack, StackSecretName } from '../../../shared/setup/stack.ts';
import type { Places } from './places.ts';

export interface PlanContext {
  readonly stack: Stack;
  readonly facts: ServerFacts;
  readonly places: Places;
  /** The login account. */
  readonly account: string;
  /** Its home, absolute. */
  readonly home: string;
  /** The stack that this environment has now, as its manifest says, be it set up to its end or only begun; null: none. */
  readonly present: Stack | null;
  /**
   * The one that was last set up to its end: what its data and services are of. Another than `present` once a run has
   * failed or was cut off; null: none ever was.
   */
  readonly finished: Stack | null;
  readonly handed?: HandedPrograms;
}

/** Programs that this machine hands over, where the server is not to fetch them. */
export interface HandedPrograms {
  /** A release of VersityGW as it is published (tar.gz), or the program itself; `sha256` of the file. */
  readonly versitygw: { readonly path: string; readonly sha256: string } | null;
  /** What a person has put in the place of https://github.com/ for servers and this machine alike; see releasesFrom. */
  readonly mirror?: string | null;
  /** In the place of the pinned ones. Tests alone have others. */
  readonly releases?: { readonly versitygw: ProgramReleases };
}

/** Archives by processor, as `uname -m` calls it. `file`: without `.tar.gz`, and the folder in it. */
export type ProgramReleases = Readonly<Record<string, { readonly file: string; readonly sha256: string }>>;

/** A part of a plan. `steps` are in order; parts follow each other as plan-stack.ts says. */
export interface PlanPart {
  readonly steps: readonly Step[];
  readonly remarks: readonly PlanRemark[];
  readonly secrets: readonly PlanSecret[];
  readonly uploads: readonly PlanUpload[];
  readonly services: readonly PlanService[];
}

/**
 * What MLflow must be told of its database or its artifacts. The shell texts run in a step as the plan's account, print
 * to stdout, and may use `secret NAME` and `secret_url NAME`.
 */
export interface Wiring {
  /** Packages beside MLflow, pinned: `psycopg2-binary==2.9.11`. */
  readonly pythonPackages: readonly string[];
  /** Prints the URI: `--backend-store-uri`, or `--artifacts-destination`. */
  readonly printUri: string;
  /** Prints `NAME=value` lines for MLflow's environment, by `env_line NAME VALUE`. May be empty. */
  readonly printEnv: string;
  readonly secrets: readonly StackSecretName[];
  /** systemd units that MLflow starts after. */
  readonly after: readonly string[];
  /**
   * What needs MLflow's program but has to be done before its settings change and its service starts (moving data).
   * `program`: the folder of its virtual environment.
   */
  readonly stepsBeforeStart?: (program: string) => readonly Step[];
}

/** A part that MLflow needs to be told of. */
export interface WiredPart {
  readonly part: PlanPart;
  readonly wiring: Wiring;
}

export const emptyPart: PlanPart = { steps: [], remarks: [], secrets: [], uploads: [], services: [] };

type StepDraft = Pick<Step, 'id' | 'title' | 'why' | 'apply'> & Partial<Step>;

/** A step with what is usual left out: no secrets, nothing shared, verified by its check, nothing to undo. */
export const step = (context: PlanContext, draft: StepDraft): Step => ({
  needsRoot: context.places.scope === 'system',
  secrets: [],
  define: '',
  check: '',
  verify: '',
  undo: '',
  removeData: '',
  data: null,
  interruptible: true,
  ...draft,
});

/** Who owns the service's files and runs it. */
export const serviceAccount = ({ stack, places, account }: PlanContext): string =>
  places.scope === 'system' && stack.mlflow?.runAs === 'own' ? 'mlflow' : account;
