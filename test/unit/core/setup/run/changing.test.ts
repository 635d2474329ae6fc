/** A stack in the place of another, as the core keeps books of it: secrets, tunnels, and what is listed for uninstalling. */
import { beforeEach, describe, expect, it } from 'vitest';
import { parseManifest } from '../../../../../main/core/setup/run/manifest.ts';
import type { StackDraft, StackName } from '../../../../../main/shared/setup/stack.ts';
import { CoreDouble, labVm } from '../../../../support/core-double.ts';
import { settle } from '../../../../support/fake-clock.ts';
import { RememberingServer } from '../../../../support/remembering-server.ts';
import { sample } from '../facts/facts-samples.ts';

const facts = sample('debian-12').replace(/(@@section sudo\n)\|command=1\n\|said=.*\n\|validate=.*/, '$1|command=0');
const draftOf = (stack: StackName, values: StackDraft['values'] = {}): StackDraft => ({ stack, values });

let app: CoreDouble;
let serverId: string;
let server: RememberingServer;

beforeEach(async () => {
  app = new CoreDouble();
  server = new RememberingServer(facts);
  serverId = await app.bringUp({ ...labVm, forwards: [] });
  server.attach(app);
});

const start = async (draft: StackDraft, secrets = {}) => {
  await app.call('setup.start', { serverId, draft, secrets });
  await settle();
};
const forget = () => app.call('setup.forget', { serverId, environment: 'main' });
const planOf = (draft: StackDraft) => app.call('setup.plan', { serverId, draft });
const former = () => server.stacks[0]?.manifest.former;
const targets = () =>
  app
    .server()
    .profile.forwards.map(({ target }) => target.port)
    .sort();

describe('secrets', () => {
  const s3 = draftOf('mlflow-s3', { 's3.bucket': 'mine', 's3.access-key-id': 'AKIA1' });
  const external = draftOf('mlflow-external-postgres', { 'database.host': 'db.test', 'database.user': 'lena' });

  it('that the new stack has first are made up, those that stand stay', async () => {
    await start(draftOf('object-storage'));
    const store = server.given;
    expect(await planOf(draftOf('mlflow-full'))).toMatchObject({
      stands: false,
      known: ['storage.access-key', 'storage.secret-key'],
    });
    await start(draftOf('mlflow-full'));
    expect(server.given).toMatchObject(store);
    expect(Object.keys(server.given).sort()).toEqual([
      'database.password',
      'mlflow.admin-password',
      'mlflow.secret-key',
      'storage.access-key',
      'storage.secret-key',
    ]);
  });

  it('that stand on the server alone are told as kept, and are not sent', async () => {
    await start(draftOf('object-storage'));
    await forget();
    expect((await planOf(draftOf('mlflow-full'))).known).toEqual(['storage.access-key', 'storage.secret-key']);
    expect(await planOf(draftOf('object-storage'))).toMatchObject({ stands: true, known: [] });
    await start(draftOf('mlflow-full'));
    expect(Object.keys(server.given).sort()).toEqual([
      'database.password',
      'mlflow.admin-password',
      'mlflow.secret-key',
    ]);
  });

  it('are called standing or new by the script that is saved, as a run takes them', async () => {
    const called = async (stack: StackName) => {
      const { text } = await app.call('setup.script', { serverId, draft: draftOf(stack) });
      return Object.fromEntries(
        [...text.matchAll(/^ {2}ask_secret (\S+) \S+ (stands|new) /gm)].map(([, name, word]) => [name, word]),
      );
    };
    expect(await called('object-storage')).toMatchObject({ 'storage.access-key': 'new', 'storage.secret-key': 'new' });
    await start(draftOf('object-storage'));
    expect(await called('mlflow-full')).toEqual({
      'database.password': 'new',
      'mlflow.admin-password': 'new',
      'mlflow.secret-key': 'new',
      'storage.access-key': 'stands',
      'storage.secret-key': 'stands',
    });
  });

  it('that a person has to tell are asked for, also where another stack stands', async () => {
    await start(draftOf('mlflow-quick-start'));
    expect(await planOf(s3)).toMatchObject({ stands: false });
    const reply = await app.core.call('setup.start', { serverId, draft: s3, secrets: {} });
    expect(reply).toMatchObject({ ok: false, error: { message: expect.stringContaining('AKIA1') as string } });
  });

  it('of another key or database are not taken for its own', async () => {
    await start(draftOf('mlflow-postgres'));
    const { 'database.password': here } = server.given;
    expect((await planOf(external)).known).not.toContain('database.password');
    expect(await app.core.call('setup.start', { serverId, draft: external, secrets: {} })).toMatchObject({ ok: false });
    await start(external, { 'database.password': 'theirs' });
    expect(server.given).toMatchObject({ 'database.password': 'theirs' });
    expect(await planOf(external)).toMatchObject({ stands: true });

    await start(draftOf('mlflow-postgres'));
    expect([here, 'theirs', undefined]).not.toContain(server.given['database.password']);
  });

  it('an admin of another name keeps the password', async () => {
    await start(draftOf('mlflow-quick-start'));
    const before = server.given;
    await start(draftOf('mlflow-quick-start', { 'mlflow.admin': 'lena' }));
    expect(server.given).toEqual(before);
  });
});

