/**
 * The truth behind ports on a real server: MLflow with a login, PostgreSQL and a store, set up by Mooring itself, and a web
 * server; each broken on purpose, in every way that a person meets. Prints what was told as a table.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fix } from '../../main/shared/fixes.ts';
import { brokenLink, chain, troubledLink, type ChainLink, type LinkName } from '../../main/shared/chain.ts';
import { isOver } from '../../main/shared/setup/run.ts';
import { forwardDraftOf, type ForwardDraft, type ServiceKind } from '../../main/shared/forward.ts';
import { tableLines } from '../../main/headless/terminal/text-table.ts';
import { inServer } from '../support/plan-on-server.ts';
import { startLiveCore, type LiveCore } from '../support/live-core.ts';
import { freePort } from '../support/sshd.ts';
import { builtVersitygw } from '../support/store-programs.ts';
import { available, hostFingerprint, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = available();
const name = 'truth';
const octet = 83;

type Label = 'MLflow' | 'S3 API' | 'S3 console' | 'PostgreSQL' | 'Web';

interface Broken {
  readonly state: string;
  readonly forward: Label;
  /** For a root shell on the server, both; the second sets it right again. */
  readonly breaks?: string;
  readonly mends?: string;
  /** Where the tunnel is led to in place of what it is for. */
  readonly port?: number;
  readonly link: LinkName;
  readonly words: RegExp;
  readonly fix: Fix['kind'];
}

const mlflow = 'mooring-mlflow';
const store = 'mooring-storage';
const sql = (text: string) => `runuser -u postgres -- psql -qc ${JSON.stringify(text)}`;
const postmaster = `$(head -n 1 /var/lib/postgresql/*/main/postmaster.pid)`;
/** Starts a unit with other words at the end of its command, by a drop-in. */
const withWords = (unit: string, change: string) => `
  mkdir -p /etc/systemd/system/${unit}.service.d
  line=$(sed -n 's/^ExecStart=//p' /etc/systemd/system/${unit}.service)
  printf '[Service]\\nExecStart=\\nExecStart=%s\\n' "$(echo "$line" | ${change})" >/etc/systemd/system/${unit}.service.d/test.conf
  systemctl daemon-reload; systemctl restart ${unit}`;
const asBefore = (unit: string) =>
  `rm -rf /etc/systemd/system/${unit}.service.d; systemctl daemon-reload; systemctl restart ${unit}`;
const otherKey = (variable: string) =>
  `cp -p /etc/mooring/main/storage.env /root/storage.env; sed -i 's/^${variable}=.*/${variable}=somethingelse/' /etc/mooring/main/storage.env; systemctl restart ${store}`;
const ownKeys = `cp -p /root/storage.env /etc/mooring/main/storage.env; systemctl restart ${store}`;
const site = (location: string) =>
  `rm /etc/nginx/sites-enabled/default; printf 'server { listen 80 default_server; location / { ${location} } }\\n' >/etc/nginx/sites-enabled/default; systemctl reload nginx`;
const usualSite = 'ln -sf ../sites-available/default /etc/nginx/sites-enabled/default; systemctl reload nginx';
/** A web server that gives a store's answer, whatever it is asked. */
const played = (answer: string) =>
  `printf '%s\\n' 'server { listen 127.0.0.1:8181; default_type application/xml; location / { return 403 "<?xml version=1.0?>${answer}"; } }' >/etc/nginx/sites-enabled/played; systemctl reload nginx`;
const notPlayed = 'rm /etc/nginx/sites-enabled/played; systemctl reload nginx';
const freeze = (unit: string) => `systemctl kill -s STOP ${unit}`;
const thaw = (unit: string) => `systemctl kill -s CONT ${unit}`;

