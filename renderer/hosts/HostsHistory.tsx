import { Button } from '@mantine/core';
import type { HostsHistoryEntry } from '../../main/shared/hosts.ts';
import { describeEntry } from '../../main/shared/hosts-words.ts';
import { useAsked } from '../api/use-asked.ts';
import { dayAndTime } from '../shell/day-and-time.ts';
import { FoldedSection } from '../shell/Fold.tsx';
import { write } from './hosts-actions.ts';

/** `shown`: what is in the file now; another content is a new entry. */
export function HostsHistory({ serverId, shown }: { serverId: string; shown: string }) {
  return (
    <FoldedSection title="Earlier changes">
      <Entries key={shown} serverId={serverId} />
    </FoldedSection>
  );
}

function Entries({ serverId }: { serverId: string }) {
  const { value } = useAsked('hosts.history', { serverId }, true);
  if (value === null) return null;
  if (value.entries.length === 0) return <p className="dim hosts-none">Nothing was written yet.</p>;
  return (
    <ul className="history">
      {value.entries.map((entry, index) => (
        <li key={entry.id}>
          <div className="history-text">
            <div>{describeEntry(entry)}</div>
            <div className="dim ellipsis mono" title={linesOf(entry)}>
              {linesOf(entry)}
            </div>
          </div>
          <div className="history-when dim figures">{dayAndTime(entry.atMs)}</div>
          <Button
            size="xs"
            variant="default"
            // The newest is how it is now.
            disabled={index === 0}
            aria-label={`Put back as of ${dayAndTime(entry.atMs)}: ${describeEntry(entry)}`}
            onClick={() => void write(serverId, 'hosts.restore', { serverId, entryId: entry.id })}
          >
            Put back
          </Button>
        </li>
      ))}
    </ul>
  );
}

const linesOf = ({ after }: HostsHistoryEntry): string => (after === null ? 'no names' : after.join(' · '));
