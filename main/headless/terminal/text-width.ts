/** How many columns of a terminal a text takes, and how to make it fit: cut, or wrapped at its blanks. */

// Unicode's East Asian Width W and F, by the blocks they fill; a variation selector 16 asks for the wide emoji.
const wide =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
/** Marks and signs without a width of their own, where no letter stands before them. */
const widthless = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;
/** Nearly every text; taking it apart would be slow. */
const narrow = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\ue000]*$/;
const segmenter = new Intl.Segmenter();
// eslint-disable-next-line no-control-regex
const colours = /\u001b\[\d+m/g;
// eslint-disable-next-line no-control-regex
const colourOrText = /(\u001b\[\d+m)/;
const colourOff = '\u001b[0m';

const segmentWidth = (segment: string): number => (widthless.test(segment) ? 0 : wide.test(segment) ? 2 : 1);

/** Columns of a terminal that a text takes; colour codes take none. */
export function textWidth(text: string): number {
  const seen = text.replace(colours, '');
  if (narrow.test(seen)) return seen.length;
  let width = 0;
  for (const { segment } of segmenter.segment(seen)) width += segmentWidth(segment);
  return width;
}

/** At most so many columns: what is over is cut, and `…` says so. Colours end where the text ends. */
export function cutText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let cut = '';
  let left = columns - 1;
  let coloured = false;
  for (const part of text.split(colourOrText)) {
    if (part.startsWith('\u001b')) {
      cut += part;
      coloured = part !== colourOff;
      continue;
    }
    for (const { segment } of segmenter.segment(part)) {
      left -= segmentWidth(segment);
      if (left < 0) return `${cut}${columns > 0 ? '…' : ''}${coloured ? colourOff : ''}`;
      cut += segment;
    }
  }
  return cut;
}

/**
 * A command to type, up to the end of its sentence: after a colon, or as the whole line. It has to be copied in one
 * piece, so the terminal breaks it itself, where it must. What is quoted is a part of it, whatever stands there.
 */
const command =
  /(?<=^\s*|: )(?:mooring|sudo|ssh|ssh-add|ssh-keygen|systemctl|journalctl|chmod|du|mlflow(?= gc)) (?:'[^']*'|[^;,])*?(?=[;,]|\. | \(|$)/g;
/** A sign of private use that stands for a blank at which no line ends. */
const firm = '\ue000';
const firmBlanks = new RegExp(firm, 'g');
const firmly = (words: string): string => words.replace(/ /g, firm);

/**
 * Lines of at most so many columns, broken at blanks alone: a word, an address or a command that is longer stays whole.
 * Lines after the first begin with `hang` blanks; without it, under the first word. A mark at the begin, a sign or a
 * number with a point, stays with the word behind it.
 */
export function wrapText(text: string, columns: number, hang?: number): readonly string[] {
  if (text.includes('\n')) return text.split('\n').flatMap((each) => wrapText(each, columns, hang));
  if (textWidth(text) <= columns) return [text];
  const indent = /^ */.exec(text)?.[0].length ?? 0;
  const next = ' '.repeat(fittingHang(hang ?? indent, columns));
  const lines: string[] = [];
  let line = ' '.repeat(indent);
  let empty = true;
  // An arrow belongs to what it points at.
  const held = text
    .slice(indent)
    .replace(command, firmly)
    .replace(/→ |^(?:\S{1,2}|\d+\.) +/g, firmly);
  for (const [, gap = '', word = ''] of held.matchAll(/( *)([^ ]+)/g)) {
    if (!empty && textWidth(line) + gap.length + textWidth(word) > columns) {
      lines.push(line);
      line = next;
      empty = true;
    }
    line += empty ? word : gap + word;
    empty = false;
  }
  return closeColours([...lines, line].map((each) => each.replace(firmBlanks, ' ')));
}

/** Half the width is left for words, whatever stands before them. */
export const fittingHang = (hang: number, columns: number): number => (hang > columns / 2 ? 4 : hang);

/** A colour that goes on beyond the end of a line ends there and begins anew on the next. */
function closeColours(lines: readonly string[]): readonly string[] {
  let open = '';
  return lines.map((line) => {
    const before = open;
    for (const [code] of line.matchAll(colours)) open = code === colourOff ? '' : code;
    const indent = /^ */.exec(line)?.[0] ?? '';
    return `${indent}${before}${line.slice(indent.length)}${open === '' ? '' : colourOff}`;
  });
}
