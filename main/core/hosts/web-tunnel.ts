/** The tunnel behind names: to port 80 of the server, on port 80 here where the system allows that. */
import { forwardDraftOf, type ForwardDraft } from '../../shared/forward.ts';
import { webForward, type HostsTunnel } from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { LocalPorts } from '../ports.ts';
import type { Platform } from './hosts-view.ts';

export interface WebTunnelDeps {
  readonly localPorts: LocalPorts;
  readonly platform: Platform;
  /** Local ports that forwards of any server have. */
  readonly plannedPorts: readonly number[];
}

export async function webTunnel(profile: ServerProfile, deps: WebTunnelDeps): Promise<HostsTunnel> {
  const { localPorts, platform, plannedPorts } = deps;
  const alsoIpv6 = platform === 'darwin';
  const forward = webForward(profile);
  if (forward) {
    const { bind } = forward;
    const lacksIpv6 = alsoIpv6 && !bind.alsoIpv6 && bind.address !== '::1';
    const draft: ForwardDraft | null = lacksIpv6 ? { ...forwardDraftOf(forward), bind: { ...bind, alsoIpv6 } } : null;
    const portReason = bind.port === 80 ? null : await reasonNot80(bind.address, deps);
    return { forwardId: forward.id, draft, portReason };
  }
  const reason = await reasonNot80('127.0.0.1', deps);
  const may80 = reason === may80Words;
  const port = may80 ? 80 : ((await localPorts.nextFree('127.0.0.1', 8079, plannedPorts)) ?? 8080);
  const draft: ForwardDraft = {
    label: freeLabel(profile),
    service: 'http',
    bind: { address: '127.0.0.1', port, alsoIpv6 },
    target: { host: '127.0.0.1', port: 80 },
  };
  return { forwardId: null, draft, portReason: may80 ? null : reason };
}

const may80Words = 'Port 80 can be had here: change the local port of the tunnel, and the addresses need no port.';

async function reasonNot80(address: string, { localPorts, platform, plannedPorts }: WebTunnelDeps): Promise<string> {
  if (plannedPorts.includes(80)) return 'Another tunnel has port 80 here already.';
  switch (await localPorts.mayListen(address, 80)) {
    case 'yes':
      return may80Words;
    case 'taken':
      return 'Another program has port 80 of this computer.';
    case 'forbidden':
      if (platform === 'linux') {
        return 'Linux lets only root listen on port 80 (sysctl net.ipv4.ip_unprivileged_port_start).';
      }
      return platform === 'darwin'
        ? 'macOS lets only root listen on port 80 of 127.0.0.1.'
        : 'Windows does not let Mooring listen on port 80.';
  }
}

function freeLabel({ forwards }: ServerProfile): string {
  const taken = forwards.map((each) => each.label.toLowerCase());
  let label = 'HTTP';
  for (let count = 2; taken.includes(label.toLowerCase()); count += 1) label = `HTTP ${String(count)}`;
  return label;
}
