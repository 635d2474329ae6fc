/** MLflow's database in PostgreSQL, on the server and elsewhere: the steps of the plan run by hand on real servers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planStack } from '../../main/core/setup/plan/plan-stack.ts';
import { parseStack } from '../../main/core/setup/stack/parse-stack.ts';
import type { Plan } from '../../main/shared/setup/plan.ts';
import type { FieldValue, StackDraft, StackName } from '../../main/shared/setup/stack.ts';
import { factsOf, inServer, runByHand, uninstallOf } from '../support/plan-on-server.ts';
import { startSecretWatch } from '../support/secret-watch.ts';
import { availableForAll, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = availableForAll();

/** What breaks shells, URLs, SQL, password files and ini files; and letters that PostgreSQL's clients fold into others. */
const hostile = `p@ss w/:%41'"\\ $HOME \`id\` {ünï©ode\u00a0\u2126\u00ad} #?&=,;[]|<>~!*()^+ -- ﬁ`;
const other = 'another 100% "word"';

const draft = (stack: StackName, values: Readonly<Record<string, FieldValue>>): StackDraft => ({ stack, values });

/** The database's steps alone. */
async function databasePlan(server: string, user: string, wished: StackDraft): Promise<Plan> {
  const stack = parseStack(wished);
  if (!stack.ok) throw new Error(stack.error.message);
  const plan = planStack(stack.value, wished, await factsOf(server, user), null);
  return {
    ...plan,
    steps: plan.steps.filter(({ id }) => /^(postgres-|database-check)/.test(id)),
    secrets: plan.secrets.filter(({ name }) => name === 'database.password'),
  };
}

async function run(server: string, wished: StackDraft, password = '', user = 'ubuntu') {
  const plan = await databasePlan(server, user, wished);
  const beginMs = performance.now();
  const ended = await runByHand(server, user, plan, { 'database.password': password });
  return { ...ended, plan, tookMs: performance.now() - beginMs };
}

const off = async (server: string, wished: StackDraft, removeData: boolean) =>
  runByHand(server, 'ubuntu', uninstallOf(await databasePlan(server, 'ubuntu', wished), removeData));

/** Asks the database as its role, over loopback; the password by stdin. Gives bare values, or the error. */
async function login(server: string, password: string, query: string, name = 'mlflow'): Promise<string> {
  const line = `127.0.0.1:*:*:*:${password.replace(/[\\:]/g, '\\$&')}\n`;
  const command = `umask 077; f=$(mktemp); cat >$f; PGPASSFILE=$f psql -w -XAtq -h 127.0.0.1 -U ${name} ${name} -c "${query}"; rm -f $f`;
  return (await inServer(server, 'ubuntu', command, line)).text.trim();
}

const seconds = (tookMs: number): string => `${(tookMs / 1000).toFixed(1)} s`;

