/**
 * Reads the `ssh …` lines that course pages, clouds and colleagues hand out. Follows OpenSSH's own command line: the
 * first value of an option wins, options may come after the server, and what then follows is a command for the server.
 */
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import type { ForwardDraft } from '../../shared/forward.ts';
import type { Login, SshLine } from '../../shared/server.ts';
import { addressProblem, isIpv4, isIpv6 } from './address.ts';
import { portOf, readForwardSpec } from './forward-spec.ts';
import { isFullPath, keyPathProblem, nameProblem, userProblem } from './rules.ts';
import { listensOn, maxForwards } from './shapes.ts';
import { readSshArguments, type SshArguments } from './ssh-arguments.ts';
import { splitCommands } from './shell-words.ts';

export { parseForwardSpec } from './forward-spec.ts';

/** Longest line that is read, in UTF-16 units. */
export const maxSshLineLength = 8192;

const otherTools = [
  'scp',
  'sftp',
  'rsync',
  'mosh',
  'ssh-keygen',
  'ssh-copy-id',
  'ssh-add',
  'curl',
  'docker',
  'kubectl',
];

/**
 * Reads a pasted line into a server that can be looked over and added. `notes` tell what was left out or changed. The
 * draft passes the rules for servers but for two things, each with a note: `user` is empty if the line names none, and
 * the key's path may lack its folder. Fails with `invalid-argument`; never throws, never runs or expands anything.
 */
export function parseSshLine(line: string): Reply<SshLine> {
  const read = readLine(line);
  if (read.ok) return read;
  return failed({ ...read.error, fields: [{ path: 'line', message: read.error.message }] });
}

function readLine(line: string): Reply<SshLine> {
  if (line.length > maxSshLineLength)
    return refuse('The line is too long', 'Paste one ssh command of at most 8192 characters.');
  const commands = splitCommands(withoutPrompt(line));
  if (!commands.ok) return commands;
  const chosen = choose(commands.value);
  if (!chosen.ok) return chosen;
  const read = readSshArguments(chosen.value.words);
  if (!read.ok) return read;
  if (chosen.value.bare && read.value.hasCommand) return refuse('This is not an ssh command', example);
  const notes = [...chosen.value.notes];
  if (commands.value.length > 1) notes.push('Only the ssh command was read; the other commands were left out');
  return toServer(read.value, notes);
}

const example = 'Paste a line such as: ssh -L 5001:localhost:5000 ubuntu@192.0.2.10';

