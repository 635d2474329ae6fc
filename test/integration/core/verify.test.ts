/** The check against a real MLflow, with and without a login, and against HTTP servers that lie. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createClock } from '../../../main/adapters/clock.ts';
import { createHttpClient } from '../../../main/adapters/http-client.ts';
import { createRandom } from '../../../main/adapters/random.ts';
import { verify, type RunningVerify, type VerifyOptions } from '../../../main/core/setup/verify/verify.ts';
import { verifyLines } from '../../../main/shared/setup/verify-words.ts';
import type { VerifyStepId, VerifyView } from '../../../main/shared/setup/verify.ts';
import { startMlflowServer, type MlflowServer } from '../../support/mlflow-server.ts';
import { mlflowVenv } from '../../support/mlflow-venv.ts';
import { freePort } from '../../support/sshd.ts';
import { waitFor, within } from '../../support/wait.ts';

const http = createHttpClient();
const login = { user: 'admin', password: 'long:and $trange & 12' };
const megabyte = 1_000_000;

function start(url: string, more: Partial<VerifyOptions> = {}): RunningVerify & { readonly last: () => VerifyView } {
  let last: VerifyView | undefined;
  const { onChange } = more;
  const running = verify({
    http,
    clock: createClock(),
    random: createRandom(),
    environment: 'main',
    url,
    login: null,
    artifactBytes: megabyte,
    ...more,
    onChange: (view) => {
      last = view;
      onChange?.(view);
    },
  });
  return { ...running, last: () => last! };
}

/** Resolves when the step is running. */
const stepRuns = (running: ReturnType<typeof start>, id: VerifyStepId) =>
  waitFor(`the step ${id}`, () => stepOf(running.last(), id).state === 'running', { timeoutMs: 30_000, everyMs: 1 });
const stepOf = (view: VerifyView, id: VerifyStepId) => view.steps.find((each) => each.id === id)!;
const notOk = (view: VerifyView) =>
  view.steps.filter((each) => each.state !== 'ok').map(({ id, state }) => [id, state]);
const print = (title: string, view: VerifyView) => {
  process.stdout.write(`${title}\n${verifyLines(view).join('\n')}\n`);
};

const venv = await mlflowVenv();
const reason = 'skip' in venv ? venv.skip : null;

