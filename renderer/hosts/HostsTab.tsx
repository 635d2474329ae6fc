import { Button, Switch } from '@mantine/core';
import type { HostsWish } from '../../main/shared/hosts.ts';
import {
  describeConflict,
  describeDrift,
  describeHosts,
  describeStandIn,
  hostsLight,
  standInHint,
} from '../../main/shared/hosts-words.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { act } from '../api/act.ts';
import { useSnapshot } from '../api/store.ts';
import { useAsked } from '../api/use-asked.ts';
import { StateShape } from '../shell/StateShape.tsx';
import { FailureTrouble, Trouble } from '../shell/Trouble.tsx';
import { AddNames } from './AddNames.tsx';
import { ByHand } from './ByHand.tsx';
import { ChangePanel } from './ChangePanel.tsx';
import { HostsHistory } from './HostsHistory.tsx';
import { NameList } from './NameList.tsx';
import { NamesTunnel } from './NamesTunnel.tsx';
import { choose, useChoice, useOutcome, write, type HostsChoice } from './hosts-actions.ts';

/**
 * Names of the server in the hosts file: what is wished, what is there, and the way from one to the other. What is chosen
 * here is saved once it is written.
 */
export function HostsTab({ server }: { server: ServerView }) {
  const { profile: saved, hosts: view } = server;
  const { id: serverId } = saved;
  const choice = useChoice(serverId);
  const wish = choice?.hosts ?? saved.hosts;
  const profile = { ...saved, hosts: wish };
  const file = useSnapshot((snapshot) => snapshot.hosts);
  // Reads the file and asks the system when the tab is opened; what it finds comes in the snapshot too.
  const asked = useAsked('hosts.get', { serverId }, true);
  const outcome = useOutcome(serverId);
  const change = (hosts: HostsWish): void => {
    const isBack = JSON.stringify(hosts) === JSON.stringify(saved.hosts);
    // What is off, and in no file, changes nothing for anybody.
    if (!hosts.on && !saved.hosts.on && view.inFile === null) {
      choose(serverId, null);
      void act('hosts.set', { serverId, hosts });
    } else choose(serverId, isBack ? null : { ...choice, hosts });
  };
  const isEmpty = wish.names.length === 0;
  const words = choice === null ? describeHosts(saved, view, file) : 'Not written yet';
  const canWrite = view.drift === null && file.failure === null;
  const isPending = view.pending && (view.wished !== null || !saved.hosts.on);
  return (
    <div className="hosts">
      <div className="hosts-head">
        <Switch
          aria-label={`Names of ${profile.name} on`}
          checked={wish.on}
          disabled={isEmpty && !wish.on}
          onChange={(event) => {
            change({ ...wish, on: event.currentTarget.checked });
          }}
        />
        <h2>Names on this computer</h2>
        <span className="hosts-state" role="status">
          <StateShape light={choice === null ? hostsLight(saved, view) : 'needs-you'} size={10} />
          {words}
        </span>
      </div>
      {isEmpty && (
        <p className="hosts-none dim">
          A name such as mlflow-server.local can lead to {profile.name}, through its tunnel or directly. Mooring keeps
          such names in a block of its own in {file.path}, and writes it only when you say so.
        </p>
      )}
      {!file.isSystem && <Trouble tone="working" message={`${describeStandIn(file)}.`} hint={standInHint} />}
      {file.failure !== null && (
        <FailureTrouble failure={file.failure}>
          <Button size="xs" variant="default" loading={asked.asking} onClick={asked.again}>
            Look again
          </Button>
        </FailureTrouble>
      )}
      {file.nameOrder !== null && !isEmpty && (
        <Trouble tone="working" message={file.nameOrder.message} hint={file.nameOrder.hint} />
      )}
      {view.drift !== null && <Drift server={server} path={file.path} choice={choice} />}
      {view.failure !== null && <FailureTrouble failure={view.failure} />}
      {!isEmpty && (
        <NameList
          profile={profile}
          view={view}
          onChange={(names) => {
            change({ ...wish, names });
          }}
        />
      )}
      <AddNames profile={profile} confirmed={choice?.confirmed === true} />
      {choice === null && !(isPending && canWrite) && (
        <NamesTunnel profile={profile} tunnel={asked.value?.tunnel ?? null} onDone={asked.again} />
      )}
      {view.conflicts.length > 0 && (
        <Trouble
          tone="working"
          message={`Other lines of ${file.path} have the same names. Mooring does not touch them.`}
          hint={
            <ul className="hosts-lines">
              {view.conflicts.map((each) => (
                <li key={`${String(each.line)} ${each.name}`}>
                  {describeConflict(each)} <span className="mono dim">{each.text}</span>
                </li>
              ))}
            </ul>
          }
        />
      )}
      {outcome?.kind === 'by-hand' && (view.pending || file.strays.length > 0) && (
        <ByHand outcome={outcome} path={file.path} />
      )}
      {canWrite && (choice !== null || isPending) && (
        <ChangePanel
          // Another change is asked for anew.
          key={JSON.stringify([choice, view.wished, view.inFile])}
          serverId={serverId}
          name={profile.name}
          path={file.path}
          writing={view.writing}
          takesOut={!wish.on}
          choice={choice}
          onDone={asked.again}
        />
      )}
      {view.wished === null && saved.hosts.on && (
        <Trouble
          tone="working"
          message={`The address of ${profile.name} is not known: ${profile.address} does not resolve now.`}
          hint="Names that lead to the server itself need it."
        />
      )}
      {file.strays.map((stray) => (
        <Trouble
          key={stray.blockId}
          tone="working"
          message={`${file.path} has names of a server that is not here: ${stray.label || stray.blockId}.`}
          hint={stray.names.join(', ')}
        >
          <Button
            size="xs"
            variant="default"
            onClick={() => void write(serverId, 'hosts.remove', { serverId: stray.blockId })}
          >
            Take them out
          </Button>
        </Trouble>
      ))}
      <HostsHistory serverId={serverId} shown={JSON.stringify(view.inFile)} />
    </div>
  );
}

interface DriftProps {
  readonly server: ServerView;
  readonly path: string;
  readonly choice: HostsChoice | null;
}

function Drift({ server, path, choice }: DriftProps) {
  const { profile, hosts: view } = server;
  const serverId = profile.id;
  if (view.drift === null) return null;
  const found = 'found' in view.drift ? view.drift.found : [];
  return (
    <Trouble
      tone="needs-you"
      message={describeDrift(view.drift, path)}
      hint={
        found.length > 0 ? (
          <pre className="code hosts-diff" aria-label="What is there now" tabIndex={0}>
            {found.join('\n')}
          </pre>
        ) : (
          'Nothing of this server is in the file now.'
        )
      }
    >
      <Button
        size="xs"
        loading={view.writing}
        onClick={() => void write(serverId, 'hosts.apply', { serverId, overDrift: true, ...choice })}
      >
        Write mine over it
      </Button>
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          choose(serverId, null);
          void act('hosts.keep-theirs', { serverId });
        }}
      >
        {found.length > 0 ? 'Keep what is there' : 'Leave them out'}
      </Button>
    </Trouble>
  );
}
