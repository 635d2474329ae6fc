import { Button } from '@mantine/core';
import { IconFileText } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { isOfPlaybook, type PlanRemark } from '../../main/shared/setup/plan.ts';
import { fieldErrors } from '../api/field-errors.ts';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { Waiting } from '../shell/Waiting.tsx';
import { PlanSecrets } from './PlanSecrets.tsx';
import { PlanSheet } from './PlanSheet.tsx';
import { ScriptDialog } from './ScriptDialog.tsx';
import { makePlan, startRun } from './setup-actions.ts';
import {
  changeFlow,
  currentFlow,
  currentSecrets,
  draftOf,
  setValue,
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
        <Waiting>Looking at the server and making the plan …</Waiting>
      ) : (
        <FailureTrouble failure={refusal}>
          <Button size="xs" variant="default" onClick={() => void makePlan(serverId, draftOf(flow))}>
            Try again
          </Button>
          <Button size="xs" variant="default" onClick={back}>
            Back to the form
          </Button>
        </FailureTrouble>
      )}
    </section>
  );
}

interface PlanProps {
  readonly serverId: string;
  readonly serverName: string;
  readonly planned: Planned;
  readonly onBack: () => void;
}

function ThePlan({ serverId, serverName, planned: { plan, known, stands }, onBack }: PlanProps) {
  const refusal = useRefusal(serverId);
  const secrets = useSecrets(serverId);
  const [busy, setBusy] = useState(false);
  const [script, setScript] = useState(false);
  // What stands on the server already keeps the secrets that it has.
  const missing = plan.secrets.filter(
    ({ name, origin }) => origin === 'given' && !stands && !known.includes(name) && (secrets[name] ?? '') === '',
  );
  const start = async (): Promise<void> => {
    setBusy(true);
    await startRun(serverId, plan, currentSecrets(serverId));
    setBusy(false);
  };
  const mend = async ({ field, value }: NonNullable<PlanRemark['fix']>): Promise<void> => {
    setValue(serverId, field, value);
    const flow = currentFlow(serverId);
    if (flow !== undefined) await makePlan(serverId, draftOf(flow));
  };
  return (
    <>
      <PlanSheet
        plan={plan}
        title={`${plan.title} on ${serverName}`}
        words={
          isOfPlaybook(plan)
            ? 'The playbook itself decides what there is to do.'
            : 'A step that finds nothing to do changes nothing.'
        }
        missing={missing.length === 0 ? null : `Still to be given: ${missing.map((each) => each.label).join(', ')}.`}
        refusal={refusal}
        backLabel="Back to the form"
        onBack={onBack}
        startLabel={isOfPlaybook(plan) ? 'Run the playbook' : 'Set up server'}
        busy={busy}
        onStart={() => void start()}
        onFix={(fix) => void mend(fix)}
        secrets={
          plan.secrets.length > 0 && (
            <PlanSecrets
              serverId={serverId}
              secrets={plan.secrets}
              known={known}
              stands={stands}
              values={secrets}
              errors={fieldErrors(refusal)}
            />
          )
        }
        aside={
          <Button
            variant="default"
            leftSection={<IconFileText size={16} />}
            onClick={() => {
              setScript(true);
            }}
          >
            Save as script
          </Button>
        }
      />
      {script && (
        <ScriptDialog
          serverId={serverId}
          plan={plan}
          onClose={() => {
            setScript(false);
          }}
        />
      )}
    </>
  );
}
