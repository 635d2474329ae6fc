import { Button, Group, Radio, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { adoptedPort } from '../../main/shared/setup/offers.ts';
import { isImpossible, type Plan } from '../../main/shared/setup/plan.ts';
import { useServer } from '../api/store.ts';
import { useAsked } from '../api/use-asked.ts';
import { useSending } from '../api/use-sending.ts';
import { AppDialog } from '../shell/AppDialog.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { Waiting } from '../shell/Waiting.tsx';
import { goTo } from '../shell/ui-store.ts';
import { PlanStep } from './PlanStep.tsx';
import { Remarks } from './Remarks.tsx';

interface Props {
  readonly serverId: string;
  readonly environment: string;
  /** The stack itself was taken off before. */
  readonly onlyData?: true;
  readonly onClose: () => void;
}

/** Keeps the data unless the server's name is typed. What would be lost is said by the plan. */
export function UninstallDialog({ serverId, environment, onlyData, onClose }: Props) {
  const name = useServer(serverId)?.profile.name ?? '';
  const isAdopted = adoptedPort(environment) !== null;
  const [removeData, setRemoveData] = useState(onlyData === true);
  const [typed, setTyped] = useState('');
  const { busy, refusal, send } = useSending('setup.uninstall');
  const { value, failure, asking, again } = useAsked(
    'setup.plan-uninstall',
    { serverId, environment, removeData },
    true,
  );
  const plan = value?.plan ?? null;
  const ready = plan !== null && !asking && !isImpossible(plan) && (!removeData || typed.trim() === name);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!ready || busy) return;
    const serverName = removeData ? { serverName: typed.trim() } : {};
    const reply = await send({ serverId, environment, removeData, ...serverName });
    if (!reply.ok) return;
    onClose();
    goTo(serverId, 'setup');
  };
  return (
    <AppDialog
      onClose={onClose}
      size={620}
      title={onlyData ? `Remove what is left on ${name}?` : titleFor(plan, isAdopted, name)}
    >
      <form className="form" onSubmit={(event) => void submit(event)}>
        <p>
          {isAdopted
            ? 'What was changed is set back, in reverse. MLflow itself, its data and its tunnel stay.'
            : onlyData
              ? 'The stack was taken off before; now its data goes as well.'
              : 'What setup put there is taken off, in reverse. What was there before stays.'}
        </p>
        {!isAdopted && !onlyData && (
          <Radio.Group
            aria-label="Data"
            value={removeData ? 'remove' : 'keep'}
            onChange={(choice) => {
              setRemoveData(choice === 'remove');
            }}
          >
            <div className="radios">
              <Radio value="keep" label="Keep the data" description="Setting up again finds it." data-autofocus />
              <Radio value="remove" label="Remove the data too" />
            </div>
          </Radio.Group>
        )}
        {plan === null && failure === null && <Waiting>Looking at what is there …</Waiting>}
        {failure !== null && (
          <FailureTrouble failure={failure}>
            <Button size="xs" variant="default" onClick={again}>
              Try again
            </Button>
          </FailureTrouble>
        )}
        {plan !== null && <Remarks remarks={plan.remarks} />}
        {plan !== null && (
          <details className="plan-details">
            <summary>
              {plan.steps.length} {plan.steps.length === 1 ? 'step' : 'steps'}
            </summary>
            <ol className="plan-steps">
              {plan.steps.map((step) => (
                <PlanStep key={step.id} step={step} />
              ))}
            </ol>
          </details>
        )}
        {removeData && (
          <TextInput
            label={
              <>
                Type <span className="mono">{name}</span> to remove its data for good
              </>
            }
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
            }}
          />
        )}
        {refusal !== null && <FailureTrouble failure={refusal} />}
        <Group className="form-foot" justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" {...(isAdopted ? {} : { color: 'failed' })} disabled={!ready} loading={busy}>
            {isAdopted
              ? 'Take back'
              : onlyData
                ? 'Remove the data'
                : removeData
                  ? 'Uninstall and remove data'
                  : 'Uninstall'}
          </Button>
        </Group>
      </form>
    </AppDialog>
  );
}

function titleFor(plan: Plan | null, isAdopted: boolean, name: string): string {
  if (isAdopted) return `${plan?.title ?? 'Take back what was put right'} on ${name}?`;
  return plan === null ? `Uninstall from ${name}` : `${plan.title} from ${name}?`;
}
