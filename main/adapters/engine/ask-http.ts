/** One HTTP request over a channel, by Node's own client. No redirect is followed, no cookie kept. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AskRequest } from '../../core/engine.ts';
import { failure } from '../../shared/failure.ts';
import { errorCode } from '../system-errors.ts';
import { StreamFailure } from './ask-stream.ts';
import type { AskWay } from './ask-way.ts';
import { awsHeaders } from './aws-signature.ts';
import { detailOf, type Endpoint } from './failures.ts';

type HttpAsk = Extract<AskRequest, { kind: 'http' }>;

/** Beyond this an answer's head is not read. */
const maxHeaderBytes = 16_384;
/** Of what is no HTTP: enough to tell what it is. */
const maxStartBytes = 512;

export function askHttp(way: AskWay<HttpAsk>, target: Endpoint): void {
  const { request, stream } = way;
  const seen: Buffer[] = [];
  let seenBytes = 0;
  const look = (data: Buffer): void => {
    if (seenBytes >= maxStartBytes) return;
    const piece = data.subarray(0, maxStartBytes - seenBytes);
    seen.push(piece);
    seenBytes += piece.length;
  };
  // Before the client’s own listener, which may find that it is no HTTP.
  stream.on('data', look);
  let outgoing;
  try {
    outgoing = httpRequest({
      createConnection: () => stream,
      host: target.host,
      port: target.port,
      method: request.method,
      path: request.path,
      headers: { 'Accept-Encoding': 'identity', Accept: '*/*', ...request.headers, ...loginHeaders(request) },
      setHost: false,
      maxHeaderSize: maxHeaderBytes,
    });
  } catch (error) {
    // Characters that no header or path may have.
    way.fail(failure('invalid-argument', 'This can’t be asked for over HTTP', { detail: errorCode(error) }));
    return;
  }
  outgoing.on('response', (incoming) => {
    stream.off('data', look);
    read(way, incoming);
  });
  outgoing.on('upgrade', (incoming, socket) => {
    socket.destroy();
    way.answer({
      ...headOf(incoming),
      text: '',
      truncated: false,
      tookMs: way.tookMs(),
    });
  });
  outgoing.on('error', (error) => {
    if (error instanceof StreamFailure) way.fail(error.failure);
    else if (seenBytes > 0) {
      way.answer({ kind: 'not-http', base64: Buffer.concat(seen).toString('base64'), tookMs: way.tookMs() });
    } else way.broken('closed the connection without an answer', detailOf(error));
  });
  outgoing.end();
}

function read(way: AskWay<HttpAsk>, incoming: IncomingMessage): void {
  const { maxBytes } = way.request;
  const pieces: Buffer[] = [];
  let bytes = 0;
  const finish = (truncated: boolean): void => {
    const text = Buffer.concat(pieces).toString('utf8');
    way.answer({ ...headOf(incoming), text, truncated, tookMs: way.tookMs() });
  };
  incoming.on('data', (data: Buffer) => {
    const kept = data.subarray(0, maxBytes - bytes);
    bytes += kept.length;
    pieces.push(kept);
    if (kept.length < data.length) finish(true);
  });
  incoming.on('end', () => {
    finish(false);
  });
  incoming.on('error', (error) => {
    if (error instanceof StreamFailure) way.fail(error.failure);
    else way.broken('broke off in the middle of its answer', detailOf(error));
  });
}

function headOf(incoming: IncomingMessage) {
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  );
  return { kind: 'http', status: incoming.statusCode ?? 0, headers: Object.fromEntries(headers) } as const;
}

function loginHeaders({ login, method, path, headers }: HttpAsk): Record<string, string> {
  switch (login?.kind) {
    case undefined:
      return {};
    case 'basic':
      return { Authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` };
    case 'aws':
      return awsHeaders({ ...login, method, path, host: headers['Host'] ?? '', date: new Date() });
    default:
      return login satisfies never;
  }
}
