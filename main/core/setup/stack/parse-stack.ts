/** From the flat values of a form, a stack file or `--set` to a stack; everything that does not fit is named by its key. */
import { done, failed, failure, type FieldFailure, type Reply } from '../../../shared/failure.ts';
import { adoptedPort } from '../../../shared/setup/offers.ts';
import { fieldsOf, shownFields, stackCards, type StackField } from '../../../shared/setup/stack-fields.ts';
import type {
  ArtifactsPart,
  DatabasePart,
  FieldValue,
  FromSqlite,
  MlflowPart,
  ScriptPart,
  Stack,
  StackDraft,
  StoragePart,
} from '../../../shared/setup/stack.ts';
import { splitWords } from './split-words.ts';

/** Fails with `invalid-argument`, its `fields` named by their keys. Values are not repeated. */
export function parseStack(draft: StackDraft): Reply<Stack> {
  const read = new FieldReader(draft);
  const stack = readStack(draft, read);
  const [first] = read.troubles;
  if (first === undefined) return done(stack);
  return failed(
    failure('invalid-argument', first.message, {
      ...(read.troubles.length === 1 ? {} : { hint: 'Correct the fields named and try again.' }),
      fields: read.troubles,
    }),
  );
}

function readStack(draft: StackDraft, read: FieldReader): Stack {
  const { stack: name } = draft;
  const isMlflow = name.startsWith('mlflow');
  const hasStorage = name === 'mlflow-full' || name === 'object-storage';
  return {
    name,
    environment: readEnvironment(read),
    scope:
      name === 'script' ? (read.yes('script.as-root') ? 'system' : 'user') : (read.text('scope') as Stack['scope']),
    mlflow: isMlflow ? readMlflow(draft, read) : null,
    storage: hasStorage ? readStorage(read) : null,
    script: name === 'script' ? readScript(read) : null,
  };
}

/** An adopted MLflow is not of a stack: what would be set up under its name is put beside it, or in its place. */
function readEnvironment(read: FieldReader): string {
  const environment = read.text('environment', environmentRule);
  if (adoptedPort(environment) !== null) {
    read.trouble('environment', 'can’t be one of “adopted”: that is kept for what somebody else set up');
  }
  return environment;
}

function readMlflow({ stack }: StackDraft, read: FieldReader): MlflowPart {
  return {
    version: read.text('mlflow.version', [/^\d{1,3}(\.\d{1,4}){1,3}$/, 'must be a version such as 3.17.2']),
    port: read.number('mlflow.port'),
    workers: read.number('mlflow.workers'),
    runAs: read.text('mlflow.run-as') as MlflowPart['runAs'],
    login: read.yes('mlflow.login')
      ? {
          admin: read.text('mlflow.admin', [
            /^[\w.@-]{1,64}$/,
            'may have letters, digits and . _ @ - only, 64 at most',
          ]),
        }
      : null,
    allowedHosts: read.list('mlflow.allowed-hosts', [hostPattern, 'must be host names with commas between']),
    dataDir: read.folder('mlflow.data-dir'),
    database: readDatabase(stack, read),
    artifacts: readArtifacts(stack, read),
  };
}

function readDatabase(stack: StackDraft['stack'], read: FieldReader): DatabasePart {
  if (stack === 'mlflow-postgres' || stack === 'mlflow-full') {
    // Environments beside each other share the server's PostgreSQL, but not a database in it.
    const environment = read.text('environment').replaceAll('-', '_');
    const name =
      read.text('database.name', optional(sqlRule)) || (environment === 'main' ? 'mlflow' : `mlflow_${environment}`);
    return {
      kind: 'postgres',
      name,
      user: read.text('database.user', optional(sqlRule)) || name,
      fromSqlite: readFromSqlite(read),
    };
  }
  if (stack !== 'mlflow-external-postgres') return { kind: 'sqlite' };
  const ca = read.text('database.ca', [
    /^(-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----\s*)?$/,
    'must be certificates in PEM',
  ]);
  return {
    kind: 'external-postgres',
    host: read.text('database.host', [hostPattern, 'must be a host name or address']),
    port: read.number('database.port'),
    name: read.text('database.name', plainRule),
    user: read.text('database.user', plainRule),
    sslMode: read.text('database.ssl-mode') as 'require',
    ca: ca.trim() === '' ? null : `${ca.trim()}\n`,
    fromSqlite: readFromSqlite(read),
  };
}