const broken: readonly Broken[] = [
  {
    state: 'MLflow stopped',
    forward: 'MLflow',
    breaks: `systemctl stop ${mlflow}`,
    mends: `systemctl start ${mlflow}`,
    link: 'port',
    words: /MLflow does not answer on .*: nothing listens on 127.0.0.1:5000/,
    fix: 'retry',
  },
  {
    state: 'wrong target port',
    forward: 'MLflow',
    port: 5999,
    link: 'port',
    words: /Nothing listens on 127.0.0.1:5999/,
    fix: 'retry',
  },
  {
    state: 'MLflow’s tunnel leads to nginx',
    forward: 'MLflow',
    port: 80,
    link: 'service',
    words: /default page of nginx answers there, not MLflow/,
    fix: 'edit-tunnel',
  },
  {
    state: 'MLflow’s tunnel leads to sshd',
    forward: 'MLflow',
    port: 22,
    link: 'service',
    words: /an SSH server \(OpenSSH/,
    fix: 'edit-tunnel',
  },
  {
    state: 'MLflow’s tunnel leads to the store',
    forward: 'MLflow',
    port: 9000,
    link: 'service',
    words: /VersityGW answers there, not MLflow/,
    fix: 'edit-tunnel',
  },
  {
    state: 'MLflow’s tunnel leads to the console',
    forward: 'MLflow',
    port: 9001,
    link: 'service',
    words: /VersityGW’s console answers there, not MLflow/,
    fix: 'edit-tunnel',
  },
  {
    state: 'MLflow’s tunnel leads to PostgreSQL',
    forward: 'MLflow',
    port: 5432,
    link: 'service',
    words: /PostgreSQL answers there, not MLflow/,
    fix: 'edit-tunnel',
  },
  {
    state: 'MLflow frozen',
    forward: 'MLflow',
    breaks: freeze(mlflow),
    mends: thaw(mlflow),
    link: 'health',
    words: /takes connections but did not answer/,
    fix: 'retry',
  },
  {
    state: '127.0.0.1 not among the allowed hosts',
    forward: 'MLflow',
    breaks: withWords(mlflow, "sed 's/$/ --allowed-hosts example.org/'"),
    mends: asBefore(mlflow),
    link: 'health',
    words: /refuses the name 127.0.0.1:\d+ \(403\)/,
    fix: 'open-setup',
  },
  {
    state: 'MLflow’s database stopped',
    forward: 'MLflow',
    breaks: 'systemctl stop postgresql@15-main',
    mends: 'systemctl start postgresql@15-main',
    link: 'health',
    words: /its database does not answer/,
    fix: 'retry',
  },
  {
    state: 'disk full',
    forward: 'MLflow',
    // Where the stack's database lies; what runs keeps to the folder that it has open.
    breaks:
      'mount -t tmpfs -o size=2m small /var/lib/postgresql; dd if=/dev/zero of=/var/lib/postgresql/all bs=1M 2>/dev/null || true',
    mends: 'umount /var/lib/postgresql',
    link: 'health',
    words: /the disk \/var\/lib\/postgresql of the server is full/,
    fix: 'retry',
  },

  {
    state: 'store stopped',
    forward: 'S3 API',
    breaks: `systemctl stop ${store}`,
    mends: `systemctl start ${store}`,
    link: 'port',
    words: /does not answer on .*: nothing listens on 127.0.0.1:9000/,
    fix: 'retry',
  },
  {
    state: 'store frozen',
    forward: 'S3 API',
    breaks: freeze(store),
    mends: thaw(store),
    link: 'health',
    words: /did not answer/,
    fix: 'retry',
  },
  {
    state: 'API tunnel leads to the console (9001)',
    forward: 'S3 API',
    port: 9001,
    link: 'service',
    words: /port 9001 is VersityGW’s console, not its S3 API/,
    fix: 'swap-ports',
  },
  {
    state: 'console tunnel leads to the API (9000)',
    forward: 'S3 console',
    port: 9000,
    link: 'service',
    words: /port 9000 is VersityGW’s S3 API, not its console/,
    fix: 'swap-ports',
  },
  {
    state: 'store’s secret key changed',
    forward: 'S3 API',
    breaks: otherKey('ROOT_SECRET_KEY'),
    mends: ownKeys,
    link: 'login',
    words: /refuses the secret key/,
    fix: 'open-setup',
  },
  {
    state: 'store’s access key changed',
    forward: 'S3 API',
    breaks: otherKey('ROOT_ACCESS_KEY'),
    mends: ownKeys,
    link: 'login',
    words: /does not know the access key/,
    fix: 'open-setup',
  },
  // VersityGW takes any region, and its clock is this machine's: answers as AWS and MinIO give them.
  {
    state: 'store of another region (its answer played)',
    forward: 'S3 API',
    breaks: played('<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-north-1</Region></Error>'),
    mends: notPlayed,
    port: 8181,
    link: 'login',
    words: /of the region eu-north-1/,
    fix: 'retry',
  },
  {
    state: 'clocks apart (its answer played)',
    forward: 'S3 API',
    breaks: played(
      '<Error><Code>RequestTimeTooSkewed</Code><RequestTime>20260101T000000Z</RequestTime><ServerTime>2026-01-01T02:00:00Z</ServerTime></Error>',
    ),
    mends: notPlayed,
    port: 8181,
    link: 'login',
    words: /server’s clock is 120 min ahead of this machine’s/,
    fix: 'retry',
  },
  {
    state: 'API tunnel leads to nginx',
    forward: 'S3 API',
    port: 80,
    link: 'service',
    words: /nginx answers there, not an S3 store/,
    fix: 'edit-tunnel',
  },
  {
    state: 'console tunnel leads to MLflow',
    forward: 'S3 console',
    port: 5000,
    link: 'service',
    words: /MLflow answers there, not a store’s console/,
    fix: 'edit-tunnel',
  },

  {
    state: 'PostgreSQL stopped',
    forward: 'PostgreSQL',
    breaks: 'systemctl stop postgresql@15-main',
    mends: 'systemctl start postgresql@15-main',
    link: 'port',
    words: /Nothing listens on 127.0.0.1:5432/,
    fix: 'retry',
  },
  {
    state: 'PostgreSQL frozen',
    forward: 'PostgreSQL',
    breaks: `kill -STOP ${postmaster}`,
    mends: `kill -CONT ${postmaster}`,
    link: 'health',
    words: /did not answer/,
    fix: 'retry',
  },
  {
    state: 'database password changed',
    forward: 'PostgreSQL',
    breaks: `runuser -u postgres -- psql -Atqc "select rolpassword from pg_authid where rolname='mlflow'" >/root/was; ${sql("alter role mlflow password 'another'")}`,
    mends: `runuser -u postgres -- psql -qc "alter role mlflow password '$(cat /root/was)'"`,
    link: 'login',
    words: /refuses the password that is kept for mlflow/,
    fix: 'open-setup',
  },
  {
    state: 'database renamed',
    forward: 'PostgreSQL',
    breaks: `systemctl stop ${mlflow}; ${sql('alter database mlflow rename to other')}`,
    mends: `${sql('alter database other rename to mlflow')}; systemctl start ${mlflow}`,
    link: 'login',
    words: /there is no database mlflow/,
    fix: 'open-setup',
  },
  {
    state: 'user may not log in',
    forward: 'PostgreSQL',
    breaks: sql('alter role mlflow nologin'),
    mends: sql('alter role mlflow login'),
    link: 'login',
    words: /does not let mlflow in: role "mlflow" is not permitted/,
    fix: 'retry',
  },
  {
    state: 'user shut out by pg_hba.conf',
    forward: 'PostgreSQL',
    breaks: `cd /etc/postgresql/15/main; cp -p pg_hba.conf /root/hba; sed -i '1i host all mlflow 127.0.0.1/32 reject' pg_hba.conf; systemctl reload postgresql@15-main`,
    mends: 'cp -p /root/hba /etc/postgresql/15/main/pg_hba.conf; systemctl reload postgresql@15-main',
    link: 'login',
    words: /does not let mlflow in: .*pg_hba.conf/,
    fix: 'retry',
  },
  {
    state: 'too many connections',
    forward: 'PostgreSQL',
    breaks: sql('alter role mlflow connection limit 0'),
    mends: sql('alter role mlflow connection limit -1'),
    link: 'health',
    words: /too many connections/,
    fix: 'retry',
  },
  {
    state: 'database closed to logins',
    forward: 'PostgreSQL',
    breaks: sql('alter database mlflow allow_connections false'),
    mends: sql('alter database mlflow allow_connections true'),
    link: 'health',
    words: /not currently accepting connections/,
    fix: 'retry',
  },
  {
    state: 'PostgreSQL’s tunnel leads to nginx',
    forward: 'PostgreSQL',
    port: 80,
    link: 'service',
    words: /web server answers there, not PostgreSQL/,
    fix: 'edit-tunnel',
  },
  {
    state: 'PostgreSQL’s tunnel leads to the store',
    forward: 'PostgreSQL',
    port: 9000,
    link: 'service',
    words: /answers there, not PostgreSQL/,
    fix: 'edit-tunnel',
  },

  {
    state: 'nginx stopped',
    forward: 'Web',
    breaks: 'systemctl stop nginx',
    mends: 'systemctl start nginx',
    link: 'port',
    words: /Nothing listens on 127.0.0.1:80/,
    fix: 'retry',
  },
  {
    state: 'nginx frozen',
    forward: 'Web',
    breaks: freeze('nginx'),
    mends: thaw('nginx'),
    link: 'health',
    words: /did not answer/,
    fix: 'retry',
  },
  {
    state: 'what stands behind nginx is gone',
    forward: 'Web',
    breaks: site('proxy_pass http://127.0.0.1:5998;'),
    mends: usualSite,
    link: 'health',
    words: /behind the web server is gone \(HTTP 502\)/,
    fix: 'retry',
  },
  {
    state: 'page fails',
    forward: 'Web',
    breaks: site('return 500;'),
    mends: usualSite,
    link: 'health',
    words: /it answers HTTP 500/,
    fix: 'retry',
  },
  {
    state: 'page sends browsers to another port',
    forward: 'Web',
    breaks: site('return 302 http://127.0.0.1:9999/login;'),
    mends: usualSite,
    link: 'health',
    words: /sends browsers to 127.0.0.1:9999/,
    fix: 'add-tunnel',
  },
  {
    state: 'web tunnel leads to PostgreSQL',
    forward: 'Web',
    port: 5432,
    link: 'service',
    words: /PostgreSQL answers there, not a web page/,
    fix: 'edit-tunnel',
  },
];

describe.skipIf(reason !== null)(`the truth behind ports${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let folder: string;
  let server: TestServer;
  let wayOut: WayOut | undefined;
  let app: LiveCore;
  let serverId: string;
  const table: string[][] = [];

  const linksOf = (label: string): readonly ChainLink[] => {
    const { profile, connection, forwards } = app.server();
    const forward = profile.forwards.find((each) => each.label === label);
    const view = forwards.find((each) => each.forwardId === forward?.id);
    if (!forward || !view) throw new Error(`no tunnel ${label}`);
    return chain(forward, view, connection);
  };
  const forwardOf = (label: string) => {
    const found = app.server().profile.forwards.find((each) => each.label === label);
    if (!found) throw new Error(`no tunnel ${label}`);
    return found;
  };
  const told = (label: string): string =>
    linksOf(label)
      .map((each) => `${each.name} ${each.state}: ${each.words}`)
      .join('; ');
  /** Asks as a person does who clicks “Check now”, until what is told holds. */
  async function until(label: string, holds: (link: ChainLink | null) => boolean, timeoutMs = 100_000): Promise<void> {
    await waitFor(
      () => `the truth about ${label}; told is ${told(label)}`,
      async () => {
        const { id } = forwardOf(label);
        const reply = await app.core.call('services.check', { serverId, forwardId: id });
        const links = linksOf(label);
        // Off and on again, as when a target comes back: not asked yet.
        const isKnown = reply.ok || brokenLink(links) !== null;
        return isKnown && holds(brokenLink(links));
      },
      { timeoutMs, everyMs: 300 },
    );
  }
  const allWell = async (): Promise<void> => {
    for (const { label } of app.server().profile.forwards) await until(label, (link) => link === null);
  };
  async function lead(label: string, port: number): Promise<void> {
    const forward = forwardOf(label);
    const draft = forwardDraftOf(forward);
    await app.call('forwards.edit', {
      serverId,
      forwardId: forward.id,
      draft: { ...draft, target: { ...draft.target, port } },
    });
  }
  /** Connects anew. */
  async function anew(): Promise<void> {
    await app.call('wanted.set', { serverId, on: false });
    await app.call('wanted.set', { serverId, on: true });
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up', 60_000);
  }
  const note = (state: string, label: string, link: ChainLink | null): void => {
    table.push([state, label, link?.name ?? '–', link?.words ?? 'all well', link?.fixes[0]?.kind ?? '']);
  };

  beforeAll(async () => {
    const built = builtVersitygw();
    if (!built) throw new Error('VersityGW can’t be built here: Go and its module proxy are needed');
    process.env['MOORING_VERSITYGW'] = built.path;
    folder = mkdtempSync(join(tmpdir(), 'mooring-truth-'));
    process.env['MOORING_HOSTS_FILE'] = join(folder, 'hosts');
    writeFileSync(join(folder, 'hosts'), '127.0.0.1 localhost\n');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    server = await startTestServer(name, octet);
    wayOut = await giveWayOut(name, octet);
    await server.sh(`mkdir -p ~ubuntu/.ssh
      echo '${readFileSync(join(folder, 'key.pub'), 'utf8').trim()}' >~ubuntu/.ssh/authorized_keys
      chown -R ubuntu: ~ubuntu/.ssh; chmod -R go= ~ubuntu/.ssh`);
    await inServer(name, 'root', 'apt-get -qq update >/dev/null && apt-get -qq install -y nginx-light >/dev/null 2>&1');
    app = await startLiveCore();
    const login = { kind: 'key', path: join(folder, 'key') } as const;
    const web: ForwardDraft = {
      label: 'Web',
      service: 'http',
      bind: { address: '127.0.0.1', port: await freePort(), alsoIpv6: false },
      target: { host: '127.0.0.1', port: 80 },
    };
    const database: ForwardDraft = {
      label: 'PostgreSQL',
      service: 'postgres',
      bind: { address: '127.0.0.1', port: await freePort(), alsoIpv6: false },
      target: { host: '127.0.0.1', port: 5432 },
    };
    const draft = { name: 'lab', address: server.address, port: 22, user: 'ubuntu', login, forwards: [web, database] };
    serverId = await app.add(draft, await hostFingerprint(server));
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up');
    await app.call('setup.start', { serverId, draft: { stack: 'mlflow-full', values: {} }, secrets: {} });
    await app.until('the end of the run', ({ servers }) => !!servers[0]?.run && isOver(servers[0].run), 480_000);
    const { run } = app.server();
    if (run?.state.kind !== 'done')
      throw new Error(`setup: ${JSON.stringify(run?.steps.map((each) => [each.id, each.state, each.note]))}`);
    // Ports of their own, since other tests may have the usual ones.
    for (const each of app.server().profile.forwards) {
      const bind = { ...each.bind, port: await freePort() };
      await app.call('forwards.edit', { serverId, forwardId: each.id, draft: { ...forwardDraftOf(each), bind } });
    }
  }, 900_000);

  afterAll(async () => {
    if (table.length > 0)
      console.log(tableLines([['state', 'tunnel', 'link', 'told', 'fix'], ...table], '  ').join('\n'));
    await app.stop();
    await wayOut?.close();
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  it('all well: what answers, its version, and who is signed in', async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    await allWell();
    const found = Object.fromEntries(app.server().profile.forwards.map(({ label }) => [label, linksOf(label)]));
    const words = (label: Label, link: LinkName) => found[label]?.find((each) => each.name === link)?.words;
    expect(words('MLflow', 'service')).toMatch(/^MLflow \d+\.\d+/);
    expect(words('MLflow', 'login')).toBe('signed in as admin');
    expect(words('S3 API', 'service')).toBe('VersityGW');
    expect(words('S3 API', 'login')).toBe('signed in with the key that is kept');
    expect(words('S3 console', 'service')).toBe('VersityGW console');
    expect(words('PostgreSQL', 'service')).toMatch(/^PostgreSQL 15/);
    expect(words('PostgreSQL', 'login')).toBe('signed in as mlflow');
    expect(words('Web', 'service')).toContain('Welcome to nginx!');
    for (const label of Object.keys(found))
      table.push(['all well', label, '–', told(label).replace(/.*; service ok: /, ''), '']);
  }, 200_000);

  it.each(broken.map((each) => [each.state, each] as const))(
    '%s',
    async (state, { forward, breaks, mends, port, link, words, fix }) => {
      const { target } = forwardOf(forward);
      if (breaks !== undefined) await server.sh(breaks);
      if (port !== undefined) await lead(forward, port);
      try {
        await until(forward, (found) => found?.name === link && words.test(found.words), 45_000);
        const found = brokenLink(linksOf(forward));
        note(state, forward, found);
        expect(found?.fixes[0]?.kind).toBe(fix);
      } finally {
        if (mends !== undefined) await server.sh(mends);
        if (port !== undefined) await lead(forward, target.port);
      }
      await until(forward, (found) => found === null);
    },
    240_000,
  );

  it('MLflow’s password changed behind our back', async () => {
    const { user, password } = await app.call('setup.reveal-password', { serverId, environment: 'main' });
    const change = (
      from: string,
      to: string,
    ) => `curl -sf -u '${user}:${from}' -X PATCH -H 'Content-Type: application/json' \
      -d '{"username":"${user}","password":"${to}","current_password":"${from}"}' http://127.0.0.1:5000/api/2.0/mlflow/users/update-password`;
    await server.sh(change(password, 'another and longer'));
    await until('MLflow', (found) => found?.name === 'login');
    const found = brokenLink(linksOf('MLflow'));
    note('MLflow’s password changed', 'MLflow', found);
    expect(found).toMatchObject({
      words: 'MLflow refuses the password that is kept for admin',
      fixes: [{ kind: 'store-password' }, {}],
    });
    await server.sh(change('another and longer', password));
    await until('MLflow', (link) => link === null);
  }, 120_000);

  it('a name of the hosts file that MLflow does not allow, while /health stays well', async () => {
    const names = [{ name: 'mlflow-server.local', to: { kind: 'tunnel' } }] as const;
    await app.call('hosts.set', { serverId, hosts: { on: true, names: [...names] } });
    await app.until('the name to be refused', () => troubledLink(linksOf('MLflow'))?.name === 'health', 60_000);
    const found = troubledLink(linksOf('MLflow'));
    expect(found?.state).toBe('warning');
    note('403 by Host: a name of the hosts file', 'MLflow', found);
    expect(found?.words).toBe('MLflow answers 403 to the name mlflow-server.local');
    expect(await server.sh('curl -s -H "Host: mlflow-server.local" http://127.0.0.1:5000/health')).toBe('OK');
    await app.call('hosts.set', { serverId, hosts: { on: false, names: [] } });
    await app.until('the name to be forgotten', () => troubledLink(linksOf('MLflow')) === null, 60_000);
  }, 120_000);

  it('the local port held by another program', async () => {
    const { id, bind } = forwardOf('Web');
    await app.call('wanted.set', { serverId, forwardId: id, on: false });
    const holder = createServer();
    await waitFor(
      'the port',
      () =>
        new Promise<boolean>((resolve) => {
          holder.once('error', () => {
            resolve(false);
          });
          holder.listen(bind.port, '127.0.0.1', () => {
            resolve(true);
          });
        }),
    );
    await app.call('wanted.set', { serverId, forwardId: id, on: true });
    await app.until('the port to be taken', () => brokenLink(linksOf('Web'))?.name === 'listening');
    const found = brokenLink(linksOf('Web'));
    note('local port taken', 'Web', found);
    expect(found?.fixes[0]?.kind).toBe('use-port');
    await new Promise((resolve) => holder.close(resolve));
    await until('Web', (link) => link === null);
  }, 60_000);

  it('forwarding forbidden by sshd, and its network gone', async () => {
    await server.sh(`echo 'PermitOpen 127.0.0.1:5000' >/etc/ssh/sshd_config.d/00-test.conf; systemctl restart ssh`);
    await anew();
    await app.until('the link to be made anew', () => brokenLink(linksOf('Web'))?.name === 'port', 60_000);
    const forbidden = brokenLink(linksOf('Web'));
    note('forwarding forbidden by sshd', 'Web', forbidden);
    expect(forbidden?.words).toMatch(/does not allow forwarding to 127.0.0.1:80/);
    await server.sh(`rm /etc/ssh/sshd_config.d/00-test.conf; systemctl restart ssh`);
    await anew();
    await until('Web', (link) => link === null);

    await server.cut();
    await app.until('the link to be missed', ({ servers }) => servers[0]?.connection.kind !== 'up', 60_000);
    const ssh = linksOf('Web').find((each) => each.name === 'ssh');
    note('server’s network down', 'Web', ssh ?? null);
    expect(ssh?.state).not.toBe('ok');
    expect(
      linksOf('Web')
        .slice(2)
        .every((each) => each.state === 'unknown'),
    ).toBe(true);
    await server.mend();
    await app.until('it to be back', ({ servers }) => servers[0]?.connection.kind === 'up', 120_000);
    await until('Web', (link) => link === null);
  }, 400_000);

  it('finds what listens, with a tunnel for what has none', async () => {
    await app.call('forwards.remove', { serverId, forwardId: forwardOf('Web').id });
    const { found } = await app.call('services.discover', { serverId });
    console.log(
      found
        .map(
          (each) =>
            `  ${String(each.port)} ${each.words} (${each.program ?? '?'}) ${each.draft ? 'offered' : 'has one'}`,
        )
        .join('\n'),
    );
    const kinds = new Map<number, ServiceKind | null>(found.map((each) => [each.port, each.kind]));
    expect([5000, 9000, 9001, 5432, 80].map((port) => kinds.get(port))).toEqual([
      'mlflow',
      's3',
      's3-console',
      'postgres',
      'http',
    ]);
    expect(found.filter((each) => each.draft).map((each) => each.port)).toEqual([80]);
    const draft = found.find((each) => each.port === 80)?.draft;
    if (!draft) throw new Error('no tunnel is offered');
    await app.call('forwards.add', { serverId, draft });
    await until(draft.label, (link) => link === null);
  }, 120_000);

  it('were told in 25 broken states and more', () => {
    const states = table.filter(([state]) => state !== 'all well');
    expect(states.length).toBeGreaterThanOrEqual(25);
  });
});
