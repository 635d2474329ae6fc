/** A server without a way out: this machine fetches the release of VersityGW and hands it over, by the real core. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createReleases } from '../../main/adapters/releases.ts';
import type { ProgramReleases } from '../../main/core/setup/plan/component.ts';
import type { Ports } from '../../main/core/ports.ts';
import { isOver, recapOf, type RunView } from '../../main/shared/setup/run.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import { startLiveCore, type LiveCore } from '../support/live-core.ts';
import { builtVersitygw } from '../support/store-programs.ts';
import { availableForAll, hostFingerprint, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';

const reason = availableForAll();
const draft: StackDraft = { stack: 'object-storage', values: { 'storage.port': 9173, 'storage.console-port': 9174 } };
const file = 'versitygw_v1.8.0_Linux_here';
const runLimitMs = 120_000;

describe.skipIf(reason !== null)(`a server without a way out${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let folder: string;
  let server: TestServer;
  let archive: Buffer;
  let table: ProgramReleases;
  let app: LiveCore;
  let serverId: string;
  /** What the releases' host was asked for, and how it answers. */
  const asked: string[] = [];
  let answer: (response: ServerResponse) => void;
  const host = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(response);
  });
  const wholly = (response: ServerResponse) =>
    response.writeHead(200, { 'Content-Length': archive.length }).end(archive);

  beforeAll(async () => {
    const built = builtVersitygw();
    if (!built) throw new Error('VersityGW can’t be built here: Go and its module proxy are needed');
    folder = mkdtempSync(join(tmpdir(), 'mooring-handed-'));
    mkdirSync(join(folder, file));
    copyFileSync(built.path, join(folder, file, 'versitygw'));
    execFileSync('tar', ['-czf', join(folder, 'archive'), '-C', folder, file]);
    archive = readFileSync(join(folder, 'archive'));
    const release = { file, sha256: createHash('sha256').update(archive).digest('hex') };
    table = { x86_64: release, aarch64: release };
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    server = await startTestServer('handed', 73);
    await server.sh(`useradd -m -s /bin/bash plain
      loginctl enable-linger plain
      for each in ubuntu plain; do
        mkdir -p /home/$each/.ssh
        echo '${readFileSync(join(folder, 'key.pub'), 'utf8').trim()}' >/home/$each/.ssh/authorized_keys
        chown -R $each: /home/$each/.ssh
        chmod -R go= /home/$each/.ssh
      done`);
  }, 900_000);
  afterAll(async () => {
    host.closeAllConnections();
    host.close();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    asked.length = 0;
    answer = wholly;
    app = await startLiveCore(handingOver);
  });
  afterEach(async () => {
    await app.stop();
  });

  /** The checksum of a release can't be met with what is built here; all else is as ever. */
  function handingOver(ports: Ports): Ports {
    const releases = createReleases({ dataDir: ports.files.dataDir, allowHttp: true });
    const { port } = host.address() as AddressInfo;
    return {
      ...ports,
      releases: {
        fetch: (release, onProgress) => {
          expect(release.url).toMatch(/^https:\/\/github\.com\/versity\/versitygw\/releases\/download\/v[\d.]+\/\w/);
          const url = `http://127.0.0.1:${String(port)}/${basename(release.url)}`;
          return releases.fetch({ ...release, url }, onProgress);
        },
      },
      machine: {
        ...ports.machine,
        releasesMirror: null,
        handedPrograms: () => Promise.resolve({ versitygw: null, releases: { versitygw: table } }),
      },
    };
  }

  async function connect(user: string): Promise<void> {
    const login = { kind: 'key', path: join(folder, 'key') } as const;
    const profile = { name: 'lab', address: server.address, port: 22, user, login, forwards: [] };
    serverId = await app.add(profile, await hostFingerprint(server));
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up');
  }
  const ended = async (): Promise<RunView> => {
    await app.until('the end', ({ servers }) => (servers[0]?.run ? isOver(servers[0].run) : false), runLimitMs);
    const { run } = app.server();
    if (!run) throw new Error('no run');
    return run;
  };
  const start = async (): Promise<RunView> => {
    await app.call('setup.start', { serverId, draft, secrets: {} });
    return ended();
  };
  const told = async () => (await app.call('setup.log', { serverId })).lines.map(({ text }) => text);
  const uploadsOf = (user: string) => server.sh(`ls /home/${user}/.cache/mooring/uploads 2>/dev/null || true`);
  const health = () => server.sh('curl -s -o /dev/null -w %{http_code} http://127.0.0.1:9173/health || true');

  it('is told so, gets the program from here, and the second time nothing', async () => {
    await connect('ubuntu');
    const facts = await app.call('facts.get', { serverId });
    expect(facts.releases).toMatchObject({ kind: 'silent', url: 'https://github.com/' });
    console.log(`  facts without a way out: ${String(facts.tookMs)} ms`);
    const { plan } = await app.call('setup.plan', { serverId, draft });
    expect(plan.steps.find(({ id }) => id === 'storage-program')?.why).toContain('The server can’t reach GitHub');

    const first = await start();
    const log = await told();
    expect(first.state, log.join('\n')).toEqual({ kind: 'done' });
    const inMb = `${String(Math.round(archive.length / 1e6))} MB`;
    expect(log).toContain(`Fetches VersityGW 1.8.0: ${inMb.replace(' MB', '')} of ${inMb}.`);
    expect(log.some((each) => /^Sends VersityGW 1\.8\.0 to the server: 3 of \d+ MB\.$/.test(each))).toBe(true);
    expect(asked).toEqual([`/${file}.tar.gz`]);
    expect(await health()).toBe('200');
    expect(await uploadsOf('ubuntu')).toBe('');
    expect(readdirSync(join(app.dataDir, 'programs'))).toEqual([`${file}.tar.gz`]);

    const again = await start();
    expect(again.state).toEqual({ kind: 'done' });
    expect(recapOf(again.steps.filter(({ place }) => place === 'server'))).toMatchObject({ changed: 0, failed: 0 });
    expect(asked).toHaveLength(1);
    expect(await told()).toContain('VersityGW 1.8.0 is on the server already; nothing is sent.');
    expect((await told()).filter((each) => each.startsWith('Sends'))).toEqual([]);

    // What is kept here is used again.
    await app.call('setup.uninstall', { serverId, environment: 'main', removeData: true, serverName: 'lab' });
    expect((await ended()).state).toEqual({ kind: 'done' });
    expect(await server.sh('ls -d /opt/mooring 2>/dev/null || true')).toBe('');
    expect((await start()).state, (await told()).join('\n')).toEqual({ kind: 'done' });
    expect(asked).toHaveLength(1);
    await app.call('setup.uninstall', { serverId, environment: 'main', removeData: true, serverName: 'lab' });
    expect((await ended()).state).toEqual({ kind: 'done' });
  });

  it('stopped while it is fetched: nothing is on the server, here either, and then it goes well', async () => {
    await connect('plain');
    answer = (response) => {
      response.writeHead(200, { 'Content-Length': archive.length });
      response.write(archive.subarray(0, 2_000_000));
    };
    await app.call('setup.start', { serverId, draft, secrets: {} });
    await app.until('a part of it', () => asked.length > 0);
    await app.call('setup.cancel', { serverId, how: 'now' });
    const run = await ended();
    expect(run.state).toMatchObject({ kind: 'cancelled', stepId: null });
    expect(readdirSync(join(app.dataDir, 'programs'))).toEqual([]);
    expect(await uploadsOf('plain')).toBe('');
    expect(await server.sh('ls -A /home/plain/.local/share/mooring 2>/dev/null || true')).toBe('');

    answer = wholly;
    const whole = await start();
    expect(whole.state, (await told()).join('\n')).toEqual({ kind: 'done' });
    expect(await server.sh('ps -o user= -C versitygw')).toBe('plain\n');
    expect(await health()).toBe('200');
    const again = await start();
    expect(recapOf(again.steps.filter(({ place }) => place === 'server'))).toMatchObject({ changed: 0, failed: 0 });
    expect(await told()).toContain('VersityGW 1.8.0 is on the server already; nothing is sent.');
    expect(asked).toHaveLength(2);
  });

  it('stopped while it is sent: what came is removed', async () => {
    await server.sh('rm -rf /home/plain/.local/share/mooring/programs');
    await connect('plain');
    await app.call('setup.start', { serverId, draft, secrets: {} });
    await waitFor('a piece on the server', async () =>
      (await told()).some((each) => /^Sends .*: [1-9]\d* of/.test(each)),
    );
    await app.call('setup.cancel', { serverId, how: 'now' });
    expect((await ended()).state).toMatchObject({ kind: 'cancelled', stepId: null });
    expect(await uploadsOf('plain')).toBe('');
    expect(await server.sh('ls /home/plain/.local/share/mooring/programs 2>/dev/null || true')).toBe('');
  });

  it('no way out here either: it says what else there is to do, and changes nothing', async () => {
    await server.sh('rm -rf /home/plain/.local/share/mooring/programs');
    await connect('plain');
    answer = (response) => response.writeHead(403).end();
    const run = await start();
    expect(run.state).toMatchObject({
      kind: 'failed',
      stepId: null,
      failure: { code: 'not-allowed', hint: expect.stringMatching(/MOORING_VERSITYGW=FILE.*SeaweedFS/) as string },
    });
    expect(await server.sh('ls /home/plain/.local/share/mooring/programs 2>/dev/null || true')).toBe('');
  });
});
