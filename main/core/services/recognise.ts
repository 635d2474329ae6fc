/** What something is that answered, whatever it was asked. Pure; what is answered may be anything. */
import type { ServiceKind } from '../../shared/forward.ts';
import type { AskAnswer } from '../engine.ts';
import { oneLine, titleOf } from '../foreign-text.ts';
import type { Answers, HttpAnswer } from './probe.ts';

export interface Met {
  /** Null: none of those that Mooring knows. */
  readonly kind: ServiceKind | null;
  /** `MinIO`, `OpenSSH_9.2p1`; for a line of its own. */
  readonly product: string | null;
  /** Follows `met`: `the default page of nginx`. */
  readonly words: string;
}

const met = (kind: ServiceKind | null, words: string, product: string | null = null): Met => ({ kind, words, product });

/** The most telling of all answers; null: nothing was said by which it could be told. */
export function recognise(answers: Answers): Met | null {
  const found = Object.values(answers).flatMap((reply) => {
    const one = reply.ok ? recogniseOne(reply.value) : null;
    return one === null ? [] : [one];
  });
  const known = found.find((each) => each.kind !== null && each.kind !== 'http' && each.kind !== 'tcp');
  const other = found.find((each) => each.kind !== 'http');
  // Of pages, one that is there tells more than those that are not.
  const page = found.find((each) => !isErrorPage(each)) ?? found[0];
  return known ?? other ?? page ?? null;
}

const isErrorPage = ({ words }: Met): boolean => /“?[45]\d\d |\(HTTP [45]\d\d\)/.test(words);

function recogniseOne(answer: AskAnswer): Met | null {
  switch (answer.kind) {
    case 'http':
      return recogniseHttp(answer);
    case 'not-http':
    case 'bytes':
      return recogniseBytes(latin1(answer.base64));
    case 'postgres':
      return answer.tls === null ? recogniseBytes(latin1(answer.base64)) : met('postgres', 'PostgreSQL', 'PostgreSQL');
    default:
      return answer satisfies never;
  }
}

function recogniseHttp(answer: HttpAnswer): Met {
  const { headers, text, status } = answer;
  const server = oneLine(headers['server'] ?? '', 40);
  if (/^AirTunes/i.test(server)) return met('tcp', 'the AirPlay Receiver of macOS', 'AirPlay');
  if (isMlflow(answer)) return met('mlflow', 'MLflow', 'MLflow');
  if (isS3(answer)) return met('s3', storeName(answer) ?? 'an S3 store', storeName(answer) ?? 'S3');
  const title = titleOf(text);
  const console = consoleName(answer);
  if (console !== null) return met('s3-console', `${console}’s console`, `${console} console`);
  if (title === 'Grafana' || 'x-grafana-org-id' in headers) return met('grafana', 'Grafana', 'Grafana');
  if (/^Prometheus/.test(title ?? '')) return met('prometheus', 'Prometheus', 'Prometheus');
  if (/^Jupyter|JupyterLab|Jupyter Server|Jupyter Notebook/.test(title ?? ''))
    return met('jupyter', 'Jupyter', 'Jupyter');
  if (/Welcome to nginx!/i.test(text)) return met('http', 'the default page of nginx', 'nginx');
  if (/Apache2? .*(Default|Test) Page|<h1>It works!<\/h1>/i.test(text)) {
    return met('http', 'the default page of Apache', 'Apache');
  }
  if (status === 400 && /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server/i.test(text)) {
    return met('tcp', 'a service that speaks HTTPS only', 'HTTPS');
  }
  const name = [title === null ? '' : `“${title}”`, server === '' ? '' : `by ${server}`].filter(Boolean).join(' ');
  return met(
    'http',
    name === '' ? `a web server (HTTP ${String(status)})` : `a web page ${name}`,
    title ?? (server || null),
  );
}

