/**
 * A stack in the place of another kind, in the same environment. What can’t be taken along, and would be left to nobody
 * or lost from view, is refused; what stays behind is told. Databases and artifacts are judged where they are planned.
 */
import { sentence } from '../../../shared/sentence.ts';
import type { PlanRemark } from '../../../shared/setup/plan.ts';
import { stackCards } from '../../../shared/setup/stack-fields.ts';
import type { Stack } from '../../../shared/setup/stack.ts';
import type { PlanContext } from './component.ts';
import { mlflowDataDir } from './mlflow/setting.ts';
import { unitName } from './places.ts';
import { foundMinio, storePlace } from './storage/place.ts';

/** The way out of every change that is refused. */
export const makeRoom =
  'set up another environment beside this one, or uninstall this one first (its data can be kept).';

const beginning = sentence(makeRoom);

/** A script in the place of a stack is judged with the environment. */
export function changeRemarks(context: PlanContext): readonly PlanRemark[] {
  const { stack, present } = context;
  if (present === null || present.script !== null || stack.script !== null) return [];
  return [
    ...replaced(context),
    ...withoutMlflow(context),
    ...withoutStore(context),
    ...otherFolder(context),
    ...begun(context),
  ];
}

const titleOf = (name: keyof typeof stackCards): string => `“${stackCards[name].title}”`;

function replaced({ stack, finished }: PlanContext): readonly PlanRemark[] {
  if (finished === null || finished.name === stack.name) return [];
  return [
    {
      level: 'note',
      message: `${titleOf(stack.name)} takes the place of ${titleOf(finished.name)}, which this environment has now.`,
      hint: null,
    },
  ];
}

function withoutMlflow(context: PlanContext): readonly PlanRemark[] {
  const { stack, finished } = context;
  if (!finished?.mlflow || stack.mlflow) return [];
  const unit = unitName('mlflow', stack.environment);
  return [
    {
      level: 'stop',
      message: `${titleOf(stack.name)} has no MLflow: what is here of it (${unit}, its tunnel) would be left with nothing to take it off.`,
      hint: beginning,
    },
  ];
}

function withoutStore(context: PlanContext): readonly PlanRemark[] {
  const { stack, finished } = context;
  if (!finished?.storage || stack.storage || isAdopted(context)) return [];
  const { objectsDir } = storePlace(context, finished.storage);
  return [
    {
      level: 'stop',
      message: `${titleOf(stack.name)} has no object storage: what is here of it (its objects in ${objectsDir}, its tunnels) would be left with nothing to take it off.`,
      hint: beginning,
    },
  ];
}

/** A MinIO that was there before: it stays in any case. */
const isAdopted = (context: PlanContext): boolean => foundMinio(context) !== null;

/** MLflow would start with an empty database and without its users. */
function otherFolder(context: PlanContext): readonly PlanRemark[] {
  const { stack, finished, places } = context;
  if (!finished?.mlflow || !stack.mlflow) return [];
  const before = finished.mlflow.dataDir ?? places.dataDir;
  if (before === mlflowDataDir(context)) return [];
  return [
    {
      level: 'stop',
      message: `MLflow’s data in ${before} is not moved to another folder: MLflow would start without it.`,
      hint: `Keep that data folder. To begin anew elsewhere: ${makeRoom}`,
    },
  ];
}

/** What a run that came to no end may have put here: with nothing to be lost but its own beginnings, it is only told. */
function begun(context: PlanContext): readonly PlanRemark[] {
  const { stack, present, finished, places } = context;
  if (present === null) return [];
  const folderOf = ({ mlflow }: Stack) => (mlflow === null ? null : (mlflow.dataDir ?? places.dataDir));
  const objectsOf = ({ storage }: Stack) => (storage === null ? null : storePlace(context, storage).objectsDir);
  const isLeft = <T>(of: (stack: Stack) => T | null) =>
    of(present) !== null && ![stack, finished].some((each) => each !== null && of(each) === of(present));
  const left = [
    ...(isLeft(({ mlflow }) => (mlflow === null ? null : 'mlflow')) ? [unitName('mlflow', stack.environment)] : []),
    ...(isLeft(folderOf) ? [`MLflow’s data in ${folderOf(present) ?? ''}`] : []),
    ...(isLeft(objectsOf) && !isAdopted(context) ? [`the store’s objects in ${objectsOf(present) ?? ''}`] : []),
  ];
  if (left.length === 0) return [];
  return [
    {
      level: 'warning',
      message: `${titleOf(present.name)} was begun here and not finished: what it has put here already (${left.join(', ')}) stays until “${stack.environment}” is uninstalled.`,
      hint: null,
    },
  ];
}
