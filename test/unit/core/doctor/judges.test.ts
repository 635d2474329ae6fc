import { describe, expect, it } from 'vitest';
import type { MachineLook } from '../../../../main/core/doctor/diagnosis.ts';
import { judgeMachine, judgeProxies, judgeTrackingUri } from '../../../../main/core/doctor/judge-machine.ts';
import { judgeLastCheck, judgeMlflow, type MlflowLooks } from '../../../../main/core/doctor/judge-mlflow.ts';
import { judgeHostsFile, judgeNames } from '../../../../main/core/doctor/judge-names.ts';
import { judgeOpenPorts, unnamedOpenPorts } from '../../../../main/core/doctor/judge-ports.ts';
import { judgeServer } from '../../../../main/core/doctor/judge-server.ts';
import { judgeService } from '../../../../main/core/doctor/judge-services.ts';
import { judgeTunnels } from '../../../../main/core/doctor/judge-tunnels.ts';
import { judgeWay, type WayLooks } from '../../../../main/core/doctor/judge-way.ts';
import { askToTryAgain } from '../../../../main/core/tunnels/explain-loss.ts';
import { answerCommand } from '../../../../main/headless/terminal/prompt-words.ts';
import type { HttpAnswer } from '../../../../main/core/setup/verify/http-client.ts';
import type { CheckStatus, Finding } from '../../../../main/shared/doctor.ts';
import type { ListeningPort, ServerFacts } from '../../../../main/shared/facts.ts';
import { done, failed, failure, type Reply } from '../../../../main/shared/failure.ts';
import type { Forward, ServiceKind } from '../../../../main/shared/forward.ts';
import { emptyHostsView, type HostsView } from '../../../../main/shared/hosts.ts';
import type { ServiceView } from '../../../../main/shared/services.ts';
import type { VerifyView } from '../../../../main/shared/setup/verify.ts';
import type { ConnectionState, ForwardState, Snapshot } from '../../../../main/shared/snapshot.ts';
import { foundStore, nameRefused, notMlflow } from '../../../support/service-views.ts';
import { installedOf, verifies } from '../../../support/setup-snapshots.ts';
import { factsOf } from '../../../support/setup-plans.ts';
import {
  airPlay,
  forwardOf,
  hostsFile,
  nowMs,
  off,
  portTaken,
  serverOf,
  snapshotOf,
  targetFailed,
  up,
} from '../../../support/snapshots.ts';

const machine: MachineLook = { variables: {}, dataFreeBytes: 5e9 };
const keys = { kind: 'keys', count: 2 } as const;

/** The one finding whose id ends so. */
function one(findings: readonly Finding[], id: string): Finding {
  const [found, ...others] = findings.filter((each) => each.id.endsWith(id));
  if (!found || others.length > 0) throw new Error(`wanted one ${id}: ${findings.map((each) => each.id).join(', ')}`);
  return found;
}

