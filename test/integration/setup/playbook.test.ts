/** Playbooks against OpenSSH on this very machine, with a program of the test in the place of ansible-playbook. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPlaybooks } from '../../../main/adapters/playbooks.ts';
import { isOver, type RunView } from '../../../main/shared/setup/run.ts';
import { startLiveCore, type LiveCore } from '../../support/live-core.ts';
import { available, startSshd, type Sshd } from '../../support/sshd.ts';
import { waitFor } from '../../support/wait.ts';

const missing = available();

/** Tells what it was given, then does what its last argument says. */
const program = `#!/bin/sh
if [ "$1" = --version ]; then
  echo 'ansible-playbook [core 2.19.2]'
  exit
fi
echo "in $(pwd)"
env >"$OUT/env"
tr '\\0' '\\n' </proc/$$/cmdline >"$OUT/cmdline"
while [ $# -gt 0 ]; do
  case $1 in
  --inventory) private=$(dirname "$2"); cp "$2" "$OUT"; ls -ld "$private" | cut -c 1-10 >"$OUT/mode"; echo "$private" >"$OUT/private"; shift ;;
  --connection-password-file) IFS= read -r password <"$2"; printf '%s' "$password" >"$OUT/password"; shift ;;
  esac
  last=$1
  shift
done
printf 'TASK [Do it] ***\\n'
case $last in
well) printf 'it says \\033[31m%s\\033[0m\\nPLAY RECAP ***\\nlab : ok=1 changed=0 unreachable=0 failed=0\\n' "$password" ;;
fails) echo 'fatal: [lab]: FAILED! => {"msg": "no room"}'; exit 2 ;;
# With children that have groups of their own, one of them deaf.
deaf) setsid sh -c 'trap "" TERM; echo $$ >"$OUT/child"; sleep 4711' & trap '' TERM; echo $$ >"$OUT/pid"; while :; do sleep 0.1; done ;;
waits) echo $$ >"$OUT/pid"; exec sleep 4712 ;;
esac
`;

