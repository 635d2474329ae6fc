/** What ansible-playbook prints, line by line, to what a person is told. Pure. */
import { failure, type Failure } from '../../../../shared/failure.ts';
import type { PlannedPlaybook } from '../../../../shared/setup/plan.ts';

export interface HostRecap {
  readonly ok: number;
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
}

export interface PlaybookTold {
  /** The task that was begun last. */
  readonly task: string | null;
  /** The task that failed last, and what was said of it. */
  readonly failed: { readonly task: string | null; readonly message: string } | null;
  readonly unreachable: string | null;
  /** What Ansible itself found wrong. */
  readonly error: string | null;
  /** Null: it came to none. */
  readonly recap: readonly HostRecap[] | null;
}

export const nothingTold: PlaybookTold = { task: null, failed: null, unreachable: null, error: null, recap: null };

export function readLine(told: PlaybookTold, line: string): PlaybookTold {
  const task = /^(?:TASK|RUNNING HANDLER) \[(.*)\] \**$/.exec(line)?.[1];
  if (task !== undefined) return { ...told, task };
  if (/^PLAY RECAP \**$/.test(line)) return { ...told, recap: [] };
  if (told.recap !== null) {
    const host = parseRecap(line);
    return host ? { ...told, recap: [...told.recap, host] } : told;
  }
  const unreachable = /^fatal: \[[^\]]*\]: UNREACHABLE! => (.*)$/.exec(line)?.[1];
  if (unreachable !== undefined) return { ...told, unreachable: told.unreachable ?? messageIn(unreachable) };
  // The second sort is one turn of a loop.
  const failed = /^(?:fatal: \[[^\]]*\]: FAILED!|failed: \[[^\]]*\] \(.*?\)) => (.*)$/.exec(line)?.[1];
  if (failed !== undefined) return { ...told, failed: { task: told.task, message: messageIn(failed) } };
  // It went on all the same.
  if (line === '...ignoring') return { ...told, failed: null, error: null };
  const error = /^(?:\[ERROR\]:|ERROR!|ansible-playbook: error:)\s*(.*)$/.exec(line)?.[1];
  return error !== undefined && told.error === null ? { ...told, error } : told;
}

/** `lab : ok=3 changed=1 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0` */
function parseRecap(line: string): HostRecap | null {
  const count = (name: string) => Number(new RegExp(`\\s${name}=(\\d+)`).exec(line)?.[1] ?? Number.NaN);
  const recap = {
    ok: count('ok'),
    changed: count('changed'),
    unreachable: count('unreachable'),
    failed: count('failed'),
  };
  return Object.values(recap).some(Number.isNaN) ? null : recap;
}

/** The `msg` of a result, which is JSON in one line or the beginning of YAML. */
function messageIn(result: string): string {
  try {
    const value: unknown = JSON.parse(result);
    const { msg } = value as { msg?: unknown };
    if (typeof msg === 'string') return msg;
  } catch {
    // Shown as it came.
  }
  return result;
}

export interface PlaybookEnd {
  readonly exitCode: number | null;
  /** Without `SIG`. */
  readonly signal: string | null;
}

export type PlaybookOutcome =
  | { readonly kind: 'ok' | 'changed'; readonly words: string | null }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** For the words. */
export interface PlaybookNames {
  /** `site.yml` */
  readonly file: string;
  readonly host: string;
  /** `ubuntu@10.0.0.5` */
  readonly account: string;
  readonly login: PlannedPlaybook['login'];
  readonly wasAskedForSudo: boolean;
}

export function outcomeOf(told: PlaybookTold, end: PlaybookEnd, names: PlaybookNames): PlaybookOutcome {
  if (end.exitCode !== 0) return { kind: 'failed', failure: causeOf(told, end, names) };
  const { recap } = told;
  // Of another callback than the usual one nothing is known.
  if (recap === null) return { kind: 'changed', words: null };
  if (recap.length === 0) {
    return {
      kind: 'failed',
      failure: failure('conflict', `${names.file} did nothing: none of its plays and tasks is for ${names.host}.`, {
        hint: `Its plays need “hosts: all”, or “hosts: ${names.host}”; see also the tags among its arguments.`,
      }),
    };
  }
  const sum = (name: keyof HostRecap) => recap.reduce((all, each) => all + each[name], 0);
  const words = `${String(sum('ok'))} ok, ${String(sum('changed'))} changed`;
  return { kind: sum('changed') === 0 ? 'ok' : 'changed', words };
}

