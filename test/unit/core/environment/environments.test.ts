/** The calls of the environment, in a core on doubles. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Desktop } from '../../../../main/core/desktop/desktop-ports.ts';
import type { StackDraft, StackSecretName } from '../../../../main/shared/setup/stack.ts';
import { CoreDouble, labVm } from '../../../support/core-double.ts';
import { settle } from '../../../support/fake-clock.ts';

const full: StackDraft = { stack: 'mlflow-full', values: {} };
const secrets: Partial<Record<StackSecretName, string>> = {
  'mlflow.admin-password': `it's $HOME`,
  'storage.access-key': 'KEYOFSTORE1',
  'storage.secret-key': 's3cret%key',
};
const s3Forward = {
  label: 'S3 API',
  service: 's3',
  bind: { address: '127.0.0.1', port: 9000, alsoIpv6: false },
  target: { host: '127.0.0.1', port: 9000 },
} as const;

let double: CoreDouble;
afterEach(() => double.core.stop());

/** A server that has MLflow and a store, with these secrets in the keychain. */
async function start(known = secrets, desktop?: Desktop, draft = full): Promise<{ serverId: string }> {
  double = new CoreDouble(desktop ? { desktop } : {});
  await double.core.start();
  const { serverId } = await double.call('servers.add', {
    draft: { ...labVm, forwards: [...labVm.forwards, s3Forward] },
  });
  await double.core.stop();
  const saved = double.files.servers.saved as { servers: Record<string, unknown>[] };
  const forwards = saved.servers[0]?.['forwards'] as { id: string }[];
  const stack = {
    draft,
    environment: 'main',
    adminUser: 'admin',
    secrets: Object.keys(known),
    forwardId: forwards[0]?.id,
  };
  Object.assign(saved.servers[0] ?? {}, { stacks: [stack] });
  double = new CoreDouble({ inherit: double, ...(desktop ? { desktop } : {}) });
  for (const [name, secret] of Object.entries(known)) {
    double.keychain.set(`server/${serverId}/stack/main/${name}`, JSON.stringify({ purpose: 'stack', secret }));
  }
  await double.core.start();
  await settle();
  return { serverId };
}

describe('environment.get', () => {
  it('tells names, values and whys, and of secrets that they are known', async () => {
    const { serverId } = await start();
    const view = await double.call('environment.get', { serverId });
    expect(JSON.stringify(view)).not.toMatch(/HOME|KEYOFSTORE1|s3cret/);
    expect(view).toMatchObject({ environment: 'main', environments: ['main'] });
    expect(view.variables.find(({ name }) => name === 'MLFLOW_TRACKING_PASSWORD')).toEqual({
      name: 'MLFLOW_TRACKING_PASSWORD',
      value: null,
      isSecret: true,
      isKnown: true,
      why: 'Its password.',
    });
    expect(view.aws).toEqual({
      name: 'mooring-lab-vm',
      configPath: '~/.aws/config',
      credentialsPath: '~/.aws/credentials',
      isWritten: false,
    });
    expect(JSON.stringify(double.core.snapshot())).not.toMatch(/KEYOFSTORE1|s3cret/);
  });

  it('says what is not in the keychain, and when that is locked', async () => {
    const { serverId } = await start({ 'storage.access-key': 'KEYOFSTORE1', 'storage.secret-key': 'x' });
    const view = await double.call('environment.get', { serverId });
    const said = view.remarks.map(({ message }) => message);
    expect(said).toContain('MLFLOW_TRACKING_PASSWORD is left out: it is not in the keychain here.');
    double.keychainLocked = true;
    const locked = (await double.call('environment.get', { serverId })).remarks.map(({ message }) => message);
    expect(locked.filter((each) => each.includes('locked'))).toHaveLength(1);
  });

  it('takes the proxy of who asks before its own', async () => {
    const { serverId } = await start();
    double.proxy = { isSet: true, except: '', isLowerCase: false };
    const names = async (proxy?: typeof double.proxy) =>
      (await double.call('environment.get', { serverId, ...(proxy && { proxy }) })).variables.map(({ name }) => name);
    expect(await names()).toContain('NO_PROXY');
    expect(await names({ isSet: false, except: '', isLowerCase: false })).not.toContain('NO_PROXY');
  });

  it('knows no server that is gone, and no environment that is not there', async () => {
    const { serverId } = await start();
    expect(await double.core.call('environment.get', { serverId: 'gone' })).toMatchObject({
      error: { code: 'not-found' },
    });
    expect(await double.core.call('environment.get', { serverId, environment: 'prod' })).toMatchObject({
      error: { code: 'not-found', hint: 'There is: main.' },
    });
  });
});

