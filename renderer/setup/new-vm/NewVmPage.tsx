import { Button, CloseButton } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { Failure } from '../../../main/shared/failure.ts';
import { isOver } from '../../../main/shared/setup/run.ts';
import type { ServerView } from '../../../main/shared/snapshot.ts';
import { useServer, useSnapshot } from '../../api/store.ts';
import { NeedsYouBanner } from '../../prompts/NeedsYouBanner.tsx';
import { goHome, goTo, type Tab } from '../../shell/ui-store.ts';
import { ConnectFirst } from '../ConnectFirst.tsx';
import { setUpFocus } from '../focus.ts';
import { PlanView } from '../PlanView.tsx';
import { RunPage } from '../RunPage.tsx';
import { closeRun } from '../setup-actions.ts';
import { changeFlow, openForm, useFlow, type Flow } from '../setup-store.ts';
import { StackCards } from '../StackCards.tsx';
import { StackForm } from '../StackForm.tsx';
import { connectNewVm } from './connect-new-vm.ts';
import { LoginStep } from './LoginStep.tsx';
import { changeNewVm, showFinished, startOver, takeUp, useNewVm, type NewVm } from './new-vm-store.ts';
import { ProveStep } from './ProveStep.tsx';
import { WhereStep } from './WhereStep.tsx';

const stepWords = {
  where: 'Where',
  login: 'Login',
  prove: 'Prove',
  stack: 'Stack',
  plan: 'Plan',
  run: 'Run',
  done: 'Done',
} as const;
type ShownStep = keyof typeof stepWords;
const shownSteps = Object.keys(stepWords) as readonly ShownStep[];

function stepOf({ step }: NewVm, server: ServerView | undefined, flow: Flow | undefined): ShownStep {
  if (step !== 'stack' || server === undefined) return step === 'stack' ? 'prove' : step;
  if (server.run !== null) return isOver(server.run) && server.run.state.kind === 'done' ? 'done' : 'run';
  return flow?.open === true && flow.step === 'plan' ? 'plan' : 'stack';
}

/** From an address to a server that is set up. Leaving in the middle loses nothing. */
export function NewVmPage() {
  const [resumed, setResumed] = useState(takeUp);
  const vm = useNewVm();
  const server = useServer(vm.serverId ?? '');
  const some = useSnapshot(({ servers }) => servers.length > 0);
  const flow = useFlow(vm.serverId ?? '');
  const [refusal, setRefusal] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const step = stepOf(vm, server, flow);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    setUpFocus(heading.current);
  }, [step]);

  const isDone = step === 'done';
  useEffect(() => (isDone ? showFinished() : undefined), [isDone]);

  const connect = async (): Promise<void> => {
    setBusy(true);
    setRefusal(await connectNewVm());
    setBusy(false);
  };
  return (
    <article className="new-vm" aria-label="Set up a new VM">
      <header className="new-vm-head">
        <h1 ref={heading} tabIndex={-1}>
          Set up a new VM
        </h1>
        {server !== undefined && vm.step !== 'where' && <span className="dim ellipsis">{server.profile.name}</span>}
        <span className="spring" />
        {(resumed || vm.step !== 'where') && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            title={server === undefined ? undefined : `${server.profile.name} stays in the list of servers`}
            onClick={() => {
              startOver();
              setResumed(false);
              setRefusal(null);
            }}
          >
            {step === 'done' ? 'Set up another' : 'Start over'}
          </Button>
        )}
        <CloseButton
          aria-label="Leave"
          title="What you typed is kept"
          onClick={() => {
            if (server !== undefined) goTo(server.profile.id, vm.step === 'stack' ? 'setup' : 'tunnels');
            else goHome();
          }}
        />
      </header>
      <ol className="stepper" aria-label="Steps">
        {shownSteps.map((each, index) => (
          <li
            key={each}
            data-state={index < shownSteps.indexOf(step) ? 'behind' : each === step ? 'here' : 'ahead'}
            aria-current={each === step ? 'step' : undefined}
          >
            <span className="stepper-mark figures" aria-hidden>
              {index < shownSteps.indexOf(step) || step === 'done' ? '✓' : index + 1}
            </span>
            <span className="stepper-words">{stepWords[each]}</span>
          </li>
        ))}
      </ol>
      {resumed && step !== 'done' && step !== 'run' && (
        <p className="new-vm-resumed dim" role="note">
          Taken up where you left it.
        </p>
      )}
      {step === 'where' && <WhereStep values={vm.values} refusal={refusal} isOnly={!some} />}
      {step === 'login' && <LoginStep values={vm.values} refusal={refusal} busy={busy} connect={connect} />}
      {step === 'prove' && <ProveStep server={server} busy={busy} connect={connect} />}
      {server !== undefined && (step === 'stack' || step === 'plan') && <Choose server={server} flow={flow} />}
      {server?.run && (step === 'run' || step === 'done') && (
        <>
          <NeedsYouBanner serverId={server.profile.id} name={server.profile.name} />
          <RunPage server={server} run={server.run} doneButton={<ToThePage server={server} />} />
        </>
      )}
    </article>
  );
}

function Choose({ server, flow }: { server: ServerView; flow: Flow | undefined }) {
  const { id: serverId, name } = server.profile;
  return (
    <div className="setup">
      <ConnectFirst profile={server.profile} connection={server.connection} />
      {flow?.open !== true ? (
        <>
          <h2>What shall run on {name}?</h2>
          <StackCards
            enabled={server.connection.kind === 'up'}
            onChoose={(stack) => {
              openForm(serverId, stack);
            }}
          />
        </>
      ) : flow.step === 'plan' ? (
        <PlanView serverId={serverId} serverName={name} flow={flow} />
      ) : (
        <StackForm
          serverId={serverId}
          flow={flow}
          onBack={() => {
            changeFlow(serverId, { open: false });
          }}
        />
      )}
      {flow?.open !== true && (
        <div>
          <Button
            variant="subtle"
            color="gray"
            onClick={() => {
              changeNewVm({ step: 'prove' });
            }}
          >
            Back
          </Button>
        </div>
      )}
    </div>
  );
}

/** Its names are offered where none are wished yet. */
function ToThePage({ server }: { server: ServerView }) {
  const { id, name, hosts } = server.profile;
  const leaveFor = (tab: Tab): void => {
    if (server.run !== null) void closeRun(id, server.run);
    startOver();
    goTo(id, tab);
  };
  return (
    <>
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          leaveFor('tunnels');
        }}
      >
        Go to {name}
      </Button>
      {hosts.names.length === 0 && (
        <Button
          size="xs"
          variant="subtle"
          title="Such as mlflow-server.local, in the hosts file of this machine"
          onClick={() => {
            leaveFor('hosts');
          }}
        >
          Give it names…
        </Button>
      )}
    </>
  );
}
