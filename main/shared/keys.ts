/** Private keys of this machine, and what came of putting one on a server. */
import type { ServerView } from './snapshot.ts';

export interface FoundKey {
  /** As it is shown and saved in a profile: `~/.ssh/id_ed25519`. */
  readonly path: string;
  /** As in authorized_keys: `ssh-ed25519`, `ssh-rsa` …; null where it can't be told without the passphrase. */
  readonly keyType: string | null;
  /** Empty where there is none, or where it can't be told without the passphrase. */
  readonly comment: string;
  /** `SHA256:…`; null where it can't be told without the passphrase. */
  readonly fingerprint: string | null;
  readonly hasPassphrase: boolean;
  /** The public half lies beside it, as NAME.pub. */
  readonly hasPublicFile: boolean;
}

export interface MadeKey {
  readonly path: string;
  /** The line for authorized_keys, and for the pages of cloud providers. */
  readonly publicLine: string;
  readonly fingerprint: string;
}

export interface InstalledKey {
  /** False: the server had it already. */
  readonly added: boolean;
  /** The server's login is this key from now on. */
  readonly used: boolean;
  readonly fingerprint: string;
  /** What a person should know of it, in a sentence. */
  readonly notes: readonly string[];
}

/** `ED25519`, `RSA`; `key` where it is not known. */
export function keyTypeWords(keyType: string | null): string {
  if (keyType === null) return 'key';
  return keyType
    .replace(/^ssh-|@.*$/g, '')
    .replace(/^ecdsa-sha2-nistp/, 'ECDSA ')
    .replace(/^dss$/, 'DSA')
    .toUpperCase();
}

/** `ED25519 · ada@thinkpad · passphrase`. */
export function describeKey({ keyType, comment, hasPassphrase }: FoundKey): string {
  return [keyTypeWords(keyType), comment, hasPassphrase ? 'passphrase' : ''].filter((each) => each !== '').join(' · ');
}

/** Of a file that was chosen to log in with. */
export const publicHalfWords = (path: string): string => `${path} is the public half of a key; it can’t log in.`;

/** Whether a password lets us in, as far as it shows: `auto` tries keys first, and keeps a password only once it has served. */
export const logsInByPassword = ({ profile, secrets }: Pick<ServerView, 'profile' | 'secrets'>): boolean =>
  !profile.demo &&
  (profile.login.kind === 'password' ||
    (profile.login.kind === 'auto' && secrets.some((each) => each.kind === 'password')));
