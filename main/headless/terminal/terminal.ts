/** The one place that writes to and reads from the terminal. */
import type { Readable, Writable } from 'node:stream';
import { cleanText } from './clean-text.ts';
import { readLine, type LineInput } from './read-line.ts';

export interface TerminalStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?: (on: boolean) => unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

const colourCodes = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;
export type Colour = keyof typeof colourCodes;

export interface Terminal {
  /** A line of result. Texts from outside must have been cleaned (the control client does). */
  print(line: string): void;
  printJson(value: unknown): void;
  /** A line for the person only, on stderr. */
  say(line: string): void;
  /** Replaces the line of progress; nothing where nobody watches. An empty text takes it away. */
  progress(line: string): void;
  colour(colour: Colour, text: string): string;
  /** Somebody sits there and can be asked. */
  readonly interactive: boolean;
  /** Output goes to a terminal that can be redrawn. */
  readonly redraws: boolean;
  /** Clears a drawing of so many lines, to draw again. */
  eraseLines(count: number): void;
  /** Asks on stderr. Null: Ctrl-C or end of input. */
  ask(question: string, options: { readonly echo: boolean; readonly signal?: AbortSignal }): Promise<string | null>;
  /** All of stdin, where it is not a terminal or the person ends it with Ctrl-D. */
  readAll(): Promise<string>;
}

export function createTerminal(streams: TerminalStreams, env: Readonly<Record<string, string | undefined>>): Terminal {
  const { stdin, stdout, stderr } = streams;
  const coloured = stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const interactive = stdin.isTTY === true && stderr.isTTY === true;
  const redraws = stdout.isTTY === true && env['TERM'] !== 'dumb';
  let progressShown = false;

  const clearProgress = () => {
    if (progressShown) stderr.write('\r\u001b[K');
    progressShown = false;
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
      clearProgress();
      if (line === '') return;
      stderr.write(line);
      progressShown = true;
    },
    colour: (colour, text) => (coloured ? `\u001b[${String(colourCodes[colour])}m${text}\u001b[0m` : text),
    interactive,
    redraws,
    eraseLines(count) {
      if (count > 0) stdout.write(`\u001b[${String(count)}A\u001b[J`);
    },
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
