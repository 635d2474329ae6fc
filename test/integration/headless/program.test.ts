/** The program as real processes: who wins, what a kill leaves, how it ends. */
import { spawn } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createControlClient, knock } from '../../../main/headless/control/control-client.ts';
import { programBench } from './program-bench.ts';

const bench = programBench('headless');
const { run } = bench;
const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

describe.skipIf(process.platform === 'win32')('the program', () => {
  it('serves, and ends cleanly on SIGTERM', async () => {
    const serving = run('serve');
    await serving.wrote('Window: http://127.0.0.1:');
    expect(await exists(bench.paths().controlPath)).toBe(true);
    serving.child.kill('SIGTERM');
    expect(await serving.result).toMatchObject({ exitCode: 0, signal: null });
    expect(await readdir(bench.paths().runDir)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGHUP'] as const)('ends cleanly on %s, with streams open', async (signal) => {
    const serving = run('serve', '--no-ui');
    await serving.wrote('running');
    const ended = new Promise<void>((resolve) =>
      createControlClient(bench.paths().controlPath).subscribe(() => undefined, resolve),
    );
    await createControlClient(bench.paths().controlPath).call('snapshot.get', {});
    serving.child.kill(signal);
    expect(await serving.result).toMatchObject({ exitCode: 0, signal: null });
    await ended;
    expect(await exists(bench.paths().controlPath)).toBe(false);
  });

  it('starts again after SIGKILL', async () => {
    const first = run('serve', '--no-ui');
    await first.wrote('running');
    first.child.kill('SIGKILL');
    expect((await first.result).signal).toBe('SIGKILL');
    expect(await exists(bench.paths().controlPath)).toBe(true);
    const second = run('serve', '--no-ui');
    await second.wrote('Mooring is running');
  });

  it.each([
    ['nothing there', async () => undefined],
    [
      'what a killed core has left',
      async () => {
        const first = run('serve', '--no-ui');
        await first.wrote('running');
        first.child.kill('SIGKILL');
        await first.result;
      },
    ],
    [
      'the guard of a starter that was killed in the middle',
      async () => {
        const lock = join(bench.paths().runDir, 'start.lock');
        await mkdir(lock, { recursive: true });
        await utimes(lock, 1, 1);
      },
    ],
  ])('lets exactly one of eight starters win: %s', async (_name, prepare) => {
    await prepare();
    const starters = Array.from({ length: 8 }, () => run('serve', '--no-ui'));
    const outcomes = await Promise.all(
      starters.map(async (each) => {
        await Promise.race([each.wrote('Mooring is running'), each.result.then(() => undefined)]).catch(
          () => undefined,
        );
        return each.child.exitCode === null ? 'serves' : 'ended';
      }),
    );
    expect(outcomes.filter((each) => each === 'serves')).toHaveLength(1);
    for (const [index, each] of starters.entries()) {
      if (outcomes[index] === 'ended') {
        expect(await each.result).toMatchObject({
          exitCode: 0,
          stdout: expect.stringContaining('runs already') as string,
        });
      }
    }
    const winner = starters[outcomes.indexOf('serves')];
    expect(await knock(bench.paths().controlPath)).toMatchObject({
      kind: 'running',
      hello: { pid: winner?.child.pid },
    });
  });

  it('starts in the background for a command that needs it, and ends by quit', async () => {
    const added = run('server', 'add', 'lab', 'me@host', '--json', '--up');
    expect(await added.result).toMatchObject({ exitCode: 0, stderr: '' });
    const status = run('status', '--json');
    const snapshot = JSON.parse((await status.result).stdout) as { servers: { profile: { name: string } }[] };
    expect(snapshot.servers.map(({ profile }) => profile.name)).toEqual(['lab']);
    expect(await run('quit').result).toMatchObject({ exitCode: 0, stdout: 'Mooring has ended\n' });
    expect(await readdir(bench.paths().runDir)).toEqual([]);
    expect(await run('quit').result).toMatchObject({ exitCode: 0, stdout: 'Mooring is not running\n' });
    expect((await lstat(join(bench.paths().dataDir, 'logs', 'background.log'))).mode & 0o777).toBe(0o600);
  });

  it('starts one core when several commands need it at once', async () => {
    const commands = ['a', 'b', 'c', 'd'].map((name) => run('server', 'add', name, `me@${name}`));
    for (const each of commands) expect((await each.result).exitCode).toBe(0);
    const list = JSON.parse((await run('server', 'list', '--json').result).stdout) as unknown[];
    expect(list).toHaveLength(4);
  });

  it('says why it can’t start in the background', async () => {
    await mkdir(bench.paths().runDir, { recursive: true });
    await mkdir(bench.paths().controlPath);
    const { exitCode, stderr } = await run('server', 'list').result;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('background.log');
    expect(stderr).not.toContain('    at ');
  });

  it('checks itself', async () => {
    expect(await run('serve', '--check').result).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Mooring .* starts and stops as it should\n$/) as string,
    });
    expect(await exists(bench.paths().controlPath)).toBe(false);
  });

  it('ends quietly when nobody reads its output any more', async () => {
    const serving = run('serve', '--no-ui');
    await serving.wrote('running');
    const command = `"${process.execPath}" "${bench.path()}" status --watch --json | head -n 1 | wc -l`;
    const piped = spawn('sh', ['-c', command], { env: { ...process.env, MOORING_TEST_HOME: bench.home() } });
    let output = '';
    piped.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    piped.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise((resolve) => piped.on('close', resolve));
    const client = createControlClient(bench.paths().controlPath);
    // Each change makes it write; the write after `head` has gone ends it.
    let over = false;
    void ended.then(() => (over = true));
    while (!over) await client.call('settings.set', { patch: { holdSeconds: 7 } });
    await ended;
    expect(output.trim()).toBe('1');
  });

  it('speaks in a log of a fault without its words', async () => {
    const { faultLine } = await import('../../../main/headless/fault-line.ts');
    const line = faultLine(new SyntaxError('Unexpected token in "hunter2"'));
    expect(line).toMatch(/^SyntaxError at program\.test\.ts:\d+:\d+$/);
  });

  it('completes names of servers and forwards', async () => {
    await run('server', 'add', 'lab-vm', 'me@host', '--forward', 'mlflow').result;
    const complete = async (...words: string[]) => (await run('complete', '--', ...words).result).stdout;
    expect(await complete('up', '')).toMatch(/lab-vm\t[^]*lab-vm\/MLflow\t5001/);
    expect(await complete('server', 'show', 'la')).toContain('lab-vm');
    expect(await complete('forward', 'add', 'lab-vm', 'ml')).toContain('mlflow\tMLflow');
    expect(await complete('serv')).toContain('server');
    expect(await complete('setup', 'lab-vm', '--stack', 'mlflow-p')).toContain(
      'mlflow-postgres\tMLflow with PostgreSQL',
    );
    expect((await run('completion', 'bash').result).stdout).toContain('complete -F');
    for (const shell of ['zsh', 'fish']) expect((await run('completion', shell).result).exitCode).toBe(0);
    expect((await run('completion', 'tcsh').result).exitCode).toBe(2);
  });

  it('writes what it starts in the background to its log', async () => {
    await run('server', 'list').result;
    expect(await readFile(join(bench.paths().dataDir, 'logs', 'background.log'), 'utf8')).toBe('');
  });
});
