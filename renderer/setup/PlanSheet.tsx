import { Button, Group } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useEffect, useRef, type ReactNode } from 'react';
import type { Failure } from '../../main/shared/failure.ts';
import { isImpossible, isOfPlaybook, type Plan, type PlanRemark } from '../../main/shared/setup/plan.ts';
import { remarkLights } from '../../main/shared/setup/setup-words.ts';
import { isAllInFields } from '../api/field-errors.ts';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { setUpFocus } from './focus.ts';
import { PlanStep } from './PlanStep.tsx';
import { Remarks } from './Remarks.tsx';

interface Props {
  readonly plan: Plan;
  /** `MLflow quick start on lab-vm`. */
  readonly title: string;
  /** What a run does and does not, in a sentence. */
  readonly words: string;
  /** What a person has yet to tell; null: nothing. */
  readonly missing?: string | null;
  readonly refusal: Failure | null;
  readonly backLabel: string;
  readonly onBack: () => void;
  readonly startLabel: string;
  readonly busy: boolean;
  readonly onStart: () => void;
  readonly onFix?: (fix: NonNullable<PlanRemark['fix']>) => void;
  /** Between the remarks and the steps. */
  readonly secrets?: ReactNode;
  /** Buttons beside that which begins it. */
  readonly aside?: ReactNode;
}

/** A plan, to be read before anything happens: what is to know, the steps with their commands, and the way on. */
export function PlanSheet(props: Props) {
  const { plan, refusal, missing = null, onFix } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  const body = useRef<HTMLElement>(null);
  useEffect(() => {
    setUpFocus(heading.current);
  }, []);
  useEffect(() => {
    if (refusal !== null) body.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [refusal]);
  const stop = plan.remarks.find((each) => each.level === 'stop');
  const reason = isImpossible(plan) ? (stop?.message ?? null) : missing;
  return (
    <section ref={body} className="plan" aria-label="Plan">
      <div className="panel">
        <div className="panel-head">
          <h2 ref={heading} tabIndex={-1}>
            {props.title}
          </h2>
          <span className="badge">{plan.environment}</span>
        </div>
        <p className="dim">
          {plan.steps.length} {plan.steps.length === 1 ? 'step' : 'steps'},{' '}
          {isOfPlaybook(plan)
            ? 'run on this machine'
            : plan.scope === 'system'
              ? 'run as root'
              : `run as ${plan.account}, without root`}
          . {props.words}
        </p>
        <Remarks remarks={plan.remarks} {...(onFix === undefined ? {} : { onFix })} />
      </div>
      {props.secrets}
      <div className="panel">
        <h3>Steps</h3>
        <ol className="plan-steps">
          {plan.steps.map((step) => (
            <PlanStep key={step.id} step={step} here={isOfPlaybook(plan)} />
          ))}
        </ol>
      </div>
      {plan.services.some((each) => each.localPort !== undefined) && (
        <div className="panel">
          <h3>On this computer</h3>
          <ul className="plan-tunnels">
            {plan.services.map(({ service, label, port, localPort }) => (
              <li key={service}>
                {label} answers at <span className="mono">127.0.0.1:{localPort}</span>, by a tunnel to port {port} of
                the server
              </li>
            ))}
          </ul>
        </div>
      )}
      {refusal !== null && !isAllInFields(refusal, (path) => plan.secrets.some((each) => each.name === path)) && (
        <FailureTrouble failure={refusal} />
      )}
      <Group className="plan-foot" justify="space-between">
        <Button variant="subtle" color="gray" leftSection={<IconArrowLeft size={16} />} onClick={props.onBack}>
          {props.backLabel}
        </Button>
        <div className="plan-go">
          {reason !== null && (
            <span className={`plan-reason state-${stop === undefined ? 'needs-you' : 'failed'}`} role="status">
              {stop !== undefined && <>{remarkLights.stop.words}: </>}
              {reason}
            </span>
          )}
          {props.aside}
          <Button loading={props.busy} disabled={reason !== null} onClick={props.onStart}>
            {props.startLabel}
          </Button>
        </div>
      </Group>
    </section>
  );
}