describe('environment.text', () => {
  it('has secrets only on request', async () => {
    const { serverId } = await start();
    const without = await double.call('environment.text', { serverId, format: 'bash', withSecrets: false });
    expect(without.text).toContain('export MLFLOW_TRACKING_URI=http://127.0.0.1:5001\n');
    expect(without.text).not.toMatch(/HOME|KEYOFSTORE1|s3cret/);
    const withSecrets = await double.call('environment.text', { serverId, format: 'bash', withSecrets: true });
    expect(withSecrets.text).toContain(`export MLFLOW_TRACKING_PASSWORD='it'\\''s $HOME'\n`);
    expect(double.log.map(({ message }) => message).join()).not.toMatch(/KEYOFSTORE1|s3cret/);
  });
});

describe('environment.copy', () => {
  function desktop() {
    const clipboard = {
      text: '',
      read: () => Promise.resolve(clipboard.text),
      write: (text: string) => Promise.resolve(void (clipboard.text = text)),
    };
    const port: Desktop = {
      loginItem: {
        read: () => Promise.resolve({ kind: 'off' }),
        set: () => Promise.resolve({ kind: 'off' }),
        refresh: () => Promise.resolve({ kind: 'off' }),
      },
      notifications: { show: () => undefined, withdraw: () => undefined },
      updates: {
        listen: () => () => undefined,
        setOn: () => undefined,
        check: () => undefined,
        install: () => undefined,
      },
      tray: { listen: () => () => undefined },
      clipboard,
    };
    return { port, clipboard };
  }
  const wish = { format: 'bash', withSecrets: true } as const;

  it('clears what is secret after a minute', async () => {
    const { port, clipboard } = desktop();
    const { serverId } = await start(secrets, port);
    const reply = await double.call('environment.copy', { serverId, ...wish });
    expect(reply.clearedAfterMs).toBe(60_000);
    expect(clipboard.text).toBe(reply.text);
    expect(clipboard.text).toContain('KEYOFSTORE1');
    await double.clock.pass(59_000);
    expect(clipboard.text).not.toBe('');
    await double.clock.pass(1_000);
    expect(clipboard.text).toBe('');
  });

  it('leaves what somebody copied meanwhile, and what is not secret', async () => {
    const { port, clipboard } = desktop();
    const { serverId } = await start(secrets, port);
    await double.call('environment.copy', { serverId, ...wish });
    clipboard.text = 'a recipe';
    await double.clock.pass(61_000);
    expect(clipboard.text).toBe('a recipe');
    const reply = await double.call('environment.copy', { serverId, format: 'bash', withSecrets: false });
    await double.clock.pass(61_000);
    expect([reply.clearedAfterMs, clipboard.text]).toEqual([null, reply.text]);
  });

  it('counts anew for a second copy, and leaves nothing secret at the end', async () => {
    const { port, clipboard } = desktop();
    const { serverId } = await start(secrets, port);
    await double.call('environment.copy', { serverId, ...wish });
    await double.clock.pass(40_000);
    await double.call('environment.copy', { serverId, ...wish, format: 'fish' });
    await double.clock.pass(40_000);
    expect(clipboard.text).toContain('set -gx');
    await double.core.stop();
    expect(clipboard.text).toBe('');
  });

  it('is the desktop app’s alone', async () => {
    const { serverId } = await start();
    expect(await double.core.call('environment.copy', { serverId, ...wish })).toMatchObject({
      error: { code: 'not-allowed' },
    });
  });
});

