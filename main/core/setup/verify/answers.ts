/** What a tracking server, or something else in its place, answered instead of what was asked for. In words. */
import { failure, type Failure } from '../../../shared/failure.ts';
import { jsonField, oneLine } from '../../foreign-text.ts';
import type { HttpAnswer, HttpLogin } from './http-client.ts';

export interface Asked {
  /** `create an experiment`; follows `could not`. */
  readonly what: string;
  /** `127.0.0.1:5000`. */
  readonly host: string;
  /** Its password must not appear in anything that is said. */
  readonly login: HttpLogin | null;
}

/** Of MLflow's own message or a page's text; more is noise. Characters. */
const longestMessage = 240;

/** For an answer that is not 2xx. */
export function answerFailure(answer: HttpAnswer, asked: Asked): Failure {
  const { status } = answer;
  const said = saidBy(answer, asked.login);
  const detail = detailOf(answer, said);
  if (status === 401) return loginFailure(asked.login, detail);
  if (status >= 300 && status < 400) return redirectFailure(answer, asked, detail);
  if (/Invalid Host header|DNS rebinding/i.test(said)) return hostFailure(asked.host, detail);
  if (/Cross-origin request blocked/i.test(said)) {
    return failure('not-allowed', 'MLflow takes the request for one of a foreign web page', {
      hint: 'Something on the way adds an Origin header; use the tunnel’s own address.',
      detail,
    });
  }
  for (const [pattern, code, message, hint] of knownTroubles) {
    if (pattern.test(said)) return failure(code, `MLflow could not ${asked.what}: ${message}`, { hint, detail });
  }
  const known = byStatus(status, asked);
  return failure(known.code, said === '' ? known.message : `${known.message}: ${said}`, { hint: known.hint, detail });
}

type Trouble = readonly [pattern: RegExp, code: Failure['code'], message: string, hint: string];

const knownTroubles: readonly Trouble[] = [
  [
    /no space left on device|errno 28|disk is full|could not extend file/i,
    'storage-failed',
    'the server’s disk is full',
    'Free some room there and try again.',
  ],
  [
    /NoSuchBucket|bucket does not exist|ContainerNotFound|specified container does not exist/i,
    'storage-failed',
    'its bucket or container does not exist',
    'Create it in the store, or correct its name in the server’s settings.',
  ],
  [
    /InvalidAccessKeyId|SignatureDoesNotMatch|XAdminUserNotFound|AuthenticationFailed|ExpiredToken|InvalidClientTokenId/i,
    'storage-failed',
    'the store refuses the server’s key',
    'Set the server up again with the right key. A clock that is off gives this answer, too.',
  ],
  [
    /unable to locate credentials|NoCredentialsError|partial credentials/i,
    'storage-failed',
    'the server has no key for its store',
    'Give the MLflow service the store’s key, a profile or a role.',
  ],
  [
    /AccessDenied|AuthorizationPermissionMismatch|AuthorizationFailure/i,
    'storage-failed',
    'the store does not let the server do this',
    'The key needs the rights to list, put, get and delete in the bucket.',
  ],
  [
    /could not connect to the endpoint|EndpointConnectionError|ConnectTimeoutError|name or service not known/i,
    'storage-failed',
    'the server can’t reach its store',
    'See that the store runs and that its address in the server’s settings is right.',
  ],
  [
    /no-serve-artifacts|--serve-artifacts/i,
    'not-allowed',
    'it was started without serving artifacts',
    'Start it without --no-serve-artifacts and with --artifacts-destination.',
  ],
  [
    /No module named '?(boto3|botocore|azure|google)/i,
    'storage-failed',
    'the Python package for its store is missing',
    'Install boto3 (S3) or azure-storage-blob (Azure) beside MLflow and restart it.',
  ],
  [
    /out-of-date database schema|Detected out-of-date/i,
    'storage-failed',
    'its database is of an older MLflow',
    'Stop MLflow, make a backup, run “mlflow db upgrade”, and start it again.',
  ],
  [
    /OperationalError|connection to server at|could not connect to server/i,
    'storage-failed',
    'its database does not answer as it should',
    'See that the database runs and that MLflow’s login there is right.',
  ],
  [
    /PermissionError|Errno 13|readonly database|read-only/i,
    'storage-failed',
    'it may not write where it keeps its data',
    'The data folder must belong to the account that MLflow runs as.',
  ],
];

