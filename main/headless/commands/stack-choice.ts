/** Which stack, with which settings: `--stack`, `--set`, a stack file, or asked for at the terminal. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isFullPath } from '../../core/servers/rules.ts';
import { fieldValue } from '../../core/setup/stack/field-value.ts';
import type { Reply } from '../../shared/failure.ts';
import { fieldsOf, shownFields, stackCards, type StackField } from '../../shared/setup/stack-fields.ts';
import {
  stackNames,
  stackSecretNames,
  type FieldValue,
  type StackDraft,
  type StackName,
} from '../../shared/setup/stack.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { suggest } from '../terminal/near-names.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { tableLines } from '../terminal/text-table.ts';
import { cancelled } from './asking.ts';
import type { Context } from './context.ts';

export interface StackOptions {
  /** A name or a file. */
  readonly stack?: string;
  /** `key=value` each. */
  readonly set: readonly string[];
}

const nothing = 'Nothing was set up.';

/** Ends the command where it is not said and nobody can be asked. */
export async function chooseStack(context: Context, { stack, set }: StackOptions): Promise<StackDraft> {
  const chosen = stack === undefined ? { stack: await askStack(context), values: {} } : await namedStack(stack);
  const draft = await withSettings(chosen, set);
  if (context.terminal.interactive) return askMissing(context.terminal, draft);
  const missing = missingFields(draft);
  if (missing.length === 0) return draft;
  const list = missing.map(({ key, label }) => `${key} (${label})`).join(', ');
  throw wrongUse(`${draft.stack} needs to be told: ${list}`, missing.map(({ key }) => `--set ${key}=…`).join(' '));
}

/** What has no usual value and was not given. */
const missingFields = (draft: StackDraft): readonly StackField[] =>
  shownFields(draft).filter(({ key, usual }) => usual === null && (draft.values[key] ?? '') === '');

/** A built-in stack by its name; ends the command when there is none. */
export function stackNamed(typed: string): StackName {
  const found = stackNames.find((each) => each === typed.toLowerCase());
  if (found) return found;
  throw wrongUse(`There is no stack ${typed}.`, suggest(typed, stackNames, ''), 'not-found');
}

async function askStack({ terminal }: Context): Promise<StackName> {
  if (!terminal.interactive) {
    throw wrongUse('Say what to set up: --stack NAME, or a stack file.', `There is: ${stackNames.join(', ')}`);
  }
  const rows = stackNames.map((name, index) => [
    String(index + 1),
    name,
    terminal.colour('dim', stackCards[name].summary),
  ]);
  for (const line of tableLines(rows, '  ', terminal.columns)) terminal.say(line);
  for (;;) {
    const typed = (await terminal.ask('Which one? [1] ', { echo: true }))?.trim();
    if (typed === undefined) throw cancelled(nothing);
    const found =
      typed === '' ? stackNames[0] : (stackNames[Number(typed) - 1] ?? stackNames.find((each) => each === typed));
    if (found) return found;
  }
}

async function namedStack(typed: string): Promise<StackDraft> {
  const name = stackNames.find((each) => each === typed.toLowerCase());
  if (name) return { stack: name, values: {} };
  let text: string;
  try {
    text = await readFile(typed, 'utf8');
  } catch {
    throw wrongUse(`There is no stack and no readable file ${typed}.`, suggest(typed, stackNames, ''), 'not-found');
  }
  // Reads YAML: not loaded for the commands that need none.
  const { readStackFile } = await import('../../core/setup/stack/stack-file.ts');
  const { stack, values } = must(readStackFile(text));
  return { stack, values: fullPaths(values, dirname(typed)) };
}

async function withSettings(draft: StackDraft, settings: readonly string[]): Promise<StackDraft> {
  const values: Record<string, FieldValue> = { ...draft.values };
  for (const setting of settings) {
    const equals = setting.indexOf('=');
    if (equals < 1) throw wrongUse(`--set takes key=value, such as --set mlflow.port=5001.`);
    const field = fieldNamed(draft.stack, setting.slice(0, equals));
    values[field.key] = fieldValue(field, await textOf(field, setting.slice(equals + 1)));
  }
  return { stack: draft.stack, values: fullPaths(values, '.') };
}

function fieldNamed(stack: StackName, key: string): StackField {
  const fields = fieldsOf(stack);
  const field = fields.find((each) => each.key === key);
  if (field) return field;
  if (stackSecretNames.some((each) => each === key)) {
    throw wrongUse(
      `${key} is a secret: it is never given as an argument, which other users of this computer could read.`,
      'It is asked for here, or comes from --secrets FILE',
    );
  }
  const keys = fields.map((each) => each.key);
  throw wrongUse(`${key} is not a setting of “${stackCards[stack].title}”.`, suggest(key, keys, ''));
}

/** `@FILE` stands for what is in a file, such as certificates. */
async function textOf({ shape, key }: StackField, typed: string): Promise<string> {
  if (shape.kind !== 'text' || !typed.startsWith('@')) return typed;
  try {
    return await readFile(typed.slice(1), 'utf8');
  } catch {
    throw wrongUse(`${typed.slice(1)} can’t be read for ${key}.`);
  }
}

/** The core runs elsewhere: a path from here means nothing to it. */
function fullPaths(values: Readonly<Record<string, FieldValue>>, dir: string): Readonly<Record<string, FieldValue>> {
  const path = values['script.path'];
  if (typeof path !== 'string' || path === '' || isFullPath(path)) return values;
  return { ...values, 'script.path': resolve(dir, path) };
}

/** Asks for what is missing, one after another. */
async function askMissing(terminal: Terminal, draft: StackDraft): Promise<StackDraft> {
  const [field] = missingFields(draft);
  if (!field) return draft;
  const { shape, label, key } = field;
  const example = shape.kind === 'text' && shape.example !== undefined ? ` (such as ${shape.example})` : '';
  const typed = await terminal.ask(`${label}${example}: `, { echo: true });
  if (typed === null) throw cancelled(nothing);
  const values = { ...draft.values, [key]: fieldValue(field, typed.trim()) };
  // A choice may bring up further fields, so that what is missing is looked for anew.
  return askMissing(terminal, { stack: draft.stack, values: fullPaths(values, '.') });
}

function must<T>(reply: Reply<T>): T {
  if (reply.ok) return reply.value;
  throw new CommandFailure(reply.error, exitCodes.wrongUse);
}
