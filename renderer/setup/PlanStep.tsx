import { memo, useState } from 'react';
import type { Step } from '../../main/shared/setup/plan.ts';
import { Fold } from '../shell/Fold.tsx';

const parts = [
  { key: 'define', title: 'First, for all of them' },
  { key: 'check', title: 'Check: is anything to do?' },
  { key: 'apply', title: 'Apply' },
  { key: 'verify', title: 'Verify: is it right now?' },
  { key: 'undo', title: 'Undo' },
] as const;

/** One step in words; the commands themselves, exactly as they will run, unfold. */
export const PlanStep = memo(function PlanStep({ step, here = false }: { step: Step; here?: boolean }) {
  const [unfolded, setUnfolded] = useState(false);
  return (
    <li className="plan-step">
      <Fold className="plan-step-head" shown={unfolded} onChange={setUnfolded}>
        <span className="plan-step-title">{step.title}</span>
        {here && <span className="badge">this machine</span>}
        {step.needsRoot && <span className="badge">root</span>}
        {step.secrets.length > 0 && (
          <span className="badge" title={step.secrets.join(', ')}>
            uses a secret
          </span>
        )}
      </Fold>
      <p className="plan-step-why dim">{step.why}</p>
      {unfolded && (
        <div className="plan-step-parts">
          {parts
            .filter(({ key }) => step[key].trim() !== '')
            .map(({ key, title }) => (
              <section key={key} aria-label={title}>
                <h4>{here && key === 'define' ? 'First, its files and settings' : title}</h4>
                <pre className="code" tabIndex={0}>
                  {step[key].trim()}
                </pre>
              </section>
            ))}
          {!step.interruptible && <p className="dim">Is always finished once begun: half of it would do harm.</p>}
        </div>
      )}
    </li>
  );
});
