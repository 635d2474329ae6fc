/** `keys`: keys to log in with, on this machine and on servers. */
import { homedir } from 'node:os';
import { sep } from 'node:path';
import type { Command } from 'commander';
import { failure, type Reply } from '../../shared/failure.ts';
import { describeKey, type FoundKey, type InstalledKey } from '../../shared/keys.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { quotedPath } from '../../shared/shell-words.ts';
import { loginAddress } from '../../shared/words.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure, exitCodeFor, wrongUse } from '../exit-codes.ts';
import { promptLine } from '../terminal/prompt-words.ts';
import { tableLines } from '../terminal/text-table.ts';
import { cancelled, needsYou } from './asking.ts';
import { connectedServer } from './connected.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { must } from './server.ts';
import { parseLogin } from './specs.ts';
import { watchServer } from './watch-server.ts';

interface MakeOptions extends JsonOption {
  readonly stdin?: boolean;
  readonly passphrase: boolean;
  readonly remember?: boolean;
}
interface InstallOptions extends JsonOption {
  readonly key?: string;
  readonly use: boolean;
}

export function addKeysCommands(program: Command, context: Context): void {
  const keys = program.command('keys').description('keys to log in with: find, make, put on a server');

  addCommand(keys, 'list', 'the private keys in ~/.ssh that Mooring can use').action(async (options: JsonOption) => {
    const { keys: found } = await (await context.core()).call('keys.list', {});
    show(context, options, found, () =>
      found.length === 0
        ? ['No keys in ~/.ssh yet. Make one with: mooring keys make']
        : tableLines(
            found.map((each) => [each.path, describeKey(each), each.fingerprint ?? '']),
            '',
            context.terminal.columns,
          ),
    );
  });

  addCommand(keys, 'make [name]', 'make an Ed25519 key in ~/.ssh; nothing is overwritten')
    .option('--no-passphrase', 'do not ask for a passphrase')
    .option('--stdin', 'read the passphrase from standard input')
    .option('--remember', 'keep the passphrase in the keychain with the first server that the key opens')
    .addHelpText(
      'after',
      `
Without a name it is id_ed25519, or mooring_ed25519 where that is taken. A passphrase is asked for at the terminal.

Examples:
  mooring keys make
  mooring keys make lab_ed25519 --no-passphrase`,
    )
    .action(async (name: string | undefined, options: MakeOptions) => {
      const passphrase = await passphraseFor(context, options);
      const session = await context.core();
      const made = await session.call('keys.make', {
        ...(name === undefined ? {} : { name }),
        ...(passphrase === '' ? {} : { passphrase, remember: options.remember === true }),
      });
      show(context, options, made, () => [`${made.path}  ${made.fingerprint}`, made.publicLine]);
      if (!options.json) {
        const which = ` --key ${quotedPath(made.path)}`;
        context.terminal.say(`Put it on a server with: mooring keys install SERVER${which}`);
      }
    });

  addCommand(keys, 'install <server>', 'put a key on a server and log in with it from then on')
    .option('--key <file>', 'which key (default: the login’s own, or the only one there is)')
    .option('--no-use', 'leave the server’s login as it is')
    .addHelpText(
      'after',
      `
The public half goes into ~/.ssh/authorized_keys of the account on the server, once. A second login with the key alone
must go well; else it is taken off again and the login stays.

Examples:
  mooring keys install lab-vm
  mooring keys install lab-vm --key ~/.ssh/lab_ed25519`,
    )
    .action(async (typed: string, options: InstallOptions) => {
      const session = await context.core();
      const { profile } = await connectedServer(context, session, typed);
      const path = options.key === undefined ? await onlyKey(session, profile) : keyPath(options.key);
      const installed = await install(context, session, profile, path, options.use);
      show(context, options, installed, () => installedLines(profile, path, installed));
    });
}

/** Empty: none. */
async function passphraseFor({ terminal }: Context, options: MakeOptions): Promise<string> {
  if (options.stdin) {
    if (!options.passphrase) throw wrongUse('--stdin does not go with --no-passphrase.', 'Leave one out.');
    const lines = (await terminal.readAll()).replace(/\r?\n$/, '').split(/\r?\n/);
    if (lines.length > 1) throw wrongUse('Standard input has more than one line.');
    if (lines[0] === '') throw wrongUse('Standard input was empty.');
    return lines[0] ?? '';
  }
  if (!options.passphrase) return '';
  if (!terminal.interactive) {
    throw wrongUse(
      'Nobody sits at this terminal to be asked for a passphrase.',
      'Give it with --stdin, or make a key that anybody who has its file can use: --no-passphrase',
      'needs-you',
    );
  }
  for (;;) {
    const first = await terminal.ask('Passphrase for the new key (empty: none): ', { echo: false });
    if (first === null) throw cancelled('No key was made.');
    if (first === '') return '';
    const second = await terminal.ask('The same once more: ', { echo: false });
    if (second === null) throw cancelled('No key was made.');
    if (first === second) return first;
    terminal.say('These two were not the same.');
  }
}

/** Keys at home are called as `keys list` and the window call them, however the shell has written it. */
function keyPath(typed: string): string {
  const login = must(parseLogin('key', typed, { kind: 'auto' }));
  const path = login.kind === 'key' ? login.path : typed;
  const home = homedir() + sep;
  return path.startsWith(home) ? `~/${path.slice(home.length).replaceAll(sep, '/')}` : path;
}

async function onlyKey(session: Session, { login }: ServerProfile): Promise<string> {
  if (login.kind === 'key') return login.path;
  const { keys } = await session.call('keys.list', {});
  const [only, ...others] = keys;
  if (only === undefined)
    throw wrongUse('There is no key in ~/.ssh yet.', 'Make one with: mooring keys make', 'not-found');
  if (others.length > 0) throw wrongUse('There are several keys.', `Say which: ${keys.map(option).join(', ')}`);
  return only.path;
}

const option = ({ path }: FoundKey) => `--key ${quotedPath(path)}`;

/** Asks at the terminal what opening the key needs. */
async function install(
  context: Context,
  session: Session,
  { id: serverId, name }: ServerProfile,
  path: string,
  useIt: boolean,
): Promise<InstalledKey> {
  const { terminal } = context;
  let reply: Reply<InstalledKey> | null = null;
  void session.client.call('keys.install', { serverId, path, useIt }).then((answer) => (reply = answer));
  terminal.progress(`Putting ${path} on ${name} and logging in with it …`);
  const watched = await watchServer<Reply<InstalledKey>>(context, session, serverId, {
    look: () => Promise.resolve(reply),
    stop() {
      terminal.say('Mooring brings it to its end by itself. Ctrl-C again leaves.');
      return Promise.resolve();
    },
  });
  switch (watched.kind) {
    case 'ended':
      if (!watched.value.ok) throw new CommandFailure(watched.value.error, exitCodeFor(watched.value.error));
      return watched.value.value;
    case 'needs-you':
      throw needsYou(`${name} needs you. ${promptLine(watched.prompt)}`, watched.prompt);
    case 'left':
      throw cancelled('It goes on without you.');
    case 'gone':
      throw new CommandFailure(failure('unreachable', 'Mooring ended meanwhile, or the server was removed.'));
    default:
      return watched satisfies never;
  }
}

function installedLines(profile: ServerProfile, path: string, { added, used, notes }: InstalledKey): readonly string[] {
  const where = loginAddress(profile);
  return [
    ...(added ? [`${path} is on ${where} now.`] : []),
    ...notes,
    `A login with this key alone went well.${used ? ` ${profile.name} uses it from now on.` : ''}`,
  ];
}
