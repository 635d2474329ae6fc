/** Taking over what a server has: proven over the connection first, so that nothing is left behind where that fails. */
import { beforeEach, describe, expect, it } from 'vitest';
import { manifestOf, type Manifest } from '../../../../main/core/setup/run/manifest.ts';
import type { CallArgs } from '../../../../main/shared/contract.ts';
import type { Failure } from '../../../../main/shared/failure.ts';
import { CoreDouble, labVm } from '../../../support/core-double.ts';
import { settle } from '../../../support/fake-clock.ts';
import { RememberingServer } from '../../../support/remembering-server.ts';
import { planOf } from '../../../support/setup-plans.ts';
import {
  closing,
  fails,
  frozen,
  greeter,
  hostRefused,
  html,
  mlflowPages,
  mlflowWithLogin,
  web,
  type World,
} from '../services/worlds.ts';

const secret = 'hunter2-hunter2';
const guarded = mlflowWithLogin(secret);
const nothing: World = () => fails('target-refused', 'Nothing listens on 127.0.0.1:9999 on the server');

let app: CoreDouble;
let serverId: string;
let server: RememberingServer;
let worlds: Record<number, World>;

beforeEach(async () => {
  app = new CoreDouble();
  server = new RememberingServer('');
  serverId = await app.bringUp({ ...labVm, forwards: [] });
  server.attach(app);
  worlds = {};
  app.engine.answersAsk = ({ target, request }) => (worlds[target.port] ?? nothing)(request);
});

/** As a script leaves it on the server. */
function made(environment: string, port: number, patch: Partial<Manifest> = {}): void {
  const label = environment === 'main' ? 'MLflow' : `MLflow (${environment})`;
  const manifest = manifestOf(
    planOf({
      environment,
      draft: { stack: 'mlflow-quick-start', values: { environment, 'mlflow.port': port } },
      adminUser: 'admin',
      services: [{ service: 'mlflow', label, port, samePort: false }],
    }),
    '/var/lib/mooring',
    'ada',
  );
  server.stacks = [
    ...server.stacks.filter((each) => each.manifest.environment !== environment),
    { word: 'complete', manifest: { ...manifest, ...patch } },
  ];
}

type Wanted = Omit<CallArgs<'setup.adopt'>, 'serverId'>;
const adopt = async (wanted: Wanted) => {
  await app.call('setup.adopt', { serverId, ...wanted });
  await settle();
};
const refused = async (wanted: Wanted): Promise<Failure> => {
  const reply = await app.core.call('setup.adopt', { serverId, ...wanted });
  await settle();
  return reply.ok ? expect.unreachable('it was adopted') : reply.error;
};
const profile = () => app.server().profile;
const tunnels = () => profile().forwards.map(({ label, bind, target }) => [label, bind.port, target.port]);
const kept = (environment: string) => app.keychain.get(`server/${serverId}/stack/${environment}/mlflow.admin-password`);

describe('what can’t be taken over', () => {
  it.each<[string, number, World, string, RegExp]>([
    ['an SSH server', 22, greeter('SSH-2.0-OpenSSH_9.2p1'), 'protocol-error', /port 22 .*no MLflow: an SSH server/],
    ['nothing', 9999, nothing, 'target-refused', /^Nothing listens on port 9999 of lab-vm/],
    ['what hangs up', 9999, closing, 'protocol-error', /port 9999 .*not answer as MLflow/],
    ['what is silent', 9999, frozen, 'protocol-error', /port 9999 .*not answer as MLflow/],
    ['a web page', 8080, web({ '*': html('Course') }), 'protocol-error', /no MLflow: a web page “Course”/],
    ['one that refuses our name', 5000, web({ ...mlflowPages, '/': hostRefused }), 'not-allowed', /refuses the name/],
    ['one with a login', 5000, guarded, 'login-rejected', /^MLflow asks for a login/],
  ])('is told, and leaves nothing: %s', async (_what, port, world, code, message) => {
    worlds = { [port]: world };
    const failure = await refused({ port });
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(failure.message).not.toMatch(/E[A-Z]{4,}|HPE_/);
    expect(profile()).toMatchObject({ forwards: [], stacks: [] });
  });

  it('is a stack whose service does not run: what starts it is said', async () => {
    made('hand', 5003);
    const failure = await refused({ environment: 'hand', password: secret });
    expect(failure.message).toContain('Nothing listens on port 5003 of lab-vm');
    expect(failure.hint).toContain('systemctl start mooring-mlflow-hand.service');
    expect(profile()).toMatchObject({ forwards: [], stacks: [] });
  });

  it('is a stack with another password: told with the command that gives it', async () => {
    made('main', 5000);
    worlds = { 5000: guarded };
    for (const wanted of [{ password: 'wrong' }, {}]) {
      const failure = await refused({ environment: 'main', ...wanted });
      expect(failure).toMatchObject({
        code: 'login-rejected',
        commandHint: expect.stringContaining('mooring setup adopt lab-vm --environment main') as string,
      });
      expect(profile()).toMatchObject({ forwards: [], stacks: [] });
    }
    expect(kept('main')).toBeUndefined();
  });

  it('sends the password only to what is an MLflow', async () => {
    worlds = { 8080: web({ '*': html('Course') }) };
    await refused({ port: 8080, user: 'ada', password: secret });
    expect(app.engine.all('ask').some(({ request }) => JSON.stringify(request).includes(secret))).toBe(false);
  });

  it('takes back the tunnels that it made when one of them can’t be', async () => {
    worlds = { 5000: web(mlflowPages) };
    made('main', 5000, {
      adminUser: null,
      services: [
        { service: 'mlflow', label: 'MLflow', port: 5000, samePort: false },
        { service: 's3', label: 'S3', port: 9000, samePort: true },
      ],
    });
    const draft = {
      label: 'Mine',
      service: 'tcp',
      bind: { address: '127.0.0.1', port: 9000, alsoIpv6: false },
      target: { host: '127.0.0.1', port: 9100 },
    } as const;
    await app.call('forwards.add', { serverId, draft });
    expect(await refused({ environment: 'main' })).toMatchObject({ code: 'conflict' });
    expect(profile().forwards.map(({ label }) => label)).toEqual(['Mine']);
  });
});

