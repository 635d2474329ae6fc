import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addKnownHost,
  hashName,
  isHashed,
  isKeyOfType,
  keyFingerprint,
  knownHostName,
  namesMatch,
  parseKnownHostLine,
  wildcardMatches,
} from '../../../main/adapters/known-hosts-lines.ts';

/** A key blob of this type; what follows the type does not matter here. */
function keyOf(type: string, seed: number): string {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(type.length);
  return Buffer.concat([head, Buffer.from(type), Buffer.alloc(36, seed)]).toString('base64');
}
const ed = (seed: number) => keyOf('ssh-ed25519', seed);

describe('a line', () => {
  test.each([
    ['plain', `lab.example ssh-ed25519 ${ed(1)}`, 'none', 'lab.example'],
    ['with a comment', `lab ssh-ed25519 ${ed(1)} ada@laptop # x`, 'none', 'lab'],
    ['with CR', `lab ssh-ed25519 ${ed(1)}\r`, 'none', 'lab'],
    ['with blanks around', `  \tlab \t ssh-ed25519\t${ed(1)}  `, 'none', 'lab'],
    ['a list', `lab,10.0.0.1,[lab]:2222 ssh-ed25519 ${ed(1)}`, 'none', 'lab,10.0.0.1,[lab]:2222'],
    ['revoked', `@revoked * ssh-ed25519 ${ed(1)}`, 'revoked', '*'],
    ['an authority', `@cert-authority\t*.example ssh-ed25519 ${ed(1)}`, 'cert-authority', '*.example'],
  ])('%s', (_, line, marker, names) => {
    expect(parseKnownHostLine(line)).toMatchObject({ marker, names, keyType: 'ssh-ed25519', key: ed(1) });
  });

  test.each([
    ['blank', '   '],
    ['comment', `# lab ssh-ed25519 ${ed(1)}`],
    ['no key', 'lab ssh-ed25519'],
    ['no type', `lab ${ed(1)}`],
    ['a key of another type', `lab ssh-rsa ${ed(1)}`],
    ['not base64', 'lab ssh-ed25519 !!!!!!!!!!!!!!!!!!!!'],
    ['a cut key', `lab ssh-ed25519 ${ed(1).slice(0, 12)}`],
    ['an unknown marker', `@wrong lab ssh-ed25519 ${ed(1)}`],
    ['protocol 1', 'lab 1024 35 1234567890123456789012345678901234567890'],
    ['very long', `${'a,'.repeat(50_000)}lab ssh-ed25519 ${ed(1)}`],
  ])('that is %s is skipped', (_, line) => {
    expect(parseKnownHostLine(line)).toBeNull();
  });
});

describe('names', () => {
  test.each([
    ['lab.example', 'lab.example', true],
    ['LAB.Example', 'lab.example', true],
    ['lab.example', 'lab.example.org', false],
    ['*.example', 'lab.example', true],
    ['*.example', 'example', false],
    ['lab?', 'lab1', true],
    ['lab?', 'lab', false],
    ['*', '[lab]:2222', true],
    ['lab', '[lab]:2222', false],
    ['[lab]:2222', '[lab]:2222', true],
    ['[lab]:2222', 'lab', false],
    ['[*.example]:2222', '[lab.example]:2222', true],
    ['*.example,!bad.example', 'bad.example', false],
    ['!bad.example,*.example', 'bad.example', false],
    ['!bad.example,*.example', 'good.example', true],
    ['!lab', 'other', false],
    ['10.0.0.1,lab', 'lab', true],
    ['::1', '::1', true],
    ['', 'lab', false],
    [',,', 'lab', false],
  ])('%j of %s: %s', (names, name, expected) => {
    expect(namesMatch(names, name)).toBe(expected);
  });

  test('hashed, from a real file (ssh-keygen -H)', () => {
    const salt = Buffer.from('k1eZnkPpQ2Z8vN4ZQm1Wc8m5C7U=', 'base64');
    const names = hashName('[lab]:2222', salt);
    expect(names.startsWith('|1|k1eZnkPpQ2Z8vN4ZQm1Wc8m5C7U=|')).toBe(true);
    expect(namesMatch(names, '[lab]:2222')).toBe(true);
    expect(namesMatch(names, 'lab')).toBe(false);
    expect(isHashed(names)).toBe(true);
  });

  test.each(['|1|', '|1|x|y', '|2|a|b', '|', '|1|AAAA|AAAA', `|1|${'A'.repeat(27)}=|`])('broken hash %s', (names) => {
    expect(namesMatch(names, 'lab')).toBe(false);
  });

  test('a host and port have one name', () => {
    expect(knownHostName('Lab', 22)).toBe('lab');
    expect(knownHostName('Lab', 2222)).toBe('[lab]:2222');
    expect(knownHostName('2001:DB8::1', 2222)).toBe('[2001:db8::1]:2222');
  });
});

