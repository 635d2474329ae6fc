/** Takes away what a check made, after success, failure and cancel alike, as far as the server lets it. */
import { z } from 'zod';
import { done, failed, type Failure, type Reply } from '../../../shared/failure.ts';
import { encodePath, runFolder } from './artifact-uri.ts';
import { broken, ok, skipped, type Check, type StepEnd } from './check.ts';
import { isGone, type TrackingApi } from './tracking-api.ts';

const anything = z.unknown();

interface Task {
  /** As a person would look for it: `the experiment mooring-check-…`. */
  readonly thing: string;
  readonly run: () => Promise<Reply<unknown>>;
}

/** Goes on to the next thing after one that the server refuses; stops when the server is gone. */
export async function cleanUp(check: Check): Promise<StepEnd> {
  const tasks = await tasksOf(check);
  if (tasks.length === 0) return skipped('nothing was made');
  const left: string[] = [];
  let cause: Failure | null = null;
  for (const { thing, run } of tasks) {
    // With the server gone, or a person out of patience, the rest is only named.
    const isOver: boolean = cause !== null && (isGone(cause) || cause.code === 'cancelled');
    const reply: Reply<unknown> = isOver && cause ? failed(cause) : await run();
    if (reply.ok) continue;
    cause = reply.error;
    left.push(thing);
  }
  if (cause === null) return ok('nothing is left behind');
  check.remark(`Left behind: ${left.join(', ')}. It does no harm; delete it in MLflow when you like.`);
  return broken(cause);
}

async function tasksOf({ api, name, made, found }: Check): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  if (made.model === 'asked') {
    const path = 'mlflow/registered-models/delete';
    tasks.push({
      thing: `the model ${name}`,
      run: () => gone(api.call(removing, ['DELETE', path], { name }, anything)),
    });
  }
  const folder = found.place?.kind === 'proxied' && found.run ? runFolder(found.place.path, found.run.id) : null;
  if (made.artifacts === 'asked' && found.place?.kind === 'proxied') {
    const path = `mlflow-artifacts/artifacts/${encodePath(folder ?? `${found.place.path}/check`)}`;
    tasks.push({ thing: 'the artifact', run: () => gone(api.call(removing, ['DELETE', path], null, anything)) });
  }
  if (found.run) {
    const { id } = found.run;
    const run = () => gone(api.call(removing, ['POST', 'mlflow/runs/delete'], { run_id: id }, anything));
    tasks.push({ thing: 'the run', run });
  }
  if (made.experiment !== 'no') {
    const known = typeof made.experiment === 'object' ? made.experiment.id : null;
    tasks.push({ thing: `the experiment ${name}`, run: () => removeExperiment(api, name, known) });
  }
  return tasks;
}

const removing = 'remove what the check made';
const byName = z.object({ experiment: z.object({ experiment_id: z.string() }) });

async function removeExperiment(api: TrackingApi, name: string, known: string | null): Promise<Reply<unknown>> {
  let id = known;
  if (id === null) {
    // Its making was cut off before the answer came.
    const path = `mlflow/experiments/get-by-name?experiment_name=${name}`;
    const reply = await api.call(removing, ['GET', path], null, byName);
    if (!reply.ok) return gone(Promise.resolve(reply));
    id = reply.value.experiment.experiment_id;
  }
  return gone(api.call(removing, ['POST', 'mlflow/experiments/delete'], { experiment_id: id }, anything));
}

/** What is not there needs no removing. */
async function gone(reply: Promise<Reply<unknown>>): Promise<Reply<unknown>> {
  const settled = await reply;
  return !settled.ok && settled.error.code === 'not-found' ? done(null) : settled;
}
