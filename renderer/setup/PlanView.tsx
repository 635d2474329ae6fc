import { Button, Group, Loader } from '@mantine/core';
import { IconArrowLeft, IconFileText } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { isImpossible } from '../../main/shared/setup/plan.ts';
import { remarkLights } from '../../main/shared/setup/setup-words.ts';
import { fieldErrors, isAllInFields } from '../api/field-errors.ts';
import { useServer } from '../api/store.ts';
import { Trouble } from '../shell/Trouble.tsx';
import { setUpFocus } from './focus.ts';
import { PlanSecrets } from './PlanSecrets.tsx';
import { PlanStep } from './PlanStep.tsx';
import { Remarks } from './Remarks.tsx';
import { ScriptDialog } from './ScriptDialog.tsx';
import { makePlan, startRun } from './setup-actions.ts';
import {
  changeFlow,
  currentSecrets,
  draftOf,
  usePlanned,
  useRefusal,
  useSecrets,
  type Flow,
  type Planned,
} from './setup-store.ts';

interface Props {
  readonly serverId: string;
  readonly serverName: string;
  readonly flow: Flow;
}

/** What would happen, to be read before anything does. After a reload it is made anew. */
export function PlanView({ serverId, serverName, flow }: Props) {
  const planned = usePlanned(serverId);
  const refusal = useRefusal(serverId);
  useEffect(() => {
    if (planned === undefined && refusal === null) void makePlan(serverId, draftOf(flow));
  }, [serverId, planned, refusal, flow]);
  const back = (): void => {
    changeFlow(serverId, { step: 'form' });
  };
  if (planned !== undefined) {
    return <ThePlan serverId={serverId} serverName={serverName} planned={planned} onBack={back} />;
  }
  return (
    <section className="panel" aria-label="Plan">
      {refusal === null ? (
        <p className="facts-line dim" role="status">
          <Loader size={14} /> Looking at the server and making the plan …
        </p>
      ) : (
        <Trouble tone="failed" message={refusal.message} hint={refusal.hint} detail={refusal.detail}>
          <Button size="xs" variant="default" onClick={() => void makePlan(serverId, draftOf(flow))}>
            Try again
          </Button>
          <Button size="xs" variant="default" onClick={back}>
            Back to the form
          </Button>
        </Trouble>
      )}
    </section>
  );
}

function ThePlan({
  serverId,
  serverName,
  planned,
  onBack,
}: {
  serverId: string;
  serverName: string;
  planned: Planned;
  onBack: () => void;
}) {
  const { plan, known } = planned;
  const refusal = useRefusal(serverId);
  const secrets = useSecrets(serverId);
  const errors = fieldErrors(refusal);
  const [busy, setBusy] = useState(false);
  const [script, setScript] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const body = useRef<HTMLElement>(null);
  useEffect(() => {
    setUpFocus(heading.current);
  }, []);
  useEffect(() => {
    if (refusal !== null) body.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [refusal]);

  const stop = plan.remarks.find((each) => each.level === 'stop');
  // What stands on the server already keeps the secrets that it has.
  const stands = useServer(serverId)?.profile.stacks.some((each) => each.environment === plan.environment) === true;
  const missing = plan.secrets.filter(
    ({ name, origin }) => origin === 'given' && !stands && !known.includes(name) && (secrets[name] ?? '') === '',
  );
  const reason = isImpossible(plan)
    ? (stop?.message ?? null)
    : missing.length > 0
      ? `Still to be given: ${missing.map((each) => each.label).join(', ')}.`
      : null;
  const start = async (): Promise<void> => {
    setBusy(true);
    await startRun(serverId, plan, currentSecrets(serverId));
    setBusy(false);
  };
  return (
    <section ref={body} className="plan" aria-label="Plan">
      <div className="panel">
        <div className="panel-head">
          <h2 ref={heading} tabIndex={-1}>
            {plan.title} on {serverName}
          </h2>
          <span className="badge">{plan.environment}</span>
        </div>
        <p className="dim">
          {plan.steps.length} {plan.steps.length === 1 ? 'step' : 'steps'},{' '}
          {plan.scope === 'system' ? 'run as root' : `run as ${plan.account}, without root`}. A step that finds nothing
          to do changes nothing.
        </p>
        <Remarks remarks={plan.remarks} />
      </div>
      {plan.secrets.length > 0 && (
        <PlanSecrets
          serverId={serverId}
          secrets={plan.secrets}
          known={known}
          stands={stands}
          values={secrets}
          errors={errors}
        />
      )}
      <div className="panel">
        <h3>Steps</h3>
        <ol className="plan-steps">
          {plan.steps.map((step) => (
            <PlanStep key={step.id} step={step} />
          ))}
        </ol>
      </div>
      {refusal !== null && !isAllInFields(refusal, (path) => plan.secrets.some((each) => each.name === path)) && (
        <Trouble tone="failed" message={refusal.message} hint={refusal.hint} detail={refusal.detail} />
      )}
      <Group className="plan-foot" justify="space-between">
        <Button variant="subtle" color="gray" leftSection={<IconArrowLeft size={16} />} onClick={onBack}>
          Back to the form
        </Button>
        <div className="plan-go">
          {reason !== null && (
            <span className={`plan-reason state-${stop === undefined ? 'needs-you' : 'failed'}`} role="status">
              {stop !== undefined && <>{remarkLights.stop.words}: </>}
              {reason}
            </span>
          )}
          <Button
            variant="default"
            leftSection={<IconFileText size={16} />}
            onClick={() => {
              setScript(true);
            }}
          >
            Save as script
          </Button>
          <Button loading={busy} disabled={reason !== null} onClick={() => void start()}>
            Set up server
          </Button>
        </div>
      </Group>
      {script && (
        <ScriptDialog
          serverId={serverId}
          plan={plan}
          onClose={() => {
            setScript(false);
          }}
        />
      )}
    </section>
  );
}
