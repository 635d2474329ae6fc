/** Which variables follow from a server's stacks and tunnels. */
import { describe, expect, it } from 'vitest';
import { planEnvironment, type PlannedEnvironment } from '../../../../main/core/environment/plan-environment.ts';
import { proxyOf, type ProxySetting } from '../../../../main/shared/environment/environment.ts';
import type { StackDraft } from '../../../../main/shared/setup/stack.ts';
import { foundMlflow } from '../../../support/service-views.ts';
import { installedOf, verifies } from '../../../support/setup-snapshots.ts';
import {
  connecting,
  off,
  portTaken,
  rejected,
  serverOf,
  targetFailed,
  type ServerFixture,
} from '../../../support/snapshots.ts';

const noProxy: ProxySetting = { isSet: false, except: '', isLowerCase: false };
const quickStart: StackDraft = { stack: 'mlflow-quick-start', values: {} };
const mlflow = { label: 'MLflow', localPort: 5003 } as const;
const s3 = { label: 'S3 API', service: 's3', localPort: 9000, port: 9000 } as const;
const postgres = { label: 'PostgreSQL', service: 'postgres', localPort: 5433, port: 5432 } as const;

function planned(fixture: ServerFixture, environment?: string, proxy = noProxy): PlannedEnvironment {
  const plan = planEnvironment(serverOf(fixture), environment, proxy);
  if (!plan.ok) throw new Error(plan.error.message);
  return plan.value;
}

/** `NAME=value`, a secret as `NAME=<its name>`. */
const lines = ({ variables }: PlannedEnvironment) =>
  variables.map(({ name, is }) => `${name}=${'value' in is ? is.value : `<${is.secret}>`}`);
const messages = ({ remarks }: PlannedEnvironment) => remarks.map(({ message }) => message);

const mlflowLines = [
  'MLFLOW_TRACKING_URI=http://127.0.0.1:5003',
  'MLFLOW_TRACKING_USERNAME=admin',
  'MLFLOW_TRACKING_PASSWORD=<mlflow.admin-password>',
];
const storeLines = (port = 9000) => [
  `MLFLOW_S3_ENDPOINT_URL=http://127.0.0.1:${String(port)}`,
  `AWS_ENDPOINT_URL_S3=http://127.0.0.1:${String(port)}`,
  'AWS_ACCESS_KEY_ID=<storage.access-key>',
  'AWS_SECRET_ACCESS_KEY=<storage.secret-key>',
  'AWS_DEFAULT_REGION=us-east-1',
];
const byWayOfMlflow = ['MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD=false', 'MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD=false'];

