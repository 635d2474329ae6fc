import { describe, expect, it } from 'vitest';
import { describeFacts } from '../../../../../main/shared/facts-words.ts';
import { answer, read, sample, type SampleName } from './facts-samples.ts';

describe('facts of whole servers', () => {
  it('Debian 12, an account with sudo and a password', () => {
    const facts = read(sample('debian-12'));
    expect(facts).toMatchObject({
      account: { user: 'op', uid: 1001, groups: ['op'], home: '/home/op', shell: '/bin/bash' },
      system: { id: 'debian', family: ['debian'], release: '12', libc: { kind: 'glibc', version: '2.36' } },
      machine: { architecture: 'x86_64', cpuCount: 2, memoryBytes: 24_684_092 * 1024, swapBytes: 0 },
      pythons: [{ path: '/usr/bin/python3', version: '3.11.2', pip: false, venv: false, externallyManaged: true }],
      uv: null,
      packages: { manager: 'apt-get', lock: { kind: 'free' }, interrupted: false, firstBoot: null },
      systemd: { kind: 'booted', version: 252, user: { kind: 'reached' }, linger: false },
      sudo: { kind: 'with-password', needsTerminal: false },
      ports: [{ port: 22, addresses: ['0.0.0.0', '::'], program: null, unit: 'ssh.service', user: 'root' }],
      services: [],
      docker: { kind: 'absent' },
      index: { kind: 'answers', status: 200 },
      releases: { kind: 'answers', url: 'https://github.com/', status: 200, tookMs: 132 },
      missing: [],
    });
    expect(facts.disks?.map(({ mount, holdsHome }) => [mount, holdsHome])).toEqual([
      ['/', true],
      ['/tmp', false],
    ]);
  });

  it('Debian 13 with MLflow as tutorials set it up', () => {
    const facts = read(sample('debian-13-tutorial'));
    expect(facts.sudo).toEqual({ kind: 'without-password', needsTerminal: false });
    expect(facts.ports?.map(({ port, program }) => [port, program?.name])).toEqual([
      [22, 'sshd'],
      [5000, 'python3'],
      [5432, 'postgres'],
    ]);
    expect(facts.services).toEqual([
      {
        product: 'mlflow',
        kind: 'unit',
        unit: 'mlflow-server.service',
        scope: 'system',
        path: '/etc/systemd/system/mlflow-server.service',
        active: true,
        enabled: true,
        folder: '/home/ubuntu/mlflow-server',
        account: 'ubuntu',
        address: '0.0.0.0',
        port: 5000,
      },
      { product: 'mlflow', kind: 'folder', path: '/home/ubuntu/mlflow-server' },
      {
        product: 'mlflow',
        kind: 'start-script',
        path: '/home/ubuntu/mlflow-server/start-mlflow-server.sh',
        address: '0.0.0.0',
        port: 5000,
      },
      { product: 'mlflow', kind: 'data', path: '/home/ubuntu/mlflow-server/mlflow.db' },
      { product: 'mlflow', kind: 'installed', path: '/home/ubuntu/mlflow-server/mlflow-env', version: '3.17.2' },
      { product: 'postgresql', kind: 'program', name: 'psql' },
      { product: 'postgresql', kind: 'cluster', version: '17', name: 'main', active: true, port: 5432 },
    ]);
  });

  it('a container without systemd, with many Pythons', () => {
    const facts = read(sample('container'));
    expect(facts.systemd).toEqual({ kind: 'absent' });
    expect(facts.sudo).toEqual({ kind: 'root' });
    expect(facts.docker).toMatchObject({ kind: 'unusable' });
    expect(facts.pythons?.map(({ version }) => version).slice(0, 3)).toEqual(['3.13.0', '3.12.1', '3.11.7']);
    expect(facts.pythons?.at(-1)).toMatchObject({ version: '2.7.18', pip: null, venv: null });
  });

  it('Alpine with nothing but busybox', () => {
    const facts = read(sample('alpine'), { sentMs: 1_795_264_975_000, endedMs: 1_795_264_976_000 });
    expect(facts).toMatchObject({
      system: { id: 'alpine', release: '3.22.1', libc: { kind: 'musl' } },
      pythons: [],
      packages: { manager: 'apk', lock: { kind: 'held', pid: 812, program: 'apk' } },
      ports: [{ port: 22, addresses: ['0.0.0.0'], program: null, user: 'root' }],
      index: { kind: 'silent', why: 'wget: bad address' },
      apt: [],
      // Its date knows seconds only.
      clock: { skewMs: 0, uncertaintyMs: 1000 },
    });
  });

  it('Ubuntu 24.04 in all kinds of trouble, behind a login shell that pretends', () => {
    const facts = read(sample('ubuntu-24.04'));
    expect(facts).toMatchObject({
      account: { shell: '/usr/bin/fish' },
      system: { family: ['ubuntu', 'debian'], release: '24.04', codename: 'noble', name: 'Ubuntu 24.04.3 LTS' },
      packages: {
        lock: { kind: 'held', pid: 2214, program: 'unattended-upgr', file: '/var/lib/dpkg/lock-frontend' },
        interrupted: true,
        firstBoot: 'running',
      },
      systemd: {
        kind: 'booted',
        state: 'starting',
        user: { kind: 'unreached', why: 'Failed to connect to bus: No medium found' },
        linger: true,
      },
      sudo: { kind: 'with-password', needsTerminal: true },
      uv: { version: '0.9.7', path: '/home/ubuntu/.local/bin/uv' },
      docker: { kind: 'usable' },
      index: { kind: 'answers', status: 405 },
      apt: [
        { kind: 'silent', why: 'Could not resolve host: ports.ubuntu.com' },
        { kind: 'refuses', status: 407 },
      ],
      releases: { kind: 'silent', why: 'CONNECT tunnel failed, response 403' },
      tookMs: 840,
    });
    expect(facts.disks).toMatchObject([
      { mount: '/', holdsTmp: true },
      { mount: '/boot/efi' },
      { mount: '/mnt/big disk', noExec: true },
      { mount: '/home', fileSystem: 'nfs4', holdsHome: true, freeBytes: 0 },
    ]);
    expect(facts.ports).toMatchObject([
      { port: 53, addresses: ['127.0.0.53'], unit: 'systemd-resolved.service', user: 'systemd-resolve' },
      { port: 80, addresses: ['::'], unit: 'nginx.service', user: 'root' },
      { port: 5001, program: { name: 'odd "name,pid=1', pid: 4242 }, unit: 'my-tracking.service', user: 'ubuntu' },
      { port: 8888, program: { name: 'jupyter-lab', pid: 4300 }, unit: null },
    ]);
    expect(facts.services).toMatchObject([
      { kind: 'folder', path: '/home/ubuntu/mlflow' },
      { kind: 'start-script', address: '127.0.0.1', port: 5001 },
      { kind: 'installed', path: '/home/ubuntu/mlflow/.venv', version: '2.22.0' },
      { product: 'minio', kind: 'container', name: 'minio', state: 'running' },
      { product: 'mlflow', kind: 'container', name: 'tracking', state: 'exited' },
      { product: 'postgresql', kind: 'container', name: 'db' },
    ]);
    expect(facts.settings.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'proxy https_proxy',
      'no-proxy no_proxy',
      'proxy Acquire::http::Proxy',
      'index index-url',
    ]);
  });

  it('Rocky Linux: rpm’s world, where the account’s own parts still work', () => {
    const facts = read(
      answer({
        basics: ['os.ID="rocky"', 'os.ID_LIKE="rhel centos fedora"', 'os.VERSION_ID="9.6"', 'machine=x86_64'],
        packages: ['manager=dnf', 'manager=yum', 'running=77 dnf'],
        systemd: ['booted=yes', 'version=systemd 252 (252-51.el9)', 'state=degraded', 'user=running', 'linger=no'],
        apt: [],
      }),
    );
    expect(facts).toMatchObject({
      system: { family: ['rocky', 'rhel', 'centos', 'fedora'], release: '9.6' },
      packages: { manager: 'dnf', lock: { kind: 'busy', pid: 77, program: 'dnf' } },
      systemd: { state: 'degraded', user: { kind: 'reached', state: 'running' } },
      apt: [],
    });
  });
});

