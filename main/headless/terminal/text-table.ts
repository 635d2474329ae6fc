/** Columns that line up. */

const wide = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u;
const segmenter = new Intl.Segmenter();
// eslint-disable-next-line no-control-regex
const colours = /\u001b\[\d+m/g;

/** Columns of a terminal that a text takes; colour codes take none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text.replace(colours, ''))) width += wide.test(segment) ? 2 : 1;
  return width;
}

/** One line per row, without blanks at the end. `indent` goes before each. */
export function tableLines(rows: readonly (readonly string[])[], indent = ''): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, textWidth(cell))));
  }
  return rows.map((row) => {
    const cells = row.map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - textWidth(cell)));
    return (indent + cells.join('  ')).trimEnd();
  });
}
