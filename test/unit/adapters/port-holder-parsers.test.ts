import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  inTheWay,
  parseLsofFields,
  parseNetstat,
  parseProcNetTcp,
  parseTasklist,
} from '../../../main/adapters/port-holder-parsers.ts';

describe('/proc/net/tcp and tcp6 (recorded on Debian 12)', () => {
  const tcp = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     ',
    '   0: 0100007F:1389 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41235 1 0000000000000000 100 0 0 10 0                     ',
    '   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0000000000000000 100 0 0 10 0',
    '   2: 0100007F:1389 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 41300 1 0000000000000000 20 4 30 10 -1',
    '   3: 0100007F:1390 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 0 1 0000000000000000 100 0 0 10 0',
  ].join('\n');
  const tcp6 = [
    '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 00000000000000000000000001000000:1389 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0000000000000000 100 0 0 10 0',
    '   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 78 1 0000000000000000 100 0 0 10 0',
    '   2: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 79 1 0000000000000000 100 0 0 10 0',
    '   3: B80D0120010000000000000042000000:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 80 1 0000000000000000 100 0 0 10 0',
  ].join('\n');

  test('listeners only, with their socket', () => {
    expect(parseProcNetTcp(tcp)).toEqual([
      { address: '127.0.0.1', port: 5001, inode: '41235' },
      { address: '0.0.0.0', port: 22, inode: '11' },
    ]);
  });

  test('IPv6', () => {
    expect(parseProcNetTcp(tcp6)).toEqual([
      { address: '::1', port: 5001, inode: '77' },
      { address: '::', port: 8080, inode: '78' },
      { address: '::ffff:127.0.0.1', port: 8081, inode: '79' },
      { address: '2001:db8:0:1::42', port: 8082, inode: '80' },
    ]);
  });
});

describe('lsof -F pcn (from reports of people with AirPlay on port 5000)', () => {
  test('ControlCenter, as lsof cuts it', () => {
    const text = 'p601\ncControlCe\nf8\nn*:5000\nf9\nn*:5000\n';
    expect(parseLsofFields(text)[0]).toEqual({ address: '::', port: 5000, pid: 601, program: 'ControlCe' });
  });

  test('several processes, addresses and blanks in names', () => {
    const text = 'p12\ncGoogle\\x20Ch\nn127.0.0.1:9222\nn[::1]:9222\np13\nn[fe80::1%lo0]:9222 (LISTEN)\n';
    expect(parseLsofFields(text)).toEqual([
      { address: '127.0.0.1', port: 9222, pid: 12, program: 'Google Ch' },
      { address: '::1', port: 9222, pid: 12, program: 'Google Ch' },
      { address: 'fe80::1', port: 9222, pid: 13, program: null },
    ]);
  });

  test('nothing found', () => {
    expect(parseLsofFields('')).toEqual([]);
  });
});

describe('netstat -ano and tasklist', () => {
  const netstat = [
    '',
    'Active Connections',
    '',
    '  Proto  Local Address          Foreign Address        State           PID',
    '  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       996',
    '  TCP    127.0.0.1:5001         0.0.0.0:0              LISTENING       4321',
    '  TCP    127.0.0.1:5001         127.0.0.1:50123        ESTABLISHED     4321',
    '  TCP    [::1]:5001             [::]:0                 LISTENING       4322',
    '  UDP    0.0.0.0:5353           *:*                                    1500',
  ].join('\r\n');

  test('listeners only', () => {
    expect(parseNetstat(netstat)).toEqual([
      { address: '0.0.0.0', port: 135, pid: 996, program: null },
      { address: '127.0.0.1', port: 5001, pid: 4321, program: null },
      { address: '::1', port: 5001, pid: 4322, program: null },
    ]);
  });

  test('in German', () => {
    expect(parseNetstat('  TCP    0.0.0.0:5000   0.0.0.0:0   ABHÖREN   77')).toHaveLength(1);
  });

  test.each([
    ['"python.exe","4321","Console","1","52,340 K"\r\n', 'python.exe'],
    ['"Hyper, V.exe","4321","Services","0","8 K"', 'Hyper, V.exe'],
    ['"System","4","Services","0","144 K"', null],
    ['INFO: No tasks are running which match the specified criteria.\r\n', null],
    ['', null],
  ])('tasklist says %j', (text, expected) => {
    expect(parseTasklist(text, 4321)).toBe(expected);
  });
});

describe('who is in the way', () => {
  const at = (...addresses: string[]) => addresses.map((address) => ({ address, port: 5000 }));
  test.each([
    ['127.0.0.1', at('127.0.0.1'), '127.0.0.1'],
    ['localhost', at('127.0.0.1'), '127.0.0.1'],
    ['127.0.0.1', at('0.0.0.0', '127.0.0.1'), '127.0.0.1'],
    ['127.0.0.1', at('0.0.0.0'), '0.0.0.0'],
    ['127.0.0.1', at('::'), '::'],
    ['::1', at('127.0.0.1', '::'), '::'],
    ['127.0.0.1', at('127.0.0.2', '::1'), undefined],
    ['127.0.0.1', at('::ffff:127.0.0.1'), '::ffff:127.0.0.1'],
    ['0.0.0.0', at('127.0.0.1'), '127.0.0.1'],
    ['127.0.0.1', [{ address: '127.0.0.1', port: 5001 }], undefined],
  ])('of %s', (address, listeners, expected) => {
    expect(inTheWay(listeners, address, 5000)?.address).toBe(expected);
  });
});

test('whatever the systems print, nothing throws and results are sound', () => {
  const pieces = fc.constantFrom(
    'p', 'c', 'n', '12', '*:', '[::1]:', '127.0.0.1', ':', '5000', ' ', '\n', '\r\n', 'TCP', '0.0.0.0:0', '0A', '"', '",',
    '0100007F', '\\x2', '\\x20', '99999999999999999999', 'é',
  ); // prettier-ignore
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 60 }).map((each) => each.join('')),
  );
  fc.assert(
    fc.property(text, (each) => {
      const found = [...parseProcNetTcp(each), ...parseLsofFields(each), ...parseNetstat(each)];
      for (const { address, port } of found) {
        expect(port).toBeGreaterThanOrEqual(0);
        expect(port).toBeLessThanOrEqual(65_535);
        expect(address).not.toBe('');
      }
      parseTasklist(each, 12);
      inTheWay(found, '127.0.0.1', 5000);
    }),
    { numRuns: 500 },
  );
});
