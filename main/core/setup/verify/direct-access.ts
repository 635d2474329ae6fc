/**
 * From 3.17 on MLflow's clients ask the server whether it hands out links that lead straight to its store, and then
 * fetch every artifact by one, and send those of 500 MB and more so; when that fails, they do not fall back
 * (mlflow/store/artifact/mlflow_artifacts_repo.py). Behind a tunnel the store may be out of reach.
 */
import { z } from 'zod';
import { done, failed, failureLine, type Failure, type Reply } from '../../../shared/failure.ts';
import { saidBy, withoutSecrets } from './answers.ts';
import { artifactName, artifactPath, compare } from './artifact-steps.ts';
import { broken, ok, warned, type Check, type StepEnd } from './check.ts';
import { hostOf, isFine, isGone, jsonBody } from './tracking-api.ts';

const abilities = z.object({
  multipart_downloads_enabled: z.boolean().default(false),
  multipart_uploads_enabled: z.boolean().default(false),
});
const headers = z.record(z.string(), z.string()).default({});
const downloadLink = z.object({ url: z.string(), headers, file_size: z.coerce.number().nullish() });
const uploadLinks = z.object({
  upload_id: z.string().nullish(),
  credentials: z.array(z.object({ url: z.string(), part_number: z.coerce.number(), headers })).min(1),
});

/** As patient as MLflow's client. */
const storeMs = 10_000;
const probeName = 'direct.bin';
const probeBytes = 65_536;

/** `used`: clients go straight to the store at `host`; `trouble` says why they don’t get there. */
interface Way {
  readonly used: boolean;
  readonly host: string;
  readonly trouble: string | null;
}
const unused: Way = { used: false, host: '', trouble: null };
const way = (host: string, trouble: string | null): Reply<Way> => done({ used: true, host, trouble });
/** MLflow announces links and gives none: its clients give up there, too. Fails where MLflow itself is gone. */
const noLink = (cause: Failure): Reply<Way> => (isOut(cause) ? failed(cause) : way('the store', failureLine(cause)));
const isOut = (cause: Failure) => cause.code === 'cancelled' || isGone(cause);

export async function direct(check: Check): Promise<StepEnd> {
  const { api, found } = check;
  const answer = await api.ask('/api/3.0/mlflow/server-info', { what: 'tell what it can do', method: 'GET' });
  if (!answer.ok && isOut(answer.error)) return broken(answer.error);
  const info = answer.ok ? api.parse(answer.value, 'tell what it can do', abilities) : answer;
  // Older servers know no such question, and their clients do not ask it.
  const can = info.ok ? info.value : { multipart_downloads_enabled: false, multipart_uploads_enabled: false };
  const tried: Way[] = [];
  for (const [isOn, attempt] of [
    [can.multipart_downloads_enabled, tryDownload],
    [can.multipart_uploads_enabled, tryUpload],
  ] as const) {
    const one = isOn ? await attempt(check) : done(unused);
    if (!one.ok) return broken(one.error);
    tried.push(one.value);
  }
  const [down = unused, up = unused] = tried;
  const ways = tried.filter((each) => each.used);
  const [first] = ways;
  if (first === undefined) {
    found.directAccess = 'none';
    return ok('none, all bytes go through the server');
  }
  const stuck = ways.find((each) => each.trouble !== null);
  found.directAccess = stuck ? 'unreachable' : 'reachable';
  if (stuck?.trouble) {
    check.remark(remarkOf(down, up, stuck.host));
    return warned(stuck.trouble);
  }
  return ok(`${first.host}, ${[down.used ? 'down' : '', up.used ? 'up' : ''].filter(Boolean).join(' and ')}`);
}

