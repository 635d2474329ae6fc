import { describe, expect, it } from 'vitest';
import { hostName, type PlaybookGround } from '../../../../../main/core/setup/plan/own-script/playbook.ts';
import { playbookCommand, playbookScript } from '../../../../../main/core/setup/plan/own-script/playbook-command.ts';
import { planStack } from '../../../../../main/core/setup/plan/plan-stack.ts';
import { parseStack } from '../../../../../main/core/setup/stack/parse-stack.ts';
import type { ServerFacts } from '../../../../../main/shared/facts.ts';
import type { Plan, PlannedPlaybook } from '../../../../../main/shared/setup/plan.ts';
import type { FieldValue } from '../../../../../main/shared/setup/stack.ts';
import { plainFacts, readable } from './contexts.ts';

const ground: PlaybookGround = {
  server: { name: 'lab', address: '192.0.2.10', port: 22, user: 'ubuntu', login: { kind: 'auto' } },
  look: {
    isWindows: false,
    program: { path: '/usr/bin/ansible-playbook', version: '2.19.2', takesPasswords: true },
    playbook: { folder: '/home/ada/my work', file: 'site.yml' },
    keyFile: null,
  },
  hostKeys: ['ssh-ed25519 AAAA1', 'ssh-rsa AAAA2'],
  hasPassword: false,
  isKeyLocked: false,
};
type Values = Readonly<Record<string, FieldValue>>;

function planOf(values: Values = {}, here: PlaybookGround | null = ground, facts: Partial<ServerFacts> = {}): Plan {
  const draft = { stack: 'script', values: { 'script.path': '~/my work/site.yml', ...values } } as const;
  const stack = parseStack(draft);
  if (!stack.ok) throw new Error(stack.error.message);
  return planStack(stack.value, draft, { ...plainFacts, ...facts }, null, undefined, here);
}
function playbookOf(...words: Parameters<typeof planOf>): PlannedPlaybook {
  const { playbook } = planOf(...words);
  if (!playbook) throw new Error('it can’t be run');
  return playbook;
}
const commandOf = (...words: Parameters<typeof planOf>) => playbookCommand(playbookOf(...words), '/tmp/private');
const said = (level: string, ...words: Parameters<typeof planOf>) =>
  planOf(...words)
    .remarks.filter((each) => each.level === level)
    .map(({ message }) => message);
const withServer = (part: Partial<PlaybookGround['server']>): PlaybookGround => ({
  ...ground,
  server: { ...ground.server, ...part },
});
const asRoot = { 'script.as-root': true };
const withPassword = { sudo: { kind: 'with-password', needsTerminal: false } } as const;

