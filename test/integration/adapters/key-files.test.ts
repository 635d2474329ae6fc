import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPrivateKeys } from '../../../main/adapters/private-keys.ts';
import type { PrivateKeys } from '../../../main/core/ports.ts';
import { available, makeKey } from '../../support/sshd.ts';

let homeDir: string;
let sshDir: string;
let keys: PrivateKeys;
beforeEach(() => {
  homeDir = mkdtempSync(join(tmpdir(), 'mooring-key-files-'));
  sshDir = join(homeDir, '.ssh');
  keys = createPrivateKeys({ homeDir });
});
afterEach(() => {
  rmSync(homeDir, { recursive: true, force: true });
});

const comment = 'ada@thinkpad';
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
async function make(name: string | null = null, passphrase = '') {
  const made = await keys.make({ name, passphrase, comment });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}
const listed = async () => {
  const found = await keys.list();
  if (!found.ok) throw new Error(found.error.message);
  return found.value;
};
const noKeygen = available();

describe('making a key', () => {
  test('in a home without ~/.ssh: for nobody else to read, with its public half', async () => {
    const made = await make();
    expect(made.path).toBe('~/.ssh/id_ed25519');
    expect([mode(sshDir), mode(join(sshDir, 'id_ed25519')), mode(join(sshDir, 'id_ed25519.pub'))]).toEqual([
      '700',
      '600',
      '644',
    ]);
    expect(readFileSync(join(sshDir, 'id_ed25519.pub'), 'utf8')).toBe(`${made.publicLine}\n`);
    expect(made.publicLine).toMatch(/^ssh-ed25519 AAAAC3[A-Za-z0-9+/]+ ada@thinkpad$/);
    expect(await keys.open(made.path, null)).toMatchObject({ kind: 'ready', keyType: 'ssh-ed25519' });
  });

  test('the next free name is taken, where either half is in the way; several at once get several', async () => {
    mkdirSync(sshDir);
    writeFileSync(join(sshDir, 'id_ed25519.pub'), 'mine');
    symlinkSync('/nowhere', join(sshDir, 'mooring_ed25519'));
    const made = await Promise.all([make(), make(), make()]);
    expect(made.map((each) => each.path)).toEqual([2, 3, 4].map((each) => `~/.ssh/mooring_ed25519_${String(each)}`));
    expect(readFileSync(join(sshDir, 'id_ed25519.pub'), 'utf8')).toBe('mine');
    expect(existsSync(join(sshDir, 'id_ed25519'))).toBe(false);
    expect(new Set(made.map((each) => each.fingerprint)).size).toBe(3);
  });

  test('nothing is overwritten, and no half is left', async () => {
    mkdirSync(sshDir);
    writeFileSync(join(sshDir, 'lab.pub'), 'mine');
    const refused = await keys.make({ name: 'lab', passphrase: '', comment });
    expect(refused).toMatchObject({ ok: false, error: { code: 'conflict', fields: [{ path: 'name' }] } });
    expect(readdirSync(sshDir)).toEqual(['lab.pub']);
    expect(readFileSync(join(sshDir, 'lab.pub'), 'utf8')).toBe('mine');
  });

  test('a folder that is none is told', async () => {
    writeFileSync(sshDir, '');
    const refused = await keys.make({ name: null, passphrase: '', comment });
    expect(refused).toMatchObject({ ok: false, error: { code: 'storage-failed' } });
    expect(readFileSync(sshDir, 'utf8')).toBe('');
  });

  test.skipIf(userInfo().uid === 0)('a folder that may not be written to is told', async () => {
    mkdirSync(sshDir, { mode: 0o500 });
    const refused = await keys.make({ name: null, passphrase: '', comment });
    expect(refused).toMatchObject({ error: { message: expect.stringContaining('no permission') as string } });
    chmodSync(sshDir, 0o700);
  });

  test.skipIf(noKeygen !== null).each(['', 'open sésame $(x)'])(
    'ssh-keygen reads it, with passphrase %j',
    async (phrase) => {
      const made = await make('lab', phrase);
      const file = join(sshDir, 'lab');
      expect(execFileSync('ssh-keygen', ['-y', '-P', phrase, '-f', file], { encoding: 'utf8' }).trim()).toBe(
        made.publicLine,
      );
      expect(execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' })).toContain(
        `256 ${made.fingerprint} ada@thinkpad`,
      );
      expect(readFileSync(file, 'utf8')).not.toContain(phrase === '' ? 'no such text' : phrase);
      if (phrase === '') return;
      expect(await keys.open(made.path, null)).toEqual({ kind: 'needs-passphrase' });
      expect(await keys.open(made.path, 'wrong')).toEqual({ kind: 'wrong-passphrase' });
      expect(await keys.open(made.path, phrase)).toMatchObject({ kind: 'ready' });
    },
  );

  // About one in 256 of those that the library makes is broken.
  test('six hundred keys are all sound', { timeout: 90_000 }, async () => {
    for (let count = 0; count < 600; count += 1) {
      const made = await make('lab');
      const state = await keys.open(made.path, null);
      const half = state.kind === 'ready' ? await keys.publicHalf(made.path, state.pem) : null;
      const [, key = ''] = made.publicLine.split(' ');
      expect(half).toEqual({
        ok: true,
        value: { keyType: 'ssh-ed25519', key, fingerprint: made.fingerprint, comment },
      });
      expect(Buffer.from(key, 'base64')).toHaveLength(51);
      rmSync(sshDir, { recursive: true });
    }
  });
});