function readFromSqlite(read: FieldReader): FromSqlite {
  const wish = read.text('database.from-sqlite');
  return wish === 'move' || wish === 'fresh' ? wish : null;
}

function readArtifacts(stack: StackDraft['stack'], read: FieldReader): ArtifactsPart {
  if (stack === 'mlflow-full') return { kind: 'own-storage' };
  if (stack === 'mlflow-s3') {
    const endpoint = read.text('s3.endpoint', [
      /^(https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?)?$/,
      'must be an http(s) address',
    ]);
    const dataBucket = read.text('s3.data-bucket', optional(bucketRule));
    return {
      kind: 's3',
      bucket: read.text('s3.bucket', bucketRule),
      prefix: trimSlashes(read.text('s3.prefix', prefixRule)),
      region: read.text('s3.region', [/^[a-zA-Z0-9-]{1,40}$/, 'must be a region such as eu-north-1']),
      endpoint: endpoint === '' ? null : endpoint.replace(/\/+$/, ''),
      credentials: readS3Credentials(read),
      dataBucket: dataBucket === '' ? null : dataBucket,
    };
  }
  if (stack === 'mlflow-azure-blob') {
    return {
      kind: 'azure',
      account: read.text('azure.account', [/^[a-z0-9]{3,24}$/, 'must be 3–24 lower-case letters and digits']),
      container: read.text('azure.container', [
        /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
        'must be 3–63 lower-case letters, digits and single dashes',
      ]),
      prefix: trimSlashes(read.text('azure.prefix', prefixRule)),
      credential: read.text('azure.credential') as 'key',
    };
  }
  return { kind: 'folder' };
}

function readS3Credentials(read: FieldReader): Extract<ArtifactsPart, { kind: 's3' }>['credentials'] {
  const kind = read.text('s3.credentials');
  if (kind === 'profile')
    return { kind, profile: read.text('s3.profile', [/^[\w.@-]{1,64}$/, 'is not a profile’s name']) };
  if (kind === 'role') return { kind };
  return {
    kind: 'keys',
    accessKeyId: read.text('s3.access-key-id', [/^[\w.@/+=-]{1,128}$/, 'is not an access key id']),
  };
}

const readStorage = (read: FieldReader): StoragePart => {
  const port = read.number('storage.port');
  const consolePort = read.number('storage.console-port');
  if (port === consolePort) read.trouble('storage.console-port', 'must differ from the S3 port');
  return {
    software: read.text('storage.software') as StoragePart['software'],
    port,
    consolePort,
    bucket: read.text('storage.bucket', bucketRule),
    dataDir: read.folder('storage.data-dir'),
  };
};

function readScript(read: FieldReader): ScriptPart {
  const env = read.shellWords('script.env');
  if (env.some((each) => !/^[A-Za-z_]\w*=/.test(each))) read.trouble('script.env', 'must be NAME=value words');
  return {
    path: read.text('script.path', [/^[^\0]{1,1024}$/, 'must be a path of this machine']),
    run: read.list('script.run', [/^[^\0/][^\0]*$/, 'must be paths within the folder']),
    args: read.shellWords('script.args'),
    env,
    asRoot: read.yes('script.as-root'),
  };
}

type Rule = readonly [pattern: RegExp, words: string];

const hostPattern =
  /^(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*|[0-9a-fA-F:]*:[0-9a-fA-F:]+)$/;