describe.skipIf(reason !== null)(`PostgreSQL on the server${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  const name = 'pga';
  const postgres = (values: Readonly<Record<string, FieldValue>> = {}) => draft('mlflow-postgres', values);
  const dev = postgres({ environment: 'dev', 'mlflow.port': 5001 });
  let server: TestServer;
  let wayOut: WayOut;
  let before: string;
  const packages = () => server.sh('dpkg --get-selections');

  beforeAll(async () => {
    server = await startTestServer(name, 34);
    wayOut = await giveWayOut(name, 34);
    await server.sh('apt-get -qq update');
    before = await packages();
  }, 600_000);
  afterAll(async () => {
    await wayOut.close();
    await server.remove();
  });

  it('is finished after the power went off while apt was at it', async () => {
    const cut = run(name, postgres(), hostile);
    await waitFor(
      'PostgreSQL to be unpacked',
      async () => (await server.sh('ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null || true')) !== '',
      { timeoutMs: 120_000, everyMs: 100 },
    );
    // As the power would; a shutdown in order would wait for apt.
    await server.sh('kill -9 $(pgrep -x "apt-get|dpkg|sudo") $(pgrep -f "[s]h /tmp/plan-") 2>/dev/null || true');
    await server.reboot();
    expect((await cut).code).not.toBe(0);
    const watch = await startSecretWatch(name, hostile);
    const { code, text, tookMs } = await run(name, postgres(), hostile);
    expect(text).toContain('2 changed');
    expect(code).toBe(0);
    console.log(`  the rest of the installation, role and database: ${seconds(tookMs)}`);
    expect(await watch.found()).toEqual([]);
    expect(text).not.toContain(hostile);
    expect(await login(name, hostile, 'SELECT current_user, current_database()')).toBe('mlflow|mlflow');
    expect(await login(name, hostile, 'CREATE TABLE kept (word text); INSERT INTO kept VALUES (1)')).toBe('');
  });

  it('nothing is left to do, with the password and without', async () => {
    for (const password of [hostile, '']) {
      const { text, tookMs } = await run(name, postgres(), password);
      expect(text).toContain('2 ok, 0 changed');
      console.log(`  again: ${seconds(tookMs)}`);
      expect(tookMs).toBeLessThan(3_000);
    }
    expect(await login(name, hostile, 'SELECT word FROM kept')).toBe('1');
  });

  it('listens on loopback alone, starts with the machine, and keeps verifiers only', async () => {
    const listening = await server.sh(`ss -Hltn 'sport = :5432' | awk '{ print $4 }' | sort`);
    expect(listening).toMatch(/^127\.0\.0\.1:5432\n(\[::1\]:5432\n)?$/);
    expect(await server.sh('systemctl is-enabled postgresql; cat /etc/postgresql/15/main/conf.d/mooring.conf')).toMatch(
      /^enabled\n[\s\S]*listen_addresses = 'localhost'\nshared_buffers = \d+MB/,
    );
    const verifier = `runuser -u postgres -- psql -XAtqc "SELECT rolpassword ~ '^SCRAM-SHA-256' FROM pg_authid WHERE rolname = 'mlflow'"`;
    expect(await server.sh(verifier)).toBe('t\n');
  });

  it('a new password is set, and nothing else', async () => {
    const { text } = await run(name, postgres(), other);
    expect(text).toContain('1 ok, 1 changed');
    expect(await login(name, hostile, 'SELECT 1')).toContain('password authentication failed');
    expect(await login(name, other, 'SELECT word FROM kept')).toBe('1');
    expect(await server.sh('grep -c SCRAM-SHA-256 /var/log/postgresql/*.log || true')).toBe('0\n');
  });

  it('another environment has its own, and can’t take what is not its', async () => {
    const taken = await run(name, { ...dev, values: { ...dev.values, 'database.name': 'mlflow' } }, hostile);
    expect(taken.text).toContain('The role mlflow was made for another environment');
    expect(taken.code).not.toBe(0);
    expect(await login(name, other, 'SELECT word FROM kept')).toBe('1');
    expect((await run(name, dev, hostile)).code).toBe(0);
    expect(await login(name, hostile, 'SELECT current_user', 'mlflow_dev')).toBe('mlflow_dev');
    expect(await login(name, other, '\\c mlflow_dev')).toContain('permission denied');
  });

  it('stays while another environment uses it, which inherits what is ours', async () => {
    expect((await off(name, postgres(), false)).text).toContain('another environment uses it');
    expect(await login(name, hostile, 'SELECT 1', 'mlflow_dev')).toBe('1');
    expect((await run(name, dev, hostile)).text).toContain('2 ok, 0 changed');
    // The data of the first was kept.
    expect((await run(name, postgres(), other)).code).toBe(0);
    expect(await login(name, other, 'SELECT word FROM kept')).toBe('1');
    expect((await off(name, dev, true)).text).toContain('another environment uses it');
    expect(await server.sh(`runuser -u postgres -- psql -XAtqc '\\l' | cut -d '|' -f 1`)).not.toContain('mlflow_dev');
    expect((await run(name, postgres(), other)).text).toContain('2 ok, 0 changed');
  });

  it('an uninstallation takes everything but data, which the next setup finds', async () => {
    const gone = await off(name, postgres(), false);
    expect(gone.code).toBe(0);
    expect(installed(await packages())).toEqual(installed(before));
    expect(await server.sh('ls /var/lib/postgresql/15')).toBe('main\n');
    const again = await run(name, postgres(), hostile);
    console.log(`  set up again on the data that was kept: ${seconds(again.tookMs)}`);
    expect(again.code).toBe(0);
    expect(await login(name, hostile, 'SELECT word FROM kept')).toBe('1');
  });

  it('and with data everything', async () => {
    expect((await off(name, postgres(), true)).code).toBe(0);
    expect((await packages()).replace(/\t+/g, ' ')).toBe(before.replace(/\t+/g, ' '));
    const left =
      'find / -xdev -ipath "*postgres*" ! -path "/proc/*" ! -path "/var/lib/mooring/*" ! -path "/var/cache/*"';
    expect(await server.sh(left)).toBe('');
  });

  const installed = (selections: string) => selections.split('\n').filter((line) => /\tinstall$/.test(line));
});