describe.skipIf(reason !== null)(`a real MLflow (skipped: ${reason ?? ''})`, () => {
  let server: MlflowServer;
  const made = async () => {
    if ('skip' in venv) throw new Error(venv.skip);
    return venv;
  };
  beforeAll(async () => {
    server = await startMlflowServer(await made());
  });
  afterAll(() => server.remove());

  /** Experiments that are not deleted, models, and files of artifacts. */
  const leftBehind = async (at: MlflowServer, headers: Record<string, string> = {}) => {
    const get = async (path: string) =>
      (await (await fetch(`${at.url}/api/2.0/mlflow/${path}`, { headers })).json()) as Record<
        string,
        { name: string }[]
      >;
    const { experiments = [] } = await get('experiments/search?max_results=100');
    const { registered_models: models = [] } = await get('registered-models/search');
    const dir = join(at.dir, 'artifacts');
    const files = existsSync(dir)
      ? (readdirSync(dir, { recursive: true }) as string[]).filter((each) => statSync(join(dir, each)).isFile())
      : [];
    return [...experiments.map((each) => each.name), ...models.map((each) => each.name), ...files];
  };

  it('goes through, small', async () => {
    const view = await start(server.url).done;
    print('1 MB, no login', view);
    expect(view).toMatchObject({ failure: null, remarks: [], directAccess: 'none' });
    expect(notOk(view)).toEqual([]);
    expect(stepOf(view, 'reach').note).toBe('MLflow 3.17.2');
    expect(await leftBehind(server)).toEqual(['Default']);
  });

  it('goes through with 100 MB, which are never held', { timeout: 120_000 }, async () => {
    await start(server.url).done;
    const used = () => {
      const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
      return { rss, held: heapUsed + arrayBuffers };
    };
    const before = used();
    let most = before;
    const timer = setInterval(() => {
      const now = used();
      most = { rss: Math.max(most.rss, now.rss), held: Math.max(most.held, now.held) };
    }, 10);
    const view = await start(server.url, { artifactBytes: 100 * megabyte }).done;
    clearInterval(timer);
    print('100 MB, no login', view);
    const grown = { rss: (most.rss - before.rss) / 1e6, held: (most.held - before.held) / 1e6 };
    process.stdout.write(`memory grew by ${grown.held.toFixed(0)} MB (rss ${grown.rss.toFixed(0)} MB)\n`);
    expect(notOk(view)).toEqual([]);
    expect(grown.held).toBeLessThan(50);
    expect(grown.rss).toBeLessThan(80);
    expect(await leftBehind(server)).toEqual(['Default']);
  });

  it.each(['upload', 'download'] as const)('cancelled in the %s cleans up', { timeout: 60_000 }, async (id) => {
    const running = start(server.url, { artifactBytes: 300 * megabyte });
    await stepRuns(running, id);
    running.cancel();
    const view = await within(10_000, 'the end', running.done);
    expect(view).toMatchObject({ cancelled: true, failure: null });
    expect(stepOf(view, id)).toMatchObject({ state: 'skipped', note: 'stopped' });
    expect(stepOf(view, 'clean-up')).toMatchObject({ state: 'ok', note: 'nothing is left behind' });
    expect(await leftBehind(server)).toEqual(['Default']);
  });

  it('by another name is refused, and the check says how to allow it', async () => {
    const name = server.url.replace('127.0.0.1', 'lab.localhost');
    const proxied = {
      ...http,
      request: (asked: Parameters<typeof http.request>[0]) =>
        http.request({
          ...asked,
          url: asked.url.replace('lab.localhost', '127.0.0.1'),
          headers: { Host: new URL(name).host },
        }),
    };
    const view = await start(name, { http: proxied }).done;
    expect(view.failure).toMatchObject({
      code: 'not-allowed',
      hint: expect.stringContaining('--allowed-hosts') as string,
    });
  });

  it('stopped in the middle: the check ends and names what it leaves', { timeout: 60_000 }, async () => {
    const own = await startMlflowServer(await made());
    try {
      const running = start(own.url, { artifactBytes: 300 * megabyte });
      await stepRuns(running, 'upload');
      await own.kill();
      const view = await within(20_000, 'the end', running.done);
      print('stopped in the middle', view);
      expect(['link-lost', 'refused']).toContain(view.failure?.code);
      expect(stepOf(view, 'upload').state).toBe('failed');
      expect(stepOf(view, 'register').state).toBe('skipped');
      expect(view.remarks[0]).toMatch(/^Left behind: the artifact, the run, the experiment mooring-check-/);
    } finally {
      await own.remove();
    }
  });

  it('frozen: a cancel ends the check within the patience of cleaning up', { timeout: 60_000 }, async () => {
    const running = start(server.url, { artifactBytes: 300 * megabyte });
    await stepRuns(running, 'upload');
    server.freeze();
    try {
      running.cancel();
      const view = await within(15_000, 'the end', running.done);
      expect(view.cancelled).toBe(true);
      expect(stepOf(view, 'clean-up').state).toBe('failed');
    } finally {
      server.thaw();
    }
  });

  describe('with a login', () => {
    let locked: MlflowServer;
    beforeAll(async () => {
      locked = await startMlflowServer(await made(), { login });
    });
    afterAll(() => locked.remove());

    it('goes through, and nothing shows the password', { timeout: 60_000 }, async () => {
      const views: VerifyView[] = [];
      const view = await start(locked.url, { login, onChange: (each) => views.push(each) }).done;
      print('1 MB, with login', view);
      expect(view).toMatchObject({ failure: null, remarks: [] });
      expect(notOk(view)).toEqual([]);
      expect(stepOf(view, 'sign-in').note).toBe('as admin');
      expect(JSON.stringify(views)).not.toContain(login.password);
      const Authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
      expect(await leftBehind(locked, { Authorization })).toEqual(['Default']);
    });

    it('tells a wrong password from a missing one', async () => {
      const wrong = await start(locked.url, { login: { ...login, password: 'something else' } }).done;
      expect(wrong.failure).toMatchObject({ code: 'login-rejected', message: 'MLflow refuses the login of admin' });
      const missing = await start(locked.url).done;
      expect(missing.failure).toMatchObject({ code: 'login-rejected', message: 'MLflow wants a login' });
    });
  });

  it('that lets anybody in is remarked where a login was expected', async () => {
    const view = await start(server.url, { login }).done;
    expect(notOk(view)).toEqual([['sign-in', 'warned']]);
    expect(view.remarks[0]).toMatch(/lets in anybody/);
  });

  it(
    'whose artifacts are in a folder by its path: the steps are skipped, with a remark',
    { timeout: 60_000 },
    async () => {
      const own = await startMlflowServer(await made(), { args: ['--default-artifact-root', './mlruns'] });
      try {
        const view = await start(own.url).done;
        print('--default-artifact-root ./mlruns', view);
        expect(view.failure).toBeNull();
        expect(stepOf(view, 'upload').state).toBe('skipped');
        expect(view.remarks[0]).toMatch(/folder by its path .*--artifacts-destination/);
      } finally {
        await own.remove();
      }
    },
  );
});

