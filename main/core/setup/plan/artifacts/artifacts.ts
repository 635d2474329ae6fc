/** Where MLflow keeps artifacts. Always through the server (proxied), so that clients need no credentials of a store. */
import type { PlanRemark } from '../../../../shared/setup/plan.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import type { MlflowPart, Stack } from '../../../../shared/setup/stack.ts';
import { azureArtifacts } from './azure.ts';
import { ownStorageArtifacts, s3Artifacts } from './s3.ts';
import { emptyPart, type PlanContext, type WiredPart } from '../component.ts';

export function artifactsPart(context: PlanContext, mlflow: MlflowPart): WiredPart {
  const { part, wiring } = partFor(context, mlflow);
  return { part: { ...part, remarks: [...part.remarks, ...leftBehind(context)] }, wiring };
}

function partFor(context: PlanContext, mlflow: MlflowPart): WiredPart {
  const { artifacts } = mlflow;
  switch (artifacts.kind) {
    case 'folder':
      return folderArtifacts(mlflow.dataDir ?? context.places.dataDir);
    case 'own-storage':
      return ownStorageArtifacts(context);
    case 's3':
      return s3Artifacts(context, artifacts);
    case 'azure':
      return azureArtifacts(context, artifacts);
    default:
      return artifacts satisfies never;
  }
}

/** The folder itself is made with MLflow's other data. */
const folderArtifacts = (dataDir: string): WiredPart => ({
  part: emptyPart,
  wiring: {
    pythonPackages: [],
    printUri: `printf %s ${quoted(`${dataDir}/artifacts`)}`,
    printEnv: '',
    secrets: [],
    after: [],
  },
});

/**
 * MLflow serves all artifacts from one place, and runs name theirs without it (`mlflow-artifacts:/…`): those of earlier
 * runs are looked for in the new one, where they are not unless somebody copies them.
 */
function leftBehind({ stack, finished, places }: PlanContext): readonly PlanRemark[] {
  const from = finished === null ? null : placeOf(finished, places.dataDir);
  const to = placeOf(stack, places.dataDir);
  // Another bucket of the same store is told with the store.
  const inStore = [finished, stack].every((each) => each?.mlflow?.artifacts.kind === 'own-storage');
  if (from === null || to === null || from === to || inStore) return [];
  return [
    {
      level: 'warning',
      message: `The artifacts of earlier runs stay in ${from}, and MLflow no longer finds them: it looks in ${to} for all.`,
      hint: `Once all that is in ${from} is copied to ${to}, with its folders, they are found again. Runs, params and metrics are not concerned.`,
    },
  ];
}

/** Null: it has no MLflow. */
function placeOf({ mlflow, storage }: Stack, usualDataDir: string): string | null {
  if (!mlflow) return null;
  const { artifacts } = mlflow;
  const within = (prefix: string) => (prefix === '' ? '' : `/${prefix}`);
  switch (artifacts.kind) {
    case 'folder':
      return `${mlflow.dataDir ?? usualDataDir}/artifacts`;
    case 'own-storage':
      return `s3://${storage?.bucket ?? ''}/mlflow of the store on the server`;
    case 's3': {
      const { bucket, prefix, endpoint } = artifacts;
      return `s3://${bucket}${within(prefix)}${endpoint === null ? '' : ` at ${endpoint}`}`;
    }
    case 'azure':
      return `${artifacts.container}${within(artifacts.prefix)} of the storage account ${artifacts.account}`;
    default:
      return artifacts satisfies never;
  }
}
