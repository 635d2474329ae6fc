import { Button } from '@mantine/core';
import type { StepOffer } from '../../../main/shared/setup/offers.ts';
import type { ServerView } from '../../../main/shared/snapshot.ts';
import { useAsked } from '../../api/use-asked.ts';
import { useSending } from '../../api/use-sending.ts';
import { FailureTrouble } from '../../shell/Trouble.tsx';
import { Waiting } from '../../shell/Waiting.tsx';
import { PlanSheet } from '../PlanSheet.tsx';
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
        <Waiting>Making the plan …</Waiting>
      ) : (
        <FailureTrouble failure={failure}>
          <Button size="xs" variant="default" onClick={again}>
            Try again
          </Button>
          <Button size="xs" variant="default" onClick={back}>
            Back to the choice
          </Button>
        </FailureTrouble>
      )}
    </section>
  );
}
