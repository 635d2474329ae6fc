import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanDeep, cleanText } from '../../../main/headless/terminal/clean-text.ts';
import { readLine } from '../../../main/headless/terminal/read-line.ts';
import { createSseParser, type SseEvent } from '../../../main/headless/control/sse-parser.ts';
import { tableLines, textWidth } from '../../../main/headless/terminal/text-table.ts';
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
