/** S3 stores. API and console stand on two ports that tutorials like to swap; each tells itself from the other. */
import type { Fix } from '../../shared/fixes.ts';
import type { Judged } from '../../shared/services.ts';
import { xmlField } from '../foreign-text.ts';
import {
  failedLink,
  failureOf,
  httpGet,
  httpOf,
  isSilence,
  ok,
  silent,
  unknown,
  withDisk,
  type HttpAnswer,
  type Probe,
  type ProbeContext,
  type Verdict,
} from './probe.ts';
import { consoleName, isS3, storeName } from './recognise.ts';

/** What stores of one machine go by, and AWS's own. */
const usualRegion = 'us-east-1';

export const s3: Probe = {
  next(answers, context) {
    if (!answers['live']) {
      return { name: 'live', request: httpGet(context, '/minio/health/live', { maxBytes: 4_000 }) };
    }
    if (httpOf(answers, 'live') === null) return null;
    if (!answers['list']) return { name: 'list', request: httpGet(context, '/', { maxBytes: 100_000 }) };
    // Only a store is shown a signature, and only when it has to be.
    const list = httpOf(answers, 'list');
    if (!context.deep || context.keys === null || list === null || !isS3(list) || answers['signed']) return null;
    return { name: 'signed', request: signedList(context, usualRegion) };
  },

  judge(answers, context) {
    const trouble = failureOf(answers, 'live') ?? failureOf(answers, 'list');
    if (isSilence(trouble)) return silent(trouble);
    const live = httpOf(answers, 'live');
    const list = httpOf(answers, 'list');
    if (!live || !list) return null;
    const console = consoleName(list);
    if (console !== null && !isS3(list)) return swapped('s3', console, context);
    const isMinio = live.status === 200 && storeName(live) === 'MinIO';
    if (!isS3(list) && !isMinio) return null;
    const product = storeName(list) ?? storeName(live) ?? 'S3 store';
    const signed = httpOf(answers, 'signed');
    const late = failureOf(answers, 'signed');
    const verdict = { kind: 's3', product, service: ok(product), notes: notesOf(list) } as const;
    if (isSilence(late)) return { ...silent(late, product, 's3'), notes: [] };
    const { login, health } = readAnswer(signed ?? list, signed !== null, live, context);
    return { ...verdict, login, health: withDisk(health, context) };
  },
};

export const s3Console: Probe = {
  next(answers, context) {
    return answers['page'] ? null : { name: 'page', request: httpGet(context, '/') };
  },

  judge(answers, context) {
    const trouble = failureOf(answers, 'page');
    if (isSilence(trouble)) return silent(trouble);
    const page = httpOf(answers, 'page');
    if (!page) return null;
    if (isS3(page)) return swapped('s3-console', storeName(page) ?? 'The store', context);
    const name = consoleName(page);
    if (name === null) return null;
    const product = `${name} console`;
    const health =
      page.status < 500 ? ok('healthy') : failedLink(`it answers ${String(page.status)}`, 'See its log on the server.');
    return {
      kind: 's3-console',
      product,
      service: ok(product),
      login: pageLogin,
      health,
      notes: notesOfConsole(page, context),
    };
  },
};

/** With whichever keys are kept. */
export const signedList = (context: ProbeContext, region: string) =>
  httpGet(context, '/', {
    maxBytes: 100_000,
    login: context.keys ? { kind: 'aws', ...context.keys, region } : null,
  });

const pageLogin = unknown('signs in on its own page');

/** The other one of API and console answers. */
function swapped(wanted: 's3' | 's3-console', store: string, context: ProbeContext): Verdict {
  const { target, neighbours } = context;
  const isApi = wanted === 's3';
  const other = neighbours.find(
    (each) => each.service === (isApi ? 's3-console' : 's3') && each.target.host === target.host,
  );
  const usual = isApi ? 9000 : 9001;
  const fix: Fix = other
    ? { kind: 'swap-ports', withForwardId: other.forwardId, withLabel: other.label }
    : target.port === usual
      ? { kind: 'edit-tunnel' }
      : { kind: 'use-target-port', port: usual };
  const words = isApi
    ? `port ${String(target.port)} is ${store}’s console, not its S3 API`
    : `port ${String(target.port)} is ${store}’s S3 API, not its console`;
  return {
    kind: isApi ? 's3-console' : 's3',
    product: isApi ? `${store} console` : store,
    service: failedLink(words, 'Usually 9000 is the API and 9001 the console; many tutorials have them swapped.', fix, {
      kind: 'set-service',
      service: isApi ? 's3-console' : 's3',
    }),
    login: unknown('not known yet'),
    health: unknown('not known yet'),
    notes: [],
  };
}

