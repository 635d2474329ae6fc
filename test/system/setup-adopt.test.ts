/** An MLflow that was there, made by hand or by a tutorial: found on a real server, put right, and put back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foundMlflows } from '../../main/core/setup/plan/put-right/found-mlflow.ts';
import { parsePutRightLook, putRightLook } from '../../main/core/setup/plan/put-right/look.ts';
import { offersFor, planPutBack, planPutRight } from '../../main/core/setup/plan/put-right/put-right.ts';
import { type OfferKind } from '../../main/shared/setup/offers.ts';
import { factsOf, inServer, runByHand } from '../support/plan-on-server.ts';
import { serverCounts, startSetupLab, type SetupLab } from '../support/setup-lab.ts';
import { available, type TestServer } from '../support/test-server.ts';
import { installTutorialMlflow, realUnit, standIn, startScript } from '../support/tutorial-mlflow.ts';
import { waitFor } from '../support/wait.ts';
import type { WayOut } from '../support/way-out.ts';

const reason = available();
const name = 'adp';
const octet = 41;

describe.skipIf(reason !== null)(`an MLflow that was there${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: SetupLab;
  let server: TestServer;
  let wayOut: WayOut | undefined;

  beforeAll(async () => {
    lab = await startSetupLab(name, octet);
    ({ server, wayOut } = lab);
    await server.sh('loginctl enable-linger plain');
    for (const user of ['ubuntu', 'plain']) {
      const command = 'mkdir -p ~/stand-in ~/mlflow-server; cat >~/stand-in/mlflow; chmod 755 ~/stand-in/mlflow';
      await inServer(name, user, command, standIn);
    }
  }, 600_000);

  afterAll(async () => {
    await lab.close();
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

  it.each([
    ['runuser', 'runuser -u plain --'],
    ['sudo', 'sudo -u plain'],
    ['su', 'su plain -s /bin/sh -c'],
    ['setpriv', 'setpriv --reuid plain --regid plain --init-groups'],
    ['timeout, by runuser', 'runuser -u plain -- timeout 1d'],
  ])('started for another account by %s: seen as that account’s, put right at once, and back', async (_, wrapper) => {
    // A folder that is closed to the account, as root’s own is.
    const command =
      '/home/plain/stand-in/mlflow server --host 0.0.0.0 --port 5050 --backend-store-uri sqlite:////home/plain/runs.db';
    const words = wrapper.endsWith('-c') ? `'exec ${command}'` : command;
    await server.sh(`cd /root; setsid nohup ${wrapper} ${words} >/root/mlflow.log 2>&1 </dev/null &`);
    const mlflows = async () =>
      (await factsOf(name, 'ubuntu')).services.filter((each) => each.product === 'mlflow' && each.kind === 'process');
    await listens(5050);
    expect(await mlflows()).toMatchObject([{ user: 'plain', address: '0.0.0.0', port: 5050 }]);
    const { found, offers } = await look(5050);
    expect(found).toMatchObject({ account: 'plain', unit: null, running: true });
    const done = await putRight(5050, kinds(offers));
    expect(done.text).toContain('0 ok, 2 changed');
    expect(done.code).toBe(0);
    expect(await listening(5050)).toBe('127.0.0.1:5050\n');
    expect(await server.sh('cd /etc/mooring/adopted-5050; stat -c "%a %U %n" . *')).toBe(
      '700 plain .\n600 plain mlflow.env\n700 plain start-mlflow.sh\n700 plain start-mlflow.sh.before-mooring\n',
    );
    expect((await runByHand(name, 'ubuntu', done.plan)).text).toContain('2 ok, 0 changed');
    expect(await putBack(5050, 'system')).toMatchObject({ code: 0 });
    expect(await listening(5050)).toBe('0.0.0.0:5050\n');
    expect(await mlflows()).toMatchObject([{ user: 'plain', port: 5050 }]);
    expect(await server.sh('ls -A /etc/mooring 2>/dev/null || true')).toBe('');
    await endByHand();
    await waitFor('its end', async () => (await listening(5050)) === '', { timeoutMs: 30_000, everyMs: 200 });
  });

  it('put right while it is still starting: waited for', async () => {
    await server.sh('touch /tmp/not-yet');
    await startByHand('ubuntu', 'mlflow server --host 127.0.0.1 --port 5001');
    await waitFor('its process', async () => (await server.sh('pgrep -f "[m]lflow server" || true')) !== '');
    const done = putRight(5001, ['run-as-unit']);
    await waitFor(
      'the step',
      async () => (await server.sh('pgrep -f "^sh /tmp/[p]lan-.* put-right-unit apply" || true')) !== '',
      { timeoutMs: 60_000, everyMs: 100 },
    );
    await server.sh('rm /tmp/not-yet');
    expect((await done).text).toContain('… waits for MLflow to listen on port 5001\n');
    expect(await done).toMatchObject({ code: 0 });
    expect(await putBack(5001, 'system')).toMatchObject({ code: 0 });
    await endByHand();
  });

  const login = 'admin:Sesame-open-1';
  const api = '/api/2.0/mlflow';
  const ask = (path: string, more = '') => server.sh(`curl -s -m 20 -u ${login} ${more} http://127.0.0.1:5000${path}`);
  /** Of the real one, once it answers: gives what is seen of it. */
  async function aRun() {
    await waitFor('an answer', async () => (await ask('/health').catch(() => '')) === 'OK', { timeoutMs: 90_000 });
    const made = await ask(`${api}/runs/create`, `--json '{"experiment_id":"0","run_name":"before"}'`);
    const { run } = JSON.parse(made) as { run: { info: { run_id: string; artifact_uri: string } } };
    const artifact = run.info.artifact_uri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/');
    await ask(`${artifact}/note.txt`, '-X PUT -d hello');
    return async () => [
      (JSON.parse(await ask(`${api}/runs/get?run_id=${run.info.run_id}`)) as { run: { info: { run_name: string } } })
        .run.info.run_name,
      await ask(`${artifact}/note.txt`),
    ];
  }
  const fromOutside = () =>
    fetch(`http://${server.address}:5000/health`).then(
      (each) => each.status,
      () => 'refused',
    );

  it('a real MLflow by a tutorial: put right with its runs and its users, and back', async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    await installTutorialMlflow(name);
    await inServer(name, 'root', 'cat >/etc/systemd/system/mlflow-server.service', realUnit);
    await server.sh('systemctl daemon-reload; systemctl enable -q --now mlflow-server');
    await listens(5000);
    const seen = await aRun();
    expect(await seen()).toEqual(['before', 'hello']);
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
    await server.sh('systemctl disable -q --now mlflow-server; rm /etc/systemd/system/mlflow-server.service');
  });

  // Its MLflow is started anew eight times.
  const patience = { timeout: 600_000 };
  it('a real one without a unit, by the core: adopted, put right, and put back', patience, async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    await installTutorialMlflow(name);
    const command = 'cd ~/mlflow-server; setsid nohup ./start-mlflow.sh >log 2>&1 </dev/null &';
    await inServer(name, 'ubuntu', command);
    await listens(5000);
    const seen = await aRun();
    const files = () =>
      server.sh(`cd /home/ubuntu; stat -c '%n %a %U %y' mlflow-server/*.sh; sha256sum mlflow-server/*.sh; ls -A . mlflow-server
        ls -AR /etc/systemd/system; ls -A /etc/mooring 2>&1; ss -Hltn 'sport = :5000' | awk '{ print $4 }'`);
    const before = await files();

    const client = await lab.connect('ubuntu');
    try {
      const { app, serverId } = client;
      const account = { port: 5000, user: 'admin' };
      const refused = await app.core.call('setup.adopt', { serverId, ...account, password: 'password1234' });
      expect(refused).toMatchObject({ ok: false, error: { code: 'login-rejected' } });
      await app.call('setup.adopt', { serverId, ...account, password: 'Sesame-open-1' });
      const verified = async () => {
        await app.call('verify.start', { serverId, environment: 'adopted', artifactBytes: 1000 });
        await app.until('verified', ({ servers }) => typeof servers[0]?.verify?.endedMs === 'number', 60_000);
        expect(app.server().verify).toMatchObject({ environment: 'adopted', failure: null });
      };
      await verified();
      const adopted = app.server().profile.stacks;
      const offers = async () => (await app.call('setup.offers', { serverId })).found;
      expect(await offers()).toMatchObject([
        {
          port: 5000,
          offers: [
            { kind: 'run-as-unit', obstacle: null },
            { kind: 'absolute-paths', needs: 'run-as-unit' },
            { kind: 'limit-hosts' },
            { kind: 'bind-to-loopback' },
          ],
        },
      ]);
      const chosen = (await offers()).flatMap((each) => kinds(each.offers));

      const putRightNow = async () => {
        await app.call('setup.put-right', { serverId, port: 5000, offers: chosen });
        return client.wentWell();
      };
      expect(serverCounts(await putRightNow())).toBe('0/4/0');
      expect(await listening(5000)).toBe('127.0.0.1:5000\n');
      expect(await fromOutside()).toBe('refused');
      expect(await seen()).toEqual(['before', 'hello']);
      await verified();
      expect(app.server().profile.stacks).toEqual(adopted);
      expect(serverCounts(await putRightNow())).toBe('4/0/0');

      await server.reboot();
      await app.until('up again', (now) => now.servers[0]?.connection.kind === 'up', 60_000);
      await waitFor('its answer', async () => (await ask('/health').catch(() => '')) === 'OK', { timeoutMs: 90_000 });
      expect((await offers()).flatMap((each) => each.offers)).toEqual([]);
      await verified();

      await client.off('adopted', false);
      await listens(5000);
      expect(await files()).toBe(before);
      await waitFor('its answer', async () => (await ask('/health').catch(() => '')) === 'OK', { timeoutMs: 90_000 });
      expect(await seen()).toEqual(['before', 'hello']);
      expect(app.server().profile.stacks).toEqual(adopted);
      await verified();
    } finally {
      await client.stop();
      await endByHand();
    }
  });
});
