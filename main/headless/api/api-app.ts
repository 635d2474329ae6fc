/** The API as a Hono app, the same over HTTP and over the control socket. Who may come in is the hosts' matter. */
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import { createEventStream, type EventStream } from './event-stream.ts';
import { callCore, helloOf, type ServedCore } from './served-core.ts';

/** Largest request body, in bytes. */
const bodyLimitBytes = 1_000_000;
/** Most event streams at once over one host; far more than windows and terminals of one person. */
const streamLimit = 100;

type Refusal = 400 | 401 | 403 | 404 | 405 | 413 | 415 | 421 | 503;

/** A refusal in the shape of every other reply. */
export function refuse(context: Context, status: Refusal, error: Failure): Response {
  return context.json(failed(error), status);
}

export interface ApiApp {
  readonly app: Hono;
  /** Ends every open event stream. */
  endStreams(): void;
}

export function createApiApp(served: ServedCore): ApiApp {
  const app = new Hono();
  const streams = new Set<EventStream>();

  app.use('/api/*', async (context, next) => {
    // Hono would run a GET for a HEAD, and open an event stream that nobody reads.
    if (!['GET', 'POST'].includes(context.req.method)) {
      const method = context.req.method;
      context.res = refuse(context, 405, failure('invalid-argument', `${context.req.path} does not take ${method}.`));
    } else await next();
    context.header('Cache-Control', 'no-store');
  });

  app.get('/api/hello', async (context) => context.json(await helloOf(served)));

  const limit = bodyLimit({
    maxSize: bodyLimitBytes,
    onError: (context) => refuse(context, 413, failure('too-large', 'The request is larger than 1 MB.')),
  });
  app.post('/api/call', limit, async (context) => {
    if (!isJson(context.req.header('content-type'))) {
      return refuse(context, 415, failure('invalid-argument', 'A call must be sent as application/json.'));
    }
    const request = parseRequest(await context.req.text());
    if (!request.ok) return refuse(context, 400, request.error);
    return context.json(await callCore(served, request.value.name, request.value.args));
  });

  app.get('/api/events', async (context) => {
    if (streams.size >= streamLimit) {
      return refuse(context, 503, failure('not-allowed', 'Too many windows and terminals follow Mooring already.'));
    }
    const core = await served.ready;
    let unsubscribe: () => void = () => undefined;
    const stream = createEventStream(() => {
      streams.delete(stream);
      unsubscribe();
    });
    streams.add(stream);
    unsubscribe = core.subscribe(stream.push, { looking: context.req.query('looking') !== '0' });
    stream.push({ name: 'snapshot.changed', payload: core.snapshot() });
    return context.body(stream.body, 200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
  });

  app.all('/api/*', (context) =>
    ['/api/hello', '/api/call', '/api/events'].includes(context.req.path)
      ? refuse(context, 405, failure('invalid-argument', `${context.req.path} does not take ${context.req.method}.`))
      : refuse(context, 404, failure('unknown-call', 'There is nothing at this address.')),
  );

  return {
    app,
    endStreams() {
      for (const stream of [...streams]) stream.end();
    },
  };
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '');
}

function parseRequest(text: string): Reply<{ readonly name: string; readonly args: unknown }> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return failed(failure('invalid-argument', 'The request is not JSON.'));
  }
  if (typeof value !== 'object' || value === null || !('name' in value) || typeof value.name !== 'string') {
    return failed(failure('invalid-argument', 'A call is {"name": …, "args": {…}}.'));
  }
  return { ok: true, value: { name: value.name, args: 'args' in value ? value.args : {} } };
}
