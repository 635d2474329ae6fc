/**
 * Takes out of a text what tells who and where: known names and addresses, whatever looks like an address, an account
 * or a secret. The same thing gets the same placeholder throughout, so that what happened can still be followed.
 * Pure; rather takes out a word too many than one too few.
 */
import { isLoopback } from '../shared/forward.ts';
import { findByPattern, ranks, type CountedKind, type Found } from './redact-patterns.ts';

/** Single things have a fixed placeholder, things of which there are many a counted one. */
export type KnownKind = Exclude<CountedKind, 'fingerprint' | 'email'> | keyof typeof fixedPlaceholders;

const fixedPlaceholders = { home: '~', 'data-folder': '(data folder)' } as const;

/** A text that must not be seen, and what it is. Of two of the same value the first one counts. */
export interface Known {
  readonly kind: KnownKind;
  readonly value: string;
}

export interface Redactor {
  /** The text with everything replaced. */
  text(text: string): string;
  /** The placeholder of one value as a whole, however short it is. */
  of(kind: CountedKind, value: string): string;
}

/** Texts shorter than this stand in too many words to be looked for inside them. Characters. */
const shortestInside = 3;

interface Needle {
  /** Folded. */
  readonly value: string;
  readonly placeholder: string;
  /** Found only where it stands alone, not inside a longer word. */
  readonly alone: boolean;
}

export function redact(text: string, known: readonly Known[]): string {
  return createRedactor(known).text(text);
}

/** For several texts that shall have their placeholders in common. */
export function createRedactor(known: readonly Known[]): Redactor {
  const placeholders = new Map<string, string>();
  const counts = new Map<CountedKind, number>();
  const count = (kind: CountedKind) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return `${kind}-${String(counts.get(kind))}`;
  };
  const seen = (value: string) => placeholders.get(keyOf(value));
  /** The placeholder of a value, a new one when it is met for the first time. */
  const nameOf = (value: string, kind: CountedKind): string => {
    const placeholder = seen(value) ?? count(kind);
    placeholders.set(keyOf(value), placeholder);
    return placeholder;
  };

  const needles = new Map<string, Map<string, Needle>>();
  for (const { kind, value } of known) {
    const plain = value.trim();
    if (plain.length < 2 || isPublic(plain)) continue;
    const placeholder =
      kind === 'home' || kind === 'data-folder' ? (seen(plain) ?? fixedPlaceholders[kind]) : nameOf(plain, kind);
    placeholders.set(keyOf(plain), placeholder);
    for (const variant of variantsOf(plain)) addNeedle(needles, variant, placeholder);
  }

  const domains = [...new Set(known.filter((each) => each.kind === 'host').flatMap((each) => domainsOf(each.value)))];
  return {
    text(text) {
      const byPattern = findByPattern(text, { nameOf, isKnown: (value) => seen(value) !== undefined, domains });
      return replaceAll(text, [...byPattern, ...findKnown(text, needles)]);
    },
    of: (kind, value) => (isPublic(value) ? value : nameOf(value.trim(), kind)),
  };
}

const keyOf = (value: string) => fold(value.normalize('NFC'));

/** What every machine calls itself says nothing. */
export function isPublic(value: string): boolean {
  return isLoopback(value) || ['localhost', '0.0.0.0', '::', '~', '/', '/root'].includes(value.toLowerCase());
}

/** Case folding that keeps lengths, so that a place in the folded text is the same place in the text. */
export function fold(text: string): string {
  let folded = '';
  for (const letter of text) {
    const upper = letter.toUpperCase();
    const lower = (upper.length === letter.length ? upper : letter).toLowerCase();
    folded += lower.length === letter.length ? lower : letter;
  }
  return folded;
}

/** The ways in which a value may be written: letters composed or not (macOS paths), in JSON, in an address. */
function variantsOf(value: string): ReadonlySet<string> {
  const cased = [value, value.toLowerCase(), value.toUpperCase()];
  const spelled = [
    ...cased,
    ...cased.map((each) => each.normalize('NFC')),
    ...cased.map((each) => each.normalize('NFD')),
  ];
  const escaped = [
    JSON.stringify(value).slice(1, -1),
    value.replaceAll('\\', '/'),
    value.replaceAll(' ', '%20'),
    encodeURI(value.replace(/\p{Cs}/gu, '')),
  ];
  return new Set([...spelled, ...escaped].map(fold));
}

function addNeedle(needles: Map<string, Map<string, Needle>>, value: string, placeholder: string): void {
  if (value.length < 2) return;
  const head = value.slice(0, 2);
  const sameHead = needles.get(head) ?? new Map<string, Needle>();
  needles.set(head, sameHead);
  // Port and process numbers are full of short numbers.
  const alone = value.length < shortestInside || /^\d+$/.test(value);
  if (!sameHead.has(value)) sameHead.set(value, { value, placeholder, alone });
}

/** Every place of every needle. One inside a longer word takes the whole word: its rest would tell the other half. */
function* findKnown(text: string, needles: ReadonlyMap<string, ReadonlyMap<string, Needle>>): Generator<Found> {
  const folded = fold(text);
  for (let at = 0; at < folded.length; at += 1) {
    for (const { value, placeholder, alone } of needles.get(folded.slice(at, at + 2))?.values() ?? []) {
      if (!folded.startsWith(value, at)) continue;
      const end = at + value.length;
      const start = isWord(text, at) ? wordStart(text, at) : at;
      const stop = isWord(text, end - 1) ? wordEnd(text, end) : end;
      if (alone && (start < at || stop > end)) continue;
      yield { start, end: stop, placeholder, rank: ranks.known, length: value.length };
    }
  }
}

const wordLetter = /[\p{L}\p{N}\p{M}\p{Cs}]/u;
/** By code unit: half of a pair counts as a part of the word that it stands in. */
const isWord = (text: string, at: number) => wordLetter.test(text.charAt(at));

function wordStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && isWord(text, start - 1)) start -= 1;
  return start;
}

function wordEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && isWord(text, end)) end += 1;
  return end;
}

/** Finds that overlap are replaced as one, by the placeholder of the weightiest. */
function replaceAll(text: string, found: readonly Found[]): string {
  const spans: { end: number; best: Found; readonly start: number }[] = [];
  for (const each of found.toSorted((a, b) => a.start - b.start)) {
    const last = spans.at(-1);
    if (!last || each.start >= last.end) {
      spans.push({ start: each.start, end: each.end, best: each });
      continue;
    }
    last.end = Math.max(last.end, each.end);
    const weightier = each.rank - last.best.rank || last.best.length - each.length;
    if (weightier < 0) last.best = each;
  }
  let result = '';
  let done = 0;
  for (const { start, end, best } of spans) {
    result += text.slice(done, start) + best.placeholder;
    done = end;
  }
  return result + text.slice(done);
}

/** `cluster.example.org`, `example.org` of `gpu01.cluster.example.org`: its neighbours are in the same place. */
function domainsOf(host: string): readonly string[] {
  const labels = host.toLowerCase().split('.').filter(Boolean);
  if (/[\d:]$/.test(labels.at(-1) ?? '0')) return [];
  return labels.slice(1, -1).map((_, index) => labels.slice(index + 1).join('.'));
}