function causeOf(told: PlaybookTold, { exitCode, signal }: PlaybookEnd, names: PlaybookNames): Failure {
  const { failed, unreachable, error } = told;
  if (unreachable !== null) return unreachableCause(unreachable, names);
  if (failed !== null) {
    const task = failed.task === null ? 'A task' : `The task “${failed.task}”`;
    return failure('conflict', `${task} failed on ${names.host}: ${shortened(failed.message)}.`, {
      hint: hintFor(failed.message, names) ?? 'See what it said, mend the cause, and run the playbook again.',
    });
  }
  const said = error === null || error === '' ? null : shortened(error);
  if (said !== null) {
    return failure('conflict', `ansible-playbook could not run ${names.file}: ${said}.`, {
      hint: hintFor(said, names) ?? 'Correct the playbook or its arguments, and try again.',
    });
  }
  return signal === null
    ? failure('conflict', `ansible-playbook ended with exit code ${String(exitCode)}.`, { hint: 'See what it said.' })
    : failure('conflict', `ansible-playbook was ended by signal ${signal}.`, { hint: 'Run it again.' });
}

function unreachableCause(said: string, { host, account, login }: PlaybookNames): Failure {
  if (/permission denied|authentication fail/i.test(said)) {
    return failure('login-rejected', `${host} did not let ansible-playbook in as ${account}: ${shortened(said)}.`, {
      hint: loginHint(login),
    });
  }
  if (/host key verification failed|identification has changed/i.test(said)) {
    return failure('host-key-changed', `${host} showed OpenSSH another host key than the one that Mooring trusts.`, {
      hint: 'Connect the server anew in Mooring, and compare the key that it shows.',
    });
  }
  return failure('unreachable', `ansible-playbook could not reach ${host}: ${shortened(said)}.`, {
    hint: 'Look whether the server answers, and run the playbook again.',
  });
}

function loginHint(login: PlannedPlaybook['login']): string {
  switch (login.kind) {
    case 'key':
      return `A key with a passphrase is used through the SSH agent only. Add it there: ssh-add ${login.path}`;
    case 'agent':
      return 'Look which keys the SSH agent has: ssh-add -l. Mooring’s own connection may be older than the agent.';
    case 'password':
      return 'It was given the password that Mooring has. Where the server wants more than that, log in by a key.';
    case 'default':
      return 'It has the SSH agent, the usual keys in ~/.ssh, and the password, if Mooring keeps one. A key with a passphrase has to be in the agent: ssh-add';
    default:
      return login satisfies never;
  }
}

function hintFor(said: string, { wasAskedForSudo }: PlaybookNames): string | null {
  if (/missing sudo password/i.test(said)) {
    return wasAskedForSudo ? null : 'Switch “Run as root” on: then sudo’s password is asked for.';
  }
  if (/couldn't resolve module|no module named .ansible_collections/i.test(said)) {
    return 'Install the collection that it comes from, on this machine: ansible-galaxy collection install NAME';
  }
  if (/the role .* was not found/i.test(said)) {
    return 'Put the role into roles/ beside the playbook, or install it: ansible-galaxy role install NAME';
  }
  if (/no vault secrets|vault password/i.test(said)) {
    return 'Nobody is there to type it: add --vault-password-file FILE to the arguments.';
  }
  if (/sshpass/i.test(said)) return 'Install sshpass on this machine, or ansible-core 2.19 or newer.';
  return null;
}

const longestCause = 300;
/** One line, without its full stop and what Ansible puts before each cause. */
const shortened = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^(Task failed: )+/, '')
    .slice(0, longestCause)
    .replace(/\.$/, '');
