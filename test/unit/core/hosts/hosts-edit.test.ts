import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdit, editFor, findBlock, type WantedBlock } from '../../../../main/core/hosts/hosts-edit.ts';
import { diffLines } from '../../../../main/core/hosts/hosts-lines.ts';
import { readHosts } from '../../../../main/core/hosts/hosts-text.ts';

const id = '3f2a';
const lines = ['127.0.0.1 mlflow-server.local', '127.0.0.1 grafana-server.local'];
const wanted: WantedBlock = { id, label: 'lab-vm', lines };
const off: WantedBlock = { ...wanted, lines: [] };

const put = (text: string, block: WantedBlock = wanted): string => {
  const edit = editFor(readHosts(text), block);
  return edit === null ? text : applyEdit(text, edit);
};
const block = (eol = '\n', mark = '') =>
  [`# BEGIN mooring ${id} lab-vm`, ...lines, `# END mooring ${id}${mark}`].join(eol);

describe('a block is put', () => {
  it.each([
    ['into an empty file', '', `${block()}\n`],
    ['behind the last line', '127.0.0.1 localhost\n', `127.0.0.1 localhost\n${block()}\n`],
    [
      'with the line ends of the file',
      '# Windows\r\n127.0.0.1 x\r\n',
      `# Windows\r\n127.0.0.1 x\r\n${block('\r\n')}\r\n`,
    ],
    ['behind a last line that has no end', '127.0.0.1 x', `127.0.0.1 x\n${block('\n', ' (ended the line above)')}\n`],
    [
      'in place of the one there',
      `a\n# BEGIN mooring ${id} old\n1.2.3.4 x\n# END mooring ${id}\nb\n`,
      `a\n${block()}\nb\n`,
    ],
  ])('%s', (_where, before, after) => {
    expect(put(before)).toBe(after);
  });

  it('once: what is there already is not written again, whatever its label', () => {
    expect(editFor(readHosts(`x\n${block('\r\n')}\r\n`), { ...wanted, label: 'renamed' })).toBeNull();
  });

  it('and taken off with the line end that it brought, unless somebody wrote behind it', () => {
    for (const before of ['a', 'a\r', 'a\r\nb', '\ufeffa', '\0', 'a\n', '']) expect(put(put(before), off)).toBe(before);
    expect(put(`${put('a')}b\n`, off)).toBe('a\nb\n');
    expect(put('nothing of ours\n', off)).toBe('nothing of ours\n');
  });
});

describe('markers that are not as they should be', () => {
  const begin = `# BEGIN mooring ${id}`;
  const end = `# END mooring ${id}`;
  it.each([
    [[begin, 'x'], 'The block that begins in line 1 does not end'],
    [['x', end], 'Line 2 ends a block that was not begun'],
    [[begin, end, begin, end], 'Line 3 begins the block of line 1 a second time'],
    [[begin, '# BEGIN mooring other', '# END mooring other', end], 'Line 2 begins a block inside the one of line 1'],
    [[begin, '# END mooring other'], 'Line 2 ends a block while the block of line 1 is open'],
    [['# begin mooring 3f2a', end], 'Line 1 looks like a marker of Mooring that was edited'],
    [['#BEGIN  Mooring', 'x'], 'Line 1 looks like a marker of Mooring that was edited'],
    [[begin, 'x', `${end}127.0.0.1 glued`], 'Line 3 looks like a marker of Mooring that was edited'],
    [[`${begin} `, 'x', end], 'Line 1 looks like a marker of Mooring that was edited'],
  ])('%j: refused', (file, message) => {
    const hosts = readHosts(file.join('\n'));
    expect(hosts.problems.map((each) => each.message)).toContain(message);
    expect(() => editFor(hosts, wanted)).toThrow('broken markers');
  });

  it('are told from comments of others', () => {
    expect(readHosts('# BEGIN moorings\n# END mooring-line\n# mooring BEGIN\n# BEGIN hosts\n').problems).toEqual([]);
  });

  it('a file in UTF-16 is refused', () => {
    expect(readHosts('\xff\xfe1\0').problems[0]?.message).toContain('UTF-16');
  });
});

describe('a diff', () => {
  it('shows what goes and comes, with the lines around', () => {
    const text = `1\n2\n3\n4\n# BEGIN mooring ${id}\n127.0.0.1 old\n# END mooring ${id}\n6\n`;
    const shown = diffLines(text, editFor(readHosts(text), { ...wanted, label: '', lines: ['127.0.0.1 new'] }));
    expect(shown.map((each) => `${each.kind} ${String(each.line)} ${each.text}`)).toEqual([
      'same 3 3',
      'same 4 4',
      `same 5 # BEGIN mooring ${id}`,
      'remove 6 127.0.0.1 old',
      'add 6 127.0.0.1 new',
      `same 7 # END mooring ${id}`,
      'same 8 6',
    ]);
  });

  it('shows bytes of others without moving a cursor', () => {
    const text = 'caf\xc3\xa9 \x1b[2J \xff %41\n';
    expect(diffLines(text, editFor(readHosts(text), wanted))[0]?.text).toBe('caf\xc3\xa9 ·[2J ÿ %41');
    expect(diffLines('caf\xc3\xa9\n', editFor(readHosts('caf\xc3\xa9\n'), wanted))[0]?.text).toBe('café');
  });
});