describe('the plan of a playbook', () => {
  it('is one step of this machine, with its exact command', () => {
    const plan = planOf({ 'script.args': '--tags "a b" -e x=1' });
    expect(plan).toMatchObject({ title: 'Playbook site.yml', uploads: [], services: [], secrets: [] });
    expect(plan.steps).toHaveLength(1);
    expect(plan.steps[0]).toMatchObject({
      title: 'Run site.yml with ansible-playbook',
      apply: `/usr/bin/ansible-playbook --inventory "$private"/inventory.json site.yml --tags 'a b' -e 'x=1'`,
    });
    expect(plan.steps[0]?.why).toMatch(/^On this machine, over SSH as ubuntu@192\.0\.2\.10: .*\/home\/ada\/my work\.$/);
    expect(said('stop')).toEqual([]);
    expect(said('note').join(' ')).toContain('can’t take back what a playbook does');
  });

  it('goes to the profile’s address, and trusts the keys that Mooring trusts and no other', () => {
    const { files, env } = commandOf({}, withServer({ address: 'Lab.Example', port: 2222 }));
    expect(JSON.parse(files['inventory.json'] ?? '')).toEqual({
      all: { hosts: { lab: { ansible_host: 'Lab.Example', ansible_port: 2222, ansible_user: 'ubuntu' } } },
    });
    expect(files['known_hosts']).toBe('[lab.example]:2222 ssh-ed25519 AAAA1\n[lab.example]:2222 ssh-rsa AAAA2\n');
    expect(commandOf().files['known_hosts']).toContain('192.0.2.10 ssh-ed25519 AAAA1\n');
    expect(env).toMatchObject({ ANSIBLE_HOST_KEY_CHECKING: 'True', ANSIBLE_TRANSPORT: 'ssh' });
    expect(env['ANSIBLE_SSH_ARGS']).toContain(`-F none -o 'UserKnownHostsFile="/tmp/private/known_hosts"'`);
    expect(env['ANSIBLE_SSH_ARGS']).toContain("-o 'StrictHostKeyChecking=yes'");
  });

  it('logs in as the profile says', () => {
    const argsOf = (...words: Parameters<typeof planOf>) => commandOf(...words).env['ANSIBLE_SSH_ARGS'] ?? '';
    const key = {
      ...withServer({ login: { kind: 'key', path: '~/k' } }),
      look: { ...ground.look, keyFile: '/home/ada/k' },
    };
    expect(commandOf({}, key).files['inventory.json']).toContain('"ansible_ssh_private_key_file": "/home/ada/k"');
    expect(argsOf({}, key)).toContain('IdentitiesOnly=yes');
    expect(argsOf({}, withServer({ login: { kind: 'agent' } }))).toContain('IdentityFile=none');
    const password = withServer({ login: { kind: 'password' } });
    expect(argsOf({}, password)).toContain('PubkeyAuthentication=no');
    expect(commandOf({}, password).words.join(' ')).toContain(
      '--connection-password-file /tmp/private/login-password site.yml',
    );
    // Of any way that may work, a password only when there is one.
    expect(commandOf().words).not.toContain('--connection-password-file');
    expect(commandOf({}, { ...ground, hasPassword: true }).words).toContain('--connection-password-file');
  });

  it('becomes root only where that was chosen, with sudo’s password where that is asked for', () => {
    expect(commandOf().words).not.toContain('--become');
    expect(commandOf(asRoot).words).toContain('--become');
    expect(commandOf(asRoot).words).not.toContain('--become-password-file');
    expect(commandOf(asRoot, ground, withPassword).words.join(' ')).toContain(
      '--become --become-password-file /tmp/private/sudo-password site.yml',
    );
    expect(commandOf(asRoot, ground, { sudo: { kind: 'root' } }).words).not.toContain('--become');
    expect(said('stop', asRoot, ground, { sudo: { kind: 'none' } })).toHaveLength(1);
    expect(said('note', {}, ground, withPassword).join(' ')).toContain('sudo asks for a password');
  });

  it('takes what a person sets, but for what makes the way to the server safe', () => {
    const { env } = commandOf({
      'script.env': `TOKEN='a b=c' ANSIBLE_HOST_KEY_CHECKING=False ANSIBLE_SSH_ARGS=x ANSIBLE_STDOUT_CALLBACK=yaml`,
    });
    expect(env).toMatchObject({
      TOKEN: 'a b=c',
      ANSIBLE_HOST_KEY_CHECKING: 'True',
      ANSIBLE_STDOUT_CALLBACK: 'yaml',
    });
    expect(env['ANSIBLE_SSH_ARGS']).toContain('StrictHostKeyChecking=yes');
  });

  it('says what is missing on this machine', () => {
    const look = (part: Partial<PlaybookGround['look']>): PlaybookGround => ({
      ...ground,
      look: { ...ground.look, ...part },
    });
    const stops = (here: PlaybookGround | null) => said('stop', {}, here);
    expect(stops(null)).toEqual(['ansible-playbook was not found on this machine.']);
    expect(stops(look({ program: null }))).toEqual(['ansible-playbook was not found on this machine.']);
    expect(planOf({}, look({ program: null })).remarks[0]?.hint).toContain('pipx install ansible-core');
    expect(stops(look({ program: null, isWindows: true }))).toEqual(['Ansible does not run on Windows.']);
    expect(stops(look({ playbook: null }))).toEqual([
      'There is no ~/my work/site.yml on this machine that can be read.',
    ]);
    expect(stops({ ...ground, hostKeys: [] })).toEqual(['The host key of lab is not known yet.']);
    const old = { ...look({ program: { path: '/a', version: '2.14.3', takesPasswords: false } }) };
    expect(stops({ ...old, server: { ...ground.server, login: { kind: 'password' } } })).toEqual([
      'ansible-core 2.14.3 logs in by a password only with sshpass, which was not found on this machine.',
    ]);
    expect(stops({ ...old, hasPassword: true })).toEqual([]);
    expect(playbookOf({}, { ...old, hasPassword: true }).needsLoginPassword).toBe(false);
    const locked = { ...withServer({ login: { kind: 'key', path: '~/k' } }), isKeyLocked: true };
    expect(said('warning', {}, locked)).toEqual([
      '~/k has a passphrase: ansible-playbook can use it through the SSH agent only.',
    ]);
    expect(said('warning', { 'script.run': 'a.sh' })).toHaveLength(1);
  });

  it('calls the server what an inventory can call it', () => {
    expect(['lab', 'lab vm', 'a[1:3]', 'labor-grün', 'all', 'x:22'].map(hostName)).toEqual([
      'lab',
      'lab_vm',
      'a_1_3_',
      'labor-grün',
      'all_',
      'x_22',
    ]);
  });

  it('whatever is in it, its script is one that a POSIX shell can read, and asks for passwords itself', () => {
    const odd = `a'b"c $(id) \`id\` \\ ü`;
    const plan = planOf(
      {
        'script.args': `'it'"'"'s' "$x" '${odd.replaceAll("'", `'"'"'`)}'`,
        'script.env': `A='b c' B="d'e"`,
        ...asRoot,
      },
      {
        ...withServer({ login: { kind: 'password' } }),
        look: { ...ground.look, playbook: { folder: `/x/${odd}`, file: '-x.yml' } },
      },
      withPassword,
    );
    const text = playbookScript(plan.title, plan.playbook!);
    expect(readable(text)).toBe(true);
    expect(readable(`${plan.steps[0]?.define ?? ''}\n${plan.steps[0]?.apply ?? ''}`)).toBe(true);
    expect(text).toContain('--ask-pass --become --ask-become-pass ./-x.yml');
    expect(text).not.toContain('-password');
  });
});
