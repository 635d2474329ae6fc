/** From an address to a logged run: the real core sets up a real server over SSH, follows it, and picks it up again. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { recapOf, type RunView } from '../../main/shared/setup/run.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import { serverSeconds, startSetupLab, type Account, type SetupClient, type SetupLab } from '../support/setup-lab.ts';
import { available } from '../support/test-server.ts';

const reason = available();
const quickStart: StackDraft = { stack: 'mlflow-quick-start', values: {} };

describe.skipIf(reason !== null)(`setting up a real server${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: SetupLab;
  const clients: SetupClient[] = [];

  beforeAll(async () => {
    lab = await startSetupLab('setup', 44);
  }, 600_000);
  afterAll(() => lab.close());
  afterEach(async () => {
    for (const each of clients.splice(0)) await each.stop();
  });

  async function connect(account: Account, answersSudo = true): Promise<SetupClient> {
    const client = await lab.connect(account, { answersSudo });
    clients.push(client);
    return client;
  }
  const secondsOf = (run: RunView) => ((run.endedMs ?? 0) - run.startedMs) / 1000;

  const untilUp = (client: SetupClient) =>
    client.app.until('up again', (now) => now.servers[0]?.connection.kind === 'up', 60_000);
  const health = () => lab.server.sh('until curl -sf http://127.0.0.1:5000/health; do sleep 0.2; done');

  // It installs twice and starts four times.
  const patience = { timeout: 600_000 };
  it(
    'quick start: verified; again with nothing to do; after a reboot; off and set up again with its data',
    patience,
    async () => {
      const client = await connect('ubuntu');
      const { app, serverId } = client;
      const first = await client.start(quickStart);
      console.log(
        `  first: ${String(secondsOf(first))} s`,
        first.steps
          .map((each) => `${each.id} ${each.state} ${String(((each.endedMs ?? 0) - (each.startedMs ?? 0)) / 1000)}`)
          .join(', '),
      );
      expect(first.steps.at(-1)).toMatchObject({ id: 'here-check', state: 'ok' });

      const again = await client.start(quickStart);
      expect(recapOf(again.steps)).toMatchObject({ changed: 0, failed: 0, skipped: 0 });
      console.log(`  again: ${serverSeconds(again)} on the server, ${String(secondsOf(again))} s with the check`);

      await lab.server.reboot();
      await untilUp(client);
      await health();
      await client.verified('main');

      // Taken off, its password is forgotten here; the next setup sets a new one.
      const ask = async (path: string, body: string) => {
        const { password } = await app.call('setup.reveal-password', { serverId, environment: 'main' });
        return lab.server.sh(
          `curl -s -u 'admin:${password}' --json '${body}' http://127.0.0.1:5000/api/2.0/mlflow/experiments/${path}`,
        );
      };
      expect(await ask('create', '{"name":"kept"}')).toContain('experiment_id');
      await client.off('main', false);
      expect(
        await lab.server.sh('ls /srv/mooring/main; systemctl list-unit-files | grep -c mooring-mlflow.service || true'),
      ).toMatch(/mlflow\.db[\s\S]*\n0\n$/);
      await client.start(quickStart);
      expect(await ask('search', '{"max_results":10}')).toContain('"name": "kept"');
      await client.off('main', true);
      expect(await lab.server.sh('find /srv/mooring /etc/mooring /etc/systemd/system 2>/dev/null || true')).not.toMatch(
        /mooring/,
      );
    },
  );

  it('by an account whose sudo wants a password: asked once a run, refused in words, kept nowhere', async () => {
    const client = await connect('op', false);
    const { app, serverId } = client;
    const draft: StackDraft = { stack: 'mlflow-quick-start', values: { environment: 'dev', 'mlflow.port': 5001 } };
    const begun = app.call('setup.start', { serverId, draft, secrets: {} });
    const answer = async (wasWrong: boolean, secret: string) => {
      const { prompts } = await app.until('the question', ({ prompts: open }) =>
        open.some((each) => each.kind === 'sudo-password' && each.wasWrong === wasWrong),
      );
      expect(app.server().run?.state).toMatchObject({ kind: 'needs-you' });
      const promptId = prompts[0]?.id ?? '';
      await app.call('prompts.answer', { promptId, answer: { kind: 'secret', secret, remember: false } });
    };
    await begun;
    await answer(false, 'wrong');
    await answer(true, 'op-pw');
    await client.wentWell();
    expect(
      await lab.server.sh(
        "grep -rlF op-pw /var/lib/mooring /etc/mooring /run/mooring-* /tmp /home/op /var/log 2>/dev/null || true; journalctl --no-pager | grep -c 'op-pw' || true",
      ),
    ).toBe('0\n');
    const refused = await app.core.call('setup.uninstall', {
      serverId,
      environment: 'dev',
      removeData: true,
      serverName: 'la',
    });
    expect(refused).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
  });

  it('goes on when the link is cut, and is one run at a time, which another laptop sees too', async () => {
    const client = await connect('ubuntu');
    const { app, serverId } = client;
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

    const other = await connect('ubuntu');
    const second = await other.app.core.call('setup.start', { serverId: other.serverId, draft, secrets: {} });
    expect(second).toMatchObject({ ok: false, error: { code: 'conflict' } });
    const runId = app.server().run?.runId;
    await other.app.until('the same run', () => other.app.server().run?.runId === runId);

    await lab.server.cut();
    await app.until('out of sight', () => app.server().run?.state.kind === 'out-of-sight', 60_000);
    await lab.server.mend();
    await client.wentWell();
    await other.ended();
  });
});
