/** What sort of key a text is, and the key in a form that ssh2 reads without a passphrase. Pure; never throws. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import ssh2 from 'ssh2';
import { errorText } from './system-errors.ts';

export type KeySort =
  | {
      readonly kind: 'private';
      readonly format: 'openssh' | 'pem' | 'pkcs8' | 'putty';
      readonly encrypted: boolean;
      /** From BEGIN to END; what stands around it (openssl's "Bag Attributes") is left out. */
      readonly text: string;
    }
  | { readonly kind: 'public' }
  /** PuTTY's version 3, or version 2 of another type than RSA and DSA: ssh2 reads none of them. */
  | { readonly kind: 'putty' }
  /** FIDO: the file only points to the hardware. */
  | { readonly kind: 'hardware' }
  | { readonly kind: 'slow'; readonly rounds: number }
  | { readonly kind: 'unknown' };

export type OpenedKey =
  | { readonly ok: true; readonly pem: string; readonly keyType: string }
  | { readonly ok: false; readonly unsupported: boolean; readonly detail: string };

/** Longest key text handed to ssh2, whose patterns get slow on long ones. An RSA key of 16384 bits has 13 kB. */
const longestKey = 65_536;
/** bcrypt in JavaScript takes about 12 ms a round, on the thread that moves the tunnels' bytes. ssh-keygen's default is 16–24. */
const mostRounds = 500;

export function describeKey(file: string): KeySort {
  const text = file.replace(/^\uFEFF/, '').trim();
  if (text.startsWith('PuTTY-User-Key-File-')) return describePutty(text);
  const block = pemBlock(text);
  if (block === null) return isPublic(text) ? { kind: 'public' } : { kind: 'unknown' };
  if (block.text.length > longestKey) return { kind: 'unknown' };
  switch (block.label) {
    case 'OPENSSH PRIVATE KEY':
      return describeOpenSsh(block.text);
    case 'RSA PRIVATE KEY':
    case 'EC PRIVATE KEY':
    case 'DSA PRIVATE KEY':
      return { kind: 'private', format: 'pem', encrypted: /^DEK-Info:/m.test(block.text), text: block.text };
    case 'PRIVATE KEY':
    case 'ENCRYPTED PRIVATE KEY':
      return { kind: 'private', format: 'pkcs8', encrypted: block.label.startsWith('ENC'), text: block.text };
    default:
      return block.label.endsWith('PUBLIC KEY') ? { kind: 'public' } : { kind: 'unknown' };
  }
}

/**
 * ssh2's words, and Node's for a cipher that ssh2 can't handle in key files (chacha20-poly1305). "Unsupported state" is
 * what Node says about AES-GCM with a wrong passphrase.
 */
const unsupportedText = /unsupported (?!state)|not supported|invalid (key length|initialization vector)/i;

/** `passphrase` is looked at only where the key is encrypted. */
export function openKey(key: Extract<KeySort, { kind: 'private' }>, passphrase: string): OpenedKey {
  try {
    if (key.format === 'pkcs8') return fromNode(createPrivateKey({ key: key.text, format: 'pem', passphrase }), '');
    const parsed = ssh2.utils.parseKey(key.text, key.encrypted ? passphrase : undefined);
    if (parsed instanceof Error) {
      return {
        ok: false,
        unsupported: unsupportedText.test(parsed.message),
        detail: parsed.message,
      };
    }
    // ssh2's PEM of an Ed25519 key is PKCS#8, which ssh2 itself does not read.
    return key.encrypted || parsed.type === 'ssh-ed25519'
      ? fromNode(createPrivateKey(parsed.getPrivatePEM()), parsed.comment)
      : { ok: true, pem: key.text, keyType: parsed.type };
  } catch (error) {
    return { ok: false, unsupported: false, detail: errorText(error) };
  }
}

function fromNode(key: KeyObject, comment: string): OpenedKey {
  const type = key.asymmetricKeyType;
  if (type === 'ed25519') return checked(opensshEd25519(key, comment));
  if (type === 'rsa') return checked(key.export({ type: 'pkcs1', format: 'pem' }).toString());
  if (type === 'ec') return checked(key.export({ type: 'sec1', format: 'pem' }).toString());
  return { ok: false, unsupported: true, detail: `Unsupported key type: ${type ?? 'unknown'}` };
}

function checked(pem: string): OpenedKey {
  const parsed = ssh2.utils.parseKey(pem);
  return parsed instanceof Error
    ? { ok: false, unsupported: true, detail: parsed.message }
    : { ok: true, pem: pem.trim(), keyType: parsed.type };
}

