/** What the tunnel form holds while it is typed, and its way to and from a draft. Validation is the core's. */
import {
  forwardPresets,
  webServices,
  type ForwardDraft,
  type ForwardPreset,
  type ServiceKind,
} from '../../main/shared/forward.ts';
import type { Snapshot } from '../../main/shared/snapshot.ts';

/** Number inputs give text while half typed. */
export type PortText = number | string;

export interface TunnelValues {
  readonly label: string;
  readonly service: ServiceKind;
  readonly bindAddress: string;
  readonly bindPort: PortText;
  readonly alsoIpv6: boolean;
  readonly targetHost: string;
  readonly targetPort: PortText;
  /** Empty: bytes pass as they are. */
  readonly sendAs: string;
}

export const emptyTunnel: TunnelValues = {
  label: '',
  service: 'tcp',
  bindAddress: '127.0.0.1',
  bindPort: '',
  alsoIpv6: false,
  targetHost: '127.0.0.1',
  targetPort: '',
  sendAs: '',
};

export function tunnelFromDraft(draft: ForwardDraft): TunnelValues {
  return {
    label: draft.label,
    service: draft.service,
    bindAddress: draft.bind.address,
    bindPort: draft.bind.port,
    alsoIpv6: draft.bind.alsoIpv6,
    targetHost: draft.target.host,
    targetPort: draft.target.port,
    sendAs: draft.sendAs?.host ?? '',
  };
}

/** What is no number goes as 0, which the core refuses in its own words at the right field. */
export const portNumber = (text: PortText): number => Math.trunc(Number(text)) || 0;

export function tunnelToDraft(values: TunnelValues): ForwardDraft {
  const host = values.sendAs.trim();
  return {
    label: values.label.trim(),
    service: values.service,
    bind: { address: values.bindAddress.trim(), port: portNumber(values.bindPort), alsoIpv6: values.alsoIpv6 },
    target: { host: values.targetHost.trim(), port: portNumber(values.targetPort) },
    // Its field is there for those that speak HTTP only.
    ...(host !== '' && webServices.includes(values.service) ? { sendAs: { host } } : {}),
  };
}

/** Local ports that tunnels of any server have, so that a suggestion does not collide with our own. */
export const portsInUse = (snapshot: Snapshot): readonly number[] =>
  snapshot.servers.flatMap((server) => server.profile.forwards.map((each) => each.bind.port));

function firstFree<T>(candidate: (tried: number) => T, taken: readonly T[]): T {
  let tried = 0;
  while (taken.includes(candidate(tried))) tried += 1;
  return candidate(tried);
}

export function tunnelFromPreset(
  preset: ForwardPreset,
  takenPorts: readonly number[],
  takenLabels: readonly string[],
): TunnelValues {
  return {
    ...emptyTunnel,
    label: firstFree((tried) => (tried === 0 ? preset.label : `${preset.label} ${String(tried + 1)}`), takenLabels),
    service: preset.service,
    bindPort: firstFree((tried) => preset.localPort + tried, takenPorts),
    targetPort: preset.targetPort,
  };
}

export const findPreset = (name: string | null): ForwardPreset | undefined =>
  forwardPresets.find((each) => each.name === name);
