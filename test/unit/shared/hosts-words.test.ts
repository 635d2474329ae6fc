import { describe, expect, it } from 'vitest';
import { emptyHostsView, type HostsView, type HostsWish } from '../../../main/shared/hosts.ts';
import {
  describeAnswer,
  describeEntry,
  describeHosts,
  describeTunnelWish,
  hostsLight,
} from '../../../main/shared/hosts-words.ts';
import { failure } from '../../../main/shared/failure.ts';

const wish: HostsWish = { on: true, names: ['a', 'b'].map((name) => ({ name, to: { kind: 'tunnel' } })) };
const off: HostsWish = { ...wish, on: false };
const none: HostsWish = { on: false, names: [] };
const right = { name: 'a', wanted: ['127.0.0.1'], answers: ['127.0.0.1'], tookMs: 1, trouble: null };
const wrong = { ...right, name: 'b', answers: ['10.0.0.1'], trouble: failure('conflict', 'It answers 10.0.0.1.') };
const there: HostsView = { ...emptyHostsView, inFile: ['127.0.0.1 a'], wished: ['127.0.0.1 a'], names: [right, right] };

describe('a server’s names in words', () => {
  it.each<[string, HostsWish, HostsView, string, string]>([
    ['none', none, emptyHostsView, 'No names', 'off'],
    ['off', off, emptyHostsView, 'Off', 'off'],
    ['still there', off, { ...there, pending: true }, 'Off, but still in /etc/hosts', 'needs-you'],
    ['wished', wish, { ...emptyHostsView, pending: true }, 'Not in /etc/hosts yet', 'needs-you'],
    ['changed', wish, { ...there, pending: true }, 'Not all as written in /etc/hosts', 'needs-you'],
    ['written', wish, there, '2 names in /etc/hosts', 'up'],
    ['one elsewhere', wish, { ...there, names: [right, wrong] }, '1 of 2 names leads elsewhere', 'failed'],
    ['writing', wish, { ...there, writing: true }, 'Waiting for leave from the system', 'working'],
    ['failed', wish, { ...there, failure: failure('conflict', 'x') }, '2 names in /etc/hosts', 'failed'],
    [
      'gone',
      wish,
      { ...there, drift: { kind: 'gone', written: [] } },
      'Taken out of /etc/hosts by somebody else',
      'needs-you',
    ],
    [
      'drift',
      wish,
      { ...there, drift: { kind: 'unknown', found: [] } },
      'Changed in /etc/hosts by somebody else',
      'needs-you',
    ],
  ])('%s', (_what, hosts, view, words, light) => {
    const file = { path: '/etc/hosts', failure: null };
    expect([describeHosts({ hosts }, view, file), hostsLight({ hosts }, view)]).toEqual([words, light]);
  });

  it('says nothing of what is in a file that can’t be told', () => {
    const file = { path: '/etc/hosts', failure: failure('conflict', 'The block that begins in line 4 does not end.') };
    const view = { ...emptyHostsView, pending: true };
    expect(describeHosts({ hosts: wish }, view, file)).toBe('Can’t be told until /etc/hosts is put right');
    expect(hostsLight({ hosts: wish }, view)).toBe('needs-you');
    expect(describeHosts({ hosts: off }, emptyHostsView, file)).toBe('Off');
  });

  it('says what is to become of their tunnel', () => {
    const bind = { address: '127.0.0.1', port: 8080, alsoIpv6: false };
    const draft = { label: 'HTTP', service: 'http', bind, target: { host: '127.0.0.1', port: 80 } } as const;
    const wishes = [
      { forwardId: null, draft, portReason: null },
      { forwardId: 'f-1', draft, portReason: null },
      { forwardId: 'f-1', draft: null, portReason: null },
    ];
    expect(wishes.map((each) => describeTunnelWish(each, 'lab'))).toEqual([
      'Tunnel HTTP: 127.0.0.1:8080 leads to port 80 of lab. It is added.',
      'The tunnel HTTP is to listen on ::1 as well: macOS tries that first.',
      null,
    ]);
  });

  it('says what a name answers, and what was done', () => {
    expect([right, wrong, { ...right, answers: [] }, { ...right, answers: null }].map(describeAnswer)).toEqual([
      'answers 127.0.0.1',
      'answers 10.0.0.1 instead',
      'answers nothing',
      'not asked',
    ]);
    const entry = { id: 'e', serverId: 's', serverName: 'lab', atMs: 0, before: null, backup: null };
    expect(describeEntry({ ...entry, how: 'written', after: ['x'] })).toBe('Written: 1 line');
    expect(describeEntry({ ...entry, how: 'restored', after: null })).toBe('Put back: no names');
    expect(describeEntry({ ...entry, how: 'removed', after: null })).toBe('Taken out');
  });
});
