/** The keys of a store as far as they are kept here, and the login of an MLflow that has another password by now. */
import { describe, expect, it } from 'vitest';
import { Credentials } from '../../../../main/core/setup/credentials.ts';
import type { Secrets } from '../../../../main/core/secrets.ts';
import type { Profiles } from '../../../../main/core/servers/profiles.ts';
import { done, failed, failure, type Reply } from '../../../../main/shared/failure.ts';
import type { InstalledStack, StackSecretName } from '../../../../main/shared/setup/stack.ts';
import { installedOf } from '../../../support/setup-snapshots.ts';
import { serverOf } from '../../../support/snapshots.ts';

const store = installedOf({ draft: { stack: 'object-storage', values: {} }, adminUser: null });

function keysOf(stack: InstalledStack, kept: Partial<Record<StackSecretName, string>>, locked = false) {
  const { profile } = serverOf({ stacks: [stack] });
  const read = (_server: string, _environment: string, name: StackSecretName): Promise<Reply<string | null>> =>
    Promise.resolve(locked ? failed(failure('keychain-failed', 'It is locked.')) : done(kept[name] ?? null));
  const credentials = new Credentials({
    profiles: { find: () => done(profile) } as unknown as Profiles,
    secrets: { getForStack: read } as unknown as Secrets,
    http: {
      request: () => expect.unreachable('nothing is asked of the server'),
      closeIdle: () => undefined,
    },
    random: { id: () => 'x' } as never,
  });
  return credentials.revealKeys(profile.id, stack.environment);
}

const keys = { 'storage.access-key': 'AK', 'storage.secret-key': 'SK' } as const;

describe('the keys of a store', () => {
  it('are shown as they are kept, with the login of the console where it has one', async () => {
    expect(await keysOf(store, keys)).toEqual(done({ accessKey: 'AK', secretKey: 'SK', console: null }));
    expect(await keysOf(store, { ...keys, 'storage.admin-password': 'PW' })).toEqual(
      done({ accessKey: 'AK', secretKey: 'SK', console: { user: 'admin', password: 'PW' } }),
    );
  });

  it.each([
    ['kept elsewhere', keysOf(store, { 'storage.access-key': 'AK' }), 'needs-you'],
    ['of a stack without a store', keysOf(installedOf(), keys), 'conflict'],
    ['of a keychain that is locked', keysOf(store, keys, true), 'keychain-failed'],
  ])('are refused in words: %s', async (_what, asked, code) => {
    expect(await asked).toMatchObject({ ok: false, error: { code } });
  });
});

describe('a password that was changed elsewhere', () => {
  async function refused(environment: string) {
    const { profile } = serverOf({
      name: 'my lab',
      forwards: [{ id: 'f-mlflow', service: 'mlflow' }],
      stacks: [installedOf({ environment, adminUser: 'lena', forwardId: 'f-mlflow' })],
    });
    const credentials = new Credentials({
      profiles: { find: () => done(profile) } as unknown as Profiles,
      secrets: { getForStack: () => Promise.resolve(done('old-password-1')) } as unknown as Secrets,
      http: {
        request: () => ({
          done: Promise.resolve(done({ status: 401, headers: {}, body: { kind: 'text', text: '' } })) as never,
          cancel: () => undefined,
        }),
        closeIdle: () => undefined,
      },
      random: { id: () => '0123456789abcdef' } as never,
    });
    const reply = await credentials.addUser(profile.id, environment, 'ada', undefined);
    return reply.ok ? expect.unreachable('it has another password') : reply.error;
  }

  it('is set anew where Mooring set the stack up', async () => {
    expect(await refused('dev')).toMatchObject({
      code: 'login-rejected',
      hint: expect.stringContaining('Change password') as string,
      commandHint: expect.stringContaining("mooring setup password 'my lab' --environment dev --change") as string,
    });
  });

  it('is to be given where it did not', async () => {
    const { hint, commandHint } = await refused('adopted-5050');
    expect(hint).toContain('adopt it again');
    expect(commandHint).toContain("mooring setup adopt 'my lab' --port 5050 --user lena");
  });
});