function byStatus(status: number, { what, host }: Asked): { code: Failure['code']; message: string; hint: string } {
  switch (status) {
    case 403:
      return {
        code: 'not-allowed',
        message: `This login may not ${what}`,
        hint: 'Sign in as another user, or let an administrator of MLflow give the right.',
      };
    case 404:
    case 405:
    case 501:
      return {
        code: 'not-found',
        message: `What answers at ${host} can’t ${what} (HTTP ${String(status)})`,
        hint: 'It may be something else than MLflow, an MLflow before 2.0, or one with a path before its address.',
      };
    case 413:
      return {
        code: 'too-large',
        message: `The way to MLflow could not ${what}: it takes nothing this large`,
        hint: 'A proxy before MLflow sets the limit (nginx: client_max_body_size).',
      };
    case 429:
      return { code: 'conflict', message: `MLflow is too busy to ${what}`, hint: 'Try again in a while.' };
    case 502:
    case 503:
    case 504:
      return {
        code: 'target-unreachable',
        message: `MLflow is not there to ${what} (HTTP ${String(status)})`,
        hint: 'A proxy answers in its place. Start MLflow on the server, or wait until it is up.',
      };
    case 507:
      return { code: 'storage-failed', message: `The server has no room to ${what}`, hint: 'Free some room there.' };
    default:
      return {
        code: 'protocol-error',
        message: `MLflow could not ${what} (HTTP ${String(status)})`,
        hint: what.includes('artifact')
          ? 'Its store may be out of reach or full, or refuse its key. Its log on the server says which: journalctl with the name of its service.'
          : 'Its log on the server says why: journalctl with the name of its service.',
      };
  }
}

function loginFailure(login: HttpLogin | null, detail: string): Failure {
  if (login === null) {
    return failure('login-rejected', 'MLflow wants a login', {
      hint: 'Give its user and password, and run the check again.',
      detail,
    });
  }
  // MLflow 3 reads the login at its newer routes, artifacts among them, as ASCII and at the others as UTF-8.
  const isPlain = /^[ -~]*$/.test(login.user + login.password);
  return failure('login-rejected', `MLflow refuses the login of ${login.user}`, {
    hint: isPlain
      ? 'The password that is kept here is not the server’s, or there is no such user. Enter it anew.'
      : 'It takes users and passwords with letters beyond plain English ones for some calls only. Change the password.',
    detail,
  });
}

function hostFailure(host: string, detail: string): Failure {
  const name = host.replace(/:\d+$/, '');
  return failure('not-allowed', `MLflow does not answer to the name ${name}`, {
    hint: `Use 127.0.0.1, or start MLflow with ${name} and ${name}:* among its --allowed-hosts (with localhost and 127.0.0.1, which the list replaces).`,
    detail,
  });
}

function redirectFailure({ headers }: HttpAnswer, { host, what }: Asked, detail: string): Failure {
  const to = /^[a-z]+:\/\/([^/?#@]*@)?([^/?#]+)/i.exec(headers['location'] ?? '')?.[2];
  return failure('protocol-error', `${host} sends clients elsewhere${to ? ` (${to})` : ''} to ${what}`, {
    hint: 'It may be a login page, or a proxy that wants https. Clients of MLflow need the server itself.',
    detail,
  });
}

/** What was answered with 2xx and can't be what it should. */
export const notMlflow = (answer: HttpAnswer, { host, what, login }: Asked): Failure =>
  failure('protocol-error', `What answers at ${host} is no MLflow: it could not ${what}`, {
    hint: 'Look which program has this port on the server, and where the tunnel leads.',
    detail: detailOf(answer, saidBy(answer, login)),
  });

/** MLflow's own message, or the text of a short plain answer; empty for pages. */
export function saidBy(answer: HttpAnswer, login: HttpLogin | null): string {
  if (answer.body.kind !== 'text') return '';
  const { text } = answer.body;
  const message = errorMessage(text) ?? (isPage(answer) || text.trim() === 'Internal Server Error' ? '' : text);
  return oneLine(withoutSecrets(message, login), longestMessage);
}

/** MLflow's `error_code`, or null. */
export function errorCodeOf({ body }: HttpAnswer): string | null {
  const code = body.kind === 'text' ? jsonField(body.text, 'error_code') : null;
  return code !== null && /^[A-Z_]{3,60}$/.test(code) ? code : null;
}

const errorMessage = (text: string) => jsonField(text, 'message') ?? jsonField(text, 'detail');

const isPage = ({ headers, body }: HttpAnswer) =>
  /html/i.test(headers['content-type'] ?? '') || (body.kind === 'text' && /^\s*<|�/.test(body.text.slice(0, 200)));

function detailOf(answer: HttpAnswer, said: string): string {
  const { status, headers, body } = answer;
  const type = (headers['content-type'] ?? '').split(';')[0] ?? '';
  const server = oneLine(headers['server'] ?? '', 40);
  const length = body.kind === 'text' ? `${body.truncated ? 'more than ' : ''}${String(body.text.length)} letters` : '';
  const facts = [`HTTP ${String(status)}`, server, oneLine(type, 40), length].filter((each) => each !== '');
  return said === '' ? facts.join(', ') : `${facts.join(', ')}: ${said}`;
}

const credentialPatterns: readonly RegExp[] = [
  /(?<=:\/\/)[^\s"'<>@]*(?:@[^\s"'<>@]*)*(?=@)/g,
  /(?<=\b(?:X-Amz-[A-Za-z-]+|AWSAccessKeyId|Signature|sig|password|passwd|secret|token)["']?\s*[=:]\s*)[^\s&"',;)]+/gi,
];

/** Also what looks like a secret that nobody told us: logins in URIs, signatures of links. */
export function withoutSecrets(text: string, login: HttpLogin | null): string {
  let clean = login && login.password !== '' ? text.replaceAll(login.password, '…') : text;
  for (const pattern of credentialPatterns) clean = clean.replace(pattern, '…');
  return clean;
}
