/**
 * The hosts file as lines, and our blocks in it. A file is a string with one character for each byte (latin1), so that
 * whatever others have in it stays byte for byte: CRLF, NUL, a byte order mark, text of any encoding.
 */

export interface HostsLine {
  /** Of its first character in the file. */
  readonly start: number;
  /** Of its line end; the file's length when it has none. */
  readonly end: number;
  /** Behind its line end. */
  readonly next: number;
}

/** A block of ours, from the # of its BEGIN to the end of its END without that line's end. */
export interface HostsBlock {
  readonly id: string;
  readonly label: string;
  readonly start: number;
  readonly end: number;
  /** Number of its BEGIN line; 1 is the first. */
  readonly line: number;
  /** Between its markers, without spaces around them. */
  readonly body: readonly string[];
  /** The line above had no end until the block was put behind it. */
  readonly endedLineAbove: boolean;
}

/** Why the file must not be written, in words that name the line. */
export interface MarkerProblem {
  readonly line: number;
  readonly message: string;
}

export interface HostsText {
  readonly text: string;
  readonly blocks: readonly HostsBlock[];
  readonly problems: readonly MarkerProblem[];
  /** Of most of its lines. */
  readonly lineEnd: '\n' | '\r\n';
}

/** Anything that could be a marker of ours, or was one until somebody edited it. */
const markerLike = /^[ \t]*#+[ \t]*(?:BEGIN|END)[ \t]+mooring(?![\w.-])/i;
const beginMarker = /^# BEGIN mooring ([\w.:-]{1,64})(?: ([\w.-]{1,64}))?$/;
const endMarker = /^# END mooring ([\w.:-]{1,64})( \(ended the line above\))?$/;

const endedAboveMark = ' (ended the line above)';

/** The server's name as a marker has it: letters, digits and . _ - only. */
export function blockLabel(serverName: string): string {
  return serverName
    .replace(/[^\w.-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
}

export const beginLine = (id: string, label: string): string =>
  label === '' ? `# BEGIN mooring ${id}` : `# BEGIN mooring ${id} ${label}`;
export const endLine = (id: string, endedLineAbove: boolean): string =>
  `# END mooring ${id}${endedLineAbove ? endedAboveMark : ''}`;

export function* linesOf(text: string): Generator<HostsLine> {
  for (let start = 0; start < text.length;) {
    const at = text.indexOf('\n', start);
    const next = at < 0 ? text.length : at + 1;
    const end = at < 0 ? text.length : text[at - 1] === '\r' && at > start ? at - 1 : at;
    yield { start, end, next };
    start = next;
  }
}

/** Reads any text whatever; a file without blocks has neither blocks nor problems. */
export function readHosts(text: string): HostsText {
  const blocks: HostsBlock[] = [];
  const problems: MarkerProblem[] = [];
  const lineEnd = lineEndOf(text);
  const problem = (line: number, message: string): void => {
    problems.push({ line, message });
  };
  if (/^(?:\xff\xfe|\xfe\xff)/.test(text)) {
    problem(1, 'The file is in UTF-16, which no system reads its names from');
    return { text, blocks, problems, lineEnd };
  }
  let open: { id: string; label: string; start: number; line: number; body: string[] } | null = null;
  let number = 0;
  for (const line of linesOf(text)) {
    number += 1;
    const content = contentOf(text, line);
    if (!markerLike.test(content)) {
      open?.body.push(content.trim());
      continue;
    }
    const begin = beginMarker.exec(content);
    const end = endMarker.exec(content);
    if (begin) {
      const [, id = '', label = ''] = begin;
      if (open) problem(number, `Line ${String(number)} begins a block inside the one of line ${String(open.line)}`);
      else if (blocks.some((each) => each.id === id)) {
        const first = blocks.find((each) => each.id === id)?.line ?? 0;
        problem(number, `Line ${String(number)} begins the block of line ${String(first)} a second time`);
      }
      open = { id, label, start: line.start, line: number, body: [] };
    } else if (end) {
      const [, id = '', mark] = end;
      if (open?.id === id) {
        const { label, start, body } = open;
        blocks.push({ id, label, start, end: line.end, line: open.line, body, endedLineAbove: mark !== undefined });
      } else {
        const other = open ? `while the block of line ${String(open.line)} is open` : 'that was not begun';
        problem(number, `Line ${String(number)} ends a block ${other}`);
      }
      open = null;
    } else problem(number, `Line ${String(number)} looks like a marker of Mooring that was edited`);
  }
  if (open) problem(open.line, `The block that begins in line ${String(open.line)} does not end`);
  return { text, blocks, problems, lineEnd };
}

/** Long lines are no markers and no names. */
const longestLine = 4096;

function contentOf(text: string, { start, end }: HostsLine): string {
  return text.slice(start, Math.min(end, start + longestLine));
}

/** CRLF when more of its lines end so than not. */
function lineEndOf(text: string): '\n' | '\r\n' {
  let crlf = 0;
  let lf = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    if (text[at - 1] === '\r') crlf += 1;
    else lf += 1;
  }
  return crlf > lf ? '\r\n' : '\n';
}

/** A line of the file as people read it: UTF-8 where it is that, and nothing that moves a cursor. */
export function shownLine(bytes: string): string {
  const text = fromUtf8(bytes.slice(0, 500));
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (each) => (each === '\t' ? ' ' : '·'));
}

function fromUtf8(bytes: string): string {
  try {
    return decodeURIComponent(
      bytes.replace(/[^ -$&-~]/g, (each) => `%${each.charCodeAt(0).toString(16).padStart(2, '0')}`),
    );
  } catch {
    return bytes;
  }
}
