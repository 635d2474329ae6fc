/** A tracking server in a few tables, for the check to be led astray: as a double of the HTTP port, or behind real HTTP. */
import type { Digest, HttpAnswer, HttpClient, HttpRequest } from '../../main/core/setup/verify/http-client.ts';
import { done, failed, failure, type Failure } from '../../main/shared/failure.ts';

export interface FakeRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly body: Readonly<Record<string, unknown>>;
  /** Of an uploaded artifact. */
  readonly digest: Digest | null;
}

export interface FakeAnswer {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An artifact as the body. */
  readonly digest?: Digest;
}

export interface FakeTracking {
  /** Null: what the server itself says. The first that answers counts; later ones are asked first. */
  on(find: RegExp, answer: (request: FakeRequest) => FakeAnswer | Failure | 'never' | null): void;
  answer(request: FakeRequest): FakeAnswer | Failure | 'never';
  /** `POST /api/2.0/mlflow/runs/create`, in their order. */
  readonly asked: readonly string[];
  /** What is there now. */
  readonly experiments: Map<string, { name: string; artifact_location: string }>;
  readonly runs: Map<string, { params: unknown[]; tags: unknown[]; metrics: Record<string, unknown>[] }>;
  readonly artifacts: Map<string, Digest>;
  readonly models: Set<string>;
}

export interface FakeTrackingOptions {
  readonly login?: { readonly user: string; readonly password: string };
  /** Before experiment and run; `mlflow-artifacts:` by default. */
  readonly artifactRoot?: string;
}

const prefix = '/api/2.0/mlflow-artifacts/artifacts/';
const text = (value: string): FakeAnswer => ({ status: 200, text: value, type: 'text/html; charset=utf-8' });
const json = (value: unknown, status = 200): FakeAnswer => ({ status, json: value, type: 'application/json' });
export const mlflowError = (status: number, code: string, message: string): FakeAnswer =>
  json({ error_code: code, message }, status);

export function fakeTracking({ login, artifactRoot = 'mlflow-artifacts:' }: FakeTrackingOptions = {}): FakeTracking {
  const overrides: { find: RegExp; answer: Parameters<FakeTracking['on']>[1] }[] = [];
  const asked: string[] = [];
  const experiments: FakeTracking['experiments'] = new Map([
    ['0', { name: 'Default', artifact_location: `${artifactRoot}/0` }],
  ]);
  const runs: FakeTracking['runs'] = new Map();
  const artifacts: FakeTracking['artifacts'] = new Map();
  const models: FakeTracking['models'] = new Set();
  const missing = mlflowError(404, 'RESOURCE_DOES_NOT_EXIST', 'No such thing');

  const usual = ({ method, path, query, body, digest }: FakeRequest): FakeAnswer => {
    const value = (name: string) => {
      const found = query[name] ?? body[name];
      return typeof found === 'string' ? found : '';
    };
    const run = () => runs.get(value('run_id'));
    if (path === '/health') return text('OK');
    if (path === '/version') return text('3.17.2');
    if (path.startsWith(prefix)) {
      const name = path.slice(prefix.length);
      if (method === 'PUT' && digest) artifacts.set(name, digest);
      if (method === 'GET') return artifacts.has(name) ? { status: 200, digest: artifacts.get(name)! } : missing;
      if (method === 'DELETE') for (const key of artifacts.keys()) if (key.startsWith(name)) artifacts.delete(key);
      return json({});
    }
    switch (`${method} ${path.replace('/api/2.0/mlflow/', '')}`) {
      case 'GET experiments/search':
      case 'POST experiments/search':
        return json({ experiments: [...experiments].map(([id, each]) => ({ experiment_id: id, ...each })) });
      case 'POST experiments/create': {
        const id = String(experiments.size);
        experiments.set(id, { name: value('name'), artifact_location: `${artifactRoot}/${id}` });
        return json({ experiment_id: id });
      }
      case 'GET experiments/get-by-name': {
        const found = [...experiments].find(([, each]) => each.name === value('experiment_name'));
        return found ? json({ experiment: { experiment_id: found[0] } }) : missing;
      }
      case 'POST experiments/delete':
        return experiments.delete(value('experiment_id')) ? json({}) : missing;
      case 'POST runs/create': {
        const id = `${'0'.repeat(31)}${String(runs.size)}`;
        runs.set(id, { params: [], tags: [], metrics: [] });
        const uri = `${artifactRoot}/${value('experiment_id')}/${id}/artifacts`;
        return json({ run: { info: { run_id: id, artifact_uri: uri } } });
      }
      case 'POST runs/log-parameter':
        run()?.params.push(body);
        return json({});
      case 'POST runs/log-metric':
        run()?.metrics.push(body);
        return json({});
      case 'POST runs/set-tag':
        run()?.tags.push(body);
        return json({});
      case 'POST runs/log-batch':
        run()?.params.push(...(body['params'] as unknown[]));
        run()?.metrics.push(...(body['metrics'] as Record<string, unknown>[]));
        return json({});
      case 'POST runs/update':
        return json({});
      case 'GET runs/get':
        return json({ run: { data: { params: run()?.params, tags: run()?.tags } } });
      case 'GET metrics/get-history':
        return json({ metrics: run()?.metrics });
      case 'POST runs/delete':
        return runs.delete(value('run_id')) ? json({}) : missing;
      case 'GET artifacts/list': {
        const files = [...artifacts].map(([name, each]) => ({
          path: name.split('/artifacts/')[1],
          is_dir: false,
          file_size: each.bytes,
        }));
        return json({ files });
      }
      case 'POST registered-models/create':
        models.add(value('name'));
        return json({});
      case 'POST model-versions/create':
        return json({ model_version: { version: '1' } });
      case 'DELETE registered-models/delete':
        return models.delete(value('name')) ? json({}) : missing;
      default:
        return { status: 404, text: '<!doctype html><title>404 Not Found</title>', type: 'text/html' };
    }
  };

  return {
    asked,
    experiments,
    runs,
    artifacts,
    models,
    on: (find, answer) => void overrides.unshift({ find, answer }),
    answer: (request) => {
      const name = `${request.method} ${request.path}`;
      asked.push(name);
      for (const { find, answer } of overrides) {
        const given = find.test(name) ? answer(request) : null;
        if (given !== null) return given;
      }
      const isKnown = request.login?.user === login?.user && request.login?.password === login?.password;
      if (login && request.path !== '/health' && !isKnown) {
        return { status: 401, text: 'You are not authenticated.', type: 'text/html' };
      }
      return usual(request);
    },
  };
}

