import fc from 'fast-check';
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { createNetwork, networkOnline, networkSignature } from '../../../main/adapters/network.ts';

const v4 = (address: string, internal = false): NetworkInterfaceInfo => ({
  address,
  netmask: '255.255.255.0',
  family: 'IPv4',
  mac: '00:00:00:00:00:00',
  internal,
  cidr: `${address}/24`,
});
const v6 = (address: string, internal = false): NetworkInterfaceInfo => ({
  address,
  netmask: 'ffff:ffff:ffff:ffff::',
  family: 'IPv6',
  mac: '00:00:00:00:00:00',
  internal,
  cidr: `${address}/64`,
  scopeid: 0,
});
const loopback = { lo: [v4('127.0.0.1', true), v6('::1', true)] };
const home = { ...loopback, eth0: [v4('192.168.1.20')] };

describe('the signature changes', () => {
  test.each([
    ['another address', { ...loopback, eth0: [v4('192.168.1.21')] }],
    ['another interface', { ...loopback, wlan0: [v4('192.168.1.20')] }],
    ['one more', { ...home, wlan0: [v4('10.0.0.5')] }],
    ['a VPN', { ...home, tun0: [v4('10.8.0.2')] }],
    ['a systemd-nspawn cable', { ...home, 've-lab': [v4('10.77.2.1')] }],
    ['an IPv6 network', { ...home, eth0: [v4('192.168.1.20'), v6('2001:db8:1:2:3:4:5:6')] }],
    ["Hyper-V's external switch", { ...home, 'vEthernet (External)': [v4('10.1.1.1')] }],
    ['none left', loopback],
  ])('with %s', (_, now) => {
    expect(networkSignature(now)).not.toBe(networkSignature(home));
  });

  test('with another IPv6 network on the same interface', () => {
    const at = (address: string) => networkSignature({ eth0: [v6(address)] });
    expect(at('2001:db8:1:2::1')).not.toBe(at('2001:db8:1:3::1'));
    expect(at('2001:db8:1::1')).not.toBe(at('2001:db8::1'));
  });
});

describe('the signature stays', () => {
  test.each([
    ['in another order', { eth0: home.eth0, lo: loopback.lo }],
    ['with a container bridge', { ...home, docker0: [v4('172.17.0.1')], 'br-0123456789ab': [v4('172.18.0.1')] }],
    ['with container cables', { ...home, veth12ab: [v6('fe80::1')], cni0: [v4('10.88.0.1')] }],
    ['with VM bridges', { ...home, virbr0: [v4('192.168.122.1')], bridge100: [v4('192.168.64.1')] }],
    ['with WSL', { ...home, 'vEthernet (WSL (Hyper-V firewall))': [v4('172.20.0.1')] }],
    ["with macOS's own IPv6 link-local addresses", { ...home, awdl0: [v6('fe80::abcd')], utun0: [v6('fe80::1')] }],
    ['with an interface without addresses', { ...home, wlan0: [], wlan1: undefined }],
  ])('%s', (_, now) => {
    expect(networkSignature(now)).toBe(networkSignature(home));
  });

  test('when a privacy address is renewed within the same IPv6 network', () => {
    const at = (...addresses: string[]) => networkSignature({ eth0: addresses.map((each) => v6(each)) });
    expect(at('2001:db8:1:2:aaaa:bbbb:cccc:dddd')).toBe(at('2001:db8:1:2::77', '2001:DB8:1:2:1:2:3:4'));
  });
});

test.each([
  ['loopback only', loopback, false],
  ['nothing', {}, false],
  ['link-local IPv6 only', { ...loopback, utun0: [v6('fe80::1')] }, false],
  ['Ethernet', home, true],
  ['a bridge to VMs', { ...loopback, virbr0: [v4('192.168.122.1')] }, true],
  ['IPv6 only', { eth0: [v6('2001:db8::1')] }, true],
])('online with %s: %s', (_, now, expected) => {
  expect(networkOnline(now)).toBe(expected);
});

test('this machine', () => {
  const network = createNetwork();
  expect(network.signature()).toBe(network.signature());
  expect(typeof network.online()).toBe('boolean');
});

test('strange names and addresses never throw', () => {
  const address = fc.oneof(fc.string(), fc.ipV6(), fc.ipV4());
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.array(fc.tuple(address, fc.boolean()))), (raw) => {
      const all = Object.fromEntries(
        Object.entries(raw).map(([name, list]) => [name, list.map(([each, six]) => (six ? v6(each) : v4(each)))]),
      );
      expect(networkSignature(all)).toBe(networkSignature(all));
      networkOnline(all);
    }),
  );
});
