/** The steps that need no artifact: the server answers, knows us, and keeps what is logged. */
import { z } from 'zod';
import { failure, type Reply } from '../../../shared/failure.ts';
import { oneLine } from '../../foreign-text.ts';
import { errorCodeOf, notMlflow, saidBy } from './answers.ts';
import { parseArtifactUri } from './artifact-uri.ts';
import { broken, ok, skipped, warned, type Check, type StepEnd } from './check.ts';
import type { HttpAnswer } from './http-client.ts';
import { isFine, jsonBody } from './tracking-api.ts';

/** A server that has just started takes some seconds for its first answer. */
const firstAnswerMs = { idleMs: 20_000, totalMs: 30_000 };
const anything = z.unknown();
/** MLflow writes 64-bit numbers both ways. */
const integer = z.coerce.number();

export async function reach({ api, login }: Check): Promise<StepEnd> {
  const what = 'reach MLflow';
  const health = await api.answer('/health', { what, method: 'GET', login: null, ...firstAnswerMs });
  if (!health.ok) return broken(health.error);
  const well = 'say that it is well';
  if (!isFine(health.value)) return broken(api.refusal(health.value, well));
  const { body } = health.value;
  if (body.kind !== 'text' || body.text.trim() !== 'OK') {
    return broken(notMlflow(health.value, { what: well, host: api.host, login }));
  }
  const version = await api.ask('/version', { what, method: 'GET' });
  const text = version.ok && version.value.body.kind === 'text' ? version.value.body.text.trim() : '';
  return ok(/^\d+\.\d[\w.+-]{0,30}$/.test(text) ? `MLflow ${text}` : 'MLflow, version not told');
}

const search = 'mlflow/experiments/search';

export async function signIn({ api, login, remark }: Check): Promise<StepEnd> {
  const what = 'list experiments';
  const path = `/api/2.0/${search}?max_results=1`;
  const parse = (answer: Reply<HttpAnswer>) => (answer.ok ? api.parse(answer.value, what, experimentList) : answer);
  if (login === null) {
    const answer = parse(await api.ask(path, { what, method: 'GET' }));
    return answer.ok ? ok('no login is asked for') : broken(answer.error);
  }
  const anonymous = await api.ask(path, { what, method: 'GET', login: null });
  if (!anonymous.ok && anonymous.error.code !== 'login-rejected') return broken(anonymous.error);
  const answer = parse(await api.ask(path, { what, method: 'GET' }));
  if (!answer.ok) return broken(answer.error);
  if (!anonymous.ok) return ok(`as ${login.user}`);
  remark(
    'The server lets in anybody without a login, though one was expected: every user of that machine can read and ' +
      'change what is there. Start it with --app-name basic-auth, or set it up again with the login on.',
  );
  return warned('anybody is let in');
}

const experimentMade = z.object({ experiment_id: z.string() });

export async function createExperiment({ api, name, made }: Check): Promise<StepEnd> {
  made.experiment = 'asked';
  const body = { name, tags: [{ key: 'mlflow.note.content', value: 'Made by the check of Mooring. May be deleted.' }] };
  const reply = await api.call('create an experiment', ['POST', 'mlflow/experiments/create'], body, experimentMade);
  if (!reply.ok) return broken(reply.error);
  made.experiment = { id: reply.value.experiment_id };
  return ok(name);
}

const runInfo = z.object({ run_id: z.string().regex(/^[\w-]{8,64}$/), artifact_uri: z.string() });
const runMade = z.object({ run: z.object({ info: runInfo }) });

const params = { optimizer: 'adam', 'learning rate': '0.001', note: 'Ä – 漢字 – 🚢' };
const losses = [0.9, 0.5, 0.25, 0.125, 0.0625];
const tag = { key: 'mooring.check', value: 'yes' };
const pairs = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }));

export async function logRun({ api, clock, name, made, found }: Check): Promise<StepEnd> {
  const experimentId = typeof made.experiment === 'object' ? made.experiment.id : '';
  const startMs = clock.nowMs();
  const run = await api.call(
    'start a run',
    ['POST', 'mlflow/runs/create'],
    { experiment_id: experimentId, start_time: startMs, run_name: name },
    runMade,
  );
  if (!run.ok) return broken(run.error);
  const { run_id, artifact_uri } = run.value.run.info;
  found.run = { id: run_id, experimentId, artifactUri: artifact_uri };
  found.place = parseArtifactUri(artifact_uri);
  const metric = (step: number) => ({ key: 'loss', value: losses[step], timestamp: startMs + step, step });
  const [first = '', ...others] = pairs(params);
  const calls: readonly (readonly [what: string, path: string, body: Readonly<Record<string, unknown>>])[] = [
    ['log a param', 'runs/log-parameter', { run_id, ...(first as object) }],
    ['log a metric', 'runs/log-metric', { run_id, ...metric(0) }],
    ['set a tag', 'runs/set-tag', { run_id, ...tag }],
    [
      'log several at once',
      'runs/log-batch',
      { run_id, params: others, metrics: losses.slice(1).map((_, i) => metric(i + 1)) },
    ],
    ['finish the run', 'runs/update', { run_id, status: 'FINISHED', end_time: clock.nowMs() }],
  ];
  for (const [what, path, body] of calls) {
    const reply = await api.call(what, ['POST', `mlflow/${path}`], body, anything);
    if (!reply.ok) return broken(reply.error);
  }
  return ok(`${String(Object.keys(params).length)} params, a metric of ${String(losses.length)} steps, a tag`);
}

