import { Button, Loader } from '@mantine/core';
import type { StepOffer } from '../../../main/shared/setup/offers.ts';
import type { ServerView } from '../../../main/shared/snapshot.ts';
import { useSending } from '../../api/use-sending.ts';
import { Trouble } from '../../shell/Trouble.tsx';
import { PlanSheet } from '../PlanSheet.tsx';
import { useAsked } from '../use-asked.ts';
import { changePutRight, leavePutRight } from './put-right-store.ts';

interface Props {
  readonly server: ServerView;
  readonly port: number;
  readonly chosen: readonly StepOffer[];
}

/** The plan of what was chosen, made anew whenever it is shown. */
export function PutRightPlan({ server: { profile, connection }, port, chosen }: Props) {
  const serverId = profile.id;
  const args = { serverId, port, offers: [...chosen] };
  const { asking, value, failure, again } = useAsked('setup.plan-put-right', args, connection.kind === 'up');
  const { busy, refusal, send } = useSending('setup.put-right');
  const back = (): void => {
    changePutRight(serverId, { step: 'offers' });
  };
  const start = async (): Promise<void> => {
    const reply = await send(args);
    if (reply.ok) leavePutRight(serverId);
  };
  if (value !== null && !asking && failure === null) {
    return (
      <PlanSheet
        plan={value.plan}
        title={`${value.plan.title} on ${profile.name}`}
        words="A step that finds nothing to do changes nothing."
        refusal={refusal}
        backLabel="Back to the choice"
        onBack={back}
        startLabel="Put right"
        busy={busy}
        onStart={() => void start()}
      />
    );
  }
  return (
    <section className="panel" aria-label="Plan">
      {failure === null ? (
        <p className="facts-line dim" role="status">
          <Loader size={14} /> Making the plan …
        </p>
      ) : (
        <Trouble tone="failed" message={failure.message} hint={failure.hint} detail={failure.detail}>
          <Button size="xs" variant="default" onClick={again}>
            Try again
          </Button>
          <Button size="xs" variant="default" onClick={back}>
            Back to the choice
          </Button>
        </Trouble>
      )}
    </section>
  );
}
