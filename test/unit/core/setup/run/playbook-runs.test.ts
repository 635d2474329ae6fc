/** Playbooks of this machine, from the click to their end. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookScript } from '../../../../../main/core/setup/script/follow.ts';
import type { StackDraft } from '../../../../../main/shared/setup/stack.ts';
import { CoreDouble, labVm, presentedKey } from '../../../../support/core-double.ts';
import { settle } from '../../../../support/fake-clock.ts';
import { sample } from '../facts/facts-samples.ts';

const draft: StackDraft = { stack: 'script', values: { 'script.path': '~/work/site.yml', 'script.as-root': true } };
/** sudo wants a password there. */
const asking = sample('debian-12');
const withoutPassword = asking.replace(/(@@section sudo\n)[\s\S]*?(\|\n@@section)/, '$1|command=0\n$2');

let app: CoreDouble;
let serverId: string;
let facts: string;
/** Passwords that sudo was tried with. */
let tried: string[];

beforeEach(async () => {
  app = new CoreDouble();
  facts = asking;
  tried = [];
  serverId = await app.bringUp({ ...labVm, login: { kind: 'auto' } });
  app.engine.answersExec = ({ script, input }) => {
    if (script.includes('@@mooring-facts')) return { exitCode: 0, stdout: facts };
    if (script === lookScript) return { exitCode: 0, stdout: 'done\n' };
    if (!script.includes('sudo-right')) return { exitCode: 1 };
    tried.push(input?.trim() ?? '');
    return { exitCode: 0, stdout: input === 'sudo-pw\n' ? 'sudo-right\n' : 'sudo-wrong\n' };
  };
});
afterEach(() => app.core.stop());

const start = () => app.core.call('setup.start', { serverId, draft, secrets: {} });
const run = () => {
  const now = app.server().run;
  if (!now) throw new Error('no run');
  return now;
};
async function give(kind: 'sudo-password' | 'password', secret: string) {
  await app.call('prompts.answer', {
    promptId: app.prompt(kind).id,
    answer: { kind: 'secret', secret, remember: false },
  });
  await settle();
}
const command = () => app.playbooks.runs.at(-1)?.command('/tmp/p');
const told = async () => (await app.call('setup.log', { serverId })).lines.map(({ text }) => text);
const wellRecap = ['PLAY RECAP *****', 'lab-vm : ok=2 changed=1 unreachable=0 failed=0 skipped=0'];

