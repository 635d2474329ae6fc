/** What the machine's network looks like, from its interfaces. */
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import type { Network } from '../core/ports.ts';

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Bridges and cables that container and VM engines put up and take down as they like; the way to a server does not
 * change with them. systemd-nspawn's `ve-NAME`, VPNs (tun, wg, utun) and Hyper-V's external switches do count.
 */
const engineMade = [
  /^docker\d+$/,
  /^docker_gwbridge$/,
  /^br-[0-9a-f]{12}$/,
  /^veth/,
  /^(virbr|lxcbr|lxdbr|cni|podman)\d+(-nic)?$/,
  /^(cali|flannel|cilium)/,
  /^(vmnet|vboxnet|bridge1)\d+$/,
  /^vEthernet \((WSL|Default Switch|nat|Container NIC)/i,
];

export interface NetworkOptions {
  readonly interfaces?: () => Interfaces;
}

/** `interfaces` is os.networkInterfaces() but for tests. Both methods take well under a millisecond. */
export function createNetwork(options: NetworkOptions = {}): Network {
  const interfaces = options.interfaces ?? networkInterfaces;
  return {
    signature: () => networkSignature(interfaces()),
    online: () => networkOnline(interfaces()),
  };
}

/**
 * `name address` for each address that says where we are, sorted. Left out: loopback; IPv6 link-local, which macOS gives
 * to interfaces of its own (awdl, llw, utun) that come and go all day; what container engines make; and the last 64
 * bits of an IPv6 address, because privacy addresses are renewed daily while the network stays the same.
 */
export function networkSignature(interfaces: Interfaces): string {
  const lines = Object.entries(interfaces).flatMap(([name, addresses]) =>
    engineMade.some((each) => each.test(name))
      ? []
      : routable(addresses).map(
          (each) => `${name} ${each.family === 'IPv6' ? ipv6Prefix(each.address) : each.address}`,
        ),
  );
  return [...new Set(lines)].sort().join('\n');
}

/**
 * True when any interface but loopback has an address that can be routed. Engines' bridges count here: a server may be
 * a VM on one. An interface with nothing but an IPv6 link-local address does not: macOS always has some.
 */
export function networkOnline(interfaces: Interfaces): boolean {
  return Object.values(interfaces).some((addresses) => routable(addresses).length > 0);
}

function routable(addresses: readonly NetworkInterfaceInfo[] = []): readonly NetworkInterfaceInfo[] {
  return addresses.filter((each) => !each.internal && !/^fe[89ab]/i.test(each.address));
}

/** The first 64 bits, as four groups. An address that can't be read is taken whole. */
function ipv6Prefix(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 tail (::ffff:1.2.3.4) takes the room of two groups.
  const missing = 8 - groups.length - after.length - (address.includes('.') ? 1 : 0);
  if (tail !== undefined && missing > 0) groups.push(...Array<string>(missing).fill('0'), ...after);
  return groups.length < 4 ? address : `${groups.slice(0, 4).join(':')}::/64`;
}
