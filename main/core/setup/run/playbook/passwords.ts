/** The passwords that a playbook needs: of its login as Mooring keeps it, of sudo as a person gives it. */
import { done, failed, failure, type Reply } from '../../../../shared/failure.ts';
import type { PromptBody } from '../../../../shared/prompt.ts';
import type { ServerProfile } from '../../../../shared/server.ts';
import type { PlannedPlaybook } from '../../../../shared/setup/plan.ts';
import type { Prompts } from '../../../prompts.ts';
import type { RemoteCommands } from '../../../remote/remote-commands.ts';
import { loginPurpose, type Secrets } from '../../../secrets.ts';

const checkLimitMs = 60_000;
const sudoTries = 3;

export interface PasswordsWanted {
  readonly server: ServerProfile;
  readonly playbook: PlannedPlaybook;
  /** sudo there wants a terminal, so that it can't be asked beforehand. */
  readonly needsTerminal: boolean;
  readonly connectionId: () => string | null;
  /** The open question. */
  readonly asking: (promptId: string | null) => void;
}

export interface PasswordDeps {
  readonly prompts: Prompts;
  readonly secrets: Secrets;
  readonly commands: RemoteCommands;
}

export interface Passwords {
  readonly login: string | null;
  readonly sudo: string | null;
}

/** Null where none is needed. Fails with `cancelled` when a question was cancelled. */
export async function gatherPasswords(wanted: PasswordsWanted, deps: PasswordDeps): Promise<Reply<Passwords>> {
  const login = await loginPassword(wanted, deps);
  if (!login.ok) return login;
  const sudo = await sudoPassword(wanted, deps);
  return sudo.ok ? done({ login: login.value, sudo: sudo.value }) : sudo;
}

async function loginPassword(wanted: PasswordsWanted, deps: PasswordDeps): Promise<Reply<string | null>> {
  const { server, playbook } = wanted;
  if (!playbook.needsLoginPassword) return done(null);
  const kept = await deps.secrets.get(server.id, 'password', loginPurpose(server));
  if (!kept.ok) return kept;
  const { user, address: host } = server;
  const given = kept.value === null ? await ask(wanted, deps, { kind: 'password', user, host, wasWrong: false }) : null;
  if (given !== null && !given.ok) return given;
  return usable(given?.value ?? kept.value ?? '');
}

/** Asked of sudo itself first: a wrong one is asked for again before anything has begun. */
async function sudoPassword(wanted: PasswordsWanted, deps: PasswordDeps): Promise<Reply<string | null>> {
  const { server, playbook, needsTerminal } = wanted;
  if (!playbook.needsSudoPassword) return done(null);
  const { user, address: host } = server;
  for (let attempt = 1; ; attempt += 1) {
    const given = await ask(wanted, deps, { kind: 'sudo-password', user, host, wasWrong: attempt > 1 });
    const password = given.ok ? usable(given.value) : given;
    if (!password.ok || needsTerminal) return password;
    const input = `${password.value}\n`;
    const ran = await deps.commands.run(wanted.connectionId(), { script: sudoCheck, input, timeoutMs: checkLimitMs })
      .done;
    if (!ran.ok) return ran;
    if (/^sudo-right$/m.test(ran.value.stdout)) return password;
    const refused = /^sudo-refused (.*)$/m.exec(ran.value.stdout)?.[1];
    if (refused !== undefined) {
      return failed(
        failure('not-allowed', `${user} may not use sudo on ${host}.`, {
          hint: 'Switch “Run as root” off, or use another account.',
          detail: refused.slice(0, 300),
        }),
      );
    }
    if (attempt === sudoTries) {
      return failed(
        failure('login-rejected', `sudo on ${host} did not accept the password of ${user}.`, {
          hint: 'Nothing was changed. Try again with the right password.',
        }),
      );
    }
  }
}

/** -k: asked in any case, with no other login’s yes in the way. */
const sudoCheck = String.raw`
IFS= read -r password
trouble=$(printf '%s\n' "$password" | LC_ALL=C sudo -k -S -p '' /bin/sh -c : 2>&1) && echo sudo-right || {
  case $trouble in
  *'not allowed'* | *'not in the sudoers'*) echo "sudo-refused $(printf '%s' "$trouble" | tail -n 1)" ;;
  *) echo sudo-wrong ;;
  esac
}
`;

async function ask(
  { server, asking }: PasswordsWanted,
  { prompts }: PasswordDeps,
  body: Extract<PromptBody, { kind: 'password' | 'sudo-password' }>,
): Promise<Reply<string>> {
  const { id, answer } = prompts.ask(server.id, body);
  asking(id);
  const given = await answer;
  asking(null);
  if (given?.kind === 'secret') return done(given.secret);
  return failed(failure('cancelled', 'Nothing was changed: the password was not given.'));
}

/** Ansible reads the first line of a password file, and cuts blanks off its ends. */
function usable(password: string): Reply<string> {
  if (password !== '' && password.trim() === password && !/[\n\r\0]/.test(password)) return done(password);
  return failed(
    failure('invalid-argument', 'Ansible takes no password that is empty, has line ends, or blanks at its ends.', {
      hint: 'Run the playbook by hand, or give the account another password.',
    }),
  );
}
