/**
 * Stack files: a stack as YAML that a team can keep in git. Keys nest by the dots of stack-fields.ts; secrets are named,
 * never given. Reading is strict, since a slip in such a file would show only on a server: whatever does not fit is named
 * with its line and column. Values are not repeated in what is said: one may be a secret in the wrong place.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, stringify, type Node } from 'yaml';
import { done, failed, failure, type FieldFailure, type Reply } from '../../../shared/failure.ts';
import { nearNames } from '../../../shared/near-names.ts';
import { fieldsOf, stackCards, stackFields, type StackField } from '../../../shared/setup/stack-fields.ts';
import {
  stackNames,
  stackSecretNames,
  type FieldValue,
  type StackDraft,
  type StackName,
} from '../../../shared/setup/stack.ts';
import { fieldValue } from './field-value.ts';
import { parseStack } from './parse-stack.ts';
import { stackSchemaUrl } from './stack-schema.ts';
import { syntaxWords } from './yaml-words.ts';

/** Certificates of a database may lie in it; nothing longer does. */
const longestFile = 256_000;
const mostLines = 5_000;
/** A handful is what there is; thousands within each other would take seconds. */
const mostBrackets = 200;
const secretsHint =
  'Take it out. Secrets are asked for, or come from --secrets FILE; here they may be listed by name: secrets: [mlflow.admin-password]';

/** Fails with `invalid-argument`; its `fields` are what does not fit, `path` being the key. */
export function readStackFile(text: string): Reply<StackDraft> {
  if (text.length > longestFile || text.split('\n').length > mostLines) {
    return refused('This is too long for a stack file: 256 kB and 5000 lines are the most.');
  }
  if (text.split(/[[{]/).length > mostBrackets) return refused(tooDeep);
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      version: '1.2',
      schema: 'core',
      prettyErrors: false,
      // Looked for where it matters: the library compares each key with each.
      uniqueKeys: false,
    });
    const [error] = [...document.errors, ...document.warnings];
    if (error) return refused(`${placeOf(lines, error.pos[0])}: ${syntaxWords(error.code)}.`);
    return new StackFileReader(lines).read(document.contents as Node | null);
  } catch (error) {
    // Its indentation can do the same to the stack of calls.
    if (error instanceof RangeError) return refused(tooDeep);
    throw error;
  }
}

/** What `readStackFile` reads back as the same. Values of keys that the stack does not have are left out. */
export function writeStackFile({ stack, values }: StackDraft): string {
  const tree: Record<string, FieldValue | Record<string, FieldValue>> = { stack };
  for (const { key } of fieldsOf(stack)) {
    const value = values[key];
    if (value === undefined) continue;
    const [group, name] = splitKey(key);
    if (group === null) tree[name] = value;
    else tree[group] = { ...(tree[group] as Record<string, FieldValue> | undefined), [name]: value };
  }
  return `# yaml-language-server: $schema=${stackSchemaUrl}\n${stringify(tree, { lineWidth: 0 })}`;
}

const tooDeep = 'It is nested too deeply for a stack file.';
const refused = (message: string, more: { hint?: string; fields?: readonly FieldFailure[] } = {}): Reply<never> =>
  failed(failure('invalid-argument', message, { hint: 'Correct the file and try again.', ...more }));

function placeOf(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `Line ${String(Math.max(1, line))}, column ${String(Math.max(1, col))}`;
}

/** `mlflow.port` → `mlflow` and `port`; `environment` is in no group. */
function splitKey(key: string): readonly [group: string | null, name: string] {
  const dot = key.indexOf('.');
  return dot < 0 ? [null, key] : [key.slice(0, dot), key.slice(dot + 1)];
}

const looksSecret = (key: string): boolean =>
  stackSecretNames.some((each) => each === key) ||
  /(^|[._-])(pass(word|phrase|wd)?|secrets?|tokens?|sas|(access|account|api|private|secret)-?key|connection-string)$/i.test(
    key,
  );

/** A key may be anything: only one that looks like a key is repeated. */
const shownKey = (key: string): string => (/^[\w.-]{1,40}$/.test(key) ? key : 'A key');

