import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanDeep, cleanText } from '../../../main/headless/terminal/clean-text.ts';
import { readLine } from '../../../main/headless/terminal/read-line.ts';
import { createSseParser, type SseEvent } from '../../../main/headless/control/sse-parser.ts';
import { tableLines, tableRows } from '../../../main/headless/terminal/text-table.ts';
import { cutText, textWidth, wrapText } from '../../../main/headless/terminal/text-width.ts';
import { nearNames } from '../../../main/shared/near-names.ts';

describe('the parser of server-sent events', () => {
  const events = fc.array(fc.record({ event: fc.constantFrom('a', 'snapshot.changed'), data: fc.json() }), {
    maxLength: 8,
  });

  it('reads the same, however the text is cut', () => {
    fc.assert(
      fc.property(events, fc.array(fc.nat(400)), fc.boolean(), (sent, cuts, withHeartbeats) => {
        const text = sent
          .map(({ event, data }) => `${withHeartbeats ? ': still here\n\n' : ''}event: ${event}\ndata: ${data}\n\n`)
          .join('');
        const places = [0, ...cuts.filter((each) => each < text.length).sort((a, b) => a - b), text.length];
        const parse = createSseParser();
        const read: SseEvent[] = [];
        places.slice(1).forEach((end, index) => read.push(...parse(text.slice(places[index], end))));
        expect(read).toEqual(sent);
      }),
    );
  });

  it('survives anything', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('\n', '\r\n', 'data:', 'event: x\n', ':'))),
        (pieces) => {
          const parse = createSseParser();
          for (const piece of pieces) for (const each of parse(piece)) expect(typeof each.data).toBe('string');
        },
      ),
    );
  });

  it('joins lines of data, and refuses an event without end', () => {
    expect(createSseParser()('data: a\ndata:b\r\n\n')).toEqual([{ event: 'message', data: 'a\nb' }]);
    expect(() => createSseParser(100)('data: ' + 'x'.repeat(200))).toThrow();
    const parse = createSseParser(100);
    expect(() => {
      for (let round = 0; round < 100; round += 1) parse(`data: ${'x'.repeat(50)}\n`);
    }).toThrow();
  });
});

describe('texts from outside', () => {
  it('lose what a terminal would obey', () => {
    const dirty = 'a\u001b[2J\u009b31m\u0007\rb\u202ec\u0000d\te\n';
    expect(cleanText(dirty)).toBe('a\uFFFD[2J\uFFFD31m\uFFFD\uFFFDb\uFFFDc\uFFFDd\te\n');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // eslint-disable-next-line no-control-regex
        expect(cleanText(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });

  it('are cleaned at any depth, and nothing else is changed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const cleaned = cleanDeep(value);
        expect(JSON.parse(cleanText(JSON.stringify(cleaned)))).toEqual(JSON.parse(JSON.stringify(cleaned)));
      }),
    );
    expect(cleanDeep({ a: [{ b: '\u001b' }], c: 1, d: null })).toEqual({ a: [{ b: '\uFFFD' }], c: 1, d: null });
  });
});

describe('tables', () => {
  it('line up, whatever is in them', () => {
    expect(
      tableLines(
        [
          ['●', 'lab', 'x'],
          ['○', 'a long name', 'y'],
          ['▲', '日本', 'z'],
        ],
        ' ',
      ),
    ).toEqual([' ●  lab          x', ' ○  a long name  y', ' ▲  日本         z']);
    expect(textWidth('\u001b[32mok\u001b[0m')).toBe(2);
    expect(
      tableLines([
        ['a', ''],
        ['b', ''],
      ]),
    ).toEqual(['a', 'b']);
  });

  it('go on below where the terminal is narrow, under the second cell', () => {
    const rows = [
      ['●', 'MLflow', '127.0.0.1:5001', '→ 127.0.0.1:5000', 'up · MLflow 3.17.2', '2.1 MB/s'],
      ['○', 'S3', '127.0.0.1:9000', '→ 127.0.0.1:9000', 'off', ''],
    ];
    expect(tableLines(rows, '   ', 200)).toEqual(tableLines(rows, '   '));
    expect(tableRows(rows, '   ', 44)).toEqual([
      ['   ●  MLflow  127.0.0.1:5001', '      → 127.0.0.1:5000  up · MLflow 3.17.2', '      2.1 MB/s'],
      ['   ○  S3      127.0.0.1:9000', '      → 127.0.0.1:9000  off'],
    ]);
  });
});

