/** Which variables clients of a server need, as its tunnels are now. Secrets are named here, not read. */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import { formatEndpoint, isOwnHost, type Forward } from '../../shared/forward.ts';
import type { EnvRemark, ProxySetting } from '../../shared/environment/environment.ts';
import { notSpared, proxyExceptions } from '../../shared/environment/no-proxy.ts';
import { hasClients, type InstalledStack, type Stack, type StackSecretName } from '../../shared/setup/stack.ts';
import { whichStack, type WhichStack } from '../../shared/setup/which-stack.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import { isBound } from '../../shared/words.ts';
import { storeRegion } from '../setup/plan/storage/storage.ts';
import { parseStack } from '../setup/stack/parse-stack.ts';
import { remarksOn } from './remarks.ts';

/** `secret`: a variable whose value is in the keychain, by its name among the stack's secrets. */
export interface PlannedVariable {
  readonly name: string;
  readonly why: string;
  readonly is: { readonly value: string } | { readonly secret: StackSecretName };
  /** It gives somebody access: in no text unless asked for. */
  readonly isSecret: boolean;
}

export interface PlannedEnvironment {
  readonly environment: string | null;
  readonly environments: readonly string[];
  readonly variables: readonly PlannedVariable[];
  readonly remarks: readonly EnvRemark[];
  readonly hasStore: boolean;
}

type Seen = Pick<ServerView, 'profile' | 'forwards' | 'connection' | 'verify'>;

/** The forwards that lead to what the environment's clients use. */
interface Ways {
  readonly mlflow: Forward | undefined;
  readonly s3: Forward | undefined;
  readonly postgres: Forward | undefined;
}

/**
 * `typed` undefined: as {@link whichStack} has it; without any stack that is finished, what the tunnels alone lead to.
 * Fails with `not-found`, and with `invalid-argument` where somebody has to say which.
 */
export function planEnvironment(
  server: Seen,
  typed: string | undefined,
  proxy: ProxySetting,
): Reply<PlannedEnvironment> {
  const { profile } = server;
  const stacks = profile.stacks.filter(hasClients);
  const which = whichStack(stacks, typed);
  const isMissing = which.kind === 'unknown' || (which.kind === 'none' && typed !== undefined);
  if (isMissing || which.kind === 'several') return failed(noneOf(profile.name, which, typed));
  const installed = which.kind === 'this' ? stacks.find((each) => each.environment === which.environment) : undefined;
  const environments = stacks.filter((each) => each.complete || each === installed).map((each) => each.environment);
  const stack = installed ? stackOf(installed) : null;
  const ways = waysOf(server, stacks, installed, stack);
  const known = new Set(installed?.secrets ?? []);
  const variables = [
    ...mlflowVariables(server, ways, installed, stack),
    ...storeVariables(ways, stack, known),
    ...postgresVariables(ways, stack),
  ];
  const used = [ways.mlflow, ways.s3, ways.postgres].filter((each) => each !== undefined);
  const through = proxyVariables(used, proxy);
  return done({
    environment: installed?.environment ?? null,
    environments,
    variables: [...variables, ...through],
    remarks: remarksOn(server, { used, installed, stack, mlflow: ways.mlflow, throughProxy: through.length > 0 }),
    hasStore: variables.some(({ name }) => name === 'AWS_ACCESS_KEY_ID' || name === 'AWS_ENDPOINT_URL_S3'),
  });
}

/** Why none of the stacks can be taken. */
function noneOf(name: string, which: WhichStack, typed = ''): Failure {
  const names = 'environments' in which ? which.environments : [];
  const hint = names.length > 0 ? `There is: ${names.join(', ')}.` : 'Set something up there first.';
  return which.kind === 'several'
    ? failure('invalid-argument', `Say which stack of ${name} is meant.`, { hint })
    : failure('not-found', `${name} has no stack ${typed}.`, { hint });
}

/** Null: saved by a version that knew other fields. */
function stackOf({ draft }: InstalledStack): Stack | null {
  const parsed = parseStack(draft);
  return parsed.ok ? parsed.value : null;
}

/** The port of the server's own loopback at which the artifacts' store is; null: it is elsewhere, or there is none. */
function storePortOf(stack: Stack | null): number | null {
  if (stack?.storage) return stack.storage.port;
  const artifacts = stack?.mlflow?.artifacts;
  if (artifacts?.kind !== 's3' || artifacts.endpoint === null) return null;
  const url = /^(https?):\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?/.exec(artifacts.endpoint);
  if (!url || !isOwnHost((url[2] ?? '').replace(/^\[|\]$/g, ''))) return null;
  return Number(url[3] ?? (url[1] === 'https' ? 443 : 80));
}

