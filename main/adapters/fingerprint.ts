import { createHash } from 'node:crypto';

/** `SHA256:` and base64 without padding, as OpenSSH prints a public key blob. Keys are compared by it everywhere. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
