/** ~/.aws on a real disk. */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAwsFiles } from '../../../main/adapters/aws-files.ts';
import { withAwsProfile } from '../../../main/core/environment/aws-profile.ts';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import { mlflowVenv } from '../../support/mlflow-venv.ts';

const run = promisify(execFile);
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mooring-aws-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

const files = (env: Record<string, string> = {}) => createAwsFiles({ homeDir: home, env });
const path = (name: string) => join(home, '.aws', name);
const write =
  (text: string, keepsCopy = true) =>
  () =>
    done({ text, keepsCopy });
const modeOf = (file: string) => statSync(file).mode & 0o777;
const bytes = Buffer.from([0x5b, 0x61, 0x5d, 0x0d, 0x0a, 0xff, 0x00, 0x80, 0x0a]);

describe.skipIf(process.platform === 'win32')('the files in ~/.aws', () => {
  it('are made for their owner alone', async () => {
    expect(await files().read('credentials')).toEqual({ ok: true, value: '' });
    expect(await files().change('credentials', write('[x]\n'))).toEqual({ ok: true, value: null });
    expect(modeOf(join(home, '.aws'))).toBe(0o700);
    expect(modeOf(path('credentials'))).toBe(0o600);
    expect(readdirSync(join(home, '.aws'))).toEqual(['credentials']);
    expect(files().path('credentials')).toBe('~/.aws/credentials');
  });

  it('keep every byte of others, and a copy of before', async () => {
    mkdirSync(join(home, '.aws'));
    writeFileSync(path('config'), bytes, { mode: 0o644 });
    await files().change('config', (before) => done({ text: `${before}[x]\n`, keepsCopy: true }));
    expect(readFileSync(path('config'))).toEqual(Buffer.concat([bytes, Buffer.from('[x]\n')]));
    expect(readFileSync(path('config.before-mooring'))).toEqual(bytes);
    expect([modeOf(path('config')), modeOf(path('config.before-mooring'))]).toEqual([0o600, 0o600]);
    await files().change('config', (before) => done({ text: before.replace('[x]\n', ''), keepsCopy: false }));
    expect(readFileSync(path('config'))).toEqual(bytes);
  });

  it('are not touched where nothing is to be changed, or the change is refused', async () => {
    mkdirSync(join(home, '.aws'));
    writeFileSync(path('config'), bytes);
    chmodSync(path('config'), 0o640);
    const { mtimeMs, ino } = statSync(path('config'));
    await files().change('config', (before) => done({ text: before, keepsCopy: true }));
    expect(await files().change('config', () => failed(failure('conflict', 'No.')))).toMatchObject({ ok: false });
    expect(statSync(path('config'))).toMatchObject({ mtimeMs, ino });
    expect(readdirSync(join(home, '.aws'))).toEqual(['config']);
    await files().change('credentials', write(''));
    expect(readdirSync(join(home, '.aws'))).toEqual(['config']);
  });

  it('go away when they become empty, but for the end of a link', async () => {
    await files().change('credentials', write('[x]\n'));
    await files().change('credentials', write('', false));
    expect(existsSync(path('credentials'))).toBe(false);
    mkdirSync(join(home, 'dotfiles'));
    writeFileSync(join(home, 'dotfiles/config'), '[x]\n');
    symlinkSync('../dotfiles/config', path('config'));
    await files().change('config', write('[y]\n'));
    expect(lstatSync(path('config')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(home, 'dotfiles/config'), 'latin1')).toBe('[y]\n');
    await files().change('config', write(''));
    expect(readFileSync(path('config'), 'latin1')).toBe('');
  });

  it('are where the environment says', async () => {
    const own = files({ AWS_SHARED_CREDENTIALS_FILE: join(home, 'deep/er/keys'), AWS_CONFIG_FILE: '~/conf' });
    expect([own.path('credentials'), own.path('config')]).toEqual(['~/deep/er/keys', '~/conf']);
    await own.change('credentials', write('[x]\n'));
    expect(readFileSync(join(home, 'deep/er/keys'), 'latin1')).toBe('[x]\n');
    expect(files({ AWS_CONFIG_FILE: '/etc/aws' }).path('config')).toBe('/etc/aws');
  });

  it('say why they can’t be written', async () => {
    mkdirSync(path('config'), { recursive: true });
    expect(await files().change('config', write('[x]\n'))).toMatchObject({
      ok: false,
      error: { code: 'storage-failed', message: '~/.aws/config could not be changed: it is not a plain file.' },
    });
    writeFileSync(path('credentials'), Buffer.alloc(4_000_001, 0x0a));
    expect(await files().read('credentials')).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('larger') as string },
    });
  });

  it('that change meanwhile are read again', async () => {
    let rounds = 0;
    mkdirSync(join(home, '.aws'));
    writeFileSync(path('config'), 'a\n');
    await files().change('config', (before) => {
      rounds += 1;
      if (rounds === 1) writeFileSync(path('config'), 'a\nb\n');
      return done({ text: `${before}ours\n`, keepsCopy: false });
    });
    expect([rounds, readFileSync(path('config'), 'latin1')]).toEqual([2, 'a\nb\nours\n']);
  });

  it('are read by boto as they were written', async ({ skip }) => {
    const venv = await mlflowVenv(undefined, ['boto3']);
    if ('skip' in venv) return skip(venv.skip);
    const put = (file: 'config' | 'credentials', section: string) =>
      files().change(file, (before) => {
        const text = withAwsProfile(before, 'mooring-lab', section, file);
        return text.ok ? done({ text: text.value, keepsCopy: true }) : text;
      });
    mkdirSync(join(home, '.aws'));
    writeFileSync(path('credentials'), '[default]\naws_access_key_id = MINE\naws_secret_access_key = mine');
    await put('config', '[profile mooring-lab]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:9000\n');
    await put('credentials', '[mooring-lab]\naws_access_key_id = K\naws_secret_access_key = a b#%"\n');
    const script = `
import boto3, json
def all(name):
    session = boto3.Session(profile_name=name)
    found = session.get_credentials()
    return [found.access_key, found.secret_key, session.region_name]
client = boto3.Session(profile_name="mooring-lab").client("s3")
print(json.dumps([all("mooring-lab"), all("default"), client.meta.endpoint_url]))`;
    const { stdout } = await run(venv.python, ['-c', script], { env: { HOME: home } });
    expect(JSON.parse(stdout)).toEqual([['K', 'a b#%"', 'us-east-1'], ['MINE', 'mine', null], 'http://127.0.0.1:9000']);
  });
});