const keyValue = z.object({ key: z.string(), value: z.string() });
const runRead = z.object({
  run: z.object({ data: z.object({ params: z.array(keyValue).default([]), tags: z.array(keyValue).default([]) }) }),
});
const history = z.object({ metrics: z.array(z.object({ value: z.number(), step: integer.default(0) })).default([]) });

export async function readBack({ api, found }: Check): Promise<StepEnd> {
  const runId = found.run?.id ?? '';
  const what = 'read the run back';
  const run = await api.call(what, ['GET', `mlflow/runs/get?run_id=${runId}`], null, runRead);
  if (!run.ok) return broken(run.error);
  const path = `mlflow/metrics/get-history?run_id=${runId}&metric_key=loss`;
  const metric = await api.call(what, ['GET', path], null, history);
  if (!metric.ok) return broken(metric.error);
  const { data } = run.value.run;
  const values = metric.value.metrics.toSorted((a, b) => a.step - b.step).map((each) => each.value);
  const differs = [
    ...Object.entries(params).filter(([key, value]) => !has(data.params, key, value)),
    ...(has(data.tags, tag.key, tag.value) ? [] : [[tag.key]]),
    ...(values.length === losses.length && values.every((each, i) => near(each, losses[i])) ? [] : [['loss']]),
  ].map(([key = '']) => key);
  if (differs.length === 0) return ok('as they were logged');
  return broken(
    failure('protocol-error', `What was logged came back otherwise: ${differs.join(', ')}`, {
      hint: 'The server’s database loses or changes what it is given. Its log on the server may say more.',
    }),
  );
}

const has = (list: readonly { key: string; value: string }[], key: string, value: string) =>
  list.some((each) => each.key === key && each.value === value);
const near = (a: number, b: number | undefined) => b !== undefined && Math.abs(a - b) < 1e-9;

const versionMade = z.object({ model_version: z.object({ version: z.coerce.string() }) });
/** Registries that some servers do not have: file stores before 2.0, servers that only serve artifacts. */
const lacking = /not support|unsupported|FEATURE_DISABLED|ENDPOINT_NOT_FOUND|not available/i;

export async function registerModel({ api, name, found, made }: Check): Promise<StepEnd> {
  const { id, artifactUri } = found.run ?? { id: '', artifactUri: '' };
  const what = 'register a model';
  made.model = 'asked';
  const asked = { what, method: 'POST', body: jsonBody({ name }) } as const;
  const model = await api.answer('/api/2.0/mlflow/registered-models/create', asked);
  if (!model.ok) return broken(model.error);
  if (!isFine(model.value)) {
    const { status } = model.value;
    const said = `${errorCodeOf(model.value) ?? ''} ${saidBy(model.value, null)}`;
    if (status !== 404 && status !== 501 && !lacking.test(said)) return broken(api.refusal(model.value, what));
    made.model = 'no';
    return skipped('this server has no model registry');
  }
  const body = { name, run_id: id, source: `${artifactUri}/check`, description: 'Made by the check of Mooring.' };
  const version = await api.call(what, ['POST', 'mlflow/model-versions/create'], body, versionMade);
  return version.ok ? ok(`version ${version.value.model_version.version}`) : broken(version.error);
}

const experimentList = z.object({
  experiments: z.array(z.object({ name: z.string(), artifact_location: z.string().default('') })).default([]),
  next_page_token: z.string().optional(),
});
const pageSize = 200;
const mostPages = 5;

/** Experiments keep the place that the server gave them when they were made, whatever its settings are now. */
export async function lookOver({ api, name, found, remark }: Check): Promise<StepEnd> {
  let count = 0;
  let token: string | undefined;
  const old = new Map<string, string[]>();
  for (let page = 0; page < mostPages; page += 1) {
    const body = { max_results: pageSize, view_type: 'ACTIVE_ONLY', ...(token ? { page_token: token } : {}) };
    const reply = await api.call('list experiments', ['POST', search], body, experimentList);
    if (!reply.ok) return page === 0 ? broken(reply.error) : ok(`the first ${String(count)} looked at`);
    for (const each of reply.value.experiments.filter((other) => other.name !== name)) {
      count += 1;
      const place = parseArtifactUri(each.artifact_location);
      if (each.artifact_location === '' || place.kind === 'proxied') continue;
      const key = place.kind === 'folder' ? 'folder' : place.store;
      old.set(key, [...(old.get(key) ?? []), `${oneLine(each.name, 40)} (${place.shown})`]);
    }
    token = reply.value.next_page_token;
    if (!token) break;
  }
  const total = `${String(count)}${token ? ' or more' : ''}`;
  const oldCount = [...old.values()].flat().length;
  if (oldCount === 0) return ok(count === 0 ? 'there is none yet' : `${total}, none of the old kind`);
  const goOn = found.place?.kind === 'proxied' ? goOnElsewhere : '';
  for (const [store, names] of old) remark(oldRemark(store, names) + goOn);
  return warned(`${String(oldCount)} of ${total} of the old kind`);
}

const goOnElsewhere = ' New experiments go through the server; make one to go on without.';

function oldRemark(store: string, names: readonly string[]): string {
  const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${String(names.length - 3)} more` : '');
  const who = names.length === 1 ? 'One experiment keeps its' : `${String(names.length)} experiments keep their`;
  const where =
    store === 'folder'
      ? 'in a folder by its path, which clients look for on their own disk'
      : `in ${store} directly, so that clients need its credentials themselves`;
  return `${who} artifacts ${where}: ${some}.`;
}
