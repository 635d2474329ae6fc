import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { planLines, shortPlanLines } from '../../../main/headless/terminal/plan-lines.ts';
import { runProgressLine, runRecapLine, stepLine } from '../../../main/headless/terminal/run-lines.ts';
import { statusLines } from '../../../main/headless/terminal/state-lines.ts';
import { createTerminal, type Terminal } from '../../../main/headless/terminal/terminal.ts';
import { textWidth } from '../../../main/headless/terminal/text-width.ts';
import { runOf } from '../../support/setup-snapshots.ts';
import { planOf, remarks } from '../../support/setup-plans.ts';
import { nowMs, scenes } from '../../support/snapshots.ts';

interface Screen {
  readonly terminal: Terminal;
  /** What stands on the screen, without empty rows below. */
  rows(): readonly string[];
  resize(columns: number): void;
}

/** A terminal of so many columns, which breaks long lines, and breaks them anew when its width changes. */
function screenOf(columns: number, env: Record<string, string> = {}): Screen {
  const output = Object.assign(new PassThrough(), { isTTY: true, columns });
  /** The cursor is behind the last of them. */
  let lines = [''];
  let rowsUp = 0;
  const rows = (): string[] =>
    lines.flatMap((line) => line.match(new RegExp(`.{1,${String(output.columns)}}`, 'gu')) ?? ['']);
  output.on('data', (chunk: Buffer) => {
    // eslint-disable-next-line no-control-regex
    for (const [piece, count] of chunk.toString().matchAll(/\u001b\[(\d*)[A-Zm]|[\n\r]|[^\u001b\n\r]+/g)) {
      if (piece.endsWith('A') && count !== undefined) rowsUp = Number(count);
      else if (piece === '\u001b[J') {
        lines = [...rows().slice(0, -1 - rowsUp), ''];
        rowsUp = 0;
      } else if (piece === '\n') lines.push('');
      else if (piece !== '\r' && !piece.startsWith('\u001b')) lines.push(`${lines.pop() ?? ''}${piece}`);
    }
  });
  const terminal = createTerminal({ stdin: new PassThrough(), stdout: output, stderr: output }, env);
  return {
    terminal,
    rows: () => rows().join('\n').trimEnd().split('\n'),
    resize(to) {
      output.columns = to;
      output.emit('resize');
    },
  };
}

const piped = (env: Record<string, string> = {}): Terminal =>
  createTerminal({ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }, env);

const running = runOf({ kind: 'running' });
const widest = (lines: readonly string[]): number =>
  Math.max(...lines.flatMap((each) => each.split('\n')).map((each) => textWidth(each)));
/** A mark and a word, or a command: nothing that could be broken. */
const isOnePiece = (line: string): boolean => /^ *(?:\S{1,2} +)?(?:\S+$|(?:mooring|sudo) )/u.test(line);
const commandsOf = (lines: readonly string[]): readonly string[] =>
  lines.map((each) => each.trim()).filter((each) => each.startsWith('mooring '));

it('the recap counts in one form what was done there and here', () => {
  const here = { id: 'here-tunnels', title: 'Tunnels on', startedMs: 1, endedMs: 2, note: null } as const;
  const steps = [...running.steps.slice(0, 2), { ...here, place: 'here', state: 'ok' } as const];
  expect(runRecapLine({ ...running, steps }, running.startedMs + 33_000)).toBe(
    'On the server ok 1 · changed 1 · failed 0 · skipped 0; on this computer ok 1 · failed 0 · skipped 0; in 33 s in all',
  );
});

describe('the line of progress', () => {
  const lineAt = (second: number): string => runProgressLine(running, nowMs + second * 1000);

  it('is one row however narrow the terminal is, and leaves none behind', () => {
    for (const columns of [8, 40, 60, 200]) {
      const { terminal, rows } = screenOf(columns);
      terminal.print('before');
      for (let second = 0; second < 40; second += 1) {
        terminal.progress(lineAt(second));
        expect(rows()).toHaveLength(2);
        expect(textWidth(rows()[1] ?? '')).toBeLessThan(columns);
      }
      terminal.print('after');
      expect(rows()).toEqual(['before', 'after']);
    }
  });

  it('follows the width of the terminal', () => {
    const { terminal, rows, resize } = screenOf(100);
    terminal.print('before');
    terminal.progress(lineAt(0));
    const whole = rows()[1] ?? '';
    expect(whole).toBe(lineAt(0));
    resize(30);
    expect(rows()).toEqual(['before', `${whole.slice(0, 28)}…`]);
    resize(100);
    expect(rows()).toEqual(['before', whole]);
    terminal.progress('');
    resize(20);
    expect(rows()).toEqual(['before']);
  });

  it('counts signs of two columns as two', () => {
    const { terminal, rows } = screenOf(10);
    terminal.progress('日本語日本語');
    expect(rows()).toEqual(['日本語日…']);
  });

  it('is not written where nobody watches', () => {
    const stderr = new PassThrough();
    createTerminal({ stdin: new PassThrough(), stdout: new PassThrough(), stderr }, {}).progress('x');
    expect(stderr.read()).toBeNull();
  });
});

describe('a drawing', () => {
  it('is erased whole, also where the terminal broke its lines', () => {
    const { terminal, rows, resize } = screenOf(60);
    terminal.print('before');
    const drawing = ['one', 'a command that is never broken by the program itself, but by the terminal', 'three'];
    for (const each of drawing) terminal.print(each);
    expect(rows()).toHaveLength(5);
    terminal.erase(drawing);
    expect(rows()).toEqual(['before']);
    for (const each of drawing) terminal.print(each);
    resize(25);
    terminal.erase(drawing);
    expect(rows()).toEqual(['before']);
  });

  it('is erased alone, also where fewer columns are asked for than there are', () => {
    const { terminal, rows } = screenOf(60, { COLUMNS: '30' });
    terminal.print('before');
    const drawing = ['mooring forward edit lab/MLflow --local-port 5002', 'two'];
    for (const each of drawing) terminal.print(each);
    terminal.erase(drawing);
    expect(rows()).toEqual(['before']);
  });
});

describe('the width', () => {
  it.each([
    ['of the terminal', 100, {}, 100],
    ['that is asked for', 100, { COLUMNS: '60' }, 60],
    ['of the terminal, where more is asked for', 100, { COLUMNS: '300' }, 100],
    ['that is asked for, where the terminal has none', 0, { COLUMNS: '60' }, 60],
    ['that is usual, where nobody tells', 0, { COLUMNS: 'wide' }, 80],
  ])('is the one %s', (_, columns, env, expected) => {
    expect(screenOf(columns, env).terminal.columns).toBe(expected);
  });

  it('has no end for a program that reads', () => {
    expect(piped({ COLUMNS: '60' }).columns).toBe(Infinity);
  });
});

describe.each([40, 60, 80])('at %i columns', (columns) => {
  const narrow = (): Terminal => screenOf(columns, { NO_COLOR: '1' }).terminal;
  const plan = planOf({ remarks: [remarks.stop, remarks.warning, remarks.note] });

  it('plans are whole, and no wider', () => {
    const options = { serverName: 'lab-vm', known: [], commands: false };
    for (const draw of [
      (terminal: Terminal) => planLines(terminal, plan, options),
      (terminal: Terminal) => shortPlanLines(terminal, plan, 'lab-vm'),
    ]) {
      expect(widest(draw(narrow()))).toBeLessThanOrEqual(columns);
      expect(draw(narrow()).join(' ').split(/\s+/)).toEqual(draw(piped()).join(' ').split(/\s+/));
    }
  });

  it('what a plan would run is left as it is', () => {
    const options = { serverName: 'lab-vm', known: [], commands: true };
    const code = (terminal: Terminal) =>
      planLines(terminal, plan, options).filter((each) => each.startsWith('      ') && /[#$=]/.test(each));
    expect(code(narrow())).toEqual(code(piped()));
    expect(code(piped()).length).toBeGreaterThan(0);
  });

  it.each(Object.entries(scenes))('status is whole, its commands are not broken: %s', (_, scene) => {
    const snapshot = scene();
    const draw = (terminal: Terminal) => statusLines(terminal, snapshot, snapshot.servers, nowMs);
    const lines = draw(narrow());
    expect(commandsOf(lines)).toEqual(commandsOf(draw(piped())));
    expect(widest(lines.filter((each) => !isOnePiece(each)))).toBeLessThanOrEqual(columns);
    expect(lines.join(' ').split(/\s+/)).toEqual(draw(piped()).join(' ').split(/\s+/));
  });

  it('steps that are over are no wider', () => {
    for (const step of running.steps) expect(widest([stepLine(narrow(), step, running)])).toBeLessThanOrEqual(columns);
  });
});

describe('colours', () => {
  it('are left out where NO_COLOR asks for it, wrapped or not', () => {
    const plan = planOf({ remarks: [remarks.warning] });
    const draw = (env: Record<string, string>) => shortPlanLines(screenOf(40, env).terminal, plan, 'lab-vm').join('\n');
    expect(draw({})).toContain('\u001b[');
    expect(draw({ NO_COLOR: '1' })).not.toContain('\u001b');
  });
});
