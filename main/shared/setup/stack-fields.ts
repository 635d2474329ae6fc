/**
 * The cards and the flat fields of stacks, once: the window's form, `mooring setup --set`, the stack file's JSON schema
 * and the parser are all made of these tables.
 */
import type { FieldValue, StackDraft, StackName } from './stack.ts';

export interface StackCard {
  readonly title: string;
  /** One or two short sentences. */
  readonly summary: string;
}

export const stackCards: Readonly<Record<StackName, StackCard>> = {
  'mlflow-quick-start': {
    title: 'MLflow quick start',
    summary: 'MLflow with a login. Runs in SQLite, artifacts in a folder of the server.',
  },
  'mlflow-postgres': {
    title: 'MLflow with PostgreSQL',
    summary: 'For more than a person or two: runs in a PostgreSQL on the same server.',
  },
  'mlflow-external-postgres': {
    title: 'MLflow with a database elsewhere',
    summary: 'Runs in a managed PostgreSQL (RDS, Azure, Cloud SQL), checked from the server first.',
  },
  'mlflow-s3': {
    title: 'MLflow with S3',
    summary: 'Artifacts in a bucket of AWS or of any S3 endpoint, checked first.',
  },
  'mlflow-azure-blob': {
    title: 'MLflow with Azure Blob',
    summary: 'Artifacts in a container of an Azure storage account, checked first.',
  },
  'mlflow-full': {
    title: 'MLflow, PostgreSQL and object storage',
    summary: 'Everything on one server: runs in PostgreSQL, artifacts in an S3 store of its own.',
  },
  'object-storage': {
    title: 'Object storage',
    summary: 'An S3 store alone, on 9000, with its console on 9001.',
  },
  script: {
    title: 'Your own script',
    summary: 'Uploads a script or a folder of this machine and runs it there; runs an Ansible playbook from here.',
  },
};

export type FieldShape =
  | { readonly kind: 'text'; readonly example?: string }
  | { readonly kind: 'port' }
  | { readonly kind: 'count'; readonly min: number; readonly max: number }
  | { readonly kind: 'yes-no' }
  | { readonly kind: 'choice'; readonly choices: readonly { readonly value: string; readonly label: string }[] };

export interface StackField {
  /** `part.name`; what `--set` and stack files call it. */
  readonly key: string;
  readonly label: string;
  /** A sentence, where the label does not say it all. */
  readonly help: string | null;
  readonly shape: FieldShape;
  /** Null: a person has to tell it. */
  readonly usual: FieldValue | null;
  readonly stacks: readonly StackName[];
  /** Folded away in the form. */
  readonly advanced: boolean;
  /** Shown only while another field has this value. */
  readonly onlyIf?: { readonly key: string; readonly is: FieldValue };
}

const withMlflow: readonly StackName[] = [
  'mlflow-quick-start',
  'mlflow-postgres',
  'mlflow-external-postgres',
  'mlflow-s3',
  'mlflow-azure-blob',
  'mlflow-full',
];
const withStorage: readonly StackName[] = ['mlflow-full', 'object-storage'];

/** The MLflow that setup's tests run against. */
export const testedMlflow = '3.17.2';

type Extra = Partial<Pick<StackField, 'help' | 'advanced' | 'onlyIf'>>;
const field = (
  key: string,
  label: string,
  shape: FieldShape,
  usual: FieldValue | null,
  stacks: readonly StackName[],
  extra: Extra = {},
): StackField => ({ key, label, help: null, shape, usual, stacks, advanced: false, ...extra });
const text = (example?: string): FieldShape => (example === undefined ? { kind: 'text' } : { kind: 'text', example });
const port: FieldShape = { kind: 'port' };
const yesNo: FieldShape = { kind: 'yes-no' };
const choice = (choices: Readonly<Record<string, string>>): FieldShape => ({
  kind: 'choice',
  choices: Object.entries(choices).map(([value, label]) => ({ value, label })),
});

