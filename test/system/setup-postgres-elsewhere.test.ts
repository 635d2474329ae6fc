/** A PostgreSQL that is there already: one on the server, used and left as it is, and one elsewhere, checked first. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planStack } from '../../main/core/setup/plan/plan-stack.ts';
import { parseStack } from '../../main/core/setup/stack/parse-stack.ts';
import type { Plan } from '../../main/shared/setup/plan.ts';
import type { FieldValue, StackDraft } from '../../main/shared/setup/stack.ts';
import { factsOf, inServer, runByHand, uninstallOf } from '../support/plan-on-server.ts';
import { startSecretWatch } from '../support/secret-watch.ts';
import { availableForAll, startTestServer, type TestServer } from '../support/test-server.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = availableForAll();
/** Where PostgreSQL is, and a server that looks at it from outside. */
const [there, here] = ['pgb', 'pga'];
const hostile = `p@ss w/:%41'"\\ $HOME \`id\` {ünï©ode\u00a0\u2126\u00ad} #?&=,;[]|<>~!*()^+ -- ﬁ`;

type Values = Readonly<Record<string, FieldValue>>;

/** The database's steps alone. */
async function databasePlan(server: string, user: string, draft: StackDraft): Promise<Plan> {
  const stack = parseStack(draft);
  if (!stack.ok) throw new Error(stack.error.message);
  const plan = planStack(stack.value, draft, await factsOf(server, user), null);
  return {
    ...plan,
    steps: plan.steps.filter(({ id }) => /^(postgres-|database-check)/.test(id)),
    secrets: plan.secrets.filter(({ name }) => name === 'database.password'),
  };
}

