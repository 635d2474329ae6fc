/** The check against a tracking server that does as it is told. */
import { beforeEach, describe, expect, it } from 'vitest';
import { verify, type RunningVerify, type VerifyOptions } from '../../../../main/core/setup/verify/verify.ts';
import { failed, failure } from '../../../../main/shared/failure.ts';
import type { VerifyView } from '../../../../main/shared/setup/verify.ts';
import { verifyLines } from '../../../../main/shared/setup/verify-words.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { waitFor } from '../../../support/wait.ts';
import { fakeHttp, fakeTracking, mlflowError, type FakeTracking } from '../../../support/fake-tracking.ts';

const url = 'http://127.0.0.1:5000';
const login = { user: 'admin', password: 'pw-geheim-0123' };
const artifactBytes = 1_000_000;

let clock: FakeClock;
let tracking: FakeTracking;
let http: ReturnType<typeof fakeHttp>;
let views: VerifyView[];

beforeEach(() => {
  clock = new FakeClock();
  views = [];
  use(fakeTracking());
});

function use(server: FakeTracking, elsewhere?: Parameters<typeof fakeHttp>[2]): void {
  tracking = server;
  http = fakeHttp(server, url, elsewhere);
}

function start(more: Partial<VerifyOptions> = {}): RunningVerify {
  let ids = 0;
  return verify({
    http,
    clock,
    random: { fraction: () => 0.5, id: () => `abcdefgh-${String((ids += 1))}` },
    environment: 'main',
    url,
    login: null,
    artifactBytes,
    onChange: (view) => views.push(view),
    ...more,
  });
}

const check = (more?: Partial<VerifyOptions>) => start(more).done;
const states = (view: VerifyView) => Object.fromEntries(view.steps.map((each) => [each.id, each.state]));
const note = (view: VerifyView, id: string) => view.steps.find((each) => each.id === id)?.note;
const notOk = (view: VerifyView) =>
  Object.fromEntries(Object.entries(states(view)).filter(([, state]) => state !== 'ok'));

/** And has asked. */
const isRunning = (id: string) =>
  waitFor(`the step ${id}`, async () => {
    await settle();
    return states(views.at(-1)!)[id] === 'running' && http.open === 1;
  });

function expectNothingLeft(): void {
  expect([...tracking.experiments.keys()]).toEqual(['0']);
  expect(tracking.runs.size + tracking.artifacts.size + tracking.models.size).toBe(0);
  expect(http.open).toBe(0);
}

describe('a check', () => {
  it('goes through every step and leaves nothing behind', async () => {
    const view = await check();
    expect(view).toMatchObject({ failure: null, cancelled: false, remarks: [], directAccess: 'none' });
    expect(notOk(view)).toEqual({});
    expect(note(view, 'reach')).toBe('MLflow 3.17.2');
    expect(note(view, 'upload')).toBe('mlflow-artifacts:/1/… (through the server)');
    expect(tracking.asked.filter((each) => each.startsWith('DELETE'))).toEqual([
      'DELETE /api/2.0/mlflow/registered-models/delete',
      `DELETE /api/2.0/mlflow-artifacts/artifacts/1/${'0'.repeat(32)}`,
    ]);
    expectNothingLeft();
  });

  it('tells of every step as it begins and ends', async () => {
    await check();
    expect(views[0]?.steps.every((each) => each.state === 'waiting')).toBe(true);
    const running = views.map((view) => view.steps.find((each) => each.state === 'running')?.id);
    expect([...new Set(running)].filter(Boolean)).toEqual(views[0]?.steps.map((each) => each.id));
    expect(views.at(-1)?.endedMs).toBe(clock.nowMs());
  });

  it('keeps a path before the interface', async () => {
    http = fakeHttp(tracking, `${url}/mlflow`);
    expect((await check({ url: `${url}/mlflow/` })).failure).toBeNull();
  });

  it('sends the login to the tracking server only, and to its own steps', async () => {
    use(fakeTracking({ login }));
    const view = await check({ login });
    expect(view.failure).toBeNull();
    expect(note(view, 'sign-in')).toBe('as admin');
    expect(http.requests.every((each) => each.headers === undefined)).toBe(true);
    expect(JSON.stringify(views)).not.toContain('geheim');
  });
});