describe('a playbook run', () => {
  it('asks for sudo’s password, tries it, and hands both passwords over outside of its command', async () => {
    await start();
    await settle();
    expect(run()).toMatchObject({ title: 'Playbook site.yml', state: { kind: 'needs-you' } });
    expect(app.prompt('sudo-password').wasWrong).toBe(false);
    await give('sudo-password', 'no');
    expect(app.prompt('sudo-password').wasWrong).toBe(true);
    expect(app.playbooks.runs).toEqual([]);
    await give('sudo-password', 'sudo-pw');
    expect(tried).toEqual(['no', 'sudo-pw']);
    expect(app.playbooks.runs[0]).toMatchObject({
      folder: '/home/ada/work',
      secrets: { 'login-password': 'right', 'sudo-password': 'sudo-pw' },
    });
    expect(JSON.stringify(command())).not.toMatch(/right|sudo-pw/);
    expect(command()?.files['known_hosts']).toBe(`192.0.2.10 ${presentedKey.keyType} ${presentedKey.key}\n`);
    expect(run()).toMatchObject({ state: { kind: 'running' }, steps: [{ place: 'here', state: 'running' }] });
    expect(app.server().profile).toMatchObject({ openRunId: null, stacks: [] });

    app.playbooks.say('TASK [Set it up] **********', '\u001b[0;31mpassword=sudo-pw', ...wellRecap);
    expect(run().steps[0]?.note).toBe('Set it up');
    app.playbooks.end(0);
    await settle();
    expect(run()).toMatchObject({ state: { kind: 'done' }, steps: [{ state: 'changed', note: '2 ok, 1 changed' }] });
    expect((await told()).slice(0, 2)).toEqual(['TASK [Set it up] ***', 'password=••••••••']);
    expect(JSON.stringify([app.core.snapshot(), app.log])).not.toMatch(/sudo-pw/);
  });

  it('begins nothing when the question is cancelled, or sudo does not know the password', async () => {
    await start();
    await settle();
    await app.call('setup.cancel', { serverId, how: 'now' });
    await settle();
    expect(run().state).toEqual({ kind: 'cancelled', stepId: null, undone: false });
    await start();
    await settle();
    for (const each of ['a', 'b', 'c']) await give('sudo-password', each);
    expect(run().state).toMatchObject({ kind: 'failed', stepId: null, failure: { code: 'login-rejected' } });
    await start();
    await settle();
    await give('sudo-password', 'sudo-pw ');
    expect(run().state).toMatchObject({ kind: 'failed', failure: { code: 'invalid-argument' } });
    expect(app.playbooks.runs).toEqual([]);
  });

  it('tells what failed', async () => {
    facts = withoutPassword;
    await start();
    await settle();
    expect(app.playbooks.runs[0]?.secrets).toEqual({ 'login-password': 'right' });
    app.playbooks.say('TASK [Copy] ***', 'fatal: [lab-vm]: FAILED! => {"msg": "No room left"}');
    app.playbooks.end(2);
    await settle();
    expect(run()).toMatchObject({
      state: {
        kind: 'failed',
        stepId: 'playbook',
        failure: { message: 'The task “Copy” failed on lab-vm: No room left.' },
      },
      steps: [{ state: 'failed' }],
    });
    await app.call('setup.dismiss', { serverId });
    expect(app.server().run).toBeNull();
  });

  it('is finished first, or broken off at once; nothing else begins meanwhile', async () => {
    facts = withoutPassword;
    await start();
    await settle();
    expect(await start()).toMatchObject({ ok: false, error: { code: 'conflict' } });
    await app.call('setup.cancel', { serverId, how: 'after-step' });
    expect(run().cancelling).toBe('after-step');
    expect(app.playbooks.stops).toBe(0);
    expect((await told()).at(-1)).toContain('this one is finished first');
    app.playbooks.say(...wellRecap);
    app.playbooks.end(0);
    await settle();
    expect(run()).toMatchObject({ state: { kind: 'done' }, cancelling: null });

    await start();
    await settle();
    app.playbooks.say('TASK [Wait] ***');
    await app.call('setup.cancel', { serverId, how: 'now' });
    await settle();
    expect(app.playbooks.stops).toBe(1);
    expect(run()).toMatchObject({
      state: { kind: 'cancelled', stepId: 'playbook', undone: false },
      steps: [{ state: 'failed', note: 'Broken off in its task “Wait”.' }],
    });
  });

  it('goes on while the connection is away; quitting asks first', async () => {
    facts = withoutPassword;
    await start();
    await settle();
    await app.lose();
    expect(run().state).toEqual({ kind: 'running' });
    await app.call('app.quit', { careful: true });
    expect(app.prompt('confirm').message).toContain('Playbook site.yml: broken off where it is');
    expect(app.quits).toBe(0);
  });

  it('ends with its server', async () => {
    facts = withoutPassword;
    await start();
    await settle();
    await app.call('servers.remove', { serverId });
    await app.clock.pass(100);
    expect(app.playbooks.stops).toBe(1);
    expect(app.core.snapshot().servers).toEqual([]);
  });

  it('ends with Mooring, also while it asks', async () => {
    await start();
    await settle();
    app.prompt('sudo-password');
    await app.core.stop();
    expect(app.playbooks.runs).toEqual([]);

    const other = new CoreDouble();
    const { engine } = app;
    app = other;
    facts = withoutPassword;
    serverId = await other.bringUp({ ...labVm, login: { kind: 'auto' } });
    other.engine.answersExec = engine.answersExec;
    await start();
    await settle();
    await other.core.stop();
    expect(other.playbooks.stops).toBe(1);
  });

  it('is not begun where something stands in its way, and has no script then', async () => {
    app.playbooks.found = { ...app.playbooks.found, program: null };
    const refusal = {
      ok: false,
      error: { code: 'conflict', message: 'ansible-playbook was not found on this machine.' },
    };
    expect(await start()).toMatchObject(refusal);
    expect(await app.core.call('setup.script', { serverId, draft })).toMatchObject(refusal);
    app.playbooks.found = { ...app.playbooks.found, program: new CoreDouble().playbooks.found.program };
    const { text } = await app.call('setup.script', { serverId, draft });
    expect(text).toContain('--ask-pass --become --ask-become-pass site.yml');
  });
});