function readAnswer(
  answer: HttpAnswer,
  isSigned: boolean,
  live: HttpAnswer,
  context: ProbeContext,
): { readonly login: Judged; readonly health: Judged } {
  const { status, text } = answer;
  const code = xmlField(text, 'Code');
  const well = ok('healthy');
  if (status === 200) {
    const who = isSigned ? 'signed in with the key that is kept' : 'open to everybody';
    return { login: ok(who), health: well };
  }
  switch (code) {
    case 'AccessDenied':
    case 'AllAccessDisabled':
      if (!isSigned) return { login: noKeys(context), health: well };
      return {
        login: failedLink('the key may not list buckets', 'It may still do what its owner meant it to.', retry),
        health: well,
      };
    case 'InvalidAccessKeyId':
    case 'XAdminUserNotFound':
    case 'XMinioInvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
    case 'InvalidSecurity':
      return {
        login: failedLink(
          code === 'SignatureDoesNotMatch'
            ? 'the store refuses the secret key'
            : 'the store does not know the access key',
          'The keys that are kept here are not the store’s. Set the stack up again with the right ones.',
          { kind: 'open-setup' },
          retry,
        ),
        health: well,
      };
    case 'RequestTimeTooSkewed':
    case 'RequestExpired':
      return {
        login: failedLink(skewWords(text), 'Set the clock right, here or on the server (NTP).', retry),
        health: well,
      };
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
    case 'InvalidRegion': {
      const region = xmlField(text, 'Region') ?? /expecting '([\w-]+)'/.exec(text)?.[1] ?? null;
      return {
        login: failedLink(
          region === null ? 'the store is of another region' : `the store is of the region ${region}`,
          region === null ? 'Give clients its region.' : `Set AWS_DEFAULT_REGION=${region} for clients.`,
          retry,
        ),
        health: well,
      };
    }
    case 'InternalError':
    case 'ServiceUnavailable':
    case 'SlowDown':
    case 'XMinioStorageFull':
    case 'XMinioServerNotInitialized':
    case 'QuotaExceeded':
      return { login: unknown('not known yet'), health: unwell(code, text) };
    default:
      if (status >= 500) return { login: unknown('not known yet'), health: unwell(code ?? String(status), text) };
      return {
        login: isSigned ? unknown(`it answers ${code ?? String(status)}`) : noKeys(context),
        health: liveOf(live),
      };
  }
}

const retry: Fix = { kind: 'retry' };

const noKeys = ({ keys }: ProbeContext): Judged =>
  keys === null
    ? unknown('wants a key', 'Programs need the store’s access key and secret key.')
    : unknown('wants a key, which is kept here');

const liveOf = ({ status }: HttpAnswer): Judged =>
  status < 500 ? ok('healthy') : failedLink(`it answers ${String(status)}`, 'See its log on the server.', retry);

function unwell(code: string, text: string): Judged {
  if (code === 'XMinioStorageFull' || /no space left|disk full|quota/i.test(text)) {
    return failedLink('the store’s disk is full', 'Free some room on the server.', retry, { kind: 'open-doctor' });
  }
  if (code === 'XMinioServerNotInitialized') {
    return failedLink('the store is still starting', 'It may wait for its other machines or disks.', retry);
  }
  if (code === 'SlowDown') return failedLink('the store is too busy', 'Try again in a while.', retry);
  return failedLink(`the store is not well (${code})`, 'Its log on the server says why.', retry, {
    kind: 'open-setup',
  });
}

/** By both times in the answer, where it has them. */
function skewWords(text: string): string {
  const times = ['RequestTime', 'ServerTime'].map((tag) => parseTime(xmlField(text, tag)));
  const [here, there] = times;
  if (here === undefined || there === undefined || !Number.isFinite(here + there)) {
    return 'the clocks here and on the server differ too much';
  }
  const minutes = Math.round(Math.abs(there - here) / 60_000);
  return `the server’s clock is ${String(minutes)} min ${there > here ? 'ahead of' : 'behind'} this machine’s`;
}

/** `20260101T000000Z` or ISO 8601; NaN for others. */
function parseTime(text: string | null): number {
  const compact = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (!compact) return Date.parse(text ?? '');
  const [, year, month, day, hour, minute, second] = compact;
  return Date.parse(`${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`);
}

function notesOf(list: HttpAnswer): Verdict['notes'] {
  return list.status === 200 && /<ListAllMyBucketsResult\b/.test(list.text)
    ? ['It lists its buckets to everybody on the server, without a key.']
    : [];
}

/** VersityGW's page calls the API from the browser, at the address that it was started with. */
function notesOfConsole({ text }: HttpAnswer, { neighbours, target }: ProbeContext): Verdict['notes'] {
  const gateways = /"gateways":\["http:\/\/(?:127\.0\.0\.1|localhost):(\d{1,5})/.exec(text)?.[1];
  if (gateways === undefined) return [];
  const port = Number(gateways);
  const reaches = neighbours.some(
    (each) => each.localPort === port && each.target.port === port && each.target.host === target.host,
  );
  return reaches
    ? []
    : [`Its page calls 127.0.0.1:${gateways} from the browser: that needs a tunnel to the S3 API on this very port.`];
}
