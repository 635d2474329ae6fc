/** Artifacts in a container of an Azure storage account. */
import type { ArtifactsPart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { artifactsCheck } from './check.ts';
import { azureCall, azureClient } from './azure-client.ts';
import { emptyPart, type PlanContext, type WiredPart } from '../component.ts';

type AzureArtifacts = Extract<ArtifactsPart, { kind: 'azure' }>;

/** MLflow asks for azure-identity only where it has neither key nor connection string: it always has one here. */
const pythonPackages = ['azure-storage-blob==12.31.1'];

const labels: Readonly<Record<AzureArtifacts['credential'], (account: string) => string>> = {
  key: (account) => `Key of the storage account ${account}`,
  'connection-string': (account) => `Connection string of the storage account ${account}`,
  sas: (account) => `SAS token for the storage account ${account}`,
};

export function azureArtifacts(context: PlanContext, azure: AzureArtifacts): WiredPart {
  const { account, container, prefix, credential } = azure;
  const secret = 'azure.credential';
  return {
    part: {
      ...emptyPart,
      steps: [
        artifactsCheck(context, {
          what: `the container ${container} of ${account}`,
          client: azureClient,
          call: `azure_client ${azureCall(azure)}`,
          settings: `azure ${azureCall(azure)}`,
          lines: [],
          secret,
          asService: false,
        }),
      ],
      secrets: [{ name: secret, label: labels[credential](account), origin: 'given' }],
    },
    wiring: {
      pythonPackages,
      printUri: `printf %s ${quoted(`wasbs://${container}@${account}.blob.core.windows.net${prefix === '' ? '' : `/${prefix}`}`)}`,
      printEnv: printCredential(azure),
      secrets: [secret],
      after: [],
    },
  };
}

/** MLflow knows no SAS token, but a connection string may hold one. */
function printCredential({ account, credential }: AzureArtifacts): string {
  switch (credential) {
    case 'key':
      return 'env_line AZURE_STORAGE_ACCESS_KEY "$(secret azure.credential)"';
    case 'connection-string':
      return 'env_line AZURE_STORAGE_CONNECTION_STRING "$(secret azure.credential)"';
    case 'sas': {
      const endpoint = `BlobEndpoint=https://${account}.blob.core.windows.net/;SharedAccessSignature=`;
      return `env_line AZURE_STORAGE_CONNECTION_STRING ${quoted(endpoint)}"$(secret azure.credential | sed 's/^?//')"`;
    }
    default:
      return credential satisfies never;
  }
}