describe('texts that have to fit', () => {
  it.each([
    ['plain', 5],
    ['e\u0301tude', 5],
    ['日本', 4],
    ['ｗｉｄｅ', 8],
    ['한글', 4],
    ['👩‍💻 ✓ ❤️', 7],
    ['\u200b', 0],
    ['\u001b[32m◐\u001b[0m', 1],
  ])('%s takes %i columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  it.each([
    ['short', 5, 'short'],
    ['too long', 5, 'too …'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['\u001b[32mgreen\u001b[0m', 3, '\u001b[32mgr…\u001b[0m'],
    ['anything', 0, ''],
  ])('%s is cut to %i columns', (text, columns, cut) => {
    expect(cutText(text, columns)).toBe(cut);
  });

  it('are never wider than they may be, however they are cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, columns) => {
        expect(textWidth(cutText(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('break between words, and stand under the first one', () => {
    expect(wrapText('    one two three four', 14)).toEqual(['    one two', '    three four']);
    expect(wrapText('  1. one two three', 11, 5)).toEqual(['  1. one', '     two', '     three']);
    expect(wrapText('as it is', Infinity)).toEqual(['as it is']);
    expect(wrapText('one\ntwo three', 5)).toEqual(['one', 'two', 'three']);
  });

  it('keep addresses and commands in one piece', () => {
    expect(wrapText('See http://127.0.0.1:5001/experiments now', 12)).toEqual([
      'See',
      'http://127.0.0.1:5001/experiments',
      'now',
    ]);
    expect(wrapText('It is off. Bring it up: mooring up "lab vm"; then look again', 23)).toEqual([
      'It is off. Bring it up:',
      'mooring up "lab vm";',
      'then look again',
    ]);
    expect(wrapText('mooring setup lab --stack mlflow --set port=5003', 20)).toEqual([
      'mooring setup lab --stack mlflow --set port=5003',
    ]);
  });

  it.each([
    ['systemctl --user start mooring-mlflow.service', ''],
    ['sudo systemctl start mlflow.service', '. Why it ended:'],
    ['journalctl --user -u mlflow.service -n 50', ''],
    ['chmod 600 ~/.ssh/lab_ed25519', ''],
    ['chmod go-w /home/lab', ''],
    ['ssh-keygen -p -a 64 -f ~/.ssh/lab', '. Or add it to your SSH agent.'],
    ['ssh-add ~/.ssh/lab_ed25519', ''],
    ['mlflow gc --older-than 30d', ''],
    ['du -xh /srv | sort -h | tail', '. Old runs go for good'],
    ["mooring up 'lab; of Lena, (old)'", '; then look again'],
    ['sudo systemctl start mlflow.service', ' (for an account without sudo: no)'],
  ])('keep %s in one piece', (command, after) => {
    const lines = wrapText(`Do this, on the server: ${command}${after}`, 24);
    expect(lines.some((each) => each.startsWith(command))).toBe(true);
    expect(Math.max(...lines.filter((each) => !each.startsWith(command)).map((each) => textWidth(each)))).toBeLessThan(
      25,
    );
  });

  it('carry a colour on to the next line', () => {
    expect(wrapText('  \u001b[2mone two\u001b[0m three', 6)).toEqual([
      '  \u001b[2mone\u001b[0m',
      '  \u001b[2mtwo\u001b[0m',
      '  three',
    ]);
  });

  it('lose no word and gain none, however they are wrapped', () => {
    const words = fc.array(
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }).map((each) => each.replace(/\s/g, '_')),
    );
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (typed, columns) => {
        const text = typed.join(' ');
        expect(wrapText(text, columns).join(' ')).toBe(text);
      }),
    );
  });
});

describe('near names', () => {
  it.each([
    ['lab-wm', ['lab-vm', 'gpu'], ['lab-vm']],
    ['LAB', ['lab'], ['lab']],
    ['mlfow', ['MLflow', 'Jupyter'], ['MLflow']],
    ['ml-flow', ['MLflow'], ['MLflow']],
    ['xyz', ['lab', 'gpu'], []],
    ['', ['lab'], []],
  ])('of %s', (typed, names, near) => {
    expect(nearNames(typed, names)).toEqual(near);
  });
});

describe('a line from the terminal', () => {
  const read = async (typed: string[], echo: boolean) => {
    const input = new PassThrough();
    const output = new PassThrough();
    const modes: boolean[] = [];
    Object.assign(input, { setRawMode: (on: boolean) => modes.push(on) });
    const line = readLine(input, output, '? ', { echo });
    for (const each of typed) input.write(each);
    const answer = await line;
    expect(modes).toEqual([true, false]);
    output.end();
    return { answer, shown: await text(output) };
  };

  it('shows what is typed, or does not', async () => {
    expect(await read(['ab', 'c\r'], true)).toEqual({ answer: 'abc', shown: '? abc\n' });
    expect(await read(['ab', 'c\r'], false)).toEqual({ answer: 'abc', shown: '? \n' });
  });

  it('takes corrections, other scripts and arrow keys', async () => {
    expect((await read(['abx\u007fc\r'], false)).answer).toBe('abc');
    expect((await read(['wrong\u0015right\n'], false)).answer).toBe('right');
    expect((await read(['\u001b[A', 'ä日🙂', '\u007f', '\r'], false)).answer).toBe('ä日');
  });

  it('is cancelled by Ctrl-C, Ctrl-D and an abort', async () => {
    expect((await read(['abc\u0003'], false)).answer).toBeNull();
    expect((await read(['\u0004'], false)).answer).toBeNull();
    const abort = new AbortController();
    const line = readLine(new PassThrough(), new PassThrough(), '', { echo: true, signal: abort.signal });
    abort.abort();
    expect(await line).toBeNull();
  });

  it('leaves what comes after it to the next question', async () => {
    const input = new PassThrough();
    input.write('one\r\ntwo\rthree\r');
    const answers: (string | null)[] = [];
    for (let round = 0; round < 3; round += 1)
      answers.push(await readLine(input, new PassThrough(), '', { echo: false }));
    expect(answers).toEqual(['one', 'two', 'three']);
  });
});
