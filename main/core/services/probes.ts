/** Which probe for which service; and what to ask when what answers is not what was expected, or nothing was. */
import { failureLine } from '../../shared/failure.ts';
import { serviceNames, type ServiceKind } from '../../shared/forward.ts';
import type { Fix } from '../../shared/fixes.ts';
import { grafana, jupyter, prometheus } from './dashboards.ts';
import { mlflow } from './mlflow.ts';
import { postgres } from './postgres.ts';
import {
  failedLink,
  failureOf,
  httpGet,
  httpOf,
  isSilence,
  notTold,
  ok,
  silent,
  unknown,
  type Answers,
  type NamedRequest,
  type Probe,
  type ProbeContext,
  type Verdict,
} from './probe.ts';
import { recognise, type Met } from './recognise.ts';
import { s3, s3Console } from './s3.ts';
import { web } from './web.ts';

const probes: Record<Exclude<ServiceKind, 'tcp'>, Probe> = {
  mlflow,
  s3,
  's3-console': s3Console,
  postgres,
  jupyter,
  grafana,
  prometheus,
  http: web,
};

/** Long enough for a greeting that is going to come. */
const greetingMs = 1_200;
/** Services that take what they don’t expect for an attack, or log it as one, by their usual ports. */
const shyPorts: readonly number[] = [22, 25, 3306, 6379, 11_211, 27_017];

/** The next question to something that should be of this kind; null: enough is known. */
export function nextQuestion(kind: ServiceKind, answers: Answers, context: ProbeContext): NamedRequest | null {
  const expected = kind === 'tcp' ? guessed(answers) : kind;
  const probe = expected === null ? null : probes[expected];
  const next = probe?.next(answers, context) ?? null;
  if (next !== null) return next;
  if (probe?.judge(answers, context)) return null;
  return guess(answers, context);
}

/** What the answers say of something that should be of this kind. Null: nothing, as when the link was lost meanwhile. */
export function verdictOf(kind: ServiceKind, answers: Answers, context: ProbeContext): Verdict | null {
  if (Object.values(answers).some((each) => !each.ok && isOfTheWay(each.error.code))) return null;
  if (kind === 'tcp') return verdictOfAny(answers, context);
  return probes[kind].judge(answers, context) ?? notIt(kind, answers);
}

/** The target was not reached, or the question was not carried out: of the service nothing is known. */
export const isOfTheWay = (code: string): boolean =>
  ['link-lost', 'cancelled', 'target-refused', 'target-unreachable', 'forward-forbidden'].includes(code);

/** A kind that the answers so far have shown, and that has a probe of its own. */
function guessed(answers: Answers): Exclude<ServiceKind, 'tcp'> | null {
  const kind = recognise(answers)?.kind ?? null;
  return kind === 'tcp' ? null : kind;
}

/** First it is listened to, then asked as a browser would, then as a database is. */
function guess(answers: Answers, context: ProbeContext): NamedRequest | null {
  if (recognise(answers) !== null) return null;
  const asked = Object.keys(answers).filter((name) => name !== 'any database');
  if (asked.length === 0) {
    const request = { kind: 'bytes', send: '', maxBytes: 512, enoughBytes: 8 } as const;
    return { name: 'greeting bytes', request, timeoutMs: greetingMs };
  }
  if (shyPorts.includes(context.target.port)) return null;
  if (asked.some((name) => isSilence(failureOf(answers, name)))) return null;
  const wasAskedForPage = asked.some((name) => name !== 'greeting bytes' && name !== 'greeting');
  if (!wasAskedForPage) return { name: 'any page', request: httpGet(context, '/'), timeoutMs: 5_000 };
  if (!answers['any database'] && !answers['greeting'] && asked.every((name) => httpOf(answers, name) === null)) {
    const request = { kind: 'postgres', user: 'postgres', database: 'postgres', password: null } as const;
    return { name: 'any database', request, timeoutMs: 5_000 };
  }
  return null;
}

function verdictOfAny(answers: Answers, context: ProbeContext): Verdict {
  const met = recognise(answers);
  const kind = guessed(answers);
  const verdict = kind === null ? null : probes[kind].judge(answers, context);
  if (kind !== null && verdict) {
    const service = {
      ...verdict.service,
      fixes: [...verdict.service.fixes, { kind: 'set-service', service: kind } as const],
    };
    return { ...verdict, service };
  }
  const service = met ? ok(met.words) : ok('takes connections', 'It says nothing by itself.');
  return {
    kind: met?.kind ?? 'tcp',
    product: met?.product ?? null,
    service,
    login: noLoginKnown,
    health: ok('answers'),
    notes: [],
  };
}

const noLoginKnown = unknown('its own matter');

/** Something else answers, or nothing that makes sense. */
function notIt(kind: ServiceKind, answers: Answers): Verdict {
  const met = recognise(answers);
  const late = Object.keys(answers)
    .map((name) => failureOf(answers, name))
    .find(isSilence);
  if (met === null && late) return silent(late);
  const service =
    met === null
      ? closing(kind, answers)
      : failedLink(`${met.words} answers there, not ${serviceNames[kind]}`, hintFor(met), ...fixesFor(met));
  return {
    kind: met?.kind ?? null,
    product: met?.product ?? null,
    service,
    login: notTold,
    health: notTold,
    notes: [],
  };
}

function closing(kind: ServiceKind, answers: Answers) {
  const cause = Object.keys(answers)
    .map((name) => failureOf(answers, name))
    .find((each) => each !== null);
  const words = cause ? failureLine(cause) : 'what answers there says nothing';
  return failedLink(
    `${words}; ${serviceNames[kind]} would answer`,
    'See which program has this port on the server.',
    ...usualFixes,
  );
}

const usualFixes: readonly Fix[] = [{ kind: 'edit-tunnel' }, { kind: 'retry' }];

function hintFor({ product }: Met): string {
  if (product === 'AirPlay') return 'The tunnel leads to a Mac’s port 5000 or 7000, which its AirPlay Receiver holds.';
  if (product === 'SSH') return 'The tunnel leads to the server’s SSH port: correct its target port.';
  if (product === 'HTTPS' || product === 'TLS')
    return 'It wants TLS, which this tunnel passes on but Mooring does not look into.';
  return 'Correct the tunnel’s target port, or what it is taken for.';
}

const fixesFor = ({ kind }: Met): readonly Fix[] => [
  { kind: 'edit-tunnel' },
  ...(kind === null || kind === 'tcp' ? [] : [{ kind: 'set-service', service: kind } as const]),
  { kind: 'retry' },
];
