/** The words of the desktop notifications: one for one, a summary for several. Pure. */
import type { WindowView } from '../../shared/desktop.ts';
import { failureText } from '../../shared/failure.ts';
import type { Prompt } from '../../shared/prompt.ts';
import type { ServerView, Snapshot } from '../../shared/snapshot.ts';
import { describePrompt, describeServer } from '../../shared/words.ts';

/** Names in one notification before the rest is counted. */
const mostNames = 4;

export interface Note {
  /** One of the same key takes the place of another. */
  readonly key: string;
  readonly title: string;
  readonly body: string;
  /** Where a click leads. */
  readonly view: WindowView;
}

/** The key of the summary of questions. */
export const manyQuestions = 'questions';
const keepsTrying = 'Mooring keeps trying.';

/** @param ids of the questions it is about */
export function questionNote(ids: readonly string[], { prompts, servers, keychain }: Snapshot): Note | null {
  const all = prompts.filter((each) => ids.includes(each.id));
  const nameOf = (prompt: Prompt) => servers.find((each) => each.profile.id === prompt.serverId)?.profile.name ?? '';
  const [first] = all;
  if (!first) return null;
  const locked =
    keychain.kind === 'locked' && all.some((each) => each.kind === 'password' || each.kind === 'passphrase');
  const unlock = locked ? 'The keychain is locked: unlock it, or type what is asked for.' : '';
  if (all.length > 1) {
    const names = [...new Set(all.map(nameOf))];
    return {
      key: manyQuestions,
      title: names.length === 1 ? `${names[0] ?? ''} needs you` : `${String(names.length)} servers need you`,
      body: sentences(`${listed(names)}.`, unlock),
      view: { kind: 'home' },
    };
  }
  const name = nameOf(first);
  return {
    key: `question/${first.id}`,
    title: first.kind === 'confirm' ? `${name} needs you` : `${name} needs you: ${describePrompt(first)}`,
    body: sentences(first.kind === 'confirm' ? `${first.title}.` : 'Its tunnels wait for the answer.', unlock),
    view: viewOf(first.serverId),
  };
}

export function failureNote(servers: readonly ServerView[]): Note | null {
  const [first] = servers;
  if (first?.connection.kind !== 'failed') return null;
  if (servers.length > 1) {
    const title = `${String(servers.length)} servers can’t be connected`;
    return { key: 'failures', title, body: `${listed(namesOf(servers))}. They wait for you.`, view: { kind: 'home' } };
  }
  return {
    key: `failure/${first.profile.id}`,
    title: `${first.profile.name} can’t be connected`,
    body: failureText(first.connection.failure),
    view: viewOf(first.profile.id),
  };
}

export function lossNote(servers: readonly ServerView[], online: boolean): Note | null {
  const [first] = servers;
  if (!first) return null;
  if (servers.length > 1) {
    const title = `${String(servers.length)} servers are not connected`;
    return {
      key: 'links',
      title,
      body: sentences(`${listed(namesOf(servers))}.`, online ? '' : 'This computer is offline.', keepsTrying),
      view: { kind: 'home' },
    };
  }
  const { connection, profile } = first;
  return {
    key: `link/${profile.id}`,
    title: `${profile.name} is not connected`,
    body: connection.kind === 'waiting' ? failureText(connection.failure) : keepsTrying,
    view: viewOf(profile.id),
  };
}

/**
 * Takes the place of the notification of the loss where it is about the same servers.
 *
 * @param lossKeys server → the key of the notification that told its loss
 */
export function returnNote(servers: readonly ServerView[], lossKeys: ReadonlyMap<string, string>): Note | null {
  const [first] = servers;
  if (!first) return null;
  if (servers.length > 1) {
    const title = `${String(servers.length)} servers are connected again`;
    return { key: 'links', title, body: `${listed(namesOf(servers))}.`, view: { kind: 'home' } };
  }
  const { id, name } = first.profile;
  const ownKey = lossKeys.get(id) === `link/${id}`;
  return {
    key: ownKey ? `link/${id}` : `back/${id}`,
    title: `${name} is connected again`,
    body: `${describeServer(first, 0)}.`,
    view: viewOf(id),
  };
}

const viewOf = (serverId: string | null): WindowView =>
  serverId === null ? { kind: 'home' } : { kind: 'server', serverId };
const namesOf = (servers: readonly ServerView[]) => servers.map((each) => each.profile.name);
const sentences = (...parts: readonly string[]) => parts.filter((each) => each !== '').join(' ');

/** `a`, `a and b`, `a, b, c, d and 26 more`. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNames);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${String(rest)} more`;
  return [shown.slice(0, -1).join(', '), shown.at(-1) ?? ''].filter((each) => each !== '').join(' and ');
}