describe.skipIf(noKeygen !== null)('which keys there are', () => {
  test('none, where there is no folder', async () => {
    expect(await listed()).toEqual([]);
  });

  test('those that can be used, the likeliest first, without their passphrases', async () => {
    mkdirSync(sshDir);
    const fingerprint = (name: string) =>
      execFileSync('ssh-keygen', ['-lf', join(sshDir, `${name}.pub`)], { encoding: 'utf8' }).split(' ')[1];
    makeKey(sshDir, 'zebra', 'ed25519');
    makeKey(sshDir, 'id_rsa', 'rsa', 'secret');
    makeKey(sshDir, 'id_ed25519', 'ed25519', 'secret');
    makeKey(sshDir, 'alone', 'ecdsa');
    rmSync(join(sshDir, 'alone.pub'));
    execFileSync('ssh-keygen', [
      '-q',
      '-t',
      'rsa',
      '-b',
      '2048',
      '-m',
      'PEM',
      '-N',
      'secret',
      '-C',
      'pem',
      '-f',
      join(sshDir, 'old.pem'),
    ]);
    rmSync(join(sshDir, 'old.pem.pub'));
    // A public half that belongs to another key.
    writeFileSync(join(sshDir, 'zebra.pub'), readFileSync(join(sshDir, 'id_rsa.pub')));
    for (const name of ['config', 'known_hosts', 'authorized_keys', 'notes']) writeFileSync(join(sshDir, name), 'text');
    mkdirSync(join(sshDir, 'folder'));
    execFileSync('sh', ['-c', `mkfifo '${join(sshDir, 'pipe')}'`]);
    writeFileSync(join(sshDir, 'large'), `-----BEGIN OPENSSH PRIVATE KEY-----\n${'A'.repeat(100_000)}`);
    writeFileSync(join(sshDir, 'broken'), '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n');

    const found = await listed();
    expect(found).toEqual([
      {
        path: '~/.ssh/id_ed25519',
        keyType: 'ssh-ed25519',
        comment: 'id_ed25519',
        fingerprint: fingerprint('id_ed25519'),
        hasPassphrase: true,
        hasPublicFile: true,
      },
      {
        path: '~/.ssh/id_rsa',
        keyType: 'ssh-rsa',
        comment: 'id_rsa',
        fingerprint: fingerprint('id_rsa'),
        hasPassphrase: true,
        hasPublicFile: true,
      },
      {
        path: '~/.ssh/zebra',
        keyType: 'ssh-ed25519',
        comment: 'zebra',
        fingerprint: expect.stringMatching(/^SHA256:/) as string,
        hasPassphrase: false,
        hasPublicFile: false,
      },
      {
        path: '~/.ssh/alone',
        keyType: 'ecdsa-sha2-nistp256',
        comment: 'alone',
        fingerprint: expect.stringMatching(/^SHA256:/) as string,
        hasPassphrase: false,
        hasPublicFile: false,
      },
      {
        path: '~/.ssh/old.pem',
        keyType: null,
        comment: '',
        fingerprint: null,
        hasPassphrase: true,
        hasPublicFile: false,
      },
    ]);
    expect(found[2]?.fingerprint).not.toBe(fingerprint('id_rsa'));
  });

  test('the comment of a public half, without what would break a line', async () => {
    mkdirSync(sshDir);
    const path = makeKey(sshDir, 'lab', 'rsa', 'secret');
    const [type = '', key = ''] = readFileSync(`${path}.pub`, 'utf8').split(' ');
    writeFileSync(`${path}.pub`, `${type} ${key} ada\u202e \u0007the first\n`);
    expect((await listed())[0]?.comment).toBe('ada the first');
    const state = await keys.open('~/.ssh/lab', 'secret');
    const half = await keys.publicHalf('~/.ssh/lab', state.kind === 'ready' ? state.pem : '');
    expect(half).toMatchObject({ ok: true, value: { keyType: 'ssh-rsa', key, comment: 'ada the first' } });
  });
});