describe('one that is at work is told once', () => {
  const listens = (uid: number, pid: number, group = '/user.slice') =>
    `ss=LISTEN 0 9 0.0.0.0:5050 0.0.0.0:* users:(("mlflow",pid=${String(pid)},fd=3)) uid:${String(uid)} ino:1 sk:1 cgroup:${group} <->`;
  const options = ['option=--host 0.0.0.0', 'option=--port 5050'];
  const owners = ['owner=0 root', 'owner=1000 plain'];
  const told = (found: readonly string[], ports: readonly string[]) =>
    read(answer({ found, ports: [...ports, ...owners] })).services.map((each) =>
      each.kind === 'process'
        ? `${String(each.pid)} of ${String(each.user)}`
        : each.kind === 'unit'
          ? `${each.unit} ${String(each.port)}`
          : each.kind,
    );
  const unit = (...more: string[]) => [
    'unit=/etc/systemd/system/mooring-mlflow.service',
    ...more,
    'system=MainPID=7467',
    'system=Id=mooring-mlflow.service',
    'system=ActiveState=active',
  ];

  it.each([
    ['before it', 21_952, 21_953],
    // Numbers begin anew some day.
    ['by a higher number', 21_954, 21_953],
  ])('started by another account, whose process was there %s: that of the account that listens', (_, wrapper, real) => {
    const processes = [
      `process=${String(wrapper)} root mlflow server`,
      ...options,
      `process=${String(real)} plain mlflow server`,
      ...options,
    ];
    expect(told(processes, [listens(1000, real)])).toEqual([`${String(real)} of plain`]);
  });

  it('where nothing is known of who listens: the later one', () => {
    const processes = ['process=52 root mlflow server', ...options, 'process=53 plain mlflow server', ...options];
    expect(told(processes, [])).toEqual(['53 of plain']);
  });

  it('two on ports of their own are two', () => {
    const processes = [
      'process=52 root mlflow server',
      'option=--port 5051',
      'process=53 plain mlflow server',
      ...options,
    ];
    expect(told(processes, [listens(1000, 53)])).toEqual(['52 of root', '53 of plain']);
  });

  it('of a unit: by its port, and by its main process where neither says one', () => {
    const process = ['process=7467 ubuntu mlflow server', ...options];
    expect(told([...unit(...options), ...process], [])).toEqual(['mooring-mlflow.service 5050']);
    expect(told([...unit(), ...process], [])).toEqual(['mooring-mlflow.service 5050']);
    expect(told([...unit(), 'process=7467 ubuntu mlflow server'], [])).toEqual(['mooring-mlflow.service null']);
    expect(told([...unit(), 'process=7470 ubuntu mlflow server', ...options], [])).toEqual([
      'mooring-mlflow.service null',
      '7470 of ubuntu',
    ]);
    const seen = listens(1000, 7470, '/system.slice/mooring-mlflow.service');
    expect(told([...unit(), 'process=7470 plain mlflow server', ...options], [seen])).toEqual([
      'mooring-mlflow.service 5050',
    ]);
  });

  it('a unit that is stopped does not stand for a process', () => {
    const stopped = unit(...options).map((each) => each.replace('=active', '=inactive').replace('=7467', '=0'));
    expect(told([...stopped, 'process=12 plain mlflow server', ...options], [])).toEqual([
      'mooring-mlflow.service 5050',
      '12 of plain',
    ]);
  });
});