describe('the variables of an environment', () => {
  const store: StackDraft = { stack: 'object-storage', values: { environment: 'store' } };
  const s3Stack = (values: StackDraft['values']): StackDraft => ({
    stack: 'mlflow-s3',
    values: { 's3.bucket': 'runs', 's3.access-key-id': 'AKIA1', 's3.region': 'eu-north-1', ...values },
  });
  const full: StackDraft = { stack: 'mlflow-full', values: {} };
  const external: StackDraft = {
    stack: 'mlflow-external-postgres',
    values: { 'database.host': 'db.example.org', 'database.user': 'ml', 'database.name': 'runs' },
  };
  const one = (
    draft: StackDraft,
    forwards: ServerFixture['forwards'] = [mlflow],
    rest: ServerFixture = {},
  ): ServerFixture => ({
    stacks: [installedOf({ draft, environment: 'main' })],
    forwards: forwards ?? [],
    ...rest,
  });
  const s3Secret = installedOf({ draft: s3Stack({}), secrets: ['s3.secret-access-key', 'mlflow.admin-password'] });

  it.each<[string, ServerFixture, readonly string[]]>([
    ['MLflow with a login', one(quickStart), mlflowLines],
    [
      'MLflow without a login',
      { stacks: [installedOf({ draft: quickStart, adminUser: null })], forwards: [mlflow] },
      mlflowLines.slice(0, 1),
    ],
    [
      'tunnels alone',
      { forwards: [mlflow, s3, postgres] },
      [
        'MLFLOW_TRACKING_URI=http://127.0.0.1:5003',
        'MLFLOW_S3_ENDPOINT_URL=http://127.0.0.1:9000',
        'AWS_ENDPOINT_URL_S3=http://127.0.0.1:9000',
        'PGHOST=127.0.0.1',
        'PGPORT=5433',
      ],
    ],
    ['nothing at all', { forwards: [] }, []],
    [
      'a script',
      { stacks: [installedOf({ draft: { stack: 'script', values: {} } })], forwards: [mlflow] },
      mlflowLines.slice(0, 1),
    ],
    ['everything on one server', one(full, [mlflow, s3]), [...mlflowLines, ...storeLines()]],
    [
      'a store at another port here',
      one(full, [mlflow, { ...s3, localPort: 9002 }]),
      [...mlflowLines, ...byWayOfMlflow, ...storeLines(9002)],
    ],
    ['a store without a tunnel', one(full), [...mlflowLines, ...byWayOfMlflow]],
    [
      'a store whose tunnel is off',
      one(full, [mlflow, { ...s3, wanted: false }]),
      [...mlflowLines, ...byWayOfMlflow, ...storeLines()],
    ],
    ['a store alone', one(store, [s3]), storeLines()],
    [
      'a bucket of AWS',
      { stacks: [s3Secret], forwards: [mlflow] },
      [
        ...mlflowLines,
        'AWS_ACCESS_KEY_ID=AKIA1',
        'AWS_SECRET_ACCESS_KEY=<s3.secret-access-key>',
        'AWS_DEFAULT_REGION=eu-north-1',
      ],
    ],
    [
      'a bucket elsewhere',
      { stacks: [{ ...s3Secret, draft: s3Stack({ 's3.endpoint': 'https://a3s.fi' }) }], forwards: [mlflow] },
      [
        ...mlflowLines,
        'MLFLOW_S3_ENDPOINT_URL=https://a3s.fi',
        'AWS_ENDPOINT_URL_S3=https://a3s.fi',
        'AWS_ACCESS_KEY_ID=AKIA1',
        'AWS_SECRET_ACCESS_KEY=<s3.secret-access-key>',
        'AWS_DEFAULT_REGION=eu-north-1',
      ],
    ],
    [
      'a bucket of a store on the server',
      { stacks: [{ ...s3Secret, draft: s3Stack({ 's3.endpoint': 'http://localhost:9000' }) }], forwards: [mlflow, s3] },
      [
        ...mlflowLines,
        'MLFLOW_S3_ENDPOINT_URL=http://127.0.0.1:9000',
        'AWS_ENDPOINT_URL_S3=http://127.0.0.1:9000',
        'AWS_ACCESS_KEY_ID=AKIA1',
        'AWS_SECRET_ACCESS_KEY=<s3.secret-access-key>',
        'AWS_DEFAULT_REGION=eu-north-1',
      ],
    ],
    ['a bucket whose key is not known here', one(s3Stack({})), mlflowLines],
    [
      'the machine’s role',
      { stacks: [{ ...s3Secret, draft: s3Stack({ 's3.credentials': 'role' }) }], forwards: [mlflow] },
      mlflowLines,
    ],
    [
      'PostgreSQL with a tunnel',
      one({ stack: 'mlflow-postgres', values: {} }, [mlflow, postgres]),
      [
        ...mlflowLines,
        'PGHOST=127.0.0.1',
        'PGPORT=5433',
        'PGUSER=mlflow',
        'PGDATABASE=mlflow',
        'PGPASSWORD=<database.password>',
      ],
    ],
    ['PostgreSQL without one', one({ stack: 'mlflow-postgres', values: {} }), mlflowLines],
  ])('%s', (_what, fixture, expected) => {
    expect(lines(planned(fixture))).toEqual(expected);
  });

  it('of a database elsewhere, where a tunnel leads to that very one', () => {
    const server = serverOf(one(external, [mlflow, postgres]));
    const forwards = server.profile.forwards.map((each) =>
      each.service === 'postgres' ? { ...each, target: { host: 'DB.example.org', port: 5432 } } : each,
    );
    const plan = planEnvironment({ ...server, profile: { ...server.profile, forwards } }, undefined, noProxy);
    expect(plan.ok && lines(plan.value).slice(3)).toEqual([
      'PGHOST=127.0.0.1',
      'PGPORT=5433',
      'PGUSER=ml',
      'PGDATABASE=runs',
      'PGPASSWORD=<database.password>',
      'PGSSLMODE=require',
    ]);
  });

  it('believes the last check of the same environment where it can’t know better', () => {
    const detour = (fixture: ServerFixture) => lines(planned(fixture)).filter((each) => /PROXY/.test(each));
    const unreachable = { ...verifies.done, directAccess: 'unreachable' } as const;
    const none = { ...verifies.done, directAccess: 'none' } as const;
    expect(detour(one(full, [mlflow, s3], { verify: unreachable }))).toEqual(byWayOfMlflow);
    expect(detour(one(full, [mlflow], { verify: none }))).toEqual([]);
    expect(detour(one(full, [mlflow, s3], { verify: { ...unreachable, environment: 'dev' } }))).toEqual([]);
    const elsewhere = one(s3Stack({}), [mlflow]);
    expect(detour({ ...elsewhere, verify: unreachable })).toEqual(byWayOfMlflow);
    expect(detour(elsewhere)).toEqual([]);
    // It was reachable then; now its tunnel is off.
    const reachable = { ...verifies.done, directAccess: 'reachable' } as const;
    expect(detour(one(full, [mlflow, { ...s3, wanted: false }], { verify: reachable }))).toEqual(byWayOfMlflow);
  });

  it('means main, wherever it stands, and never one that was only begun', () => {
    const main = installedOf({ draft: quickStart });
    const begun = installedOf({ draft: full, environment: 'dev', complete: false, forwardId: null });
    const adopted = installedOf({ draft: quickStart, environment: 'adopted-5050', forwardId: null });
    for (const stacks of [
      [main, begun, adopted],
      [adopted, begun, main],
      [begun, main],
    ]) {
      const plan = planned({ stacks, forwards: [mlflow] });
      expect([plan.environment, lines(plan)]).toEqual(['main', mlflowLines]);
      expect(plan.environments).not.toContain('dev');
    }
    const named = planned({ stacks: [main, begun], forwards: [mlflow] }, 'dev');
    expect(messages(named)[0]).toBe('dev was not set up to its end.');
    // The tunnels that are nobody's are there all the same.
    expect(planned({ stacks: [begun], forwards: [{ ...mlflow, port: 5050 }] }).environment).toBeNull();
  });

  it('keeps environments apart', () => {
    const server: ServerFixture = {
      stacks: [
        installedOf({ draft: quickStart, environment: 'dev', forwardId: 'f-dev' }),
        installedOf({
          draft: { stack: 'mlflow-full', values: { 'mlflow.port': 5002, environment: 'prod' } },
          environment: 'prod',
          forwardId: 'f-prod',
          adminUser: 'boss',
        }),
      ],
      forwards: [
        { id: 'f-dev', label: 'MLflow (dev)', localPort: 5001 },
        { id: 'f-prod', label: 'MLflow (prod)', localPort: 5002, port: 5002 },
        s3,
      ],
    };
    expect(planEnvironment(serverOf(server), undefined, noProxy)).toMatchObject({
      ok: false,
      error: { code: 'invalid-argument', message: 'Say which stack of lab-vm is meant.', hint: 'There is: dev, prod.' },
    });
    const dev = planned(server, 'dev');
    expect(dev.environments).toEqual(['dev', 'prod']);
    expect([dev.environment, lines(dev)[0], lines(dev).length]).toEqual([
      'dev',
      'MLFLOW_TRACKING_URI=http://127.0.0.1:5001',
      3,
    ]);
    const prod = planned(server, 'prod');
    expect(lines(prod).slice(0, 2)).toEqual([
      'MLFLOW_TRACKING_URI=http://127.0.0.1:5002',
      'MLFLOW_TRACKING_USERNAME=boss',
    ]);
    expect(lines(prod)).toContain('AWS_ACCESS_KEY_ID=<storage.access-key>');
    expect(planEnvironment(serverOf(server), 'staging', noProxy)).toMatchObject({
      ok: false,
      error: { code: 'not-found', hint: 'There is: dev, prod.' },
    });
  });

  it.each<[string, NodeJS.ProcessEnv, readonly string[]]>([
    ['no proxy', {}, []],
    ['a proxy', { HTTP_PROXY: 'http://p:3128' }, ['NO_PROXY=127.0.0.1,localhost']],
    ['one for all', { all_proxy: 'socks5://p' }, ['NO_PROXY=127.0.0.1,localhost']],
    ['one for https alone', { HTTPS_PROXY: 'http://p' }, []],
    [
      'exceptions',
      { http_proxy: 'http://p', NO_PROXY: 'corp.example, 10.0.0.1' },
      ['NO_PROXY=corp.example,10.0.0.1,127.0.0.1,localhost'],
    ],
    [
      'exceptions in lower case',
      { http_proxy: 'http://p', no_proxy: '.corp', NO_PROXY: 'x' },
      ['NO_PROXY=.corp,127.0.0.1,localhost', 'no_proxy=.corp,127.0.0.1,localhost'],
    ],
    ['loopback as an exception', { http_proxy: 'http://p', no_proxy: '127.0.0.1' }, []],
    ['everything as an exception', { http_proxy: 'http://p', no_proxy: '*' }, []],
  ])('keeps the proxy away: %s', (_what, env, expected) => {
    const plan = planned(one(quickStart), undefined, proxyOf(env));
    expect(lines(plan).filter((each) => /^no_proxy/i.test(each))).toEqual(expected);
    expect(messages(plan).some((each) => each.includes('proxy'))).toBe(expected.length > 0);
  });

  it.each<[string, ServerFixture, readonly (string | null)[]]>([
    ['all is well', one(quickStart), []],
    ['the server is off', one(quickStart, [mlflow], { connection: off }), ['connect']],
    ['the server comes up', one(quickStart, [mlflow], { connection: connecting }), [null]],
    ['the login failed', one(quickStart, [mlflow], { connection: rejected }), [null]],
    ['its tunnel is off', one(quickStart, [{ ...mlflow, wanted: false }]), ['turn-on']],
    ['another program has the port', one(quickStart, [{ ...mlflow, state: portTaken }]), [null]],
    ['nothing listens there', one(quickStart, [{ ...mlflow, state: targetFailed }]), [null]],
    ['a tunnel that it has no need of is off', one(quickStart, [mlflow, { ...postgres, wanted: false }]), []],
    [
      'tunnels alone are off',
      {
        forwards: [
          { ...mlflow, wanted: false },
          { ...postgres, wanted: false },
        ],
      },
      ['turn-on', 'turn-on'],
    ],
    ['no tunnel to MLflow', one(quickStart, []), [null]],
    ['no tunnel to the store', one(full, [mlflow]), [null]],
    ['nothing there', { forwards: [], connection: off }, []],
  ])('says what stands in the way: %s', (_what, fixture, fixes) => {
    const plan = planned(fixture);
    expect(
      plan.remarks.map(({ fix }) => fix?.kind ?? null),
      messages(plan).join('\n'),
    ).toEqual(fixes);
  });

  it('names a port of this machine that is free for the tunnel that is missing', () => {
    const other = { ...mlflow, bind: { address: '127.0.0.1', port: 5001, alsoIpv6: false }, service: 'tcp' as const };
    const hints = [one(quickStart, []), one(quickStart, [other])].map((each) => planned(each).remarks[0]?.commandHint);
    expect(hints).toEqual([
      'Add one: mooring forward add lab-vm 5001:127.0.0.1:5000 --service mlflow',
      'Add one: mooring forward add lab-vm 5002:127.0.0.1:5000 --service mlflow',
    ]);
  });

  it('goes by what was found behind a tunnel where nobody said what it is, and says what is broken there', () => {
    const found = { ...mlflow, service: 'http', found: foundMlflow } as const;
    expect(lines(planned({ forwards: [found] }))).toEqual(mlflowLines.slice(0, 1));
    expect(lines(planned({ forwards: [{ ...found, found: { ...foundMlflow, kind: null } }] }))).toEqual([]);
    const login = {
      state: 'failed',
      words: 'its password is wrong',
      reason: 'Give the right one.',
      fixes: [],
    } as const;
    expect(planned(one(quickStart, [{ ...mlflow, found: { ...foundMlflow, login } }])).remarks).toEqual([
      {
        level: 'trouble',
        message: 'MLflow: its password is wrong.',
        commandHint: null,
        hint: 'Give the right one.',
        fix: null,
      },
    ]);
  });

  it('of a stack that was saved with unknown fields says what its tunnel says', () => {
    const stack = installedOf({ draft: { stack: 'mlflow-quick-start', values: { 'of.tomorrow': 1 } } });
    expect(lines(planned({ stacks: [stack], forwards: [mlflow] }))).toEqual(mlflowLines);
  });
});