/** The environment's own tunnels; where it has none to a service, one that belongs to no other environment. */
function waysOf(
  { profile, forwards: views }: Seen,
  stacks: readonly InstalledStack[],
  installed: InstalledStack | undefined,
  stack: Stack | null,
): Ways {
  // Where nobody said what answers, what was found there counts.
  const forwards = profile.forwards.map((each): Forward => {
    const found = views.find((view) => view.forwardId === each.id)?.service?.kind;
    return (each.service === 'tcp' || each.service === 'http') && found ? { ...each, service: found } : each;
  });
  /** One that no stack speaks of, and that is off, is not missed beside a stack. */
  const isMeant = (forward: Forward) => forward.wanted || installed === undefined;
  /** Of several the one that is up. */
  const best = (some: readonly Forward[]) =>
    some.find((each) => isBound(views.find((view) => view.forwardId === each.id)?.state ?? { kind: 'off' })) ?? some[0];
  const to = (service: Forward['service'], port: number | null) =>
    forwards.filter((each) => each.service === service && isOwnHost(each.target.host) && each.target.port === port);
  const parsed = stacks.map(stackOf);
  const ownedIds = new Set(stacks.map((each) => each.forwardId));
  const storePorts = parsed.map(storePortOf);
  const mlflowPorts = parsed.map((each) => each?.mlflow?.port ?? null);
  const free = (service: Forward['service'], ports: readonly (number | null)[]) =>
    forwards.filter(
      (each) =>
        each.service === service &&
        isMeant(each) &&
        !ownedIds.has(each.id) &&
        !(isOwnHost(each.target.host) && ports.includes(each.target.port)),
    );
  const database = stack?.mlflow?.database;
  const someoneHasPostgres = parsed.some(
    (each) => each !== null && each.mlflow !== null && each.mlflow.database.kind !== 'sqlite',
  );
  const postgres = forwards.filter(({ service }) => service === 'postgres');
  const ownPostgres = postgres.filter(({ target }) =>
    database?.kind === 'external-postgres'
      ? target.host.toLowerCase() === database.host.toLowerCase() && target.port === database.port
      : database?.kind === 'postgres' && isOwnHost(target.host),
  );
  const storePort = storePortOf(stack);
  return {
    mlflow:
      forwards.find((each) => each.id === installed?.forwardId && each.service === 'mlflow') ??
      best(stack?.mlflow ? to('mlflow', stack.mlflow.port) : free('mlflow', mlflowPorts)),
    s3: best(storePort === null ? free('s3', storePorts) : to('s3', storePort)),
    postgres: best(ownPostgres) ?? (someoneHasPostgres ? undefined : best(postgres.filter(isMeant))),
  };
}

const plain = (name: string, value: string, why: string): PlannedVariable => ({
  name,
  why,
  is: { value },
  isSecret: false,
});
const secret = (name: string, which: StackSecretName, why: string): PlannedVariable => ({
  name,
  why,
  is: { secret: which },
  isSecret: true,
});

const urlOf = ({ bind }: Forward): string => `http://${formatEndpoint(bind.address, bind.port)}`;

function mlflowVariables(
  server: Seen,
  { mlflow, s3 }: Ways,
  installed: InstalledStack | undefined,
  stack: Stack | null,
): readonly PlannedVariable[] {
  if (!mlflow) return [];
  const user = stack?.mlflow || !stack ? (installed?.adminUser ?? null) : null;
  return [
    plain('MLFLOW_TRACKING_URI', urlOf(mlflow), 'MLflow, through its tunnel.'),
    ...(user === null
      ? []
      : [
          plain('MLFLOW_TRACKING_USERNAME', user, 'The user that MLflow knows.'),
          secret('MLFLOW_TRACKING_PASSWORD', 'mlflow.admin-password', 'Its password.'),
        ]),
    ...(needsDetour(server, s3, stack)
      ? [
          plain(
            'MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD',
            'false',
            'Artifacts come by way of MLflow: the store can’t be reached at its own port from here.',
          ),
          plain('MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD', 'false', 'The same for large artifacts on their way there.'),
        ]
      : []),
  ];
}

/**
 * From 3.17 on clients fetch artifacts by links that the store signs, with the address in it by which MLflow's server
 * knows the store: where that leads nowhere here, artifacts have to go through MLflow.
 */