describe('sudo', () => {
  it.each([
    [['root=yes'], { kind: 'root' }],
    [['absent=yes'], { kind: 'absent' }],
    [['command=0'], { kind: 'without-password', needsTerminal: false }],
    [['command=1', 'terminal=needed', 'command=0'], { kind: 'without-password', needsTerminal: true }],
    [['command=1', 'said=sudo: a password is required'], { kind: 'with-password', needsTerminal: false }],
    [
      ['command=1', 'said=sudo: a password is required', 'validate=Sorry, user op may not run sudo on server.'],
      { kind: 'none' },
    ],
    [
      ['command=1', 'said=sudo: interactive authentication is required'],
      { kind: 'with-password', needsTerminal: false },
    ],
    [['command=1', "said=sudo: I'm sorry op. I'm afraid I can't do that"], { kind: 'none' }],
    [
      ['command=1', "said=Sorry, user op is not allowed to execute '/usr/bin/true' as root on server."],
      { kind: 'limited', needsTerminal: false },
    ],
    [['command=1', 'terminal=needed'], { kind: 'unknown', why: 'sudo wants a terminal' }],
    [['command=137'], { kind: 'unknown', why: 'sudo did not answer in time' }],
    [
      ['command=1', 'said=sudo: /etc/sudo.conf is owned by uid 1000'],
      { kind: 'unknown', why: 'sudo: /etc/sudo.conf is owned by uid 1000' },
    ],
    [[], { kind: 'unknown', why: 'sudo did not answer in time' }],
  ])('%j', (lines, expected) => {
    expect(read(answer({ sudo: lines })).sudo).toEqual(expected);
  });
});

describe('in words', () => {
  const words = (name: SampleName) =>
    Object.fromEntries(describeFacts(read(sample(name))).map(({ label, text }) => [label, text]));

  it('of a server with a tutorial’s MLflow', () => {
    expect(words('debian-13-tutorial')).toMatchObject({
      System: 'Debian GNU/Linux 13 (trixie) · x86_64',
      Disk: '/ 79.7 GB free of 271 GB (home), /tmp 2.5 GB free of 2.5 GB',
      Sudo: 'without a password',
      Systemd: 'version 257, running, own services possible, they end with the session',
      Python: '3.13.5 without pip',
      Packages: 'apt-get, free',
      Ports: '22 sshd, 5000 python3, 5432 postgres',
      Clock: 'not known',
    });
    expect(words('debian-13-tutorial')['Already there']).toContain(
      'MLflow as mlflow-server.service (running, 0.0.0.0:5000), MLflow’s folder /home/ubuntu/mlflow-server',
    );
  });

  it('of a server in trouble', () => {
    expect(words('ubuntu-24.04')).toMatchObject({
      Packages:
        'apt-get, locked by unattended-upgr (process 2214), still prepared by cloud-init, interrupted: dpkg --configure -a has to run',
      Sudo: 'with a password, in a terminal',
      Systemd: 'version 255, starting, no own services: Failed to connect to bus: No medium found',
      Python: '3.12.3 without venv and pip, 3.9.21 · uv 0.9.7',
      'Package index': 'https://***@mirror.example.org/simple/pip/ answers in 201 ms',
      Releases: 'https://github.com/ does not answer: CONNECT tunnel failed, response 403',
    });
  });

  it.each([
    [3_000, 'right'],
    [65_000, '1 min ahead'],
    [-7_200_000, '2 h behind'],
  ])('a clock off by %d ms is %s', (skewMs, text) => {
    const facts = { ...read(sample('debian-12')), clock: { skewMs, uncertaintyMs: 50 } };
    expect(describeFacts(facts).find(({ label }) => label === 'Clock')?.text).toBe(text);
  });
});
