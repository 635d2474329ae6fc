import { memo } from 'react';
import type { StepView } from '../../main/shared/setup/run.ts';
import { describeTook, stepMark, stepTookMs } from '../../main/shared/setup/setup-words.ts';
import { useNow } from '../shell/use-now.ts';
import { MarkShape } from './MarkShape.tsx';

export const RunSteps = memo(function RunSteps({ steps }: { steps: readonly StepView[] }) {
  if (steps.length === 0) return null;
  return (
    <ol className="panel run-steps" aria-label="Steps">
      {steps.map((step) => (
        <RunStep key={step.id} step={step} />
      ))}
    </ol>
  );
});

const RunStep = memo(function RunStep({ step }: { step: StepView }) {
  return (
    <li className="run-step" data-state={step.state} aria-current={step.state === 'running' ? 'step' : undefined}>
      <MarkShape mark={stepMark(step.state)} />
      <div className="run-step-text">
        <div className="run-step-title">{step.title}</div>
        {step.note !== null && <div className="run-step-note dim">{step.note}</div>}
      </div>
      <StepTime step={step} />
    </li>
  );
});

/** Alone it is drawn anew each second, and only while its step runs. */
function StepTime({ step }: { step: StepView }) {
  const nowMs = useNow(step.state === 'running');
  const tookMs = stepTookMs(step, nowMs);
  if (tookMs === null) return null;
  // Tenths of a second that jump by ten tell nothing.
  const shownMs = step.endedMs === null ? Math.floor(tookMs / 1000) * 1000 : tookMs;
  return (
    <span className="run-step-time figures dim">
      {step.endedMs === null ? describeTook(shownMs).replace('.0 s', ' s') : describeTook(shownMs)}
    </span>
  );
}
