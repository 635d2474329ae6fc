/**
 * Every stack, from bare to checked, again, and off again, on every release of Debian that the tests know, by every kind of
 * account. Takes hours, so it runs only with `MOORING_SYSTEM_TESTS=all`. Prints a table.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HandedSecrets } from '../../main/shared/contract.ts';
import { recapOf } from '../../main/shared/setup/run.ts';
import type { StackDraft, StackName } from '../../main/shared/setup/stack.ts';
import {
  accounts,
  changesSince,
  serverCounts,
  serverSeconds,
  startSetupLab,
  type Account,
  type SetupClient,
  type SetupLab,
} from '../support/setup-lab.ts';
import { psqlScript, shopDraft, shopSql } from '../support/shop-database.ts';
import { s3Draft, startStoresHere, type StoresHere } from '../support/stores-here.ts';
import { availableForAll, suites, type Suite } from '../support/test-server.ts';

const reason = availableForAll();
const [name, octet] = ['matrix', 77];
/** Such a long test is run beside other work. */
const patienceMs = 900_000;
const password = `p%w:/@ "q" 'ü' \\ #&?`;

/** In this order: the last one needs a PostgreSQL that somebody else made. */
const stacks = [
  'script',
  'mlflow-quick-start',
  'object-storage',
  'mlflow-s3',
  'mlflow-azure-blob',
  'mlflow-postgres',
  'mlflow-full',
  'mlflow-external-postgres',
] as const satisfies readonly StackName[];

/** What by design can't be had without root, and the words of the plan. */
const refused: Partial<Record<Account, Partial<Record<StackName, string>>>> = {
  plain: {
    'mlflow-postgres': 'PostgreSQL on the server can only be installed with root’s rights',
    'mlflow-full': 'PostgreSQL on the server can only be installed with root’s rights',
  },
};

const columns = (words: readonly string[]) =>
  words.map((each, index) => each.padEnd([26, 10, 8, 16, 16][index] ?? 0)).join('');

describe.skipIf(reason !== null)(`every stack everywhere${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  const table: string[] = [];
  afterAll(() => {
    console.log(['', columns(['stack', 'release', 'account', 'first', 'again', 'off']), ...table].join('\n  '));
  });

  describe.each(suites.flatMap((suite) => accounts.map((account) => [suite, account] as const)))(
    'on %s by %s',
    (suite: Suite, account: Account) => {
      let lab: SetupLab;
      let stores: StoresHere;
      let client: SetupClient;
      let before: readonly string[];

      beforeAll(async () => {
        lab = await startSetupLab(name, octet, suite);
        if (lab.wayOut.reason !== null) throw new Error(lab.wayOut.reason);
        stores = await startStoresHere(`10.77.${String(octet)}.1`, true);
        client = await lab.connect(account, { patienceMs });
        before = await lab.traces();
      }, 900_000);
      afterAll(async () => {
        await client.stop();
        stores.close();
        await lab.close();
      });
      afterEach(async ({ task }) => {
        if (task.result?.state !== 'fail') return;
        row(task.name, [`FAILED: ${(task.result.errors?.[0]?.message ?? '').slice(0, 2_000)}`]);
        if (client.app.server().profile.stacks.length > 0) await client.off('main');
        before = await lab.traces();
      });

      const row = (stack: string, words: readonly string[]) => {
        const line = columns([stack, suite, account, ...words]);
        table.push(line);
        console.log(`  ${line}`);
      };

      const draftOf = (stack: (typeof stacks)[number]): { draft: StackDraft; secrets: HandedSecrets } => {
        const { s3, azure } = stores;
        switch (stack) {
          case 'script': {
            const path = join(lab.folder, 'install.sh');
            writeFileSync(path, '#!/bin/sh\necho "got $1"\n', { mode: 0o755 });
            return { draft: { stack, values: { 'script.path': path, 'script.args': '"two words"' } }, secrets: {} };
          }
          case 'mlflow-s3':
            return { draft: s3Draft(stores), secrets: { 's3.secret-access-key': s3.secret } };
          case 'mlflow-azure-blob': {
            const values = {
              'azure.account': azure?.account ?? '',
              'azure.container': azure?.container ?? '',
              'azure.credential': 'connection-string',
            };
            return { draft: { stack, values }, secrets: { 'azure.credential': azure?.connection ?? '' } };
          }
          case 'mlflow-external-postgres':
            return { draft: shopDraft, secrets: { 'database.password': password } };
          case 'mlflow-postgres':
            return { draft: { stack, values: {} }, secrets: { 'database.password': password } };
          case 'mlflow-quick-start':
          case 'object-storage':
          case 'mlflow-full':
            return { draft: { stack, values: {} }, secrets: {} };
          default:
            return stack satisfies never;
        }
      };

      const makeDatabase = async () => {
        await lab.server.sh(`apt-get -qq update
          DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install postgresql ssl-cert >/dev/null 2>&1
          ${psqlScript([...shopSql(password), 'ALTER SYSTEM SET ssl = on;'])}; systemctl restart postgresql`);
        before = await lab.traces();
      };

      it.each(stacks)('%s', { timeout: 2 * patienceMs }, async (stack) => {
        if (stack === 'mlflow-external-postgres') await makeDatabase();
        const { app, serverId } = client;
        const { draft, secrets } = draftOf(stack);
        const words = refused[account]?.[stack];
        if (words !== undefined) {
          const reply = await app.core.call('setup.start', { serverId, draft, secrets });
          expect(reply).toMatchObject({ ok: false, error: { code: 'conflict' } });
          const said = reply.ok ? '' : reply.error.message;
          expect(said).toContain(words);
          row(stack, [`refused: ${said}`]);
          return;
        }
        const first = await client.start(draft, secrets);
        const results = [`${serverCounts(first)} ${serverSeconds(first)}`];
        if (stack === 'script') {
          row(stack, [...results, '', serverSeconds(await client.off('script'))]);
          return;
        }
        if (stack !== 'object-storage') expect(app.server().verify).toMatchObject({ failure: null });
        const again = await client.start(draft);
        expect(recapOf(again.steps)).toMatchObject({ changed: 0, failed: 0, skipped: 0 });
        const off = await client.off('main');
        expect(changesSince(before, await lab.traces())).toEqual([]);
        row(stack, [...results, `${serverCounts(again)} ${serverSeconds(again)}`, serverSeconds(off)]);
      });
    },
  );
});
