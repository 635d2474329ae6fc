import { Button, Checkbox, Loader } from '@mantine/core';
import { useState } from 'react';
import { formatEndpoint } from '../../main/shared/forward.ts';
import type { HostsTunnel } from '../../main/shared/hosts.ts';
import { describeConflict, describeWay } from '../../main/shared/hosts-words.ts';
import { useAsked } from '../setup/use-asked.ts';
import { Trouble } from '../shell/Trouble.tsx';
import { DiffView } from './DiffView.tsx';
import { choose, useOutcome, write, type HostsChoice } from './hosts-actions.ts';

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
  const [withTunnel, setWithTunnel] = useState(true);
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
        <Trouble tone="failed" message={diff.failure.message} hint={diff.failure.hint} detail={diff.failure.detail}>
          <Button size="xs" variant="default" onClick={diff.again}>
            Try again
          </Button>
        </Trouble>
      )}
      {diff.asking && value === null && (
        <p className="facts-line dim" role="status">
          <Loader size={14} /> Reading the file …
        </p>
      )}
      {value !== null && diff.failure === null && (
        <>
          {value.changes ? (
            <DiffView lines={value.lines} />
          ) : (
            <p className="dim hosts-none">The file stays as it is.</p>
          )}
          {value.tunnel !== null && (
            <TunnelChoice name={name} tunnel={value.tunnel} checked={withTunnel} onChange={setWithTunnel} />
          )}
          {value.leaves !== null && (
            <p className="hosts-none">The tunnel {value.leaves}, which was made for these names, goes with them.</p>
          )}
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

interface TunnelChoiceProps {
  readonly name: string;
  readonly tunnel: HostsTunnel;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

/** The tunnel that is made, or changed, along with the names. */
function TunnelChoice({ name, tunnel: { draft, forwardId, portReason }, checked, onChange }: TunnelChoiceProps) {
  if (draft === null) return null;
  const here = formatEndpoint(draft.bind.address, draft.bind.port);
  return (
    <Checkbox
      label={
        forwardId === null
          ? `Add the tunnel ${draft.label} that they need: ${here} to port 80 of ${name}`
          : `Have the tunnel ${draft.label} listen on ::1 as well: macOS tries that first`
      }
      description={forwardId === null ? portReason : null}
      checked={checked}
      onChange={(event) => {
        onChange(event.currentTarget.checked);
      }}
    />
  );
}
