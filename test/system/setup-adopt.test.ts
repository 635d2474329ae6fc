/** An MLflow that was there, made by hand or by a tutorial: found on a real server, put right, and put back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foundMlflows } from '../../main/core/setup/plan/put-right/found-mlflow.ts';
import { parsePutRightLook, putRightLook } from '../../main/core/setup/plan/put-right/look.ts';
import { offersFor, planPutBack, planPutRight } from '../../main/core/setup/plan/put-right/put-right.ts';
import { type OfferKind } from '../../main/shared/setup/offers.ts';
import { factsOf, inServer, runByHand } from '../support/plan-on-server.ts';
import { available, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = available();
const name = 'adp';
const octet = 41;

/** What of MLflow matters here, started in a moment. It does not start where a file says so. */
const standIn = `#!/usr/bin/python3
import os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
words = dict(zip(sys.argv[2::2], sys.argv[3::2]))
host = words.get("--host", os.environ.get("MLFLOW_HOST", "127.0.0.1"))
if os.path.exists("/tmp/refuse-" + host):
    sys.exit("no way to " + host)
if os.path.exists("/tmp/refuse-units") and "INVOCATION_ID" in os.environ:
    sys.exit("not as a unit")
store = words.get("--backend-store-uri", os.environ.get("MLFLOW_BACKEND_STORE_URI", "sqlite:///mlflow.db"))
open(store.replace("sqlite:///", ""), "a").close()
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Authorization") == "Basic YWRtaW46cGFzc3dvcmQxMjM0"
        self.send_response(200 if known or "LOGIN" not in os.environ or self.path == "/health" else 401)
        self.end_headers()
        self.wfile.write((os.environ.get("WORD", "") + " " + store).encode())
    def log_message(self, *args): pass
ThreadingHTTPServer((host, int(words["--port"])), Handler).serve_forever()
`;

const startScript = `#!/bin/bash
# listens with --host 0.0.0.0
cd ~/mlflow-server
export ALLOWED_HOSTS="*"
mlflow server \\
  --host 0.0.0.0 \\
  --port 5001 \\
  --allowed-hosts "*"
`;

/** The way of a tutorial: a virtual environment, a script, a unit that runs it. */
const realScript = `#!/bin/bash
# Start MLflow server
cd ~/mlflow-server
source venv/bin/activate
export MLFLOW_ALLOWED_HOSTS="*"
export MLFLOW_AUTH_CONFIG_PATH=$HOME/mlflow-server/basic_auth.ini
export MLFLOW_FLASK_SERVER_SECRET_KEY=from-the-tutorial
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false

mlflow server \\
  --backend-store-uri "sqlite:///mlflow.db" \\
  --artifacts-destination ./mlartifacts \\
  --host 0.0.0.0 \\
  --port 5000 --workers 1 \\
  --app-name basic-auth \\
  --allowed-hosts "*"
`;
const realUnit = `[Unit]
Description=MLflow Tracking Server
After=network.target
[Service]
Type=simple
User=ubuntu
WorkingDirectory=/home/ubuntu/mlflow-server
ExecStart=/home/ubuntu/mlflow-server/start-mlflow.sh
Restart=always
RestartSec=10
[Install]
WantedBy=multi-user.target
`;
const iniFile = `[mlflow]
default_permission = READ
database_uri = sqlite:///basic_auth.db
admin_username = admin
admin_password = Sesame-open-1
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
`;

