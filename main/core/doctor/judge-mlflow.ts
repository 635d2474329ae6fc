/** What an MLflow behind a tunnel answers to the doctor's questions. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import type { Reply } from '../../shared/failure.ts';
import type { Forward } from '../../shared/forward.ts';
import { withStop } from '../../shared/sentence.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { environmentOption, quoted } from '../../shared/shell-words.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import type { HttpAnswer } from '../setup/verify/http-client.ts';
import { finding, well, type Find } from './finding.ts';

/** MLflow’s own until 3.16: well known, so no password at all. */
export const wellKnownLogin = { user: 'admin', password: 'password1234' } as const;

/** A list of experiments, asked in three ways. */
export interface MlflowLooks {
  /** Without a login. */
  readonly open: Reply<HttpAnswer>;
  /** With the well-known one; null: not asked. */
  readonly wellKnown: Reply<HttpAnswer> | null;
  /** With the login that is kept here; null: none is. */
  readonly kept: Reply<HttpAnswer> | null;
}

/** Beyond what its chain tells: who is let in, and where artifacts go. */
export function judgeMlflow(profile: ServerProfile, forward: Forward, looks: MlflowLooks): readonly Finding[] {
  const find = finding('services', profile.id);
  return [
    ...loginFindings(find, `forward/${forward.id}/login`, profile, forward, looks),
    ...artifactFindings(find, `forward/${forward.id}/artifacts`, `${forward.label}, artifacts`, looks),
  ];
}

/** Nothing to say of a login that is asked for and is no well-known one: whether ours is right, the chain tells. */
function loginFindings(
  find: Find,
  id: string,
  { id: serverId, name, stacks }: ServerProfile,
  forward: Forward,
  { open, wellKnown }: MlflowLooks,
): readonly Finding[] {
  const title = `${forward.label}, login`;
  if (isFine(wellKnown) && !isFine(open)) {
    const environment = stacks.find((each) => each.forwardId === forward.id)?.environment ?? 'main';
    return [
      find({
        id,
        title,
        status: 'broken',
        seen: 'It still lets admin in with the password of the manual (password1234).',
        hint: `Change it: mooring setup password ${quoted(name)}${environmentOption(environment)} --change`,
        fix: { kind: 'open-tab', serverId, tab: 'setup' },
      }),
    ];
  }
  if (isFine(open)) {
    return [
      find({
        id,
        title,
        status: 'warning',
        seen: 'It asks for no login: every account of the server can read and delete every run.',
        hint: 'Fine on a server of your own. Otherwise set it up with a login.',
        fix: { kind: 'open-tab', serverId, tab: 'setup' },
      }),
    ];
  }
  return [];
}

/** Where the artifacts of its experiments go: through the server, or straight to a store that clients must know. */
function artifactFindings(
  find: Find,
  id: string,
  title: string,
  { open, kept, wellKnown }: MlflowLooks,
): readonly Finding[] {
  const answer = [kept, open, wellKnown].find(isFine);
  if (!answer?.ok) return [];
  const places = [...textOf(answer.value).matchAll(/"artifact_location"\s*:\s*"((?:[^"\\]|\\.)*)"/g)].map(
    (each) => each[1] ?? '',
  );
  const schemes = new Set(places.map((each) => /^([a-z][a-z0-9+.-]*):/i.exec(each)?.[1]?.toLowerCase() ?? 'file'));
  if (schemes.size === 0) return [];
  const direct = [...schemes].filter((each) => each !== 'mlflow-artifacts');
  if (direct.length === 0)
    return [find(well(id, title, 'They go through MLflow: clients need no login of the store.'))];
  const files = direct.includes('file') || direct.includes('dbfs');
  return [
    find({
      id,
      title,
      status: 'warning',
      seen: files
        ? 'Some experiments keep artifacts in a folder of the server, which clients elsewhere can’t write to.'
        : `Some experiments keep artifacts at ${direct.map((each) => `${each}://`).join(', ')}, where each client needs the store’s own keys.`,
      hint: 'New experiments go through the server when it runs with --artifacts-destination and without --default-artifact-root; old ones keep their place.',
    }),
  ];
}

/** The last check tells of what only a real run finds out: the database, the rights in the store. */
export function judgeLastCheck({ profile, verify }: ServerView): readonly Finding[] {
  if (verify === null || verify.endedMs === null || verify.cancelled) return [];
  const { id: serverId, name, stacks, forwards } = profile;
  const { environment } = verify;
  const checked = stacks.find((each) => each.environment === environment);
  const label = forwards.find((each) => each.id === checked?.forwardId)?.label;
  const title = label === undefined ? `Last check (${environment})` : `${label}, last check`;
  const find = finding('services', serverId);
  if (verify.failure === null) return [find(well('last-check', title, 'A run with an artifact went through.'))];
  return [
    find({
      id: 'last-check',
      title,
      status: 'broken',
      seen: withStop(verify.failure.message),
      hint: verify.failure.hint ?? `Run it again: mooring verify ${quoted(name)}${environmentOption(environment)}`,
    }),
  ];
}

const isFine = (reply: Reply<HttpAnswer> | null | undefined): boolean =>
  reply?.ok === true && reply.value.status === 200;
const textOf = ({ body }: HttpAnswer): string => (body.kind === 'text' ? body.text : '');
