/**
 * MLflow. `/health` is open to all and stays well while everything else is refused (login, Host), so more is asked. What
 * makes it look into its database is asked only in a deep probe: that may be one that sleeps when nobody uses it.
 */
import { z } from 'zod';
import { failureLine } from '../../shared/failure.ts';
import type { Fix } from '../../shared/fixes.ts';
import type { Judged } from '../../shared/services.ts';
import { answerFailure } from '../setup/verify/answers.ts';
import {
  failedLink,
  failureOf,
  httpGet,
  httpOf,
  isSilence,
  noLogin,
  notTold,
  ok,
  silent,
  unknown,
  withDisk,
  type Answers,
  type HttpAnswer,
  type Probe,
  type ProbeContext,
  type Verdict,
} from './probe.ts';
import { mostNames, namesRefused, nextName } from './names.ts';
import { isHostRefusal, isMlflow } from './recognise.ts';

const searchPath = '/api/2.0/mlflow/experiments/search?max_results=20';

export const mlflow: Probe = {
  next(answers, context) {
    if (!answers['health']) return { name: 'health', request: httpGet(context, '/health', { maxBytes: 2_000 }) };
    const health = httpOf(answers, 'health');
    if (health === null) return null;
    const login = context.login ? ({ kind: 'basic', ...context.login } as const) : null;
    if (!answers['version']) {
      return { name: 'version', request: httpGet(context, '/version', { login, maxBytes: 2_000 }) };
    }
    // No login goes with it: it is answered before the database is asked, with a refusal where one is needed.
    if (!answers['page']) return { name: 'page', request: httpGet(context, '/') };
    if (context.deep && !answers['search']) {
      return { name: 'search', request: httpGet(context, searchPath, { login, maxBytes: 500_000 }) };
    }
    const named = nextName(answers, context);
    if (named !== null) return named;
    const other = isRefused(answers) ? otherHosts(context).find((each) => !answers[`as ${each}`]) : undefined;
    return other === undefined ? null : { name: `as ${other}`, request: httpGet({ host: other }, '/') };
  },

  judge(answers, context) {
    const trouble = failureOf(answers, 'health');
    if (isSilence(trouble)) return silent(trouble);
    const [health, version, page] = ['health', 'version', 'page'].map((name) => httpOf(answers, name));
    const search = httpOf(answers, 'search');
    if (!health || !isIt([health, version, page, search])) return null;
    const number = versionOf(version ?? null);
    const product = number === null ? 'MLflow' : `MLflow ${number}`;
    const verdict = {
      kind: 'mlflow',
      product,
      service: ok(product),
      notes: [...notesOf(search, context), ...storeNotes(number, context)],
    } as const;
    if (isRefused(answers)) return { ...verdict, login: notTold, health: ownHostRefused(answers, context) };
    const login = loginOf([page, search], context);
    return { ...verdict, login, health: withDisk(healthOf(answers, health, search, context), context) };
  },
};

function isIt(answers: readonly (HttpAnswer | null | undefined)[]): boolean {
  return answers.some(
    (each) => each && (isMlflow(each) || experimentsOf(each) !== null || isApiError(each) || versionOf(each) !== null),
  );
}

/** `3.17.2`, as /version answers. */
function versionOf(answer: HttpAnswer | null): string | null {
  const [, number] = /^(\d+\.\d+(?:\.[\w.+-]{1,20})?)\s*$/.exec(answer?.text ?? '') ?? [];
  return answer?.status === 200 && number !== undefined ? number : null;
}

const experiments = z.object({
  experiments: z.array(z.object({ artifact_location: z.string().nullish() })).optional(),
});

function experimentsOf({ status, text }: HttpAnswer): readonly string[] | null {
  if (status !== 200 || !text.trimStart().startsWith('{')) return null;
  try {
    const found = experiments.safeParse(JSON.parse(text));
    // An empty object is how it says none.
    if (!found.success || (found.data.experiments === undefined && text.replace(/\s/g, '') !== '{}')) return null;
    return (found.data.experiments ?? []).flatMap((each) => each.artifact_location ?? []);
  } catch {
    return null;
  }
}

