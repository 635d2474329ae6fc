/** What is written for each shell and language, read by the real one: every value comes out as it went in. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EnvFormat, EnvVariable } from '../../../main/shared/environment/environment.ts';
import { awsSections, formatEnvironment } from '../../../main/shared/environment/formats.ts';
import { generatedValues, hostileValues } from '../../support/hostile-values.ts';
import { mlflowVenv } from '../../support/mlflow-venv.ts';

const run = promisify(execFile);

const values = [...hostileValues, ...generatedValues(400)];
const nameOf = (index: number): string => `MOORING_V${String(index)}`;
const variableOf = (value: string, index: number): EnvVariable => ({
  name: nameOf(index),
  value,
  isSecret: index % 2 === 0,
  isKnown: true,
  why: '',
});

/** The text, and the variables that it says it can't hold. */
function written(format: EnvFormat) {
  return formatEnvironment(values.map(variableOf), format, { secrets: 'given', awsProfile: 'mooring-lab' });
}

const showNode = `process.stdout.write(JSON.stringify(Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name.startsWith('MOORING_V')))))`;

/** Program and its words; the text's file comes last. `$NODE -e "$SHOW"` tells the environment. */
const shells: Readonly<Partial<Record<EnvFormat, readonly (readonly string[])[]>>> = {
  bash: [
    ['bash', '--noprofile', '--norc', '-c', 'eval "$(cat "$1")"; exec "$NODE" -e "$SHOW"', 'bash'],
    [
      'bash',
      '--noprofile',
      '--norc',
      '-o',
      'history',
      '-o',
      'histexpand',
      '-c',
      '. "$1"; exec "$NODE" -e "$SHOW"',
      'bash',
    ],
    ['dash', '-c', 'eval "$(cat "$1")"; exec "$NODE" -e "$SHOW"', 'dash'],
    ['sh', '-euc', '. "$1"; exec "$NODE" -e "$SHOW"', 'sh'],
  ],
  zsh: [
    ['zsh', '-f', '-c', 'eval "$(cat "$1")"; exec "$NODE" -e "$SHOW"', 'zsh'],
    ['zsh', '-f', '-o', 'rcquotes', '-o', 'extendedglob', '-c', '. "$1"; exec "$NODE" -e "$SHOW"', 'zsh'],
  ],
  fish: [
    ['fish', '--no-config', '-c', 'cat $argv[1] | source; $NODE -e $SHOW'],
    ['fish', '--no-config', '-c', 'eval (cat $argv[1] | string collect); $NODE -e $SHOW'],
  ],
  python: [
    [
      'python3',
      '-c',
      'import os, sys; exec(open(sys.argv[1]).read()); os.execv(os.environ["NODE"], ["node", "-e", os.environ["SHOW"]])',
    ],
  ],
  jupyter: [
    [
      'python3',
      '-c',
      'import os, sys; exec(open(sys.argv[1]).read()); os.execv(os.environ["NODE"], ["node", "-e", os.environ["SHOW"]])',
    ],
  ],
};

const hasProgram = (name: string): boolean => {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Each value that the language says it can hold. */
function expected(format: EnvFormat): Record<string, string> {
  const unwritable = new Set(written(format).unwritable.map(({ name }) => name));
  return Object.fromEntries(
    values.map((value, index) => [nameOf(index), value] as const).filter(([name]) => !unwritable.has(name)),
  );
}

describe('an environment in the hands of real shells', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-shells-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function readBy(format: EnvFormat, [program = '', ...words]: readonly string[], locale = 'C.UTF-8') {
    const path = join(folder, `text.${format}`);
    writeFileSync(path, written(format).text);
    const env = { PATH: process.env['PATH'], HOME: folder, LC_ALL: locale, NODE: process.execPath, SHOW: showNode };
    const { stdout, stderr } = await run(program, [...words, path], { env });
    expect(stderr).toBe('');
    return JSON.parse(stdout) as Record<string, string>;
  }

  for (const [format, all] of Object.entries(shells) as [EnvFormat, readonly (readonly string[])[]][]) {
    for (const command of all) {
      const [program = ''] = command;
      const words = command.filter((each) => each.startsWith('-')).join(' ');
      it.skipIf(!hasProgram(program))(
        `${format}: ${program} ${words}${hasProgram(program) ? '' : ' (skipped: not here)'}`,
        async () => {
          expect(written(format).unwritable).toEqual([]);
          expect(await readBy(format, command)).toEqual(expected(format));
        },
      );
    }
  }

  it('a locale without letters beyond ASCII changes nothing in bash and Python', async () => {
    for (const format of ['bash', 'python'] as const) {
      const command = shells[format]?.[0] ?? [];
      expect(await readBy(format, command, 'C')).toEqual(expected(format));
    }
  });

  it('.env: a POSIX shell reads what has no quote in it, and no backslash before one', async () => {
    const path = join(folder, 'simple.env');
    const simple = values.filter((each) => !/'|\\$|\\\\/.test(each) && !/\$\{|\r/.test(each));
    const text = formatEnvironment(simple.map(variableOf), 'dotenv', { secrets: 'given', awsProfile: '' });
    writeFileSync(path, text.text);
    const { stdout } = await run('sh', ['-c', 'set -a; . "$1"; exec "$NODE" -e "$SHOW"', 'sh', path], {
      env: { PATH: process.env['PATH'], NODE: process.execPath, SHOW: showNode },
    });
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(simple.map((value, index) => [nameOf(index), value])));
  });

  it('.env: python-dotenv reads every value that it can hold', async ({ skip }) => {
    // MLflow brings it along.
    const venv = await mlflowVenv();
    if ('skip' in venv) return skip(venv.skip);
    const path = join(folder, 'full.env');
    writeFileSync(path, written('dotenv').text);
    const script = 'import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))';
    const { stdout, stderr } = await run(venv.python, ['-c', script, path], { env: { HOME: '/home/ada' } });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(expected('dotenv'));
    expect(Object.keys(expected('dotenv')).length).toBe(values.filter((each) => !/\$\{|\r/.test(each)).length);
  });

  it('the profile: boto’s reader gives back every value that it can hold', async ({ skip }) => {
    const venv = await mlflowVenv(undefined, ['boto3']);
    if ('skip' in venv) return skip(venv.skip);
    const script = `
import json, sys, botocore.configloader
read = botocore.configloader.raw_config_parse(sys.argv[1])
print(json.dumps([each["aws_secret_access_key"] for each in read.values()]))`;
    const sections = values.map((value, index) => {
      const key = { ...variableOf(value, 0), name: 'AWS_SECRET_ACCESS_KEY' };
      return { value, ...awsSections([key], { secrets: 'given', awsProfile: `lab-${String(index)}` }) };
    });
    const held = sections.filter(({ unwritable }) => unwritable.length === 0);
    expect(held.map(({ value }) => value)).toContain(`it's "quoted"`);
    const path = join(folder, 'credentials');
    writeFileSync(path, held.map(({ credentials }) => credentials).join('\n'));
    const { stdout } = await run(venv.python, ['-c', script, path], { env: { HOME: folder } });
    expect(JSON.parse(stdout)).toEqual(held.map(({ value }) => value));
  });
});
