/** Values that have broken somebody's quoting before. None has a zero byte: no environment can hold one. */
export const hostileValues: readonly string[] = [
  'plain-1.2/x:y@z',
  'with blanks  and\ttab',
  ' blank at both ends ',
  `it's "quoted"`,
  `'`,
  `''`,
  `"`,
  `a'b'c`,
  `'\\''`,
  '$HOME ${HOME} $(id) `id`',
  '$(touch /tmp/mooring-was-here)',
  '\\',
  '\\\\',
  'ends in \\',
  '\\n is no newline',
  'C:\\Users\\ada\\new',
  `\\'`,
  `\\"`,
  '100%',
  '%PATH% %%',
  '!history !! wow!',
  '^caret & amp | pipe < less > more ; semicolon',
  '*?[a-z] {a,b}',
  '~',
  '~root',
  '=ls',
  '-n',
  '--help',
  '#not a comment',
  'a #b',
  'first\nsecond',
  '\nleading and trailing\n',
  'ä ö ü ß',
  '密码 пароль',
  'emoji 🦊 and ‘typographic’ “quotes”',
  'bell \u0007 and escape \u001b[31m',
  'DEL \u007f',
  '(round) [square] {curly}',
  '1',
  'true',
  'p%w:/@ "q" \'ü\' \\ #&?',
];

const signs = [
  ...'\'"`$\\!%^&|<>;#~=*?(){}[] \t\n-aZ0äß密🦊',
  '${',
  '$(',
  '\\n',
  "''",
  '""',
  '\r',
  '\u0001',
  '\u2019',
  '\u00a0',
];

/** Made of what is special somewhere, the same with every run. */
export function generatedValues(count: number, seed = 1): readonly string[] {
  let state = seed;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % limit;
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + below(14) }, () => signs[below(signs.length)] ?? '').join(''),
  );
}