const isApiError = ({ text, status }: HttpAnswer): boolean =>
  status >= 400 && /^\s*\{\s*"error_code"\s*:\s*"[A-Z_]+"/.test(text);

const isRefused = (answers: Answers): boolean =>
  ['page', 'search'].some((name) => {
    const answer = httpOf(answers, name);
    return answer !== null && isHostRefusal(answer);
  });

/** What it may answer to in place of what it refuses. */
const otherHosts = ({ host, names }: ProbeContext): readonly string[] =>
  ['localhost', '127.0.0.1', ...names.slice(0, mostNames)].filter((each) => each !== host);

function ownHostRefused(answers: Answers, context: ProbeContext): Judged {
  const { host, sendsAs, ownStack } = context;
  const taken = otherHosts(context).find((each) => {
    const answer = httpOf(answers, `as ${each}`);
    return answer !== null && !isHostRefusal(answer);
  });
  const fixes: readonly Fix[] = [
    ...(sendsAs && ownStack !== null
      ? [{ kind: 'allow-names', environment: ownStack, names: [host.replace(/:\d+$/, '')] } as const]
      : []),
    ...(taken === undefined ? [] : [{ kind: 'send-as', host: taken } as const]),
    { kind: 'open-setup' },
    ...(taken === undefined ? [{ kind: 'edit-tunnel' } as const] : []),
    { kind: 'retry' },
  ];
  return failedLink(
    `MLflow refuses the name ${host} (403)`,
    taken === undefined
      ? 'Its --allowed-hosts has a list of its own, which takes the place of the usual one: 127.0.0.1:* must be in it, or the tunnel must send a name that is (Send as Host).'
      : `Its --allowed-hosts has a list of its own. It answers to ${taken}: the tunnel can say that in place of ${host}.`,
    ...fixes,
  );
}

function loginOf(asked: readonly (HttpAnswer | null | undefined)[], context: ProbeContext): Judged {
  const [page, search] = asked;
  const wanted = page?.status === 401 || search?.status === 401;
  if (!wanted) return page || search ? noLogin : notTold;
  if (context.login === null) {
    const reason = context.loginMissing
      ? 'Its password is not known here.'
      : 'Your browser asks for user and password. Give them here, and Mooring signs in as well.';
    return unknown('wants a login', reason, { kind: 'store-password' });
  }
  if (!search) return unknown(`wants a login, kept for ${context.login.user}`);
  if (search.status === 401) {
    return failedLink(
      `MLflow refuses the password that is kept for ${context.login.user}`,
      'It was changed on the server, or there is no such user. Give the right one.',
      { kind: 'store-password' },
      { kind: 'retry' },
    );
  }
  return ok(`signed in as ${context.login.user}`);
}

function healthOf(answers: Answers, health: HttpAnswer, search: HttpAnswer | null, context: ProbeContext): Judged {
  const late = ['version', 'page', 'search'].map((name) => failureOf(answers, name)).find(isSilence);
  if (late) return silent(late).health;
  if (health.status >= 400) return broken(health, context, 'tell that it is well');
  // Before 1.28 it could not be asked so.
  if (search && search.status >= 400 && ![401, 404, 405].includes(search.status))
    return broken(search, context, 'list experiments');
  const under = `under ${context.host} it works.`;
  return namesRefused(answers, context, under, { kind: 'send-as', host: context.host }) ?? ok('healthy');
}

function broken(answer: HttpAnswer, { host, login }: ProbeContext, what: string): Judged {
  const { status, headers, text, truncated, tookMs } = answer;
  const body = { kind: 'text', text, truncated } as const;
  const cause = answerFailure({ status, headers, body, sent: null, tookMs }, { what, host, login });
  return failedLink(failureLine(cause), cause.hint ?? null, { kind: 'retry' }, { kind: 'open-setup' });
}

/** Old experiments keep the place that they were made with: a client then needs the store itself. */
function notesOf(search: HttpAnswer | null, { host }: ProbeContext): Verdict['notes'] {
  const places = search ? (experimentsOf(search) ?? []) : [];
  const direct = places.filter((each) => /^(s3|gs|wasbs?|abfss?|hdfs):/i.test(each));
  const local = places.filter((each) => /^(file:|\/|\.\/)/i.test(each));
  const scheme = /^(\w+):/.exec(direct[0] ?? '')?.[1] ?? '';
  return [
    ...(direct.length > 0
      ? [
          `${keeping(direct)} artifacts at ${scheme}:// itself: clients there need the store’s address and keys, not only ${host}.`,
        ]
      : []),
    ...(local.length > 0
      ? [`${keeping(local)} artifacts in a folder of the server, which clients here can’t reach.`]
      : []),
  ];
}

/**
 * From 3.17 on clients fetch artifacts by links that name the store as the server knows it, and do not fall back when
 * they can’t get there.
 */
function storeNotes(version: string | null, { storePort, neighbours }: ProbeContext): Verdict['notes'] {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  const givesLinks = Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 17);
  if (storePort === undefined || !givesLinks) return [];
  const port = String(storePort);
  if (neighbours.some((each) => each.localPort === storePort && each.target.port === storePort)) return [];
  return [
    `Its clients fetch artifacts straight from the store at 127.0.0.1:${port}, which this machine does not reach there: bring up a tunnel to the store on this very port, or use the variables of the Environment tab, which lead them through MLflow.`,
  ];
}

const keeping = ({ length }: readonly string[]): string =>
  length === 1 ? '1 experiment of the newest 20 keeps' : `${String(length)} experiments of the newest 20 keep`;