async function tryDownload(check: Check): Promise<Reply<Way>> {
  const { api, artifactBytes, found, progress } = check;
  const what = 'get a link to the store';
  const path = `mlflow-artifacts/presigned/${artifactPath(found.place, artifactName)}`;
  const reply = await api.call(what, ['GET', path], null, downloadLink);
  if (!reply.ok) return noLink(reply.error);
  const link = reply.value;
  // Without a size the client fetches it through the server after all.
  if (link.file_size === null || link.file_size === undefined) return done(unused);
  const host = hostOf(link.url);
  const answer = await api.send(link.url, {
    what: 'fetch the artifact from the store',
    method: 'GET',
    headers: storeHeaders(link.headers),
    read: 'hash',
    maxBytes: artifactBytes,
    onProgress: progress,
    idleMs: storeMs,
    totalMs: 60_000 + artifactBytes / 20,
  });
  if (!answer.ok) return unreached(host, answer.error);
  if (!isFine(answer.value)) return way(host, refused(host, answer.value.status));
  const difference = compare(answer, found.sent);
  return way(host, difference === null ? null : `${host} gives other bytes (${difference})`);
}

/** One small part, as the client would send a large file’s many. */
async function tryUpload({ api, found, seed }: Check): Promise<Reply<Way>> {
  const what = 'get links to the store';
  const at = (action: string) =>
    `/api/2.0/mlflow-artifacts/mpu/${action}/${artifactPath(found.place, '').replace(/\/$/, '')}`;
  const create = jsonBody({ path: probeName, num_parts: 1 });
  const asked = await api.answer(at('create'), { what, method: 'POST', body: create });
  if (!asked.ok) return noLink(asked.error);
  if (!isFine(asked.value)) {
    // The client takes this for a no and sends it through the server.
    if (saidBy(asked.value, null).startsWith('Multipart upload is not supported')) return done(unused);
    return noLink(api.refusal(asked.value, what));
  }
  const links = api.parse(asked.value, what, uploadLinks);
  if (!links.ok) return noLink(links.error);
  const { upload_id = '', credentials } = links.value;
  const [part] = credentials;
  if (!part) return done(unused);
  const host = hostOf(part.url);
  const answer = await api.send(part.url, {
    what: 'send a piece to the store',
    method: 'PUT',
    headers: storeHeaders(part.headers),
    body: { kind: 'random', seed, bytes: probeBytes },
    idleMs: storeMs,
    totalMs: 60_000,
  });
  const sent = answer.ok && isFine(answer.value) ? answer.value : null;
  const parts = [{ part_number: part.part_number, etag: sent?.headers['etag'] ?? '', url: part.url }];
  const end = sent ? { path: probeName, upload_id, parts } : { path: probeName, upload_id };
  const ended = await api.ask(at(sent ? 'complete' : 'abort'), { what, method: 'POST', body: jsonBody(end) });
  if (!answer.ok) return unreached(host, answer.error);
  if (!sent) return way(host, refused(host, answer.value.status));
  return way(host, ended.ok ? null : failureLine(ended.error));
}

const refused = (host: string, status: number) =>
  `${host} does not take the server’s link (HTTP ${String(status)}); it may be another program`;

/** The cause alone: `127.0.0.1:9000 refused the connection`. */
const unreached = (host: string, cause: Failure): Reply<Way> =>
  cause.code === 'cancelled' ? failed(cause) : way(host, failureLine(cause).replace(/^Could not [^:]*: /, ''));

/** The server names them; some would make the request another one. */
const storeHeaders = (given: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(given).filter(([name]) => /^(x-[\w-]+|content-(type|disposition|language)|range)$/i.test(name)),
  );

function remarkOf(down: Way, up: Way, host: string): string {
  const what = down.used
    ? 'Clients of MLflow 3.17 and later fetch artifacts straight from'
    : 'Clients of MLflow 3.17 and later send artifacts of 500 MB and more straight to';
  const variables = [
    down.used ? 'MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD=false' : '',
    up.used ? 'MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD=false' : '',
  ].filter((each) => each !== '');
  const off = `set ${variables.join(' and ')} for the clients`;
  const port = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d+)$/.exec(host)?.[2];
  const trouble = (down.trouble ?? up.trouble ?? '').replace(`${host} `, 'that ');
  const fix = port
    ? `Bring up a tunnel to the store on this very port (${port}), or ${off}`
    : `Let this machine reach it, or ${off}`;
  return `${what} ${host}: ${withoutSecrets(trouble, null)}. ${fix}.`;
}
