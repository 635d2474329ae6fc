import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitWords } from '../../../../../main/core/setup/stack/split-words.ts';
import { words } from '../../../../../main/shared/shell-words.ts';

describe('words of a line', () => {
  it.each<[string, readonly string[] | null]>([
    ['', []],
    ['  ', []],
    ['--gpu "two words"', ['--gpu', 'two words']],
    [`a'b c'd "" ''`, ['ab cd', '', '']],
    [String.raw`a\ b \" "\"" '\'`, ['a b', '"', '"', '\\']],
    [
      '$HOME `id` $(id) ; rm -rf / | x > y & *',
      ['$HOME', '`id`', '$(id)', ';', 'rm', '-rf', '/', '|', 'x', '>', 'y', '&', '*'],
    ],
    ['a\tb\nc\r\nd', ['a', 'b', 'c', 'd']],
    ['"open', null],
    [`'open`, null],
    [`"a'`, null],
    ['a\\', ['a\\']],
  ])('%j', (line, found) => {
    expect(splitWords(line)).toEqual(found);
  });

  it('come back as they were quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }).map((each) => each.replaceAll('\0', ''))), (list) => {
        expect(splitWords(words(...list))).toEqual(list);
      }),
    );
  });

  it('are those of a shell, as long as nothing in them means more there', () => {
    const plain = fc.array(fc.constantFrom('a', 'é', ' ', "'", '"', '\\', '=', '-', '  '), { maxLength: 12 });
    fc.assert(
      fc.property(plain, (pieces) => {
        const line = pieces.join('');
        const found = splitWords(line);
        // In double quotes a shell keeps a backslash before what needs none; here it always takes the next as it is.
        if (found === null || line.endsWith('\\') || /"[^"]*\\[^"\\]/.test(line)) return;
        const script = `for each in ${line}; do printf '%s\\n' "$each"; done`;
        const shown = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
        expect(found.map((each) => `${each}\n`).join('')).toBe(shown);
      }),
      { numRuns: 60 },
    );
  });
});
