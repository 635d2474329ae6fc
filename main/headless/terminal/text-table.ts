/** Columns that line up. */
import { fittingHang, textWidth, wrapText } from './text-width.ts';

/** The lines of all rows: {@link tableRows}. One line per row where there is no end of columns. */
export function tableLines(rows: readonly (readonly string[])[], indent = '', columns = Infinity): readonly string[] {
  return tableRows(rows, indent, columns).flat();
}

/**
 * The lines of each row, without blanks at the end and of at most so many columns: cells that find no place go on below,
 * under the second cell. `indent` goes before each.
 */
export function tableRows(
  rows: readonly (readonly string[])[],
  indent: string,
  columns: number,
): readonly (readonly string[])[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, textWidth(cell))));
  }
  const hang = textWidth(indent) + (widths[0] ?? 0) + 2;
  return rows.map((row) => {
    const cells = row.map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - textWidth(cell)));
    const line = (indent + cells.join('  ')).trimEnd();
    return textWidth(line) <= columns ? [line] : stackCells(row, cells, indent, columns, fittingHang(hang, columns));
  });
}

/** `padded`: the same cells, each as wide as its column. What has left its column is padded no more. */
function stackCells(
  cells: readonly string[],
  padded: readonly string[],
  indent: string,
  columns: number,
  hang: number,
): readonly string[] {
  const above: string[] = [];
  let line = indent + (padded[0] ?? '');
  cells.slice(1).forEach((cell, index) => {
    const empty = textWidth(cell) === 0;
    // A mark does not stand alone.
    const alone = above.length === 0 && index === 0 && textWidth(cells[0] ?? '') <= 2;
    if (!empty && !alone && textWidth(`${line}  ${cell}`) > columns) {
      above.push(line);
      line = ' '.repeat(hang) + cell;
    } else if (above.length === 0) line += `  ${padded[index + 1] ?? cell}`;
    else if (!empty) line += `  ${cell}`;
  });
  return [...above, line].flatMap((each) => wrapText(each.trimEnd(), columns, hang));
}
