/** Playbooks of a person's own, run by a real ansible-playbook of this machine against a real server. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPlaybooks } from '../../main/adapters/playbooks.ts';
import type { Login } from '../../main/shared/server.ts';
import { isOver, recapOf, type RunView } from '../../main/shared/setup/run.ts';
import type { FieldValue, StackDraft } from '../../main/shared/setup/stack.ts';
import { ansibleVenv } from '../support/ansible-venv.ts';
import { startLiveCore, type LiveCore } from '../support/live-core.ts';
import { availableForAll, hostFingerprint, startTestServer, type TestServer } from '../support/test-server.ts';

const unavailable = availableForAll();
const ansible = unavailable === null ? await ansibleVenv() : { skip: unavailable };
const reason = 'skip' in ansible ? ansible.skip : null;
const programs = 'skip' in ansible ? '' : ansible.programs;

const accounts = `
  useradd -m -s /bin/bash op
  echo 'op ALL=(ALL) ALL' >/etc/sudoers.d/op
  echo op:op-pw-4711 | chpasswd
  for each in ubuntu op; do
    mkdir -p /home/$each/.ssh
    echo "$KEY" >/home/$each/.ssh/authorized_keys
    chown -R $each: /home/$each/.ssh
    chmod -R go= /home/$each/.ssh
  done
`;

const files = {
  'site.yml': `
- name: Site
  hosts: all
  tasks:
    - name: Make a file of root’s
      ansible.builtin.copy: { dest: /etc/made-by-playbook, content: "{{ words }}\\n", mode: "0600" }
    - name: Say who
      ansible.builtin.command: id -un
      changed_when: false
`,
  'group_vars/all.yml': 'words: from group_vars\n',
  'fail.yml': `
- hosts: all
  gather_facts: false
  tasks:
    - name: Well enough
      ansible.builtin.command: "true"
    - name: Check the licence
      ansible.builtin.command: sh -c 'echo no licence >&2; exit 3'
`,
  'slow.yml': `
- hosts: all
  gather_facts: false
  tasks:
    - name: Wait for ever
      ansible.builtin.command: sleep 4711
`,
  'broken.yml': '- hosts: all\n  tasks:\n    - name: x\n      command: [a\n',
  'wait.sh': '#!/bin/sh\n: >/tmp/waits\nwhile [ -e /tmp/waits ]; do sleep 0.2; done\n',
  'web.yml': '- hosts: webservers\n  tasks: [{ debug: { msg: hi } }]\n',
  // Would let any server in.
  'ansible.cfg': '[defaults]\nhost_key_checking = False\nstdout_callback = minimal\n',
};

describe.skipIf(reason !== null)(`playbooks on a real server${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let folder: string;
  let app: LiveCore;
  let serverId: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-playbooks-'));
    execFileSync('mkdir', ['-p', join(folder, 'my work/group_vars')]);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'my work', name), text);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret words', '-f', join(folder, 'locked')]);
    server = await startTestServer('play', 71);
    const keys = ['key.pub', 'locked.pub'].map((each) => readFileSync(join(folder, each), 'utf8').trim());
    await server.sh(`KEY='${keys.join('\n')}'\n${accounts}`);
  }, 600_000);
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    // No agent, and no keys of the person who runs this.
    const env = { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, HOME: folder, SSH_AUTH_SOCK: '' };
    app = await startLiveCore((ports) => ({ ...ports, playbooks: createPlaybooks({ homeDir: folder, env }) }));
  });
  afterEach(async () => {
    await app.stop();
  });

  async function connect(user: string, login: Login, answer?: string): Promise<void> {
    const draft = { name: 'lab vm', address: server.address, port: 22, user, login, forwards: [] };
    serverId = await app.add(draft, await hostFingerprint(server));
    if (answer !== undefined) await give(answer, 'password');
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up');
  }
  const keyOf = (name: string): Login => ({ kind: 'key', path: join(folder, name) });
  async function give(secret: string, kind: string, wasWrong = false): Promise<void> {
    const { prompts } = await app.until('the question', ({ prompts: open }) =>
      open.some((each) => each.kind === kind && 'wasWrong' in each && each.wasWrong === wasWrong),
    );
    await app.call('prompts.answer', {
      promptId: prompts[0]?.id ?? '',
      answer: { kind: 'secret', secret, remember: false },
    });
  }
  const draftOf = (file: string, values: Readonly<Record<string, FieldValue>> = {}): StackDraft => ({
    stack: 'script',
    values: { 'script.path': `~/my work/${file}`, ...values },
  });
  const runNow = (): RunView => {
    const { run } = app.server();
    if (!run) throw new Error('no run');
    return run;
  };
  async function ended(): Promise<RunView> {
    await app.until('the end', ({ servers }) => (servers[0]?.run ? isOver(servers[0].run) : false), 120_000);
    return runNow();
  }
  async function start(file: string, values: Readonly<Record<string, FieldValue>> = {}): Promise<RunView> {
    await app.call('setup.start', { serverId, draft: draftOf(file, values), secrets: {} });
    return ended();
  }
  const told = async (): Promise<string> => {
    const { lines } = await app.call('setup.log', { serverId });
    return lines.map((each) => each.text).join('\n');
  };
  const asRoot = { 'script.as-root': true };

  it('changes what differs, and says that nothing did the next time; arguments and environment get there', async () => {
    await connect('ubuntu', keyOf('key'));
    const first = await start('site.yml', asRoot);
    expect(first.state, await told()).toEqual({ kind: 'done' });
    expect(first.steps).toMatchObject([{ place: 'here', state: 'changed', note: '3 ok, 1 changed' }]);
    expect(await server.sh('stat -c "%U %a" /etc/made-by-playbook; cat /etc/made-by-playbook')).toBe(
      'root 600\nfrom group_vars\n',
    );
    const again = await start('site.yml', asRoot);
    expect(again.state, await told()).toEqual({ kind: 'done' });
    expect(recapOf(again.steps)).toEqual({ ok: 1, changed: 0, failed: 0, skipped: 0 });
    console.log(`  playbook: ${String(again.endedMs! - again.startedMs)} ms the second time`);

    const other = { ...asRoot, 'script.args': `-e 'words="two  words"' --diff`, 'script.env': 'ANSIBLE_VERBOSITY=1' };
    expect((await start('site.yml', other)).state).toEqual({ kind: 'done' });
    expect(await told()).toContain('Using /');
    expect(await server.sh('cat /etc/made-by-playbook')).toBe('two  words\n');
    // The connection that the tasks shared went with the run.
    expect(await server.sh('ss -Htn state established "( sport = :22 )" | wc -l')).toBe('1\n');
  });

  it('says what failed: the task, the playbook, nothing for this server, no way in, another host key', async () => {
    await connect('ubuntu', keyOf('key'));
    const failing = await start('fail.yml');
    expect(failing.state, await told()).toMatchObject({
      kind: 'failed',
      stepId: 'playbook',
      failure: { message: expect.stringContaining('The task “Check the licence” failed on lab_vm') as string },
    });
    expect(await told()).toContain('no licence');
    expect((await start('broken.yml')).state).toMatchObject({
      failure: {
        message: expect.stringMatching(/^ansible-playbook could not run broken.yml: YAML parsing failed/) as string,
      },
    });
    expect((await start('web.yml')).state).toMatchObject({
      failure: { message: 'web.yml did nothing: none of its plays and tasks is for lab_vm.' },
    });

    await server.sh('mv /home/ubuntu/.ssh /home/ubuntu/.ssh-away');
    expect((await start('fail.yml')).state).toMatchObject({ failure: { code: 'login-rejected' } });
    await server.sh('mv /home/ubuntu/.ssh-away /home/ubuntu/.ssh');

    const key = '/etc/ssh/ssh_host_ed25519_key';
    await server.sh(
      `cp ${key} ${key}.kept; cp ${key}.pub ${key}.pub.kept; rm ${key}; ssh-keygen -q -t ed25519 -N '' -f ${key}; systemctl reload ssh`,
    );
    expect((await start('fail.yml')).state, await told()).toMatchObject({ failure: { code: 'host-key-changed' } });
    await server.sh(`mv ${key}.kept ${key}; mv ${key}.pub.kept ${key}.pub; systemctl reload ssh`);
  });

  it('by an account whose sudo and whose login want passwords: they are told to nobody else', async () => {
    await connect('op', { kind: 'password' }, 'op-pw-4711');
    await app.call('setup.start', { serverId, draft: draftOf('site.yml', asRoot), secrets: {} });
    await give('wrong', 'sudo-password');
    const seen = new Set<string>();
    const watch = setInterval(() => {
      for (const pid of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
        for (const file of ['cmdline', 'environ']) {
          try {
            if (readFileSync(`/proc/${pid}/${file}`, 'latin1').includes('op-pw-4711'))
              seen.add(`${file}: ${readFileSync(`/proc/${pid}/comm`, 'utf8')}`);
          } catch {
            // It has ended meanwhile.
          }
        }
      }
    }, 30);
    await give('op-pw-4711', 'sudo-password', true);
    const run = await ended();
    clearInterval(watch);
    expect(run.state, await told()).toEqual({ kind: 'done' });
    expect([...seen]).toEqual([]);
    expect(await told()).not.toContain('op-pw-4711');
    expect(
      await server.sh(
        'grep -rlF op-pw-4711 /tmp /home /root /var/log /var/lib /etc 2>/dev/null || true; journalctl --no-pager | grep -c op-pw-4711 || true',
      ),
    ).toBe('0\n');

    // What the playbook itself wants of sudo, nobody asked for.
    const without = await start('site.yml', { 'script.args': '--become' });
    expect(without.state, await told()).toMatchObject({
      failure: {
        message: 'The task “Gathering Facts” failed on lab_vm: Missing sudo password.',
        hint: expect.stringContaining('Run as root') as string,
      },
    });
  });

  it('a key with a passphrase: said before, and said again when the agent has it not', async () => {
    await connect('ubuntu', keyOf('key'));
    const draft = { name: 'lab vm', address: server.address, port: 22, user: 'ubuntu' };
    await app.call('servers.edit', { serverId, draft: { ...draft, login: keyOf('locked') } });
    await give('secret words', 'passphrase');
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up');
    const { plan } = await app.call('setup.plan', { serverId, draft: draftOf('fail.yml') });
    expect(plan.remarks).toContainEqual({
      level: 'warning',
      message: `${folder}/locked has a passphrase: ansible-playbook can use it through the SSH agent only.`,
      hint: `Unless it is there already, add it first: ssh-add ${folder}/locked`,
    });
    expect((await start('fail.yml')).state, await told()).toMatchObject({
      failure: { code: 'login-rejected', hint: expect.stringContaining('ssh-add') as string },
    });
  });

  it('is stopped at once, or ended with Mooring, and leaves nothing running', async () => {
    await connect('ubuntu', keyOf('key'));
    const sleeping = () => server.sh('pgrep -cx sleep || true');
    const begin = async () => {
      await app.call('setup.start', { serverId, draft: draftOf('slow.yml'), secrets: {} });
      await server.sh('until pgrep -x sleep; do sleep 0.1; done');
    };
    await begin();
    expect(runNow().steps[0]?.note).toBe('Wait for ever');
    const { plan } = await app.call('setup.plan', { serverId, draft: draftOf('site.yml') });
    expect(plan.title).toBe('Playbook site.yml');
    expect(await app.core.call('setup.start', { serverId, draft: draftOf('site.yml'), secrets: {} })).toMatchObject({
      ok: false,
      error: { code: 'conflict' },
    });
    await app.call('setup.cancel', { serverId, how: 'after-step' });
    expect(runNow().cancelling).toBe('after-step');
    await app.call('setup.cancel', { serverId, how: 'now' });
    const run = await ended();
    expect(run.state, await told()).toEqual({ kind: 'cancelled', stepId: 'playbook', undone: false });
    expect(run.steps[0]).toMatchObject({ state: 'failed', note: 'Broken off in its task “Wait for ever”.' });
    await server.sh('until ! pgrep -x sleep; do sleep 0.1; done');
    expect(await sleeping()).toBe('0\n');

    await begin();
    await app.stop();
    await server.sh('until ! pgrep -x sleep; do sleep 0.1; done');
    const left = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => /ansible-playbook|mrg-/.test(line));
    expect(left).toEqual([]);
  });

  it('is not begun while a run of the server is under way, which another machine may have begun', async () => {
    await connect('ubuntu', keyOf('key'));
    const other = await startLiveCore();
    try {
      const draft = {
        name: 'lab',
        address: server.address,
        port: 22,
        user: 'ubuntu',
        login: keyOf('key'),
        forwards: [],
      };
      const otherId = await other.add(draft, await hostFingerprint(server));
      await other.until('up', (now) => now.servers[0]?.connection.kind === 'up');
      const script: StackDraft = { stack: 'script', values: { 'script.path': join(folder, 'my work/wait.sh') } };
      await other.call('setup.start', { serverId: otherId, draft: script, secrets: {} });
      await server.sh('until [ -e /tmp/waits ]; do sleep 0.1; done');
      expect(await app.core.call('setup.start', { serverId, draft: draftOf('site.yml'), secrets: {} })).toMatchObject({
        ok: false,
        error: { code: 'conflict', message: expect.stringContaining('A run is under way on this server') as string },
      });
      // It is shown here as well, to its end.
      expect(runNow().steps.every((each) => each.place === 'server')).toBe(true);
      await server.sh('rm /tmp/waits');
      expect((await ended()).state, await told()).toEqual({ kind: 'done' });
      await other.until('its end there', ({ servers }) => servers[0]?.run?.state.kind === 'done');
      expect((await start('site.yml', asRoot)).state, await told()).toEqual({ kind: 'done' });
    } finally {
      await other.stop();
    }
  });

  it('by hand its script does the same', async () => {
    await connect('ubuntu', keyOf('key'));
    const { text } = await app.call('setup.script', { serverId, draft: draftOf('site.yml', asRoot) });
    const env = { ...process.env, HOME: folder, SSH_AUTH_SOCK: '' };
    const said = execFileSync('sh', ['-s'], { input: text, encoding: 'utf8', env });
    expect(said).toMatch(/lab_vm\s+: ok=3 .* failed=0/);
  });
});
