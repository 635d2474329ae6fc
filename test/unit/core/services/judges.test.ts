/** Every broken state with the link that is told, its words and what mends it; and that what is well is left alone. */
import { describe, expect, it } from 'vitest';
import { ok, type ProbeContext } from '../../../../main/core/services/probe.ts';
import type { ServiceKind } from '../../../../main/shared/forward.ts';
import type { Fix } from '../../../../main/shared/fixes.ts';
import { brokenLink, chain, troubledLink, type LinkName } from '../../../../main/shared/chain.ts';
import { forwardLight } from '../../../../main/shared/words.ts';
import { forwardOf, up, upChecked, idle } from '../../../support/snapshots.ts';
import {
  closing,
  contextOf,
  database,
  frozen,
  greeter,
  hostRefused,
  html,
  http,
  mlflowGuarded,
  mlflowPages,
  mlflowWithLogin,
  probe,
  searchPath,
  verdictIn,
  web,
  withPlaces,
  xml,
  type World,
} from './worlds.ts';

interface Row {
  readonly state: string;
  readonly kind: ServiceKind;
  readonly world: World;
  readonly context?: Partial<ProbeContext>;
  readonly link: LinkName;
  readonly words: RegExp;
  readonly fix: Fix['kind'];
  /** It is a warning: what stands there can be used all the same. */
  readonly works?: true;
}

const s3Of = (list: ReturnType<World>, more: Parameters<typeof web>[0] = {}): World =>
  web({ '/minio/health/live': http(403), '/': list, ...more });
const denied = xml(403, 'AccessDenied');
const signedOnly =
  (answer: ReturnType<World>): World =>
  (request) =>
    s3Of(request.kind === 'http' && request.login ? answer : denied)(request);
const keys = { keys: { accessKeyId: 'AKID', secretAccessKey: 'secret' } };
const login = { login: { user: 'admin', password: 'wrong but long' } };
const account = { database: { user: 'mlflow', database: 'mlflow', password: 'wrong' } };
const refusal = (code: string, message: string) => database({ login: null, method: null, error: { code, message } });
const consoleAt = (port: number) => ({
  neighbours: [
    {
      forwardId: 'f-c',
      label: 'S3 console',
      service: 's3-console',
      localPort: port,
      target: { host: '127.0.0.1', port },
    },
  ] as const,
});

