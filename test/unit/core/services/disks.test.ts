import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fullMountBehind } from '../../../../main/core/services/data-folders.ts';
import { disksScript, fullMount, parseDisks } from '../../../../main/core/services/disks.ts';
import type { ServiceKind } from '../../../../main/shared/forward.ts';
import { plainStack } from '../../../support/setup-snapshots.ts';
import { forwardOf, serverOf } from '../../../support/snapshots.ts';

const head = 'Filesystem     Type     1024-blocks     Used Available Capacity Mounted on\n';

describe('a full disk in what df prints', () => {
  it.each([
    ['none', '/dev/vda1 ext4 10000000 9900000 100000 99% /\n', null],
    ['the root', '/dev/vda1 ext4 10000000 10000000 0 100% /\n', '/'],
    ['one beside it', '/dev/vda1 ext4 100000 1 99999 1% /\n/dev/vdb xfs 5000 5000 12 100% /srv/data\n', '/srv/data'],
    ['less than nothing, as with quotas', '/dev/vda1 ext4 10000000 10000000 -300 103% /var\n', '/var'],
    ['images of packages, which are full by nature', '/dev/loop3 squashfs 65000 65000 0 100% /snap/core/1\n', null],
    ['the kernel’s own', 'tmpfs tmpfs 100 100 0 100% /run/lock\nudev devtmpfs 10 10 0 100% /dev\n', null],
    ['a name with blanks', '//nas/my share cifs 1000 1000 0 100% /mnt/my share\n', '/mnt/my share'],
    ['nothing of the kind', 'df: unknown option -- P\n', null],
  ])('%s', (_name, text, expected) => {
    expect(fullMount(parseDisks(head + text), null, [])).toBe(expected);
  });
});

describe('whom a full disk concerns', () => {
  const stacks = [
    plainStack('mlflow-quick-start', 'main', { 'mlflow.port': 5000 }),
    plainStack('mlflow-quick-start', 'dev', { 'mlflow.port': 5001, scope: 'user' }),
    plainStack('mlflow-postgres', 'stage', { 'mlflow.port': 5002 }),
    plainStack('mlflow-full', 'prod', { 'mlflow.port': 5003, 'storage.port': 9000 }),
    plainStack('mlflow-quick-start', 'far', { 'mlflow.port': 5004, 'mlflow.data-dir': '/data/far' }),
    plainStack('mlflow-quick-start', 'adopted', { 'mlflow.port': 5050 }),
  ];
  const told = (full: string, also = '') =>
    parseDisks(
      `${head}/dev/vda1 ext4 90000000 1 ${full === '/' ? '0' : '75000000'} 1% /\ntmpfs tmpfs 2048 2048 0 100% ${full}\n${also}home=/home/ada\ndata=/srv/mooring/main\ndata=/srv/mooring/stage\ndata=/srv/mooring/prod\ndata=/srv/mooring/prod.objects\ndata=/home/ada/.local/share/mooring/data/dev\n`,
    );
  const behind = (full: string, port: number, service: ServiceKind = 'mlflow', host = '127.0.0.1') => {
    const { profile } = serverOf({ stacks });
    return fullMountBehind(profile, { ...forwardOf({ service }), target: { host, port } }, told(full));
  };

  it.each<[string, string, readonly number[]]>([
    ['a stack’s own folder concerns that stack alone', '/srv/mooring/main', [5000]],
    ['the folder above, all that lie there', '/srv/mooring', [5000, 5002, 5003, 5050, 9000]],
    ['a home, whose stack lies there', '/home', [5001, 5050]],
    ['a stack of an account of its own', '/home/ada/.local/share/mooring/data/dev', [5001]],
    ['the objects of a store, the store and its MLflow', '/srv/mooring/prod.objects', [5003, 9000]],
    ['PostgreSQL’s data, the stacks that use it', '/var/lib/postgresql', [5002, 5003, 5050]],
    ['a folder that was chosen, the stack that lies there', '/data/far', [5004]],
    ['the root, all that have no other disk', '/', [5000, 5001, 5002, 5003, 5004, 5050, 9000]],
  ])('%s', (_what, full, concerned) => {
    const ports = [5000, 5001, 5002, 5003, 5004, 5050, 9000];
    expect(ports.filter((port) => behind(full, port) === full)).toEqual(concerned);
    expect(ports.filter((port) => behind(full, port) !== null)).toEqual(concerned);
  });

  it('is told of PostgreSQL, and of what others have set up', () => {
    expect(behind('/var/lib/postgresql', 5432, 'postgres')).toBe('/var/lib/postgresql');
    expect(behind('/srv/mooring/main', 5432, 'postgres')).toBeNull();
    expect(behind('/srv/mooring/main', 8888, 'jupyter')).toBeNull();
    expect(behind('/home', 8888, 'jupyter')).toBe('/home');
    expect(behind('/srv/mooring/main', 5000, 'mlflow', '10.0.0.5')).toBeNull();
  });

  it('goes by the scope that was chosen where the server does not tell of folders', () => {
    const { profile } = serverOf({ stacks });
    const silent = parseDisks(`${head}tmpfs tmpfs 2048 2048 0 100% /srv/mooring/main\nhome=/home/ada\n`);
    const forward = (port: number) => ({ ...forwardOf(), target: { host: 'localhost', port } });
    expect(fullMountBehind(profile, forward(5000), silent)).toBe('/srv/mooring/main');
    expect(fullMountBehind(profile, forward(5001), silent)).toBeNull();
  });
});

describe.skipIf(process.platform !== 'linux')('the script', () => {
  it('tells of mounts and of home on this machine', () => {
    const stdout = execFileSync('sh', ['-c', disksScript], { env: { ...process.env, HOME: '/tmp/nobody here' } });
    const told = parseDisks(stdout.toString());
    expect(told.mounts.map(({ place }) => place)).toContain('/');
    expect(told).toMatchObject({ home: '/tmp/nobody here' });
  });
});
