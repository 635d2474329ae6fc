/** What probes found, for fixtures. */
import type { FoundPort, Judged, ServiceView } from '../../main/shared/services.ts';

const well = (words: string): Judged => ({ state: 'ok', words, reason: null, fixes: [] });
const unknown = (words: string, reason: string | null = null): Judged => ({
  state: 'unknown',
  words,
  reason,
  fixes: [],
});

export const foundMlflow: ServiceView = {
  checkedMs: Date.UTC(2026, 4, 12, 9, 29, 40),
  latencyMs: 14.2,
  kind: 'mlflow',
  product: 'MLflow 3.17.2',
  port: well('127.0.0.1:5000'),
  service: well('MLflow 3.17.2'),
  login: well('signed in as admin'),
  health: well('healthy'),
  notes: [],
};

export const foundStore: ServiceView = {
  ...foundMlflow,
  latencyMs: 9,
  kind: 's3',
  product: 'VersityGW',
  port: well('127.0.0.1:9000'),
  service: well('VersityGW'),
  login: unknown('wants a key', 'Programs need the store’s access key and secret key.'),
};

export const wrongPassword: ServiceView = {
  ...foundMlflow,
  login: {
    state: 'failed',
    words: 'MLflow refuses the password that is kept for admin',
    reason: 'It was changed on the server, or there is no such user. Give the right one.',
    fixes: [{ kind: 'store-password' }, { kind: 'retry' }],
  },
};

export const nameRefused: ServiceView = {
  ...foundMlflow,
  health: {
    state: 'warning',
    words: 'MLflow answers 403 to the name mlflow-server.local',
    reason:
      'Its --allowed-hosts must have mlflow-server.local and mlflow-server.local:*; under 127.0.0.1:5001 it works.',
    fixes: [
      { kind: 'allow-names', environment: 'main', names: ['mlflow-server.local'] },
      { kind: 'send-as', host: '127.0.0.1:5001' },
      { kind: 'retry' },
    ],
  },
};

export const notMlflow: ServiceView = {
  ...foundMlflow,
  kind: 'http',
  product: 'nginx',
  service: {
    state: 'failed',
    words: 'the default page of nginx answers there, not MLflow',
    reason: 'Correct the tunnel’s target port, or what it is taken for.',
    fixes: [{ kind: 'edit-tunnel' }, { kind: 'set-service', service: 'http' }, { kind: 'retry' }],
  },
  login: unknown('not known yet'),
  health: unknown('not known yet'),
};

export const swappedConsole = (withForwardId: string): ServiceView => ({
  ...notMlflow,
  kind: 's3-console',
  product: 'MinIO console',
  port: well('127.0.0.1:9001'),
  service: {
    state: 'failed',
    words: 'port 9001 is MinIO’s console, not its S3 API',
    reason: 'Usually 9000 is the API and 9001 the console; many tutorials have them swapped.',
    fixes: [
      { kind: 'swap-ports', withForwardId, withLabel: 'S3 console' },
      { kind: 'set-service', service: 's3-console' },
    ],
  },
});

export const fakeFound: readonly FoundPort[] = [
  {
    host: '127.0.0.1',
    port: 5000,
    program: 'mooring-mlflow',
    isOpen: false,
    kind: 'mlflow',
    product: 'MLflow 3.17.2',
    words: 'MLflow 3.17.2',
    isBroken: false,
    forwardId: null,
    draft: {
      label: 'MLflow',
      service: 'mlflow',
      bind: { address: '127.0.0.1', port: 5001, alsoIpv6: false },
      target: { host: '127.0.0.1', port: 5000 },
    },
  },
  {
    host: '127.0.0.1',
    port: 8888,
    program: 'jupyter-lab',
    isOpen: true,
    kind: 'jupyter',
    product: 'Jupyter 2.14.0',
    words: 'Jupyter 2.14.0',
    isBroken: false,
    forwardId: null,
    draft: {
      label: 'Jupyter',
      service: 'jupyter',
      bind: { address: '127.0.0.1', port: 8888, alsoIpv6: false },
      target: { host: '127.0.0.1', port: 8888 },
    },
  },
  {
    host: '127.0.0.1',
    port: 5432,
    program: 'postgres',
    isOpen: false,
    kind: 'postgres',
    product: 'PostgreSQL',
    words: 'PostgreSQL',
    isBroken: false,
    forwardId: 'f-PostgreSQL',
    draft: null,
  },
];