describe.skipIf(missing !== null)(`playbooks${missing === null ? '' : ` (${missing})`}`, () => {
  let sshd: Sshd;
  let app: LiveCore;
  let dir: string;
  let out: string;
  let serverId: string;

  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'mooring-playbook-'));
    out = join(dir, 'out');
    mkdirSync(out);
    mkdirSync(join(dir, 'my work'));
    mkdirSync(join(dir, '.local/bin'), { recursive: true });
    writeFileSync(join(dir, 'my work/site.yml'), '');
    const file = join(dir, '.local/bin/ansible-playbook');
    writeFileSync(file, program);
    chmodSync(file, 0o755);
    const env = { ...process.env, OUT: out, MOORING_SECRET: 'not for others', LC_ALL: 'C' };
    app = await startLiveCore((ports) => ({
      ...ports,
      playbooks: createPlaybooks({ homeDir: dir, env, graceMs: 300 }),
    }));
    const { host, port, user, keyPath, hostKey } = sshd;
    const login = { kind: 'key', path: keyPath } as const;
    serverId = await app.add({ name: 'lab', address: host, port, user, login, forwards: [] }, hostKey.fingerprint);
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up');
  });
  afterEach(async () => {
    await app.stop();
    rmSync(dir, { recursive: true });
  });

  const start = (how: string, env = '') =>
    app.call('setup.start', {
      serverId,
      draft: {
        stack: 'script',
        values: { 'script.path': '~/my work/site.yml', 'script.args': `-e "a b" ${how}`, 'script.env': env },
      },
      secrets: {},
    });
  async function ended(): Promise<RunView> {
    await app.until('its end', ({ servers }) => (servers[0]?.run ? isOver(servers[0].run) : false));
    return app.server().run!;
  }
  const read = (name: string) => readFileSync(join(out, name), 'utf8').trimEnd();
  const isThere = (name: string) => readdirSync(out).includes(name) && read(name) !== '';
  const told = async () => (await app.call('setup.log', { serverId })).lines.map(({ text }) => text);
  const isAlive = (name: string) => {
    try {
      return readFileSync(`/proc/${read(name)}/stat`, 'utf8').split(' ')[2] !== 'Z';
    } catch {
      return false;
    }
  };

  it('gets its words, its environment and its inventory, and leaves no folder behind', async () => {
    await start('well', 'TOKEN="x y"');
    const run = await ended();
    expect(run.state, (await told()).join('\n')).toEqual({ kind: 'done' });
    expect(run.steps).toMatchObject([{ state: 'ok', note: '1 ok, 0 changed' }]);
    expect(await told()).toContain(`in ${join(dir, 'my work')}`);
    expect(read('cmdline').split('\n').slice(-4)).toEqual(['site.yml', '-e', 'a b', 'well']);
    expect(read('env')).toContain('TOKEN=x y\n');
    expect(read('env')).toMatch(/^LC_ALL=.*UTF-8$/m);
    expect(read('env')).not.toContain('MOORING');
    expect(JSON.parse(read('inventory.json'))).toMatchObject({
      all: {
        hosts: {
          lab: { ansible_host: '127.0.0.1', ansible_port: sshd.port, ansible_ssh_private_key_file: sshd.keyPath },
        },
      },
    });
    expect(read('mode')).toBe('drwx------');
    expect(() => readdirSync(read('private'))).toThrow('ENOENT');
  });

  it('tells what failed', async () => {
    await start('fails');
    expect((await ended()).state).toMatchObject({
      kind: 'failed',
      failure: { message: 'The task “Do it” failed on lab: no room.' },
    });
  });

  it('a password comes by a pipe: not among its words, its environment, files or lines', async () => {
    const lines: string[] = [];
    const playbooks = createPlaybooks({ homeDir: dir, env: { ...process.env, OUT: out } });
    const words = (privateDir: string) => [
      join(dir, '.local/bin/ansible-playbook'),
      ...['--inventory', `${privateDir}/inventory.json`, '--connection-password-file', `${privateDir}/login`, 'well'],
    ];
    let left: string[] = [];
    const running = playbooks.run({
      folder: dir,
      command: (privateDir) => ({ words: words(privateDir), env: {}, files: { 'inventory.json': '{}' } }),
      secrets: { login: 'p€ss word', never: 'read by nobody' },
      onLine: (line) => {
        lines.push(line);
        if (line.startsWith('TASK')) left = readdirSync(read('private'));
      },
    });
    expect(await running.done).toEqual({ ok: true, value: { exitCode: 0, signal: null } });
    expect(read('password')).toBe('p€ss word');
    expect(left.sort()).toEqual(['inventory.json', 'login', 'never']);
    expect(`${read('cmdline')}${read('env')}`).not.toMatch(/p€ss|by nobody/);
  });

  it('is ended politely, and when it is deaf with all that it has started', async () => {
    await start('waits');
    await waitFor('its start', () => isThere('pid'));
    await app.call('setup.cancel', { serverId, how: 'now' });
    expect((await ended()).state).toEqual({ kind: 'cancelled', stepId: 'playbook', undone: false });
    expect(isAlive('pid')).toBe(false);
    rmSync(join(out, 'pid'));

    await start('deaf');
    await waitFor('its start', () => isThere('pid') && isThere('child'));
    await app.call('setup.cancel', { serverId, how: 'now' });
    expect((await ended()).state.kind).toBe('cancelled');
    expect([isAlive('pid'), isAlive('child')]).toEqual([false, false]);
  });

  it('ends with Mooring', async () => {
    await start('waits');
    await waitFor('its start', () => isThere('pid'));
    await app.core.stop();
    expect(isAlive('pid')).toBe(false);
    expect(() => readdirSync(read('private'))).toThrow('ENOENT');
  });

  it('is looked for where it usually is, and not found where it does not run', async () => {
    const look = (env: Record<string, string>, platform?: 'win32') =>
      createPlaybooks({ homeDir: dir, env, ...(platform && { platform }) }).look({
        playbook: '~/gone.yml',
        keyFile: '~/k',
      });
    expect(await look({ PATH: '/nowhere' })).toEqual({
      isWindows: false,
      program: { path: join(dir, '.local/bin/ansible-playbook'), version: '2.19.2', takesPasswords: true },
      playbook: null,
      keyFile: join(dir, 'k'),
    });
    expect(await look({}, 'win32')).toMatchObject({ isWindows: true, program: null });
    writeFileSync(join(dir, '.local/bin/ansible-playbook'), '#!/bin/sh\nexit 1\n');
    expect(await look({ PATH: join(dir, '.local/bin') })).toMatchObject({ program: null });
  });
});
