/** Acts of setting up that several views share. */
import type { HandedSecrets } from '../../main/shared/contract.ts';
import type { Failure } from '../../main/shared/failure.ts';
import { adoptedPort, offersOfSteps } from '../../main/shared/setup/offers.ts';
import type { Plan } from '../../main/shared/setup/plan.ts';
import { withNames } from '../../main/shared/setup/other-names.ts';
import { runsHere, type RunView } from '../../main/shared/setup/run.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import { fieldsOf } from '../../main/shared/setup/stack-fields.ts';
import { act, showFailure } from '../api/act.ts';
import { client } from '../api/client.ts';
import { fieldErrors } from '../api/field-errors.ts';
import { currentServer } from '../api/store.ts';
import { goTo, openDialog } from '../shell/ui-store.ts';
import {
  changeFlow,
  currentFlow,
  draftOf,
  dropFlow,
  environmentOf,
  openForm,
  refuse,
  showPlan,
} from './setup-store.ts';

/** Fields are refused in the form, everything else where the person is. A field and a secret may have the same name. */
function refuseIn(serverId: string, draft: StackDraft, error: Failure, asked: readonly string[] = []): void {
  const keys = fieldsOf(draft.stack).map((each) => each.key);
  const paths = Object.keys(fieldErrors(error)).filter((each) => !asked.includes(each));
  if (paths.some((path) => keys.includes(path))) changeFlow(serverId, { step: 'form' });
  refuse(serverId, error);
}

/** Has the plan of a draft made, and shows it. */
export async function makePlan(serverId: string, draft: StackDraft): Promise<void> {
  const reply = await client.call('setup.plan', { serverId, draft });
  if (reply.ok) showPlan(serverId, reply.value);
  else refuseIn(serverId, draft, reply.error);
}

/** Shows the plan by which a stack answers to further names; nothing is changed yet. */
export async function planNames(serverId: string, environment: string, names: readonly string[]): Promise<void> {
  const profile = currentServer(serverId)?.profile;
  const stack = profile?.stacks.find((each) => each.environment === environment);
  if (stack === undefined) return;
  const draft = withNames(stack.draft, names);
  openForm(serverId, draft.stack, draft.values);
  goTo(serverId, 'setup');
  await makePlan(serverId, draft);
}

/** Begins a run. What was typed is kept until the run has come to a good end, but for the secrets. */
export async function startRun(serverId: string, plan: Plan, secrets: HandedSecrets): Promise<void> {
  const { draft } = plan;
  const reply = await client.call('setup.start', { serverId, draft, secrets });
  if (reply.ok) {
    changeFlow(serverId, { open: false });
  } else {
    refuseIn(
      serverId,
      draft,
      reply.error,
      plan.secrets.map((each) => each.name),
    );
  }
}

/** The draft that a run was made from: as it was typed here, as this machine knows it, or as the server says. */
async function findDraft(serverId: string, run: RunView): Promise<StackDraft | null> {
  const { environment } = run;
  const flow = currentFlow(serverId);
  const isIts = flow !== undefined && environmentOf(flow) === environment;
  // Of a playbook nobody else knows: what has its environment is another stack.
  if (runsHere(run)) return isIts && flow.stack === 'script' ? draftOf(flow) : null;
  if (isIts) return draftOf(flow);
  const profile = currentServer(serverId)?.profile;
  const known = profile?.stacks.find((each) => each.environment === environment);
  if (known !== undefined) return known.draft;
  const reply = await act('setup.look', { serverId });
  const found = reply.ok ? reply.value.stacks.find((each) => each.environment === environment) : undefined;
  return found?.draft ?? null;
}

/** Runs again what has failed or was stopped: what is done already has nothing to do. */
export async function runAgain(serverId: string, run: RunView): Promise<void> {
  const { environment } = run;
  if (run.kind === 'uninstall') {
    openDialog({ kind: 'uninstall', serverId, environment });
    return;
  }
  const port = adoptedPort(environment);
  if (port !== null) {
    await act('setup.put-right', { serverId, port, offers: [...offersOfSteps(run.steps)] });
    return;
  }
  const draft = await findDraft(serverId, run);
  if (draft === null) {
    await closeRun(serverId, run);
    return;
  }
  const reply = await client.call('setup.start', { serverId, draft, secrets: {} });
  if (reply.ok) return;
  const current = currentServer(serverId);
  if (current?.connection.kind !== 'up' || current.run?.runId !== run.runId) {
    // Nothing to be done here, or another run was begun meanwhile and is shown now.
    showFailure(reply.error);
    return;
  }
  // A secret is missing here, or the server has changed: the plan says what, and asks.
  await act('setup.dismiss', { serverId });
  openForm(serverId, draft.stack, draft.values);
  await makePlan(serverId, draft);
  refuse(serverId, reply.error);
}

/** Takes a run that is over off the page. */
export async function closeRun(serverId: string, run: RunView): Promise<void> {
  const reply = await act('setup.dismiss', { serverId });
  const flow = currentFlow(serverId);
  const isItsOwn = flow !== undefined && environmentOf(flow) === run.environment;
  if (reply.ok && run.state.kind === 'done' && isItsOwn) dropFlow(serverId);
}
