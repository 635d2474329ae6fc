/** The one place where text becomes part of a shell script. */

/** One word for a POSIX shell, whatever is in it (but for a zero byte, which no shell can hold). */
export const quoted = (text: string): string =>
  /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** A path for a person’s shell, which puts the home folder in place of `~/`. */
export const quotedPath = (path: string): string =>
  path.startsWith('~/') ? `~/${path.length > 2 ? quoted(path.slice(2)) : ''}` : quoted(path);

/** Words with blanks between. */
export const words = (...texts: readonly string[]): string => texts.map(quoted).join(' ');