export function isMlflow({ headers, text, status }: HttpAnswer): boolean {
  if (status === 401 && /mlflow/i.test(headers['www-authenticate'] ?? '')) return true;
  if (status === 401 && /mlflow\.org\/docs/.test(text)) return true;
  if (status === 403 && isHostRefusal({ text, status })) return true;
  return titleOf(text) === 'MLflow';
}

/** MLflow’s guard against DNS rebinding; it stands before everything but /health and /version. */
export const isHostRefusal = ({ text, status }: Pick<HttpAnswer, 'text' | 'status'>): boolean =>
  status === 403 && /Invalid Host header/i.test(text);

export function isS3({ headers, text }: HttpAnswer): boolean {
  if (/<ListAllMyBucketsResult\b/.test(text)) return true;
  const isXml = /xml/i.test(headers['content-type'] ?? '') || /^\s*<\?xml/.test(text);
  return isXml && /<Error>[\s\S]*<Code>\w+<\/Code>/.test(text);
}

/** Of what speaks S3; null where it does not tell. */
export function storeName({ headers }: HttpAnswer): string | null {
  const server = headers['server'] ?? '';
  const [, name] = /^(MinIO|VersityGW|SeaweedFS|RustFS|Garage|AmazonS3|Ceph)/i.exec(server) ?? [];
  return name === undefined ? null : (storeNames[name.toLowerCase()] ?? null);
}

const storeNames: Readonly<Record<string, string>> = {
  minio: 'MinIO',
  versitygw: 'VersityGW',
  seaweedfs: 'SeaweedFS',
  rustfs: 'RustFS',
  garage: 'Garage',
  amazons3: 'Amazon S3',
  ceph: 'Ceph',
};

/** Whose console a page is; null: no console of a store. */
export function consoleName({ text }: HttpAnswer): string | null {
  const title = titleOf(text) ?? '';
  if (/^MinIO Console/i.test(title)) return 'MinIO';
  if (/^VersityGW/i.test(title)) return 'VersityGW';
  if (/^RustFS/i.test(title)) return 'RustFS';
  return /SeaweedFS/i.test(title) ? 'SeaweedFS' : null;
}

/** By the first bytes. */
function recogniseBytes(start: string): Met | null {
  if (start === '') return null;
  const [, ssh] = /^SSH-[\d.]+-([\x20-\x7e]{1,60})/.exec(start) ?? [];
  if (ssh !== undefined) return met('tcp', `an SSH server (${ssh})`, 'SSH');
  // eslint-disable-next-line no-control-regex
  if (/^[\x15\x16]\x03[\x00-\x04]/.test(start)) return met('tcp', 'a service that speaks TLS', 'TLS');
  if (/^HTTP\/1\.[01] /.test(start)) return met('http', 'a web server', null);
  if (/^E\0\0.{1,2}.*SFATAL|^E\0\0/s.test(start)) return met('postgres', 'PostgreSQL', 'PostgreSQL');
  if (/^(\+PONG|-NOAUTH|-ERR|-DENIED)/.test(start)) return met('tcp', 'Redis', 'Redis');
  if (/mysql_native_password|caching_sha2_password|MariaDB/.test(start)) return met('tcp', 'MySQL or MariaDB', 'MySQL');
  if (/^RFB \d{3}\./.test(start)) return met('tcp', 'a remote screen (VNC)', 'VNC');
  if (/^220[ -]/.test(start)) return met('tcp', 'a mail or file server', null);
  const words = oneLine(start.replace(/[^\x20-\x7e]+/g, ' '), 40);
  return met('tcp', words === '' ? 'a service of its own kind' : `a service that begins with “${words}”`);
}

/** Core has no Buffer; base64 is decoded by hand, as one character for each byte. */
export function latin1(base64: string): string {
  let bits = 0;
  let held = 0;
  let text = '';
  for (const character of base64) {
    const value = alphabet.indexOf(character);
    if (value < 0) continue;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    text += String.fromCharCode((held >> bits) & 0xff);
  }
  return text;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
