/** Every command against a fake core behind a real socket. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerView, Snapshot } from '../../../main/shared/snapshot.ts';
import { describeForward } from '../../../main/shared/words.ts';
import { installedOf } from '../../support/setup-snapshots.ts';
import { giveStacks, openCliBench, type CliBench, type CliOptions, type CliResult } from '../../support/cli.ts';
import { fakeFingerprint } from '../../support/fake-core.ts';

let bench: CliBench;
afterEach(() => bench.close());

const run = (line: string, options?: CliOptions): Promise<CliResult> =>
  bench.run(
    [...line.matchAll(/'([^']*)'|(\S+)/g)].map((each) => each[1] ?? each[2] ?? ''),
    options,
  );
const json = async (line: string, options?: CliOptions): Promise<unknown> => {
  const { stdout } = await run(`${line} --json`, options);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return JSON.parse(stdout);
};
const status = async () => (await json('status')) as Snapshot;
const serverNamed = async (name: string) => (await json(`server show ${name}`)) as ServerView;

describe('servers', () => {
  it('are added with all that was said, and shown', async () => {
    bench = await openCliBench();
    const line =
      'server add lab-vm ubuntu@192.0.2.10:2222 --key ~/.ssh/lab --forward mlflow --forward 9000:localhost:9000 --forward [::1]:5002:[2001:db8::1]:5000';
    const { exitCode, stdout, stderr } = await run(line);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: 'Note: there is no file ~/.ssh/lab yet; the login needs it.\nConnect it with: mooring up lab-vm\n',
    });
    expect(stdout).toContain('○  lab-vm  ubuntu@192.0.2.10:2222  Off');
    const { profile } = await serverNamed('LAB-VM');
    expect(profile).toMatchObject({
      name: 'lab-vm',
      address: '192.0.2.10',
      port: 2222,
      user: 'ubuntu',
      login: { kind: 'key', path: '~/.ssh/lab' },
      forwards: [
        { label: 'MLflow', service: 'mlflow', bind: { port: 5001 }, target: { host: '127.0.0.1', port: 5000 } },
        { label: 'S3 API', service: 's3', bind: { port: 9000 }, target: { host: 'localhost', port: 9000 } },
        { label: 'MLflow 2', bind: { address: '::1', port: 5002 }, target: { host: '2001:db8::1', port: 5000 } },
      ],
    });
  });

  it('can pin a key before the first connection', async () => {
    bench = await openCliBench();
    await run(`server add lab me@host --accept-host-key ${fakeFingerprint}`);
    const { id: serverId } = (await serverNamed('lab')).profile;
    expect(bench.core.calls).toContainEqual({
      name: 'host-keys.expect',
      args: { serverId, fingerprint: fakeFingerprint },
    });
  });

  it.each([
    ['server add lab nonsense', 'user@address, such as ubuntu@nonsense'],
    ['server add lab 192.0.2.1:2222', 'user@address, such as ubuntu@192.0.2.1:2222'],
    ['server add lab 192.0.2.1:99999', 'Ports are'],
    ['server add lab 192.0.2.999', 'not an IPv4 address'],
    ['server add lab me@host --forward 5001', 'http. Or write it as 5001:localhost:5000'],
    ['server add lab me@host:99999', 'Ports are'],
    ['server add lab me@host --forward mlfow', 'Did you mean mlflow?'],
    ['server add lab me@host --forward 0.0.0.0:1:a:2', 'not right'],
    ['server add lab me@host --login telepathy', 'auto, agent, key, password'],
    ['server add lab me@host --login key', '--key'],
    ['server add lab me@host --login agent --key x', 'Leave one out'],
    ['server add lab', 'missing required argument'],
    ['server frobnicate', 'unknown command'],
    ['servr list', 'Did you mean one of serve, server?'],
    ['server list --jsn', 'unknown option'],
    ['up', 'There are no servers yet'],
    ['up x --all', '--all does not go with names'],
    ['up --timeout soon', 'soon is not a duration'],
    ['settings set holdSeconds soon', 'is a number'],
    ['settings set holdSecnds 3', 'Did you mean holdSeconds?'],
    ['settings set theme pink', 'system, light, dark'],
    ['demo break everything', 'can’t fail by'],
    ['serve --port 99999', 'not a port'],
    ['serve --open --no-ui', 'does not go with'],
    ['logs --limit 0', '1 to 5000'],
  ])('wrong use ends with 2: %s', async (line, words) => {
    bench = await openCliBench();
    const plain = await run(line);
    expect(plain.exitCode).toBe(2);
    expect(plain.stderr).toContain(words);
    expect(plain.stdout).toBe('');
    const asJson = await run(`${line} --json`);
    expect(asJson.exitCode).toBe(2);
    expect(asJson.stderr).toBe('');
    expect(JSON.parse(asJson.stdout)).toMatchObject({ ok: false, error: { message: expect.any(String) as string } });
  });

  it('are found by near names in suggestions', async () => {
    bench = await openCliBench();
    await run('server add lab-vm me@host');
    await run('server add gpu me@gpu --forward mlflow');
    const wrong = await run('up lab-wm');
    expect(wrong).toMatchObject({ exitCode: 2, stderr: 'There is no server called lab-wm.\n  Did you mean lab-vm?\n' });
    expect((await run('up gpu/MLfow')).stderr).toContain('Did you mean MLflow?');
    expect((await run('up qqqqqq')).stderr).toContain('There is: lab-vm, gpu');
    expect((await run('up')).stderr).toContain('Say which server');
  });

  it('are edited, copied, moved, and removed after a yes', async () => {
    bench = await openCliBench();
    await run('server add a me@host');
    await run('server add b me@host');
    await run('server edit a --address you@other:2200 --name A1 --login password');
    expect((await serverNamed('A1')).profile).toMatchObject({
      user: 'you',
      address: 'other',
      port: 2200,
      login: { kind: 'password' },
    });
    await run('server duplicate A1 --name A2');
    expect((await serverNamed('A2')).profile).toMatchObject({ user: 'you', address: 'other' });
    await run('server move A2 1');
    expect((await status()).servers.map(({ profile }) => profile.name)).toEqual(['A2', 'A1', 'b']);
    expect(await run('server remove b')).toMatchObject({ exitCode: 2 });
    expect(await run('server remove b', { terminal: true, input: 'no\r' })).toMatchObject({ exitCode: 1 });
    expect(await run('server remove b', { terminal: true, input: 'yes\r' })).toMatchObject({ exitCode: 0 });
    expect(await run('server remove A2 --yes')).toMatchObject({ exitCode: 0, stdout: 'Removed A2\n' });
    expect((await run('server list')).stdout).toBe('○  A1  you@other:2200  Off\n');
    expect((await run('server add A1 me@host')).stderr).toContain('already');
  });

  it('are imported from an ssh line, quoted or not', async () => {
    bench = await openCliBench();
    const { stderr } = await run("server import --name lab 'ssh -X me@lab.example'");
    expect(stderr).toContain('Note: -X');
    expect((await serverNamed('lab')).profile.address).toBe('lab.example');
    expect(await run('server import ssh -i key -p 22 me@other')).toMatchObject({ exitCode: 0 });
    expect(bench.core.calls).toContainEqual({ name: 'servers.parse-ssh', args: { line: 'ssh -i key -p 22 me@other' } });
    expect((await run('server import nonsense')).exitCode).toBe(2);
  });
});

describe('forwards', () => {
  it('are added, edited and removed', async () => {
    bench = await openCliBench();
    await run('server add lab me@host');
    await run('forward add lab mlflow');
    await run('forward add lab 5433:db.internal:5432 --label Warehouse --ipv6');
    await run('forward edit lab/mlflow --local-port 5009 --label Tracking');
    await run('forward edit lab/5433 6000:db2:5432');
    expect((await serverNamed('lab')).profile.forwards).toMatchObject([
      { label: 'Tracking', service: 'mlflow', bind: { port: 5009 }, target: { port: 5000 } },
      {
        label: 'Warehouse',
        service: 'postgres',
        bind: { port: 6000, alsoIpv6: true },
        target: { host: 'db2', port: 5432 },
      },
    ]);
    await run('forward edit lab/tracking --send-as mlflow-server.local');
    expect((await run('status lab')).stdout).toContain('→ 127.0.0.1:5000 as mlflow-server.local');
    await run('forward edit lab/tracking --local-port 5010');
    const [forward] = (await serverNamed('lab')).profile.forwards;
    expect(forward).toMatchObject({ bind: { port: 5010 }, sendAs: { host: 'mlflow-server.local' } });
    expect((await run('forward remove lab/tracking')).stdout).toContain(
      'mooring forward add lab 127.0.0.1:5010:127.0.0.1:5000 --service mlflow --label Tracking --send-as mlflow-server.local',
    );
    await run('forward add lab 5003:127.0.0.1:5001 --service mlflow --label MLflow-hand --ipv6');
    const { id: _, ...before } = (await serverNamed('lab')).profile.forwards.at(-1)!;
    const again = /mooring (forward add .*)/.exec((await run('forward remove lab/MLflow-hand')).stdout)?.[1];
    await run(again ?? '');
    expect((await serverNamed('lab')).profile.forwards.at(-1)).toMatchObject(before);
    await run('forward remove lab/MLflow-hand');
    await run('forward add lab mlflow --send-as mlflow-server.local');
    await run('forward edit lab/mlflow --no-send-as');
    expect((await run('status lab')).stdout).not.toContain(' as mlflow-server.local');
    await run('forward remove lab/mlflow');
    expect((await run('forward remove lab')).exitCode).toBe(0);
    expect((await run('forward remove lab')).exitCode).toBe(2);
    expect((await run('forward add lab 1:a:2 --service soup')).exitCode).toBe(2);
  });
});

describe('up and down', () => {
  it('waits until it is up, and tells', async () => {
    bench = await openCliBench();
    await run('server add lab me@host --forward mlflow');
    const { exitCode, stdout, stderr } = await run('up lab');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(
      `●  lab  me@host  1 of 1 tunnel up  21 ms\n   ●  MLflow  127.0.0.1:5001  → 127.0.0.1:5000  ${describeForward({ kind: 'up', checked: true })}\n`,
    );
    expect(await json('up lab')).toMatchObject([{ connection: { kind: 'up' }, forwards: [{ state: { kind: 'up' } }] }]);
    expect((await run('down')).stdout).toContain('○  lab');
    await run('up lab/5001');
    expect((await serverNamed('lab')).profile).toMatchObject({ wanted: true, forwards: [{ wanted: true }] });
    await run('down lab/MLflow');
    expect((await serverNamed('lab')).profile).toMatchObject({ wanted: true, forwards: [{ wanted: false }] });
  });

  it('fails with what the server says, and goes on for the others', async () => {
    bench = await openCliBench();
    await run('server add good me@host');
    await run('server add bad me@fails');
    const { exitCode, stdout, stderr } = await run('up --all');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('●  good');
    expect(stderr).toBe('bad: The server did not take the login.\n  Check the user name.\n');
    expect(await run('down --all')).toMatchObject({ exitCode: 0 });
  });

  it('gives up waiting, but not trying, after the time limit', async () => {
    bench = await openCliBench();
    await run('server add slow me@waits');
    const { exitCode, stderr } = await run('up slow --timeout 0.05');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('slow: No route to the server.');
    expect(stderr).toContain('Mooring goes on trying');
    expect((await run('up slow --no-wait')).exitCode).toBe(0);
    expect(bench.core.calls.filter((each) => each.name === 'connection.retry')).toHaveLength(1);
  });

  it('stops waiting on Ctrl-C', async () => {
    bench = await openCliBench();
    await run('server add slow me@waits');
    const { exitCode, stderr } = await run('up slow', {
      terminal: true,
      onOutput: (written, interrupt) => {
        if (written.includes('No route')) interrupt();
      },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Stopped waiting');
  });

  it('shows who holds a port, and the next free one', async () => {
    bench = await openCliBench();
    await run('server add lab me@port-taken --forward mlflow');
    const { exitCode, stdout, stderr } = await run('up lab');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('✕  MLflow  127.0.0.1:5001  → 127.0.0.1:5000  AirPlay holds the port · 5002 is free');
    expect(stderr).toContain('lab/MLflow: AirPlay holds the port.');
  });
});

describe('questions', () => {
  it('are reported with the command that answers them where nobody sits', async () => {
    bench = await openCliBench();
    await run('server add lab me@ask-key');
    const { exitCode, stdout, stderr } = await run('up lab');
    expect(exitCode).toBe(3);
    expect(stdout).toContain('▲  lab');
    const [prompt] = (await status()).prompts;
    expect(stderr).toBe(
      `lab needs you. Is this the key of ask-key? ssh-ed25519 ${fakeFingerprint}\nAnswer with: mooring answer ${prompt!.id} --accept ${fakeFingerprint}\n`,
    );
    expect((await run('prompts')).stdout).toContain(`mooring answer ${prompt!.id}`);
    expect(await json('prompts')).toMatchObject([{ kind: 'host-key-unknown' }]);
    expect(await run(`answer ${prompt!.id}`)).toMatchObject({ exitCode: 3 });
    expect(await run(`answer ${prompt!.id} --accept SHA256:other`)).toMatchObject({ exitCode: 1 });
    expect(await run(`answer ${prompt!.id} --stdin`, { input: 'x' })).toMatchObject({ exitCode: 2 });
    expect(await run(`answer ${prompt!.id.slice(0, 8)} --accept ${fakeFingerprint}`)).toMatchObject({ exitCode: 0 });
    expect((await serverNamed('lab')).connection.kind).toBe('up');
    expect((await run('prompts')).stdout).toBe('Nothing to answer\n');
    expect((await run(`answer ${prompt!.id} --cancel`)).exitCode).toBe(2);
  });

  it('takes secrets from standard input', async () => {
    bench = await openCliBench();
    await run('server add lab me@ask-password');
    expect((await run('up lab')).exitCode).toBe(3);
    expect((await run('answer lab --stdin', { input: '' })).exitCode).toBe(2);
    expect((await run('answer lab --stdin', { input: 'a\nb\n' })).exitCode).toBe(2);
    await run('answer lab --stdin --remember', { input: 'right\n' });
    expect(bench.core.calls.at(-1)).toMatchObject({
      args: { answer: { kind: 'secret', secret: 'right', remember: true } },
    });
    expect((await serverNamed('lab')).connection.kind).toBe('up');
    await run('server add mfa me@ask-codes');
    await run('up mfa');
    expect((await run('answer mfa --stdin', { input: '1\n' })).exitCode).toBe(2);
    await run('answer mfa --stdin', { input: '1\r\n2\r\n' });
    expect(bench.core.calls.at(-1)).toMatchObject({ args: { answer: { kind: 'codes', answers: ['1', '2'] } } });
  });

  it('are asked on a terminal: a host key wants a whole yes', async () => {
    bench = await openCliBench();
    await run('server add lab me@ask-key');
    const { exitCode, stderr } = await run('up lab', { terminal: true, input: 'y\ryes\r' });
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`ssh-ed25519  ${fakeFingerprint}`);
    await run('server add lab2 me@ask-key');
    expect((await run('up lab2', { terminal: true, input: 'no\r' })).exitCode).toBe(1);
  });

  it('are asked on a terminal: a password never shows', async () => {
    bench = await openCliBench();
    await run('server add lab me@ask-password');
    const result = await run('up lab', { terminal: true, input: 'wrong\rno\rrigth\u007f\u007fht\ryes\r' });
    expect(result.exitCode).toBe(0);
    expect(result.stdout + result.stderr).not.toMatch(/wrong\b|rig/);
    expect(result.stderr).toContain('That was not the password of me@ask-password');
    const answers = bench.core.calls.filter((each) => each.name === 'prompts.answer');
    expect(answers).toMatchObject([
      { args: { answer: { secret: 'wrong', remember: false } } },
      { args: { answer: { secret: 'right', remember: true } } },
    ]);
  });

  it('are asked on a terminal: codes, with the server’s control characters taken out', async () => {
    bench = await openCliBench();
    await run('server add lab me@ask-codes');
    const { exitCode, stderr } = await run('up lab', { terminal: true, input: '123456\rshown\r' });
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('123456');
    expect(stderr).toContain('shown');
    expect(stderr).not.toContain('\u001b[2J');
  });

  it('are cancelled by Ctrl-C', async () => {
    bench = await openCliBench();
    await run('server add lab me@ask-password');
    const { exitCode } = await run('up lab', { terminal: true, input: 'half\u0003' });
    expect(exitCode).toBe(1);
    expect((await serverNamed('lab')).connection).toMatchObject({ kind: 'failed', failure: { code: 'cancelled' } });
  });

  it('go away when they are answered elsewhere', async () => {
    bench = await openCliBench();
    await run('server add lab me@ask-key');
    let answered = false;
    const { exitCode } = await run('up lab', {
      terminal: true,
      onOutput: (written) => {
        const [prompt] = bench.core.snapshot().prompts;
        if (!written.includes('Trust it?') || answered || !prompt) return;
        answered = true;
        const answer = { kind: 'accept-host-key', fingerprint: fakeFingerprint, alsoKnownHosts: false };
        void bench.core.call('prompts.answer', { promptId: prompt.id, answer });
      },
    });
    expect(exitCode).toBe(0);
  });
});

describe('looking', () => {
  it('shows all in words and as the snapshot', async () => {
    bench = await openCliBench();
    expect((await run('status')).stdout).toBe('No servers yet\n');
    await run('server add lab me@host --forward mlflow --up');
    await run('server add gpu me@ask-key');
    await run('up gpu');
    const { stdout, stderr, exitCode } = await run('status');
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toContain(
      '1 of 2 servers up · gpu needs you\n\n●  lab  me@host     1 of 1 tunnel up  21 ms\n   ●  MLflow',
    );
    expect(stdout).toContain('▲ gpu: Is this the key of ask-key?');
    expect(await status()).toEqual(bench.core.snapshot());
    expect((await run('status lab')).stdout).not.toContain('▲');
  });

  it('colours on a terminal only, and never with NO_COLOR', async () => {
    bench = await openCliBench();
    await run('server add lab me@host --up');
    expect((await run('status')).stdout).not.toContain('\u001b');
    expect((await run('status', { terminal: true })).stdout).toContain('\u001b[32m●\u001b[0m');
  });

  it('watches until the core ends or Ctrl-C', async () => {
    bench = await openCliBench();
    await run('server add lab me@host');
    const watched = run('status --watch --json', {
      onOutput: (written, interrupt) => {
        if (written.includes('"kind":"up"')) interrupt();
      },
    });
    await expect.poll(() => bench.core.subscribers).toBe(1);
    await run('up lab --no-wait');
    const { exitCode, stdout } = await watched;
    expect(exitCode).toBe(0);
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('revision');
  });

  it('prints logs, and follows them without a gap', async () => {
    bench = await openCliBench();
    await run('server add lab me@host --up');
    for (let round = 0; round < 10; round += 1) bench.core.log(`entry ${String(round)}`);
    expect((await run('logs')).stdout).toMatch(/^\d\d:\d\d:\d\d {2}lab {2}Connected\n[^]*Mooring {2}entry 9\n$/);
    expect((await run('logs lab')).stdout).not.toContain('entry');
    expect(await json('logs --limit 2')).toMatchObject([{ message: 'entry 8' }, { message: 'entry 9' }]);
    const followed = run('logs --follow --json', {
      onOutput: (written, interrupt) => {
        if (written.includes('last')) interrupt();
      },
    });
    await expect.poll(() => bench.core.subscribers).toBe(1);
    // More at once than a stream keeps waiting: the rest must be fetched.
    for (let round = 0; round < 2500; round += 1) bench.core.log(`burst ${String(round)}`);
    await new Promise((resolve) => setImmediate(resolve));
    bench.core.log('last');
    const seqs = (await followed).stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
    expect(seqs.length).toBe(bench.core.calls.length > 0 ? 2512 : 0);
  });
});

describe('the rest', () => {
  it('opens the window and forwards in the browser', async () => {
    bench = await openCliBench();
    await run('server add lab me@host --forward mlflow --forward postgres');
    const { url } = (await json('window')) as { url: string };
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/enter\?code=[\w-]{43}$/);
    await run('window --open');
    expect((await run('open lab/mlflow')).exitCode).toBe(0);
    expect(bench.opened).toEqual([expect.stringMatching(/open-\w+\.html$/), 'http://127.0.0.1:5001/']);
    expect((await run('open lab/postgres')).stderr).toContain('127.0.0.1:5432');
    expect((await run('open lab')).exitCode).toBe(2);
    expect((await run('open lab/mlflow --print')).stdout).toBe('http://127.0.0.1:5001/\n');
    expect(bench.opened).toHaveLength(2);
    await run('server add sad me@fails --forward mlflow');
    expect(await run('open sad/mlflow')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('login') as string,
    });
    await run('server add key me@ask-key --forward mlflow');
    expect((await run('open key/mlflow')).exitCode).toBe(3);
  });

  it('reads and changes settings', async () => {
    bench = await openCliBench();
    expect(await json('settings get')).toMatchObject({ holdSeconds: 10 });
    expect((await run('settings set hold-seconds 20')).stdout).toBe('holdSeconds is 20\n');
    expect((await run('settings set useKnownHosts off')).exitCode).toBe(0);
    expect((await run('settings get holdSeconds')).stdout).toBe('20\n');
    expect(await json('settings get useknownhosts')).toBe(false);
    expect((await run('settings get')).stdout).toMatch(/^theme +system +Window colours/);
  });

  it('retries, writes known hosts, forgets secrets, shows the demo', async () => {
    bench = await openCliBench();
    await run('server add lab me@host');
    expect((await run('retry lab')).stdout).toBe('Trying lab again\n');
    expect((await run('known-hosts write lab')).stdout).toBe('Written to ~/.ssh/known_hosts\n');
    expect((await run('server forget-secrets lab')).exitCode).toBe(0);
    expect(await run('demo --open')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('●  demo') as string,
    });
    expect(bench.opened).toHaveLength(1);
    expect((await run('demo break drop-connection')).exitCode).toBe(0);
    expect(bench.core.calls.at(-1)).toEqual({ name: 'demo.break', args: { fault: 'drop-connection' } });
    expect((await run('demo --once')).exitCode).toBe(1);
  });

  it('reads facts of a server, connecting it first', async () => {
    bench = await openCliBench();
    await run('server add lab me@host');
    const { exitCode, stdout } = await run('facts lab');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('System');
    expect(bench.core.snapshot().servers[0]?.connection.kind).toBe('up');
  });

  it.each([
    ['switched off', 'down lab', 'lab was switched off meanwhile.\n  Switch it on again: mooring up lab\n'],
    ['removed', 'server remove lab --yes', 'lab was removed meanwhile.\n'],
  ])('says that a server was %s while it was waited for', async (_, line, words) => {
    bench = await openCliBench();
    await run('server add lab me@waits');
    let elsewhere: Promise<CliResult> | null = null;
    const waited = await run('facts lab', {
      terminal: true,
      onOutput: (written) => {
        if (written.includes('Waiting for lab')) elsewhere ??= run(line);
      },
    });
    expect(elsewhere).not.toBeNull();
    expect(await elsewhere).toMatchObject({ exitCode: 0 });
    expect(waited.exitCode).toBe(1);
    expect(waited.stderr).toContain(words);
    expect(waited.stderr).not.toContain('did not come up');
  });

  it.each(['facts', 'discover', 'verify', 'exec', 'setup history', 'uninstall'])(
    '%s waits for a server as long as --timeout says',
    async (command) => {
      bench = await openCliBench();
      await run('server add slow me@waits');
      giveStacks(bench.core, installedOf());
      const { exitCode, stdout, stderr } = await run(
        `${command} slow --timeout 0.05${command === 'exec' ? ' -- true' : ''}`,
      );
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toContain('slow did not come up within 0.1 s: No route to the server.');
      expect(bench.programs).toEqual([]);
    },
  );

  it('waits without a limit at a terminal, telling why and how to end it', async () => {
    bench = await openCliBench();
    await run('server add slow me@waits');
    const { exitCode, stderr } = await run('facts slow', {
      terminal: true,
      onOutput: (written, interrupt) => {
        if (written.includes('--timeout sets a limit')) interrupt();
      },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'Waiting for slow: No route to the server. Ctrl-C stops waiting; --timeout sets a limit.\n',
    );
    expect(stderr).toContain(
      'Stopped waiting for slow; Mooring goes on trying.\n  Stop that as well: mooring down slow\n',
    );
  });

  it('prints a report of a problem, or saves it', async () => {
    bench = await openCliBench();
    expect(await run('report')).toEqual({ exitCode: 0, stdout: 'A report\n', stderr: '' });
    expect(await json('report')).toEqual({ text: 'A report' });
    expect(bench.core.calls.some((each) => each.name === 'report.save')).toBe(false);
    expect(await run('report --save')).toEqual({ exitCode: 0, stdout: '/fake/report.txt\n', stderr: '' });
    expect(bench.core.calls.at(-1)).toEqual({ name: 'report.save', args: { text: 'A report' } });
    expect(await json('report --save')).toEqual({ path: '/fake/report.txt' });
  });

  it('explains every command with --help', async () => {
    bench = await openCliBench();
    const { stdout, exitCode } = await run('--help');
    expect(exitCode).toBe(0);
    const names = [...stdout.matchAll(/^ {2}([a-z-]+)/gm)]
      .map((each) => each[1] ?? '')
      .filter((each) => !['mooring', 'help'].includes(each));
    for (const name of names) expect((await run(`${name} --help`)).exitCode, name).toBe(0);
    expect((await run('')).stdout).toBe(stdout);
    expect((await run('--version')).stdout).toBe('1.2.3\n');
    expect((await run('server')).exitCode).toBe(2);
  });

  it.each(['status', 'prompts', 'logs', 'answer x'])('%s starts nothing where Mooring does not run', async (line) => {
    bench = await openCliBench({ running: false });
    expect(await run(line)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Mooring is not running.') as string,
    });
    expect(await json(line)).toMatchObject({ ok: false, error: { code: 'not-found' } });
    expect(await run('quit')).toMatchObject({ exitCode: 0 });
    expect(await json('quit')).toEqual({ wasRunning: false });
  });
});