const environmentRule: Rule = [/^[a-z][a-z0-9-]{0,19}$/, 'must be lower-case letters, digits and dashes, 20 at most'];
const sqlRule: Rule = [/^[a-z_][a-z0-9_]{0,62}$/, 'must be lower-case letters, digits and _, not a digit first'];
const plainRule: Rule = [/^[^\0\n]{1,63}$/, 'must be a name of 63 characters at most'];
const bucketRule: Rule = [
  /^(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'must be 3–63 lower-case letters, digits, dots and dashes',
];
const prefixRule: Rule = [/^[\w!*'().=/-]{0,200}$/, 'may have letters, digits and / - _ . only'];
const optional = ([pattern, words]: Rule): Rule => [new RegExp(`^$|${pattern.source}`), words];
const trimSlashes = (text: string): string => text.replace(/^\/+|\/+$/g, '');

/** Reads values by their fields; keeps what does not fit. */
class FieldReader {
  readonly troubles: FieldFailure[] = [];
  readonly #draft: StackDraft;
  readonly #fields: readonly StackField[];

  constructor(draft: StackDraft) {
    this.#draft = draft;
    this.#fields = fieldsOf(draft.stack);
    for (const key of Object.keys(draft.values)) {
      if (this.#fields.some((each) => each.key === key)) continue;
      // A key may be anything: only one that looks like a key is repeated.
      const shown = /^[\w.-]{1,40}$/.test(key) ? key : 'A value';
      this.troubles.push({
        path: 'values',
        message: `${shown} is not a setting of “${stackCards[draft.stack].title}”.`,
      });
    }
  }

  trouble(key: string, words: string): void {
    if (this.troubles.some((each) => each.path === key)) return;
    this.troubles.push({ path: key, message: `${this.#field(key).label} ${words}.` });
  }

  text(key: string, rule?: Rule): string {
    const { shape } = this.#field(key);
    const value = this.#value(key);
    if (value === null) return '';
    const text = String(value).trim();
    if (shape.kind === 'choice' && !shape.choices.some((each) => each.value === text)) {
      this.trouble(key, `must be one of ${shape.choices.map((each) => each.value).join(', ')}`);
    }
    if (rule && !rule[0].test(text)) this.trouble(key, rule[1]);
    return text;
  }

  number(key: string): number {
    const { shape } = this.#field(key);
    const value = this.#value(key);
    const [min, max] = shape.kind === 'count' ? [shape.min, shape.max] : [1, 65535];
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
    if (value !== null) this.trouble(key, `must be a whole number from ${String(min)} to ${String(max)}`);
    return min;
  }

  yes(key: string): boolean {
    const value = this.#value(key);
    if (typeof value === 'boolean') return value;
    const word = String(value).toLowerCase();
    if (['true', 'yes', 'on'].includes(word)) return true;
    if (!['false', 'no', 'off'].includes(word)) this.trouble(key, 'must be yes or no');
    return false;
  }

  /** Words with commas between. */
  list(key: string, rule: Rule): readonly string[] {
    const items = this.text(key)
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '');
    if (items.some((each) => !rule[0].test(each))) this.trouble(key, rule[1]);
    return items;
  }

  shellWords(key: string): readonly string[] {
    const split = splitWords(this.text(key));
    if (split === null) this.trouble(key, 'has a quote that is not closed');
    return split ?? [];
  }

  folder(key: string): string | null {
    const text = this.text(key, [/^(\/(?!\.\.?(\/|$))[\w@%+:,.-]+)*\/?$/, 'must be an absolute path without blanks']);
    const path = text.replace(/\/+$/, '');
    if (['/etc', '/usr', '/var', '/home', '/root', '/boot', '/tmp', '/opt'].includes(path)) {
      this.trouble(key, 'must be a folder of its own');
    }
    return path === '' ? null : path;
  }

  #field(key: string): StackField {
    const field = this.#fields.find((each) => each.key === key);
    if (!field) throw new Error(`no field ${key} in ${this.#draft.stack}`);
    return field;
  }

  /** Null: missing (told), or not asked for now. */
  #value(key: string): FieldValue | null {
    const field = this.#field(key);
    const given = this.#draft.values[key];
    const value = given === undefined || given === '' ? field.usual : given;
    if (value === null && shownFields(this.#draft).includes(field)) this.trouble(key, 'is needed');
    return value;
  }
}
