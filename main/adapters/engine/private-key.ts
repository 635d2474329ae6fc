/** Private keys as they are typed or stored, and how to sign with them. */
import ssh2, { type ParsedKey } from 'ssh2';

export interface KeyAlgorithm {
  readonly name: string;
  /** For ssh2; RSA keys only. */
  readonly hash?: string;
}

const rsaAlgorithms = [
  { name: 'rsa-sha2-512', hash: 'sha512' },
  { name: 'rsa-sha2-256', hash: 'sha256' },
  { name: 'ssh-rsa', hash: 'sha1' },
] as const;

/**
 * How to sign with a key; null if the server takes none of the ways. `taken` is what the server said that it takes (RFC
 * 8308), null if it did not say.
 */
export function keyAlgorithm(key: ParsedKey, taken: readonly string[] | null): KeyAlgorithm | null {
  if (key.type !== 'ssh-rsa') return { name: key.type };
  // A server that does not say predates rsa-sha2, or is of a make that knows it anyway; SHA-1 is refused by most.
  if (!taken) return rsaAlgorithms[1];
  return rsaAlgorithms.find((each) => taken.includes(each.name)) ?? null;
}

/** Reads a private key in the formats of OpenSSH, PEM or PuTTY. Returns what is wrong with it, and never throws. */
export function parsePrivateKey(pem: string): ParsedKey | Error {
  try {
    const parsed: unknown = ssh2.utils.parseKey(pem);
    const key = (Array.isArray(parsed) ? parsed[0] : parsed) as ParsedKey | Error | undefined;
    if (!key) return new Error('no key in it');
    if (key instanceof Error) return key;
    return key.isPrivateKey() ? key : new Error('it is a public key');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