const broken: readonly Row[] = [
  // MLflow
  {
    state: 'nginx’s default page in place of MLflow',
    kind: 'mlflow',
    world: web({ '*': html('Welcome to nginx!', '<h1>Welcome to nginx!</h1>') }),
    link: 'service',
    words: /default page of nginx answers there, not MLflow/,
    fix: 'edit-tunnel',
  },
  {
    state: 'AirPlay in place of MLflow',
    kind: 'mlflow',
    world: web({ '*': http(403, '', { server: 'AirTunes/775.3.1' }) }),
    link: 'service',
    words: /AirPlay Receiver of macOS answers there/,
    fix: 'edit-tunnel',
  },
  {
    state: 'sshd in place of MLflow',
    kind: 'mlflow',
    world: greeter('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'),
    link: 'service',
    words: /an SSH server \(OpenSSH_9.2p1/,
    fix: 'edit-tunnel',
  },
  {
    state: 'a store in place of MLflow',
    kind: 'mlflow',
    world: web({ '*': denied }),
    link: 'service',
    words: /MinIO answers there, not MLflow/,
    fix: 'edit-tunnel',
  },
  {
    state: 'PostgreSQL in place of MLflow',
    kind: 'mlflow',
    world: database(),
    link: 'service',
    words: /PostgreSQL answers there, not MLflow/,
    fix: 'edit-tunnel',
  },
  {
    state: 'MLflow frozen',
    kind: 'mlflow',
    world: frozen,
    link: 'health',
    words: /takes connections but did not answer/,
    fix: 'retry',
  },
  {
    state: 'something that closes at once',
    kind: 'mlflow',
    world: closing,
    link: 'service',
    words: /closed the connection without an answer; MLflow would answer/,
    fix: 'edit-tunnel',
  },
  {
    state: 'a wrong MLflow password',
    kind: 'mlflow',
    world: mlflowWithLogin('right and long'),
    context: login,
    link: 'login',
    words: /refuses the password that is kept for admin/,
    fix: 'store-password',
  },
  {
    state: 'a name that MLflow does not allow',
    kind: 'mlflow',
    world: mlflowGuarded(/^127/),
    context: { names: ['mlflow-server.local'] },
    link: 'health',
    words: /answers 403 to the name mlflow-server.local/,
    fix: 'send-as',
    works: true,
  },
  {
    state: 'a name that an MLflow of ours does not allow',
    kind: 'mlflow',
    world: mlflowGuarded(/^127/),
    context: { names: ['mlflow-server.local'], ownStack: 'main' },
    link: 'health',
    words: /answers 403 to the name mlflow-server.local/,
    fix: 'allow-names',
    works: true,
  },
  {
    state: 'a name that MLflow does not allow, behind the web server of port 80',
    kind: 'http',
    world: web({
      '/': ({ headers }) => (headers['Host']?.startsWith('mlflow') ? hostRefused : html('Welcome')),
    }),
    context: { names: ['mlflow-server.local'] },
    link: 'health',
    words: /answers 403 to the name mlflow-server.local/,
    fix: 'open-setup',
  },
  {
    state: 'a name that MLflow does not allow, behind the web server of port 80, with a tunnel to MLflow itself',
    kind: 'http',
    world: web({
      '/': ({ headers }) => (headers['Host']?.startsWith('mlflow') ? hostRefused : html('Welcome')),
    }),
    context: {
      names: ['mlflow-server.local'],
      neighbours: [
        {
          forwardId: 'f-m',
          label: 'MLflow',
          service: 'mlflow',
          localPort: 5001,
          target: { host: '127.0.0.1', port: 5000 },
        },
      ],
    },
    link: 'health',
    words: /answers 403 to the name mlflow-server.local/,
    fix: 'open-setup',
    works: true,
  },
  {
    state: '127.0.0.1 not allowed, but localhost',
    kind: 'mlflow',
    world: mlflowGuarded(/^localhost$/),
    link: 'health',
    words: /refuses the name 127.0.0.1:5001 \(403\)/,
    fix: 'send-as',
  },
  {
    state: 'a sent name that an MLflow of ours does not allow',
    kind: 'mlflow',
    world: mlflowGuarded(/^127/),
    context: { host: 'mlflow-server.local:80', sendsAs: true, ownStack: 'main' },
    link: 'health',
    words: /refuses the name mlflow-server.local:80 \(403\)/,
    fix: 'allow-names',
  },
  {
    state: '127.0.0.1 itself not allowed',
    kind: 'mlflow',
    world: mlflowGuarded(/^mlflow\.example/),
    link: 'health',
    words: /refuses the name 127.0.0.1:5001 \(403\)/,
    fix: 'open-setup',
  },
  {
    state: 'MLflow’s database away',
    kind: 'mlflow',
    world: web({
      ...mlflowPages,
      [searchPath]: http(
        500,
        '{"error_code": "INTERNAL_ERROR", "message": "(psycopg2.OperationalError) connection to server at 127.0.0.1 failed"}',
      ),
    }),
    link: 'health',
    words: /its database does not answer/,
    fix: 'retry',
  },
  {
    state: 'MLflow’s disk full, in its own words',
    kind: 'mlflow',
    world: web({
      ...mlflowPages,
      [searchPath]: http(
        500,
        '{"error_code": "INTERNAL_ERROR", "message": "OSError: [Errno 28] No space left on device"}',
      ),
    }),
    link: 'health',
    words: /disk is full/,
    fix: 'retry',
  },
  {
    state: 'the disk under MLflow full',
    kind: 'mlflow',
    world: web(mlflowPages),
    context: { fullDisk: '/srv' },
    link: 'health',
    words: /the disk \/srv of the server is full/,
    fix: 'retry',
  },
  {
    state: 'MLflow with a database of another version',
    kind: 'mlflow',
    world: web({
      ...mlflowPages,
      [searchPath]: http(500, '{"error_code": "INTERNAL_ERROR", "message": "Detected out-of-date database schema"}'),
    }),
    link: 'health',
    words: /database is of an older MLflow/,
    fix: 'retry',
  },
  {
    state: 'a proxy whose MLflow is gone',
    kind: 'mlflow',
    world: web({ '*': http(502, '<html><title>502 Bad Gateway</title></html>', { server: 'nginx' }) }),
    link: 'service',
    words: /502 Bad Gateway.*nginx/,
    fix: 'edit-tunnel',
  },
  // S3
  {
    state: 'S3 tunnel to the console, with a tunnel for the console',
    kind: 's3',
    world: web({ '*': html('MinIO Console') }),
    context: { target: { host: '127.0.0.1', port: 9001 }, ...consoleAt(9000) },
    link: 'service',
    words: /port 9001 is MinIO’s console, not its S3 API/,
    fix: 'swap-ports',
  },
  {
    state: 'S3 tunnel to the console, alone',
    kind: 's3',
    world: web({ '*': html('VersityGW Admin - Login') }),
    context: { target: { host: '127.0.0.1', port: 9001 } },
    link: 'service',
    words: /VersityGW’s console/,
    fix: 'use-target-port',
  },
  {
    state: 'console tunnel to the API',
    kind: 's3-console',
    world: web({ '*': denied }),
    context: { target: { host: '127.0.0.1', port: 9000 } },
    link: 'service',
    words: /port 9000 is MinIO’s S3 API, not its console/,
    fix: 'use-target-port',
  },
  {
    state: 'an unknown access key',
    kind: 's3',
    world: signedOnly(xml(403, 'InvalidAccessKeyId')),
    context: keys,
    link: 'login',
    words: /does not know the access key/,
    fix: 'open-setup',
  },
  {
    state: 'an unknown access key, in VersityGW’s words',
    kind: 's3',
    world: signedOnly(xml(404, 'XAdminUserNotFound', 'VERSITYGW')),
    context: keys,
    link: 'login',
    words: /does not know the access key/,
    fix: 'open-setup',
  },
  {
    state: 'a wrong secret key',
    kind: 's3',
    world: signedOnly(xml(403, 'SignatureDoesNotMatch')),
    context: keys,
    link: 'login',
    words: /refuses the secret key/,
    fix: 'open-setup',
  },
  {
    state: 'clocks apart',
    kind: 's3',
    world: signedOnly(
      xml(
        403,
        'RequestTimeTooSkewed',
        'VERSITYGW',
        '<RequestTime>20260101T000000Z</RequestTime><ServerTime>2026-01-01T02:00:00Z</ServerTime>',
      ),
    ),
    context: keys,
    link: 'login',
    words: /server’s clock is 120 min ahead of this machine’s/,
    fix: 'retry',
  },
  {
    state: 'another region',
    kind: 's3',
    world: signedOnly(xml(400, 'AuthorizationHeaderMalformed', 'MinIO', '<Region>eu-north-1</Region>')),
    context: keys,
    link: 'login',
    words: /of the region eu-north-1/,
    fix: 'retry',
  },
  {
    state: 'a store with a full disk',
    kind: 's3',
    world: s3Of(xml(507, 'XMinioStorageFull')),
    link: 'health',
    words: /store’s disk is full/,
    fix: 'retry',
  },
  {
    state: 'a store that is starting',
    kind: 's3',
    world: s3Of(xml(503, 'XMinioServerNotInitialized')),
    link: 'health',
    words: /still starting/,
    fix: 'retry',
  },
  {
    state: 'a store that fails inside',
    kind: 's3',
    world: s3Of(xml(500, 'InternalError')),
    link: 'health',
    words: /not well \(InternalError\)/,
    fix: 'retry',
  },
  { state: 'a store frozen', kind: 's3', world: frozen, link: 'health', words: /did not answer/, fix: 'retry' },
  {
    state: 'MLflow in place of a store',
    kind: 's3',
    world: web(mlflowPages),
    link: 'service',
    words: /MLflow answers there, not an S3 store/,
    fix: 'edit-tunnel',
  },
  // PostgreSQL
  {
    state: 'a web server in place of PostgreSQL',
    kind: 'postgres',
    world: web({ '*': html('Hello') }),
    link: 'service',
    words: /a web server answers there, not PostgreSQL/,
    fix: 'edit-tunnel',
  },
  {
    state: 'a wrong database password',
    kind: 'postgres',
    world: refusal('28P01', 'password authentication failed for user "mlflow"'),
    context: account,
    link: 'login',
    words: /refuses the password that is kept for mlflow/,
    fix: 'open-setup',
  },
  {
    state: 'no such database',
    kind: 'postgres',
    world: refusal('3D000', 'database "mlflow" does not exist'),
    context: account,
    link: 'login',
    words: /there is no database mlflow/,
    fix: 'open-setup',
  },
  {
    state: 'a host that PostgreSQL does not let in',
    kind: 'postgres',
    world: refusal('28000', 'no pg_hba.conf entry for host "10.0.0.1", no encryption'),
    context: account,
    link: 'login',
    words: /no pg_hba.conf entry/,
    fix: 'retry',
  },
  {
    state: 'PostgreSQL starting up',
    kind: 'postgres',
    world: refusal('57P03', 'the database system is starting up'),
    link: 'health',
    words: /starting up/,
    fix: 'retry',
  },
  {
    state: 'too many connections',
    kind: 'postgres',
    world: refusal('53300', 'sorry, too many clients already'),
    link: 'health',
    words: /too many connections/,
    fix: 'retry',
  },
  {
    state: 'PostgreSQL’s disk full',
    kind: 'postgres',
    world: refusal('58030', 'could not write init file: No space left on device'),
    link: 'health',
    words: /disk is full/,
    fix: 'open-doctor',
  },
  {
    state: 'PostgreSQL frozen',
    kind: 'postgres',
    world: frozen,
    link: 'health',
    words: /did not answer/,
    fix: 'retry',
  },
  // Others
  {
    state: 'Grafana without its database',
    kind: 'grafana',
    world: web({ '/api/health': http(503, '{"database": "failing", "version": "11.1.0"}') }),
    link: 'health',
    words: /its database says: failing/,
    fix: 'retry',
  },
  {
    state: 'Jupyter in place of Grafana',
    kind: 'grafana',
    world: web({ '*': html('Jupyter Server') }),
    link: 'service',
    words: /Jupyter answers there, not Grafana/,
    fix: 'edit-tunnel',
  },
  {
    state: 'Prometheus not ready',
    kind: 'prometheus',
    world: web({
      '/-/healthy': http(200, 'Prometheus Server is Healthy.\n'),
      '/-/ready': http(503, 'Service Unavailable'),
    }),
    link: 'health',
    words: /not ready/,
    fix: 'retry',
  },
  {
    state: 'Redis in place of Jupyter',
    kind: 'jupyter',
    world: greeter('-ERR unknown command'),
    link: 'service',
    words: /Redis answers there, not Jupyter/,
    fix: 'edit-tunnel',
  },
  {
    state: 'a page that sends browsers to another port of the server',
    kind: 'http',
    world: web({ '/': http(302, '', { location: 'http://127.0.0.1:9001/login' }) }),
    link: 'health',
    words: /sends browsers to 127.0.0.1:9001, where this tunnel does not lead/,
    fix: 'add-tunnel',
  },
  {
    state: 'a web server whose backend is gone',
    kind: 'http',
    world: web({ '/': http(502, '', { server: 'nginx' }) }),
    link: 'health',
    words: /behind the web server is gone \(HTTP 502\)/,
    fix: 'retry',
  },
  {
    state: 'HTTPS where a page is meant',
    kind: 'jupyter',
    world: greeter('\x15\x03\x01\x00\x02\x02F'),
    link: 'service',
    words: /speaks TLS answers there/,
    fix: 'edit-tunnel',
  },
];

describe('a broken state is told by its link, in words, with its fix', () => {
  it.each(broken.map((row) => [row.state, row] as const))('%s', (_state, row) => {
    const service = verdictIn(row.kind, row.world, row.context);
    const view = {
      forwardId: 'f',
      state: upChecked,
      traffic: idle,
      service: { ...service, port: ok('127.0.0.1:5000'), checkedMs: 1, latencyMs: 3 },
    };
    const links = chain(forwardOf({ service: row.kind }), view, up);
    const link = troubledLink(links);
    expect(forwardLight(upChecked, 'up', view.service)).toBe(row.works === true ? 'up' : 'failed');
    expect(brokenLink(links)).toBe(row.works === true ? null : link);
    expect(link?.words).toMatch(row.words);
    expect(link?.name).toBe(row.link);
    expect(link?.fixes[0]?.kind).toBe(row.fix);
    expect(JSON.stringify(service)).not.toMatch(/wrong but long|"secret"|AKID/);
  });

  it('for every one of at least 25', () => {
    expect(new Set(broken.map((each) => each.state)).size).toBe(broken.length);
    expect(broken.length).toBeGreaterThanOrEqual(25);
  });
});

const wellStates: readonly [
  name: string,
  kind: ServiceKind,
  world: World,
  context: Partial<ProbeContext>,
  product: string,
  login: string,
][] = [
  ['MLflow without a login', 'mlflow', web(mlflowPages), {}, 'MLflow 3.17.2', 'no login needed'],
  [
    'MLflow with the right password',
    'mlflow',
    mlflowWithLogin('wrong but long'),
    login,
    'MLflow 3.17.2',
    'signed in as admin',
  ],
  ['MLflow with a login that is not known here', 'mlflow', mlflowWithLogin('x'), {}, 'MLflow', 'wants a login'],
  [
    'MLflow under a name it allows',
    'mlflow',
    mlflowGuarded(/^127|^lab\.local:5001$/),
    { names: ['lab.local'] },
    'MLflow 3.17.2',
    'no login needed',
  ],
  [
    'MinIO without keys',
    's3',
    web({ '/minio/health/live': http(200, '', { server: 'MinIO' }), '/': denied }),
    {},
    'MinIO',
    'wants a key',
  ],
  [
    'a store with the right keys',
    's3',
    signedOnly(http(200, '<?xml version="1.0"?><ListAllMyBucketsResult/>', { server: 'MinIO' })),
    keys,
    'MinIO',
    'signed in with the key that is kept',
  ],
  ['a console', 's3-console', web({ '/': html('MinIO Console') }), {}, 'MinIO console', 'signs in on its own page'],
  ['PostgreSQL without credentials', 'postgres', database(), {}, 'PostgreSQL', 'wants a login'],
  [
    'PostgreSQL with the right password',
    'postgres',
    database({ login: 'open', version: '15.7 (Debian 15.7-0)' }),
    account,
    'PostgreSQL 15.7',
    'signed in as mlflow',
  ],
  [
    'Jupyter with a token',
    'jupyter',
    web({ '/api': http(200, '{"version": "2.14.0"}'), '/api/status': http(403) }),
    {},
    'Jupyter 2.14.0',
    'wants its token or password',
  ],
  [
    'Grafana',
    'grafana',
    web({ '/api/health': http(200, '{"database":"ok","version":"11.1.0"}'), '/api/org': http(401) }),
    {},
    'Grafana 11.1.0',
    'signs in on its own page',
  ],
  [
    'Prometheus',
    'prometheus',
    web({
      '/-/healthy': http(200, 'Prometheus Server is Healthy.\n'),
      '/-/ready': http(200),
      '/api/v1/status/buildinfo': http(200, '{"data":{"version":"2.53.0"}}'),
    }),
    {},
    'Prometheus 2.53.0',
    'no login needed',
  ],
  ['a page', 'http', web({ '/': html('Course pages') }), {}, 'Course pages', 'no login needed'],
  [
    'a page behind a redirect',
    'http',
    web({ '/': http(302, '', { location: '/home' }), '/home': html('Home') }),
    {},
    'Home',
    'no login needed',
  ],
  [
    'a page that sends browsers to a sign-in elsewhere',
    'http',
    web({ '/': http(302, '', { location: 'https://sso.example.org/in', server: 'nginx' }) }),
    {},
    'nginx',
    'no login needed',
  ],
  ['MLflow, found by itself', 'tcp', web(mlflowPages), {}, 'MLflow 3.17.2', 'no login needed'],
  ['PostgreSQL, found by itself', 'tcp', database(), {}, 'PostgreSQL', 'wants a login'],
];

describe('what is well stays well', () => {
  it.each(wellStates)('%s', (_name, kind, world, context, product, words) => {
    const verdict = verdictIn(kind, world, context);
    expect([verdict.service.state, verdict.health.state]).toEqual(['ok', 'ok']);
    expect(verdict.login.state).not.toBe('failed');
    expect(verdict).toMatchObject({ product, login: { words } });
  });

  it('something that says nothing is a service all the same', () => {
    const silentOne: World = (request) =>
      request.kind === 'bytes'
        ? { ok: true, value: { kind: 'bytes', base64: '', end: 'quiet', tookMs: 9 } }
        : frozen(request);
    expect(verdictIn('tcp', silentOne)).toMatchObject({
      service: { state: 'ok', words: 'takes connections' },
      health: { state: 'ok' },
    });
  });
});

describe('what helps against a name that is refused', () => {
  const fixes = (allowed: RegExp, more: Partial<ProbeContext>) =>
    verdictIn('mlflow', mlflowGuarded(allowed), more).health.fixes;

  it('is a plan for all the names, or to send the one that is known to work', () => {
    const names = ['a.local', 'b.local'];
    expect(fixes(/^127/, { names, ownStack: 'main' })).toEqual([
      { kind: 'allow-names', environment: 'main', names },
      { kind: 'send-as', host: '127.0.0.1:5001' },
      { kind: 'retry' },
    ]);
    expect(fixes(/^b\.local$/, { names })[0]).toEqual({ kind: 'send-as', host: 'b.local' });
    expect(fixes(/^none$/, { names })).toEqual([{ kind: 'open-setup' }, { kind: 'edit-tunnel' }, { kind: 'retry' }]);
  });

  it('is not told where the forward sends it to the one that is answered', () => {
    const world = web({ '/': http(302, '', { location: 'http://lab.local/home' }), '/home': html('Home') });
    const verdict = verdictIn('http', world, { host: 'lab.local', sendsAs: true });
    expect(verdict.health).toMatchObject({ state: 'ok' });
    expect(verdict.product).toBe('Home');
  });
});

describe('what is asked', () => {
  const asked = (kind: ServiceKind, world: World, more: Partial<ProbeContext> = {}) =>
    probe(kind, world, contextOf(more)).asked;

  it('of an MLflow keeps its database asleep, unless the probe is a deep one', () => {
    expect(asked('mlflow', web(mlflowPages), { deep: false })).toEqual(['health', 'version', 'page']);
    expect(asked('mlflow', web(mlflowPages))).toEqual(['health', 'version', 'page', 'search']);
    expect(asked('mlflow', web(mlflowPages), { deep: false, names: ['a.local', 'b.local'] })).toEqual([
      'health',
      'version',
      'page',
      'name a.local',
      'name b.local',
    ]);
  });

  it('of a store shows it no signature before it is one', () => {
    expect(asked('s3', web(mlflowPages), keys)).not.toContain('signed');
    expect(asked('s3', signedOnly(denied), { ...keys, deep: false })).toEqual(['live', 'list']);
  });

  it('of a shy service is nothing but to be listened to', () => {
    expect(
      asked('tcp', () => ({ ok: true, value: { kind: 'bytes', base64: '', end: 'quiet', tookMs: 9 } }), {
        target: { host: '127.0.0.1', port: 6379 },
      }),
    ).toEqual(['greeting bytes']);
  });

  it('ends at once when the link is lost or nothing listens', () => {
    for (const code of ['link-lost', 'target-refused', 'cancelled'] as const) {
      for (const kind of ['mlflow', 's3', 'postgres', 'http', 'jupyter', 'tcp'] as const) {
        const { verdict } = probe(kind, () => ({ ok: false, error: { code, message: 'x' } }), contextOf());
        expect(verdict).toBeNull();
      }
    }
  });
});

it('of several pages the one that is there is told', () => {
  const world = web({
    '/': html('Welcome to nginx!', 'Welcome to nginx!'),
    '*': http(404, '<title>404 Not Found</title>'),
  });
  expect(verdictIn('mlflow', world).service.words).toContain('the default page of nginx');
  expect(verdictIn('s3', world).service.words).toContain('the default page of nginx');
});

describe('what is good to know', () => {
  it('where clients need the store itself, or can’t get at all', () => {
    expect(verdictIn('mlflow', withPlaces('mlflow-artifacts:/1', 's3://bucket/2', 's3://bucket/3')).notes).toEqual([
      expect.stringMatching(/^2 experiments of the newest 20 keep artifacts at s3:\/\/ itself/),
    ]);
    expect(verdictIn('mlflow', withPlaces('/home/ubuntu/mlruns/0')).notes).toEqual([
      expect.stringMatching(/^1 experiment of the newest 20 keeps artifacts in a folder of the server/),
    ]);
    expect(verdictIn('mlflow', web(mlflowPages)).notes).toEqual([]);
  });

  it('where MLflow’s clients need the store under the very port that the server uses', () => {
    expect(verdictIn('mlflow', web(mlflowPages), { storePort: 9000 }).notes).toEqual([
      expect.stringContaining('straight from the store at 127.0.0.1:9000, which this machine does not reach'),
    ]);
    const target = { host: '127.0.0.1', port: 9000 };
    const to = (localPort: number) => ({
      storePort: 9000,
      neighbours: [{ forwardId: 'f', label: 'S3 API', service: 's3', localPort, target }] as const,
    });
    expect(verdictIn('mlflow', web(mlflowPages), to(9000)).notes).toEqual([]);
    expect(verdictIn('mlflow', web(mlflowPages), to(19_000)).notes).toHaveLength(1);
    const older = { ...mlflowPages, '/version': http(200, '3.16.1') };
    expect(verdictIn('mlflow', web(older), { storePort: 9000 }).notes).toEqual([]);
  });

  it('that a console’s page needs the API on a port of its own', () => {
    const page = html(
      'VersityGW Admin - Login',
      '<script>window.__VGWCONFIG__ = {"gateways":["http://127.0.0.1:9000"]}</script>',
    );
    expect(verdictIn('s3-console', web({ '/': page })).notes).toEqual([expect.stringContaining('127.0.0.1:9000')]);
    const target = { host: '127.0.0.1', port: 9000 };
    const neighbours = [{ forwardId: 'f', label: 'S3 API', service: 's3', localPort: 9000, target }] as const;
    expect(verdictIn('s3-console', web({ '/': page }), { neighbours }).notes).toEqual([]);
  });
});

describe('whoever answers may say anything', () => {
  const odd: readonly string[] = [
    '',
    '{',
    '[]',
    'null',
    '{"experiments": 7}',
    '<?xml',
    '<Error><Code></Code></Error>',
    '\u0000\uffff\ud800',
    '<title>'.repeat(5_000),
    `<title>${'x'.repeat(200_000)}</title>`,
    '{"database":{}}',
    '(((((',
    '<title>\u202egpj.exe\u202c\u001b[2J</title>',
  ];
  it.each(odd.map((text) => [text.slice(0, 30), text]))('%j', (_name, text) => {
    for (const kind of [
      'mlflow',
      's3',
      's3-console',
      'postgres',
      'jupyter',
      'grafana',
      'prometheus',
      'http',
      'tcp',
    ] as const) {
      for (const status of [200, 301, 401, 403, 404, 500, 999]) {
        const world = web({ '*': http(status, text, { server: text.slice(0, 500), location: text.slice(0, 500) }) });
        const verdict = verdictIn(kind, world);
        const said = JSON.stringify(verdict);
        expect(said.length).toBeLessThan(3_000);
        expect(said).not.toMatch(/\\u001b|\u202e/);
      }
      verdictIn(kind, greeter(text.slice(0, 500)));
    }
  });
});
