import { Button, Group, Loader, Radio, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import type { Failure } from '../../main/shared/failure.ts';
import { adoptedPort } from '../../main/shared/setup/offers.ts';
import { isImpossible, type Plan } from '../../main/shared/setup/plan.ts';
import { client } from '../api/client.ts';
import { useServer } from '../api/store.ts';
import { AppDialog } from '../shell/AppDialog.tsx';
import { Trouble } from '../shell/Trouble.tsx';
import { goTo } from '../shell/ui-store.ts';
import { PlanStep } from './PlanStep.tsx';
import { Remarks } from './Remarks.tsx';
import { useAsked } from './use-asked.ts';

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
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Failure | null>(null);
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
    setBusy(true);
    const serverName = removeData ? { serverName: typed.trim() } : {};
    const reply = await client.call('setup.uninstall', { serverId, environment, removeData, ...serverName });
    setBusy(false);
    if (reply.ok) {
      onClose();
      goTo(serverId, 'setup');
    } else setRefusal(reply.error);
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
        {plan === null && failure === null && (
          <p className="facts-line dim" role="status">
            <Loader size={14} /> Looking at what is there …
          </p>
        )}
        {failure !== null && (
          <Trouble tone="failed" message={failure.message} hint={failure.hint} detail={failure.detail}>
            <Button size="xs" variant="default" onClick={again}>
              Try again
            </Button>
          </Trouble>
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
        {refusal !== null && (
          <Trouble tone="failed" message={refusal.message} hint={refusal.hint} detail={refusal.detail} />
        )}
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
