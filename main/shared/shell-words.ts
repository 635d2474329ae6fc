/** The one place where text becomes part of a shell script, or of a command to type. */

/** One word for a POSIX shell, whatever is in it (but for a zero byte, which no shell can hold). */
export const quoted = (text: string): string =>
  /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** A path for a person’s shell, which puts the home folder in place of `~/`. */
export const quotedPath = (path: string): string =>
  path.startsWith('~/') ? `~/${path.length > 2 ? quoted(path.slice(2)) : ''}` : quoted(path);

/** Words with blanks between. */
export const words = (...texts: readonly string[]): string => texts.map(quoted).join(' ');

/** For a comment or a title in a script: a line break would end it there. */
export const onOneLine = (text: string): string => text.replace(/\s+/g, ' ');

/** Behind a command of Mooring's that uses a stack; nothing for `main`, which is meant without it. */
export const environmentOption = (environment: string): string =>
  environment === 'main' ? '' : ` --environment ${quoted(environment)}`;
