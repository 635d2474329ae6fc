/** `mooring env` and `mooring exec`: the text for shells, and programs that are run with it. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../../../main/shared/failure.ts';
import { createControlClient } from '../../../main/headless/control/control-client.ts';
import { detectShell } from '../../../main/headless/terminal/detect-shell.ts';
import { giveStacks, openCliBench, type CliBench, type CliOptions } from '../../support/cli.ts';
import { fakePassword } from '../../support/fake-setup.ts';
import { installedOf } from '../../support/setup-snapshots.ts';
import { programBench } from './program-bench.ts';

const run = promisify(execFile);
const hasPython = spawnSync('python3', ['--version']).status === 0;

describe('the commands', () => {
  let bench: CliBench;
  afterEach(() => bench.close());
  const mooring = (line: string, options?: CliOptions) => bench.run(line.split(' '), options);

  async function start({ full = true, up = true } = {}) {
    bench = await openCliBench();
    await mooring(`server add lab me@host --forward mlflow --forward s3${up ? ' --up' : ''}`);
    const forwardId = bench.core.snapshot().servers[0]?.profile.forwards[0]?.id ?? null;
    giveStacks(
      bench.core,
      installedOf({ forwardId, draft: { stack: full ? 'mlflow-full' : 'mlflow-quick-start', values: {} } }),
      installedOf({ environment: 'dev', forwardId: null, draft: { stack: 'object-storage', values: {} } }),
    );
  }

  it('print the text and nothing else on stdout', async () => {
    await start();
    expect(await mooring('env lab', { env: { SHELL: '/bin/bash' } })).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: [
        'export MLFLOW_TRACKING_URI=http://127.0.0.1:5001',
        'export MLFLOW_TRACKING_USERNAME=admin',
        `export MLFLOW_TRACKING_PASSWORD=${fakePassword}`,
        'export MLFLOW_S3_ENDPOINT_URL=http://127.0.0.1:9000',
        'export AWS_ENDPOINT_URL_S3=http://127.0.0.1:9000',
        `export AWS_ACCESS_KEY_ID=${fakePassword}`,
        `export AWS_SECRET_ACCESS_KEY=${fakePassword}`,
        'export AWS_DEFAULT_REGION=us-east-1',
        '',
      ].join('\n'),
    });
  });

  it.each([
    ['env lab', { SHELL: '/usr/bin/fish' }, `set -gx MLFLOW_TRACKING_PASSWORD ${fakePassword}`],
    [
      'env lab',
      { SHELL: '/bin/bash', PSModulePath: '/opt/pwsh/Modules' },
      `$env:MLFLOW_TRACKING_PASSWORD = '${fakePassword}'`,
    ],
    ['env lab --shell cmd', {}, `set "MLFLOW_TRACKING_PASSWORD=${fakePassword}"`],
    ['env lab --shell dotenv', {}, `MLFLOW_TRACKING_PASSWORD=${fakePassword}`],
    ['env lab --shell python', {}, `os.environ["MLFLOW_TRACKING_PASSWORD"] = "${fakePassword}"`],
    ['env lab --shell jupyter --no-secrets', {}, 'getpass("MLFLOW_TRACKING_PASSWORD: ")'],
    ['env LAB --environment dev', {}, `export AWS_SECRET_ACCESS_KEY=${fakePassword}`],
  ])('%s in %j', async (line, env, expected) => {
    await start();
    const { exitCode, stdout } = await mooring(line, { env });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(expected);
  });

  it('leave secrets out on request', async () => {
    await start();
    const { stdout } = await mooring('env lab --no-secrets');
    expect(stdout).not.toContain(fakePassword);
    expect(stdout).toContain('# MLFLOW_TRACKING_PASSWORD is a secret and left out');
    const { stdout: json } = await mooring('env lab --no-secrets --json');
    expect(json).not.toContain(fakePassword);
  });

  it('tell programs all of it', async () => {
    await start();
    const { stdout } = await mooring('env lab --json');
    expect(JSON.parse(stdout)).toMatchObject({
      server: 'lab',
      environment: 'main',
      environments: ['main', 'dev'],
      variables: [
        { name: 'MLFLOW_TRACKING_URI', value: 'http://127.0.0.1:5001', isSecret: false },
        { name: 'MLFLOW_TRACKING_USERNAME', value: 'admin' },
        { name: 'MLFLOW_TRACKING_PASSWORD', value: fakePassword, isSecret: true },
        ...Array.from({ length: 5 }, () => expect.anything() as unknown),
      ],
      remarks: [],
    });
  });

  it('say on stderr what stands in the way', async () => {
    await start({ up: false });
    const { exitCode, stdout, stderr } = await mooring('env lab');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('MLFLOW_TRACKING_URI');
    expect(stderr).toBe('▲ lab is off: nothing answers at these ports. Connect it first: mooring up lab\n');
    const refused = failure('refused', 'lab:22 refused the connection', { hint: 'Check the port.' });
    bench.core.update((now) => ({
      ...now,
      servers: now.servers.map((each) => ({ ...each, connection: { kind: 'failed', sinceMs: 0, failure: refused } })),
    }));
    expect((await mooring('env lab')).stderr).toBe('▲ lab:22 refused the connection. Check the port.\n');
    const token = await mooring('env lab', { env: { AWS_SESSION_TOKEN: 'x' } });
    expect(token.stderr).toContain('AWS_SESSION_TOKEN is set here');
    const proxied = await mooring('env lab', { env: { http_proxy: 'http://user:secret@proxy:3128' } });
    expect(proxied.stdout).toContain("export NO_PROXY='127.0.0.1,localhost'");
    expect(JSON.stringify(bench.core.calls)).not.toContain('user:secret');
  });

  it.each([
    ['env nowhere', 2, 'There is no server called nowhere.'],
    ['env lab --environment prod', 2, 'lab has no stack prod.'],
    ['exec lab --environment prod -- true', 2, 'lab has no stack prod.'],
    ['env lab --shell tcsh', 2, 'Allowed choices are'],
    ['env lab --write-aws-profile --remove-aws-profile', 2, 'not both'],
    ['exec lab', 2, 'Say what to run.'],
    ['exec nowhere -- true', 2, 'There is no server called nowhere.'],
  ])('%s ends with %i', async (line, exitCode, words) => {
    await start();
    const result = await mooring(line);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(words);
    expect(result.stdout).toBe('');
    expect(bench.programs).toEqual([]);
  });

  const adopted = installedOf({ environment: 'adopted-5050', adminUser: null, forwardId: null });
  const begun = installedOf({ environment: 'dev', complete: false, forwardId: null });

  it('mean main, whatever was set up last', async () => {
    await start();
    const main = installedOf({ forwardId: bench.core.snapshot().servers[0]!.profile.forwards[0]!.id });
    const { stdout } = await mooring('env lab');
    for (const stacks of [
      [main, adopted, begun],
      [begun, adopted, main],
    ]) {
      giveStacks(bench.core, ...stacks);
      const { stdout: now, exitCode } = await mooring('env lab');
      expect(exitCode).toBe(0);
      expect(now.split('\n')[0]).toBe(stdout.split('\n')[0]);
      expect(JSON.parse((await mooring('env lab --json')).stdout)).toMatchObject({ environment: 'main' });
      await mooring('exec lab -- true');
      expect(bench.programs.at(-1)?.env['MLFLOW_TRACKING_URI']).toBe('http://127.0.0.1:5001');
    }
  });

  it('ask which one where there are several without main, and name them', async () => {
    await start();
    giveStacks(bench.core, adopted, installedOf({ environment: 'stage' }), begun);
    for (const line of ['env lab', 'exec lab -- true', 'verify lab', 'setup password lab']) {
      expect(await mooring(line)).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: 'Say which stack of lab: --environment NAME\n  There is: adopted-5050, stage\n',
      });
    }
    expect(bench.programs).toEqual([]);
  });

  it('say what to go on with where nothing was finished', async () => {
    bench = await openCliBench();
    await mooring('server add lab me@host');
    giveStacks(bench.core, begun);
    const { stderr } = await mooring('env lab');
    expect(stderr).toContain('Go on with what is not finished: mooring setup lab --resume');
    expect((await mooring('verify lab')).stderr).toBe(
      'dev on lab was not set up to its end.\n  Go on with it: mooring setup lab --resume\n',
    );
  });

  it('exec says where the program’s own options go', async () => {
    await start();
    const { exitCode, stdout, stderr } = await mooring('exec lab env --json');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain("unknown option '--json'");
    expect(stderr).toContain('Put -- before the program, and its options behind it: mooring exec SERVER -- PROGRAM');
  });

  it('say that there is nothing where there is nothing', async () => {
    bench = await openCliBench();
    await mooring('server add bare me@host');
    const result = await mooring('env bare');
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('There is nothing on bare that clients could use.');
    expect(result.stderr).toContain('(mooring setup bare --stack mlflow-quick-start)');
  });

  it('write the profile in ~/.aws, and take it out', async () => {
    await start();
    const env = { AWS_CONFIG_FILE: '/fake/.aws/config' };
    const written = await mooring('env lab --write-aws-profile', { env });
    expect(written).toMatchObject({ exitCode: 0, stderr: '' });
    expect(written.stdout).toContain('The profile mooring-fake is in /fake/.aws/config and /fake/.aws/credentials.');
    const elsewhere = await mooring('env lab --write-aws-profile', { env: { AWS_CONFIG_FILE: '/other/config' } });
    expect(elsewhere.stderr).toContain('Programs here read /other/config');
    expect((await mooring('env lab --remove-aws-profile')).stdout).toContain('is out of');
    expect((await mooring('env lab --remove-aws-profile')).stdout).toContain('There is no profile');
  });

  it('run a program with it, once the server is up', async () => {
    await start({ up: false });
    const env = { PATH: '/bin', AWS_SESSION_TOKEN: 'of another login', MLFLOW_TRACKING_URI: 'http://old' };
    const result = await bench.run(['exec', 'lab', '--', 'python', '-c', 'print("a b")', '--json', '--', '-x'], {
      env,
    });
    expect(result).toEqual({ exitCode: 7, stdout: '', stderr: '' });
    expect(bench.programs).toEqual([
      {
        program: 'python',
        args: ['-c', 'print("a b")', '--json', '--', '-x'],
        env: {
          PATH: '/bin',
          MLFLOW_TRACKING_URI: 'http://127.0.0.1:5001',
          MLFLOW_TRACKING_USERNAME: 'admin',
          MLFLOW_TRACKING_PASSWORD: fakePassword,
          MLFLOW_S3_ENDPOINT_URL: 'http://127.0.0.1:9000',
          AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000',
          AWS_ACCESS_KEY_ID: fakePassword,
          AWS_SECRET_ACCESS_KEY: fakePassword,
          AWS_DEFAULT_REGION: 'us-east-1',
        },
      },
    ]);
    expect(bench.core.snapshot().servers[0]?.connection.kind).toBe('up');
  });

  it('--no-wait runs it at once, and says what that means', async () => {
    await start({ up: false });
    const { exitCode, stderr } = await mooring('exec lab --no-wait --environment dev -- true');
    expect(exitCode).toBe(7);
    expect(stderr).toContain('lab is off');
    expect(bench.core.snapshot().servers[0]?.profile.wanted).toBe(false);
  });

  it('a server that does not come up runs nothing', async () => {
    bench = await openCliBench();
    await mooring('server add lab me@fails --forward mlflow');
    const result = await mooring('exec lab -- true');
    expect(result.exitCode).toBe(1);
    expect(bench.programs).toEqual([]);
  });
});

describe('which shell it is', () => {
  const windows =
    'C:\\Program Files\\WindowsPowerShell\\Modules;C:\\WINDOWS\\system32\\WindowsPowerShell\\v1.0\\Modules';
  it.each([
    ['bash', { SHELL: '/bin/bash' }, 'linux'],
    ['zsh', { SHELL: '/bin/zsh' }, 'darwin'],
    ['fish', { SHELL: '/opt/homebrew/bin/fish' }, 'darwin'],
    ['bash', { SHELL: '/bin/sh' }, 'linux'],
    ['bash', { SHELL: '/bin/tcsh' }, 'linux'],
    ['bash', {}, 'linux'],
    ['powershell', { SHELL: '/usr/bin/pwsh' }, 'linux'],
    ['powershell', { SHELL: '/bin/bash', PSModulePath: '/root/.local/share/powershell/Modules' }, 'linux'],
    ['powershell', { PSModulePath: `C:\\Users\\ada\\Documents\\WindowsPowerShell\\Modules;${windows}` }, 'win32'],
    ['powershell', { PSModulePath: `C:\\Users\\ada\\Documents\\PowerShell\\Modules;${windows}` }, 'win32'],
    ['cmd', { PSModulePath: windows }, 'win32'],
    ['cmd', {}, 'win32'],
    ['bash', { SHELL: 'C:\\Program Files\\Git\\usr\\bin\\bash.exe', PSModulePath: windows }, 'win32'],
  ] as const)('%s in %j on %s', (expected, env, platform) => {
    expect(detectShell(env, platform)).toBe(expected);
  });
});

describe.skipIf(process.platform === 'win32')('the program', () => {
  const bench = programBench('environment', { SHELL: '/bin/bash' });
  beforeEach(async () => {
    const serving = bench.run('serve', '--no-ui');
    await serving.wrote('running');
    await bench.run('server', 'add', 'lab', 'me@host', '--forward', 'mlflow', '--up').result;
  });
  const exec = (...words: string[]) => bench.run('exec', 'lab', '--', ...words);
  const node = (script: string) => exec(process.execPath, '-e', script);

  it('hands over arguments as they are, and takes the exit code', async () => {
    const hostile = [`it's`, '$HOME', '`id`', '', 'a b', '*', '-n', '%PATH%', '"', '\\', 'ü'];
    const { result } = exec(
      process.execPath,
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1))); process.exit(42)',
      '--',
      ...hostile,
    );
    const { exitCode, stdout, stderr } = await result;
    expect({ exitCode, stderr }).toEqual({ exitCode: 42, stderr: '' });
    expect(JSON.parse(stdout)).toEqual(hostile);
  });

  it('puts the environment there', async () => {
    const { stdout } = await node('console.log(process.env.MLFLOW_TRACKING_URI)').result;
    expect(stdout).toBe('http://127.0.0.1:5001\n');
  });

  it.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR2'] as const)(
    'passes %s on, and waits for the program',
    async (signal) => {
      const running = node(`process.on('${signal}', () => { console.log('got it'); process.exit(5); });
      setInterval(() => undefined, 1000); console.log('ready');`);
      await running.wrote('ready');
      running.child.kill(signal);
      expect(await running.result).toMatchObject({ exitCode: 5, stdout: 'ready\ngot it\n', signal: null });
    },
  );

  it('Ctrl-C at a terminal reaches it once', async ({ skip }) => {
    if (!hasPython) skip('python3 is needed for a terminal of its own');
    const script = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvpe(sys.argv[1], sys.argv[1:], os.environ)
text = b""
pressed = False
while True:
    try:
        part = os.read(terminal, 1024)
    except OSError:
        break
    if not part:
        break
    text += part
    if b"ready" in text and not pressed:
        pressed = True
        os.write(terminal, b"\\x03")
print(text.decode(), "code", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
    const counts = `let count = 0; process.on('SIGINT', () => { count += 1; });
      setInterval(() => { if (count > 0) setTimeout(() => process.exit(40 + count), 300); }, 10); console.log('ready');`;
    const words = [process.execPath, bench.path(), 'exec', 'lab', '--', process.execPath, '-e', counts];
    const { stdout } = await run('python3', ['-c', script, ...words], {
      env: { PATH: process.env['PATH'], MOORING_TEST_HOME: bench.home(), TERM: 'xterm' },
    });
    expect(stdout).toContain('code 41');
  });

  it('a program that a signal ended counts as in a shell', async () => {
    const running = node(`console.log('ready'); setInterval(() => undefined, 1000)`);
    await running.wrote('ready');
    running.child.kill('SIGTERM');
    expect(await running.result).toMatchObject({ exitCode: 143, signal: null });
  });

  it('one that is not there, and one that is none', async () => {
    const missing = await exec('no-such-program-of-mine').result;
    expect(missing.exitCode).toBe(127);
    expect(missing.stderr).toContain('There is no program no-such-program-of-mine.');
    expect((await exec('/etc/passwd').result).exitCode).toBe(126);
  });

  it('eval takes what env prints', async () => {
    const client = createControlClient(bench.paths().controlPath);
    expect((await client.call('snapshot.get', {})).ok).toBe(true);
    const script = `eval "$("$0" "$1" env lab)"; printf %s "$MLFLOW_TRACKING_URI"`;
    const { stdout } = await run('bash', ['-c', script, process.execPath, bench.path()], {
      env: { PATH: process.env['PATH'], MOORING_TEST_HOME: bench.home() },
    });
    expect(stdout).toBe('http://127.0.0.1:5001');
  });
});
