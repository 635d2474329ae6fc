/** Artifacts in a bucket: of AWS, of another S3 endpoint, or of the stack's own store. */
import type { PlanRemark, PlanService } from '../../../../shared/setup/plan.ts';
import type { ArtifactsPart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { artifactsCheck } from './check.ts';
import { s3Call, s3Client, type S3Settings } from './s3-client.ts';
import { emptyPart, serviceAccount, type PlanContext, type WiredPart } from '../component.ts';
import { storeKeys, storeRegion, wiredStore } from '../storage/storage.ts';

type S3Artifacts = Extract<ArtifactsPart, { kind: 's3' }>;

const pythonPackages = ['boto3==1.44.5'];

export function s3Artifacts(context: PlanContext, s3: S3Artifacts): WiredPart {
  const { bucket, prefix, region, endpoint, credentials, dataBucket } = s3;
  const keys = credentials.kind === 'keys' ? credentials : null;
  const settings: S3Settings = {
    endpoint,
    region,
    credentials: keys ? { kind: 'keys' } : (credentials as S3Settings['credentials']),
    buckets: [
      { name: bucket, prefix, make: false },
      ...(dataBucket === null ? [] : [{ name: dataBucket, prefix: '', make: false }]),
    ],
  };
  const secret = keys ? 's3.secret-access-key' : null;
  return {
    part: {
      ...emptyPart,
      steps: [
        artifactsCheck(context, {
          what: dataBucket === null ? `the bucket ${bucket}` : `the buckets ${bucket} and ${dataBucket}`,
          client: s3Client,
          call: keys ? `s3_client ${s3Call(settings)}` : `s3_client_as "$check_as" ${s3Call(settings)}`,
          settings: `s3 ${keys?.accessKeyId ?? ''} ${s3Call(settings)}`,
          lines: keys ? [keys.accessKeyId] : [],
          secret,
          asService: credentials.kind === 'profile',
        }),
      ],
      remarks: endpointRemarks(s3),
      secrets: keys
        ? [
            {
              name: 's3.secret-access-key',
              label: `Secret access key of ${keys.accessKeyId}`,
              origin: 'given',
            },
          ]
        : [],
      services: loopbackService(endpoint),
    },
    wiring: {
      pythonPackages,
      printUri: printUri(bucket, prefix),
      printEnv: [
        ...printCredentials(context, s3),
        `env_line AWS_DEFAULT_REGION ${quoted(region)}`,
        ...(endpoint === null ? [] : printEndpoint(endpoint)),
      ].join('\n'),
      secrets: secret === null ? [] : [secret],
      after: [],
    },
  };
}

/** The keys are read where the store has them, so that MLflow's never differ from them. */
export function ownStorageArtifacts(context: PlanContext): WiredPart {
  const store = wiredStore(context);
  if (!store) throw new Error('artifacts in an own store need a stack with one');
  return {
    part: emptyPart,
    wiring: {
      pythonPackages,
      printUri: printUri(store.bucket, 'mlflow'),
      printEnv: [
        storeKeys(context),
        'if [ -z "$(store_key ACCESS)" ] || [ -z "$(store_key SECRET)" ]; then',
        '  echo "The keys of the store are not on this server: set it up again and give them." >&2',
        '  return 1',
        'fi',
        'env_line AWS_ACCESS_KEY_ID "$(store_key ACCESS)"',
        'env_line AWS_SECRET_ACCESS_KEY "$(store_key SECRET)"',
        `env_line AWS_DEFAULT_REGION ${storeRegion}`,
        ...printEndpoint(`http://127.0.0.1:${String(store.port)}`),
      ].join('\n'),
      secrets: [],
      after: store.units,
    },
  };
}

const printUri = (bucket: string, prefix: string): string =>
  `printf %s ${quoted(`s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`)}`;

/** Stores other than AWS do not all know the checksums that boto3 adds of its own accord. */
const printEndpoint = (endpoint: string): string[] => [
  `env_line MLFLOW_S3_ENDPOINT_URL ${quoted(endpoint)}`,
  'env_line AWS_REQUEST_CHECKSUM_CALCULATION when_required',
  'env_line AWS_RESPONSE_CHECKSUM_VALIDATION when_required',
];

function printCredentials(context: PlanContext, { credentials }: S3Artifacts): string[] {
  switch (credentials.kind) {
    case 'keys':
      return [
        `env_line AWS_ACCESS_KEY_ID ${quoted(credentials.accessKeyId)}`,
        'env_line AWS_SECRET_ACCESS_KEY "$(secret s3.secret-access-key)"',
      ];
    case 'profile': {
      const home = `"$(getent passwd ${quoted(serviceAccount(context))} | cut -d: -f6)`;
      return [
        `env_line AWS_PROFILE ${quoted(credentials.profile)}`,
        `env_line AWS_SHARED_CREDENTIALS_FILE ${home}/.aws/credentials"`,
        `env_line AWS_CONFIG_FILE ${home}/.aws/config"`,
      ];
    }
    case 'role':
      return [];
    default:
      return credentials satisfies never;
  }
}

function endpointRemarks({ endpoint }: S3Artifacts): readonly PlanRemark[] {
  if (!endpoint?.startsWith('http:') || isLoopback(endpoint)) return [];
  return [
    {
      level: 'warning',
      message: `Artifacts go to ${endpoint} unencrypted: whoever is between can read them.`,
      hint: 'Use an https:// address if the endpoint has one.',
    },
  ];
}

const isLoopback = (endpoint: string): boolean =>
  /^https?:\/\/(127\.[\d.]+|localhost|\[::1\])(:\d+)?(\/|$)/.test(endpoint);

/** MLflow's clients are sent to this very address for what they download, so it must lead there from here as well. */
function loopbackService(endpoint: string | null): readonly PlanService[] {
  if (endpoint === null || !isLoopback(endpoint)) return [];
  const told = /:(\d+)(\/|$)/.exec(endpoint.slice('https:'.length))?.[1];
  const port = told === undefined ? (endpoint.startsWith('https:') ? 443 : 80) : Number(told);
  return [{ service: 's3', label: 'S3 API', port, samePort: true }];
}
