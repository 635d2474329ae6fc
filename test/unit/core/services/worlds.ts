/** What answers behind a port, played: every question is answered by a function, until the probe knows enough. */
import type { AskAnswer, AskRequest } from '../../../../main/core/engine.ts';
import type { Answers, ProbeContext, Verdict } from '../../../../main/core/services/probe.ts';
import { nextQuestion, verdictOf } from '../../../../main/core/services/probes.ts';
import { done, failed, failure, type FailureCode, type Reply } from '../../../../main/shared/failure.ts';
import type { ServiceKind } from '../../../../main/shared/forward.ts';

export type Answer = Reply<AskAnswer>;
export type World = (request: AskRequest) => Answer;

export const contextOf = (more: Partial<ProbeContext> = {}): ProbeContext => ({
  target: { host: '127.0.0.1', port: 5000 },
  host: '127.0.0.1:5001',
  sendsAs: false,
  localPort: 5001,
  names: [],
  ownStack: null,
  login: null,
  loginMissing: false,
  keys: null,
  database: null,
  deep: true,
  neighbours: [],
  fullDisk: null,
  ...more,
});

export function probe(kind: ServiceKind, world: World, context: ProbeContext) {
  const asked: string[] = [];
  let answers: Answers = {};
  for (;;) {
    const next = nextQuestion(kind, answers, context);
    if (next === null) return { verdict: verdictOf(kind, answers, context), asked };
    if (asked.length > 12 || asked.includes(next.name))
      throw new Error(`asked again: ${asked.join(', ')}, ${next.name}`);
    asked.push(next.name);
    answers = { ...answers, [next.name]: world(next.request) };
  }
}

/** The verdict, which there must be. */
export function verdictIn(kind: ServiceKind, world: World, more: Partial<ProbeContext> = {}): Verdict {
  const { verdict } = probe(kind, world, contextOf(more));
  if (!verdict) throw new Error('no verdict');
  return verdict;
}

export const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

export const http = (status: number, text = '', headers: Record<string, string> = {}): Answer =>
  done({ kind: 'http', status, text, headers, truncated: false, tookMs: 4 });
export const html = (title: string, body = ''): Answer =>
  http(200, `<!doctype html><html><head><title>${title}</title></head><body>${body}</body></html>`, {
    'content-type': 'text/html',
  });
export const xml = (status: number, code: string, server = 'MinIO', more = ''): Answer =>
  http(
    status,
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>…</Message>${more}</Error>`,
    {
      'content-type': 'application/xml',
      server,
    },
  );
export const notHttp = (start: string): Answer => done({ kind: 'not-http', base64: base64(start), tookMs: 3 });
export const bytes = (text: string, end: 'enough' | 'closed' | 'quiet' = 'enough'): Answer =>
  done({ kind: 'bytes', base64: base64(text), end, tookMs: 3 });
export const fails = (code: FailureCode, message = '127.0.0.1:5000 did something'): Answer =>
  failed(failure(code, message));
export const frozen: World = () => fails('timed-out', '127.0.0.1:5000 takes connections but did not answer within 8 s');
export const closing: World = (request) =>
  request.kind === 'bytes'
    ? bytes('', 'closed')
    : fails('protocol-error', '127.0.0.1:5000 closed the connection without an answer');

/** A web server: by path; what is not named is 404. Who listens or sends other things hears nothing, or 400. */
export const web =
  (pages: Readonly<Record<string, Answer | ((request: Extract<AskRequest, { kind: 'http' }>) => Answer)>>): World =>
  (request) => {
    if (request.kind === 'bytes') return bytes('', 'quiet');
    if (request.kind === 'postgres') return postgres({ tls: null, base64: base64('HTTP/1.1 400 Bad Request\r\n') });
    const page = pages[request.path] ?? pages['*'] ?? http(404, 'Not Found');
    return typeof page === 'function' ? page(request) : page;
  };

export const postgres = (more: Partial<Extract<AskAnswer, { kind: 'postgres' }>> = {}): Answer =>
  done({
    kind: 'postgres',
    tls: true,
    login: 'wanted',
    method: 'SCRAM-SHA-256',
    error: null,
    version: null,
    base64: '',
    tookMs: 5,
    ...more,
  });

/** PostgreSQL: takes no HTTP, and waits for the client to speak. */
export const database =
  (more: Partial<Extract<AskAnswer, { kind: 'postgres' }>> = {}): World =>
  (request) => {
    if (request.kind === 'postgres') return postgres(more);
    return request.kind === 'bytes' ? bytes('', 'quiet') : closing(request);
  };

/** Speaks first, whatever it is asked. */
export const greeter =
  (greeting: string): World =>
  (request) => {
    if (request.kind === 'bytes') return bytes(greeting);
    return request.kind === 'http' ? notHttp(greeting) : postgres({ tls: null, base64: base64(greeting) });
  };

const experiments = (...places: readonly string[]) =>
  http(200, JSON.stringify({ experiments: places.map((artifact_location) => ({ artifact_location })) }));

export const mlflowPages = {
  '/health': http(200, 'OK'),
  '/version': http(200, '3.17.2'),
  '/': html('MLflow'),
  '/api/2.0/mlflow/experiments/search?max_results=20': experiments('mlflow-artifacts:/0'),
};
export const searchPath = '/api/2.0/mlflow/experiments/search?max_results=20';
export const withPlaces = (...places: readonly string[]): World =>
  web({ ...mlflowPages, [searchPath]: experiments(...places) });

const unauthenticated = http(401, 'You are not authenticated. Please see https://www.mlflow.org/docs/latest/auth', {
  'www-authenticate': 'Basic realm="mlflow"',
});
export const hostRefused = http(403, 'Invalid Host header - possible DNS rebinding attack detected');

/** With a login: everything but /health wants it. */
export const mlflowWithLogin = (password: string): World => {
  const guarded =
    (page: Answer) =>
    ({ login }: Extract<AskRequest, { kind: 'http' }>) =>
      login?.kind === 'basic' && login.password === password ? page : unauthenticated;
  return web({
    '/health': mlflowPages['/health'],
    '/version': guarded(mlflowPages['/version']),
    '/': guarded(mlflowPages['/']),
    [searchPath]: guarded(mlflowPages[searchPath]),
  });
};

/** Refuses every name but loopback’s, as it does by itself; /health and /version stay open. */
export const mlflowGuarded = (allowed: RegExp): World => {
  const guarded =
    (page: Answer) =>
    ({ headers }: Extract<AskRequest, { kind: 'http' }>) =>
      allowed.test(headers['Host'] ?? '') ? page : hostRefused;
  return web({ ...mlflowPages, '/': guarded(mlflowPages['/']), [searchPath]: guarded(mlflowPages[searchPath]) });
};
