/** A run that hands a release over to a server without a way out, from the click to its beginning or its stop. */
import { beforeEach, describe, expect, it } from 'vitest';
import { lookScript } from '../../../../../main/core/setup/script/follow.ts';
import { done, failed, failure, type Reply } from '../../../../../main/shared/failure.ts';
import type { StackDraft } from '../../../../../main/shared/setup/stack.ts';
import { CoreDouble } from '../../../../support/core-double.ts';
import { settle } from '../../../../support/fake-clock.ts';
import { sample } from '../facts/facts-samples.ts';

const draft: StackDraft = { stack: 'object-storage', values: {} };
const facts = sample('debian-13-tutorial').replace(
  /(\|url=https:\/\/github\.com\/\n)\|answer=.*/,
  '$1|answer=curl: (6) Could not resolve host: github.com',
);
const path = '/data/programs/versitygw.tar.gz';

let app: CoreDouble;
let serverId: string;
/** What came to the server, in order. */
let came: string[];
let hasProgram: boolean;
let settleFetch: ((reply: Reply<{ path: string }>) => void) | null;
let fetches: number;

beforeEach(async () => {
  app = new CoreDouble();
  came = [];
  hasProgram = false;
  settleFetch = null;
  fetches = 0;
  app.uploads.set(path, done({ base64: 'QUJD', isFolder: false }));
  app.fetchRelease = (_release, onProgress) => {
    fetches += 1;
    onProgress(4_000_000, 15_000_000);
    return {
      done: new Promise((resolve) => (settleFetch = resolve)),
      cancel: () => settleFetch?.(failed(failure('cancelled', 'The fetch was cancelled.'))),
    };
  };
  serverId = await app.bringUp();
  app.engine.answersExec = ({ script, input }) => {
    if (script.includes('@@mooring-facts')) return { exitCode: 0, stdout: facts };
    if (script === lookScript) return { exitCode: 0, stdout: 'done\n' };
    if (script.includes('echo there-0')) return { exitCode: 0, stdout: hasProgram ? 'there-0\n' : '' };
    if (script.includes('base64 -d')) came.push('upload');
    else if (script.startsWith('rm -rf')) came.push('removal');
    else if (input?.includes('@@mooring ') === true) came.push(/^u /m.test(input) ? 'run with uploads' : 'run');
    else return { exitCode: 1 };
    return { exitCode: 0, stdout: 'started\n' };
  };
});

const begin = () => app.call('setup.start', { serverId, draft, secrets: {} });
const told = async () => (await app.call('setup.log', { serverId })).lines.map(({ text }) => text);

describe('a release for a server without a way out', () => {
  it('is fetched here, sent, and only then the run begins', async () => {
    const { plan } = await app.call('setup.plan', { serverId, draft });
    expect(plan.steps.find(({ id }) => id === 'storage-program')?.why).toContain('The server can’t reach GitHub');
    await begin();
    expect(came).toEqual([]);
    expect(await told()).toEqual(['Fetches VersityGW 1.8.0: 4 of 15 MB.']);
    settleFetch?.(done({ path }));
    await settle();
    expect(came).toEqual(['upload', 'run with uploads']);
    expect(app.server().run?.state.kind).toBe('running');
  });

  it('is neither fetched nor sent where it is there', async () => {
    hasProgram = true;
    await begin();
    expect(fetches).toBe(0);
    expect(came).toEqual(['run']);
    expect(await told()).toEqual(['VersityGW 1.8.0 is on the server already; nothing is sent.']);
  });

  it('stopped meanwhile: the run ends as cancelled, nothing of it is on the server', async () => {
    await begin();
    await app.call('setup.cancel', { serverId, how: 'now' });
    expect(app.server().run).toMatchObject({ state: { kind: 'cancelled', stepId: null }, endedMs: app.clock.nowMs() });
    expect(came).toEqual(['removal']);
    expect(app.server().profile.openRunId).toBeNull();
    // And another one may begin.
    await begin();
    settleFetch?.(done({ path }));
    await settle();
    expect(came).toEqual(['removal', 'upload', 'run with uploads']);
  });

  it('no way out here either: it fails with what else there is to do', async () => {
    await begin();
    settleFetch?.(failed(failure('address-unknown', 'github.com could not be looked up')));
    await settle();
    expect(app.server().run?.state).toMatchObject({
      kind: 'failed',
      stepId: null,
      failure: { code: 'address-unknown', hint: expect.stringMatching(/MOORING_VERSITYGW=FILE.*SeaweedFS/) as string },
    });
    expect(came).toEqual(['removal']);
  });

  it('the core ends meanwhile: so does the fetch, and the next start finds out that nothing began', async () => {
    await begin();
    let isOver = false;
    const settled = settleFetch;
    settleFetch = (reply) => {
      isOver = true;
      settled?.(reply);
    };
    await app.core.stop();
    expect(isOver).toBe(true);
    expect(app.server().profile.openRunId).toBe(app.server().run?.runId);
    expect(app.files.servers.saved).toMatchObject({ servers: [{ openRunId: app.server().run?.runId }] });
  });
});
