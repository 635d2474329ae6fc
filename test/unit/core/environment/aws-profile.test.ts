/** A profile of ours in files of others: put there, changed and taken out, with every other byte as it was. */
import { describe, expect, it } from 'vitest';
import { awsProfileName, hasAwsProfile, withAwsProfile } from '../../../../main/core/environment/aws-profile.ts';

const section = '[mooring-lab]\naws_access_key_id = K\n';
const put = (text: string, what = section, profile = 'mooring-lab') =>
  withAwsProfile(text, profile, what, '~/.aws/credentials');
const text = (reply: ReturnType<typeof put>): string => {
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.value;
};

const files: readonly (readonly [what: string, text: string])[] = [
  ['nothing', ''],
  ['one profile', '[default]\naws_access_key_id = A\n'],
  ['no line end at the end', '[default]\naws_access_key_id = A'],
  ['CRLF', '[default]\r\naws_access_key_id = A\r\n'],
  ['CRLF without one at the end', '[default]\r\nregion = x'],
  ['blank lines at the end', '[default]\nregion = x\n\n\n'],
  ['comments, tabs and indented values', '# mine\n[default]\ns3 =\n\tmax_concurrent_requests = 20\n; end\n'],
  ['a byte order mark', '\u00ef\u00bb\u00bf[default]\nregion = x\n'],
  ['bytes of another encoding', '[caf\u00e9]\nregion = \u00ff\u0080\n'],
  ['a zero byte', '[default]\nkey = a\0b\n'],
  ['mixed line ends', '[a]\r\nregion = x\n[b]\nregion = y\r\n'],
  ['a name that ours is a part of', '[mooring-lab-2]\nx = 1\n[profile mooring-laboratory]\ny = 2\n'],
  ['another block of ours', text(put('[a]\n', '[mooring-dev]\nx = 1\n', 'mooring-dev'))],
];

describe('a profile in a file of others', () => {
  it.each(files)('comes and goes: %s', (_what, before) => {
    const written = text(put(before));
    expect(hasAwsProfile(written, 'mooring-lab')).toBe(true);
    expect(written.startsWith(before)).toBe(true);
    expect(written.replaceAll('\r', '')).toContain(
      '# BEGIN mooring mooring-lab'.concat(
        /[^\n]$/.test(before) ? ' (the line before had no end)' : '',
        '\n[mooring-lab]\naws_access_key_id = K\n# END mooring mooring-lab\n',
      ),
    );
    expect(text(put(written))).toBe(written);
    const changed = text(put(written, '[mooring-lab]\naws_access_key_id = OTHER\n'));
    expect(changed).toBe(written.replace('= K', '= OTHER'));
    expect(text(put(changed, ''))).toBe(before);
    expect(text(put(before, ''))).toBe(before);
  });

  it('has the line ends of the file', () => {
    expect(
      text(put('[a]\r\nx = 1\r\n'))
        .split('\n')
        .every((line) => line === '' || line.endsWith('\r')),
    ).toBe(true);
  });

  it('stays where it is when others add to the file', () => {
    const grown = `${text(put('[a]\nx = 1'))}[b]\ny = 2\n`;
    const changed = text(put(grown, '[mooring-lab]\naws_access_key_id = OTHER\n'));
    expect(changed).toBe(grown.replace('= K', '= OTHER'));
    // The line end that was added is needed now.
    expect(text(put(changed, ''))).toBe('[a]\nx = 1\n[b]\ny = 2\n');
  });

  it.each([
    ['no end', '# BEGIN mooring mooring-lab\n[mooring-lab]\n'],
    ['no begin', '[mooring-lab]\n# END mooring mooring-lab\n'],
    ['two blocks', `${text(put(''))}${text(put(''))}`],
    ['end before begin', '# END mooring mooring-lab\n# BEGIN mooring mooring-lab\n'],
  ])('writes nothing where its marks are damaged: %s', (_what, damaged) => {
    for (const what of [section, '']) {
      expect(put(damaged, what)).toMatchObject({ ok: false, error: { code: 'conflict' } });
    }
  });

  it.each(['[mooring-lab]\n', '[profile mooring-lab]\n', ' [ profile "mooring-lab" ]\n', "[profile 'mooring-lab']\n"])(
    'is not put beside one of that name: %j',
    (foreign) => {
      expect(put(`[a]\n${foreign}x = 1\n`)).toMatchObject({ ok: false, error: { code: 'conflict' } });
    },
  );
});

describe('files of every kind', () => {
  const lines = [
    '[default]',
    '[mooring-other]',
    '[profile x]',
    'key = value',
    '  indented = 1',
    '',
    '#',
    '; c',
    '# BEGIN mooring mooring-dev',
    '# END mooring mooring-dev',
    '# BEGIN',
    'mooring-lab',
    '\u00ff\u0000',
    '\t',
    '=',
    '[',
    ']',
    'x'.repeat(500),
  ];
  it('are the same after it came, changed and went', () => {
    let state = 7;
    const below = (limit: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % limit;
    };
    for (let round = 0; round < 3000; round += 1) {
      const some = Array.from(
        { length: below(9) },
        () => `${lines[below(lines.length)] ?? ''}${['\n', '\r\n', '\r'][below(3)] ?? ''}`,
      );
      const before = `${some.join('')}${below(3) === 0 ? 'no end' : ''}`;
      const written = text(put(before));
      expect(written.startsWith(before)).toBe(true);
      expect(text(put(text(put(written, '[mooring-lab]\nlonger = 1\nand = 2\n')), ''))).toBe(before);
    }
  });
});

describe('its name', () => {
  it.each([
    ['lab', null, 'mooring-lab'],
    ['lab', 'main', 'mooring-lab'],
    ['lab', 'dev', 'mooring-lab+dev'],
    ['lab.example-1@x', null, 'mooring-lab.example-1@x'],
    ['my lab', null, 'mooring-my-lab-12ab34'],
    ['][ "x" \n[y]', null, 'mooring--x-y--12ab34'],
    ['실험', 'dev', 'mooring---12ab34+dev'],
  ])('%j, %s: %s', (name, environment, expected) => {
    expect(awsProfileName({ id: '12ab-34cd', name }, environment)).toBe(expected);
  });
});