export const stackFields: readonly StackField[] = [
  field('environment', 'Environment', text('main, dev, staging, prod'), 'main', [...withMlflow, 'object-storage'], {
    help: 'Stacks of different environments stand side by side, each with its own port, data and password.',
    advanced: true,
  }),
  // Never the place of a stack that stays at work: a script is run beside it.
  field('environment', 'Environment', text('script'), 'script', ['script'], {
    help: 'The name under which its files lie on the server; not one of a stack that is there.',
    advanced: true,
  }),
  field(
    'scope',
    'Put it',
    choice({
      auto: 'where the account may',
      system: 'on the whole system (root)',
      user: 'under the login account only',
    }),
    'auto',
    [...withMlflow, 'object-storage'],
    { advanced: true },
  ),
  field('mlflow.port', 'Port', port, 5000, withMlflow, { help: 'On the server’s loopback; 5001 for dev is usual.' }),
  field('mlflow.login', 'Ask for a login', yesNo, true, withMlflow, {
    help: 'Other users of the server can reach its loopback too.',
  }),
  field('mlflow.admin', 'User', text('admin'), 'admin', withMlflow, { onlyIf: { key: 'mlflow.login', is: true } }),
  field('mlflow.version', 'MLflow version', text(testedMlflow), testedMlflow, withMlflow, { advanced: true }),
  field('mlflow.workers', 'Workers', { kind: 'count', min: 0, max: 64 }, 0, withMlflow, {
    help: '0: one on small machines, else two. Each takes about 400 MB.',
    advanced: true,
  }),
  field(
    'mlflow.run-as',
    'Runs as',
    choice({ login: 'the login account', own: 'an account of its own' }),
    'login',
    withMlflow,
    { advanced: true },
  ),
  field('mlflow.allowed-hosts', 'Other names', text('mlflow-server.local'), '', withMlflow, {
    help: 'Host names besides 127.0.0.1 under which it is opened, with commas between. MLflow refuses all others.',
    advanced: true,
  }),
  field('mlflow.data-dir', 'Data folder', text('/srv/mlflow'), '', withMlflow, {
    help: 'Absolute; empty: the usual place.',
    advanced: true,
  }),

  field('database.name', 'Database', text('mlflow'), '', ['mlflow-postgres', 'mlflow-full'], {
    help: 'Empty: mlflow; in an environment other than main mlflow_ENVIRONMENT.',
    advanced: true,
  }),
  field('database.user', 'Database user', text('mlflow'), '', ['mlflow-postgres', 'mlflow-full'], {
    help: 'Empty: the same as the database.',
    advanced: true,
  }),
  field('database.host', 'Database host', text('db.example.org'), null, ['mlflow-external-postgres']),
  field('database.port', 'Database port', port, 5432, ['mlflow-external-postgres']),
  field('database.name', 'Database', text('mlflow'), 'mlflow', ['mlflow-external-postgres']),
  field('database.user', 'Database user', text('mlflow'), null, ['mlflow-external-postgres']),
  field(
    'database.ssl-mode',
    'TLS',
    choice({
      require: 'required',
      'verify-ca': 'required, certificate checked',
      'verify-full': 'required, certificate and name checked',
    }),
    'require',
    ['mlflow-external-postgres'],
  ),
  field('database.ca', 'Certificates to trust (PEM)', text(), '', ['mlflow-external-postgres'], {
    help: 'Empty: those that the server trusts already.',
    advanced: true,
  }),
  field(
    'database.from-sqlite',
    'Runs in SQLite so far',
    choice({ ask: 'ask, if there are any', move: 'move them to PostgreSQL', fresh: 'start fresh, keep the file' }),
    'ask',
    ['mlflow-postgres', 'mlflow-full', 'mlflow-external-postgres'],
    { help: 'Where MLflow with a SQLite file is set up already.', advanced: true },
  ),

  field('s3.bucket', 'Bucket', text('my-artifacts'), null, ['mlflow-s3']),
  field('s3.prefix', 'Folder in the bucket', text('mlflow'), 'mlflow', ['mlflow-s3']),
  field('s3.region', 'Region', text('eu-north-1'), 'us-east-1', ['mlflow-s3']),
  field('s3.endpoint', 'Endpoint', text('https://a3s.fi'), '', ['mlflow-s3'], { help: 'Empty: AWS.' }),
  field(
    's3.credentials',
    'Credentials',
    choice({ keys: 'an access key', profile: 'a profile on the server', role: 'the machine’s own role' }),
    'keys',
    ['mlflow-s3'],
  ),
  field('s3.access-key-id', 'Access key id', text('AKIA…'), null, ['mlflow-s3'], {
    onlyIf: { key: 's3.credentials', is: 'keys' },
  }),
  field('s3.profile', 'Profile', text('default'), 'default', ['mlflow-s3'], {
    onlyIf: { key: 's3.credentials', is: 'profile' },
  }),
  field('s3.data-bucket', 'Second bucket, for data', text('my-data'), '', ['mlflow-s3'], { advanced: true }),

  field('azure.account', 'Storage account', text('mlartifacts'), null, ['mlflow-azure-blob']),
  field('azure.container', 'Container', text('mlflow'), 'mlflow', ['mlflow-azure-blob']),
  field('azure.prefix', 'Folder in the container', text('artifacts'), '', ['mlflow-azure-blob'], { advanced: true }),
  field(
    'azure.credential',
    'Credential',
    choice({ key: 'account key', 'connection-string': 'connection string', sas: 'SAS token' }),
    'key',
    ['mlflow-azure-blob'],
  ),

  field(
    'storage.software',
    'Store',
    choice({
      versitygw: 'VersityGW (objects are plain files)',
      seaweedfs: 'SeaweedFS (from the Python package index)',
    }),
    'versitygw',
    withStorage,
    { help: 'MinIO is not installed anew, since it is no longer maintained; one that is there is used.' },
  ),
  field('storage.port', 'S3 port', port, 9000, withStorage, { advanced: true }),
  field('storage.console-port', 'Console port', port, 9001, withStorage, { advanced: true }),
  field('storage.bucket', 'Bucket', text('mlflow'), 'mlflow', withStorage),
  field('storage.data-dir', 'Store’s data folder', text('/srv/objects'), '', withStorage, {
    help: 'Absolute; empty: the usual place.',
    advanced: true,
  }),

  field('script.path', 'Script, folder or playbook', text('~/work/install.sh'), null, ['script'], {
    help: 'Of this machine. A folder is uploaded whole, up to 100 MB; a playbook (.yml) is run by this machine’s Ansible.',
  }),
  field('script.run', 'Run', text('install.sh, run_tests.sh'), '', ['script'], {
    help: 'Of a folder: the scripts to run, one after another, with commas between.',
  }),
  field('script.args', 'Arguments', text('--gpu "two words"'), '', ['script']),
  field('script.env', 'Environment', text('NAME=value OTHER="two words"'), '', ['script'], {
    help: 'No secrets: they would be seen on the server.',
    advanced: true,
  }),
  field('script.as-root', 'Run as root', yesNo, false, ['script']),
];

/** The fields of one stack, in the order of the form. */
export const fieldsOf = (stack: StackName): readonly StackField[] =>
  stackFields.filter((each) => each.stacks.includes(stack));

/** Fields that matter for what was chosen so far. */
export function shownFields(draft: StackDraft): readonly StackField[] {
  const fields = fieldsOf(draft.stack);
  const valueOf = (key: string) => draft.values[key] ?? fields.find((each) => each.key === key)?.usual;
  return fields.filter(({ onlyIf }) => onlyIf === undefined || valueOf(onlyIf.key) === onlyIf.is);
}
