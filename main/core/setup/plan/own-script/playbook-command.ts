/** The command of a playbook, as Mooring runs it and as a script to be run by hand. Pure; holds no secrets. */
import type { PlannedPlaybook } from '../../../../shared/setup/plan.ts';
import { quoted, words } from '../../../../shared/shell-words.ts';
import type { PlaybookCommand } from '../../run/playbook/playbook-ports.ts';

/** Pipes in the private folder, each read once. */
export const passwordPipes = { login: 'login-password', sudo: 'sudo-password' } as const;

const inventoryFile = 'inventory.json';
const knownHostsFile = 'known_hosts';

/** `privateDir`: where its files lie. `asks`: it asks for passwords at a terminal, since nobody hands them over. */
export function playbookCommand(playbook: PlannedPlaybook, privateDir: string, asks = false): PlaybookCommand {
  const { program, file, args, become, needsSudoPassword, needsLoginPassword } = playbook;
  const pipe = (option: string, name: string) => [option, `${privateDir}/${name}`];
  return {
    words: [
      program,
      '--inventory',
      `${privateDir}/${inventoryFile}`,
      ...(needsLoginPassword ? (asks ? ['--ask-pass'] : pipe('--connection-password-file', passwordPipes.login)) : []),
      ...(become ? ['--become'] : []),
      ...(needsSudoPassword ? (asks ? ['--ask-become-pass'] : pipe('--become-password-file', passwordPipes.sudo)) : []),
      // A name that begins with a dash is no option.
      file.startsWith('-') ? `./${file}` : file,
      ...args,
    ],
    env: environment(playbook, privateDir),
    files: { [inventoryFile]: inventory(playbook), [knownHostsFile]: knownHosts(playbook) },
  };
}

/** What the person wrote comes over what is usual, and under what makes the connection the profile's. */
function environment({ env, login }: PlannedPlaybook, privateDir: string): Readonly<Record<string, string>> {
  const own = env.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)] as const);
  const options = [
    `UserKnownHostsFile="${privateDir.replaceAll('%', '%%')}/${knownHostsFile}"`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    ...loginOptions(login.kind),
    // One connection for all tasks. It is ended with the run; should nobody live to do that, by itself.
    'ControlMaster=auto',
    'ControlPersist=60s',
  ];
  return {
    // Recap and failures are read from what it prints.
    ANSIBLE_STDOUT_CALLBACK: 'default',
    ANSIBLE_NOCOWS: '1',
    ANSIBLE_RETRY_FILES_ENABLED: '0',
    PYTHONUNBUFFERED: '1',
    // A window that asks for a passphrase would stay behind others.
    SSH_ASKPASS_REQUIRE: 'never',
    ...Object.fromEntries(own),
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_FORCE_COLOR: '0',
    // An ansible.cfg beside the playbook may say otherwise.
    ANSIBLE_HOST_KEY_CHECKING: 'True',
    ANSIBLE_TRANSPORT: 'ssh',
    ANSIBLE_SSH_CONTROL_PATH_DIR: privateDir,
    ANSIBLE_SSH_ARGS: words('-F', 'none', ...options.flatMap((each) => ['-o', each])),
  };
}

function loginOptions(kind: PlannedPlaybook['login']['kind']): readonly string[] {
  switch (kind) {
    case 'default':
      return [];
    case 'agent':
      return ['IdentityFile=none'];
    case 'key':
      return ['IdentitiesOnly=yes'];
    case 'password':
      return ['PubkeyAuthentication=no'];
    default:
      return kind satisfies never;
  }
}

function inventory({ host, address, port, user, login }: PlannedPlaybook): string {
  const vars = {
    ansible_host: address,
    ansible_port: port,
    ansible_user: user,
    ...(login.kind === 'key' && { ansible_ssh_private_key_file: login.path }),
  };
  return `${JSON.stringify({ all: { hosts: { [host]: vars } } }, null, 2)}\n`;
}

function knownHosts({ address, port, hostKeys }: PlannedPlaybook): string {
  const place = port === 22 ? address.toLowerCase() : `[${address.toLowerCase()}]:${String(port)}`;
  return hostKeys.map((each) => `${place} ${each}\n`).join('');
}

/** Stands for the private folder until a shell makes one. */
const folderMark = '@@mooring-private@@';

function shellWord(text: string): string {
  const word = quoted(text);
  return word.replaceAll(folderMark, word.startsWith("'") ? `'"$private"'` : '"$private"');
}

/** Makes its files in `$private` and goes where it runs. */
export function playbookGroundwork(playbook: PlannedPlaybook): string {
  const { env, files } = playbookCommand(playbook, folderMark);
  return [
    '# $private is a folder for this run and this user alone; it goes at the end.',
    ...Object.entries(files).map(([name, text]) => `cat >"$private/${name}" <<'END'\n${text.trimEnd()}\nEND`),
    `cd ${quoted(playbook.folder)}`,
    ...Object.entries(env).map(([name, value]) => `export ${name}=${shellWord(value)}`),
  ].join('\n');
}

export const playbookLine = (playbook: PlannedPlaybook, asks = false): string =>
  playbookCommand(playbook, folderMark, asks).words.map(shellWord).join(' ');

/** To be run by hand on this machine; passwords are asked for by ansible-playbook itself. */
export const playbookScript = (title: string, playbook: PlannedPlaybook): string =>
  [
    '#!/bin/sh',
    `# ${title.replace(/\s+/g, ' ')}. Made by Mooring, to be run on the machine that has the playbook, not on the server.`,
    'set -eu',
    'umask 077',
    'private=$(mktemp -d)',
    'trap \'rm -rf "$private"\' EXIT',
    "trap 'exit 130' INT TERM",
    playbookGroundwork(playbook),
    playbookLine(playbook, true),
    '',
  ].join('\n');
