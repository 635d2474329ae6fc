/** `server`: the profiles. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import type { Command } from 'commander';
import { expandHome } from '../../adapters/expand-home.ts';
import type { ForwardDraft } from '../../shared/forward.ts';
import type { Login, ServerDraft } from '../../shared/server.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import { describeServer, loginAddress } from '../../shared/words.ts';
import { quoted } from '../../shared/shell-words.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { findServer } from './find.ts';
import type { Session } from '../control/session.ts';
import { parseAddress, parseForward, parseLogin } from './specs.ts';
import { forwardLines, serverLines } from '../terminal/state-lines.ts';
import { waitAndTell } from './up-down.ts';

interface LoginOptions extends JsonOption {
  readonly key?: string;
  readonly login?: string;
}
interface AddOptions extends LoginOptions {
  readonly forward: readonly string[];
  readonly acceptHostKey?: string;
  readonly up?: boolean;
}

const append = (value: string, before: readonly string[]) => [...before, value];
const acceptHelp = 'trust this key (SHA256:…) without asking, as the server’s owner told you';

export function addServerCommands(program: Command, context: Context): void {
  const server = program.command('server').description('add, change, list and remove servers');

  addCommand(server, 'add <name> <address>', 'add a server: user@host, or user@host:2222')
    .option('--key <file>', 'log in with this key file')
    .option('--login <kind>', 'auto, agent, key or password (default: auto)')
    .option('--forward <spec>', '[BIND:]PORT:HOST:PORT or a preset such as mlflow; may be repeated', append, [])
    .option('--accept-host-key <fingerprint>', acceptHelp)
    .option('--up', 'connect at once and wait')
    .addHelpText(
      'after',
      `
Passwords and passphrases are never given here: Mooring asks for them when the server does.

Examples:
  mooring server add lab-vm ubuntu@192.0.2.10 --forward mlflow --up
  mooring server add gpu me@gpu.example.org:2222 --key ~/.ssh/id_ed25519 --forward 8889:localhost:8888`,
    )
    .action(async (name: string, address: string, options: AddOptions) => {
      const spec = must(parseAddress(address));
      const forwards: ForwardDraft[] = [];
      for (const text of options.forward)
        forwards.push(
          must(
            parseForward(
              text,
              forwards.map((each) => each.label),
            ),
          ),
        );
      const login = must(parseLogin(options.login, options.key, { kind: 'auto' }));
      warnOfKey(context, login);
      const session = await context.core();
      await addServer(context, session, { name, ...spec, login, forwards }, options);
    });

  server
    .command('import')
    .description('add a server from an ssh command line as you would type it')
    .argument('<line...>', 'the ssh line, best in quotes')
    .option('--json', 'print JSON for programs')
    .option('--name <name>', 'what to call it (default: the host)')
    .option('--up', 'connect at once and wait')
    .passThroughOptions()
    .addHelpText(
      'after',
      "\nExample:\n  mooring server import --name lab 'ssh -i ~/.ssh/lab -L 5001:localhost:5000 me@lab'",
    )
    .action(async (words: string[], options: JsonOption & { name?: string; up?: boolean }) => {
      const session = await context.core();
      const { draft, notes } = await session.call('servers.parse-ssh', { line: words.join(' ') });
      for (const note of notes) context.terminal.say(`Note: ${note}`);
      await addServer(context, session, options.name === undefined ? draft : { ...draft, name: options.name }, options);
    });

  addCommand(server, 'edit <server>', 'change a server; what is not named stays')
    .option('--name <name>', 'a new name')
    .option('--address <address>', 'user@host, or user@host:2222')
    .option('--key <file>', 'log in with this key file')
    .option('--login <kind>', 'auto, agent, key or password')
    .option('--accept-host-key <fingerprint>', acceptHelp)
    .action(
      async (typed: string, options: LoginOptions & { name?: string; address?: string; acceptHostKey?: string }) => {
        const session = await context.core();
        const { profile } = findServer(await session.snapshot(), typed);
        const { address, port, user } = options.address === undefined ? profile : must(parseAddress(options.address));
        const login = must(parseLogin(options.login, options.key, profile.login));
        if (options.key !== undefined) warnOfKey(context, login);
        const draft = { name: options.name ?? profile.name, address, port, user, login };
        await session.call('servers.edit', { serverId: profile.id, draft });
        await expectKey(session, profile.id, options.acceptHostKey);
        await tellServer(context, session, profile.id, options);
      },
    );

  addCommand(server, 'show <server>', 'one server with all it has').action(
    async (typed: string, options: JsonOption) => {
      const session = await context.core();
      const view = findServer(await session.snapshot(), typed);
      show(context, options, view, () => detailLines(context, view));
    },
  );

  addCommand(server, 'list', 'all servers, one a line').action(async (options: JsonOption) => {
    const { servers } = await (await context.core()).snapshot();
    show(context, options, servers, () =>
      servers.length === 0 ? ['No servers yet'] : serverLines(context.terminal, servers, Date.now()),
    );
  });

  addCommand(server, 'remove <server>', 'disconnect and forget a server, its kept secrets and its host key')
    .option('--yes', 'do not ask')
    .action(async (typed: string, options: JsonOption & { yes?: boolean }) => {
      const session = await context.core();
      const view = findServer(await session.snapshot(), typed);
      if (!options.yes) await confirmRemoval(context, view);
      await session.call('servers.remove', { serverId: view.profile.id });
      show(context, options, { removed: view.profile.id }, () => [`Removed ${view.profile.name}`]);
    });

  addCommand(server, 'duplicate <server>', 'copy a server; the copy is off')
    .option('--name <name>', 'what to call the copy')
    .action(async (typed: string, options: JsonOption & { name?: string }) => {
      const session = await context.core();
      const original = findServer(await session.snapshot(), typed);
      const { serverId } = await session.call('servers.duplicate', { serverId: original.profile.id });
      if (options.name !== undefined) {
        const { name: _, ...rest } = draftOf(findServer(await session.snapshot(), serverId));
        await session.call('servers.edit', { serverId, draft: { name: options.name, ...rest } });
      }
      await tellServer(context, session, serverId, options);
    });

  addCommand(server, 'move <server> <place>', 'put a server at a place in the list, 1 being the first').action(
    async (typed: string, place: string, options: JsonOption) => {
      if (!/^[1-9]\d{0,5}$/.test(place)) throw wrongUse(`${place} is not a place in the list.`, 'The first is 1.');
      const session = await context.core();
      const snapshot = await session.snapshot();
      const { profile } = findServer(snapshot, typed);
      const index = Math.min(Number(place), snapshot.servers.length) - 1;
      await session.call('servers.move', { serverId: profile.id, index });
      const { servers } = await session.snapshot();
      show(context, options, servers, () => serverLines(context.terminal, servers, Date.now()));
    },
  );

  addCommand(server, 'forget-secrets <server>', 'forget the passwords and passphrases kept for a server').action(
    async (typed: string, options: JsonOption) => {
      const session = await context.core();
      const { profile } = findServer(await session.snapshot(), typed);
      await session.call('servers.forget-secrets', { serverId: profile.id });
      show(context, options, { serverId: profile.id }, () => [`Forgot the secrets of ${profile.name}`]);
    },
  );
}

/** It may come later, with a disk that is plugged in. */
function warnOfKey({ terminal }: Context, login: Login): void {
  if (login.kind !== 'key' || existsSync(expandHome(login.path, homedir()))) return;
  terminal.say(`Note: there is no file ${login.path} yet; the login needs it.`);
}