/** Whatever may be in a hosts file: lines of others, ours, other servers', broken ones, with all sorts of line ends. */
const someBytes = fc
  .array(fc.oneof(fc.constantFrom(0, 9, 10, 13, 32, 35, 0xef, 0xbb, 0xbf, 0xff, 0x80), fc.nat(255)), { maxLength: 40 })
  .map((bytes) => String.fromCharCode(...bytes));
const others = fc.oneof(
  fc.constantFrom(
    '127.0.0.1\tlocalhost',
    '::1 localhost ip6-localhost',
    '',
    '# comment',
    '   ',
    '128.214.1.2 mlflow-server.local # by hand',
    '\xef\xbb\xbf# with a mark',
    'garbage \0 with NUL',
    '#END moor',
    'FLOATING_IP mlflow-server.local',
    'x'.repeat(5000),
  ),
  someBytes,
);
const blockOf = (name: string) =>
  fc
    .array(fc.constantFrom('127.0.0.1 a.local', '10.0.0.1 b', '# a note', '', '\t127.0.0.1  c '), { maxLength: 4 })
    .map((body) => [`# BEGIN mooring ${name} some-label`, ...body, `# END mooring ${name}`]);
const markers = fc.constantFrom(
  `# BEGIN mooring ${id}`,
  `# END mooring ${id}`,
  '# BEGIN mooring other',
  '# END mooring other',
  '# BEGIN mooring',
  '#end MOORING x',
);
const rarely = <T>(what: fc.Arbitrary<T>) => fc.option(what, { nil: null, freq: 1 });
const lineEnds = fc.oneof(fc.constant('\n'), fc.constant('\r\n'), fc.constantFrom('\n', '\r\n', '\r', '\n\n'));
const file = fc
  .tuple(
    fc.array(fc.tuple(others, lineEnds), { maxLength: 12 }),
    fc.option(fc.tuple(fc.nat(12), blockOf(id)), { nil: null }),
    fc.option(fc.tuple(fc.nat(12), blockOf('other')), { nil: null }),
    rarely(fc.tuple(fc.nat(12), markers)),
    fc.boolean(),
    lineEnds,
  )
  .map(([some, ours, theirs, marker, endsWithLineEnd, usual]) => {
    const parts = some.map(([text, end]) => text + end);
    const insert = (at: number, block: readonly string[]) => {
      parts.splice(Math.min(at, parts.length), 0, block.map((each) => each + usual).join(''));
    };
    if (ours) insert(...ours);
    if (theirs) insert(...theirs);
    if (marker) insert(marker[0], [marker[1]]);
    const text = parts.join('');
    return endsWithLineEnd ? text : text.replace(/\r?\n$/, '');
  });
const wantedLines = fc.subarray([...lines, '::1 mlflow-server.local', '127.0.0.1 a', '10.0.0.1 b'], { minLength: 1 });

/** The file without our block, cut out by hand. */
function withoutOurs(text: string): string {
  const block = findBlock(readHosts(text), id);
  return block === null ? text : text.slice(0, block.start) + text.slice(block.end);
}

describe('whatever is in the file', () => {
  it('lines of others stay byte for byte, twice is once, and taking off gives back what was there', () => {
    let written = 0;
    let refused = 0;
    fc.assert(
      fc.property(file, wantedLines, (text, wantedNow) => {
        const hosts = readHosts(text);
        if (hosts.problems.length > 0) {
          refused += 1;
          for (const { line, message } of hosts.problems) expect(message).toMatch(new RegExp(`${String(line)}|UTF-16`));
          expect(() => editFor(hosts, wanted)).toThrow();
          return;
        }
        const block = { id, label: 'lab', lines: wantedNow };
        const had = findBlock(hosts, id);
        const once = put(text, block);
        const now = readHosts(once);
        expect(now.problems).toEqual([]);
        expect(findBlock(now, id)?.body).toEqual(wantedNow);
        // Others: their bytes, and their blocks.
        if (had) expect(withoutOurs(once)).toBe(withoutOurs(text));
        else expect(once.startsWith(text)).toBe(true);
        expect(now.blocks.filter((each) => each.id !== id).map((each) => each.body)).toEqual(
          hosts.blocks.filter((each) => each.id !== id).map((each) => each.body),
        );
        expect(put(once, block)).toBe(once);
        const gone = put(once, { ...block, lines: [] });
        expect(findBlock(readHosts(gone), id)).toBeNull();
        if (!had) expect(gone).toBe(text);
        else expect(gone).toBe(put(text, { ...block, lines: [] }));
        diffLines(text, editFor(hosts, block));
        written += 1;
      }),
      { numRuns: 12_000 },
    );
    // The generator brings enough of both sorts.
    expect(written).toBeGreaterThan(10_000);
    expect(refused).toBeGreaterThan(100);
  }, 120_000);

  it('five megabytes are no trouble', () => {
    const text = '0.0.0.0 ads.example.org\r\n'.repeat(200_000);
    const once = put(text);
    expect(put(once, off)).toBe(text);
    expect(diffLines(text, editFor(readHosts(text), wanted))).toHaveLength(3 + 4);
  });
});
