import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Forward } from '../../main/shared/forward.ts';
import type { ForwardClient, ForwardHistory, ServiceView } from '../../main/shared/services.ts';
import { describeLatency } from '../../main/shared/services.ts';
import { describeDuration } from '../../main/shared/words.ts';
import { act } from '../api/act.ts';
import { client } from '../api/client.ts';
import { useNow } from '../shell/use-now.ts';
import { TrafficLine } from './TrafficLine.tsx';

interface Props {
  readonly serverId: string;
  readonly forward: Forward;
  readonly service: ServiceView | null;
}

/** As often as the core has something new to say. */
const everyMs = 5_000;

/** How it does, what passed, and who uses it, of a tunnel that is unfolded. */
export function TunnelDetails({ serverId, forward, service }: Props) {
  const { history, clients } = useUse(serverId, forward.id);
  const [busy, setBusy] = useState(false);
  const nowMs = useNow(true);
  const check = async (): Promise<void> => {
    setBusy(true);
    await act('services.check', { serverId, forwardId: forward.id });
    setBusy(false);
  };
  return (
    <div className="tunnel-details">
      {service?.notes.map((note) => (
        <p key={note} className="tunnel-note">
          {note}
        </p>
      ))}
      <div className="tunnel-use">
        {history !== null && <TrafficLine history={history} />}
        <div className="tunnel-facts dim">
          {service !== null && (
            <span className="figures">
              {service.latencyMs !== null && `Answers in ${describeLatency(service.latencyMs)} · `}
              asked {describeDuration(nowMs - service.checkedMs)} ago
            </span>
          )}
          <span>{usedBy(clients)}</span>
        </div>
        <Button size="xs" variant="default" loading={busy} onClick={() => void check()}>
          Check now
        </Button>
      </div>
    </div>
  );
}

function usedBy(clients: readonly ForwardClient[]): string {
  const names = clients.map(({ program, pid, connections }) => {
    const name = program ?? 'a program of another account';
    const which = pid === null ? name : `${name} (process ${String(pid)})`;
    return connections > 1 ? `${which}, ${String(connections)} connections` : which;
  });
  return names.length === 0 ? 'No program here uses it now.' : `Used by ${names.join('; ')}.`;
}

function useUse(serverId: string, forwardId: string) {
  const [history, setHistory] = useState<ForwardHistory | null>(null);
  const [clients, setClients] = useState<readonly ForwardClient[]>([]);
  useEffect(() => {
    let over = false;
    const ask = async (): Promise<void> => {
      if (document.visibilityState === 'hidden') return;
      const [samples, programs] = await Promise.all([
        client.call('forwards.history', { serverId, forwardId }),
        client.call('forwards.clients', { serverId, forwardId }),
      ]);
      if (over) return;
      if (samples.ok) setHistory(samples.value);
      if (programs.ok) setClients(programs.value.clients);
    };
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [serverId, forwardId]);
  return { history, clients };
}
