import { Button } from '@mantine/core';
import type { DemoFault } from '../../main/shared/contract.ts';
import { act } from '../api/act.ts';

const faults: Record<DemoFault, { readonly label: string; readonly title: string }> = {
  'drop-connection': {
    label: 'the connection drops',
    title: 'The listeners stay, clients wait, and the connection comes back by itself',
  },
  'stop-answering': {
    label: 'the server stops answering',
    title: 'The dead link is noticed by keepalive and made anew',
  },
  'change-host-key': {
    label: 'the host key changes',
    title: 'Mooring stops and shows the old and the new key side by side',
  },
};

export function DemoPanel({ up }: { up: boolean }) {
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
          onClick={() => void act('demo.break', { fault })}
        >
          {faults[fault].label}
        </Button>
      ))}
    </section>
  );
}
