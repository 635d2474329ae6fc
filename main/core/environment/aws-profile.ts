/** A profile of ours in the text of ~/.aws/config or ~/.aws/credentials: between marks, with all else left as it is. */
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import type { ServerProfile } from '../../shared/server.ts';

const beginMark = '# BEGIN mooring';
const endMark = '# END mooring';
/** Of a block that had to end the last line of the file first; with the block goes that line end. */
const lineEndNote = '(the line before had no end)';

/**
 * `mooring-lab`, `mooring-lab+dev`. Signs that these files or other programs take for something else are replaced; what
 * then could be another server's name, too, gets a part of the server's id.
 */
export function awsProfileName({ id, name }: Pick<ServerProfile, 'id' | 'name'>, environment: string | null): string {
  const plain = name.replace(/[^\w.@-]+/g, '-');
  const apart = plain === name ? '' : `-${id.replace(/[^0-9a-z]/gi, '').slice(0, 6)}`;
  return `mooring-${plain}${apart}${environment === null || environment === 'main' ? '' : `+${environment}`}`;
}

interface Block {
  /** Offsets in the text; the block is between them. */
  readonly begin: number;
  readonly end: number;
  /** Of its lines. */
  readonly lineEnd: string;
  readonly addedLineEnd: boolean;
}

/** Null: there is none. `broken`: marks without their counterparts, or several. */
function findBlock(text: string, profile: string): Block | null | 'broken' {
  const begins: { at: number; lineEnd: string; addedLineEnd: boolean }[] = [];
  const ends: number[] = [];
  for (const { 0: line, index } of text.matchAll(/[^\n]*(?:\n|$)/g)) {
    const said = line.trim();
    const begin = `${beginMark} ${profile}`;
    if (said === begin || said === `${begin} ${lineEndNote}`) {
      begins.push({ at: index, lineEnd: line.endsWith('\r\n') ? '\r\n' : '\n', addedLineEnd: said !== begin });
    } else if (said === `${endMark} ${profile}`) ends.push(index + line.length);
  }
  const [[begin, secondBegin], [end, secondEnd]] = [begins, ends];
  if (!begin && end === undefined) return null;
  if (!begin || end === undefined || secondBegin || secondEnd !== undefined || end <= begin.at) return 'broken';
  return { begin: begin.at, end, lineEnd: begin.lineEnd, addedLineEnd: begin.addedLineEnd };
}

export const hasAwsProfile = (text: string, profile: string): boolean => findBlock(text, profile) !== null;

/** There is something of ours in it: a copy of it would keep secrets that are taken out later. */
export const hasAnyOfOurs = (text: string): boolean => text.includes(beginMark);

/**
 * Puts a section there in place of the one of before; empty takes it out. Fails with `conflict` where the marks are
 * damaged, or somebody else has a profile of that name. `path`: for the words.
 */
export function withAwsProfile(text: string, profile: string, section: string, path: string): Reply<string> {
  const block = findBlock(text, profile);
  if (block === 'broken') {
    return failed(
      failure('conflict', `Mooring’s marks in ${path} are damaged, so that it is left as it is.`, {
        hint: `Remove the section of ${profile} and the lines with “mooring ${profile}” by hand, then try again.`,
      }),
    );
  }
  const before = block ? text.slice(0, block.begin) : text;
  const after = block ? text.slice(block.end) : '';
  if (section === '') {
    // What was added goes as well, unless others have written on behind it.
    const isOurs = block?.addedLineEnd === true && after === '' && before.endsWith(block.lineEnd);
    return done(`${isOurs ? before.slice(0, -block.lineEnd.length) : before}${after}`);
  }
  if (namesSection(before, profile) || namesSection(after, profile)) {
    return failed(
      failure('conflict', `There is a profile ${profile} in ${path} that Mooring did not write.`, {
        hint: 'Rename or remove it, then try again.',
      }),
    );
  }
  const lineEnd = block?.lineEnd ?? (/^[^\n]*\r\n/.test(text) ? '\r\n' : '\n');
  const endsLine = block ? block.addedLineEnd : before !== '' && !before.endsWith('\n');
  const lines = [
    `${beginMark} ${profile}${endsLine ? ` ${lineEndNote}` : ''}`,
    ...section.trimEnd().split('\n'),
    `${endMark} ${profile}`,
  ];
  const own = lines.map((line) => `${line}${lineEnd}`).join('');
  return done(`${before}${!block && endsLine ? lineEnd : ''}${own}${after}`);
}

/** `[NAME]`, `[profile NAME]`, `[ profile "NAME" ]`. */
const namesSection = (text: string, profile: string): boolean =>
  [...text.matchAll(/^[ \t]*\[([^\]\r\n]*)\]/gm)].some(
    ({ 1: header = '' }) =>
      header
        .trim()
        .replace(/^profile\s+/, '')
        .replace(/^(["'])(.*)\1$/, '$2') === profile,
  );
