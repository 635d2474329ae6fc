import { Button } from '@mantine/core';
import { useState } from 'react';
import type { DemoFault } from '../../main/shared/contract.ts';
import { act } from '../api/act.ts';

/** `told`: what to look at once it has happened, for some faults show nothing at first. */
const faults: Record<DemoFault, { readonly label: string; readonly title: string; readonly told: string }> = {
  'drop-connection': {
    label: 'the connection drops',
    title: 'The listeners stay, clients wait, and the connection comes back by itself',
    told: 'It was dropped, and is back in less than a second. The logs show both.',
  },
  'stop-answering': {
    label: 'the server stops answering',
    title: 'The dead link is noticed by keepalive and made anew',
    told: 'The server is silent now. Mooring notices within seconds, and connects again when it answers.',
  },
  'change-host-key': {
    label: 'the host key changes',
    title: 'Mooring stops and shows the old and the new key side by side',
    told: 'The server shows another host key now. Mooring stops and asks you.',
  },
};

export function DemoPanel({ up }: { up: boolean }) {
  const [last, setLast] = useState<DemoFault | null>(null);
  const start = async (fault: DemoFault): Promise<void> => {
    const reply = await act('demo.break', { fault });
    setLast(reply.ok ? fault : null);
  };
  return (
    <section className="demo-panel" aria-label="Demo">
      <span>See what Mooring does when</span>
      {(Object.keys(faults) as DemoFault[]).map((fault) => (
        <Button
          key={fault}
          size="compact-sm"
          variant="default"
          disabled={!up}
          title={up ? faults[fault].title : 'The demo has to be connected first'}
          onClick={() => void start(fault)}
        >
          {faults[fault].label}
        </Button>
      ))}
      <span className="demo-told dim" role="status">
        {last === null ? '' : faults[last].told}
      </span>
    </section>
  );
}
