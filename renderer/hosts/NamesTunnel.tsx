import { Button } from '@mantine/core';
import { useState } from 'react';
import { formatEndpoint } from '../../main/shared/forward.ts';
import { webForward, type HostsTunnel } from '../../main/shared/hosts.ts';
import { describeTunnelNeeded, describeTunnelWish } from '../../main/shared/hosts-words.ts';
import type { ServerProfile } from '../../main/shared/server.ts';
import { act } from '../api/act.ts';
import { Trouble } from '../shell/Trouble.tsx';

interface Props {
  readonly profile: ServerProfile;
  /** Null: not asked yet. */
  readonly tunnel: HostsTunnel | null;
  readonly onDone: () => void;
}

/** The tunnel that names lead into: made with one click, and why its port is what it is. */
export function NamesTunnel({ profile, tunnel, onDone }: Props) {
  const [busy, setBusy] = useState(false);
  const { id: serverId, name, hosts } = profile;
  if (tunnel === null || !hosts.names.some(({ to }) => to.kind === 'tunnel')) return null;
  const { draft, portReason } = tunnel;
  const forward = webForward(profile);
  // It has changed since: another answer is on its way.
  if (tunnel.forwardId !== (forward?.id ?? null)) return null;
  if (draft !== null && (forward === null || !forward.bind.alsoIpv6)) {
    const make = async (): Promise<void> => {
      setBusy(true);
      if (forward === null) await act('forwards.add', { serverId, draft, forNames: true });
      else await act('forwards.edit', { serverId, forwardId: forward.id, draft });
      setBusy(false);
      onDone();
    };
    return (
      <Trouble
        tone="working"
        message={forward === null ? describeTunnelNeeded(name) : describeTunnelWish(tunnel, name)}
        hint={forward === null ? portReason : null}
      >
        <Button size="xs" loading={busy} onClick={() => void make()}>
          {forward === null
            ? `Add tunnel at ${formatEndpoint(draft.bind.address, draft.bind.port)}`
            : 'Listen on ::1 too'}
        </Button>
      </Trouble>
    );
  }
  if (forward === null || portReason === null || forward.bind.port === 80) return null;
  return (
    <p className="hosts-port dim">
      The addresses have :{forward.bind.port} in them. {portReason}
    </p>
  );
}
