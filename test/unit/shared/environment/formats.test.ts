/** Texts of the languages whose programs are not everywhere, by their documented rules, and what is left out of them. */
import { describe, expect, it } from 'vitest';
import { envFormats, type EnvFormat, type EnvVariable } from '../../../../main/shared/environment/environment.ts';
import { formatEnvironment, type SecretsInText } from '../../../../main/shared/environment/formats.ts';
import { hostileValues } from '../../../support/hostile-values.ts';

const variable = (name: string, value: string | null, isSecret = false, isKnown = true): EnvVariable => ({
  name,
  value,
  isSecret,
  isKnown,
  why: '',
});
const format = (variables: readonly EnvVariable[], as: EnvFormat, secrets: SecretsInText = 'given') =>
  formatEnvironment(variables, as, { secrets, awsProfile: 'mooring-lab' });
const line = (value: string, as: EnvFormat) => format([variable('X', value)], as).text.trimEnd();

describe('PowerShell (about_Quoting_Rules: in single quotes only the quote is special, typographic ones are quotes)', () => {
  it.each([
    ['plain', `$env:X = 'plain'`],
    [`it's`, `$env:X = 'it''s'`],
    ['$HOME `n "q" $(x)', `$env:X = '$HOME \`n "q" $(x)'`],
    ['a’b', `$env:X = ('a' + [char]0x2019 + 'b')`],
    ['ü', `$env:X = ('' + [char]0x00FC)`],
    ['üü', `$env:X = ('' + [char]0x00FC + [char]0x00FC)`],
    ['a\nb', `$env:X = ('a' + [char]0x000A + 'b')`],
    ['🦊', `$env:X = ('' + [char]0xD83E + [char]0xDD8A)`],
    ['-n', `$env:X = '-n'`],
  ])('%j', (value, expected) => {
    expect(line(value, 'powershell')).toBe(expected);
  });
});

describe('cmd (between the quotes of set "X=…" all but % and " stand for themselves)', () => {
  it.each([
    ['plain', 'set "X=plain"'],
    [`it's & more | < > ^ ! (x)`, `set "X=it's & more | < > ^ ! (x)"`],
    ['C:\\Users\\ada', 'set "X=C:\\Users\\ada"'],
  ])('%j', (value, expected) => {
    expect(line(value, 'cmd')).toBe(expected);
  });

  it.each(['100%', '%PATH%', 'a"b', 'a\nb', 'ü', 'a\u0007b'])('refuses %j, and says so in its place', (value) => {
    const { text, unwritable } = format([variable('X', value), variable('Y', 'y')], 'cmd');
    expect(text).toBe('rem X can\'t be written here\nset "Y=y"\n');
    expect(unwritable).toMatchObject([{ name: 'X', hint: expect.stringContaining('mooring exec') as string }]);
  });
});

describe('JSON', () => {
  it('is ASCII, and gives every value back', () => {
    const variables = hostileValues.map((value, index) => variable(`V${String(index)}`, value));
    const { text } = format(variables, 'json');
    expect(text).toMatch(/^[\n -~]*$/);
    expect(JSON.parse(text)).toEqual(Object.fromEntries(variables.map(({ name, value }) => [name, value])));
  });
});

describe('every format', () => {
  const variables = [
    variable('MLFLOW_TRACKING_URI', 'http://127.0.0.1:5001'),
    variable('MLFLOW_TRACKING_PASSWORD', 'pass word', true),
    variable('PGPASSWORD', null, true, false),
    variable('AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:9000'),
    variable('AWS_ACCESS_KEY_ID', 'AKIA1', true),
    variable('AWS_SECRET_ACCESS_KEY', 'sec ret', true),
    variable('AWS_DEFAULT_REGION', 'us-east-1'),
  ];

  it.each(envFormats)('%s shows secrets only where asked to, and never one that is not known', (as) => {
    for (const secrets of ['left-out', 'masked'] as const) {
      expect(format(variables, as, secrets).text).not.toMatch(/pass word|AKIA1|sec ret/);
    }
    expect(format(variables, as, 'masked').text).toContain('••••••••');
    const given = format(variables, as, 'given').text;
    expect(given).toContain('sec ret');
    expect(given).not.toContain('PGPASSWORD');
    expect(given).toMatch(/\n$/);
  });

  it.each<[EnvFormat, string]>([
    ['bash', "export MLFLOW_TRACKING_PASSWORD='pass word'"],
    ['fish', "set -gx MLFLOW_TRACKING_PASSWORD 'pass word'"],
    ['powershell', "$env:MLFLOW_TRACKING_PASSWORD = 'pass word'"],
    ['cmd', 'set "MLFLOW_TRACKING_PASSWORD=pass word"'],
    ['dotenv', "MLFLOW_TRACKING_PASSWORD='pass word'"],
    ['python', 'os.environ["MLFLOW_TRACKING_PASSWORD"] = "pass word"'],
    ['aws', 'aws_secret_access_key = sec ret'],
    ['json', '"MLFLOW_TRACKING_PASSWORD": "pass word"'],
  ])('%s writes %s', (as, expected) => {
    expect(format(variables, as).text).toContain(expected);
  });

  it('a mask stands where the value would', () => {
    expect(format(variables.slice(1, 2), 'bash', 'masked').text).toBe('export MLFLOW_TRACKING_PASSWORD=••••••••\n');
    expect(format(variables.slice(5, 6), 'bash', 'masked').text).toBe('export AWS_SECRET_ACCESS_KEY=••••••••\n');
    expect(format(variables.slice(1, 2), 'powershell', 'masked').text).toBe(
      "$env:MLFLOW_TRACKING_PASSWORD = '••••••••'\n",
    );
  });

  it('a cell asks for what it does not hold, since notebooks are shared', () => {
    expect(format(variables.slice(0, 2), 'jupyter', 'left-out').text).toBe(
      [
        'import os',
        'from getpass import getpass',
        'os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:5001"',
        'os.environ["MLFLOW_TRACKING_PASSWORD"] = getpass("MLFLOW_TRACKING_PASSWORD: ")',
        '',
      ].join('\n'),
    );
  });

  it('a profile has one section for each file', () => {
    expect(format(variables, 'aws').text).toBe(
      [
        '# ~/.aws/config',
        '[profile mooring-lab]',
        'region = us-east-1',
        'endpoint_url = http://127.0.0.1:9000',
        '',
        '# ~/.aws/credentials',
        '[mooring-lab]',
        'aws_access_key_id = AKIA1',
        'aws_secret_access_key = sec ret',
        '',
      ].join('\n'),
    );
    expect(format([], 'aws').text).toBe('# This environment has no store.\n');
  });

  it('is empty where there is nothing', () => {
    expect(format([], 'bash').text).toBe('');
    expect(format([], 'python').text).toBe('');
  });
});
