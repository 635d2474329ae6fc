/** Commands over the engine, at OpenSSH's own server, through whatever login shells this machine has. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { available, startSshd, type Sshd } from '../../support/sshd.ts';
import { waitFor } from '../../support/wait.ts';
import { startRig, type Rig } from './rig.ts';

const missing = available();
const usual = { input: null, timeoutMs: 20_000, maxOutputBytes: 10_000_000 } as const;

/** Login shells, with the rc file that each reads even for a command. */
const shells = [
  { name: 'bash', rc: '.bashrc' },
  { name: 'dash', rc: null },
  { name: 'zsh', rc: '.zshenv' },
  { name: 'fish', rc: '.config/fish/config.fish' },
  { name: 'tcsh', rc: '.tcshrc' },
  { name: 'mksh', rc: null },
].map((shell) => ({ ...shell, path: ['/bin', '/usr/bin'].map((dir) => `${dir}/${shell.name}`).find(existsSync) }));

describe.skipIf(missing)(`commands at OpenSSH${missing ? ` (${missing})` : ''}`, () => {
  let sshd: Sshd;
  let rig: Rig;
  let connectionId: string;
  let ids = 0;
  const endings: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    sshd = await startSshd();
  });

  afterAll(async () => {
    await sshd.stop();
  });

  beforeEach(async () => {
    rig = startRig();
    connectionId = await connectTo(sshd);
  });

  afterEach(async () => {
    await rig.close();
    await waitFor('no session to be left', () => sshd.sessions().length === 0);
    while (endings.length > 0) await endings.pop()?.();
  });

  const connectTo = ({ host, port, user, pem }: Sshd): Promise<string> =>
    rig.connectRoute({ host, port, user }, [{ kind: 'key', pem }]);

  /** Connects to a server of other settings. */
  async function useServer(config: readonly string[]): Promise<Sshd> {
    const server = await startSshd({ config });
    endings.push(() => server.stop());
    connectionId = await connectTo(server);
    return server;
  }

  function start(script: string, more: Partial<typeof usual> | { readonly input: string } = {}): string {
    ids += 1;
    const execId = `x${String(ids)}`;
    rig.send({ kind: 'exec-start', connectionId, execId, script, ...usual, ...more });
    return execId;
  }

  async function end(execId: string): Promise<Record<string, unknown>> {
    const { exitCode, signal, failure } = await waitFor(
      `the end of ${execId}`,
      () => rig.all('exec-ended').find((event) => event.execId === execId),
      { timeoutMs: 25_000 },
    );
    const text = (stream: 'stdout' | 'stderr'): string =>
      rig
        .all('exec-output')
        .filter((event) => event.execId === execId && event.stream === stream)
        .map((event) => event.text)
        .join('');
    return { exitCode, signal, ...(failure && { failure }), stdout: text('stdout'), stderr: text('stderr') };
  }

  const run = (script: string, more: Parameters<typeof start>[1] = {}) => end(start(script, more));

  it('run, read and end as they should', async () => {
    expect(await run('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await run('cat; [ -t 0 ] || echo no terminal; echo "<$SSH_AUTH_SOCK>"', { input: 'grüße\n' })).toMatchObject(
      {
        stdout: 'grüße\nno terminal\n<>\n',
      },
    );
    expect(await run('kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'KILL' });
    expect(await run(`${'# it is a long one\n'.repeat(60_000)}wc -c`, { input: 'x'.repeat(3_000_000) })).toMatchObject({
      stdout: '3000000\n',
    });
    expect((await run('head -c 5000000 /dev/zero | tr "\\0" x'))['stdout']).toBe('x'.repeat(5_000_000));
  });

  it('take their turns', async () => {
    await useServer(['MaxSessions 2']);
    const results = await Promise.all(Array.from({ length: 12 }, (_, index) => run(`echo ${String(index)}`)));
    expect(results.map((result) => result['stdout'])).toEqual(results.map((_, index) => `${String(index)}\n`));
  });

  it('run ten and more at once', async () => {
    const results = await Promise.all(Array.from({ length: 24 }, (_, index) => run(`exit ${String(index)}`)));
    expect(results.map((result) => result['exitCode'])).toEqual(results.map((_, index) => index));
  });

  it('end with all that they started when cancelled, but for what has a session of its own', async () => {
    const file = join(sshd.dir, `pids-${String(ids)}`);
    const script = `sleep 61 & echo $! >> ${file}; setsid sleep 62 </dev/null >/dev/null 2>&1 & echo $! >> ${file}
      echo $$ >> ${file}; echo ready; sleep 63 | sleep 64`;
    const execId = start(script);
    await rig.next('exec-output');
    const [child = 0, daemon = 0, shell = 0] = readFileSync(file, 'utf8').trim().split('\n').map(Number);
    rig.send({ kind: 'exec-cancel', execId });
    expect(await end(execId)).toMatchObject({ failure: { code: 'cancelled' }, stdout: 'ready\n' });
    await waitFor('the command to be gone', () => !isAlive(child) && !isAlive(shell));
    expect(isAlive(daemon)).toBe(true);
    process.kill(daemon, 'SIGKILL');
    expect(await run('echo next')).toMatchObject({ stdout: 'next\n' });
  });

  it('are told to be lost with the connection', async () => {
    const execId = start('echo ready; sleep 2');
    await rig.next('exec-output');
    sshd.killSessions();
    expect(await end(execId)).toMatchObject({ failure: { code: 'link-lost' } });
  });

  it('are forbidden by some', async () => {
    await useServer(['ForceCommand echo "You may not."; exit 1']);
    expect(await run('echo x')).toMatchObject({ failure: { code: 'not-allowed', detail: 'You may not.' }, stdout: '' });
    await useServer(['MaxSessions 0']);
    expect(await run('echo x')).toMatchObject({ failure: { code: 'not-allowed' } });
  });

  for (const { name, rc, path } of shells) {
    it.skipIf(!path)(`work with ${name} as login shell${path ? '' : ` (no ${name} here)`}`, async () => {
      const home = join(sshd.dir, `home-${name}`);
      mkdirSync(dirname(join(home, rc ?? 'none')), { recursive: true });
      if (rc)
        writeFileSync(join(home, rc), 'echo "Welcome from the rc file"\necho mooring- 1>&2\ntouch $HOME/rc-ran\n');
      // As sshd starts a login shell: `shell -c command`. SHLVL: bash reads its rc file only as the first shell.
      const start = `HOME=${home} XDG_CONFIG_HOME=${home}/.config SHLVL=0 exec ${path ?? ''} -c`;
      const log = join(home, 'commands');
      await useServer([`ForceCommand echo "$SSH_ORIGINAL_COMMAND" >> ${log}; ${start} "$SSH_ORIGINAL_COMMAND"`]);
      const script = `echo "it's $((1 + 1)) \\\\ !x"; cat; echo err >&2; exit 7`;
      expect(await run(script, { input: 'in\n' })).toEqual({
        exitCode: 7,
        signal: null,
        stdout: "it's 2 \\ !x\nin\n",
        stderr: 'err\n',
      });
      expect(existsSync(join(home, 'rc-ran'))).toBe(rc !== null);
      expect(readFileSync(log, 'utf8')).toBe('exec /bin/sh -s\n');
    });
  }

  it('never show their input in an argument or an environment', async () => {
    const secret = `hf_${'Q7'.repeat(12)}`;
    const [read, goOn] = [join(sshd.dir, 'read'), join(sshd.dir, 'go-on')];
    const script = `read -r token; printf %s "$token" > ${sshd.dir}/token; sh -c 'touch ${read}'
      while [ ! -e ${goOn} ]; do sleep 0.05; done; printf %s "$token" | wc -c`;
    const execId = start(script, { input: `${secret}\n` });
    let samples = 0;
    const look = (): void => {
      samples += 1;
      for (const pid of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
        for (const what of ['cmdline', 'environ']) {
          if (contentOf(`/proc/${pid}/${what}`).includes(secret)) throw new Error(`${what} of ${pid} shows the secret`);
        }
      }
    };
    await waitFor(
      'the script to have read it',
      () => {
        look();
        return existsSync(read);
      },
      { everyMs: 1 },
    );
    look();
    writeFileSync(goOn, '');
    expect(await end(execId)).toMatchObject({ exitCode: 0, stdout: `${String(secret.length)}\n` });
    expect(samples).toBeGreaterThan(2);
    expect(readFileSync(join(sshd.dir, 'token'), 'utf8')).toBe(secret);
    expect(sshd.log()).not.toContain(secret);
  });
});

function isAlive(pid: number): boolean {
  return /^State:\s+[^ZX]/m.test(contentOf(`/proc/${String(pid)}/status`));
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It ended meanwhile, or is not ours to read.
    return '';
  }
}