function needsDetour({ verify, forwards }: Seen, s3: Forward | undefined, stack: Stack | null): boolean {
  const checked = verify?.environment === stack?.environment ? (verify?.directAccess ?? null) : null;
  if (checked === 'none') return false;
  const port = storePortOf(stack);
  if (port === null || !stack?.mlflow) return checked === 'unreachable';
  const state = forwards.find((each) => each.forwardId === s3?.id)?.state;
  const isThere = s3?.bind.port === port && s3.bind.address === '127.0.0.1' && state !== undefined && isBound(state);
  return !isThere || checked === 'unreachable';
}

function storeVariables(
  { s3 }: Ways,
  stack: Stack | null,
  known: ReadonlySet<StackSecretName>,
): readonly PlannedVariable[] {
  const artifacts = stack?.mlflow?.artifacts;
  const endpoint = storeEndpoint(s3, stack);
  const addresses = (url: string) => [
    plain('MLFLOW_S3_ENDPOINT_URL', url, 'The store, for MLflow’s runs that name it themselves.'),
    plain('AWS_ENDPOINT_URL_S3', url, 'The same store for boto3 and the AWS command line.'),
  ];
  if (stack?.storage) {
    if (endpoint === null) return [];
    return [
      ...addresses(endpoint),
      secret('AWS_ACCESS_KEY_ID', 'storage.access-key', 'The store’s access key.'),
      secret('AWS_SECRET_ACCESS_KEY', 'storage.secret-key', 'Its secret key.'),
      plain('AWS_DEFAULT_REGION', storeRegion, 'The region that the store says it is in.'),
    ];
  }
  if (artifacts?.kind === 's3') {
    // Without a secret that is known here the keys are the server's matter alone, as with a role.
    const { credentials } = artifacts;
    const isOurs = credentials.kind === 'keys' && known.has('s3.secret-access-key');
    if (!isOurs || (endpoint === null && artifacts.endpoint !== null)) return [];
    return [
      ...(endpoint === null ? [] : addresses(endpoint)),
      { ...plain('AWS_ACCESS_KEY_ID', credentials.accessKeyId, 'The key that MLflow uses, too.'), isSecret: true },
      secret('AWS_SECRET_ACCESS_KEY', 's3.secret-access-key', 'Its secret key.'),
      plain('AWS_DEFAULT_REGION', artifacts.region, 'The bucket’s region.'),
    ];
  }
  return s3 ? addresses(urlOf(s3)) : [];
}

/** The store's address from here; null: AWS itself, or a store that no tunnel leads to. */
function storeEndpoint(s3: Forward | undefined, stack: Stack | null): string | null {
  if (storePortOf(stack) !== null) return s3 ? urlOf(s3) : null;
  const artifacts = stack?.mlflow?.artifacts;
  return artifacts?.kind === 's3' ? artifacts.endpoint : null;
}

function postgresVariables({ postgres }: Ways, stack: Stack | null): readonly PlannedVariable[] {
  if (!postgres) return [];
  const database = stack?.mlflow?.database;
  const { address, port } = postgres.bind;
  return [
    plain('PGHOST', address, 'PostgreSQL, through its tunnel.'),
    plain('PGPORT', String(port), 'The tunnel’s port here.'),
    ...(database === undefined || database.kind === 'sqlite'
      ? []
      : [
          plain('PGUSER', database.user, 'MLflow’s user in the database.'),
          plain('PGDATABASE', database.name, 'MLflow’s database.'),
          secret('PGPASSWORD', 'database.password', 'That user’s password.'),
        ]),
    ...(database?.kind === 'external-postgres'
      ? [plain('PGSSLMODE', 'require', 'The database wants TLS; its certificate does not name 127.0.0.1.')]
      : []),
  ];
}

/** Programs that go by a proxy would look for 127.0.0.1 behind it. */
function proxyVariables(used: readonly Forward[], proxy: ProxySetting): readonly PlannedVariable[] {
  if (!proxy.isSet || used.length === 0) return [];
  const wanted = [...new Set([...used.map(({ bind }) => bind.address), 'localhost'])];
  const missing = notSpared(proxy.except, wanted);
  if (missing.length === 0 || missing.join() === 'localhost') return [];
  const value = [...proxyExceptions(proxy.except), ...missing].join(',');
  const why = 'This machine uses a proxy, which would catch the tunnels.';
  const names = proxy.isLowerCase ? ['NO_PROXY', 'no_proxy'] : ['NO_PROXY'];
  return names.map((name) => plain(name, value, why));
}
