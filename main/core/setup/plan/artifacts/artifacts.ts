/** Where MLflow keeps artifacts. Always through the server (proxied), so that clients need no credentials of a store. */
import { quoted } from '../../../../shared/shell-words.ts';
import type { MlflowPart } from '../../../../shared/setup/stack.ts';
import { azureArtifacts } from './azure.ts';
import { ownStorageArtifacts, s3Artifacts } from './s3.ts';
import { emptyPart, type PlanContext } from '../component.ts';
import type { WiredPart } from '../plan-stack.ts';

export function artifactsPart(context: PlanContext, mlflow: MlflowPart): WiredPart {
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
