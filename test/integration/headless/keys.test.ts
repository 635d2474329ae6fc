/** `mooring keys` against a fake core behind a real socket. */
import { homedir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { openCliBench, type CliBench } from '../../support/cli.ts';
import { fakeKeyFingerprint } from '../../support/fake-keys.ts';

let bench: CliBench;
afterEach(() => bench.close());
const run = (line: string, options?: Parameters<CliBench['run']>[1]) => bench.run(line.split(' '), options);
const callsOf = (name: string) => bench.core.calls.filter((each) => each.name === name).map(({ args }) => args);

describe('keys', () => {
  it('are made with a passphrase typed twice, by standard input, or without one; and listed', async () => {
    bench = await openCliBench();
    expect((await run('keys list')).stdout).toContain('mooring keys make');
    const made = await run('keys make', {
      terminal: true,
      input: 'open sesame\ropen sesam\ropen sesame\ropen sesame\r',
    });
    expect(made).toMatchObject({
      exitCode: 0,
      stdout: `~/.ssh/id_ed25519  ${fakeKeyFingerprint}\nssh-ed25519 AAAAfake ada@thinkpad\n`,
    });
    expect(made.stderr).toContain('These two were not the same.');
    expect(made.stderr).toContain('mooring keys install SERVER --key');
    expect(made.stderr + made.stdout).not.toContain('open sesame');
    await run('keys make one --stdin --remember', { input: 'open sesame\n' });
    await run('keys make two --no-passphrase', { terminal: true });
    await run('keys make three --no-passphrase');
    await run('keys make four', { terminal: true, input: '\r' });
    expect(callsOf('keys.make')).toEqual([
      { passphrase: 'open sesame', remember: false },
      { name: 'one', passphrase: 'open sesame', remember: true },
      { name: 'two' },
      { name: 'three' },
      { name: 'four' },
    ]);
    expect((await run('keys list')).stdout.split('\n')[0]).toBe(
      `~/.ssh/id_ed25519  ED25519 · ada@thinkpad · passphrase  ${fakeKeyFingerprint}`,
    );
    const listed = JSON.parse((await run('keys list --json')).stdout) as unknown[];
    expect(listed).toHaveLength(5);
    expect(await run('keys make one --no-passphrase')).toMatchObject({ exitCode: 1 });
  });

  it.each([
    ['keys make --stdin', '', 'Standard input was empty'],
    ['keys make --stdin', 'a\nb\n', 'more than one line'],
    ['keys make --stdin --no-passphrase', '', 'does not go with'],
    ['keys make', '', '--stdin, or make a key that anybody who has its file can use: --no-passphrase'],
    ['keys mak', '', 'unknown command'],
    ['keys install', '', 'missing required argument'],
    ['keys install nobody', '', 'There is no server called nobody'],
  ])('wrong use ends with 2: %s', async (line, input, words) => {
    bench = await openCliBench();
    const result = await run(line, { input });
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(words);
    expect(callsOf('keys.make')).toEqual([]);
  });

  it('are put on a server, which is connected for it', async () => {
    bench = await openCliBench();
    await run('server add lab me@ask-password --login password');
    expect(await run('keys install lab')).toMatchObject({ exitCode: 3 });
    const connect = { terminal: true, input: 'right\rno\r' };
    expect(await run('keys install lab', connect)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('mooring keys make') as string,
    });
    await run('keys make --no-passphrase');
    const installed = await run('keys install lab');
    expect(installed).toMatchObject({
      exitCode: 0,
      stdout:
        '~/.ssh/id_ed25519 is on me@ask-password now.\nA login with this key alone went well. lab uses it from now on.\n',
    });
    await run('keys make lab_ed25519 --no-passphrase');
    // The login is a key by now: that one is meant.
    expect((await run('keys install lab')).stdout).toContain('~/.ssh/id_ed25519');
    await run(`keys install lab --no-use --key ${homedir()}/.ssh/lab_ed25519`);
    expect(callsOf('keys.install').map((each) => ({ ...(each as object), serverId: '' }))).toEqual([
      { serverId: '', path: '~/.ssh/id_ed25519', useIt: true },
      { serverId: '', path: '~/.ssh/id_ed25519', useIt: true },
      { serverId: '', path: '~/.ssh/lab_ed25519', useIt: false },
    ]);
  });

  it('must be named where there are several', async () => {
    bench = await openCliBench();
    await run('server add lab me@host --login password --up');
    await run('keys make --no-passphrase');
    await run('keys make lab_ed25519 --no-passphrase');
    const result = await run('keys install lab');
    expect(result).toMatchObject({ exitCode: 2 });
    expect(result.stderr).toContain('--key');
    expect(result.stderr).toContain('lab_ed25519');
  });

  it('that a server does not let in end with 1, as JSON too', async () => {
    bench = await openCliBench();
    await run('server add lab me@refuses-key --login password --up');
    await run('keys make --no-passphrase');
    const { exitCode, stdout } = await run('keys install lab --json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'login-rejected' } });
  });
});
