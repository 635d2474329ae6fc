/** Samples of Linux are real; those of macOS and Windows are put together after other people’s reports. */
import { describe, expect, it } from 'vitest';
import {
  clientInodes,
  clientsFromLsof,
  clientsFromNetstat,
  programsFromTasklist,
} from '../../../main/adapters/port-client-parsers.ts';

const wanted = { addresses: ['127.0.0.1', '::1'], port: 5001 };

describe('/proc/net/tcp', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  it('tells the far ends of connections to the port, and not our own', () => {
    const text = `${head}   0: 0100007F:1389 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1
   1: 0100007F:1389 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 101 1
   2: 0100007F:C350 0100007F:1389 01 00000000:00000000 00:00000000 00000000     0        0 102 1
   3: 0100007F:C352 0100007F:1389 06 00000000:00000000 00:00000000 00000000     0        0 0 1
   4: 0100007F:C354 0200007F:1389 01 00000000:00000000 00:00000000 00000000     0        0 104 1
`;
    expect(clientInodes(text, wanted)).toEqual(['102']);
  });

  it('knows IPv6, and IPv4 seen through it', () => {
    const text = `${head}   0: 00000000000000000000000001000000:C350 00000000000000000000000001000000:1389 01 0:0 0:0 0 0 0 201
   1: 0000000000000000FFFF00000100007F:C352 0000000000000000FFFF00000100007F:1389 01 0:0 0:0 0 0 0 202
`;
    expect(clientInodes(text, wanted)).toEqual(['201', '202']);
    expect(clientInodes(text, { addresses: ['not an address'], port: 5001 })).toEqual([]);
  });
});

it('lsof tells programs at the far end', () => {
  const text = [
    'p812',
    'cmooring',
    'f21',
    'n127.0.0.1:5001->127.0.0.1:52044',
    'p901',
    'cGoogle\\x20Chrome',
    'f33',
    'n127.0.0.1:52044->127.0.0.1:5001',
    'f34',
    'n[::1]:52050->[::1]:5001',
    'nnonsense',
  ].join('\n');
  expect(clientsFromLsof(text, wanted)).toEqual([
    { pid: 901, program: 'Google Chrome' },
    { pid: 901, program: 'Google Chrome' },
  ]);
});

it('netstat and tasklist tell them in any language', () => {
  const text = [
    'Aktive Verbindungen',
    '  Proto  Lokale Adresse         Remoteadresse          Status           PID',
    '  TCP    127.0.0.1:5001         0.0.0.0:0              ABHÖREN          4120',
    '  TCP    127.0.0.1:5001         127.0.0.1:52044        HERGESTELLT      4120',
    '  TCP    127.0.0.1:52044        127.0.0.1:5001         HERGESTELLT      9876',
    '  TCP    [::1]:52046            [::1]:5001             HERGESTELLT      9876',
    '  TCP    127.0.0.1:52048        127.0.0.1:5001         WARTEND          0',
    '  UDP    0.0.0.0:5001           *:*                                     11',
  ].join('\r\n');
  expect(clientsFromNetstat(text, wanted).map((each) => each.pid)).toEqual([9876, 9876]);
  expect(programsFromTasklist('"python.exe","9876","Console","1","52.000 K"\r\nrubbish').get(9876)).toBe('python.exe');
});

it('whatever is printed, nothing is thrown', () => {
  for (const text of ['', '\0\0', 'p\nc\nn', 'TCP', '"', `${'x'.repeat(100_000)}\n`]) {
    expect(clientInodes(text, wanted)).toEqual([]);
    expect(clientsFromLsof(text, wanted)).toEqual([]);
    expect(clientsFromNetstat(text, wanted)).toEqual([]);
    expect(programsFromTasklist(text).size).toBe(0);
  }
});
