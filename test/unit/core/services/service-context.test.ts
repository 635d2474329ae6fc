/** What a probe says as Host, under which names it asks, and whose MLflow it is. */
import { describe, expect, it } from 'vitest';
import { serviceContext } from '../../../../main/core/services/service-context.ts';
import type { Forward } from '../../../../main/shared/forward.ts';
import type { HostsName } from '../../../../main/shared/hosts.ts';
import type { InstalledStack } from '../../../../main/shared/setup/stack.ts';
import { plainStack } from '../../../support/setup-snapshots.ts';
import { forwardOf, serverOf } from '../../../support/snapshots.ts';

const nothing = () => {
  throw new Error('nothing of this is asked for');
};
const deps = {
  state: { get: nothing } as never,
  secrets: { getForStack: nothing } as never,
};

const mlflow = forwardOf();
const web = forwardOf({ label: 'HTTP', service: 'http', localPort: 8080, port: 80 });
const names: readonly HostsName[] = ['mlflow-server.local', 'grafana-server.local', 'lab.local'].map((name) => ({
  name,
  to: { kind: 'tunnel' },
}));
const stackOf = (environment = 'main', forwardId: string | null = mlflow.id): InstalledStack =>
  plainStack('mlflow-quick-start', environment, {}, { forwardId });

async function context(forward: Forward, stacks: readonly InstalledStack[] = [], on = true) {
  const { profile } = serverOf();
  const forwards = [mlflow, web].map((each) => (each.id === forward.id ? forward : each));
  return serviceContext({ ...profile, forwards, stacks, hosts: { on, names } }, forward, deps);
}

describe('a probe', () => {
  it('asks MLflow under the names that lead to it, and the web server of port 80 under those of MLflow', async () => {
    expect(await context(mlflow)).toMatchObject({
      host: '127.0.0.1:5001',
      sendsAs: false,
      names: ['mlflow-server.local', 'lab.local'],
    });
    expect((await context(web)).names).toEqual(['mlflow-server.local']);
    expect((await context(mlflow, [], false)).names).toEqual([]);
    expect((await context({ ...web, target: { host: '127.0.0.1', port: 81 } })).names).toEqual([]);
  });

  it('says what the forward sends, and has no other names then', async () => {
    const sent = await context({ ...mlflow, sendAs: { host: 'lab.example' } });
    expect(sent).toMatchObject({ host: 'lab.example', sendsAs: true, names: [] });
  });

  it('knows a stack that setup can change, behind the web server too where there is only one', async () => {
    expect((await context(mlflow, [stackOf()])).ownStack).toBe('main');
    expect((await context(web, [stackOf()])).ownStack).toBe('main');
    expect((await context(web, [stackOf(), stackOf('dev', null)])).ownStack).toBeNull();
    expect((await context(mlflow, [stackOf('adopted')])).ownStack).toBeNull();
    expect((await context(mlflow, [stackOf('main', 'other')])).ownStack).toBeNull();
  });
});
