import { IconCheck, IconPoint, IconX } from '@tabler/icons-react';
import type { ForwardState } from '../../main/shared/snapshot.ts';
import { forwardSteps, type ForwardStep } from '../../main/shared/words.ts';

const spoken: Record<ForwardStep['state'], string> = { ok: 'well', broken: 'broken', pending: 'not known yet' };

/** The chain from this machine to the service, link by link. */
export function TunnelSteps({ state }: { state: ForwardState }) {
  return (
    <ol className="tunnel-steps">
      {forwardSteps(state).map((step) => (
        <li key={step.name} data-state={step.state} aria-label={`${step.name}: ${spoken[step.state]}`}>
          {step.state === 'ok' && <IconCheck size={14} aria-hidden />}
          {step.state === 'broken' && <IconX size={14} aria-hidden />}
          {step.state === 'pending' && <IconPoint size={14} aria-hidden />}
          {step.name}
        </li>
      ))}
    </ol>
  );
}
