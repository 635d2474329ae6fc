/** The one place that writes to and reads from the terminal. */
import type { Readable, Writable } from 'node:stream';
import { cleanText } from './clean-text.ts';
import { readLine, type LineInput } from './read-line.ts';
import { cutText, textWidth, wrapText } from './text-width.ts';

/** `columns`: of a terminal, as wide as it is just now; it tells of a change by the event `resize`. */
type TerminalOutput = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface TerminalStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?: (on: boolean) => unknown };
  readonly stdout: TerminalOutput;
  readonly stderr: TerminalOutput;
}

const colourCodes = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;
export type Colour = keyof typeof colourCodes;

export interface Terminal {
  /** A line of result. Texts from outside must have been cleaned (the control client does). */
  print(line: string): void;
  printJson(value: unknown): void;
  /** A line for the person only, on stderr. */
  say(line: string): void;
  /** Replaces the line of progress, cut to one line; nothing where nobody watches. An empty text takes it away. */
  progress(line: string): void;
  colour(colour: Colour, text: string): string;
  /** Somebody sits there and can be asked. */
  readonly interactive: boolean;
  /** Output goes to a terminal that can be redrawn. */
  readonly redraws: boolean;
  /** Clears the lines that were printed last, to draw again. */
  erase(lines: readonly string[]): void;
  /** Columns that a line may take: those of the terminal, Infinity where the output is read by a program. */
  readonly columns: number;
  /** A text in lines that fit: {@link wrapText}. As it is where the output is read by a program. */
  wrap(text: string, hang?: number): readonly string[];
  /** Asks on stderr. Null: Ctrl-C or end of input. */
  ask(question: string, options: { readonly echo: boolean; readonly signal?: AbortSignal }): Promise<string | null>;
  /** All of stdin, where it is not a terminal or the person ends it with Ctrl-D. */
  readAll(): Promise<string>;
}

/** Where a terminal does not tell. */
const usualColumns = 80;

/** Rows of a terminal that a printed line takes. */
const rowsOf = (line: string, columns: number): number =>
  line.split('\n').reduce((sum, each) => sum + Math.max(1, Math.ceil(textWidth(each) / columns)), 0);

export function createTerminal(streams: TerminalStreams, env: Readonly<Record<string, string | undefined>>): Terminal {
  const { stdin, stdout, stderr } = streams;
  const coloured = stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const interactive = stdin.isTTY === true && stderr.isTTY === true;
  const redraws = stdout.isTTY === true && env['TERM'] !== 'dumb';
  /** The whole line of progress, and as much of it as is on the screen. */
  let progress = { whole: '', shown: '' };

  const columnsOf = (output: TerminalOutput): number => {
    const wanted = Number(env['COLUMNS']);
    const there = output.columns ?? 0;
    if (!Number.isInteger(wanted) || wanted < 1) return there || usualColumns;
    return there > 0 ? Math.min(there, wanted) : wanted;
  };
  /** Where it breaks a line that is written longer, whatever is asked for. */
  const realColumnsOf = (output: TerminalOutput): number => output.columns || columnsOf(output);
  const columns = (): number => (stdout.isTTY === true ? columnsOf(stdout) : Infinity);
  const above = (count: number): string => (count > 0 ? `\u001b[${String(count)}A` : '');

  const clearProgress = () => {
    stderr.off('resize', redrawProgress);
    if (progress.shown === '') return;
    // Made narrower meanwhile, the terminal has broken the line anew.
    stderr.write(`\r${above(rowsOf(progress.shown, realColumnsOf(stderr)) - 1)}\u001b[J`);
    progress = { whole: '', shown: '' };
  };
  const drawProgress = (line: string) => {
    clearProgress();
    if (line === '') return;
    // A line that fills the last column would be broken by some terminals.
    progress = { whole: line, shown: cutText(line.replace(/\s+/g, ' '), columnsOf(stderr) - 1) };
    stderr.write(progress.shown);
    stderr.on('resize', redrawProgress);
  };
  const redrawProgress = () => {
    drawProgress(progress.whole);
  };

  return {
    print(line) {
      clearProgress();
      stdout.write(`${line}\n`);
    },
    printJson(value) {
      clearProgress();
      stdout.write(`${JSON.stringify(value)}\n`);
    },
    say(line) {
      clearProgress();
      stderr.write(`${line}\n`);
    },
    progress(line) {
      if (stderr.isTTY !== true || env['TERM'] === 'dumb') return;
      drawProgress(line);
    },
    colour: (colour, text) => (coloured ? `\u001b[${String(colourCodes[colour])}m${text}\u001b[0m` : text),
    interactive,
    redraws,
    erase(lines) {
      const rows = lines.reduce((sum, each) => sum + rowsOf(each, realColumnsOf(stdout)), 0);
      if (rows > 0) stdout.write(`${above(rows)}\u001b[J`);
    },
    get columns() {
      return columns();
    },
    wrap: (text, hang) => wrapText(text, columns(), hang),
    async ask(question, options) {
      clearProgress();
      return readLine(stdin as LineInput, stderr, cleanText(question), options);
    },
    async readAll() {
      let text = '';
      stdin.setEncoding('utf8');
      for await (const chunk of stdin) {
        text += chunk as string;
        if (text.length > 1_000_000) break;
      }
      return text;
    },
  };
}
