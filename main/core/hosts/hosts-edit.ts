/** Putting a block into the hosts file, changing it and taking it off: one part of the file is replaced, no other byte. */
import { beginLine, endLine, type HostsBlock, type HostsText } from './hosts-text.ts';

/** Replaces the bytes from `start` to before `end`. */
export interface HostsEdit {
  readonly start: number;
  readonly end: number;
  readonly insert: string;
}

export interface WantedBlock {
  readonly id: string;
  readonly label: string;
  /** Without line ends; none: the block is to go. */
  readonly lines: readonly string[];
}

export const sameLines = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((each, index) => each === other[index]);

export const findBlock = ({ blocks }: HostsText, id: string): HostsBlock | null =>
  blocks.find((each) => each.id === id) ?? null;

/**
 * Null: nothing to change. Only for a file without problems. What is put behind a last line that has no end is taken
 * off again with the line end that it brought: what was there before comes back byte for byte.
 */
export function editFor(
  hosts: HostsText,
  wanted: WantedBlock,
  emptyFileLineEnd: '\n' | '\r\n' = '\n',
): HostsEdit | null {
  if (hosts.problems.length > 0) throw new Error('a file with broken markers must not be written');
  const { text } = hosts;
  const lineEnd = text.includes('\n') ? hosts.lineEnd : emptyFileLineEnd;
  const block = findBlock(hosts, wanted.id);
  const { id, label, lines } = wanted;
  const written = (endedLineAbove: boolean): string =>
    [beginLine(id, label), ...lines, endLine(id, endedLineAbove)].join(lineEnd);
  if (block && lines.length > 0) {
    if (sameLines(block.body, lines)) return null;
    return { start: block.start, end: block.end, insert: written(block.endedLineAbove) };
  }
  if (block) return { start: startOfRemoval(text, block), end: endOfRemoval(text, block), insert: '' };
  if (lines.length === 0) return null;
  const at = text.length;
  if (text === '' || text.endsWith('\n')) return { start: at, end: at, insert: `${written(false)}${lineEnd}` };
  // "\r" and then "\n" would read as one line end when the block is taken off.
  const first = text.endsWith('\r') ? '\r\n' : lineEnd;
  return { start: at, end: at, insert: `${first}${written(true)}${lineEnd}` };
}

export function applyEdit(text: string, { start, end, insert }: HostsEdit): string {
  return text.slice(0, start) + insert + text.slice(end);
}

/** The line end above is ours only while nobody has put anything behind the block. */
function startOfRemoval(text: string, block: HostsBlock): number {
  if (!block.endedLineAbove || endOfRemoval(text, block) < text.length) return block.start;
  const before = text.slice(Math.max(0, block.start - 2), block.start);
  if (before === '\r\n') return block.start - 2;
  return before.endsWith('\n') ? block.start - 1 : block.start;
}

function endOfRemoval(text: string, { end }: HostsBlock): number {
  if (text.startsWith('\r\n', end)) return end + 2;
  return text[end] === '\n' ? end + 1 : end;
}
