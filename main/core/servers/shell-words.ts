/** A pasted command line into commands and words, by the quoting rules of POSIX shells. Nothing is ever expanded or run. */
import { done, failed, failure, type Reply } from '../../shared/failure.ts';

/** What documents, chats and slides make of plain characters. */
function withPlainCharacters(line: string): string {
  return line
    .replace(/\r\n?/g, '\n')
    .replace(/[\u200b\u2060\ufeff\u00ad]/g, '')
    .replace(/[\u00a0\u2007\u202f]/g, ' ')
    .replace(/[“”„]/g, '"')
    .replace(/[‘’]/g, "'")
    .replace(/(?<=^|\s)[–—](?=\S)/g, '-');
}

/** Windows paths keep their backslashes, which a POSIX shell would eat. */
const windowsPath = /^["']?([a-z]:\\|\\\\\w|\.{1,2}\\|~\\|%\w+%\\)/i;
const redirection = /^(\d*|&)(>{1,2}|<)(&\d|&-)?/;

/**
 * Splits at spaces, at unquoted `;`, `|`, `&` and at line ends. Handles single and double quotes, backslashes, lines
 * continued with a backslash, comments, and drops redirections. Empty commands are left out.
 * Fails with `invalid-argument` for an open quote, a control character or a placeholder such as `<server-ip>`.
 */
export function splitCommands(line: string): Reply<readonly (readonly string[])[]> {
  const source = withPlainCharacters(line);
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(source)) {
    return refuse('The line has control characters in it', 'Copy it again, or type it.');
  }
  const commands: string[][] = [[]];
  // null: between words. An empty string is a word, too: ''.
  let word: string | null = null;
  let windows = false;
  let placeholder = false;
  const endWord = () => {
    if (word !== null) commands.at(-1)?.push(word);
    word = null;
  };
  const endCommand = () => {
    endWord();
    commands.push([]);
  };
  let at = 0;
  while (at < source.length) {
    const char = source.charAt(at);
    const next = source.charAt(at + 1);
    if (word === null && !/\s/.test(char)) windows = windowsPath.test(source.slice(at, at + 64));
    if (char === '\\' && next === '\n') {
      at += 2;
    } else if (char === '\n') {
      endCommand();
      at += 1;
    } else if (/\s/.test(char)) {
      endWord();
      at += 1;
    } else if (char === '#' && word === null) {
      while (at < source.length && source.charAt(at) !== '\n') at += 1;
    } else if (char === "'") {
      const end = source.indexOf("'", at + 1);
      if (end < 0) return openQuote();
      word = (word ?? '') + source.slice(at + 1, end);
      at = end + 1;
    } else if (char === '"') {
      const quoted = readDoubleQuoted(source, at + 1);
      if (quoted === null) return openQuote();
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (char === '\\' && !windows) {
      word = (word ?? '') + next;
      at += 2;
    } else if (word === null && redirection.test(source.slice(at, at + 8)) && !/^<[\w-]/.test(source.slice(at))) {
      at += redirection.exec(source.slice(at, at + 8))?.[0].length ?? 1;
      // What follows is the file's name, unless the redirection was complete in itself (2>&1).
      if (!/[\d-]/.test(source.charAt(at - 1))) at = skipWord(source, at);
    } else if (char === ';' || char === '|' || char === '&') {
      endCommand();
      at += 1;
    } else {
      placeholder ||= /^<[\w][^<>\n]{0,80}>/.test(source.slice(at, at + 84));
      word = (word ?? '') + char;
      at += 1;
    }
  }
  endWord();
  if (placeholder) {
    return refuse(
      'The line has a placeholder in it, written in angle brackets',
      'Put the real value in its place and try again.',
    );
  }
  return done(commands.filter((each) => each.length > 0));
}

function readDoubleQuoted(source: string, start: number): { readonly text: string; readonly end: number } | null {
  let text = '';
  for (let at = start; at < source.length; at += 1) {
    const char = source.charAt(at);
    if (char === '"') return { text, end: at + 1 };
    const next = source.charAt(at + 1);
    if (char === '\\' && (next === '"' || next === '\\' || next === '$' || next === '`' || next === '\n')) {
      text += next === '\n' ? '' : next;
      at += 1;
    } else {
      text += char;
    }
  }
  return null;
}

function skipWord(source: string, start: number): number {
  const rest = source.slice(start);
  return start + (/^[ \t]*[^\s;|&]*/.exec(rest)?.[0].length ?? 0);
}

const openQuote = () => refuse('The line has a quote that is never closed', 'Copy the whole line and try again.');
const refuse = (message: string, hint: string) => failed(failure('invalid-argument', message, { hint }));
