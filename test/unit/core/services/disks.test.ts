import { describe, expect, it } from 'vitest';
import { fullDisk } from '../../../../main/core/services/disks.ts';

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
    expect(fullDisk(head + text)).toBe(expected);
  });
});