describe.skipIf(reason !== null)(`PostgreSQL that is there${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  const [octetThere, octetHere] = [35, 34];
  let database: TestServer;
  let server: TestServer;
  let wayOut: WayOut;
  let ca: string;

  const psql = async (query: string, name = 'postgres') =>
    (
      await inServer(there, 'root', `cd /; runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -d '${name}'`, query)
    ).text.trim();

  beforeAll(async () => {
    database = await startTestServer(there, octetThere);
    wayOut = await giveWayOut(there, octetThere);
    server = await startTestServer(here, octetHere);
    await database.sh(
      'apt-get -qq update; DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -qq -y --no-install-recommends install postgresql >/dev/null 2>&1',
    );
    await psql(`CREATE ROLE shop LOGIN PASSWORD 'shop-pw'; CREATE DATABASE shop OWNER shop;
      CREATE ROLE mlflow LOGIN PASSWORD 'its-own-pw'; CREATE ROLE team LOGIN; CREATE DATABASE team OWNER shop;
      ALTER SYSTEM SET listen_addresses = '*'; ALTER SYSTEM SET log_statement = 'all'; ALTER SYSTEM SET log_min_duration_statement = 0`);
    await psql("CREATE TABLE goods (name text); INSERT INTO goods VALUES (E'one\\ttwo')", 'shop');
    await database.sh('systemctl restart postgresql@15-main');
  }, 600_000);
  afterAll(async () => {
    await wayOut.close();
    await database.remove();
    await server.remove();
  });

  describe('on the server', () => {
    const postgres = (values: Values): StackDraft => ({ stack: 'mlflow-postgres', values });
    const run = async (values: Values, password: string) => {
      const plan = await databasePlan(there, 'ubuntu', postgres(values));
      return { plan, ...(await runByHand(there, 'ubuntu', plan, { 'database.password': password })) };
    };
    const all = () =>
      database.sh(`runuser -u postgres -- pg_dumpall | grep -v '^.\\(un\\)\\?restrict '
        find /etc/postgresql /etc/postgresql-common -type f | sort | xargs md5sum; dpkg --get-selections; systemctl is-enabled postgresql`);
    const password = "it's 100% \\new";
    let before: string;

    it('is told of in the plan', async () => {
      before = await all();
      const { remarks } = await databasePlan(there, 'ubuntu', postgres({}));
      expect(remarks).toMatchObject([
        {
          level: 'warning',
          message: 'The PostgreSQL that is there (15/main) can be reached from outside on port 5432.',
        },
        { level: 'note', message: 'PostgreSQL 15 is there already and is used as it is.' },
      ]);
    });

    it.each([
      ['a role that is there, with another password', {}, 'has another password, which is left as it is'],
      ['a database that is there', { 'database.name': 'team', 'database.user': 'runs' }, 'may not make tables in it'],
    ])('%s: refused in words, nothing changed but what was begun', async (_, values, words) => {
      await database.sh('rm -f /var/lib/mooring/stacks/main/postgres');
      const { code, text } = await run(values, password);
      expect(text).toContain('listens on * too');
      expect(text).toContain(words);
      expect(text).not.toContain(password);
      expect(code).not.toBe(0);
    });

    it('gets a database and a role, and nothing else is touched, not even after all is removed', async () => {
      const watch = await startSecretWatch(there, password);
      const values = { 'database.name': 'runs' };
      const first = await run(values, password);
      expect(first.code).toBe(0);
      expect(await watch.found()).toEqual([]);
      expect((await run(values, password)).text).toContain('2 ok, 0 changed');
      expect(await database.sh('grep -c SCRAM-SHA-256 /var/log/postgresql/*.log || true')).toBe('0\n');
      expect(await psql('SELECT name FROM goods', 'shop')).toBe('one\ttwo');
      const { text, code } = await runByHand(there, 'ubuntu', uninstallOf(first.plan, true));
      expect(text).not.toContain('failed');
      expect(code).toBe(0);
      await psql('DROP DATABASE IF EXISTS mlflow');
      expect(await all()).toBe(before);
    });

    it('that was stopped is started, one that was put to rest is not', async () => {
      await database.sh('systemctl stop postgresql@15-main; echo manual >/etc/postgresql/15/main/start.conf');
      const plan = await databasePlan(there, 'ubuntu', postgres({}));
      expect((await runByHand(there, 'ubuntu', plan, { 'database.password': password })).code).toBe(0);
      expect(await database.sh('pg_lsclusters -h')).toMatch(/15 +main +5432 +down[\s\S]*15 +mooring +5433 +online/);
      expect((await runByHand(there, 'ubuntu', uninstallOf(plan, true))).code).toBe(0);
      await database.sh('echo auto >/etc/postgresql/15/main/start.conf; systemctl daemon-reload');
      expect(await database.sh('ls /etc/postgresql/15; ls /var/lib/postgresql/15')).toBe('main\nmain\n');
      const second = await databasePlan(there, 'ubuntu', postgres({ 'database.name': 'runs' }));
      expect((await runByHand(there, 'ubuntu', second, { 'database.password': password })).text).toContain(
        'starts PostgreSQL',
      );
      expect((await runByHand(there, 'ubuntu', uninstallOf(second, true))).code).toBe(0);
      expect(await psql('SELECT name FROM goods', 'shop')).toBe('one\ttwo');
    });
  });

  describe('elsewhere', () => {
    const address = `10.77.${String(octetThere)}.2`;
    /** Also as it is seen behind an address translation. */
    const outside = '10.77.0.0/16';
    const usual = { 'database.host': 'db.test', 'database.user': 'lena@corp', 'database.name': 'runs of team' };

    async function check(values: Values = {}, password = hostile, user = 'ubuntu') {
      const plan = await databasePlan(here, user, {
        stack: 'mlflow-external-postgres',
        values: { ...usual, ...values },
      });
      const beginMs = performance.now();
      const ended = await runByHand(here, user, plan, { 'database.password': password });
      expect(ended.text).not.toContain(password === '' ? '\0' : password);
      return { ...ended, plan, tookMs: performance.now() - beginMs };
    }
    const reload = () => database.sh('systemctl restart postgresql@15-main');

    beforeAll(async () => {
      await database.sh(`cd /etc/postgresql/15/main
        openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=db.test -addext subjectAltName=DNS:db.test,IP:${address} \\
          -keyout db.key -out db.crt 2>/dev/null
        chown postgres: db.key db.crt; chmod 600 db.key
        grep -v '^host' pg_hba.conf >new
        printf 'hostssl "runs of team",plain,ascii,"no way",runs lena@corp,shop,limited,reader,nologin ${outside} scram-sha-256\\nhostssl md5 md5 ${outside} md5\\nhostssl clear clear ${outside} password\\n' >>new
        cat new >pg_hba.conf; rm new`);
      ca = await database.sh('cat /etc/postgresql/15/main/db.crt');
      const quoted = hostile.replaceAll("'", "''");
      await psql(`ALTER SYSTEM SET ssl_cert_file = '/etc/postgresql/15/main/db.crt';
        ALTER SYSTEM SET ssl_key_file = '/etc/postgresql/15/main/db.key'; ALTER SYSTEM SET ssl = on;
        SET standard_conforming_strings = on;
        ${['lena@corp', 'limited', 'reader', 'nologin', 'clear'].map((each) => `CREATE ROLE "${each}" LOGIN PASSWORD '${quoted}';`).join('\n')}
        SET password_encryption = 'md5'; CREATE ROLE md5 LOGIN PASSWORD '${quoted}'; RESET password_encryption;
        ALTER ROLE nologin NOLOGIN; ALTER ROLE limited CONNECTION LIMIT 0; ALTER ROLE reader SET default_transaction_read_only = on`);
      for (const each of [
        '"runs of team" OWNER "lena@corp"',
        'plain',
        '"no way"',
        'md5 OWNER md5',
        'clear OWNER clear',
        `ascii OWNER "lena@corp" TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'`,
      ]) {
        await psql(`CREATE DATABASE ${each}`);
      }
      await psql('REVOKE CONNECT ON DATABASE "no way" FROM PUBLIC');
      await psql('GRANT CREATE ON SCHEMA public TO reader', 'plain');
      await reload();
      await server.sh(`echo '${address} db.test other.test' >>/etc/hosts
        useradd -m -s /bin/bash plain
        ip route add unreachable 192.0.2.7
        ip neigh replace 10.77.${String(octetHere)}.99 lladdr 02:00:00:00:00:99 dev host0 nud permanent
        ip route add 192.0.2.9 via 10.77.${String(octetHere)}.99`);
    });

    it.each<[string, Values]>([
      ['TLS without a look at the certificate', {}],
      ['certificate checked', { 'database.ssl-mode': 'verify-ca', 'database.ca': 'ca', 'database.host': 'other.test' }],
      ['certificate and name checked', { 'database.ssl-mode': 'verify-full', 'database.ca': 'ca' }],
      ['the same by address', { 'database.ssl-mode': 'verify-full', 'database.ca': 'ca', 'database.host': address }],
      ['a password kept as MD5', { 'database.user': 'md5', 'database.name': 'md5' }],
      ['a password asked for in the clear, within TLS', { 'database.user': 'clear', 'database.name': 'clear' }],
    ])('%s: fine, and the password nowhere', async (title, values) => {
      const watch = await startSecretWatch(here, hostile);
      const { code, text, tookMs } = await check(
        values['database.ca'] === 'ca' ? { ...values, 'database.ca': ca } : values,
      );
      expect(text).toMatch(/PostgreSQL 15\.\d+ .* by TLSv1\.3/);
      expect(code).toBe(0);
      expect(await watch.found()).toEqual([]);
      console.log(`  ${title}: ${String(Math.round(tookMs))} ms`);
    });

    it('also without root, and with the certificates that the server trusts', async () => {
      await server.sh(
        `cat >/usr/local/share/ca-certificates/db.crt <<'END'\n${ca}END\nupdate-ca-certificates >/dev/null 2>&1`,
      );
      try {
        const { plan, code } = await check({ 'database.ssl-mode': 'verify-full' }, hostile, 'plain');
        expect(plan.scope).toBe('user');
        expect(code).toBe(0);
      } finally {
        await server.sh('rm /usr/local/share/ca-certificates/db.crt; update-ca-certificates --fresh >/dev/null 2>&1');
      }
    });

    interface Around {
      readonly password?: string;
      readonly arrange?: () => Promise<unknown>;
      readonly restore?: () => Promise<unknown>;
    }
    type Case = [title: string, values: Values, words: RegExp, around?: Around];
    const verifyFull = { 'database.ssl-mode': 'verify-full' };
    const cases: Case[] = [
      [
        'a name that is not known',
        { 'database.host': 'db.tset' },
        /The name db\.tset does not exist, seen from this server/,
        {
          arrange: () =>
            server.sh('cp /etc/nsswitch.conf /root/; sed -i "s/^hosts:.*/hosts: files/" /etc/nsswitch.conf'),
          restore: () => server.sh('mv /root/nsswitch.conf /etc/nsswitch.conf'),
        },
      ],
      [
        'no name server',
        { 'database.host': 'db.tset' },
        /no name server answered/,
        {
          arrange: () => server.sh('cp /etc/resolv.conf /root/; echo "nameserver 127.0.0.99" >/etc/resolv.conf'),
          restore: () => server.sh('cat /root/resolv.conf >/etc/resolv.conf'),
        },
      ],
      [
        'a firewall that swallows',
        { 'database.host': '192.0.2.9' },
        /did not answer on port 5432 within 10 seconds[\s\S]*security group/,
      ],
      ['no route', { 'database.host': '192.0.2.7' }, /no route from this server to 192\.0\.2\.7/],
      ['a closed port', { 'database.port': 5433 }, /Port 5433 of db\.test \(.*\) is closed/],
      ['no PostgreSQL', { 'database.port': 22 }, /is not a PostgreSQL/],
      [
        'no TLS',
        {},
        /offers no TLS/,
        {
          arrange: async () => void (await psql('ALTER SYSTEM SET ssl = off'), await reload()),
          restore: async () => void (await psql('ALTER SYSTEM SET ssl = on'), await reload()),
        },
      ],
      ['a certificate that nobody trusts', verifyFull, /certificate of db\.test:5432 is not trusted here: self.signed/],
      [
        'another name',
        { ...verifyFull, 'database.ca': 'ca', 'database.host': 'other.test' },
        /is for db\.test, .*not for other\.test/,
      ],
      [
        'a certificate that has expired',
        { ...verifyFull, 'database.ca': 'ca' },
        /has expired, by this server’s clock|has expired, by this server's clock/,
        {
          arrange: async () => {
            await database.sh(`cd /etc/postgresql/15/main; cp -p db.crt db.good
              openssl x509 -in db.crt -signkey db.key -days 0 -out db.new 2>/dev/null; cat db.new >db.crt; rm db.new`);
            await reload();
            ca = await database.sh('cat /etc/postgresql/15/main/db.crt');
          },
          restore: async () => {
            await database.sh('cd /etc/postgresql/15/main; mv db.good db.crt');
            await reload();
            ca = await database.sh('cat /etc/postgresql/15/main/db.crt');
          },
        },
      ],
      ['a wrong password', {}, /The password is wrong, or there is no user lena@corp/, { password: `${hostile}x` }],
      [
        'no such database',
        { 'database.name': 'runs' },
        /There is no database runs\. .*CREATE DATABASE "runs" OWNER "lena@corp"/,
      ],
      [
        'a host that is not let in',
        { 'database.name': 'postgres' },
        /does not let this user in from this server's address/,
      ],
      ['a user that may not log in', { 'database.user': 'nologin' }, /There is no user nologin that may log in/],
      ['no right to the database', { 'database.name': 'no way' }, /GRANT CONNECT, TEMPORARY ON DATABASE "no way"/],
      [
        'no right to make tables',
        { 'database.name': 'plain' },
        /may not make tables[\s\S]*GRANT USAGE, CREATE ON SCHEMA public TO "lena@corp"/,
      ],
      ['no connection free', { 'database.user': 'limited' }, /no connection free/],
      ['a copy for reading', { 'database.user': 'reader', 'database.name': 'plain' }, /for reading only/],
      ['no room for all letters', { 'database.name': 'ascii' }, /keeps text as SQL_ASCII/],
      [
        'tables of somebody else',
        { 'database.name': 'plain' },
        /belong to shop and not to lena@corp/,
        {
          arrange: () => psql('CREATE TABLE runs (id text); ALTER TABLE runs OWNER TO shop', 'plain'),
          restore: () => psql('DROP TABLE runs', 'plain'),
        },
      ],
      ['no password', {}, /\(database\.password\) is needed/, { password: '' }],
    ];

    it.each<Case>(cases)('%s: told for what it is', async (_, values, words, { password, arrange, restore } = {}) => {
      await server.sh('rm -f /etc/mooring/main/database-checked');
      await arrange?.();
      try {
        const { code, text } = await check(
          values['database.ca'] === 'ca' ? { ...values, 'database.ca': ca } : values,
          password,
        );
        expect(text).toMatch(words);
        expect(text).not.toContain('Traceback');
        expect(code).not.toBe(0);
      } finally {
        await restore?.();
      }
    });

    it('leaves nothing in the database, and nothing on the server once it is taken off', async () => {
      const { plan } = await check();
      expect(await psql('\\dt', 'runs of team')).toBe('');
      expect((await runByHand(here, 'ubuntu', uninstallOf(plan, false))).code).toBe(0);
      expect(await server.sh('ls -d /etc/mooring 2>/dev/null || true')).toBe('');
    });
  });
});
