import { describe, expect, it } from 'vitest';
import {
  nothingTold,
  outcomeOf,
  readLine,
  type PlaybookEnd,
  type PlaybookNames,
} from '../../../../../main/core/setup/run/playbook/output.ts';

const names: PlaybookNames = {
  file: 'site.yml',
  host: 'lab',
  account: 'ubuntu@192.0.2.10',
  login: { kind: 'default' },
  wasAskedForSudo: false,
};
const read = (text: string) => text.split('\n').reduce(readLine, nothingTold);
const ended = (exitCode: number | null, signal: string | null = null): PlaybookEnd => ({ exitCode, signal });
const outcome = (text: string, exitCode: number | null, part: Partial<PlaybookNames> = {}) =>
  outcomeOf(read(text), ended(exitCode), { ...names, ...part });
const failureOf = (...words: Parameters<typeof outcome>) => {
  const end = outcome(...words);
  if (end.kind !== 'failed') throw new Error(`it was ${end.kind}`);
  return end.failure;
};
const recap = (counts: string) => `PLAY RECAP *********************
lab                        : ${counts}    skipped=0    rescued=0    ignored=0   
`;
const failedTask = (message: string) => `
PLAY [all] *********************************************************************

TASK [Check the licence] *******************************************************
[ERROR]: Task failed: Module failed: non-zero return code
Origin: /home/ada/fail.yml:4:7
fatal: [lab]: FAILED! => ${JSON.stringify({ changed: true, msg: message, rc: 1 })}

${recap('ok=0    changed=0    unreachable=0    failed=1')}`;
const unreachable = (message: string) => `
TASK [Gathering Facts] *****
fatal: [lab]: UNREACHABLE! => ${JSON.stringify({ changed: false, msg: message, unreachable: true })}
${recap('ok=0    changed=0    unreachable=1    failed=0')}`;

describe('what ansible-playbook prints', () => {
  it('changed something, or nothing', () => {
    expect(outcome(recap('ok=3    changed=1    unreachable=0    failed=0'), 0)).toEqual({
      kind: 'changed',
      words: '3 ok, 1 changed',
    });
    expect(outcome(recap('ok=3    changed=0    unreachable=0    failed=0'), 0)).toEqual({
      kind: 'ok',
      words: '3 ok, 0 changed',
    });
    const two = `${recap('ok=3    changed=0    unreachable=0    failed=0')}other : ok=1 changed=2 unreachable=0 failed=0`;
    expect(outcome(two, 0)).toEqual({ kind: 'changed', words: '4 ok, 2 changed' });
    // Another callback prints something else.
    expect(outcome('{"plays": []}', 0)).toEqual({ kind: 'changed', words: null });
  });

  it('did nothing at all: none of its plays is for this server', () => {
    const { message, hint } = failureOf('PLAY [web] ***\nskipping: no hosts matched\n\nPLAY RECAP ******\n', 0);
    expect(message).toBe('site.yml did nothing: none of its plays and tasks is for lab.');
    expect(hint).toContain('hosts: all');
  });

  it('says which task is at work', () => {
    expect(read('TASK [nginx : Install it] ***\nok: [lab]').task).toBe('nginx : Install it');
    expect(read('TASK [One] ***\nRUNNING HANDLER [restart [it]] *****').task).toBe('restart [it]');
  });

  it('a task failed: its name, and what was said of it', () => {
    expect(failureOf(failedTask('non-zero return code'), 2)).toMatchObject({
      code: 'conflict',
      message: 'The task “Check the licence” failed on lab: non-zero return code.',
    });
    const loop =
      'TASK [Copy] ***\nfailed: [lab] (item=a (b)) => {"msg": "No room."}\nfatal: [lab]: FAILED! => {"msg": "All items"}';
    expect(failureOf(loop, 2).message).toContain('“Copy” failed on lab: All items');
    expect(failureOf('TASK [Copy] ***\nfailed: [lab] (item=a) => {"msg": "No room."}', 2).message).toContain(
      'No room.',
    );
    // The beginning of YAML, as a configuration may want it.
    expect(failureOf('TASK [Copy] ***\nfatal: [lab -> localhost]: FAILED! => changed=false ', 2).message).toBe(
      'The task “Copy” failed on lab: changed=false.',
    );
  });

  it('what was ignored is not the cause', () => {
    const text = `TASK [A] ***\nfatal: [lab]: FAILED! => {"msg": "no matter"}\n...ignoring\nTASK [B] ***\nfatal: [lab]: FAILED! => {"msg": "this"}`;
    expect(failureOf(text, 2).message).toBe('The task “B” failed on lab: this.');
  });

  it('sudo wanted a password', () => {
    const missing = failureOf(failedTask('Task failed: Missing sudo password'), 2);
    expect(missing.message).toContain('failed on lab: Missing sudo password.');
    expect(missing.hint).toContain('“Run as root”');
    expect(failureOf(failedTask('Missing sudo password'), 2, { wasAskedForSudo: true }).hint).toContain(
      'See what it said',
    );
  });

  it('the server was not reached, did not let it in, or showed another key', () => {
    const way = 'Failed to connect to the host via ssh: ';
    expect(failureOf(unreachable(`${way}Connection timed out`), 4)).toMatchObject({ code: 'unreachable' });
    const refused = `Task failed: ${way}ubuntu@192.0.2.10: Permission denied (publickey,password).`;
    expect(failureOf(unreachable(refused), 4)).toMatchObject({ code: 'login-rejected' });
    expect(failureOf(unreachable(refused), 4, { login: { kind: 'key', path: '~/k' } }).hint).toContain('ssh-add ~/k');
    expect(failureOf(unreachable(`${way}Host key verification failed.`), 4)).toMatchObject({
      code: 'host-key-changed',
    });
  });

  it.each([
    [
      '[ERROR]: YAML parsing failed: While parsing a flow sequence.\nOrigin: x',
      'YAML parsing failed',
      'Correct the playbook',
    ],
    [
      "[ERROR]: couldn't resolve module/action 'community.docker.x'. This often",
      'community.docker',
      'collection install',
    ],
    ["ERROR! the role 'nginx' was not found in /x/roles", "role 'nginx'", 'role install'],
    [
      '[ERROR]: Invalid vars_files: Attempting to decrypt but no vault secrets found.',
      'vault',
      '--vault-password-file',
    ],
    ['usage: …\nansible-playbook: error: unrecognized arguments: --nonsense', '--nonsense', 'its arguments'],
  ])('it could not be run: %s', (text, words, hint) => {
    const found = failureOf(text, 4);
    expect(found.message).toMatch(/^ansible-playbook could not run site\.yml: /);
    expect(found.message).toContain(words);
    expect(found.hint).toContain(hint);
  });

  it('without a word: its exit code, or the signal', () => {
    expect(failureOf('', 250).message).toBe('ansible-playbook ended with exit code 250.');
    expect(outcomeOf(nothingTold, ended(null, 'KILL'), names)).toMatchObject({
      failure: { message: 'ansible-playbook was ended by signal KILL.' },
    });
  });
});
