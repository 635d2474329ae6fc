import { Button, Loader } from '@mantine/core';
import { describeWay } from '../../main/shared/hosts-words.ts';
import { useAsked } from '../setup/use-asked.ts';
import { Trouble } from '../shell/Trouble.tsx';
import { DiffView } from './DiffView.tsx';
import { useOutcome, write } from './hosts-actions.ts';

interface Props {
  readonly serverId: string;
  readonly name: string;
  readonly path: string;
  readonly writing: boolean;
  /** The names are off: the block is to go. */
  readonly takesOut: boolean;
}

/** The change before it is made. What is written is what was shown: for another file it is shown anew. */
export function ChangePanel({ serverId, name, path, writing, takesOut }: Props) {
  const diff = useAsked('hosts.diff', { serverId }, true);
  const outcome = useOutcome(serverId);
  const apply = async (): Promise<void> => {
    if (diff.value === null) return;
    const done = await write(serverId, 'hosts.apply', { serverId, from: diff.value.from });
    if (done === null) diff.again();
  };
  return (
    <section className="panel hosts-change" aria-label={`The change of ${path}`}>
      <div className="panel-head">
        <h3>{takesOut ? `What is taken out of ${path}` : `What is written into ${path}`}</h3>
        <Button
          disabled={diff.value === null || diff.asking || diff.failure !== null}
          loading={writing}
          onClick={() => void apply()}
        >
          {takesOut ? 'Take them out' : 'Write hosts file'}
        </Button>
        <span className="dim" role="status">
          {writing
            ? 'Your system may be asking for a password in a window of its own.'
            : outcome?.kind === 'cancelled'
              ? `Nothing was written: your system was not given leave. The names of ${name} are kept here.`
              : diff.value !== null && describeWay[diff.value.way]}
        </span>
      </div>
      {diff.failure !== null && (
        <Trouble tone="failed" message={diff.failure.message} hint={diff.failure.hint} detail={diff.failure.detail}>
          <Button size="xs" variant="default" onClick={diff.again}>
            Try again
          </Button>
        </Trouble>
      )}
      {diff.asking && diff.value === null && (
        <p className="facts-line dim" role="status">
          <Loader size={14} /> Reading the file …
        </p>
      )}
      {diff.value !== null && diff.failure === null && <DiffView lines={diff.value.lines} />}
    </section>
  );
}