test('a nasty pattern is matched in no time', () => {
  const started = performance.now();
  expect(wildcardMatches('*a'.repeat(300) + 'b', 'a'.repeat(3_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('wildcards agree with the same pattern as a regular expression', () => {
  const letters = fc.constantFrom('a', 'b', '.');
  const text = fc.array(letters, { maxLength: 8 }).map((each) => each.join(''));
  const pattern = fc.array(fc.oneof(letters, fc.constantFrom('*', '?')), { maxLength: 8 }).map((each) => each.join(''));
  fc.assert(
    fc.property(pattern, text, (each, against) => {
      const asRegExp = new RegExp(`^${each.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(wildcardMatches(each, against)).toBe(asRegExp.test(against));
    }),
    { numRuns: 2_000 },
  );
});

describe('adding', () => {
  const add = (text: string, name = 'lab', seed = 1) => addKnownHost(text, name, 'ssh-ed25519', ed(seed));
  const line = (names: string, seed: number, more = '') => `${names} ssh-ed25519 ${ed(seed)}${more}\n`;

  test('to an empty file', () => {
    expect(add('')).toEqual({ text: line('lab', 1), added: true });
  });

  test('after a last line without its line break', () => {
    expect(add('# mine').text).toBe(`# mine\n${line('lab', 1)}`);
  });

  test('in a file with CRLF', () => {
    expect(add('# mine\r\n').text).toBe(`# mine\r\nlab ssh-ed25519 ${ed(1)}\r\n`);
  });

  test('what is there already changes nothing', () => {
    for (const names of ['lab', 'LAB,10.0.0.1', 'l*']) {
      expect(add(line(names, 1))).toEqual({ text: line(names, 1), added: false });
    }
  });

  test('replaces the older key of the same type, and only that', () => {
    const other = `lab ssh-rsa ${keyOf('ssh-rsa', 7)}\n`;
    const text = `# a\n\n${line('lab', 9, ' old')}${other}broken line\n${line('shore', 9)}`;
    expect(add(text).text).toBe(`# a\n\n${other}broken line\n${line('shore', 9)}${line('lab', 1)}`);
  });

  test('takes only its own name off a line with several', () => {
    expect(add(line('  shore,Lab,10.0.0.1', 9, '  note  ')).text).toBe(
      `${line('  shore,10.0.0.1', 9, '  note  ')}${line('lab', 1)}`,
    );
  });

  test('leaves patterns and markers alone', () => {
    const text = `${line('*', 9)}@revoked ${line('lab', 9)}@cert-authority ${line('lab', 9)}`;
    expect(add(text).text).toBe(`${text}${line('lab', 1)}`);
  });

  test('drops a line of which only a negation would be left', () => {
    expect(add(line('lab,!bad', 9)).text).toBe(line('lab', 1));
  });

  test('hashes where the newest line is hashed, and replaces hashed lines', () => {
    const text = `${line('plain', 3)}${line(hashName('lab'), 9)}${line(hashName('shore'), 3)}`;
    const { text: now, added } = add(text);
    const lines = now.trim().split('\n');
    expect(added).toBe(true);
    expect(lines).toHaveLength(3);
    expect(now).not.toContain('lab');
    expect(namesMatch(parseKnownHostLine(lines[2] ?? '')?.names ?? '', 'lab')).toBe(true);
    expect(now.startsWith(line('plain', 3))).toBe(true);
  });

  test('twice is the same as once, other lines stay byte for byte, whatever the file', () => {
    const known = fc.constantFrom(
      line('lab', 1),
      line('lab', 2),
      line('a,lab,b', 2),
      line(hashName('lab'), 2),
      line('x', 1),
    );
    const any = fc.oneof(known, fc.string(), fc.constant('\n'), fc.constant('\r\n'), fc.constant('# note\n'));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const once = add(text);
        expect(add(once.text)).toEqual({ text: once.text, added: false });
        const others = (of: string) =>
          of.split('\n').filter((each) => parseKnownHostLine(each) === null && each !== '');
        expect(others(once.text)).toEqual(others(text));
        const found = once.text.split('\n').map(parseKnownHostLine);
        // A pattern of somebody else's (`*lab`) covers more than this host, and stays.
        const fitting = found.filter((each) => each?.marker === 'none' && namesMatch(each.names, 'lab'));
        const mine = fitting.filter((each) => !/[*?]/.test(each?.names ?? ''));
        expect(mine.every((each) => each?.key === ed(1))).toBe(true);
        expect(fitting.some((each) => each?.key === ed(1))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

test('fingerprints and key types', () => {
  expect(keyFingerprint(ed(1))).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  expect(isKeyOfType('ssh-ed25519', ed(1))).toBe(true);
  expect(isKeyOfType('ssh-rsa', ed(1))).toBe(false);
  expect(isKeyOfType('ssh-ed25519', `${ed(1)}\nevil`)).toBe(false);
});

test('no line makes the parser throw', () => {
  const words = fc.constantFrom(
    'lab',
    ',',
    '*',
    '!',
    '|1|',
    '@revoked',
    ' ',
    '\t',
    'ssh-ed25519',
    ed(1),
    'AAAA',
    '=',
    '#',
    '\r',
  );
  const any = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 12 }).map((each) => each.join('')),
  );
  fc.assert(
    fc.property(any, any, (text, name) => {
      const entry = parseKnownHostLine(text);
      if (entry !== null) expect(text.slice(entry.namesAt.start, entry.namesAt.end)).toBe(entry.names);
      namesMatch(text, name);
      isKeyOfType(name, text);
    }),
    { numRuns: 1_000 },
  );
});
