/**
 * One value for each of the languages that an environment is written in. Null: it can't be written there so that it
 * comes out the same. The rules are those of the shells' own manuals; the tests run the shells.
 */

/** Any text but a zero byte, which no environment can hold. */
const holdsZero = (value: string): boolean => value.includes('\0');

/** Needs no quotes in any shell here; no `~`, `=` or `%`, which some of them read in some places. */
const isPlain = (value: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.:/@+-]*$/.test(value);

/** bash, zsh, dash: nothing is special between single quotes but the quote itself, newlines and `!` included. */
export function quotedForPosix(value: string): string | null {
  if (holdsZero(value)) return null;
  return isPlain(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

/** fish knows `\'` and `\\` between single quotes, and nothing else. */
export function quotedForFish(value: string): string | null {
  if (holdsZero(value)) return null;
  return isPlain(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`;
}

/**
 * PowerShell ends a single-quoted text at typographic quotes, too, and reads what a program prints in the console's code
 * page: other than ASCII goes by number.
 */
export function quotedForPowerShell(value: string): string | null {
  if (holdsZero(value)) return null;
  const parts = value.match(/[ -~]+|[^ -~]/g) ?? [];
  const written = parts.map((part) =>
    /^[ -~]/.test(part)
      ? `'${part.replaceAll("'", "''")}'`
      : `[char]0x${part.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
  // Text first: a sum of two [char] would be a number.
  const terms = written[0]?.startsWith("'") ? written : ["''", ...written];
  return terms.length === 1 ? terms.join('') : `(${terms.join(' + ')})`;
}

/**
 * cmd can't quote: `%` is read before anything else and differently at the prompt and in a batch file, a `"` lets `&`
 * and `|` out, and other than ASCII depends on the code page. Between `set "NAME=` and `"` the rest stands for itself.
 */
export const valueForCmd = (value: string): string | null => (/^(?!.*["%])[ -~]*$/.test(value) ? value : null);

/**
 * As python-dotenv reads it, and where the value allows it also other readers and a POSIX shell. python-dotenv replaces
 * `${NAME}` even between single quotes, and has no way to say that it should not. It reads `\\` and `\'` only: a backslash
 * is doubled only where it would be taken for the first half of one of these.
 */
export function quotedForDotenv(value: string): string | null {
  if (holdsZero(value) || value.includes('${') || /\r/.test(value)) return null;
  if (isPlain(value)) return value;
  return `'${value.replace(/\\(?=[\\']|$)/g, '\\\\').replaceAll("'", "\\'")}'`;
}

/** Python: ASCII only, so that neither a console nor an editor can get it wrong. */
export function quotedForPython(value: string): string | null {
  if (holdsZero(value)) return null;
  const escaped = [...value].map((char) => {
    const code = char.codePointAt(0) ?? 0;
    if (char === '"' || char === '\\') return `\\${char}`;
    if (code >= 0x20 && code < 0x7f) return char;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

/**
 * The files in ~/.aws have no quotes at all. Blanks at the ends are lost, some of AWS's libraries take ` #` for a
 * comment, and other than ASCII depends on the system's encoding.
 */
export const valueForAws = (value: string): string | null =>
  /^[!-~]([ -~]*[!-~])?$/.test(value) && !/\s[#;]/.test(value) ? value : null;

/** JSON in ASCII: what passes through terminals and pipes stays what it was. */
export const asciiJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) as string).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
