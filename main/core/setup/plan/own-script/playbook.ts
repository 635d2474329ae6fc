/** An Ansible playbook of the person's own: one step, run by this machine's ansible-playbook over SSH. */
import type { ServerProfile } from '../../../../shared/server.ts';
import { playbookStepId, type PlannedPlaybook, type PlanRemark } from '../../../../shared/setup/plan.ts';
import type { ScriptPart } from '../../../../shared/setup/stack.ts';
import type { PlaybookLook } from '../../run/playbook/playbook-ports.ts';
import { emptyPart, step, type PlanContext, type PlanPart } from '../component.ts';
import { baseName, mayNotBeRoot } from './paths.ts';
import { playbookGroundwork, playbookLine } from './playbook-command.ts';

/** What a playbook needs to be known of this machine, and of the way to the server. */
export interface PlaybookGround {
  readonly server: Pick<ServerProfile, 'name' | 'address' | 'port' | 'user' | 'login'>;
  readonly look: PlaybookLook;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeys: readonly string[];
  /** The password of its login is kept. */
  readonly hasPassword: boolean;
  /** Its key file wants a passphrase. */
  readonly isKeyLocked: boolean;
}

export interface PlaybookPlan {
  readonly title: string;
  readonly part: PlanPart;
  /** Null: it can't be run, as a remark says. */
  readonly playbook: PlannedPlaybook | null;
}

/** `ground` null: nobody has looked at this machine. */
export function playbookPlan(context: PlanContext, script: ScriptPart, ground: PlaybookGround | null): PlaybookPlan {
  const playbook = ground === null ? null : plannedPlaybook(context, script, ground);
  const name = baseName(script.path);
  const where = ground === null ? '' : `, over SSH as ${ground.server.user}@${ground.server.address}`;
  const folder = playbook === null ? '' : ` It runs in ${playbook.folder}.`;
  return {
    title: `Playbook ${name}`,
    playbook,
    part: {
      ...emptyPart,
      remarks: remarksOn(context, script, ground),
      steps: [
        step(context, {
          id: playbookStepId,
          title: `Run ${name} with ansible-playbook`,
          why: `On this machine${where}: what it changes is the playbook’s own matter, and its exit code is the result.${folder}`,
          needsRoot: script.asRoot,
          define: playbook === null ? '' : playbookGroundwork(playbook),
          apply: playbook === null ? '' : `${passwordNote(playbook)}${playbookLine(playbook)}`,
        }),
      ],
    },
  };
}

const passwordNote = ({ needsLoginPassword, needsSudoPassword }: PlannedPlaybook): string =>
  needsLoginPassword || needsSudoPassword
    ? '# The password files are pipes, read once: nothing of them is on the disk.\n'
    : '';

function plannedPlaybook(
  { facts }: PlanContext,
  { args, env, asRoot }: ScriptPart,
  { server, look, hostKeys, hasPassword }: PlaybookGround,
): PlannedPlaybook | null {
  const { program, playbook, keyFile } = look;
  if (program === null || playbook === null) return null;
  const { name, address, port, user, login } = server;
  // Who is root already becomes nobody else.
  const become = asRoot && facts.sudo.kind !== 'root';
  return {
    program: program.path,
    version: program.version,
    folder: playbook.folder,
    file: playbook.file,
    host: hostName(name),
    address,
    port,
    user,
    login:
      login.kind === 'key'
        ? { kind: 'key', path: keyFile ?? login.path }
        : { kind: login.kind === 'auto' ? 'default' : login.kind },
    needsLoginPassword: login.kind === 'password' || (login.kind === 'auto' && hasPassword && program.takesPasswords),
    hostKeys,
    args,
    env,
    become,
    needsSudoPassword: become && facts.sudo.kind === 'with-password',
  };
}

/** Inventories give blanks, brackets and colons a meaning of their own; `all` and `ungrouped` are groups. */
export function hostName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}._-]/gu, '_');
  return /^(all|ungrouped)$/i.test(plain) ? `${plain}_` : plain;
}

function remarksOn(context: PlanContext, script: ScriptPart, ground: PlaybookGround | null): readonly PlanRemark[] {
  const remarks: PlanRemark[] = [];
  const add = (level: PlanRemark['level'], message: string, hint: string | null = null) => {
    remarks.push({ level, message, hint });
  };
  if (ground?.look.isWindows === true) {
    add('stop', 'Ansible does not run on Windows.', 'Run Mooring inside WSL, or choose a shell or Python script.');
  } else if (ground === null || ground.look.program === null) {
    add(
      'stop',
      'ansible-playbook was not found on this machine.',
      'Install Ansible here, such as with: pipx install ansible-core. Then make the plan again.',
    );
  } else {
    if (ground.look.playbook === null)
      add('stop', `There is no ${script.path} on this machine that can be read.`, 'Check the path.');
    judgeLogin(ground, ground.look.program, add);
  }
  if (mayNotBeRoot(script, context.facts)) {
    add(
      'stop',
      'This account may not become root on the server, so the playbook can’t be run as root.',
      'Switch “Run as root” off, or log in with an account that may use sudo.',
    );
  }
  if (!script.asRoot && context.facts.sudo.kind === 'with-password') {
    add(
      'note',
      'sudo asks for a password on this server: where the playbook uses become, it needs that.',
      'Switch “Run as root” on to be asked for it.',
    );
  }
  if (script.run.length > 0)
    add('warning', '“Run” names scripts of a folder: it is left out for a playbook.', 'Empty it.');
  add(
    'note',
    'Mooring can’t take back what a playbook does: it is not uninstalled, and the server keeps no record of its run.',
  );
  add('note', 'It runs on this machine: stopping Mooring, or letting this machine sleep, breaks it off.');
  return remarks;
}

function judgeLogin(
  { server: { login, name }, hostKeys, isKeyLocked }: PlaybookGround,
  program: NonNullable<PlaybookLook['program']>,
  add: (level: PlanRemark['level'], message: string, hint: string) => void,
): void {
  if (hostKeys.length === 0) {
    add('stop', `The host key of ${name} is not known yet.`, 'Connect it once, and make the plan again.');
  }
  if (login.kind === 'password' && !program.takesPasswords) {
    add(
      'stop',
      `ansible-core ${program.version} logs in by a password only with sshpass, which was not found on this machine.`,
      'Install sshpass, or ansible-core 2.19 or newer. Or let the server log you in by a key.',
    );
  }
  if (login.kind === 'key' && isKeyLocked) {
    add(
      'warning',
      `${login.path} has a passphrase: ansible-playbook can use it through the SSH agent only.`,
      `Unless it is there already, add it first: ssh-add ${login.path}`,
    );
  }
}