/** The port over it: nothing is sent anywhere, and bytes are only named. `elsewhere`: for other hosts than `url`. */
export function fakeHttp(
  tracking: FakeTracking,
  url: string,
  elsewhere: (request: HttpRequest) => FakeAnswer | Failure = () => failure('refused', 'refused'),
): HttpClient & { readonly requests: readonly HttpRequest[]; readonly open: number } {
  const requests: HttpRequest[] = [];
  let open = 0;
  return {
    requests,
    get open() {
      return open;
    },
    closeIdle: () => undefined,
    request: (request) => {
      requests.push(request);
      open += 1;
      const { body } = request;
      const digest: Digest | null = body?.kind === 'random' ? digestOf(body) : null;
      if (digest) request.onProgress?.(digest.bytes);
      const isOurs = request.url.startsWith(`${url}/`);
      const answer = isOurs ? tracking.answer(parsed(request, url, digest)) : elsewhere(request);
      let cancel: () => void = () => undefined;
      const cancelled = new Promise<ReturnType<typeof failed>>((resolve) => {
        cancel = () => {
          resolve(failed(failure('cancelled', 'cancelled')));
        };
      });
      const answered = new Promise<Awaited<ReturnType<HttpClient['request']>['done']>>((resolve) => {
        if (answer === 'never') return;
        resolve('code' in answer ? failed(answer) : done(toAnswer(answer, digest, request)));
      });
      const settled = Promise.race([answered, cancelled]).finally(() => (open -= 1));
      return { done: settled, cancel };
    },
  };
}

const digestOf = ({ seed, bytes }: { seed: string; bytes: number }): Digest => ({
  sha256: `of-${seed}-${String(bytes)}`,
  bytes,
});

function parsed({ method, url: full, login, body }: HttpRequest, url: string, digest: Digest | null): FakeRequest {
  const { pathname, searchParams } = new URL(full);
  return {
    method,
    path: decodeURIComponent(pathname.slice(new URL(url).pathname.replace(/\/$/, '').length)),
    query: Object.fromEntries(searchParams),
    login,
    body: body?.kind === 'text' ? (JSON.parse(body.text) as Record<string, unknown>) : {},
    digest,
  };
}

function toAnswer(answer: FakeAnswer, sent: Digest | null, { read, maxBytes }: HttpRequest): HttpAnswer {
  const whole = answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json));
  const headers = { ...(answer.type ? { 'content-type': answer.type } : {}), ...answer.headers };
  const isHash = read === 'hash' && answer.status < 300;
  const digest = answer.digest ?? { sha256: `of-${whole}`, bytes: whole.length };
  const body = isHash
    ? ({ kind: 'hash', truncated: digest.bytes > maxBytes, ...digest } as const)
    : ({ kind: 'text', truncated: whole.length > maxBytes, text: whole.slice(0, maxBytes) } as const);
  return { status: answer.status, headers, body, sent, tookMs: 1 };
}