/** OpenSSH's own format (PROTOCOL.key), not encrypted: the only one in which ssh2 takes Ed25519. */
function opensshEd25519(key: KeyObject, comment: string): string {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const publicPart = Buffer.from(x === '' ? (createPublicKey(key).export({ format: 'jwk' }).x ?? '') : x, 'base64url');
  const publicBlob = Buffer.concat([sshString('ssh-ed25519'), sshString(publicPart)]);
  const body = Buffer.concat([
    // Two equal check numbers; random only where the key is encrypted.
    Buffer.alloc(8),
    publicBlob,
    sshString(Buffer.concat([Buffer.from(d, 'base64url'), publicPart])),
    sshString(comment),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, at) => at + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(sshString),
    Buffer.from([0, 0, 0, 1]),
    sshString(publicBlob),
    sshString(Buffer.concat([body, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----'].join('\n');
}

function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function pemBlock(text: string): { readonly label: string; readonly text: string } | null {
  const begin = /^-----BEGIN ([A-Z0-9 ]{1,40})-----[ \t]*\r?$/m.exec(text);
  const label = begin?.[1];
  if (begin === null || label === undefined) return null;
  const footer = `-----END ${label}-----`;
  const end = text.indexOf(footer, begin.index);
  if (end < 0) return null;
  // Blanks at line ends come from copying; ssh2 does not allow them.
  const lines = text.slice(begin.index, end + footer.length).split('\n');
  return { label, text: lines.map((line) => line.trimEnd()).join('\n') };
}

function isPublic(text: string): boolean {
  return /^(ssh-|ecdsa-|sk-)[\w.@-]{1,60} AAAA/.test(text) || text.startsWith('---- BEGIN SSH2 PUBLIC KEY');
}

function describePutty(text: string): KeySort {
  const [, type = '', encryption = ''] =
    /^PuTTY-User-Key-File-2: (\S{1,60})\r?\nEncryption: (\S{1,60})\r?\n/.exec(text) ?? [];
  if (!['ssh-rsa', 'ssh-dss'].includes(type) || text.length > longestKey) return { kind: 'putty' };
  return { kind: 'private', format: 'putty', encrypted: encryption !== 'none', text };
}

export interface PublicPart {
  readonly keyType: string;
  /** As in authorized_keys, before base64. */
  readonly blob: Buffer;
}

/** The public half of a key in OpenSSH's own format, which is there without the passphrase. Null: it is none. */
export function publicPartOf(text: string): PublicPart | null {
  return readOpenSsh(text)?.publicPart ?? null;
}

/** Reads the part before the secret: openssh-key-v1, cipher, kdf, its options, count, public key. */
function readOpenSsh(text: string) {
  const blob = Buffer.from(text.split('\n').slice(1, -1).join(''), 'base64');
  if (blob.toString('latin1', 0, 15) !== 'openssh-key-v1\0') return null;
  const [cipher, kdf, kdfOptions] = [stringAt(blob, 15, 0), stringAt(blob, 15, 1), stringAt(blob, 15, 2)];
  if (cipher === null || kdf === null || kdfOptions === null) return null;
  const publicAt = 15 + 12 + cipher.length + kdf.length + kdfOptions.length + 4;
  const publicBlob = stringAt(blob, publicAt, 0);
  const keyType = stringAt(publicBlob ?? Buffer.alloc(0), 0, 0)?.toString('latin1') ?? '';
  return { cipher, kdfOptions, publicPart: { keyType, blob: publicBlob ?? Buffer.alloc(0) } };
}

function describeOpenSsh(text: string): KeySort {
  const read = readOpenSsh(text);
  if (read === null) return { kind: 'unknown' };
  const { cipher, kdfOptions, publicPart } = read;
  if (publicPart.keyType.startsWith('sk-')) return { kind: 'hardware' };
  const salt = stringAt(kdfOptions, 0, 0);
  const roundsAt = 4 + (salt?.length ?? 0);
  const rounds = salt !== null && roundsAt + 4 <= kdfOptions.length ? kdfOptions.readUInt32BE(roundsAt) : 0;
  if (rounds > mostRounds) return { kind: 'slow', rounds };
  return { kind: 'private', format: 'openssh', encrypted: cipher.toString('latin1') !== 'none', text };
}

/** The `index`-th length-prefixed string from `offset` on, or null where the blob ends before. */
function stringAt(blob: Buffer, offset: number, index: number): Buffer | null {
  let at = offset;
  for (let skipped = 0; ; skipped += 1) {
    if (at + 4 > blob.length) return null;
    const length = blob.readUInt32BE(at);
    if (at + 4 + length > blob.length) return null;
    if (skipped === index) return blob.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
}
