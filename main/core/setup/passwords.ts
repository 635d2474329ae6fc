/** Passwords and keys that setup makes up, and what MLflow takes as one. */
import type { StackSecretName } from '../../shared/setup/stack.ts';
import type { Random } from '../ports.ts';

/** Nothing that is taken for another letter when it is read aloud, and no sign that a shell, URL or ini file minds. */
const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const capitals = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** How one looks that is made up: about 140 bits, or 100 for an S3 access key, which has capitals and digits alone. */
export const newSecretShape = (name: StackSecretName): { readonly alphabet: string; readonly length: number } =>
  name === 'storage.access-key' ? { alphabet: capitals, length: 20 } : { alphabet: letters, length: 24 };

export function newSecret(name: StackSecretName, random: Random): string {
  const { alphabet, length } = newSecretShape(name);
  const hex = () => random.id().replace(/[^0-9a-f]/gi, '');
  let digits = '';
  while (digits.length < 60) digits += hex();
  let rest = BigInt(`0x${digits}`);
  let secret = '';
  while (secret.length < length) {
    secret += alphabet.charAt(Number(rest % BigInt(alphabet.length)));
    rest /= BigInt(alphabet.length);
  }
  return secret;
}

/** Why a secret that a person gives cannot be taken; null: it can, or there is none. */
export const secretTrouble = (name: StackSecretName, given: string): string | null =>
  given !== '' && isPassword(name) ? passwordTrouble(given) : null;

/** Whether the rule of MLflow's passwords is for it. */
export const isPassword = (name: StackSecretName): boolean => name === 'mlflow.admin-password';

/** MLflow refuses shorter ones (https://github.com/mlflow/mlflow/pull/15287: the check is `< 12`). */
export const shortestPassword = 12;

/** What is wrong with a password, without a full stop. */
export const passwordTroubles = {
  short: `A password needs at least ${String(shortestPassword)} characters`,
  notPlain: 'A password may have plain letters, digits and signs (ASCII) only',
} as const;

/**
 * Null: MLflow takes it everywhere. 3.17 reads a login as ASCII at some of its addresses and as UTF-8 at others: with
 * other letters signing in works and uploading does not.
 */
export function passwordTrouble(password: string): string | null {
  if (password.length < shortestPassword) return passwordTroubles.short;
  return /^[ -~]+$/.test(password) ? null : passwordTroubles.notPlain;
}
