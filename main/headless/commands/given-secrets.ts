/** The secrets of a stack: from a file that nobody else can read, from standard input, or asked for. Never an argument. */
import { readFile, stat } from 'node:fs/promises';
import type { HandedSecrets } from '../../shared/contract.ts';
import type { PlanSecret } from '../../shared/setup/plan.ts';
import { secretTrouble } from '../../core/setup/passwords.ts';
import { stackSecretNames, type StackSecretName } from '../../shared/setup/stack.ts';
import { wrongUse } from '../exit-codes.ts';
import { suggest } from '../terminal/near-names.ts';
import { cancelled } from './asking.ts';
import type { Context } from './context.ts';

const longestFile = 100_000;

/** `source`: a file, or `-` for standard input; `name=value` lines. */
export async function readSecrets({ terminal }: Context, source: string): Promise<HandedSecrets> {
  const secrets = parseSecrets(source === '-' ? await terminal.readAll() : await readPrivateFile(source));
  if (Object.keys(secrets).length === 0) throw wrongUse('There is no secret in what --secrets names.', formHint);
  return secrets;
}

const formHint = 'Write name=value lines, such as: database.password=…';

async function readPrivateFile(path: string): Promise<string> {
  let found;
  try {
    found = await stat(path);
  } catch {
    throw wrongUse(`There is no file ${path} that can be read.`, undefined, 'not-found');
  }
  if (!found.isFile() || found.size > longestFile) throw wrongUse(`${path} is no file of secrets.`, formHint);
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw wrongUse(
      `Other users of this computer can read ${path}.`,
      `Take that away first: chmod 600 ${path}`,
      'not-allowed',
    );
  }
  return readFile(path, 'utf8').catch(() => {
    throw wrongUse(`${path} can’t be read.`, undefined, 'not-found');
  });
}

/** Says names and lines of what does not fit, never what stands there. */
function parseSecrets(text: string): HandedSecrets {
  const found: Partial<Record<StackSecretName, string>> = {};
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .forEach((line, index) => {
      if (line.trim() === '' || line.trimStart().startsWith('#')) return;
      const where = `Line ${String(index + 1)} of the secrets`;
      const equals = line.indexOf('=');
      if (equals < 0) throw wrongUse(`${where} has no “=”.`, formHint);
      const typed = line.slice(0, equals).trim();
      const name = stackSecretNames.find((each) => each === typed);
      // What stands before the sign may be a part of a secret itself.
      if (!name)
        throw wrongUse(`${where} begins with no name of a secret.`, suggest(typed.slice(0, 60), stackSecretNames, ''));
      if (found[name] !== undefined) throw wrongUse(`${where}: ${name} stands there twice.`);
      if (equals === line.length - 1) throw wrongUse(`${where}: ${name} is empty.`);
      found[name] = line.slice(equals + 1);
    });
  return found;
}

/** Ends the command for what is no secret of the stack, and for a password that MLflow would not take. */
export function checkSecrets(needed: readonly PlanSecret[], handed: HandedSecrets): void {
  const names = needed.map(({ name }) => name);
  const odd = stackSecretNames.find((name) => handed[name] !== undefined && !names.includes(name));
  if (odd) {
    throw wrongUse(
      `${odd} is not a secret of this stack.`,
      names.length > 0 ? `It has: ${names.join(', ')}` : undefined,
    );
  }
  for (const { name, label } of needed) {
    const trouble = secretTrouble(name, handed[name] ?? '');
    if (trouble !== null) throw wrongUse(`${label}: ${trouble}.`, 'Choose another one.');
  }
}

/**
 * `handed`, which {@link checkSecrets} has seen, with what else a person has to tell. `known`: kept from before. What can
 * be made up is not asked for. Ends the command where something is missing and nobody can be asked.
 */
export async function completeSecrets(
  { terminal }: Context,
  needed: readonly PlanSecret[],
  known: readonly StackSecretName[],
  handed: HandedSecrets,
): Promise<HandedSecrets> {
  const missing = needed.filter(
    ({ name, origin }) => origin === 'given' && handed[name] === undefined && !known.includes(name),
  );
  if (missing.length > 0 && !terminal.interactive) {
    const list = missing.map(({ name, label }) => `${name} (${label})`).join(', ');
    throw wrongUse(`These secrets are missing: ${list}`, 'Give them by --secrets FILE, or - for standard input');
  }
  const secrets: Partial<Record<StackSecretName, string>> = { ...handed };
  for (const { name, label } of missing) {
    while ((secrets[name] ?? '') === '') {
      const typed = await terminal.ask(`${label}: `, { echo: false });
      if (typed === null) throw cancelled('Nothing was set up.');
      secrets[name] = typed;
    }
  }
  return secrets;
}

/** A new password as a person wants it: hidden at the terminal, else standard input. */
export async function readPassword({ terminal }: Context, label: string): Promise<string> {
  if (terminal.interactive) {
    const typed = await terminal.ask(`${label}: `, { echo: false });
    if (typed === null || typed === '') throw cancelled('Nothing was changed.');
    return typed;
  }
  const lines = (await terminal.readAll()).replace(/\r?\n$/, '').split(/\r?\n/);
  const [password = ''] = lines;
  if (lines.length > 1) throw wrongUse('Standard input has more than one line.');
  if (password === '') throw wrongUse('Standard input was empty.');
  return password;
}
