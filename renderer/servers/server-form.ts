/** What the server form holds while it is typed, and its way to and from a draft. Validation is the core's. */
import type { ForwardPreset } from '../../main/shared/forward.ts';
import type { Login, ServerDraft, ServerProfile } from '../../main/shared/server.ts';
import {
  emptyTunnel,
  portNumber,
  tunnelFromDraft,
  tunnelFromPreset,
  tunnelToDraft,
  type PortText,
  type TunnelValues,
} from '../tunnels/tunnel-form.ts';

export interface ServerValues {
  readonly name: string;
  readonly address: string;
  readonly port: PortText;
  readonly user: string;
  readonly loginKind: Login['kind'];
  readonly keyPath: string;
  readonly tunnels: readonly TunnelValues[];
}

export const emptyServer: ServerValues = {
  name: '',
  address: '',
  port: 22,
  user: '',
  loginKind: 'auto',
  keyPath: '',
  tunnels: [],
};

export function serverFromDraft(draft: ServerDraft | ServerProfile): ServerValues {
  return {
    name: draft.name,
    address: draft.address,
    port: draft.port,
    user: draft.user,
    loginKind: draft.login.kind,
    keyPath: draft.login.kind === 'key' ? draft.login.path : '',
    tunnels: draft.forwards.map(tunnelFromDraft),
  };
}

export function serverToDraft(values: ServerValues): ServerDraft {
  const address = values.address.trim();
  return {
    name: values.name.trim() || address,
    address,
    port: portNumber(values.port),
    user: values.user.trim(),
    login: values.loginKind === 'key' ? { kind: 'key', path: values.keyPath.trim() } : { kind: values.loginKind },
    forwards: values.tunnels.map(tunnelToDraft),
  };
}

export const hasPreset = (values: ServerValues, preset: ForwardPreset): boolean =>
  values.tunnels.some((each) => each.service === preset.service && each.targetPort === preset.targetPort);

/** A chip is a toggle: it adds the preset's tunnel, or takes it out again. */
export function togglePreset(values: ServerValues, preset: ForwardPreset, takenPorts: readonly number[]): ServerValues {
  if (hasPreset(values, preset)) {
    const tunnels = values.tunnels.filter(
      (each) => each.service !== preset.service || each.targetPort !== preset.targetPort,
    );
    return { ...values, tunnels };
  }
  const ports = [...takenPorts, ...values.tunnels.map((each) => portNumber(each.bindPort))];
  const labels = values.tunnels.map((each) => each.label);
  return { ...values, tunnels: [...values.tunnels, tunnelFromPreset(preset, ports, labels)] };
}

export const addCustom = (values: ServerValues): ServerValues => ({
  ...values,
  tunnels: [...values.tunnels, emptyTunnel],
});