/** What course material still installs; newer helpers of it would not start. */
const old = await mlflowVenv('2.4.0', ['sqlalchemy<2.0.30', 'flask<2.3', 'werkzeug<3', 'setuptools<70']);
const noOld = 'skip' in old ? old.skip : null;

it.skipIf(noOld !== null)(`an MLflow of 2023 (skipped: ${noOld ?? ''})`, { timeout: 120_000 }, async () => {
  if ('skip' in old) return;
  const server = await startMlflowServer(old);
  try {
    const view = await start(server.url).done;
    print('2.4.0', view);
    expect(view).toMatchObject({ failure: null, remarks: [], directAccess: 'none' });
    expect(notOk(view)).toEqual([]);
    expect(stepOf(view, 'reach').note).toBe('MLflow 2.4.0');
  } finally {
    await server.remove();
  }
});

/** A built VersityGW, as the tests of object storage keep it. */
const gateway =
  process.env['MOORING_VERSITYGW'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mooring-test', 'stores', 'versitygw');
const boto = existsSync(gateway)
  ? await mlflowVenv(undefined, ['boto3'])
  : { skip: 'no VersityGW in the cache folder' };
const noStore = 'skip' in boto ? boto.skip : reason;

describe.skipIf(noStore !== null)(`a real MLflow over an S3 store (skipped: ${noStore ?? ''})`, () => {
  let dir: string;
  let store: ChildProcess;
  let server: MlflowServer;
  const keys = { AWS_ACCESS_KEY_ID: 'mooring', AWS_SECRET_ACCESS_KEY: 'store-secret-1234' };

  beforeAll(async () => {
    if ('skip' in boto) throw new Error(boto.skip);
    dir = mkdtempSync(join(tmpdir(), 'mooring-store-'));
    mkdirSync(join(dir, 'mlflow'));
    const port = await freePort();
    store = spawn(gateway, ['--port', `127.0.0.1:${String(port)}`, '--health', '/health', '--quiet', 'posix', dir], {
      stdio: 'ignore',
      env: { ROOT_ACCESS_KEY: keys.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: keys.AWS_SECRET_ACCESS_KEY },
    });
    await waitFor('the store', async () => {
      try {
        return (await fetch(`http://127.0.0.1:${String(port)}/health`)).ok;
      } catch {
        return false;
      }
    });
    server = await startMlflowServer(boto, {
      artifacts: 's3://mlflow/lab',
      login,
      env: { ...keys, AWS_DEFAULT_REGION: 'us-east-1', MLFLOW_S3_ENDPOINT_URL: `http://127.0.0.1:${String(port)}` },
    });
  });
  afterAll(async () => {
    store.kill('SIGKILL');
    await server.remove();
    rmSync(dir, { recursive: true, force: true });
  });
  const objects = () =>
    (readdirSync(dir, { recursive: true }) as string[]).filter(
      (each) => !each.startsWith('.') && statSync(join(dir, each)).isFile(),
    );

  it('hands out links that work here, both ways', { timeout: 120_000 }, async () => {
    const views: VerifyView[] = [];
    const view = await start(server.url, { login, artifactBytes: 20 * megabyte, onChange: (v) => views.push(v) }).done;
    print('S3, store in reach', view);
    expect(view).toMatchObject({ failure: null, remarks: [], directAccess: 'reachable' });
    expect(stepOf(view, 'direct').note).toMatch(/^127\.0\.0\.1:\d+, down and up$/);
    expect(JSON.stringify(views)).not.toMatch(/Signature|store-secret/);
    expect(objects()).toEqual([]);
  });

  it('hands out links to a place that is out of reach from here', { timeout: 120_000 }, async () => {
    // As if the store’s tunnel were not up: what goes to the store itself is refused.
    const cut: typeof http = {
      ...http,
      request: (asked) =>
        http.request(asked.url.startsWith(server.url) ? asked : { ...asked, url: 'http://127.0.0.1:1/' }),
    };
    const view = await start(server.url, { login, http: cut }).done;
    print('S3, store out of reach', view);
    expect(view).toMatchObject({ failure: null, directAccess: 'unreachable' });
    expect(notOk(view)).toEqual([['direct', 'warned']]);
    expect(view.remarks[0]).toMatch(
      /tunnel to the store on this very port.*MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD=false/,
    );
    expect(objects()).toEqual([]);
  });

  it('whose store is gone says so', { timeout: 300_000 }, async () => {
    store.kill('SIGKILL');
    const view = await start(server.url, { login }).done;
    print('S3, store gone', view);
    expect(stepOf(view, 'upload').state).toBe('failed');
    expect(view.failure).toMatchObject({
      message: 'MLflow could not store an artifact (HTTP 500)',
      hint: expect.stringMatching(/store may be out of reach/) as string,
    });
    expect(view.remarks).toEqual([expect.stringMatching(/^Left behind: the artifact\./)]);
  });
});

describe('a server that lies', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });
  /** `/health` says OK; what else there is, `answer` does. */
  const lying = async (answer: (response: ServerResponse) => void, everywhere = false) => {
    const server = createServer((request, response) => {
      if (request.url === '/health' && !everywhere) response.end('OK');
      else answer(response);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  };

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['with errors', (r) => r.writeHead(500, { 'Content-Type': 'text/html' }).end('<h1>Oops</h1>'), /\(HTTP 500\)$/],
    [
      'with megabytes of a page',
      (r) => r.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'.repeat(4e6)),
      /no MLflow/,
    ],
    ['with megabytes of an error', (r) => r.writeHead(500).end('x'.repeat(9e6)), /HTTP 500/],
    ['with another place', (r) => r.writeHead(307, { Location: 'https://sso.example/' }).end(), /\(sso\.example\)/],
    ['with bytes that are no text', (r) => r.end(Buffer.alloc(1_000, 0xff)), /no MLflow/],
    ['by hanging up', (r) => r.destroy(), /closed the connection/],
  ])('answers %s', async (_name, answer, words) => {
    for (const everywhere of [true, false]) {
      const view = await within(10_000, 'the end', start(await lying(answer, everywhere)).done);
      expect(view.failure?.message).toMatch(words);
      expect(JSON.stringify(view).length).toBeLessThan(5_000);
    }
  });

  it('never answers: a cancel ends it', async () => {
    const running = start(await lying(() => undefined, true));
    await stepRuns(running, 'reach');
    running.cancel();
    const view = await within(2_000, 'the end', running.done);
    expect(view).toMatchObject({ cancelled: true, failure: null });
  });

  it('is not there', async () => {
    const url = await lying(() => undefined);
    await new Promise((resolve) => servers[0]!.close(resolve));
    const view = await start(url).done;
    expect(view.failure).toMatchObject({ code: 'refused', hint: 'Nothing listens there: see that the tunnel is on.' });
  });
});