describe('a login', () => {
  it('that is wrong ends it, tried once', async () => {
    use(fakeTracking({ login }));
    const view = await check({ login: { ...login, password: 'another-password' } });
    expect(view.failure).toMatchObject({ code: 'login-rejected', message: 'MLflow refuses the login of admin' });
    expect(notOk(view)).toMatchObject({ 'sign-in': 'failed', experiment: 'skipped', 'clean-up': 'skipped' });
    const tries = http.requests.filter((each) => each.login !== null && !each.url.endsWith('/version'));
    expect(tries).toHaveLength(1);
  });

  it('that is missing is asked for', async () => {
    use(fakeTracking({ login }));
    expect((await check()).failure).toMatchObject({ code: 'login-rejected', message: 'MLflow wants a login' });
  });

  it('that an open server does not look at is worth a remark', async () => {
    const view = await check({ login });
    expect(view.failure).toBeNull();
    expect(notOk(view)).toEqual({ 'sign-in': 'warned' });
    expect(view.remarks[0]).toMatch(/lets in anybody without a login/);
  });
});

describe('older servers', () => {
  it('without version, registry, server-info', async () => {
    tracking.on(/\/version$/, () => mlflowError(404, 'ENDPOINT_NOT_FOUND', 'no'));
    tracking.on(/registered-models/, () => mlflowError(500, 'FEATURE_DISABLED', 'not supported by the store'));
    const view = await check();
    expect(view.failure).toBeNull();
    expect(notOk(view)).toEqual({ register: 'skipped' });
    expect(note(view, 'reach')).toBe('MLflow, version not told');
    expectNothingLeft();
  });

  it('that give artifacts to S3 directly', async () => {
    use(fakeTracking({ artifactRoot: 's3://key:geheim@lab/mlflow' }));
    const view = await check();
    expect(view).toMatchObject({ failure: null, directAccess: null });
    expect(notOk(view)).toEqual({
      upload: 'skipped',
      list: 'skipped',
      download: 'skipped',
      direct: 'skipped',
      older: 'warned',
    });
    expect(view.remarks[0]).toMatch(/in S3 directly \(s3:\/\/lab\/mlflow\/…\).*--artifacts-destination/);
    expect(view.remarks[1]).toBe(
      'One experiment keeps its artifacts in S3 directly, so that clients need its credentials themselves: ' +
        'Default (s3://lab/mlflow/…).',
    );
    expect(JSON.stringify(views)).not.toContain('geheim');
    expectNothingLeft();
  });

  it('whose older experiments are elsewhere', async () => {
    tracking.experiments.set('a', { name: 'old one', artifact_location: './mlruns/3' });
    for (let each = 0; each < 5; each += 1) {
      tracking.experiments.set(`s${String(each)}`, { name: `s${String(each)}`, artifact_location: 's3://b/1' });
    }
    const view = await check();
    expect(notOk(view)).toEqual({ older: 'warned' });
    expect(note(view, 'older')).toBe('6 of 7 of the old kind');
    expect(view.remarks).toEqual([
      expect.stringMatching(/^One experiment keeps .* on their own disk: old one \(\.\/mlruns\/3\)\. New experiments/),
      expect.stringMatching(/^5 experiments keep .*: s0 \(s3:\/\/b\/1\), .* and 2 more\. New/),
    ]);
  });

  it('with more experiments than are looked over', async () => {
    let pages = 0;
    const experiments = Array.from({ length: 200 }, (_, i) => ({ name: `e${String(i)}`, artifact_location: 's3://b' }));
    tracking.on(/POST .*experiments\/search/, () => {
      pages += 1;
      return { status: 200, json: { experiments, next_page_token: 'more' } };
    });
    expect(note(await check(), 'older')).toBe('1000 of 1000 or more of the old kind');
    expect(pages).toBe(5);
  });
});

