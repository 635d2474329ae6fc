/** What is on the server already, and what a run leaves of it here: passwords, data that was kept, history, ports. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ForwardDraft } from '../../../../../main/shared/forward.ts';
import type { StackDraft } from '../../../../../main/shared/setup/stack.ts';
import type { KeychainView } from '../../../../../main/shared/snapshot.ts';
import { failure } from '../../../../../main/shared/failure.ts';
import { CoreDouble } from '../../../../support/core-double.ts';
import { settle } from '../../../../support/fake-clock.ts';
import { RememberingServer } from '../../../../support/remembering-server.ts';
import { sample } from '../facts/facts-samples.ts';

const draft: StackDraft = { stack: 'mlflow-quick-start', values: { 'mlflow.port': 5020 } };
const noKeychain: KeychainView = { kind: 'absent', failure: failure('keychain-failed', 'There is none.') };

let server: RememberingServer;
let app: CoreDouble;
let serverId: string;

async function up(keychain?: KeychainView, inherit?: CoreDouble): Promise<void> {
  app = new CoreDouble({ ...(keychain && { keychain }), ...(inherit && { inherit }) });
  app.localPorts.holder = () => Promise.resolve(null);
  if (inherit) {
    await app.core.start();
    serverId = app.server().profile.id;
    await app.reachLogin();
    await app.accept();
  } else serverId = await app.bringUp();
  server.attach(app);
}

beforeEach(async () => {
  server = new RememberingServer(sample('debian-13-tutorial'));
  await up();
});

const step = (id: string) => app.server().run?.steps.find((each) => each.id === id);
async function setUp(of: StackDraft = draft, secrets = {}): Promise<void> {
  await app.call('setup.start', { serverId, draft: of, secrets });
  await settle();
}
const planned = (of: StackDraft = draft) => app.call('setup.plan', { serverId, draft: of });
const words = async (of: StackDraft = draft) => (await planned(of)).plan.remarks.map((each) => each.message);

describe('the password', () => {
  it('is said to be in the keychain where it is', async () => {
    await setUp();
    expect(step('here-tunnels')).toMatchObject({ title: 'Password in the keychain, tunnels on', state: 'ok' });
  });

  it('is said to last until Mooring quits without a keychain', async () => {
    await up(noKeychain);
    await setUp();
    expect(step('here-tunnels')).toMatchObject({ title: 'Password kept until Mooring quits, tunnels on', state: 'ok' });
  });

  it('that was lost is not claimed, and the check that needs it is passed over', async () => {
    await up(noKeychain);
    await setUp();
    await up(noKeychain, app);
    await setUp();
    expect(step('here-tunnels')).toMatchObject({
      title: 'Tunnels on',
      note: 'The password of admin is not known here.',
    });
    expect(step('here-check')?.state).toBe('skipped');
    expect(app.server().run?.state.kind).toBe('done');
    expect(app.server().profile.stacks[0]?.secrets).not.toContain('mlflow.admin-password');
  });

  it('that was lost is told of with a way back, and set anew by a run', async () => {
    await up(noKeychain);
    await setUp();
    await up(noKeychain, app);
    const shown = await app.core.call('setup.reveal-password', { serverId, environment: 'main' });
    expect(shown).toMatchObject({
      ok: false,
      error: { code: 'needs-you', commandHint: expect.stringContaining('mooring setup password lab-vm --change') },
    });
    const password = 'a-new-password-1';
    const { runId } = await app.call('setup.change-password', { serverId, environment: 'main', password });
    await settle();
    expect(runId).toBe(app.server().run?.runId);
    expect(server.runs.at(-1)?.inputs).toContain(`x mlflow.admin-password ${password}\n`);
    expect(await app.call('setup.reveal-password', { serverId, environment: 'main' })).toMatchObject({ password });
  });

  it('that was lost is not set by beginning again what came to no end', async () => {
    await up(noKeychain);
    await setUp();
    server.failsAt = 'mlflow-install';
    await setUp({ ...draft, values: { ...draft.values, 'mlflow.version': '9.9.9' } });
    server.failsAt = null;
    await up(noKeychain, app);
    const before = server.runs.length;
    const args = { serverId, environment: 'main', password: 'a-new-password-1' };
    expect(await app.core.call('setup.change-password', args)).toMatchObject({
      ok: false,
      error: {
        code: 'conflict',
        message: '“main” is not finished: its last run came to no end.',
        commandHint: expect.stringContaining('mooring setup lab-vm --stack mlflow-quick-start'),
      },
    });
    expect(server.runs).toHaveLength(before);
    await setUp();
    expect(server.given).toHaveProperty(['mlflow.admin-password']);
  });
});

describe('a plan', () => {
  it('of a bare machine says nothing of it', async () => {
    expect((await words()).filter((each) => each.includes('main'))).toEqual([]);
  });

  it('says first that the stack stands, and nothing of a password that is known', async () => {
    await setUp();
    expect((await words())[0]).toBe('“main” is set up here already; only what differs is changed.');
    expect((await words()).join()).not.toContain('password');
  });

  it('says that a password that is not known here stays', async () => {
    await setUp();
    app.keychain.clear();
    await up(undefined, app);
    app.keychain.clear();
    expect(await words()).toContain(
      'The password of MLflow’s user admin is not known here: it stays as it is on the server.',
    );
    await setUp();
    expect(server.runs.at(-1)?.inputs).not.toContain('x mlflow.admin-password');
  });

  it('keeps the password of what a script set up that left nothing but its mark', async () => {
    server.bare = ['main'];
    expect(await planned()).toMatchObject({ stands: true });
    await setUp();
    expect(server.runs.at(-1)?.inputs).not.toContain('x mlflow.admin-password');
  });

  it('of what is not finished says that a new password is set', async () => {
    await setUp();
    server.stacks = server.stacks.map((each) => ({ ...each, word: 'part' }));
    app.keychain.clear();
    await up(undefined, app);
    expect((await words())[0]).toContain('is not finished');
    expect(await words()).toContain('The password of MLflow’s user admin is not known here: this run sets a new one.');
  });

  it.each([
    ['of the same environment', draft, /^A run is under way there/],
    [
      'of another environment',
      { ...draft, values: { environment: 'dev', 'mlflow.port': 5021 } },
      /^“main” was begun here and is not finished/,
    ],
  ] as const)('made while a run is under way says so first: %s', async (_, other, second) => {
    await setUp();
    await setUp(other);
    server.stacks = server.stacks.map((each) => ({ ...each, word: 'part' }));
    server.runs = server.runs.slice(-1);
    server.alive = server.runs[0]?.id ?? null;
    const [first, next] = await words();
    expect(first).toMatch(
      /^A run is under way there: MLflow quick start, of “(main|dev)”, begun by .*\. Its end comes first\.$/,
    );
    expect([first, next].join('\n')).toMatch(new RegExp(second.source, 'm'));
    const said = (await words()).join('\n');
    if (other === draft) expect(said).not.toMatch(/not finished|sets a new one/);
    const args = { serverId, environment: 'main', removeData: false };
    const off = await app.call('setup.plan-uninstall', args);
    expect(off.plan.remarks[0]?.message).toBe(first);
    expect(await app.core.call('setup.start', { serverId, draft, secrets: {} })).toMatchObject({ ok: false });
  });

  it('names the local address of each tunnel: that which it has, or would get', async () => {
    const at = async (of?: StackDraft) => (await planned(of)).plan.services.map((each) => each.localPort);
    expect(await at({ stack: 'mlflow-quick-start', values: {} })).toEqual([5001]);
    expect(await at({ stack: 'mlflow-quick-start', values: { environment: 'dev', 'mlflow.port': 5007 } })).toEqual([
      5007,
    ]);
  });
});

describe('an uninstallation', () => {
  const dev: StackDraft = { stack: 'mlflow-quick-start', values: { environment: 'dev', 'mlflow.port': 5007 } };
  async function off(removeData: boolean): Promise<void> {
    const name = removeData ? { serverName: 'lab-vm' } : {};
    await app.call('setup.uninstall', { serverId, environment: 'dev', removeData, ...name });
    await settle();
  }

  it('that keeps data says where, and that data can be removed later', async () => {
    await setUp(dev);
    await off(false);
    expect(app.server().run?.keeps?.join()).toContain('/srv/mooring/dev');
    const { kept, stacks } = await app.call('setup.look', { serverId });
    expect(stacks).toEqual([]);
    expect(kept).toMatchObject([{ environment: 'dev', title: 'MLflow quick start' }]);
    expect((await words(dev))[0]).toBe('Data of an earlier “dev” is here and is used again.');
    const again = await app.core.call('setup.plan-uninstall', { serverId, environment: 'dev', removeData: false });
    expect(again).toMatchObject({ ok: false, error: { code: 'conflict' } });
    await off(true);
    expect(server.runs.at(-1)).toMatchObject({ manifest: { kind: 'uninstall', environment: 'dev' } });
    expect(server.runs.at(-1)?.inputs).toContain('rm -rf /srv/mooring/dev/mlflow.db');
    expect(app.server().run?.keeps).toBeUndefined();
    expect((await app.call('setup.look', { serverId })).kept).toEqual([]);
  });

  it('leaves the tunnel of another stack that has taken over its port', async () => {
    await setUp(dev);
    await off(false);
    await setUp({ stack: 'mlflow-quick-start', values: { environment: 'prod', 'mlflow.port': 5007 } });
    await off(true);
    expect(app.server().profile.forwards.map((each) => each.target.port)).toContain(5007);
  });

  const byHand = (host: string, port: number): ForwardDraft => ({
    label: 'By hand',
    service: 'tcp',
    bind: { address: '127.0.0.1', port: 15_007, alsoIpv6: false },
    target: { host, port },
  });
  const targets = () => app.server().profile.forwards.map(({ target }) => `${target.host} ${String(target.port)}`);

  it('leaves what a person has led there since, when only data is removed', async () => {
    await setUp(dev);
    await off(false);
    await app.call('forwards.add', { serverId, draft: byHand('127.0.0.1', 5007) });
    await off(true);
    expect(app.server().run?.state.kind).toBe('done');
    expect(targets()).toContain('127.0.0.1 5007');
  });

  it('takes the tunnel off that it found there, by whatever name that calls the server', async () => {
    await app.call('forwards.add', { serverId, draft: byHand('::1', 5007) });
    await setUp(dev);
    expect(targets().filter((each) => each.endsWith('5007'))).toEqual(['::1 5007']);
    await off(false);
    expect(targets()).not.toContain('::1 5007');
  });

  it('takes the tunnels off that a change which was cut off has left', async () => {
    await setUp(dev);
    const moved = { ...dev, values: { ...dev.values, 'mlflow.port': 5008 } };
    await setUp(moved);
    // As if this machine had not come to its part of it.
    await app.call('forwards.add', { serverId, draft: byHand('127.0.0.1', 5007) });
    server.stacks = server.stacks.map((each) => ({ ...each, word: 'part' }));
    await off(false);
    expect(targets().filter((each) => /500[78]$/.test(each))).toEqual([]);
  });

  it('gives the local port back that the tunnel had', async () => {
    app.localPorts.holder = (_address, port) => Promise.resolve(port === 5007 ? { pid: 1, program: 'x' } : null);
    await setUp(dev);
    const local = () => app.server().profile.forwards.find((each) => each.target.port === 5007)?.bind.port;
    expect(local()).toBe(5008);
    await off(false);
    app.localPorts.holder = () => Promise.resolve(null);
    await setUp(dev);
    expect(local()).toBe(5008);
  });
});

it('a local port that was the tunnel’s before and can’t be had is named by the plan, with who has it', async () => {
  await setUp();
  const { forwards } = app.server().profile;
  expect(forwards.find(({ target }) => target.port === 5020)?.bind.port).toBe(5020);
  await app.call('setup.uninstall', { serverId, environment: 'main', removeData: false });
  await settle();
  const moved = async () => (await words()).filter((each) => each.includes('before. '));
  expect(await moved()).toEqual([]);
  app.localPorts.holder = (_address, port) => Promise.resolve(port === 5020 ? { pid: 1, program: 'jupyter' } : null);
  expect(await moved()).toEqual([
    'The tunnel MLflow was at 127.0.0.1:5020 before. jupyter has that port now: it will be at 5021.',
  ]);
  app.localPorts.holder = () => Promise.resolve(null);
  const bind = { address: '127.0.0.1', port: 5020, alsoIpv6: false } as const;
  const target = { host: '127.0.0.1', port: 80 };
  await app.call('forwards.add', { serverId, draft: { label: 'Other', service: 'http', bind, target } });
  expect(await moved()).toEqual([
    'The tunnel MLflow was at 127.0.0.1:5020 before. The tunnel Other of lab-vm has that port now: it will be at 5021.',
  ]);
});

describe('a run that never began', () => {
  it('stays in the history until it is put away', async () => {
    server.sudo = 'sudo-wrong';
    server.facts = sample('debian-12');
    await setUp();
    for (let tries = 0; tries < 3; tries += 1) {
      const { id: promptId } = app.prompt('sudo-password');
      await app.call('prompts.answer', { promptId, answer: { kind: 'secret', secret: 'no', remember: false } });
      await settle();
    }
    expect(app.server().run?.state).toMatchObject({ kind: 'failed', stepId: null });
    const { history } = await app.call('setup.look', { serverId });
    expect(history).toMatchObject([
      { outcome: 'failed', why: expect.stringMatching(/did not accept the password of \w+$/) },
    ]);
    await app.call('setup.dismiss', { serverId });
    expect((await app.call('setup.look', { serverId })).history).toEqual([]);
  });

  it('and one whose check failed here is not called done', async () => {
    await setUp();
    expect(app.server().run?.state).toMatchObject({ kind: 'failed', stepId: 'here-check' });
    expect((await app.call('setup.look', { serverId })).history).toMatchObject([{ outcome: 'failed' }]);
  });
});