/** `$ ssh`, `me@laptop:~$ ssh`, `PS C:\Users\me> ssh`, `!ssh` of a notebook. */
function withoutPrompt(line: string): string {
  return line.replace(
    /^[ \t]*(?:(?:PS )?[^\s'"]{0,100}[$%>#❯➜][ \t]+|[$%!][ \t]*)(?=(?:sudo +)?(?:auto)?ssh\b|\S{1,100}@|ssh:)/gm,
    '',
  );
}

interface Chosen {
  readonly words: readonly string[];
  /** Only the server was written, without `ssh` before it. */
  readonly bare: boolean;
  readonly notes: readonly string[];
}

/** The first ssh command; a server alone will do as well. */
function choose(commands: readonly (readonly string[])[]): Reply<Chosen> {
  for (const command of commands) {
    const chosen = sshCommand(command);
    if (chosen) return done(chosen);
  }
  const first = commands[0];
  if (!first) return refuse('There is nothing to read', example);
  const head = first[0] ?? '';
  const tool = baseName(head);
  if (otherTools.includes(tool)) return refuse(`This is a line for ${tool}, not for ssh`, example);
  const bare = head.startsWith('-') ? first.some((word) => word.includes('@')) : looksLikeServer(head);
  return bare ? done({ words: first, bare: true, notes: [] }) : refuse('This is not an ssh command', example);
}

function sshCommand(command: readonly string[]): Chosen | null {
  let words = command;
  while (/^(sudo|nohup|exec|command|time|env|\w+=.*)$/s.test(words[0] ?? '')) words = words.slice(1);
  const tool = baseName(words[0] ?? '');
  if (tool === 'ssh') return { words: words.slice(1), bare: false, notes: [] };
  if (tool === 'autossh') {
    const note = 'autossh is not needed: Mooring keeps the connection up by itself';
    return { words: withoutMonitorPort(words.slice(1)), bare: false, notes: [note] };
  }
  const ssh = words.findIndex((word) => baseName(word) === 'ssh');
  if (tool === 'sshpass' && ssh > 0) {
    const note = 'The password in the line was left out: Mooring asks for it and can keep it in the keychain';
    return { words: words.slice(ssh + 1), bare: false, notes: [note] };
  }
  return null;
}

/** autossh has an `-M port` of its own, where ssh has a flag. */
function withoutMonitorPort(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => /^-M\d*$/.test(word));
  if (at < 0) return words;
  return [...words.slice(0, at), ...words.slice(at + (words[at] === '-M' ? 2 : 1))];
}

/** `/usr/bin/ssh`, `C:\Windows\System32\OpenSSH\ssh.exe` → `ssh`. */
const baseName = (path: string): string => (path.split(/[/\\]/).at(-1) ?? '').toLowerCase().replace(/\.exe$/, '');

function looksLikeServer(word: string): boolean {
  if (word.startsWith('ssh://') || isIpv4(word) || isIpv6(word)) return true;
  return /^[^\s@/]+@[^\s@/]+$/.test(word) || /^[\w-]+(\.[\w-]+)+(:\d+)?$/.test(word);
}

function toServer(read: SshArguments, notes: string[]): Reply<SshLine> {
  notes.push(...read.notes);
  const address = read.hostName ?? read.host;
  if (address === null) return refuse('The line names no server', example);
  if (/[$`]/.test(address))
    return refuse('The address has a shell variable in it', 'Put the real address in its place.');
  const problem = addressProblem('Address', address);
  if (problem !== null) return refuse(problem, example);
  const port = read.port === null ? 22 : portOf(read.port);
  if (port === null) return refuse('Port must be a whole number from 1 to 65535', 'Correct the port and try again.');
  const user = read.user ?? '';
  const userTrouble = user === '' ? null : userProblem(user);
  if (userTrouble !== null) return refuse(userTrouble, 'Correct the user and try again.');
  if (user === '') notes.push('Fill in the user: the line does not say whom to log in as');
  if (read.hostName === null) notes.push(...aliasNotes(address));
  const login = loginOf(read, notes);
  if (!login.ok) return login;
  const forwards = forwardsOf(read.forwardSpecs, notes);
  if (!forwards.ok) return forwards;
  if (read.hasCommand) notes.push('The command for the server is not run and was left out');
  const name = nameOf(read.host ?? address, address);
  const draft = { name, address, port, user, login: login.value, forwards: forwards.value };
  return done({ draft, notes: [...new Set(notes)] });
}

function aliasNotes(address: string): readonly string[] {
  if (/^[A-Z]+(_[A-Z]+)+$/.test(address))
    return [`“${address}” looks like a placeholder: fill in the server’s address`];
  if (/[.:]/.test(address) || address.toLowerCase() === 'localhost') return [];
  return [`If “${address}” is a name from your ~/.ssh/config, fill in the server’s address: that file is not read yet`];
}

/** The first part of a host name, or an address whole. */
function nameOf(host: string, address: string): string {
  const name = isIpv4(host) || isIpv6(host) ? host : (host.split('.')[0] ?? '');
  if (nameProblem(name) === null) return name;
  const short = [...address].slice(0, 64).join('');
  return nameProblem(short) === null ? short : 'server';
}

function loginOf(read: SshArguments, notes: string[]): Reply<Login> {
  const [first, ...others] = read.keyPaths.map(fromHome);
  if (others.some((each) => each !== first)) notes.push('Only the first key file was taken; the others were left out');
  if (first === undefined) return done(read.passwordOnly ? { kind: 'password' } : { kind: 'auto' });
  const problem = isFullPath(first) || first === '' ? keyPathProblem(first) : keyPathProblem(`/${first}`);
  if (problem !== null) return refuse(problem, 'Correct the path after -i and try again.');
  if (!isFullPath(first)) notes.push('Choose the key file: the line gives its path without the folder it starts from');
  return done({ kind: 'key', path: first });
}

const fromHome = (path: string): string =>
  path.trim().replace(/^(\$HOME|\$\{HOME\}|%d|\$env:USERPROFILE|%USERPROFILE%)(?=[/\\])/i, '~');

function forwardsOf(specs: readonly string[], notes: string[]): Reply<readonly ForwardDraft[]> {
  const forwards: ForwardDraft[] = [];
  const taken = new Set<string>();
  for (const spec of specs) {
    if (isSocketSpec(spec)) {
      notes.push('Forwards of socket files are not supported yet and were left out');
      continue;
    }
    const read = readForwardSpec(spec);
    if (!read.ok) return read;
    const { bindAddress, draft } = read.value;
    if (listensOn(draft).some((place) => taken.has(place))) {
      notes.push(`Local port ${String(draft.bind.port)} is forwarded twice; only the first was taken`);
    } else if (forwards.length >= maxForwards) {
      notes.push(`Only the first ${String(maxForwards)} forwards were taken`);
    } else {
      if (bindAddress !== '' && bindAddress !== draft.bind.address) {
        notes.push(
          `Local port ${String(draft.bind.port)} listens on 127.0.0.1 alone, not on other addresses as in the line`,
        );
      }
      listensOn(draft).forEach((place) => taken.add(place));
      forwards.push({ ...draft, label: freeLabel(draft.label, forwards) });
    }
  }
  return done(forwards);
}

/** A part that is a path: `5001:/run/app.sock`, `/tmp/app.sock:localhost:80`. */
const isSocketSpec = (spec: string): boolean => /(^|:)[/~]/.test(spec.trim());

/** `MLflow`, `MLflow 2`, `MLflow 3` … */
function freeLabel(label: string, forwards: readonly ForwardDraft[]): string {
  const isFree = (wanted: string) => forwards.every((each) => each.label.toLowerCase() !== wanted.toLowerCase());
  let free = label;
  for (let count = 2; !isFree(free); count += 1) free = `${label} ${String(count)}`;
  return free;
}

const refuse = (message: string, hint: string) => failed(failure('invalid-argument', message, { hint }));