describe('direct access to the store', () => {
  const link = 'http://127.0.0.1:9000/lab/1/check/random.bin?X-Amz-Signature=geheim';
  const can = (downloads: boolean, uploads: boolean) => {
    tracking.on(/server-info/, () => ({
      status: 200,
      json: { multipart_downloads_enabled: downloads, multipart_uploads_enabled: uploads },
    }));
    tracking.on(/GET .*\/presigned\//, () => ({
      status: 200,
      json: { url: link, headers: { 'x-amz-a': 'b', Host: 'evil', Cookie: 'c' }, file_size: artifactBytes },
    }));
    tracking.on(/mpu\/create/, () => ({
      status: 200,
      json: { upload_id: 'u1', credentials: [{ url: link, part_number: 1, headers: {} }] },
    }));
    tracking.on(/mpu\/(complete|abort)/, () => ({ status: 200, json: {} }));
  };
  const store = (bytes: { sha256: string; bytes: number } | null = null) =>
    use(tracking, (request) => {
      if (request.method === 'PUT') return { status: 200, headers: { etag: '"e"' } };
      return { status: 200, digest: bytes ?? [...tracking.artifacts.values()][0]! };
    });
  const asked = (what: string) => tracking.asked.filter((each) => each.includes(what)).length;

  it('works where the store is in reach, and gets no login', async () => {
    use(fakeTracking({ login }));
    can(true, true);
    store();
    const view = await check({ login });
    expect(view).toMatchObject({ failure: null, directAccess: 'reachable', remarks: [] });
    expect(note(view, 'direct')).toBe('127.0.0.1:9000, down and up');
    const there = http.requests.filter((each) => each.url === link);
    expect(there.map(({ method, login: sent, headers }) => ({ method, sent, headers }))).toEqual([
      { method: 'GET', sent: null, headers: { 'x-amz-a': 'b' } },
      { method: 'PUT', sent: null, headers: {} },
    ]);
    expect([asked('mpu/complete'), asked('mpu/abort')]).toEqual([1, 0]);
    expect(JSON.stringify(views)).not.toContain('geheim');
  });

  it('that is out of reach says how to switch it off, or what to forward', async () => {
    can(true, true);
    use(tracking, () => failure('refused', '127.0.0.1:9000 refused the connection'));
    const view = await check();
    expect(view).toMatchObject({ failure: null, directAccess: 'unreachable' });
    expect(notOk(view)).toEqual({ direct: 'warned' });
    expect(view.remarks).toEqual([
      'Clients of MLflow 3.17 and later fetch artifacts straight from 127.0.0.1:9000: that refused the connection. ' +
        'Bring up a tunnel to the store on this very port (9000), or set MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD=false ' +
        'and MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD=false for the clients.',
    ]);
    expect([asked('mpu/complete'), asked('mpu/abort')]).toEqual([0, 1]);
  });

  it('to another program on that port is no access', async () => {
    can(true, false);
    store({ sha256: 'other', bytes: artifactBytes });
    const view = await check();
    expect(note(view, 'direct')).toBe('127.0.0.1:9000 gives other bytes (other bytes)');
    use(tracking, () => ({ status: 403, text: 'SignatureDoesNotMatch' }));
    expect(note(await check(), 'direct')).toMatch(/does not take the server’s link \(HTTP 403\)/);
  });

  it('for large uploads only', async () => {
    can(false, true);
    use(tracking, () => failure('timed-out', 'x.blob.core.windows.net did not answer for 10 s'));
    const view = await check();
    expect(view.directAccess).toBe('unreachable');
    expect(view.remarks[0]).toMatch(
      /send artifacts of 500 MB and more .*set MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD=false/,
    );
  });

  it('announced for uploads and then not there', async () => {
    can(false, true);
    tracking.on(/mpu\/create/, () =>
      mlflowError(501, 'NOT_IMPLEMENTED', 'Multipart upload is not supported for the current artifact repository'),
    );
    expect((await check()).directAccess).toBe('none');
  });

  it('is said nothing of when the check is stopped in it', async () => {
    can(true, true);
    const slow = fakeHttp(tracking, url);
    let cancel: () => void = () => undefined;
    const never = new Promise<ReturnType<typeof failed>>((resolve) => {
      cancel = () => {
        resolve(failed(failure('cancelled', 'cancelled')));
      };
    });
    const running = start({
      http: {
        ...slow,
        request: (asked) =>
          asked.url === link
            ? {
                done: never,
                cancel: () => {
                  cancel();
                },
              }
            : slow.request(asked),
      },
    });
    await waitFor('the step', () => states(views.at(-1)!)['direct'] === 'running');
    await settle();
    running.cancel();
    expect(await running.done).toMatchObject({ cancelled: true, failure: null, directAccess: null, remarks: [] });
  });

  it('announced and not given makes clients fail', async () => {
    can(true, false);
    tracking.on(/presigned/, () => ({ status: 500, text: '<html>', type: 'text/html' }));
    const view = await check();
    expect(view.directAccess).toBe('unreachable');
    expect(note(view, 'direct')).toBe('MLflow could not get a link to the store (HTTP 500)');
  });
});

