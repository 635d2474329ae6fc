/** Servers and forwards by the names people type. */
import { failure } from '../../shared/failure.ts';
import type { Forward } from '../../shared/forward.ts';
import type { Prompt } from '../../shared/prompt.ts';
import { quoted } from '../../shared/shell-words.ts';
import type { ServerView, Snapshot } from '../../shared/snapshot.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { suggest } from '../terminal/near-names.ts';

export interface Target {
  readonly server: ServerView;
  /** Null: the server as a whole. */
  readonly forward: Forward | null;
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function unknown(message: string, hint: string): CommandFailure {
  return new CommandFailure(failure('not-found', message, { hint }), exitCodes.wrongUse);
}

function serverOrNull(snapshot: Snapshot, typed: string): ServerView | null {
  const { servers } = snapshot;
  return (
    servers.find(({ profile }) => profile.id === typed || profile.name === typed) ??
    servers.find(({ profile }) => same(profile.name, typed)) ??
    null
  );
}

/** By name (letter case does not matter) or id. */
export function findServer(snapshot: Snapshot, typed: string): ServerView {
  const found = serverOrNull(snapshot, typed);
  if (found) return found;
  const names = snapshot.servers.map(({ profile }) => profile.name);
  throw unknown(
    `There is no server called ${typed}.`,
    suggest(typed, names, 'Add one with: mooring server add NAME user@host'),
  );
}

/** By label (letter case does not matter), id, local port, or what answers there (`mlflow`) where that is one alone. */
function findForward(server: ServerView, typed: string): Forward {
  const { name, forwards } = server.profile;
  const byPort = forwards.filter((each) => String(each.bind.port) === typed);
  const byService = forwards.filter((each) => same(each.service, typed));
  const found =
    forwards.find((each) => each.id === typed || each.label === typed) ??
    forwards.find((each) => same(each.label, typed)) ??
    (byPort.length === 1 ? byPort[0] : undefined) ??
    (byService.length === 1 ? byService[0] : undefined);
  if (found) return found;
  if (byPort.length > 1) {
    throw unknown(`Several forwards of ${name} have local port ${typed}.`, 'Name the one you mean by its label.');
  }
  const labels = forwards.map((each) => each.label);
  throw unknown(
    `${name} has no forward called ${typed}.`,
    suggest(typed, labels, `Add one with: mooring forward add ${quoted(name)} mlflow`),
  );
}

/** `SERVER` or `SERVER/FORWARD`; a name may have slashes of its own. */
export function findTarget(snapshot: Snapshot, typed: string): Target {
  const whole = serverOrNull(snapshot, typed);
  if (whole) return { server: whole, forward: null };
  for (let slash = typed.indexOf('/'); slash >= 0; slash = typed.indexOf('/', slash + 1)) {
    const server = serverOrNull(snapshot, typed.slice(0, slash));
    if (server) return { server, forward: findForward(server, typed.slice(slash + 1)) };
  }
  const slash = typed.indexOf('/');
  return { server: findServer(snapshot, slash < 0 ? typed : typed.slice(0, slash)), forward: null };
}

/** As `findTarget`, for commands that mean one forward. */
export function findOneForward(snapshot: Snapshot, typed: string): { server: ServerView; forward: Forward } {
  const { server, forward } = findTarget(snapshot, typed);
  if (forward) return { server, forward };
  const only = server.profile.forwards.length === 1 ? server.profile.forwards[0] : undefined;
  if (only) return { server, forward: only };
  throw wrongUse(
    `Say which forward of ${server.profile.name}, as in ${server.profile.name}/MLflow.`,
    suggest(
      '',
      server.profile.forwards.map((each) => each.label),
      'It has none yet.',
    ),
  );
}

/** By id, the beginning of an id, or the name of the server that asks. */
export function findPrompt(snapshot: Snapshot, typed: string): Prompt {
  const exact = snapshot.prompts.find((each) => each.id === typed);
  if (exact) return exact;
  const server = serverOrNull(snapshot, typed);
  const fitting = snapshot.prompts.filter((each) => each.serverId === server?.profile.id || each.id.startsWith(typed));
  const [only] = fitting;
  if (only && fitting.length === 1) return only;
  if (only) throw unknown(`Several questions fit ${typed}.`, 'Give more of the id; see: mooring prompts');
  if (server) throw unknown(`${server.profile.name} asks nothing now.`, 'See all questions: mooring prompts');
  throw unknown(`There is no question ${typed}.`, 'It may have been answered already; see: mooring prompts');
}