describe('what is taken over', () => {
  it('has its tunnel, and the password that proved right', async () => {
    made('main', 5000);
    worlds = { 5000: guarded };
    await adopt({ environment: 'main', password: secret });
    expect(profile().stacks).toMatchObject([
      { environment: 'main', adminUser: 'admin', secrets: ['mlflow.admin-password'], forwardId: expect.any(String) },
    ]);
    expect(kept('main')).toContain(secret);
  });

  it('without its password is known with its user', async () => {
    made('dev', 5001);
    worlds = { 5001: guarded, 5000: guarded };
    await adopt({ environment: 'dev', password: '' });
    await adopt({ port: 5000, user: 'ada', password: '' });
    expect(profile().stacks).toMatchObject([
      { environment: 'dev', adminUser: 'admin', secrets: [] },
      { environment: 'adopted', adminUser: 'ada', secrets: [] },
    ]);
    expect(profile().forwards).toHaveLength(2);
  });

  it('without a login has no user', async () => {
    worlds = { 5000: web(mlflowPages) };
    await adopt({ port: 5000 });
    expect(profile().stacks).toMatchObject([{ environment: 'adopted', adminUser: null, secrets: [] }]);
  });
});

describe('what is known here', () => {
  beforeEach(async () => {
    made('hand', 5003);
    worlds = { 5003: guarded };
    await adopt({ environment: 'hand', password: secret });
  });

  it('is brought to where the server has it now, with the tunnel and the password that it has', async () => {
    const [[label, localPort] = []] = tunnels();
    const { stacks } = profile();
    made('hand', 5013);
    worlds = { 5013: guarded };
    await adopt({ environment: 'hand' });
    expect(tunnels()).toEqual([[label, localPort, 5013]]);
    expect(profile().stacks).toEqual([
      { ...stacks[0], draft: { stack: 'mlflow-quick-start', values: { environment: 'hand', 'mlflow.port': 5013 } } },
    ]);
  });

  it('loses a tunnel to where it answers no more, if there is one already to where it does', async () => {
    const draft = {
      label: 'Mine',
      service: 'mlflow',
      bind: { address: '127.0.0.1', port: 7000, alsoIpv6: false },
      target: { host: 'localhost', port: 5013 },
    } as const;
    await app.call('forwards.add', { serverId, draft });
    made('hand', 5013);
    worlds = { 5013: guarded };
    await adopt({ environment: 'hand' });
    expect(tunnels()).toEqual([['Mine', 7000, 5013]]);
    expect(profile().stacks).toMatchObject([{ forwardId: profile().forwards[0]?.id }]);
  });

  it('leaves a tunnel where another environment answers', async () => {
    made('hand', 5013);
    made('main', 5003);
    worlds = { 5003: guarded, 5013: guarded };
    await adopt({ environment: 'main', password: secret });
    await adopt({ environment: 'hand' });
    expect(tunnels().map(([, , port]) => port)).toEqual([5003, 5013]);
  });

  it('is told where its password is another by now, and keeps what it had', async () => {
    const before = profile();
    worlds = { 5003: mlflowWithLogin('another-one-1') };
    expect(await refused({ environment: 'hand' })).toMatchObject({
      code: 'login-rejected',
      message: expect.stringContaining('kept here') as string,
    });
    expect(profile()).toEqual(before);
    await adopt({ environment: 'hand', password: '' });
    expect(profile().stacks).toMatchObject([{ adminUser: 'admin', secrets: [] }]);
    await adopt({ environment: 'hand', password: 'another-one-1' });
    expect(profile().stacks).toMatchObject([{ adminUser: 'admin', secrets: ['mlflow.admin-password'] }]);
  });

  it('keeps its other secrets', async () => {
    const saved = app.files.servers.saved as { servers: { stacks: { secrets: string[] }[] }[] };
    saved.servers[0]?.stacks[0]?.secrets.push('storage.access-key');
    const before = app;
    app = new CoreDouble({ inherit: before });
    Object.assign(app.engine, { answersExec: before.engine.answersExec, answersAsk: before.engine.answersAsk });
    await app.core.start();
    await app.reachLogin();
    await app.accept();
    await adopt({ environment: 'hand' });
    expect(profile().stacks[0]?.secrets).toEqual(['storage.access-key', 'mlflow.admin-password']);
  });
});
