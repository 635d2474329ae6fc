import { Button, Checkbox } from '@mantine/core';
import type { HostsTunnel } from '../../main/shared/hosts.ts';
import {
  describeConflict,
  describeTunnelLeaving,
  describeTunnelWish,
  describeWay,
} from '../../main/shared/hosts-words.ts';
import { useAsked } from '../api/use-asked.ts';
import { FailureTrouble, Trouble } from '../shell/Trouble.tsx';
import { Waiting } from '../shell/Waiting.tsx';
import { DiffView } from './DiffView.tsx';
import { choose, setWithTunnel, useOutcome, useWithTunnel, write, type HostsChoice } from './hosts-actions.ts';

interface Props {
  readonly serverId: string;
  readonly name: string;
  readonly path: string;
  readonly writing: boolean;
  /** The names are off: the block is to go. */
  readonly takesOut: boolean;
  /** Names of this window that are not saved; null: those that are saved. */
  readonly choice: HostsChoice | null;
  /** It was made, its tunnel with it. */
  readonly onDone: () => void;
}

/** The change before it is made. What is written is what was shown: for another file it is shown anew. */
export function ChangePanel({ serverId, name, path, writing, takesOut, choice, onDone }: Props) {
  const diff = useAsked('hosts.diff', { serverId, ...choice }, true);
  const outcome = useOutcome(serverId);
  const withTunnel = useWithTunnel(serverId);
  const { value } = diff;
  const apply = async (): Promise<void> => {
    if (value === null) return;
    const tunnel = value.tunnel?.draft ? { tunnel: withTunnel } : {};
    const done = await write(serverId, 'hosts.apply', { serverId, from: value.from, ...choice, ...tunnel });
    if (done === null) diff.again();
    else onDone();
  };
  const writes = value?.changes === false ? 'Save' : takesOut ? 'Take them out' : 'Write hosts file';
  return (
    <section className="panel hosts-change" aria-label={`The change of ${path}`}>
      <div className="panel-head">
        <h3>{takesOut ? `What is taken out of ${path}` : `What is written into ${path}`}</h3>
        <Button
          disabled={value === null || diff.asking || diff.failure !== null}
          loading={writing}
          onClick={() => void apply()}
        >
          {writes}
        </Button>
        {choice !== null && (
          <Button
            variant="default"
            disabled={writing}
            onClick={() => {
              choose(serverId, null);
            }}
          >
            Leave it as it is
          </Button>
        )}
        <span className="dim" role="status">
          {writing
            ? 'Your system may be asking for a password in a window of its own.'
            : outcome?.kind === 'cancelled'
              ? `Nothing was changed: your system was not given leave. What you chose for ${name} is kept here.`
              : value !== null && value.changes && describeWay[value.way]}
        </span>
      </div>
      {diff.failure !== null && (
        <FailureTrouble failure={diff.failure}>
          <Button size="xs" variant="default" onClick={diff.again}>
            Try again
          </Button>
        </FailureTrouble>
      )}
      {diff.asking && value === null && <Waiting>Reading the file …</Waiting>}
      {value !== null && diff.failure === null && (
        <>
          {value.changes ? (
            <DiffView lines={value.lines} />
          ) : (
            <p className="dim hosts-none">The file stays as it is.</p>
          )}
          {value.tunnel !== null && (
            <TunnelCheck serverId={serverId} name={name} tunnel={value.tunnel} checked={withTunnel} />
          )}
          {value.leaves !== null && <p className="hosts-none">{describeTunnelLeaving(value.leaves)}</p>}
          {value.warning !== null && <Trouble tone="working" message={value.warning} />}
          {choice !== null &&
            value.conflicts.map((each) => (
              <p key={`${String(each.line)} ${each.name}`} className="dim hosts-none">
                {describeConflict(each)}
              </p>
            ))}
        </>
      )}
    </section>
  );
}

interface TunnelCheckProps {
  readonly serverId: string;
  readonly name: string;
  readonly tunnel: HostsTunnel;
  readonly checked: boolean;
}

/** The tunnel that is made, or changed, along with the names. */
function TunnelCheck({ serverId, name, tunnel, checked }: TunnelCheckProps) {
  const wish = describeTunnelWish(tunnel, name);
  if (wish === null) return null;
  return (
    <Checkbox
      label={wish}
      description={tunnel.forwardId === null ? tunnel.portReason : null}
      checked={checked}
      onChange={(event) => {
        setWithTunnel(serverId, event.currentTarget.checked);
      }}
    />
  );
}