describe('the profile in ~/.aws', () => {
  it('is written with its keys, and taken out again', async () => {
    const { serverId } = await start();
    double.awsFiles.set('credentials', '[default]\naws_access_key_id = MINE\n');
    const written = await double.call('environment.write-aws', { serverId });
    expect(written.isWritten).toBe(true);
    expect(double.awsFiles.get('credentials')).toBe(
      [
        '[default]',
        'aws_access_key_id = MINE',
        '# BEGIN mooring mooring-lab-vm',
        '[mooring-lab-vm]',
        'aws_access_key_id = KEYOFSTORE1',
        'aws_secret_access_key = s3cret%key',
        '# END mooring mooring-lab-vm',
        '',
      ].join('\n'),
    );
    expect(double.awsFiles.get('config')).toContain(
      '[profile mooring-lab-vm]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:9000\n',
    );
    expect((await double.call('environment.get', { serverId })).aws?.isWritten).toBe(true);
    expect(await double.call('environment.remove-aws', { serverId })).toMatchObject({
      removed: true,
      isWritten: false,
    });
    expect([double.awsFiles.get('config'), double.awsFiles.get('credentials')]).toEqual([
      '',
      '[default]\naws_access_key_id = MINE\n',
    ]);
    expect(await double.call('environment.remove-aws', { serverId })).toMatchObject({ removed: false });
  });

  it('can be taken out when its stack is gone', async () => {
    const { serverId } = await start();
    await double.call('environment.write-aws', { serverId });
    await double.call('setup.forget', { serverId, environment: 'main' });
    expect(await double.call('environment.remove-aws', { serverId, environment: 'main' })).toMatchObject({
      removed: true,
    });
    expect([...double.awsFiles.values()]).toEqual(['', '']);
  });

  it('goes with its server', async () => {
    const { serverId } = await start();
    double.awsFiles.set('credentials', '[default]\naws_access_key_id = MINE\n');
    await double.call('environment.write-aws', { serverId });
    await double.call('servers.remove', { serverId });
    expect([double.awsFiles.get('config'), double.awsFiles.get('credentials')]).toEqual([
      '',
      '[default]\naws_access_key_id = MINE\n',
    ]);
    expect(double.core.snapshot().notices).toEqual([]);
  });

  it('is told of where it has to stay when its server goes', async () => {
    const { serverId } = await start();
    await double.call('environment.write-aws', { serverId });
    const damaged = (double.awsFiles.get('credentials') ?? '').replace('# END', '# ');
    double.awsFiles.set('credentials', damaged);
    await double.call('servers.remove', { serverId });
    expect(double.awsFiles.get('credentials')).toBe(damaged);
    const { notices } = double.core.snapshot();
    expect(notices.map(({ failure }) => failure.message).join()).toContain(
      'mooring-lab-vm of lab-vm is still in ~/.aws',
    );
  });

  it('is not written without a store, nor without its keys', async () => {
    const { serverId } = await start({});
    expect(await double.core.call('environment.write-aws', { serverId })).toMatchObject({
      error: { code: 'needs-you' },
    });
    await double.core.stop();
    const other = await start(secrets, undefined, { stack: 'mlflow-quick-start', values: {} });
    const forwardId = double.server().profile.forwards[1]?.id ?? '';
    await double.call('forwards.remove', { serverId: other.serverId, forwardId });
    expect(await double.core.call('environment.write-aws', other)).toMatchObject({ error: { code: 'not-found' } });
    expect(double.awsFiles.size).toBe(0);
  });
});
