/** From an address to a logged run: the real core sets up a real server over SSH, follows it, and picks it up again. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isOver, recapOf, type RunView } from '../../main/shared/setup/run.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import { startLiveCore, type LiveCore } from '../support/live-core.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';
import { available, hostFingerprint, startTestServer, type TestServer } from '../support/test-server.ts';

const reason = available();
const quickStart: StackDraft = { stack: 'mlflow-quick-start', values: {} };
const runLimitMs = 240_000;

const accounts = `
  for each in op plain; do useradd -m -s /bin/bash $each; done
  echo 'op ALL=(ALL) ALL' >/etc/sudoers.d/op
  echo op:op-pw | chpasswd
  for each in ubuntu op plain root; do
    home=$(getent passwd $each | cut -d: -f6)
    mkdir -p $home/.ssh
    echo "$KEY" >$home/.ssh/authorized_keys
    chown -R $each: $home/.ssh
    chmod -R go= $home/.ssh
  done
`;

describe.skipIf(reason !== null)(`setting up a real server${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let folder: string;
  let app: LiveCore;
  let serverId: string;
  let wayOut: WayOut | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-setup-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    server = await startTestServer('setup', 44);
    await server.sh(`KEY='${readFileSync(join(folder, 'key.pub'), 'utf8').trim()}'\n${accounts}`);
    wayOut = await giveWayOut('setup', 44);
  }, 600_000);
  afterAll(async () => {
    await wayOut?.close();
    await server.remove();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    app = await startLiveCore();
  });
  afterEach(async () => {
    await app.stop();
  });

  async function connect(user: string): Promise<string> {
    const login = { kind: 'key', path: join(folder, 'key') } as const;
    const draft = { name: 'lab', address: server.address, port: 22, user, login, forwards: [] };
    serverId = await app.add(draft, await hostFingerprint(server));
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up');
    return serverId;
  }

  const runNow = (): RunView => {
    const { run } = app.server();
    if (!run) throw new Error('no run');
    return run;
  };
  const ended = async (): Promise<RunView> => {
    await app.until(
      'the end of the run',
      ({ servers }) => (servers[0]?.run ? isOver(servers[0].run) : false),
      runLimitMs,
    );
    return runNow();
  };
  const start = async (draft: StackDraft): Promise<RunView> => {
    await app.call('setup.start', { serverId, draft, secrets: {} });
    return ended();
  };
  async function told(run: RunView): Promise<string> {
    const { lines } = await app.call('setup.log', { serverId });
    return (
      JSON.stringify(run.steps.map((each) => [each.id, each.state, each.note])) +
      lines
        .slice(-30)
        .map((each) => `\n${each.stepId}: ${each.text}`)
        .join('')
    );
  }
  const secondsOf = (run: RunView) => ((run.endedMs ?? 0) - run.startedMs) / 1000;

  it('quick start: verified at its end; again with nothing to do; after a reboot it answers', async () => {
    await connect('ubuntu');
    const first = await start(quickStart);
    expect(first.state, await told(first)).toEqual({ kind: 'done' });
    console.log(
      `  first: ${String(secondsOf(first))} s`,
      first.steps
        .map((each) => `${each.id} ${each.state} ${String(((each.endedMs ?? 0) - (each.startedMs ?? 0)) / 1000)}`)
        .join(', '),
    );
    expect(first.steps.at(-1)).toMatchObject({ id: 'here-check', state: 'ok' });

    const again = await start(quickStart);
    expect(again.state, await told(again)).toEqual({ kind: 'done' });
    expect(recapOf(again.steps)).toMatchObject({ changed: 0, failed: 0, skipped: 0 });
    const serverMs =
      Math.max(...again.steps.filter((each) => each.place === 'server').map((each) => each.endedMs ?? 0)) -
      again.startedMs;
    console.log(`  again: ${String(serverMs / 1000)} s on the server, ${String(secondsOf(again))} s with the check`);

    await server.reboot();
    await app.until('up again', (now) => now.servers[0]?.connection.kind === 'up', 60_000);
    await server.sh('until curl -sf http://127.0.0.1:5000/health; do sleep 0.2; done');
    await app.call('verify.start', { serverId, environment: 'main', artifactBytes: 1000 });
    await app.until('verified', ({ servers }) => typeof servers[0]?.verify?.endedMs === 'number', 60_000);
    expect(app.server().verify).toMatchObject({ failure: null });
  });

  it('by an account whose sudo wants a password: asked once a run, refused in words, kept nowhere', async () => {
    await connect('op');
    const draft: StackDraft = { stack: 'mlflow-quick-start', values: { environment: 'dev', 'mlflow.port': 5001 } };
    await app.call('setup.start', { serverId, draft, secrets: {} });
    const asked = async (wasWrong: boolean) => {
      const { prompts } = await app.until('the question', ({ prompts: open }) =>
        open.some((each) => each.kind === 'sudo-password' && each.wasWrong === wasWrong),
      );
      expect(app.server().run?.state).toMatchObject({ kind: 'needs-you' });
      return prompts[0]?.id ?? '';
    };
    await app.call('prompts.answer', {
      promptId: await asked(false),
      answer: { kind: 'secret', secret: 'wrong', remember: false },
    });
    await app.call('prompts.answer', {
      promptId: await asked(true),
      answer: { kind: 'secret', secret: 'op-pw', remember: false },
    });
    const run = await ended();
    expect(run.state, await told(run)).toEqual({ kind: 'done' });
    expect(
      await server.sh(
        "grep -rlF op-pw /var/lib/mooring /etc/mooring /run/mooring-* /tmp /home/op /var/log 2>/dev/null || true; journalctl --no-pager | grep -c 'op-pw' || true",
      ),
    ).toBe('0\n');
  });

  it('goes on when the link is cut, when this program is killed, and is shown to another laptop', async () => {
    await connect('ubuntu');
    const draft: StackDraft = {
      stack: 'mlflow-quick-start',
      values: { environment: 'staging', 'mlflow.port': 5002, 'mlflow.version': '3.17.1' },
    };
    await app.call('setup.start', { serverId, draft, secrets: {} });
    await app.until(
      'the installation',
      () => app.server().run?.steps.some((each) => each.id === 'mlflow-install' && each.state === 'running') ?? false,
      60_000,
    );

    const other = await startLiveCore();
    const login = { kind: 'key', path: join(folder, 'key') } as const;
    const otherId = await other.add(
      { name: 'lab', address: server.address, port: 22, user: 'ubuntu', login, forwards: [] },
      await hostFingerprint(server),
    );
    await other.until('up', (now) => now.servers[0]?.connection.kind === 'up');
    expect(await other.core.call('setup.start', { serverId: otherId, draft, secrets: {} })).toMatchObject({
      ok: false,
      error: { code: 'conflict' },
    });
    await other.until('the same run', () => other.server().run?.runId === runNow().runId);

    await server.cut();
    await app.until('out of sight', () => app.server().run?.state.kind === 'out-of-sight', 60_000);
    await server.mend();
    const run = await ended();
    expect(run.state, await told(run)).toEqual({ kind: 'done' });
    await other.until(
      'its end there',
      () => (other.server().run ? isOver(other.server().run as RunView) : false),
      60_000,
    );
    await other.stop();
  });

  it('killed after every single step, and in the middle by a restart of the server: it comes to the same end', async () => {
    await connect('ubuntu');
    const draft: StackDraft = { stack: 'mlflow-quick-start', values: { environment: 'broken', 'mlflow.port': 5003 } };
    const { plan } = await app.call('setup.plan', { serverId, draft });
    const last = plan.steps.at(-1)?.id;
    for (const { id } of plan.steps.filter((each) => each.id !== last)) {
      await app.call('setup.start', { serverId, draft, secrets: {} });
      await app.until(
        `the end of ${id}`,
        () =>
          app.server().run?.steps.some((each) => each.id === id && (each.state === 'ok' || each.state === 'changed')) ??
          false,
        runLimitMs,
      );
      if (id === 'mlflow-install') await server.reboot();
      else
        await server.sh(
          `cd /var/lib/mooring && cd runs && kill -9 $(cat ${runNow().runId}/pid); pkill -9 -f 'mooring/run[s]/' || true`,
        );
      const broken = await ended();
      // It may have been quicker than the kill.
      expect(['interrupted', 'done', 'failed'], await told(broken)).toContain(broken.state.kind);
      if (broken.state.kind === 'failed') expect(broken.state.stepId, await told(broken)).toBe('here-check');
      await app.until('up again', (now) => now.servers[0]?.connection.kind === 'up', 60_000);
    }
    const run = await start(draft);
    expect(run.state, await told(run)).toEqual({ kind: 'done' });
    const again = await start(draft);
    expect(recapOf(again.steps)).toMatchObject({ changed: 0, failed: 0 });
  });

  it('is taken off again: data kept, found by the next setup, and gone when that is wanted', async () => {
    await connect('ubuntu');
    await app.call('setup.uninstall', { serverId, environment: 'main', removeData: false });
    const off = await ended();
    expect(off.state, await told(off)).toEqual({ kind: 'done' });
    expect(
      await server.sh('ls /srv/mooring/main; systemctl list-unit-files | grep -c mooring-mlflow.service || true'),
    ).toMatch(/mlflow\.db[\s\S]*\n0\n$/);
    const refused = await app.core.call('setup.uninstall', {
      serverId,
      environment: 'staging',
      removeData: true,
      serverName: 'la',
    });
    expect(refused).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    for (const environment of ['dev', 'staging', 'broken']) {
      await app.call('setup.uninstall', { serverId, environment, removeData: true, serverName: 'lab' });
      const gone = await ended();
      expect(gone.state, await told(gone)).toEqual({ kind: 'done' });
    }
    expect(await server.sh('ls /srv/mooring /etc/mooring; ls /etc/systemd/system | grep mooring || true')).not.toMatch(
      /dev|staging/,
    );
  });
});
