/** The one place where text becomes part of a shell script. */

/** One word for a POSIX shell, whatever is in it (but for a zero byte, which no shell can hold). */
export const quoted = (text: string): string =>
  /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** Words with blanks between. */
export const words = (...texts: readonly string[]): string => texts.map(quoted).join(' ');
