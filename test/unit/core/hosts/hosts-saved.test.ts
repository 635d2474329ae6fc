import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSavedHosts, parseSavedWish, toSaved } from '../../../../main/core/hosts/hosts-saved.ts';
import { hostsOrder, orderTrouble } from '../../../../main/core/hosts/name-order.ts';
import { byHand } from '../../../../main/core/hosts/by-hand.ts';
import { readHosts } from '../../../../main/core/hosts/hosts-text.ts';

describe('what is kept', () => {
  const entry = {
    id: 'e',
    serverId: 's',
    serverName: 'lab',
    atMs: 5,
    how: 'written',
    before: null,
    after: ['x'],
    backup: null,
  };

  it('comes back as it was', () => {
    const saved = { written: [{ serverId: 's', lines: ['127.0.0.1 a'] }], history: [entry] };
    expect(toSaved(parseSavedHosts(saved))).toEqual(saved);
  });

  it('is read as far as it is good, whatever the file holds', () => {
    const odd = {
      written: [{ serverId: '__proto__', lines: [] }, 5, { serverId: 's', lines: ['a'] }],
      history: [entry, { ...entry, atMs: 'x' }],
    };
    expect(toSaved(parseSavedHosts(odd))).toEqual({ written: [{ serverId: 's', lines: ['a'] }], history: [entry] });
    fc.assert(
      fc.property(fc.anything(), (value) => {
        parseSavedHosts(value);
        parseSavedHosts({ written: value, history: value });
        parseSavedWish(value);
        expect(parseSavedWish({ on: value, names: [value] }).names.length).toBeLessThan(2);
      }),
    );
  });

  it('of a wish leaves out names that may not be', () => {
    const tunnel = { kind: 'tunnel' };
    const wish = {
      on: true,
      names: [
        { name: 'A.b', to: tunnel },
        { name: 'a.b', to: tunnel },
        { name: '$(x)', to: tunnel },
        { name: 'c', to: { kind: 'address', address: '0.0.0.0' } },
      ],
    };
    expect(parseSavedWish(wish)).toEqual({ on: true, names: [{ name: 'a.b', to: tunnel }] });
    expect(parseSavedWish(undefined)).toEqual({ on: false, names: [] });
  });
});

describe('whom the system asks', () => {
  it.each([
    ['hosts: files mdns4_minimal [NOTFOUND=return] dns # x', null],
    ['passwd: files\nhosts:  files dns\n', null],
    ['hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns', null],
    ['hosts:\tmdns4 files', 'mdns4'],
    ['hosts: dns files', '“dns”'],
    ['hosts: dns', 'does not ask the hosts file'],
    ['# hosts: dns\n', null],
    ['', null],
  ])('%j', (text, words) => {
    const trouble = orderTrouble(text);
    if (words === null) expect(trouble).toBeNull();
    else expect(trouble?.message).toContain(words);
  });

  it('is read without what stands in brackets', () => {
    expect(hostsOrder('hosts: files [A=b C=d] dns')).toEqual(['files', 'dns']);
    expect(hostsOrder('host: files')).toBeNull();
  });
});

describe('by hand', () => {
  const lab = { id: 'a.b', label: 'lab', lines: ['127.0.0.1 x'] };
  const linux = { path: '/etc/hosts', platform: 'linux' } as const;

  it('says nothing where nothing is to be done', () => {
    expect(byHand(readHosts('x\n'), { ...lab, lines: [] }, linux)).toEqual({ lines: [], command: null });
  });

  it('adds, replaces and takes off, in a shell and in PowerShell', () => {
    const there = readHosts('x\n# BEGIN mooring a.b\n# END mooring a.b\n');
    expect(byHand(readHosts('x'), lab, linux).command).toMatch(/^printf '%s\\n' '' /);
    expect(byHand(there, lab, linux).command).toContain("sed '/^# BEGIN mooring a[.]b/");
    expect(byHand(there, { ...lab, lines: [] }, linux).command).not.toContain('printf');
    const windows = { path: 'C:\\Windows\\hosts', platform: 'win32' } as const;
    expect(byHand(readHosts(''), lab, windows).command).toContain(
      "Add-Content -Encoding ASCII -Path 'C:\\Windows\\hosts'",
    );
  });
});
