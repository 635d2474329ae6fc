/** What an MLflow behind a tunnel answers to the doctor's questions. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import { failureLine, type Reply } from '../../shared/failure.ts';
import type { Forward } from '../../shared/forward.ts';
import type { VerifyView } from '../../shared/setup/verify.ts';
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
export function judgeMlflow(serverId: string, forward: Forward, looks: MlflowLooks): readonly Finding[] {
  const find = finding('services', serverId);
  return [
    ...loginFindings(find, `forward/${forward.id}/login`, serverId, forward, looks),
    ...artifactFindings(find, `forward/${forward.id}/artifacts`, `${forward.label}, artifacts`, looks),
  ];
}

/** Nothing to say of a login that is asked for and is no well-known one: whether ours is right, the chain tells. */
function loginFindings(
  find: Find,
  id: string,
  serverId: string,
  forward: Forward,
  looks: MlflowLooks,
): readonly Finding[] {
  const title = `${forward.label}, login`;
  const { open, wellKnown } = looks;
  if (isFine(wellKnown) && !isFine(open)) {
    return [
      find({
        id,
        title,
        status: 'broken',
        seen: 'It still lets admin in with the password of the manual (password1234).',
        hint: 'Change it: mooring setup password SERVER --change',
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

/**
 * The last check tells of what only a real run finds out: the database, the rights in the store. `label`: of the tunnel
 * to the MLflow that it was of; null: there is none any more.
 */
export function judgeLastCheck(serverId: string, verify: VerifyView | null, label: string | null): readonly Finding[] {
  if (verify === null || verify.endedMs === null) return [];
  const title = label === null ? `Last check (${verify.environment})` : `${label}, last check`;
  const find = finding('services', serverId);
  if (verify.failure === null) return [find(well('last-check', title, 'A run with an artifact went through.'))];
  return [
    find({
      id: 'last-check',
      title,
      status: 'broken',
      seen: `${failureLine(verify.failure)}.`,
      hint:
        verify.failure.hint ??
        `Run it again: mooring verify SERVER${verify.environment === 'main' ? '' : ` --environment ${verify.environment}`}`,
    }),
  ];
}

const isFine = (reply: Reply<HttpAnswer> | null | undefined): boolean =>
  reply?.ok === true && reply.value.status === 200;
const textOf = ({ body }: HttpAnswer): string => (body.kind === 'text' ? body.text : '');
