/** A web page of any kind: what it says of itself, and whether it sends browsers away from the tunnel. */
import type { Judged } from '../../shared/services.ts';
import { oneLine, titleOf } from '../foreign-text.ts';
import {
  failedLink,
  failureOf,
  httpGet,
  httpOf,
  isSilence,
  noLogin,
  ok,
  silent,
  unknown,
  type Answers,
  type HttpAnswer,
  type Probe,
  type ProbeContext,
} from './probe.ts';
import { namesRefused, nextName } from './names.ts';
import { recognise } from './recognise.ts';

export const web: Probe = {
  next(answers, context) {
    if (!answers['page']) return { name: 'page', request: httpGet(context, '/') };
    const page = httpOf(answers, 'page');
    const inside = page ? insidePath(page, context) : null;
    if (inside !== null && !answers['next']) return { name: 'next', request: httpGet(context, inside) };
    return page ? nextName(answers, context) : null;
  },

  judge(answers, context) {
    const trouble = failureOf(answers, 'page');
    if (isSilence(trouble)) return silent(trouble);
    const page = httpOf(answers, 'page');
    if (!page) return null;
    const last = httpOf(answers, 'next') ?? page;
    const title = titleOf(last.text);
    const product = title ?? recognise(answers)?.product ?? null;
    return {
      kind: 'http',
      product,
      service: ok(product === null ? 'a web server' : `“${product}”`),
      login: last.status === 401 ? unknown('wants a login', 'Your browser asks for it.') : noLogin,
      health: withNames(healthOf(last, context), answers, context),
      notes: notesOf(last, context),
    };
  },
};

/** MLflow may stand behind it under a name of its own, which it refuses; a tunnel to MLflow itself is another way to it. */
function withNames(health: Judged, answers: Answers, context: ProbeContext): Judged {
  const own = context.neighbours.find(({ service }) => service === 'mlflow');
  const elsewhere = own === undefined ? null : `the tunnel ${own.label} leads to it without the name.`;
  return (health.state === 'ok' ? namesRefused(answers, context, elsewhere) : null) ?? health;
}

function healthOf(answer: HttpAnswer, context: ProbeContext): Judged {
  const { status } = answer;
  const away = leavesTo(answer, context);
  if (away?.isHere) {
    return failedLink(
      `it sends browsers to ${away.place}, where this tunnel does not lead`,
      'Add a tunnel on that very port, or set the address of the page in the service’s settings.',
      { kind: 'add-tunnel', service: 'http', port: away.port },
      { kind: 'edit-tunnel' },
    );
  }
  if (status >= 500) {
    const gateway = [502, 503, 504].includes(status);
    return failedLink(
      gateway
        ? `what stands behind the web server is gone (HTTP ${String(status)})`
        : `it answers HTTP ${String(status)}`,
      gateway ? 'Start it on the server, or wait until it is up.' : 'Its log on the server says why.',
      { kind: 'retry' },
      { kind: 'open-setup' },
    );
  }
  return ok(status === 200 ? 'healthy' : `it answers HTTP ${String(status)}`);
}

function notesOf(answer: HttpAnswer, context: ProbeContext): readonly string[] {
  const away = leavesTo(answer, context);
  return away && !away.isHere ? [`It sends browsers to ${away.place}.`] : [];
}

interface Away {
  readonly place: string;
  readonly port: number;
  /** The place is on the server or this machine: it was meant to be reached there, and is not through this tunnel. */
  readonly isHere: boolean;
}

/** Where a redirect leads that leaves the tunnel and no other tunnel takes up; null: nowhere. */
function leavesTo(answer: HttpAnswer, context: ProbeContext): Away | null {
  const { host, target, neighbours } = context;
  const place = locationOf(answer);
  if (place === null || isInside(place, context)) return null;
  const isLocal = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(place.host);
  const isHere = isLocal || place.host === target.host || host.startsWith(`${place.host}:`);
  if (isHere && neighbours.some((each) => each.localPort === place.port)) return null;
  return { place: oneLine(`${place.host}:${String(place.port)}`, 80), port: place.port, isHere };
}

/** A forward that sends a name of its own turns back what leads to that. */
function isInside(place: Place, { host, sendsAs, target }: ProbeContext): boolean {
  if (!sendsAs) return `${place.host}:${String(place.port)}` === host;
  const [name = '', port = '80'] = host.toLowerCase().split(':');
  return place.host === name && [Number(port), target.port].includes(place.port);
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** The path of a redirect that stays inside. */
function insidePath(answer: HttpAnswer, context: ProbeContext): string | null {
  const location = redirectOf(answer);
  if (location === null) return null;
  const place = locationOf(answer);
  if (place !== null && !isInside(place, context)) return null;
  const path = place === null ? location : location.replace(/^[a-z]+:\/\/[^/?#]*/i, '') || '/';
  const absolute = path.startsWith('/') ? path : `/${path.replace(/^\.\//, '')}`;
  return /^\/(?!\/)[\x21-\x7e]{0,500}$/.test(absolute) ? (absolute.split('#')[0] ?? '/') : null;
}

const redirectOf = ({ status, headers }: HttpAnswer): string | null =>
  status >= 300 && status < 400 ? (headers['location'] ?? null) : null;

function locationOf(answer: HttpAnswer): Place | null {
  const [, scheme = '', host = '', port] =
    /^(?:(https?):)?\/\/(?:[^/?#@]*@)?(\[[\da-f:.]+\]|[^/?#:]+)(?::(\d{1,5}))?/i.exec(redirectOf(answer) ?? '') ?? [];
  if (host === '') return null;
  return { host: host.toLowerCase(), port: Number(port ?? (scheme.toLowerCase() === 'https' ? 443 : 80)) };
}
