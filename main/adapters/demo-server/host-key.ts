import ssh2 from 'ssh2';
import { fingerprintOf } from '../fingerprint.ts';

export interface HostKey {
  /** OpenSSH private key, in memory only. */
  readonly pem: string;
  readonly keyType: string;
  /** Base64, as in known_hosts. */
  readonly key: string;
  /** `SHA256:…` without padding, as OpenSSH prints it. */
  readonly fingerprint: string;
}

const maxTries = 50;

/** A new ed25519 host key. Throws if none can be made, which would be a bug. */
export function newHostKey(): HostKey {
  for (let attempt = 1; attempt <= maxTries; attempt += 1) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    // About one in 300 keys that ssh2 1.17 generates can't be parsed again, by itself or anyone.
    const parsed = ssh2.utils.parseKey(pair.private);
    if (parsed instanceof Error) continue;
    const blob = parsed.getPublicSSH();
    return { pem: pair.private, keyType: parsed.type, key: blob.toString('base64'), fingerprint: fingerprintOf(blob) };
  }
  throw new Error('No usable host key could be generated');
}
