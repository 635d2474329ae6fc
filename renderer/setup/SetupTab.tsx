import type { ServerView } from '../../main/shared/snapshot.ts';
import { ConnectFirst } from './ConnectFirst.tsx';
import { PlanView } from './PlanView.tsx';
import { PutRightPage } from './put-right/PutRightPage.tsx';
import { usePuttingRight } from './put-right/put-right-store.ts';
import { RunPage } from './RunPage.tsx';
import { SetupHome } from './SetupHome.tsx';
import { StackForm } from './StackForm.tsx';
import { changeFlow, useFlow } from './setup-store.ts';
import { usePastRun } from './past-run.ts';

/** A run before all else; then what is being filled in or looked at; else what is there and what could be. */
export function SetupTab({ server }: { server: ServerView }) {
  const serverId = server.profile.id;
  const flow = useFlow(serverId);
  const puttingRight = usePuttingRight(serverId);
  const isPast = usePastRun(server.run);
  if (server.run !== null && !isPast) return <RunPage server={server} run={server.run} />;
  if (puttingRight !== undefined) return <PutRightPage server={server} wish={puttingRight} />;
  if (flow?.open !== true) return <SetupHome server={server} />;
  return (
    <div className="setup">
      <ConnectFirst profile={server.profile} connection={server.connection} />
      {flow.step === 'plan' ? (
        <PlanView serverId={serverId} serverName={server.profile.name} flow={flow} />
      ) : (
        <StackForm
          serverId={serverId}
          flow={flow}
          onBack={() => {
            changeFlow(serverId, { open: false });
          }}
        />
      )}
    </div>
  );
}
