/** Some bytes to a target, and what it says to them. Silence is an answer, too. */
import type { AskAnswer, AskRequest } from '../../core/engine.ts';
import type { AskWay, OnTime } from './ask-way.ts';

export function askBytes(way: AskWay<Extract<AskRequest, { kind: 'bytes' }>>): OnTime {
  const { request, stream } = way;
  const pieces: Buffer[] = [];
  let bytes = 0;
  const finish = (end: Extract<AskAnswer, { kind: 'bytes' }>['end']): void => {
    const base64 = Buffer.concat(pieces).toString('base64');
    way.answer({ kind: 'bytes', base64, end, tookMs: way.tookMs() });
  };
  stream.on('data', (data: Buffer) => {
    const kept = data.subarray(0, request.maxBytes - bytes);
    bytes += kept.length;
    pieces.push(kept);
    if (bytes >= Math.min(request.enoughBytes, request.maxBytes)) finish('enough');
  });
  stream.on('end', () => {
    finish('closed');
  });
  if (request.send !== '') stream.write(Buffer.from(request.send, 'base64'));
  return () => {
    finish('quiet');
  };
}
