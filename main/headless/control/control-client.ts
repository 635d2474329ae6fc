/** The command line's side of the control socket. */
import { request, type IncomingMessage } from 'node:http';
import { errorCode } from '../../adapters/system-errors.ts';
import type { Api, CallArgs, CallName, CallReply, CoreEvent } from '../../shared/contract.ts';
import { failed, failure, type Failure } from '../../shared/failure.ts';
import { cleanDeep } from '../terminal/clean-text.ts';
import { isHello, type Hello } from '../api/hello.ts';
import { createSseParser } from './sse-parser.ts';

/** Some calls open a keychain, which may wait for a person. */
const callTimeoutMs = 60_000;
/** These ask a person, and are answered when all is over. */
const askingCalls: readonly CallName[] = ['hosts.apply', 'hosts.remove', 'hosts.restore', 'keys.install'];
const askingTimeoutMs = 600_000;

export interface ControlClient extends Api {
  /** `onEnd` runs once when the core ended the stream, never after the subscription was ended from this side. */
  subscribe(listener: (event: CoreEvent) => void, onEnd?: () => void): () => void;
}

/** Who answers behind a control path. */
export type Knock =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'running'; readonly hello: Hello }
  /** It closed between the knock and its answer. */
  | { readonly kind: 'leaving' }
  /** Something holds the socket but does not answer as a Mooring would, or may not be asked. */
  | { readonly kind: 'stranger'; readonly failure: Failure };

/** Asks who is there. Waits up to `timeoutMs` for a core that is just starting. */
export async function knock(controlPath: string, timeoutMs = 10_000): Promise<Knock> {
  try {
    const { body } = await exchange(controlPath, 'GET', '/api/hello', null, timeoutMs);
    const hello: unknown = JSON.parse(body);
    if (isHello(hello)) return { kind: 'running', hello };
    return { kind: 'stranger', failure: failure('conflict', 'Another program answers on Mooring’s control socket.') };
  } catch (error) {
    const code = errorCode(error, 'unknown');
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return { kind: 'nobody' };
    if (code === 'ECONNRESET' || code === 'EPIPE') return { kind: 'leaving' };
    return {
      kind: 'stranger',
      failure: failure('timed-out', 'Mooring is running but does not answer.', {
        hint: 'Wait a moment. If it stays so, end it and start it again.',
        detail: code,
      }),
    };
  }
}

export function createControlClient(controlPath: string): ControlClient {
  return {
    async call<K extends CallName>(name: K, args: CallArgs<K>): Promise<CallReply<K>> {
      try {
        const { body } = await exchange(
          controlPath,
          'POST',
          '/api/call',
          JSON.stringify({ name, args }),
          askingCalls.includes(name) ? askingTimeoutMs : callTimeoutMs,
        );
        // The core on the other side is this same program; its replies are of the contract's shape.
        return cleanDeep(JSON.parse(body)) as CallReply<K>;
      } catch (error) {
        return failed(notAnswering(errorCode(error, 'unknown')));
      }
    },

    subscribe(listener, onEnd) {
      const parse = createSseParser();
      let over = false;
      const finish = () => {
        if (over) return;
        over = true;
        ask.destroy();
        onEnd?.();
      };
      const ask = request({ socketPath: controlPath, path: '/api/events?looking=1', agent: false }, (answer) => {
        if (answer.statusCode !== 200) {
          finish();
          return;
        }
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          for (const { event, data } of parse(text)) {
            if (over) return;
            if (event === 'snapshot.changed' || event === 'log.added' || event === 'setup.log-added') {
              listener({ name: event, payload: cleanDeep(JSON.parse(data)) } as CoreEvent);
            }
          }
        });
        answer.on('close', finish);
        answer.on('error', finish);
      });
      ask.on('error', finish);
      ask.end();
      return () => {
        over = true;
        ask.destroy();
      };
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function exchange(
  controlPath: string,
  method: 'GET' | 'POST',
  path: string,
  body: string | null,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers =
      body === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const ask = request({ socketPath: controlPath, method, path, headers, agent: false }, (answer) => {
      collect(answer).then((text) => {
        resolve({ status: answer.statusCode ?? 0, body: text });
      }, reject);
    });
    const timer = setTimeout(() => {
      ask.destroy(Object.assign(new Error('No answer in time'), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    ask.on('error', reject);
    ask.on('close', () => {
      clearTimeout(timer);
    });
    ask.end(body);
  });
}

async function collect(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  let text = '';
  for await (const chunk of answer) text += chunk as string;
  return text;
}

function notAnswering(detail: string): Failure {
  const hint = 'See if it still runs: mooring status';
  return detail === 'ETIMEDOUT'
    ? failure('timed-out', 'Mooring did not answer in time.', { hint, detail })
    : failure('unreachable', 'Mooring went away before it answered.', { hint, detail });
}