describe('this machine', () => {
  it('is well when all is well', () => {
    const findings = judgeMachine(snapshotOf({ servers: [serverOf()] }), machine, keys);
    expect(findings.map((each) => [each.id, each.status])).toEqual([
      ['keychain', 'ok'],
      ['network', 'ok'],
      ['agent', 'ok'],
      ['proxies', 'ok'],
      ['disk', 'ok'],
    ]);
    expect(findings.every((each) => each.hint === null)).toBe(true);
  });

  const locked: Partial<Snapshot> = {
    keychain: {
      kind: 'locked',
      name: 'KWallet',
      failure: failure('keychain-failed', 'KWallet is locked.', { hint: 'Unlock it.' }),
    },
  };
  it.each<
    [string, Partial<Snapshot>, Partial<MachineLook>, Parameters<typeof judgeMachine>[2], string, CheckStatus, RegExp]
  >([
    ['a locked keychain', locked, {}, keys, 'keychain', 'warning', /KWallet is locked\. Unlock it/],
    ['no network', { network: { online: false } }, {}, keys, 'network', 'broken', /no network.*Wi-Fi/],
    ['an agent nobody needs', {}, {}, { kind: 'absent' }, 'agent', 'ok', /No server here relies on one/],
    [
      'an agent that a server needs',
      { servers: [serverOf({ login: { kind: 'agent' } })] },
      {},
      { kind: 'empty' },
      'agent',
      'broken',
      /holds no key.*ssh-add/,
    ],
    [
      'an agent that hangs',
      {},
      {},
      { kind: 'silent', why: 'no answer' },
      'agent',
      'warning',
      /does not answer: no answer/,
    ],
    ['a full disk', {}, { dataFreeBytes: 4_000_000 }, keys, 'disk', 'warning', /Only 4\.0 MB/],
  ])('tells of %s', (_what, patch, look, agent, id, status, words) => {
    const found = one(judgeMachine(snapshotOf(patch), { ...machine, ...look }, agent), id);
    expect(found.status).toBe(status);
    expect(`${found.seen} ${found.hint ?? ''}`).toMatch(words);
  });

  it.each<[string, Readonly<Record<string, string>>, CheckStatus]>([
    ['no proxy', {}, 'ok'],
    ['a proxy alone', { HTTP_PROXY: 'http://proxy:3128' }, 'warning'],
    ['a proxy that spares localhost only', { HTTP_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost' }, 'warning'],
    ['a proxy that spares both', { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost, 127.0.0.1,.lan' }, 'ok'],
    ['a proxy that spares all', { ALL_PROXY: 'socks5://proxy:1080', NO_PROXY: '*' }, 'ok'],
  ])('judges %s', (_what, variables, status) => {
    expect(judgeProxies(variables, 'of this shell')[0]?.status).toBe(status);
  });

  it.each<[string, CheckStatus | null, RegExp]>([
    ['http://127.0.0.1:5001', 'ok', /is the tunnel MLflow to lab-vm/],
    ['http://ada:secret@localhost:5001/path', 'ok', /localhost:5001/],
    ['http://localhost:5000', 'warning', /end of no tunnel/],
    ['http://[::1]:9000/', 'broken', /not up/],
    ['https://mlflow.example.org', null, /^$/],
    ['databricks', null, /^$/],
    ['http://127.0.0.1:99999999', null, /^$/],
  ])('judges MLFLOW_TRACKING_URI=%s', (value, status, words) => {
    const broken = serverOf({
      forwards: [
        { label: 'MLflow', service: 'mlflow' },
        { label: 'S3 API', service: 's3', localPort: 9000, port: 9000, state: targetFailed },
      ],
    });
    const [found] = judgeTrackingUri(
      { MLFLOW_TRACKING_URI: value },
      snapshotOf({ servers: [broken] }),
      'of this shell',
    );
    expect(found?.status ?? null).toBe(status);
    expect(found?.seen ?? '').toMatch(words);
    expect(found?.seen ?? '').not.toContain('secret');
  });
});

describe('the way there', () => {
  const calm: WayLooks = { key: null, resolved: null, reached: null };
  const rejected: ConnectionState = {
    kind: 'failed',
    sinceMs: nowMs,
    failure: failure('login-rejected', 'lab-vm did not accept the login.', {
      hint: 'Check the user name.',
      detail: 'publickey',
    }),
  };
  const changed: ConnectionState = {
    kind: 'failed',
    sinceMs: nowMs,
    failure: failure('host-key-changed', 'The host key has changed.'),
  };
  it.each<[string, ConnectionState, Partial<WayLooks>, string, CheckStatus, RegExp]>([
    ['all is well', up, {}, 'connection', 'ok', /Logged in as ubuntu/],
    [
      'a key that others can read',
      up,
      { key: { path: '~/k', look: { kind: 'open', mode: '0644' } } },
      'key-file',
      'warning',
      /0644.*chmod 600 ~\/k/,
    ],
    [
      'the public half of a key',
      off,
      { key: { path: '~/k.pub', look: { kind: 'public', other: '~/k' } } },
      'key-file',
      'broken',
      /~\/k\.pub is the public half.*mooring server edit lab-vm --key ~\/k$/,
    ],
    [
      'a key that is gone',
      off,
      { key: { path: '~/k', look: { kind: 'absent' } } },
      'key-file',
      'broken',
      /no ~\/k.*mooring server edit lab-vm --key FILE/,
    ],
    [
      'a folder in place of a key',
      off,
      { key: { path: '~/.ssh', look: { kind: 'no-file', isFolder: true } } },
      'key-file',
      'broken',
      /^~\/\.ssh is a folder, not a key file\. Choose the file in it: mooring server edit lab-vm --key FILE$/,
    ],
    [
      'a key of another',
      off,
      { key: { path: '/k', look: { kind: 'foreign', owner: 'root' } } },
      'key-file',
      'warning',
      /belongs to root/,
    ],
    [
      'a name nobody knows',
      off,
      { resolved: { kind: 'unknown', tookMs: 5 } },
      'name',
      'broken',
      /No name server knows/,
    ],
    [
      'a slow name',
      off,
      { resolved: { kind: 'found', addresses: ['192.0.2.7'], tookMs: 5_000 } },
      'name',
      'warning',
      /took 5 s/,
    ],
    [
      'silent name servers',
      off,
      { resolved: { kind: 'failed', why: 'no name server answers', tookMs: 9 } },
      'name',
      'broken',
      /no name server answers/,
    ],
    ['a refused port', off, { reached: { kind: 'refused' } }, 'port', 'broken', /refuses.*systemctl status ssh/],
    [
      'a filtered port',
      off,
      { reached: { kind: 'filtered' } },
      'port',
      'broken',
      /does not answer at all.*security group/,
    ],
    [
      'no route',
      off,
      { reached: { kind: 'no-route', why: 'no route to that network' } },
      'port',
      'broken',
      /no way to .*VPN/,
    ],
    [
      'a web server',
      off,
      { reached: { kind: 'other', said: 'HTTP/1.1 400 Bad Request' } },
      'port',
      'broken',
      /no SSH server.*HTTP\/1\.1 400/,
    ],
    [
      'a server that hangs up',
      off,
      { reached: { kind: 'other', said: '' } },
      'port',
      'broken',
      /hangs up at once.*fail2ban/,
    ],
    ['a frozen server', off, { reached: { kind: 'silent' } }, 'port', 'broken', /says nothing/],
    [
      'sshd',
      off,
      { reached: { kind: 'ssh', software: 'SSH-2.0-OpenSSH_9.2', tookMs: 12 } },
      'port',
      'ok',
      /OpenSSH_9\.2 after 12 ms/,
    ],
    ['a server that is off', off, {}, 'connection', 'unknown', /switched off/],
    [
      'a login that is refused',
      rejected,
      {},
      'connection',
      'broken',
      /did not accept the login \(publickey\)\. Check the user name/,
    ],
    ['another host key', changed, {}, 'connection', 'broken', /host key has changed/],
  ])('tells of %s', (_what, connection, looks, id, status, words) => {
    const found = one(judgeWay(serverOf({ connection }), { ...calm, ...looks }, nowMs, []), id);
    expect(found.status).toBe(status);
    expect(`${found.seen} ${found.hint ?? ''}`).toMatch(words);
  });

  it('says why a login failed that waits for a yes to try again', () => {
    const parked: ConnectionState = { kind: 'needs-you', sinceMs: nowMs, promptId: 'p1' };
    const prompt = {
      ...askToTryAgain(
        { name: 'lab-vm', login: { kind: 'key', path: '/nope/key' } },
        failure('key-unreadable', 'There is no key file /nope/key.'),
      ),
      id: 'p1',
      serverId: 's-lab-vm',
      createdMs: nowMs,
    };
    const found = one(judgeWay(serverOf({ connection: parked }), calm, nowMs, [prompt]), 'connection');
    expect(found).toMatchObject({ status: 'broken', seen: 'There is no key file /nope/key.' });
    expect(found.hint).toContain('mooring answer lab-vm --yes');
    expect(answerCommand(prompt)).toBe(
      'mooring server edit lab-vm --key FILE, or once the file is right: mooring answer p1 --yes',
    );
  });

  it('names what the trouble is of', () => {
    expect(one(judgeWay(serverOf({ connection: rejected }), calm, nowMs, []), 'connection').title).toBe('Login');
    expect(one(judgeWay(serverOf({ connection: changed }), calm, nowMs, []), 'connection').title).toBe('Host key');
  });
});

describe('the server', () => {
  const disk = factsOf().disks?.[0];
  if (!disk) throw new Error('no disk');
  it.each<[string, Partial<ServerFacts>, string, CheckStatus, RegExp]>([
    ['a right clock', {}, 'clock', 'ok', /agree/],
    ['a clock some minutes off', { clock: { skewMs: 240_000, uncertaintyMs: 50 } }, 'clock', 'warning', /4 min ahead/],
    [
      'a clock an hour off',
      { clock: { skewMs: -3_600_000, uncertaintyMs: 50 } },
      'clock',
      'broken',
      /1 h behind.*S3 stores refuse/,
    ],
    ['an unsure clock', { clock: { skewMs: 31_000, uncertaintyMs: 9_000 } }, 'clock', 'ok', /agree/],
    ['a disk nearly full', { disks: [{ ...disk, freeBytes: 900_000_000 }] }, 'disk/', 'warning', /Only 900 MB of 78/],
    ['a full disk', { disks: [{ ...disk, freeBytes: 0 }] }, 'disk/', 'broken', /Only 0 B/],
    ['a small disk with room', { disks: [{ ...disk, sizeBytes: 4e9, freeBytes: 1.5e9 }] }, 'disk', 'ok', /1\.5 GB/],
    ['no memory', { machine: { ...factsOf().machine, memoryFreeBytes: 80_000_000 } }, 'memory', 'broken', /80\.0 MB/],
    [
      'a full disk of a stack, however small',
      { disks: [disk, { ...disk, mount: '/srv/mooring/main', sizeBytes: 64e6, freeBytes: 0, holdsHome: false }] },
      'disk/srv/mooring/main',
      'broken',
      /Only 0 B of 64\.0 MB/,
    ],
    [
      'a full disk of a database, however small',
      { disks: [disk, { ...disk, mount: '/var/lib/postgresql', sizeBytes: 64e6, freeBytes: 0, holdsHome: false }] },
      'disk/var/lib/postgresql',
      'broken',
      /Only 0 B of 64\.0 MB.*du -xh \/var\/lib\/postgresql /,
    ],
  ])('tells of %s', (_what, patch, id, status, words) => {
    const found = one(judgeServer('s1', factsOf(patch)), id);
    expect(found.status).toBe(status);
    expect(`${found.seen} ${found.hint ?? ''}`).toMatch(words);
  });
});

describe('open ports', () => {
  const listening = (port: number, more: Partial<ListeningPort> = {}): ListeningPort => ({
    port,
    addresses: ['0.0.0.0'],
    program: null,
    unit: null,
    user: null,
    ...more,
  });
  const mlflowProcess = (port: number): ServerFacts['services'][number] => ({
    product: 'mlflow',
    kind: 'process',
    pid: 7,
    user: 'ubuntu',
    address: '0.0.0.0',
    port,
  });
  const { profile } = serverOf();
  const judge = (facts: Partial<ServerFacts>, forwards: readonly Forward[] = [], met: [number, ServiceKind][] = []) =>
    judgeOpenPorts({ ...profile, forwards }, factsOf(facts), new Map(met));

  it('names an MLflow on any port with its address, and what puts it right', () => {
    const ports = [
      listening(5050, { program: { name: 'python3', pid: 7 } }),
      listening(5432, { addresses: ['127.0.0.1'] }),
    ];
    expect(judge({ ports, services: [mlflowProcess(5050)] })).toMatchObject([
      {
        id: 's-lab-vm/open-ports/5050',
        status: 'warning',
        seen: 'MLflow listens to other machines too, at 0.0.0.0:5050.',
        hint: expect.stringMatching(/127\.0\.0\.1.*mooring setup put-right lab-vm --port 5050/) as string,
        fix: { kind: 'open-tab', tab: 'setup' },
      },
    ]);
  });

  it.each<[string, Partial<ServerFacts>, readonly Forward[], [number, ServiceKind][], RegExp]>([
    [
      'of a unit, told by its name',
      { ports: [listening(8889, { unit: 'jupyter-lab.service' })] },
      [],
      [],
      /^Jupyter .* 0\.0\.0\.0:8889\.$/,
    ],
    [
      'of a container',
      {
        ports: [listening(9100, { addresses: ['0.0.0.0', '::'], program: { name: 'docker-proxy', pid: 9 } })],
        services: [
          {
            product: 'minio',
            kind: 'container',
            name: 'm',
            image: 'minio',
            state: 'running',
            ports: '0.0.0.0:9100->9000/tcp',
          },
        ],
      },
      [],
      [],
      /^MinIO .* 0\.0\.0\.0:9100 and \[::\]:9100\.$/,
    ],
    [
      'that told what it is when it was asked',
      { ports: [listening(5055)] },
      [],
      [[5055, 'mlflow']],
      /^MLflow .*:5055\.$/,
    ],
    ['on a usual port, silent', { ports: [listening(9000)] }, [], [[9000, 'tcp']], /^The S3 store .*:9000\.$/],
    [
      'that a tunnel leads to, whatever it is',
      { ports: [listening(7777)] },
      [forwardOf({ label: 'My API', service: 'http', port: 7777 })],
      [],
      /^My API .*:7777\.$/,
    ],
  ])('tells of a service %s', (_what, facts, forwards, met, words) => {
    const findings = judge(facts, forwards, met);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.seen).toMatch(words);
    expect(findings[0]?.fix).toBeNull();
  });

  it('is calm about loopback, ssh, plain web pages, and services that do not run', () => {
    const stopped = {
      product: 'mlflow',
      kind: 'container',
      name: 'm',
      image: 'mlflow',
      state: 'exited',
      ports: '',
    } as const;
    const ports = [
      listening(5050, { addresses: ['127.0.0.1', '::1', '::ffff:127.0.0.1'] }),
      listening(22, { unit: 'ssh.service' }),
      listening(80, { unit: 'nginx.service' }),
      listening(3000),
    ];
    expect(judge({ ports, services: [mlflowProcess(5050), stopped] }, [], [[80, 'http']])).toMatchObject([
      { id: 's-lab-vm/open-ports', status: 'ok' },
    ]);
    expect(judge({ ports: null })).toMatchObject([{ id: 's-lab-vm/open-ports', status: 'unknown' }]);
  });

  it('has those asked that nothing else tells of', () => {
    const ports = [
      listening(22, { unit: 'ssh.service' }),
      listening(5050),
      listening(5060, { unit: 'mlflow.service' }),
      listening(5070),
      listening(5080, { addresses: ['127.0.0.1'] }),
    ];
    const facts = factsOf({ ports, services: [mlflowProcess(5050)] });
    expect(unnamedOpenPorts(facts).map(({ port }) => port)).toEqual([5070]);
  });
});

describe('tunnels', () => {
  const listening = (address: string) => ({
    port: 5000,
    addresses: [address],
    program: { name: 'mlflow', pid: 7 },
    unit: null,
    user: null,
  });
  const stopped: ServerFacts['services'][number] = {
    product: 'mlflow',
    kind: 'unit',
    unit: 'mlflow-server.service',
    scope: 'system',
    path: '/etc/systemd/system/mlflow-server.service',
    active: false,
    enabled: true,
    folder: null,
    account: null,
    address: null,
    port: 5000,
  };
  const withMlflow = (state?: ForwardState) =>
    serverOf({ forwards: [{ label: 'MLflow', service: 'mlflow', ...(state && { state }) }] });
  it.each<[string, ReturnType<typeof serverOf>, ServerFacts | null, string, CheckStatus, RegExp]>([
    [
      'one that is well',
      withMlflow(),
      factsOf({ ports: [listening('127.0.0.1')] }),
      '/target',
      'ok',
      /answers: mlflow/,
    ],
    ['one whose facts are not known', withMlflow(), null, '/target', 'ok', /answers/],
    ['nothing behind it', withMlflow(), factsOf(), '/target', 'broken', /Nothing listens.*mooring facts lab-vm shows/],
    [
      'a stopped service',
      withMlflow(targetFailed),
      factsOf({ services: [stopped] }),
      '/target',
      'broken',
      /mlflow-server\.service is stopped: sudo systemctl start/,
    ],
    [
      'another address',
      withMlflow(),
      factsOf({ ports: [listening('10.0.0.4')] }),
      '/target',
      'broken',
      /10\.0\.0\.4 only.*10\.0\.0\.4:5000/,
    ],
    [
      'another address, which a program met already',
      withMlflow(targetFailed),
      factsOf({ ports: [listening('10.0.0.4')] }),
      '/target',
      'broken',
      /10\.0\.0\.4 only/,
    ],
    [
      'IPv4 on a socket of IPv6',
      withMlflow(),
      factsOf({ ports: [listening('::ffff:127.0.0.1')] }),
      '/target',
      'ok',
      /answers/,
    ],
    [
      'two programs on one port',
      withMlflow(),
      factsOf({ ports: [{ ...listening('10.0.0.4'), program: { name: 'nginx', pid: 8 } }, listening('127.0.0.1')] }),
      '/target',
      'ok',
      /answers: mlflow/,
    ],
    [
      'a taken port',
      withMlflow(portTaken),
      null,
      '/local',
      'broken',
      /^Port 5001 is held by python3 \(process 4242\)\. It comes up by itself when the port is free/,
    ],
    [
      'a port that AirPlay has',
      withMlflow(airPlay),
      null,
      '/local',
      'broken',
      /^Port 5001 is held by the AirPlay Receiver of macOS\. .*switch it off in System Settings/,
    ],
    [
      'no tunnel at all',
      serverOf({ forwards: [] }),
      null,
      'tunnels',
      'warning',
      /has no tunnel.*mooring forward add lab-vm mlflow/,
    ],
  ])('tells of %s', (_what, server, facts, id, status, words) => {
    const found = one(judgeTunnels(server, facts), id);
    expect(found.status).toBe(status);
    expect(`${found.seen} ${found.hint ?? ''}`).toMatch(words);
  });

  it('offers the free port in place of a taken one, where there is one', () => {
    const fixWith = (freePort: number | null) => {
      const state: ForwardState = {
        kind: 'port-taken',
        failure: failure('port-taken', 'Taken.'),
        holder: null,
        freePort,
      };
      return one(judgeTunnels(withMlflow(state), null), '/local').fix;
    };
    expect(fixWith(5002)).toEqual({ kind: 'use-port', serverId: 's-lab-vm', forwardId: 'f-MLflow', port: 5002 });
    expect(fixWith(null)).toBeNull();
  });
});

describe('an MLflow', () => {
  const { profile } = serverOf();
  const answer = (status: number, text = ''): Reply<HttpAnswer> =>
    done({ status, headers: {}, body: { kind: 'text', text, truncated: false }, sent: null, tookMs: 4 });
  const silent = failed(failure('timed-out', 'It did not answer.'));
  const proxied = answer(200, '{"experiments":[{"artifact_location":"mlflow-artifacts:/1"}]}');
  const direct = answer(
    200,
    '{"experiments":[{"artifact_location":"s3://runs/1"},{"artifact_location":"mlflow-artifacts:/2"}]}',
  );
  const inFolder = answer(200, '{"experiments":[{"artifact_location":"/home/u/mlruns/0"}]}');
  const calm: MlflowLooks = { open: answer(401), wellKnown: answer(401), kept: proxied };
  it.each<[string, Partial<MlflowLooks>, string, CheckStatus, RegExp]>([
    ['its artifacts', {}, '/artifacts', 'ok', /go through MLflow/],
    [
      'the password of the manual',
      { wellKnown: proxied },
      '/login',
      'broken',
      /password1234.*setup password lab-vm --change/,
    ],
    ['no login', { open: proxied, wellKnown: null, kept: null }, '/login', 'warning', /asks for no login/],
    ['artifacts of its own store', { kept: direct }, '/artifacts', 'warning', /s3:\/\//],
    ['artifacts in a folder', { kept: inFolder }, '/artifacts', 'warning', /folder of the server/],
  ])('is told of: %s', (_what, patch, id, status, words) => {
    const found = one(judgeMlflow(profile, forwardIn(serverOf()), { ...calm, ...patch }), id);
    expect(found.status).toBe(status);
    expect(`${found.seen} ${found.hint ?? ''}`).toMatch(words);
  });

  it('says nothing of a login that is as it should be, or of silence', () => {
    expect(judgeMlflow(profile, forwardIn(serverOf()), { open: silent, wellKnown: silent, kept: silent })).toEqual([]);
    const ids = judgeMlflow(profile, forwardIn(serverOf()), calm).map((each) => each.id);
    expect(ids.some((each) => each.endsWith('/login'))).toBe(false);
  });

  it('of a stack has its password changed by the stack’s own name', () => {
    const server = serverOf({ stacks: [installedOf({ environment: 'dev' })] });
    const looks = { ...calm, wellKnown: proxied };
    expect(one(judgeMlflow(server.profile, forwardIn(server), looks), '/login').hint).toBe(
      'Change it: mooring setup password lab-vm --environment dev --change',
    );
  });

  it.each<[string, VerifyView | null, [string, CheckStatus, string | null] | null]>([
    ['none', null, null],
    ['one that runs', verifies.running, null],
    ['one that was stopped', { ...verifies.done, cancelled: true }, null],
    ['one that went well', verifies.done, ['MLflow, last check', 'ok', null]],
    [
      'one that failed',
      { ...verifies.done, failure: failure('timed-out', 'It did not answer.') },
      ['MLflow, last check', 'broken', 'Run it again: mooring verify lab-vm'],
    ],
    [
      'one of a stack that is gone',
      { ...verifies.done, environment: 'dev', failure: failure('timed-out', 'It did not answer.') },
      ['Last check (dev)', 'broken', 'Run it again: mooring verify lab-vm --environment dev'],
    ],
  ])('takes up what the last check said: %s', (_what, verify, told) => {
    const [found] = judgeLastCheck(serverOf({ stacks: [installedOf()], verify }));
    expect(found ? [found.title, found.status, found.hint] : null).toEqual(told);
  });
});

describe('a service', () => {
  it.each<[string, ServiceView | null, CheckStatus, RegExp]>([
    ['what is not told', null, 'unknown', /could not be asked/],
    ['a store that is well', foundStore, 'ok', /VersityGW/],
    ['something else behind the port', notMlflow, 'broken', /nginx/],
    ['a name that is refused', nameRefused, 'warning', /answers 403 to the name mlflow-server\.local/],
  ])('is told of: %s', (_what, service, status, words) => {
    const [found] = judgeService('s1', forwardIn(serverOf()), service);
    expect(found?.status).toBe(status);
    expect(found?.seen).toMatch(words);
  });
});

describe('names', () => {
  const trouble = failure('conflict', 'It is 10.0.0.4 to programs here.', { hint: 'Another line has it.' });
  const view = (patch: Partial<HostsView>) => ({
    ...serverOf(),
    profile: { ...serverOf().profile, hosts: { on: true, names: [] } },
    hosts: { ...emptyHostsView, inFile: ['127.0.0.1 lab.local'], wished: ['127.0.0.1 lab.local'], ...patch },
  });
  it.each<[string, Partial<HostsView>, string, CheckStatus, RegExp]>([
    ['names as wished', {}, 'hosts-block', 'ok', /1 line, as wished/],
    ['a wish not written yet', { pending: true }, 'hosts-block', 'warning', /not yet as you wish.*hosts diff lab-vm/],
    ['lines somebody changed', { drift: { kind: 'gone', written: [] } }, 'hosts-block', 'warning', /are gone/],
    [
      'a write that failed',
      { failure: failure('storage-failed', 'It is full.') },
      'hosts-block',
      'broken',
      /It is full/,
    ],
    [
      'a line that wins',
      { conflicts: [{ name: 'lab.local', address: '10.0.0.4', line: 3, text: '10.0.0.4 lab.local', wins: true }] },
      'hosts-conflict/lab.local',
      'broken',
      /Line 3/,
    ],
    [
      'a name that answers otherwise',
      { names: [{ name: 'lab.local', wanted: ['127.0.0.1'], answers: ['10.0.0.4'], tookMs: 1, trouble }] },
      'name/lab.local',
      'warning',
      /10\.0\.0\.4.*Another line/,
    ],
  ])('are told of: %s', (_what, patch, id, status, words) => {
    const found = one(judgeNames(view(patch), hostsFile), id);
    expect(found.status).toBe(status);
    expect(`${found.seen} ${found.hint ?? ''}`).toMatch(words);
  });

  it('are no matter where nobody wants any', () => {
    expect(judgeNames(serverOf(), hostsFile)).toEqual([]);
    expect(judgeHostsFile(hostsFile, false)).toEqual([]);
    expect(judgeHostsFile(hostsFile, true)).toMatchObject([{ status: 'ok' }]);
    const other = { ...hostsFile, isSystem: false, path: '/tmp/hosts' };
    expect(judgeHostsFile(other, true)).toMatchObject([
      {
        status: 'warning',
        seen: '/tmp/hosts stands in for the system’s hosts file: no program asks it.',
        hint: expect.stringContaining('MOORING_HOSTS_FILE') as string,
      },
    ]);
    const broken = { ...hostsFile, failure: failure('conflict', 'Line 4 has no end.') };
    expect(judgeHostsFile(broken, true)).toMatchObject([{ status: 'broken', seen: 'Line 4 has no end.' }]);
    // Nobody can tell what is in it.
    expect(judgeNames(view({ inFile: null, pending: true }), broken)).toEqual([]);
  });
});

function forwardIn({ profile }: ReturnType<typeof serverOf>): Forward {
  const [forward] = profile.forwards;
  if (!forward) throw new Error('no forward');
  return forward;
}