describe('tunnels', () => {
  const moved = { 'storage.port': 9100, 'storage.console-port': 9101 };

  it('to where nothing answers any more go, the new ones come', async () => {
    await start(draftOf('object-storage'));
    expect(targets()).toEqual([9000, 9001]);
    await start(draftOf('object-storage', moved));
    expect(targets()).toEqual([9100, 9101]);
    expect(app.server().profile.stacks).toMatchObject([{ forwardId: app.server().profile.forwards[0]?.id }]);
  });

  it('go also when the change was cut off and begun anew', async () => {
    await start(draftOf('object-storage'));
    server.failsAt = 'storage-service';
    await start(draftOf('object-storage', moved));
    expect(targets()).toEqual([9000, 9001]);
    server.failsAt = null;
    await start(draftOf('object-storage', moved));
    expect(targets()).toEqual([9100, 9101]);
  });

  it('of another environment stay', async () => {
    await start(draftOf('object-storage'));
    await start(draftOf('object-storage', { ...moved, environment: 'dev' }));
    server.stacks = server.stacks.map((each) =>
      each.manifest.environment === 'main' ? { word: 'part', manifest: { ...each.manifest, gone: [9100] } } : each,
    );
    await start(draftOf('object-storage'));
    expect(targets()).toEqual([9000, 9001, 9100, 9101]);
  });
});

describe('a run that failed', () => {
  const version = (is: string) => draftOf('mlflow-quick-start', { 'mlflow.version': is });
  const stops = async (draft: StackDraft) =>
    (await planOf(draft)).plan.remarks.filter(({ level }) => level === 'stop').map(({ message }) => message);
  const [stood, mistyped] = [version('3.17.2'), version('9.9.9')];
  const fail = async (draft: StackDraft) => {
    server.failsAt = 'mlflow-install';
    await start(draft);
    server.failsAt = null;
  };

  it('leaves the way back to what stood before it, however often it is tried', async () => {
    await start(stood);
    await fail(mistyped);
    await fail(version('9.9.8'));
    expect(server.stacks).toMatchObject([{ word: 'part', manifest: { finished: stood } }]);
    expect(await stops(stood)).toEqual([]);
    expect(await stops(version('3.1.0'))).toEqual([expect.stringContaining('MLflow 3.17.2 is there')]);
    await start(stood);
    expect(server.stacks).toMatchObject([{ word: 'complete', manifest: { draft: stood } }]);
    expect(await stops(version('3.1.0'))).toEqual([expect.stringContaining('MLflow 3.17.2 is there')]);
  });
});

describe('what an earlier stack has left', () => {
  const s3 = draftOf('mlflow-s3', { 's3.bucket': 'mine', 's3.access-key-id': 'AKIA1' });

  it('is listed for uninstalling, as long as something of it is there', async () => {
    await start(s3, { 's3.secret-access-key': 'x' });
    expect(former()).toEqual([]);
    await start(draftOf('mlflow-quick-start'));
    expect(former()).toEqual([s3]);
    await start(draftOf('mlflow-quick-start', { 'mlflow.port': 5005 }));
    expect(former()).toEqual([s3]);
    const { plan } = await app.call('setup.plan-uninstall', { serverId, environment: 'main', removeData: false });
    expect(plan.steps.map(({ id }) => id)).toContain('artifacts-check');

    await start(s3, { 's3.secret-access-key': 'x' });
    expect(former()).toEqual([]);
  });

  it('a manifest of before says nothing of it', () => {
    const {
      former: _former,
      gone: _gone,
      ...old
    } = {
      format: 1,
      kind: 'set-up',
      title: 'A',
      environment: 'main',
      scope: 'system',
      account: 'ubuntu',
      stateDir: '/var/lib/mooring',
      by: 'ada',
      adminUser: null,
      draft: draftOf('mlflow-quick-start'),
      steps: [],
      services: [],
      former: [],
      gone: [],
    };
    expect(parseManifest(JSON.stringify(old))).toMatchObject({ former: [], gone: [] });
  });
});