describe('what goes wrong', () => {
  it.each([
    ['reach', /\/health/],
    ['sign-in', /GET .*experiments\/search/],
    ['experiment', /experiments\/create/],
    ['log', /runs\/log-batch/],
    ['read-back', /get-history/],
    ['upload', /PUT/],
    ['list', /artifacts\/list/],
    ['download', /GET .*mlflow-artifacts/],
    ['register', /model-versions/],
    ['older', /POST .*experiments\/search/],
  ])('in the step %s is said once, and what was made is cleaned up', async (id, find) => {
    tracking.on(find, () => mlflowError(500, 'INTERNAL_ERROR', 'Boom'));
    const view = await check();
    expect(states(view)[id]).toBe('failed');
    expect(view.failure?.message).toMatch(/\(HTTP 500\): Boom$/);
    expect(view.steps.filter((each) => each.state === 'failed')).toHaveLength(1);
    expectNothingLeft();
  });

  it.each([
    ['reach', /\/health/],
    ['experiment', /experiments\/create/],
    ['log', /runs\/create/],
    ['upload', /PUT/],
    ['download', /GET .*mlflow-artifacts/],
    ['register', /registered-models/],
  ])('a server that goes away in the step %s: the rest is skipped, what is left is named', async (id, find) => {
    let away = false;
    tracking.on(/./, ({ method, path }) => {
      away ||= find.test(`${method} ${path}`);
      return away ? failure('refused', '127.0.0.1:5000 refused the connection') : null;
    });
    const view = await check();
    const ids = view.steps.map((each) => each.id);
    const after = view.steps.slice(ids.indexOf(id as 'reach') + 1, -1);
    expect(after.every((each) => each.state === 'skipped')).toBe(true);
    expect(view.failure).toMatchObject({ code: 'refused', hint: expect.stringMatching(/tunnel/) as string });
    if (id === 'reach') expect(states(view)['clean-up']).toBe('skipped');
    else expect(view.remarks.at(-1)).toMatch(/^Left behind: .*the experiment mooring-check-abcdefgh\. It does no harm/);
  });

  it('an experiment whose making was never answered is found by its name and removed', async () => {
    tracking.on(/experiments\/create/, (request) => {
      tracking.experiments.set('7', { name: String(request.body['name']), artifact_location: '' });
      return failure('link-lost', 'hung up');
    });
    // A server whose connection was cut comes back for the cleaning up.
    const view = await check();
    expect(view.failure?.code).toBe('link-lost');
    expectNothingLeft();
  });

  it('other bytes, fewer and more of them', async () => {
    for (const [digest, words] of [
      [{ sha256: 'x', bytes: artifactBytes }, /other bytes/],
      [{ sha256: 'x', bytes: 5 }, /5 of 1000000 bytes/],
      [{ sha256: 'x', bytes: artifactBytes + 1 }, /longer/],
    ] as const) {
      use(fakeTracking());
      tracking.on(/GET .*mlflow-artifacts/, () => ({ status: 200, digest }));
      const view = await check();
      expect(view.failure?.message).toMatch(words);
      expectNothingLeft();
    }
  });

  it('a list without it, or with another size', async () => {
    tracking.on(/artifacts\/list/, () => ({ status: 200, json: { files: [] } }));
    expect((await check()).failure?.message).toMatch(/not in the list/);
    tracking.on(/artifacts\/list/, () => ({
      status: 200,
      json: { files: [{ path: 'check/random.bin', file_size: '12' }] },
    }));
    expect((await check()).failure?.message).toMatch(/12 of 1000000 bytes/);
  });

  it('numbers that come back otherwise', async () => {
    tracking.on(/get-history/, () => ({ status: 200, json: { metrics: [{ value: 3, step: '0' }] } }));
    expect((await check()).failure?.message).toMatch(/came back otherwise: loss$/);
  });

  it.each([
    ['a web page', { status: 200, text: '<html><title>Welcome to nginx!</title>', type: 'text/html' }],
    ['nothing', { status: 200, text: '' }],
    ['JSON of another kind', { status: 200, json: [1] }],
  ])('%s in place of MLflow', async (_name, answer) => {
    tracking.on(/./, () => answer);
    expect((await check()).failure?.message).toMatch(/no MLflow/);
    use(fakeTracking());
    tracking.on(/experiments\/create/, () => answer);
    expect((await check()).failure?.message).toMatch(/no MLflow/);
  });

  it('a cleaning up that is refused is said, and the rest is still done', async () => {
    tracking.on(/DELETE .*mlflow-artifacts/, () => mlflowError(500, 'INTERNAL_ERROR', '(AccessDenied) DeleteObject'));
    const view = await check();
    expect(notOk(view)).toEqual({ 'clean-up': 'failed' });
    expect(view.failure?.message).toMatch(/does not let the server do this/);
    expect(view.remarks).toEqual(['Left behind: the artifact. It does no harm; delete it in MLflow when you like.']);
    expect(tracking.experiments.size).toBe(1);
  });
});

