/** Stack and facts → plan. Pure: the same stack on the same facts is the same plan. */
import type { ServerFacts } from '../../../shared/facts.ts';
import type { Plan, PlanRemark, Step } from '../../../shared/setup/plan.ts';
import { stackCards } from '../../../shared/setup/stack-fields.ts';
import type { Stack, StackDraft } from '../../../shared/setup/stack.ts';
import { emptyPart, type HandedPrograms, type PlanContext, type PlanPart } from './component.ts';
import { artifactsPart } from './artifacts/artifacts.ts';
import { basePart, judgeMachine } from './base.ts';
import { changeRemarks } from './change.ts';
import { databasePart } from './database/database.ts';
import { mlflowPart } from './mlflow/mlflow.ts';
import { homeOf, placesFor } from './places.ts';
import { ownScriptPart } from './own-script/own-script.ts';
import { isPlaybook } from './own-script/paths.ts';
import { playbookPlan, type PlaybookGround } from './own-script/playbook.ts';
import { storagePart } from './storage/storage.ts';

/**
 * `present`: what this environment's manifest on the server says is there, null when there is none; `finished`: what was
 * last set up to its end there. A plan that can't be run says so by its remarks (`stop`); its steps are those that would
 * be run. `ground`: for a playbook only.
 */
export function planStack(
  stack: Stack,
  draft: StackDraft,
  facts: ServerFacts,
  present: Stack | null,
  handed: HandedPrograms = { versitygw: null },
  ground: PlaybookGround | null = null,
  finished: Stack | null = present,
): Plan {
  const account = facts.account.user ?? 'root';
  const home = homeOf(facts, account);
  const scope = scopeFor(stack, facts);
  const { script } = stack;
  const isOwnPlaybook = script !== null && isPlaybook(script.path);
  const context: PlanContext = {
    stack,
    facts,
    places: placesFor(scope, stack.environment, home),
    account,
    home,
    // A playbook leaves nothing that an environment could hold.
    present: isOwnPlaybook ? null : present,
    finished: isOwnPlaybook ? null : finished,
    handed,
  };
  const playbook = isOwnPlaybook ? playbookPlan(context, script, ground) : null;
  const parts = partsOf(context, playbook?.part ?? null);
  return {
    kind: 'set-up',
    draft,
    environment: stack.environment,
    title: playbook?.title ?? stackCards[stack.name].title,
    scope,
    account,
    steps: parts.flatMap((part) => part.steps),
    remarks: byLevel(parts.flatMap((part) => part.remarks)),
    secrets: parts.flatMap((part) => part.secrets),
    uploads: parts.flatMap((part) => part.uploads),
    services: parts.flatMap((part) => part.services),
    adminUser: stack.mlflow?.login?.admin ?? null,
    ...(playbook?.playbook && { playbook: playbook.playbook }),
  };
}

/** In the order in which they are put there. */
function partsOf(context: PlanContext, playbook: PlanPart | null): readonly PlanPart[] {
  const { mlflow, storage, script } = context.stack;
  const machine: PlanPart = { ...emptyPart, remarks: judgeMachine(context) };
  const change: PlanPart = { ...emptyPart, remarks: changeRemarks(context) };
  if (script) return [machine, playbook ?? ownScriptPart(context, script)];
  const store = storage ? storagePart(context, storage) : emptyPart;
  if (!mlflow) return [machine, basePart(context), store, change];
  const database = databasePart(context, mlflow);
  const artifacts = artifactsPart(context, mlflow);
  return [
    machine,
    basePart(context),
    store,
    database.part,
    artifacts.part,
    mlflowPart(context, mlflow, { database: database.wiring, artifacts: artifacts.wiring }),
    change,
  ];
}

/**
 * Takes off what the plan of this stack put there, in reverse. `removeData`: its data too; `only`: the rest is off
 * already.
 */
export function planUninstall(plan: Plan, removeData: boolean | 'only'): Plan {
  const data = plan.steps.map((step) => step.data).filter((each) => each !== null);
  const hasPart = ({ undo, removeData: remove }: Step) =>
    removeData === 'only' ? remove !== '' : undo !== '' || (removeData && remove !== '');
  const steps = [...plan.steps].reverse().filter(hasPart);
  return {
    ...plan,
    kind: 'uninstall',
    title: `Uninstall ${plan.title}`,
    ...(!removeData && data.length > 0 && { keeps: data }),
    remarks: removeData ? plan.steps.filter((step) => step.data !== null).map(lostData) : [],
    secrets: [],
    uploads: [],
    services: [],
    steps: steps.map((step) => ({
      ...step,
      title: removeData === 'only' ? `Remove what is left: ${step.title}` : `Take off: ${step.title}`,
      secrets: [],
      check: (removeData && step.removeData !== '' ? undefined : step.undone) ?? 'false',
      apply: [step.undo, removeData ? step.removeData : ''].filter((each) => each.trim() !== '').join('\n'),
      verify: 'true',
      undo: '',
      removeData: '',
      interruptible: false,
    })),
  };
}

const lostData = ({ data }: Step): PlanRemark => ({
  level: 'warning',
  message: `${data ?? ''} will be lost.`,
  hint: 'Keep data to leave it where it is: setting up again finds it.',
});

/** The whole system where the account may become root; else what belongs to the account alone. */
export function scopeFor(stack: Stack, facts: ServerFacts): 'system' | 'user' {
  if (stack.scope !== 'auto') return stack.scope;
  const { kind } = facts.sudo;
  return kind === 'root' || kind === 'without-password' || kind === 'with-password' ? 'system' : 'user';
}

const levels = ['stop', 'warning', 'note'] as const;
const byLevel = (remarks: readonly PlanRemark[]): readonly PlanRemark[] =>
  [...remarks].sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level));
