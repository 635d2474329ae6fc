/** The frame of the answer to {@link ./script.ts}: sections of lines, each of which nothing else can have printed. */

export interface Frame {
  readonly sections: ReadonlyMap<string, readonly string[]>;
  /** It came to its end. */
  readonly complete: boolean;
}

/** Null when nothing in the output is ours. A section cut off in the middle counts as far as it came. */
export function readFrame(output: string): Frame | null {
  const lines = output.split('\n').map((line) => line.replace(/\r$/, ''));
  const begin = lines.lastIndexOf('@@mooring-facts 1');
  if (begin < 0) return null;
  const sections = new Map<string, string[]>();
  let current: string[] | null = null;
  for (const line of lines.slice(begin + 1)) {
    if (line === '@@end') return { sections: trimmed(sections), complete: true };
    const name = /^@@section ([a-z]+)$/.exec(line)?.[1];
    if (name !== undefined) {
      current = [];
      // Of two of a name the first counts.
      if (!sections.has(name)) sections.set(name, current);
    } else if (line.startsWith('|')) {
      current?.push(line.slice(1));
    }
  }
  return { sections: trimmed(sections), complete: false };
}

/** Without the empty lines, of which each section ends with one at least. */
function trimmed(sections: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  return new Map([...sections].map(([name, lines]) => [name, lines.filter((line) => line !== '')]));
}

/** The lines of a section, each `key=value` (`key: value` in what the kernel prints). */
export class Section {
  /** Null: the section never came. */
  readonly lines: readonly string[] | null;
  readonly entries: readonly { readonly key: string; readonly value: string }[];

  constructor(lines: readonly string[] | null) {
    this.lines = lines;
    this.entries = (lines ?? []).flatMap((line) => {
      const match = /^([A-Za-z._-]+)(?:=|:\s+)(.*)$/.exec(line);
      return match ? [{ key: match[1] ?? '', value: (match[2] ?? '').trim() }] : [];
    });
  }

  get came(): boolean {
    return this.lines !== null;
  }

  all(key: string): readonly string[] {
    return this.entries.filter((each) => each.key === key).map(({ value }) => value);
  }

  /** The first that is not empty. */
  text(key: string): string | null {
    return this.all(key).find((value) => value !== '') ?? null;
  }

  number(key: string): number | null {
    return toNumber(this.text(key));
  }

  yes(key: string): boolean {
    return this.text(key) === 'yes';
  }
}

/** A whole number of at most 15 digits, else null. */
export function toNumber(text: string | null | undefined): number | null {
  return text !== null && text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** 1–65535, else null. */
export function toPort(text: string | null | undefined): number | null {
  const port = toNumber(text);
  return port !== null && port >= 1 && port <= 65_535 ? port : null;
}
