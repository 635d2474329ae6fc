/** A run that is broken off after every single step, each time in another way: it comes to the same end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recapOf } from '../../main/shared/setup/run.ts';
import type { StackDraft, StackName } from '../../main/shared/setup/stack.ts';
import { startSetupLab, type SetupClient, type SetupLab } from '../support/setup-lab.ts';
import { availableForAll } from '../support/test-server.ts';

const reason = availableForAll();

/** `kill`: its processes on the server; `cut`: the link, while it goes on there. */
const blows = ['kill', 'reboot', 'power-cut', 'cut'] as const;
type Blow = (typeof blows)[number];

describe.skipIf(reason !== null)(`a run broken off${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: SetupLab;
  let client: SetupClient;

  beforeAll(async () => {
    lab = await startSetupLab('killed', 46);
    client = await lab.connect('ubuntu');
  }, 600_000);
  afterAll(async () => {
    await client.stop();
    await lab.close();
  });

  async function strike(blow: Blow, runId: string): Promise<void> {
    const { server } = lab;
    switch (blow) {
      case 'kill':
        // In two parts, so that this line itself is not found.
        await server.sh(
          `cd /var/lib/mooring && cd runs && kill -9 $(cat ${runId}/pid); pkill -9 -f 'mooring/run[s]/' || true`,
        );
        return;
      case 'reboot':
        await server.reboot();
        return;
      case 'power-cut':
        await server.crash();
        return;
      case 'cut':
        await server.cut();
        await client.app.until('out of sight', () => client.app.server().connection.kind !== 'up', 60_000);
        await server.mend();
        return;
      default:
        blow satisfies never;
    }
  }

  const patience = { timeout: 1_500_000 };

  it('quick start: comes to the same end after every single step', patience, async () => {
    await comesToItsEnd('mlflow-quick-start', { environment: 'broken', 'mlflow.port': 5003 });
  });

  it('PostgreSQL, a store and MLflow: the same', patience, async () => {
    await comesToItsEnd('mlflow-full', { environment: 'full' });
  });

  async function comesToItsEnd(
    stack: StackName,
    values: { readonly environment: string; readonly 'mlflow.port'?: number },
  ) {
    const { app, serverId } = client;
    const draft: StackDraft = { stack, values };
    const { plan } = await app.call('setup.plan', { serverId, draft });
    const seen: string[] = [];
    for (const [at, { id }] of plan.steps.slice(0, -1).entries()) {
      const blow = blows[at % blows.length] ?? 'kill';
      const { runId } = await app.call('setup.start', { serverId, draft, secrets: {} });
      const isPast = () => {
        const step = app.server().run?.steps.find((each) => each.id === id);
        return step?.state === 'ok' || step?.state === 'changed';
      };
      await app.until(`the end of ${id}`, isPast, 240_000);
      await strike(blow, runId);
      await app.until('up again', (now) => now.servers[0]?.connection.kind === 'up', 60_000);
      const broken = await client.ended();
      seen.push(`${id} ${blow}: ${broken.state.kind}`);
      // It may have been quicker than the blow.
      expect(['interrupted', 'done', 'failed'], await client.told(broken)).toContain(broken.state.kind);
      if (broken.state.kind === 'failed') expect(broken.state.stepId, await client.told(broken)).toBe('here-check');
    }
    console.log(seen.map((each) => `  ${each}`).join('\n'));
    await client.start(draft);
    expect(recapOf((await client.start(draft)).steps)).toMatchObject({ changed: 0, failed: 0 });
    await client.off(values.environment);
  }
});