describe.skipIf(reason !== null)(`an MLflow that was there${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let wayOut: WayOut | undefined;

  beforeAll(async () => {
    server = await startTestServer(name, octet);
    wayOut = await giveWayOut(name, octet);
    await server.sh('useradd -m -s /bin/bash plain; loginctl enable-linger plain');
    for (const user of ['ubuntu', 'plain']) {
      const command = 'mkdir -p ~/stand-in ~/mlflow-server; cat >~/stand-in/mlflow; chmod 755 ~/stand-in/mlflow';
      await inServer(name, user, command, standIn);
    }
  }, 600_000);

  afterAll(async () => {
    await wayOut?.close();
    await server.remove();
  });

  async function look(port: number, user = 'ubuntu') {
    const facts = await factsOf(name, user);
    const found = foundMlflows(facts).find((each) => each.port === port);
    if (!found) throw new Error(`no MLflow found on ${String(port)}`);
    const looked = parsePutRightLook(
      (await inServer(name, user, 'exec sh', putRightLook(found, `/home/${user}`))).text,
    );
    if (!looked.ok) throw new Error(looked.error.message);
    return { facts, found, looked: looked.value, offers: offersFor(facts, found, looked.value) };
  }
  async function putRight(port: number, kinds: readonly OfferKind[], user = 'ubuntu') {
    const { facts, found } = await look(port, user);
    const plan = planPutRight(facts, found, kinds);
    expect(plan.remarks.filter(({ level }) => level === 'stop')).toEqual([]);
    return { plan, ...(await runByHand(name, user, plan)) };
  }
  const putBack = (port: number, scope: 'system' | 'user', account = 'ubuntu') =>
    runByHand(name, account, planPutBack({ port, scope, account, home: `/home/${account}` }));
  const listening = (port: number) => server.sh(`ss -Hltn 'sport = :${String(port)}' | awk '{ print $4 }'`);
  const listens = (port: number) =>
    waitFor(`port ${String(port)}`, async () => (await listening(port)) !== '', { timeoutMs: 90_000, everyMs: 200 });
  const units = () =>
    server.sh('cd /etc/systemd/system; find . | sort; cat mlflow*.service mlflow*.service.d/* 2>/dev/null || true');
  const kinds = (offers: readonly { readonly kind: OfferKind }[]) => offers.map((each) => each.kind);

  it('a unit with the whole command: changed by a drop-in, which leaves nothing behind', async () => {
    await server.sh(`cat >/etc/systemd/system/mlflow.service <<'END'
[Service]
User=ubuntu
WorkingDirectory=/home/ubuntu
Environment=MLFLOW_SERVER_ALLOWED_HOSTS=* LOGIN=yes
ExecStart=/home/ubuntu/stand-in/mlflow server \\
  --backend-store-uri sqlite:///mlflow.db \\
  --host 0.0.0.0 --port 5002
END
systemctl daemon-reload; systemctl start mlflow`);
    await listens(5002);
    const all = await look(5002);
    // The password that it came with: later ones refuse it by themselves (3.16.1).
    expect(kinds(all.offers)).toEqual(['absolute-paths', 'limit-hosts', 'bind-to-loopback', 'change-password']);
    const before = await units();
    const done = await putRight(5002, kinds(all.offers));
    expect(done.text).toContain('0 ok, 3 changed');
    expect(await listening(5002)).toBe('127.0.0.1:5002\n');
    expect(await server.sh('curl -s 127.0.0.1:5002/health')).toContain('sqlite:////home/ubuntu/mlflow.db');
    expect((await runByHand(name, 'ubuntu', done.plan)).text).toContain('3 ok, 0 changed');
    expect(kinds((await look(5002)).offers)).toEqual(['change-password']);
    expect(await putBack(5002, 'system')).toMatchObject({ code: 0 });
    expect(await units()).toBe(before);
    expect(await listening(5002)).toBe('0.0.0.0:5002\n');

    // One alone, and it does not come back: it takes itself back.
    await server.sh('touch /tmp/refuse-127.0.0.1');
    const failed = await putRight(5002, ['bind-to-loopback']);
    await server.sh('rm /tmp/refuse-127.0.0.1');
    expect(failed.text).toContain('The change was taken back; MLflow runs as before.');
    expect(failed.code).toBe(1);
    expect(await units()).toBe(before);
    expect(await listening(5002)).toBe('0.0.0.0:5002\n');

    // Cut off in the middle, then done again.
    const cut = await look(5002);
    await server.sh(
      `systemd-run -q --unit=cutter sh -c 'until [ -e /etc/systemd/system/mlflow.service.d/mooring.conf ]; do sleep 0.02; done; kill -9 $(pgrep -f "sh /tmp/plan-[0-9]*.sh")'`,
    );
    const plan = planPutRight(cut.facts, cut.found, ['bind-to-loopback']);
    expect((await runByHand(name, 'ubuntu', plan)).code).not.toBe(0);
    expect(await runByHand(name, 'ubuntu', plan)).toMatchObject({ code: 0 });
    expect(await listening(5002)).toBe('127.0.0.1:5002\n');
    await putBack(5002, 'system');
    expect(await units()).toBe(before);
    await server.sh('systemctl stop mlflow; rm /etc/systemd/system/mlflow.service; systemctl daemon-reload');
  });

  /** As somebody would by hand; with an environment of the session. */
  const startByHand = (user: string, command: string) =>
    inServer(
      name,
      user,
      `cd ~/mlflow-server; env -i HOME="$HOME" PATH="$HOME/stand-in:/usr/bin:/bin" WORD='a "b" $c' SSH_CLIENT=x setsid nohup ${command} >log 2>&1 &`,
    );
  const endByHand = () => server.sh("pkill -f '[s]tart-mlflow'; pkill -f '[m]lflow server'; true");
  const state = (user: string) =>
    server.sh(`cd /home/${user}
      stat -c '%n %a %U %G %y' mlflow-server/*.sh; sha256sum mlflow-server/*.sh; ls -A mlflow-server; find .config /etc/mooring 2>/dev/null | sort
      curl -s 127.0.0.1:5001/health; ss -Hltn | grep -o '[^ ]*:5001'
      for each in $(pgrep -f '^[^ ]*(bash|python3) .*(start-mlflow|mlflow server)'); do
        tr '\\0' ' ' </proc/$each/cmdline; readlink /proc/$each/cwd /proc/$each/fd/1; stat -c %U /proc/$each
      done`);

  it.each([
    ['system', 'ubuntu'],
    ['user', 'plain'],
  ] as const)('started by hand with a script: runs as a unit of the %s, and by hand again', async (scope, user) => {
    const write =
      'cat >~/mlflow-server/start-mlflow.sh; chmod 750 ~/mlflow-server/*.sh; touch -d 2020-01-01 ~/mlflow-server/*.sh';
    await inServer(name, user, write, startScript);
    await startByHand(user, './start-mlflow.sh');
    await listens(5001);
    const { offers } = await look(5001, user);
    expect(offers.map((each) => [each.kind, each.needs, each.obstacle])).toEqual([
      ['run-as-unit', null, null],
      ['absolute-paths', 'run-as-unit', null],
      ['limit-hosts', 'run-as-unit', null],
      ['bind-to-loopback', 'run-as-unit', null],
    ]);
    const before = await state(user);
    const done = await putRight(5001, kinds(offers), user);
    expect(done.text).toContain('0 ok, 4 changed');
    expect(await listening(5001)).toBe('127.0.0.1:5001\n');
    expect(await server.sh('curl -s 127.0.0.1:5001/health')).toBe(
      `a "b" $c sqlite:////home/${user}/mlflow-server/mlflow.db`,
    );
    expect(await server.sh(`cat /home/${user}/mlflow-server/start-mlflow.sh`)).toBe(`#!/bin/bash
export MLFLOW_BACKEND_STORE_URI=sqlite:////home/${user}/mlflow-server/mlflow.db
# listens with --host 0.0.0.0
cd ~/mlflow-server
export ALLOWED_HOSTS="localhost,localhost:*,127.0.0.1,127.0.0.1:*"
mlflow server \\
  --host 127.0.0.1 \\
  --port 5001 \\
  --allowed-hosts "localhost,localhost:*,127.0.0.1,127.0.0.1:*"
`);
    expect((await runByHand(name, user, done.plan)).text).toContain('4 ok, 0 changed');
    expect((await look(5001, user)).offers).toEqual([]);
    expect(await putBack(5001, scope, user)).toMatchObject({ code: 0 });
    expect(await state(user)).toBe(before);

    // As a service it does not answer: it runs by hand again.
    await server.sh('touch /tmp/refuse-units');
    const failed = await putRight(5001, ['run-as-unit'], user);
    await server.sh('rm /tmp/refuse-units');
    expect(failed.text).toContain('It was started by hand again, as it was.');
    expect(failed.code).toBe(1);
    expect(await state(user)).toBe(before);
    await endByHand();
  });

  it('started by hand without a script: its words are kept in one, where nobody else reads them', async () => {
    await server.sh('rm -f /home/ubuntu/mlflow-server/*.sh');
    await startByHand('ubuntu', `mlflow server --host 0.0.0.0 --port 5001 --note "geheim: it's "'$x'`);
    await listens(5001);
    const { offers } = await look(5001);
    expect(kinds(offers)).toEqual(['run-as-unit', 'absolute-paths', 'bind-to-loopback']);
    const before = await state('ubuntu').catch(() => '');
    const done = await putRight(5001, kinds(offers));
    expect(done.text).toContain('0 ok, 3 changed');
    expect(await listening(5001)).toBe('127.0.0.1:5001\n');
    const line = await server.sh(`tr '\\0' '|' </proc/$(pgrep -f '[m]lflow server')/cmdline`);
    expect(line).toMatch(/mlflow\|server\|--host\|127\.0\.0\.1\|--port\|5001\|--note\|geheim: it's \$x\|$/);
    expect(done.text).not.toContain('geheim');
    expect(await server.sh('cd /etc/mooring/adopted-5001; stat -c "%a %U %n" . *')).toBe(
      '700 ubuntu .\n600 ubuntu mlflow.env\n700 ubuntu start-mlflow.sh\n700 ubuntu start-mlflow.sh.before-mooring\n',
    );
    expect(await server.sh('grep -rl geheim /etc/systemd /run/systemd 2>/dev/null || true')).toBe('');
    expect(await putBack(5001, 'system')).toMatchObject({ code: 0 });
    expect(await state('ubuntu').catch(() => '')).toBe(before);
    await endByHand();
  });

  it('a real MLflow by a tutorial: put right with its runs and its users, and back', async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    const install = `apt-get -qq update && apt-get -qq install -y python3-venv >/dev/null 2>&1
      runuser -u ubuntu -- sh -c 'set -a; . /etc/environment; cd ~/mlflow-server && python3 -m venv venv && venv/bin/pip -q install uv && venv/bin/uv pip install -q --python venv/bin/python "mlflow[auth]==3.17.2"'`;
    await server.sh(`${install} 2>&1`);
    const write = (path: string, text: string, user = 'ubuntu') =>
      inServer(name, user, `cat >${path}; chmod 755 ${path}`, text);
    await write('~/mlflow-server/start-mlflow.sh', realScript);
    await write('~/mlflow-server/basic_auth.ini', iniFile);
    await write('/etc/systemd/system/mlflow-server.service', realUnit, 'root');
    await server.sh('systemctl daemon-reload; systemctl enable -q --now mlflow-server');
    await listens(5000);
    const login = 'admin:Sesame-open-1';
    const ask = (path: string, more = '') =>
      server.sh(`curl -s -m 20 -u ${login} ${more} http://127.0.0.1:5000${path}`);
    const api = '/api/2.0/mlflow';
    await waitFor('an answer', async () => (await ask('/health').catch(() => '')) === 'OK', { timeoutMs: 90_000 });
    const made = await ask(`${api}/runs/create`, `--json '{"experiment_id":"0","run_name":"before"}'`);
    const { run } = JSON.parse(made) as { run: { info: { run_id: string; artifact_uri: string } } };
    const artifact = run.info.artifact_uri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/');
    await ask(`${artifact}/note.txt`, '-X PUT -d hello');
    const seen = async () => [
      (JSON.parse(await ask(`${api}/runs/get?run_id=${run.info.run_id}`)) as { run: { info: { run_name: string } } })
        .run.info.run_name,
      await ask(`${artifact}/note.txt`),
    ];
    expect(await seen()).toEqual(['before', 'hello']);
    const fromOutside = () =>
      fetch(`http://${server.address}:5000/health`).then(
        (each) => each.status,
        () => 'refused',
      );
    expect(await fromOutside()).toBe(200);

    const all = await look(5000);
    expect(all.found).toMatchObject({ unit: { name: 'mlflow-server.service', enabled: true }, account: 'ubuntu' });
    expect(all.looked).toEqual({ bind: 'wide', paths: 'relative', hosts: 'any', login: 'own', inCrontab: false });
    expect(kinds(all.offers)).toEqual(['absolute-paths', 'limit-hosts', 'bind-to-loopback']);
    const files = () =>
      server.sh(`cd /; stat -c '%n %a %U %y' home/ubuntu/mlflow-server/*.sh; sha256sum home/ubuntu/mlflow-server/*.sh
        ls -A home/ubuntu home/ubuntu/mlflow-server; ls -AR etc/systemd/system; cat etc/systemd/system/mlflow-server.service`);
    const before = await files();
    const beginMs = performance.now();
    const done = await putRight(5000, kinds(all.offers));
    console.log(`  put right in ${((performance.now() - beginMs) / 1000).toFixed(1)} s`);
    expect(done.text).toContain('0 ok, 3 changed');
    expect(await fromOutside()).toBe('refused');
    expect(await listening(5000)).toBe('127.0.0.1:5000\n');
    expect(await seen()).toEqual(['before', 'hello']);
    const script = await server.sh('cat /home/ubuntu/mlflow-server/start-mlflow.sh');
    expect(script).toContain('"sqlite:////home/ubuntu/mlflow-server/mlflow.db"');
    expect(script).toContain('--artifacts-destination /home/ubuntu/mlflow-server/mlartifacts');
    expect((await look(5000)).looked).toMatchObject({ bind: 'loopback', paths: 'absolute', hosts: 'limited' });
    const again = performance.now();
    expect((await runByHand(name, 'ubuntu', done.plan)).text).toContain('3 ok, 0 changed');
    console.log(`  nothing to do: ${((performance.now() - again) / 1000).toFixed(1)} s`);
    const host = await server.sh(
      `curl -s -o /dev/null -w '%{http_code}' -u ${login} -H 'Host: evil.example' http://127.0.0.1:5000${api}/experiments/search?max_results=1`,
    );
    expect(host).toBe('403');

    expect(await putBack(5000, 'system')).toMatchObject({ code: 0 });
    expect(await files()).toBe(before);
    expect(await fromOutside()).toBe(200);
    expect(await seen()).toEqual(['before', 'hello']);
  });
});