async function addServer(
  context: Context,
  session: Session,
  draft: ServerDraft,
  options: JsonOption & { readonly acceptHostKey?: string; readonly up?: boolean },
): Promise<void> {
  const { serverId } = await session.call('servers.add', { draft });
  await expectKey(session, serverId, options.acceptHostKey);
  if (options.up) {
    await session.call('wanted.set', { serverId, on: true });
    context.endWith(await waitAndTell(context, session, [serverId], 60_000, options));
    return;
  }
  await tellServer(context, session, serverId, options);
  if (!options.json) context.terminal.say(`Connect it with: mooring up ${quoted(draft.name)}`);
}

async function expectKey(session: Session, serverId: string, fingerprint: string | undefined): Promise<void> {
  if (fingerprint !== undefined) await session.call('host-keys.expect', { serverId, fingerprint });
}

async function confirmRemoval(context: Context, { profile }: ServerView): Promise<void> {
  if (!context.terminal.interactive) throw wrongUse('Removing a server needs a yes.', 'Add --yes');
  const count = profile.forwards.length;
  const question = `Remove ${profile.name} with its ${String(count)} ${count === 1 ? 'forward' : 'forwards'} and kept secrets? Type yes or no: `;
  const typed = await context.terminal.ask(question, { echo: true });
  if (typed?.trim().toLowerCase() === 'yes') return;
  throw new CommandFailure({ code: 'cancelled', message: 'Nothing was removed.' }, exitCodes.failed);
}

async function tellServer(context: Context, session: Session, serverId: string, options: JsonOption): Promise<void> {
  const view = findServer(await session.snapshot(), serverId);
  show(context, options, view, () => [
    ...serverLines(context.terminal, [view], Date.now()),
    ...forwardLines(context.terminal, view, '   ', Date.now()),
  ]);
}

function detailLines(context: Context, view: ServerView): readonly string[] {
  const { profile, secrets } = view;
  const login = profile.login.kind === 'key' ? `key ${profile.login.path}` : profile.login.kind;
  const kept = secrets.map((each) => `${each.kind} (${each.keptIn === 'run' ? 'until Mooring ends' : 'keychain'})`);
  return [
    `Name      ${profile.name}`,
    `Address   ${loginAddress(profile)}`,
    `Login     ${login}`,
    `State     ${describeServer(view, Date.now())}`,
    ...(view.connection.kind === 'up' ? [`Software  ${view.connection.software}, ${view.connection.cipher}`] : []),
    ...(kept.length > 0 ? [`Secrets   ${kept.join(', ')}`] : []),
    `Id        ${profile.id}`,
    '',
    ...forwardLines(context.terminal, view, '', Date.now()),
  ];
}

function draftOf({ profile }: ServerView): Omit<ServerDraft, 'forwards'> {
  const { name, address, port, user, login } = profile;
  return { name, address, port, user, login };
}

/** The value of a reader, or the end of the command as wrong use. */
export function must<T>(reply: { ok: true; value: T } | { ok: false; error: CommandFailure['failure'] }): T {
  if (reply.ok) return reply.value;
  throw new CommandFailure(reply.error, exitCodes.wrongUse);
}