interface Entry {
  readonly name: string;
  readonly at: number;
  readonly value: Node | null;
}

class StackFileReader {
  readonly #lines: LineCounter;
  readonly #troubles: FieldFailure[] = [];
  #hint: string | null = null;
  readonly #values: Record<string, FieldValue> = {};
  readonly #places = new Map<string, number>();

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  read(root: Node | null): Reply<StackDraft> {
    if (!isMap(root)) return refused('A stack file has lines such as “stack: mlflow-quick-start”.');
    const entries = this.#entries(root, '');
    const stack = this.#readName(entries.find((each) => each.name === 'stack'));
    if (stack === null) return this.#refuse();
    const fields = fieldsOf(stack);
    for (const entry of entries) {
      if (entry.name === 'stack') continue;
      if (entry.name === 'secrets') this.#readSecrets(entry.value, entry.at);
      else if (stackFields.some(({ key }) => splitKey(key)[0] === entry.name)) this.#readGroup(entry, stack, fields);
      else this.#readField(entry, entry.name, stack, fields);
    }
    const draft: StackDraft = { stack, values: this.#values };
    this.#judgeValues(draft);
    return this.#troubles.length > 0 ? this.#refuse() : done(draft);
  }

  #readName(entry: Entry | undefined): StackName | null {
    if (!entry) {
      this.#trouble('stack', null, 'The line “stack: …” is missing', `There is: ${stackNames.join(', ')}`);
      return null;
    }
    const name = isScalar(entry.value) ? String(entry.value.value) : '';
    const found = stackNames.find((each) => each === name);
    if (found) return found;
    const near = nearNames(name.slice(0, 40), stackNames);
    const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There is: ${stackNames.join(', ')}`;
    this.#trouble('stack', entry.value?.range?.[0] ?? entry.at, 'There is no such stack', hint);
    return null;
  }

  #readGroup(entry: Entry, stack: StackName, fields: readonly StackField[]): void {
    const { name: group, value } = entry;
    if (isEmpty(value)) return;
    const isOfGroup = ({ key }: StackField) => splitKey(key)[0] === group;
    const own = fields.filter(isOfGroup);
    if (!isMap(value)) {
      const [first] = own.length > 0 ? own : stackFields.filter(isOfGroup);
      const example = `${group}: { ${splitKey(first?.key ?? '')[1]}: … }`;
      this.#trouble(group, entry.at, `${group} holds settings of its own, as in ${example}`);
      return;
    }
    for (const each of this.#entries(value, `${group}.`)) this.#readField(each, `${group}.${each.name}`, stack, own);
  }

  #readField({ at, value, name }: Entry, key: string, stack: StackName, near: readonly StackField[]): void {
    const field = fieldsOf(stack).find((each) => each.key === key);
    if (!field || (name.includes('.') && name === key)) {
      this.#unknown(key, at, stack, field ? [] : near, name.includes('.'));
      return;
    }
    this.#places.set(key, value?.range?.[0] ?? at);
    if (isEmpty(value)) return;
    if (!isScalar(value)) {
      this.#trouble(key, at, `${key} takes one value, not a list or settings of its own`);
      return;
    }
    // What stands there, not what YAML makes of it: a version 3.10 is no number.
    const { shape } = field;
    const isWords = shape.kind === 'text' || shape.kind === 'choice';
    const { value: read } = value;
    if (typeof read === 'string') this.#values[key] = fieldValue(field, read);
    else if (isWords) this.#values[key] = value.source ?? String(read);
    else if (typeof read === 'number' || typeof read === 'boolean') this.#values[key] = read;
  }

  #unknown(key: string, at: number, stack: StackName, near: readonly StackField[], dotted: boolean): void {
    const shown = shownKey(key);
    const title = stackCards[stack].title;
    if (fieldsOf(stack).some((each) => each.key === key) && dotted) {
      const [group, name] = splitKey(key);
      this.#trouble(key, at, `${shown} is written in two steps here`, `Write ${group ?? ''}: { ${name}: … }`);
    } else if (looksSecret(key)) {
      this.#trouble(key, at, `Secrets don’t belong in the file: ${shown}`, secretsHint);
    } else if (stackFields.some((each) => each.key === key)) {
      const others = stackFields.filter((each) => each.key === key).flatMap((each) => each.stacks);
      this.#trouble(key, at, `${shown} is not a setting of “${title}”`, `It is one of: ${others.join(', ')}`);
    } else {
      const keys = near.map((each) => each.key);
      const [best] = nearNames(key.slice(0, 60), keys.length > 0 ? keys : fieldsOf(stack).map((each) => each.key));
      const hint = best === undefined ? `See them all: mooring setup stacks ${stack}` : `Did you mean ${best}?`;
      this.#trouble(key, at, `${shown} is not a setting of “${title}”`, hint);
    }
  }

  #readSecrets(value: Node | null, at: number): void {
    if (isEmpty(value)) return;
    if (!isSeq(value)) {
      this.#trouble('secrets', at, 'Secrets don’t belong in the file: secrets takes a list of names', secretsHint);
      return;
    }
    for (const item of value.items as (Node | null)[]) {
      const place = item?.range?.[0] ?? at;
      const name = isScalar(item) && typeof item.value === 'string' ? item.value : null;
      if (name === null)
        this.#trouble('secrets', place, 'Secrets don’t belong in the file, only their names', secretsHint);
      else if (!stackSecretNames.some((each) => each === name)) {
        const [near] = nearNames(name.slice(0, 60), stackSecretNames);
        const hint = near === undefined ? `There is: ${stackSecretNames.join(', ')}` : `Did you mean ${near}?`;
        this.#trouble('secrets', place, 'This is not the name of a secret', hint);
      }
    }
  }

  /** What is missing may still come by other ways, and is looked for when a plan is made. */
  #judgeValues(draft: StackDraft): void {
    const stack = parseStack(draft);
    if (stack.ok) return;
    for (const { path, message } of stack.error.fields ?? []) {
      const at = this.#places.get(path);
      if (at !== undefined && draft.values[path] !== undefined) this.#trouble(path, at, message.replace(/\.$/, ''));
    }
  }

  /** The pairs of a mapping whose keys are words; tells of all others, and of those that stand there twice. */
  #entries(map: { readonly items: readonly unknown[] }, prefix: string): readonly Entry[] {
    const found: Entry[] = [];
    for (const item of map.items) {
      const { key, value } = item as { readonly key: Node | null; readonly value: Node | null };
      const at = key?.range?.[0] ?? value?.range?.[0] ?? 0;
      const name = isScalar(key) ? (key.source ?? String(key.value)) : null;
      if (this.#isPlain(key, at) && this.#isPlain(value, at)) {
        if (name === null || name === '') this.#trouble('', at, 'A key must be one word');
        else if (found.some((each) => each.name === name)) {
          this.#trouble(`${prefix}${name}`, at, `${shownKey(prefix + name)} stands there twice`, 'Leave one of them.');
        } else if (found.length < 200) found.push({ name, at, value });
        else this.#trouble('', at, 'There are too many keys');
      }
      if (this.#troubles.length >= 10) break;
    }
    return found;
  }

  /** Anchors, aliases and tags could stand for anything; none is needed here. */
  #isPlain(node: Node | null, at: number): boolean {
    if (node === null) return true;
    const place = node.range?.[0] ?? at;
    if (isAlias(node))
      this.#trouble('', place, 'Aliases (*name) are not read in a stack file', 'Write the value itself.');
    else if (node.tag !== undefined)
      this.#trouble('', place, 'Tags (!name) are not read in a stack file', 'Leave it out.');
    else return true;
    return false;
  }

  #trouble(path: string, at: number | null, message: string, hint?: string): void {
    const where = at === null ? '' : `${placeOf(this.#lines, at)}: `;
    this.#troubles.push({ path, message: `${where}${message}.` });
    if (this.#troubles.length === 1) this.#hint = hint ?? null;
  }

  #refuse(): Reply<never> {
    const message = this.#troubles[0]?.message ?? 'This is not a stack file.';
    return refused(message, { ...(this.#hint === null ? {} : { hint: this.#hint }), fields: this.#troubles });
  }
}

const isEmpty = (node: Node | null): boolean => node === null || (isScalar(node) && node.value === null);
