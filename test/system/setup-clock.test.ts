/** A server whose clock is an hour late: what is told of it, what goes on all the same, and what says that it can't. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFacts } from '../../main/shared/facts-words.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import { startSetupLab, type SetupClient, type SetupLab } from '../support/setup-lab.ts';
import { s3Draft, startStoresHere, type StoresHere } from '../support/stores-here.ts';
import { availableForAll } from '../support/test-server.ts';

const reason = availableForAll();
const [name, octet] = ['skew', 78];
const quickStart: StackDraft = { stack: 'mlflow-quick-start', values: {} };

describe.skipIf(reason !== null)(`a clock that is wrong${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: SetupLab;
  let stores: StoresHere;
  let client: SetupClient;

  beforeAll(async () => {
    lab = await startSetupLab(name, octet);
    if (lab.wayOut.reason !== null) return;
    // On this machine, whose clock is right.
    stores = await startStoresHere(`10.77.${String(octet)}.1`, false);
    // The server shares this machine's clock: so every program in it is made to see another one.
    await lab.server.sh(`apt-get -qq update; apt-get -qq -y --no-install-recommends install libfaketime >/dev/null 2>&1
      echo -1h >/etc/faketimerc
      dpkg -L libfaketime | grep 'libfaketime\\.so' >/etc/ld.so.preload
      systemctl restart ssh`);
    client = await lab.connect('ubuntu');
  }, 600_000);
  afterAll(async () => {
    await client.stop();
    stores.close();
    await lab.close();
  });

  it('is told; a quick start goes through with it, and a store that minds it says so before MLflow is touched', async ({
    skip,
  }) => {
    if (lab.wayOut.reason !== null) skip(lab.wayOut.reason);
    const { app, serverId } = client;
    const facts = await app.call('facts.get', { serverId });
    expect(describeFacts(facts).find(({ label }) => label === 'Clock')?.text).toMatch(/^(1 h|59 min) behind$/);
    const { plan } = await app.call('setup.plan', { serverId, draft: quickStart });
    expect(plan.remarks).toMatchObject([
      {
        level: 'warning',
        message: expect.stringMatching(/^The server’s clock is (1 h|59 min) behind this machine’s\.$/) as string,
      },
    ]);

    await client.start(quickStart);
    expect(app.server().verify).toMatchObject({ failure: null });
    const pid = () =>
      lab.server.sh('systemctl show -P MainPID mooring-mlflow; cat /etc/mooring/main/mlflow.env | sha256sum');
    const before = await pid();

    const secrets = { 's3.secret-access-key': stores.s3.secret };
    await app.call('setup.start', { serverId, draft: s3Draft(stores), secrets });
    const run = await client.ended();
    const told = await client.told(run);
    expect(run.state, told).toMatchObject({ kind: 'failed', stepId: 'artifacts-check' });
    expect(told).toMatch(
      /The clock of this server is off by 60 minutes \(behind\), so that \S+ refuses what it signs\./,
    );
    expect(told).toContain('timedatectl set-ntp true');
    expect(run.steps.filter(({ id }) => id.startsWith('mlflow-')).map(({ state }) => state)).not.toContain('changed');
    expect(await pid()).toBe(before);
  });
});
