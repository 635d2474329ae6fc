/** A stack in the place of another, as the core keeps books of it: secrets, tunnels, and what is listed for uninstalling. */
import { beforeEach, describe, expect, it } from 'vitest';
import { parseManifest, type Manifest } from '../../../../../main/core/setup/run/manifest.ts';
import { lookScript } from '../../../../../main/core/setup/script/follow.ts';
import type { StackDraft, StackName } from '../../../../../main/shared/setup/stack.ts';
import { CoreDouble, labVm } from '../../../../support/core-double.ts';
import { settle } from '../../../../support/fake-clock.ts';
import { sample } from '../facts/facts-samples.ts';

const facts = sample('debian-12').replace(/(@@section sudo\n)\|command=1\n\|said=.*\n\|validate=.*/, '$1|command=0');
const draftOf = (stack: StackName, values: StackDraft['values'] = {}): StackDraft => ({ stack, values });

let app: CoreDouble;
let serverId: string;
/** What the server has, as its last run left it. */
let manifest: Manifest | null;
let complete: boolean;
/** The secrets that the last run was given. */
let given: Record<string, string>;

beforeEach(async () => {
  app = new CoreDouble();
  manifest = null;
  complete = false;
  given = {};
  serverId = await app.bringUp({ ...labVm, forwards: [] });
  app.engine.answersExec = ({ script, input }) => {
    if (script.includes('@@mooring-facts')) return { exitCode: 0, stdout: facts };
    if (script === lookScript) {
      const stack = manifest
        ? `stack ${manifest.scope} ${manifest.environment} ${complete ? 'complete' : 'part'}\np ${JSON.stringify(manifest)}\n`
        : '';
      return { exitCode: 0, stdout: `${stack}done\n` };
    }
    if (input?.includes('@@mooring ') === true) {
      given = Object.fromEntries([...input.matchAll(/^x (\S+) (.*)$/gm)].map(([, name, value]) => [name, value]));
      manifest = parseManifest(/^p (.*)$/m.exec(input)?.[1] ?? '');
      return { exitCode: 0, stdout: 'started\n' };
    }
    if (script.includes('tail -n "+$from"')) return { exitCode: 0, stdout: '@ 1 clock\n@ 2 over done\n@ 3 gone\n' };
    return { exitCode: 0, stdout: '' };
  };
});

const start = async (draft: StackDraft, secrets = {}) => {
  await app.call('setup.start', { serverId, draft, secrets });
  await settle();
};
/** As another machine, or this one, has left it. */
const has = async (draft: StackDraft, secrets = {}) => {
  await start(draft, secrets);
  complete = true;
};
const forget = () => app.call('setup.forget', { serverId, environment: 'main' });
const planOf = (draft: StackDraft) => app.call('setup.plan', { serverId, draft });
const targets = () =>
  app
    .server()
    .profile.forwards.map(({ target }) => target.port)
    .sort();

