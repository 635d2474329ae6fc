import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrivateKeys } from '../../../main/adapters/private-keys.ts';
import type { PrivateKeyState } from '../../../main/core/ports.ts';

const homeDir = mkdtempSync(join(tmpdir(), 'mooring-keys-'));
const sshDir = join(homeDir, '.ssh');
mkdirSync(sshDir);
afterAll(() => {
  rmSync(homeDir, { recursive: true, force: true });
});
const keys = createPrivateKeys({ homeDir });
const put = (name: string, text: string | Buffer) => {
  writeFileSync(join(sshDir, name), text);
  return `~/.ssh/${name}`;
};
const message = (state: PrivateKeyState) => (state.kind === 'unusable' ? state.failure : null);

function missing(program: string): boolean {
  try {
    execFileSync(program, ['-?'], { stdio: 'ignore' });
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}
const noKeygen = missing('ssh-keygen');
if (noKeygen) console.log('key file tests skipped: needs the Debian package openssh-client');
const noPuttygen = missing('puttygen');
if (noPuttygen) console.log('PuTTY key tests skipped: needs the Debian package putty-tools');

describe.skipIf(noKeygen)('keys that ssh-keygen made', () => {
  const kinds = [
    ['ed25519', [], 'ssh-ed25519'],
    ['ecdsa', [], 'ecdsa-sha2-nistp256'],
    ['ecdsa', ['-b', '521'], 'ecdsa-sha2-nistp521'],
    ['rsa', ['-b', '2048'], 'ssh-rsa'],
    ['rsa', ['-b', '2048', '-m', 'PEM'], 'ssh-rsa'],
    ['ecdsa', ['-m', 'PEM'], 'ecdsa-sha2-nistp256'],
    ['rsa', ['-b', '2048', '-m', 'PKCS8'], 'ssh-rsa'],
    ['ecdsa', ['-m', 'PKCS8'], 'ecdsa-sha2-nistp256'],
  ] as const;

  test.each(
    kinds.flatMap(([type, more, keyType]) => ['', 'päss word'].map((phrase) => [type, more, phrase, keyType] as const)),
  )('%s %j with passphrase %j', async (type, more, phrase, keyType) => {
    const name = `made-${type}-${more.join('')}-${phrase === '' ? 'plain' : 'locked'}`;
    execFileSync('ssh-keygen', ['-q', '-t', type, ...more, '-N', phrase, '-C', 'ada', '-f', join(sshDir, name)]);
    const path = `~/.ssh/${name}`;
    if (phrase !== '') {
      expect(await keys.open(path, null)).toEqual({ kind: 'needs-passphrase' });
      expect(await keys.open(path, 'wrong')).toEqual({ kind: 'wrong-passphrase' });
      expect(await keys.open(path, '')).toEqual({ kind: 'wrong-passphrase' });
    }
    const state = await keys.open(path, phrase === '' ? null : phrase);
    expect(state).toMatchObject({ kind: 'ready', keyType });
    // What comes back opens without a passphrase, and is the key that the .pub file speaks of.
    const opened = ssh2.utils.parseKey(state.kind === 'ready' ? state.pem : '');
    if (opened instanceof Error) throw opened;
    const [, publicKey = ''] = readFileSync(join(sshDir, `${name}.pub`), 'utf8').split(' ');
    expect(opened.getPublicSSH().toString('base64')).toBe(publicKey);
    expect(opened.verify('x', opened.sign('x'))).toBe(true);
  });

  test('a passphrase for a key without one does no harm', async () => {
    expect(await keys.open('~/.ssh/made-ed25519--plain', 'not needed')).toMatchObject({ kind: 'ready' });
  });

  test('the public half: the private one is named', async () => {
    const state = await keys.open('~/.ssh/made-ed25519--plain.pub', null);
    expect(message(state)).toMatchObject({
      code: 'key-unreadable',
      message: /public half/,
      hint: /~\/\.ssh\/made-ed25519--plain\.$/,
    });
  });

  test('with Windows line ends', async () => {
    const text = readFileSync(join(sshDir, 'made-ed25519--plain'), 'utf8').replaceAll('\n', '\r\n');
    expect(await keys.open(put('crlf', text), null)).toMatchObject({ kind: 'ready' });
  });

  test('a damaged one', async () => {
    const text = readFileSync(join(sshDir, 'made-rsa--b2048-mPEM-plain'), 'utf8');
    const state = await keys.open(put('damaged', text.replace(/\n[A-Za-z0-9+/]{64}\n/, '\nAAAA\n')), null);
    expect(message(state)).toMatchObject({ code: 'key-unreadable', message: /damaged/ });
  });

  const withCipher = (cipher: string) => {
    const path = join(sshDir, cipher);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-Z', cipher, '-N', 'pw', '-f', path]);
    return path;
  };

  test('an unsupported cipher is not taken for a wrong passphrase', async () => {
    const state = await keys.open(withCipher('chacha20-poly1305@openssh.com'), 'pw');
    expect(message(state)).toMatchObject({ message: /not supported/, hint: /ssh-add/ });
  });

  test('a wrong passphrase is not taken for an unsupported cipher', async () => {
    const path = withCipher('aes256-gcm@openssh.com');
    expect(await keys.open(path, 'wrong')).toEqual({ kind: 'wrong-passphrase' });
    expect(await keys.open(path, 'pw')).toMatchObject({ kind: 'ready', keyType: 'ssh-ed25519' });
  });
});

describe.skipIf(noKeygen || noPuttygen)('keys of PuTTY', () => {
  const make = (name: string, type: string, version: string, phrase: string) => {
    const phrasePath = join(homeDir, 'phrase');
    writeFileSync(phrasePath, phrase);
    const path = join(sshDir, name);
    const params = ['--ppk-param', `version=${version}`, '--new-passphrase', phrasePath];
    execFileSync('puttygen', ['-t', type, '-b', type === 'rsa' ? '2048' : '256', '-q', '-o', path, ...params]);
    return path;
  };

  test('version 2, RSA', async () => {
    expect(await keys.open(make('v2.ppk', 'rsa', '2', ''), null)).toMatchObject({ kind: 'ready', keyType: 'ssh-rsa' });
    const locked = make('v2-locked.ppk', 'rsa', '2', 'pw');
    expect(await keys.open(locked, null)).toEqual({ kind: 'needs-passphrase' });
    expect(await keys.open(locked, 'no')).toEqual({ kind: 'wrong-passphrase' });
    expect(await keys.open(locked, 'pw')).toMatchObject({ kind: 'ready', keyType: 'ssh-rsa' });
  });

  test.each([
    ['rsa', '3'],
    ['ed25519', '3'],
    ['ed25519', '2'],
  ])('%s of version %s: how to convert it, and that works', async (type, version) => {
    const path = make(`other-${type}-${version}.ppk`, type, version, '');
    const failure = message(await keys.open(path, null));
    const command = /Convert it: (puttygen .*?) \(/.exec(failure?.hint ?? '')?.[1]?.split(' ') ?? [];
    execFileSync(command[0] ?? '', command.slice(1));
    expect(await keys.open(command.at(-1) ?? '', null)).toMatchObject({ kind: 'ready' });
  });
});

describe('files that are no use', () => {
  beforeAll(() => {
    mkdirSync(join(sshDir, 'folder'));
    put('huge', '');
    truncateSync(join(sshDir, 'huge'), 100_000_000);
    put('text', 'hello');
    put('empty', '');
    put('binary', Buffer.from([0, 255, 1, 254]));
    put('lonely.pub', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== ada');
    symlinkSync(join(sshDir, 'loop'), join(sshDir, 'loop'));
  });

  test.each([
    ['~/.ssh/nothing', /no key file/, /Check the path/],
    ['~/.ssh/text/deeper', /no key file/, /Check the path/],
    ['~', /is a folder/, /Choose/],
    ['~/.ssh/folder', /is a folder/, /Choose/],
    ['~/.ssh/huge', /too large/, /Choose/],
    ['~/.ssh/text', /not a private key/, /Choose/],
    ['~/.ssh/empty', /not a private key/, /Choose/],
    ['~/.ssh/binary', /not a private key/, /Choose/],
    ['~/.ssh/lonely.pub', /public half/, /without \.pub/],
    ['~/.ssh/loop', /circle/, /Check the path/],
    ['/dev/null', /not a plain file/, /Choose/],
  ])('%s', async (path, text, hint) => {
    if (process.platform === 'win32' && path.startsWith('/dev')) return;
    expect(message(await keys.open(path, null))).toMatchObject({ code: 'key-unreadable', message: text, hint });
  });

  test('a FIDO key is told before any passphrase is asked for', async () => {
    const string = (value: Buffer | string) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(value));
      return Buffer.concat([length, Buffer.from(value)]);
    };
    const blob = Buffer.concat([
      Buffer.from('openssh-key-v1\0'),
      string('aes256-ctr'),
      string('bcrypt'),
      string(Buffer.concat([string(Buffer.alloc(16)), Buffer.from([0, 0, 0, 16])])),
      Buffer.from([0, 0, 0, 1]),
      string(string('sk-ssh-ed25519@openssh.com')),
      string(Buffer.alloc(64)),
    ]).toString('base64');
    const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${blob}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(message(await keys.open(put('id_ed25519_sk', text), null))).toMatchObject({
      message: /security key/,
      hint: /ssh-add/,
    });
  });
});

test('the default keys that are there, in the order of ssh', async () => {
  expect(await keys.defaults()).toEqual([]);
  for (const name of ['id_ed25519', 'id_rsa', 'id_ecdsa_sk']) put(name, 'x');
  mkdirSync(join(sshDir, 'id_ecdsa'));
  expect(await keys.defaults()).toEqual([join(sshDir, 'id_rsa'), join(sshDir, 'id_ed25519')]);
});

test.skipIf(missing('ssh'))('ssh tries them in the same order', () => {
  const out = execFileSync('ssh', ['-G', '-F', '/dev/null', 'x'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const order = [...out.matchAll(/^identityfile .*\/(id_rsa|id_ecdsa|id_ed25519)$/gm)].map((each) => each[1]);
  expect(order).toEqual(['id_rsa', 'id_ecdsa', 'id_ed25519']);
});
