import { Button, SegmentedControl } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { EnvRemark, EnvironmentView } from '../../main/shared/environment/environment.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { act } from '../api/act.ts';
import { useAsked } from '../api/use-asked.ts';
import { StateShape } from '../shell/StateShape.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { Waiting } from '../shell/Waiting.tsx';
import { goTo, openDialog } from '../shell/ui-store.ts';
import { AwsProfile } from './AwsProfile.tsx';
import { EnvironmentText } from './EnvironmentText.tsx';
import { chooseEnvironment, shownEnvironment, useChoice } from './environment-store.ts';

/** What the environment follows from; counters of traffic and times are no part of it. */
const causesOf = ({ profile, forwards, connection, verify }: ServerView): string =>
  JSON.stringify([
    profile.wanted,
    profile.stacks,
    profile.forwards,
    forwards.map(({ state, service }) => [
      state,
      service && [service.kind, service.login, service.service, service.health],
    ]),
    'failure' in connection ? [connection.kind, connection.failure.message] : connection.kind,
    verify?.environment,
    verify?.directAccess,
  ]);

export function EnvironmentTab({ server }: { server: ServerView }) {
  const { id: serverId, name, stacks } = server.profile;
  const chosen = useChoice((state) => state.environments[serverId]);
  const environment = shownEnvironment(stacks, chosen);
  const asked = useAsked('environment.get', { serverId, ...(environment === undefined ? {} : { environment }) }, true);
  const causes = causesOf(server);
  const last = useRef(causes);
  const { again } = asked;
  useEffect(() => {
    if (last.current !== causes) again();
    last.current = causes;
  });
  if (asked.failure !== null) {
    return (
      <div className="environment">
        <FailureTrouble failure={asked.failure}>
          <Button size="xs" variant="default" onClick={again}>
            Try again
          </Button>
        </FailureTrouble>
      </div>
    );
  }
  const view = asked.value;
  if (view === null) {
    return (
      <div className="environment">
        <Waiting>Looking at tunnels and keychain …</Waiting>
      </div>
    );
  }
  return (
    <div className="environment" aria-busy={asked.asking}>
      {view.environments.length > 1 && (
        <SegmentedControl
          className="environment-choice"
          size="xs"
          aria-label="Environment"
          data={[...view.environments]}
          value={view.environment ?? ''}
          onChange={(value) => {
            chooseEnvironment(serverId, value);
          }}
        />
      )}
      <EnvRemarks serverId={serverId} remarks={view.remarks} />
      {view.variables.length === 0 ? (
        <NothingYet server={server} />
      ) : (
        <Full name={name} serverId={serverId} view={view} again={again} />
      )}
    </div>
  );
}

interface FullProps {
  readonly serverId: string;
  readonly name: string;
  readonly view: EnvironmentView;
  readonly again: () => void;
}

function Full({ serverId, name, view, again }: FullProps) {
  return (
    <>
      {/* What is shown of one environment is not shown of the next. */}
      <EnvironmentText key={view.environment} serverId={serverId} serverName={name} view={view} />
      {view.aws !== null && (
        <AwsProfile serverId={serverId} environment={view.environment} aws={view.aws} again={again} />
      )}
      <section className="panel environment-whys" aria-label="What each is for">
        <h3>What each is for</h3>
        <dl>
          {view.variables.map(({ name: variable, why, isKnown }) => (
            <div key={variable}>
              <dt className="mono">{variable}</dt>
              <dd>
                {why}
                {!isKnown && <span className="state-needs-you"> Not known here.</span>}
              </dd>
            </div>
          ))}
        </dl>
      </section>
    </>
  );
}

function EnvRemarks({ serverId, remarks }: { serverId: string; remarks: readonly EnvRemark[] }) {
  if (remarks.length === 0) return null;
  return (
    <ul className="remarks" aria-label="Remarks">
      {remarks.map(({ level, message, hint, fix }) => (
        <li key={message} data-level={level === 'trouble' ? 'warning' : 'note'}>
          {level === 'note' ? <IconInfoCircle size={15} aria-hidden /> : <StateShape light="needs-you" size={13} />}
          <div>
            <strong>{message}</strong>
            {hint !== null && fix === null && <div>{hint}</div>}
          </div>
          {fix !== null && (
            <Button
              size="compact-xs"
              className="environment-fix"
              onClick={() =>
                void act('wanted.set', {
                  serverId,
                  ...(fix.kind === 'turn-on' ? { forwardId: fix.forwardId } : {}),
                  on: true,
                })
              }
            >
              {fix.kind === 'connect' ? 'Connect' : 'Turn it on'}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

function NothingYet({ server }: { server: ServerView }) {
  const { id: serverId, name } = server.profile;
  return (
    <section className="panel" aria-label="Nothing yet">
      <h3>Nothing for code to use yet</h3>
      <p className="dim">
        Here stands what MLflow, boto3 and psql need to use {name}: address, user, password. It follows from what is set
        up there, or from tunnels to an MLflow, a store or a PostgreSQL.
      </p>
      <div className="stack-actions">
        <Button
          size="xs"
          onClick={() => {
            goTo(serverId, 'setup');
          }}
        >
          Set something up
        </Button>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            openDialog({ kind: 'add-tunnel', serverId, presetName: 'mlflow' });
          }}
        >
          Add a tunnel
        </Button>
      </div>
    </section>
  );
}