describe('secrets', () => {
  const s3 = draftOf('mlflow-s3', { 's3.bucket': 'mine', 's3.access-key-id': 'AKIA1' });
  const external = draftOf('mlflow-external-postgres', { 'database.host': 'db.test', 'database.user': 'lena' });

  it('that the new stack has first are made up, those that stand stay', async () => {
    await has(draftOf('object-storage'));
    const store = given;
    expect(await planOf(draftOf('mlflow-full'))).toMatchObject({
      stands: false,
      known: ['storage.access-key', 'storage.secret-key'],
    });
    await start(draftOf('mlflow-full'));
    expect(given).toMatchObject(store);
    expect(Object.keys(given).sort()).toEqual([
      'database.password',
      'mlflow.admin-password',
      'mlflow.secret-key',
      'storage.access-key',
      'storage.secret-key',
    ]);
  });

  it('that stand on the server alone are told as kept, and are not sent', async () => {
    await has(draftOf('object-storage'));
    await forget();
    expect((await planOf(draftOf('mlflow-full'))).known).toEqual(['storage.access-key', 'storage.secret-key']);
    expect(await planOf(draftOf('object-storage'))).toMatchObject({ stands: true, known: [] });
    await start(draftOf('mlflow-full'));
    expect(Object.keys(given).sort()).toEqual(['database.password', 'mlflow.admin-password', 'mlflow.secret-key']);
  });

  it('that a person has to tell are asked for, also where another stack stands', async () => {
    await has(draftOf('mlflow-quick-start'));
    expect(await planOf(s3)).toMatchObject({ stands: false });
    const reply = await app.core.call('setup.start', { serverId, draft: s3, secrets: {} });
    expect(reply).toMatchObject({ ok: false, error: { message: expect.stringContaining('AKIA1') as string } });
  });

  it('of another key or database are not taken for its own', async () => {
    await has(draftOf('mlflow-postgres'));
    const { 'database.password': here } = given;
    expect((await planOf(external)).known).not.toContain('database.password');
    expect(await app.core.call('setup.start', { serverId, draft: external, secrets: {} })).toMatchObject({ ok: false });
    await has(external, { 'database.password': 'theirs' });
    expect(given).toMatchObject({ 'database.password': 'theirs' });
    expect(await planOf(external)).toMatchObject({ stands: true });

    await has(draftOf('mlflow-postgres'));
    expect([here, 'theirs', undefined]).not.toContain(given['database.password']);
  });

  it('an admin of another name keeps the password', async () => {
    await has(draftOf('mlflow-quick-start'));
    const before = given;
    await start(draftOf('mlflow-quick-start', { 'mlflow.admin': 'lena' }));
    expect(given).toEqual(before);
  });
});

describe('tunnels', () => {
  const moved = { 'storage.port': 9100, 'storage.console-port': 9101 };

  it('to where nothing answers any more go, the new ones come', async () => {
    await has(draftOf('object-storage'));
    expect(targets()).toEqual([9000, 9001]);
    await start(draftOf('object-storage', moved));
    expect(targets()).toEqual([9100, 9101]);
    expect(app.server().profile.stacks).toMatchObject([{ forwardId: app.server().profile.forwards[0]?.id }]);
  });

  it('go also when the change was cut off and begun anew', async () => {
    await has(draftOf('object-storage'));
    const { answersExec } = app.engine;
    app.engine.answersExec = (command) =>
      command.script.includes('tail -n "+$from"')
        ? { exitCode: 0, stdout: '@ 1 clock\n@ 2 over failed storage-service\n@ 3 gone\n' }
        : (answersExec?.(command) ?? { exitCode: 1 });
    complete = false;
    await start(draftOf('object-storage', moved));
    expect(targets()).toEqual([9000, 9001]);
    app.engine.answersExec = answersExec;
    await start(draftOf('object-storage', moved));
    expect(targets()).toEqual([9100, 9101]);
  });

  it('of another environment stay', async () => {
    await has(draftOf('object-storage'));
    const first = manifest;
    manifest = null;
    await has(draftOf('object-storage', { ...moved, environment: 'dev' }));
    manifest = first && { ...first, gone: [9100] };
    complete = false;
    await start(draftOf('object-storage'));
    expect(targets()).toEqual([9000, 9001, 9100, 9101]);
  });
});

describe('what an earlier stack has left', () => {
  const s3 = draftOf('mlflow-s3', { 's3.bucket': 'mine', 's3.access-key-id': 'AKIA1' });

  it('is listed for uninstalling, as long as something of it is there', async () => {
    await has(s3, { 's3.secret-access-key': 'x' });
    expect(manifest?.former).toEqual([]);
    await has(draftOf('mlflow-quick-start'));
    expect(manifest?.former).toEqual([s3]);
    await has(draftOf('mlflow-quick-start', { 'mlflow.port': 5005 }));
    expect(manifest?.former).toEqual([s3]);
    const { plan } = await app.call('setup.plan-uninstall', { serverId, environment: 'main', removeData: false });
    expect(plan.steps.map(({ id }) => id)).toContain('artifacts-check');

    await has(s3, { 's3.secret-access-key': 'x' });
    expect(manifest?.former).toEqual([]);
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
