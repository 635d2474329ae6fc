import fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import { describe, expect, test } from 'vitest';
import { describeKey, openKey, type KeySort } from '../../../main/adapters/private-key-formats.ts';

const ed25519 = generateKeyPairSync('ed25519');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });

function open(text: string, passphrase = '') {
  const sort = describeKey(text);
  if (sort.kind !== 'private') throw new Error(sort.kind);
  return openKey(sort, passphrase);
}

function works(pem: string): boolean {
  const key = ssh2.utils.parseKey(pem);
  if (key instanceof Error) throw key;
  const signature = key.sign('hello');
  return key.verify('hello', signature) === true;
}

describe('PKCS#8, which ssh2 itself does not read', () => {
  test.each([
    ['ssh-ed25519', ed25519.privateKey],
    ['ecdsa-sha2-nistp256', ec.privateKey],
    ['ssh-rsa', rsa.privateKey],
  ])('%s, plain and encrypted', (keyType, key) => {
    const plain = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const locked = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pw' }).toString();
    expect(ssh2.utils.parseKey(plain)).toBeInstanceOf(Error);
    for (const opened of [open(plain), open(locked, 'pw')]) {
      expect(opened).toMatchObject({ ok: true, keyType });
      expect(opened.ok && works(opened.pem)).toBe(true);
    }
    expect(describeKey(locked)).toMatchObject({ encrypted: true });
    expect(open(locked, 'wrong')).toMatchObject({ ok: false, unsupported: false });
  });

  test('of a type that SSH does not have', () => {
    const { privateKey } = generateKeyPairSync('ed448');
    expect(open(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).toMatchObject({ unsupported: true });
  });
});

test('a made Ed25519 file holds the very same key', () => {
  const opened = open(ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const key = ssh2.utils.parseKey(opened.ok ? opened.pem : '');
  if (key instanceof Error) throw key;
  const { x } = ed25519.publicKey.export({ format: 'jwk' });
  expect(key.getPublicSSH().subarray(-32).toString('base64url')).toBe(x);
});

test('bags, blanks, CRLF and a byte order mark around a key do not matter', () => {
  const pem = rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const messy = `\uFEFFBag Attributes\r\n  friendlyName: x\r\n${pem.replaceAll('\n', '  \r\n')}\r\ntrailing\r\n`;
  expect(open(messy)).toMatchObject({ ok: true, keyType: 'ssh-rsa' });
});

test.each<[string, string, KeySort['kind']]>([
  ['nothing', '', 'unknown'],
  ['text', 'hello', 'unknown'],
  ['an OpenSSH public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== ada@laptop', 'public'],
  ['a FIDO public key', 'sk-ssh-ed25519@openssh.com AAAAGnNr ada', 'public'],
  ['an RFC 4716 public key', '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----', 'public'],
  ['a PEM public key', ed25519.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'public'],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'unknown'],
  ['PuTTY 3', 'PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n', 'putty'],
  ['PuTTY 2 with Ed25519', 'PuTTY-User-Key-File-2: ssh-ed25519\nEncryption: none\n', 'putty'],
  ['a key without its end', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA', 'unknown'],
  ['a key of another magic', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----', 'unknown'],
])('%s', (_, text, kind) => {
  expect(describeKey(text).kind).toBe(kind);
});

test('a key that would take minutes to open is known before anything is tried', () => {
  const string = (value: Buffer | string) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const rounds = Buffer.from([0x7f, 0xff, 0xff, 0xff]);
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    string('aes256-ctr'),
    string('bcrypt'),
    string(Buffer.concat([string(Buffer.alloc(16)), rounds])),
    Buffer.from([0, 0, 0, 1]),
    string(string('ssh-ed25519')),
  ]);
  const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${blob.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
  expect(describeKey(text)).toEqual({ kind: 'slow', rounds: 0x7fff_ffff });
});

describe('whatever a file holds', () => {
  const header = fc.constantFrom('OPENSSH PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'PRIVATE KEY');
  const body = fc.oneof(
    fc.string(),
    fc.uint8Array({ maxLength: 400 }).map((each) => Buffer.from(each).toString('base64')),
    fc
      .uint8Array({ maxLength: 200 })
      .map((each) => Buffer.concat([Buffer.from('openssh-key-v1\0'), each]).toString('base64')),
  );
  const file = fc.oneof(
    fc.string(),
    fc.tuple(header, body).map(([label, text]) => `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`),
    fc.string().map((each) => `PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: ${each}\n`),
  );

  test('nothing throws', () => {
    fc.assert(
      fc.property(file, fc.string(), (text, passphrase) => {
        const sort = describeKey(text);
        if (sort.kind === 'private') openKey(sort, passphrase);
      }),
      { numRuns: 500 },
    );
  });

  test('a large one is told at once', () => {
    const started = performance.now();
    for (const filler of ['A', ': x\n', '\n', '-----BEGIN ', 'a: b']) {
      const text = filler.repeat(Math.floor(1_000_000 / filler.length));
      describeKey(text);
      describeKey(`-----BEGIN RSA PRIVATE KEY-----\n${text}\n-----END RSA PRIVATE KEY-----`);
      describeKey(`PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n${text}`);
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('the largest that is handed to ssh2 does not hang it', () => {
    const started = performance.now();
    for (const filler of ['A', ': x\n', 'a: b\n', '\r\n']) {
      const text = filler.repeat(Math.floor(64_000 / filler.length));
      for (const whole of [
        `-----BEGIN RSA PRIVATE KEY-----\n${text}\n-----END RSA PRIVATE KEY-----`,
        `-----BEGIN RSA PRIVATE KEY-----\n${text}`,
        `PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n${text}`,
        `PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: x\nPublic-Lines: 1\n${text}`,
      ]) {
        const sort = describeKey(whole);
        if (sort.kind === 'private') openKey(sort, '');
      }
    }
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