describe('cancelling', () => {
  it.each([
    ['reach', /\/health/],
    ['experiment', /experiments\/create/],
    ['log', /runs\/log-metric/],
    ['upload', /PUT/],
    ['download', /GET .*mlflow-artifacts/],
    ['direct', /server-info/],
    ['register', /model-versions/],
  ])('in the step %s stops there and cleans up', async (id, find) => {
    tracking.on(find, () => 'never');
    const running = start();
    await isRunning(id);
    running.cancel();
    const view = await running.done;
    expect(view).toMatchObject({ cancelled: true, failure: null });
    expect(note(view, id)).toBe('stopped');
    expect(states(view)['clean-up']).toBe(id === 'reach' ? 'skipped' : 'ok');
    expectNothingLeft();
  });

  it('twice ends the cleaning up as well and names what is left; afterwards it does nothing', async () => {
    tracking.on(/PUT/, () => 'never');
    tracking.on(/DELETE/, () => 'never');
    const running = start();
    await isRunning('upload');
    running.cancel();
    await isRunning('clean-up');
    running.cancel();
    const view = await running.done;
    expect(view).toMatchObject({ cancelled: true, failure: null });
    expect(view.remarks[0]).toMatch(/^Left behind: the artifact, the run, the experiment mooring-check-abcdefgh/);
    expect(http.open).toBe(0);
    const count = views.length;
    running.cancel();
    expect(views).toHaveLength(count);
  });
});

it('is shown line by line', async () => {
  tracking.on(/PUT/, () => null);
  const view = await check();
  const steps = view.steps.map((each) => (each.id === 'upload' ? { ...each, tookMs: 120 } : { ...each, tookMs: 20 }));
  expect(verifyLines({ ...view, steps, endedMs: view.startedMs + 1_500 })).toEqual([
    '✓ Reach the server                        0.02 s              MLflow 3.17.2',
    '✓ Sign in                                 0.02 s              no login is asked for',
    '✓ Create an experiment                    0.02 s              mooring-check-abcdefgh',
    '✓ Log a run                               0.02 s              3 params, a metric of 5 steps, a tag',
    '✓ Read the run back                       0.02 s              as they were logged',
    '✓ Upload an artifact           1.0 MB     0.12 s    8.3 MB/s  mlflow-artifacts:/1/… (through the server)',
    '✓ List it                                 0.02 s              1.0 MB',
    '✓ Download and compare                    0.02 s              the same bytes',
    '✓ Direct access to the store              0.02 s              none, all bytes go through the server',
    '✓ Register a model version                0.02 s              version 1',
    '✓ Look over the experiments               0.02 s              1, none of the old kind',
    '✓ Clean up                                0.02 s              nothing is left behind',
    'well, in 1.5 s',
  ]);
});
