import { Button } from '@mantine/core';
import { useState } from 'react';
import { describeFacts, describeSudo } from '../../main/shared/facts-words.ts';
import type { ServerFacts } from '../../main/shared/facts.ts';
import type { Asked } from '../api/use-asked.ts';
import { Fold } from '../shell/Fold.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { Waiting } from '../shell/Waiting.tsx';

/** `Debian GNU/Linux 12 (bookworm) · x86_64 · 2 CPUs, 7.8 GB of memory, 6.9 GB free · sudo without a password`. */
function lineOf(facts: ServerFacts): string {
  const lines = describeFacts(facts);
  const told = ['System', 'Machine'].map((label) => lines.find((each) => each.label === label)?.text);
  return [...told, `sudo ${describeSudo(facts.sudo)}`].filter(Boolean).join(' · ');
}

/** What was read of the server, in one line; all of it unfolds. */
export function FactsPanel({ facts }: { facts: Asked<ServerFacts> }) {
  const [unfolded, setUnfolded] = useState(false);
  const { value, failure, asking } = facts;
  if (failure !== null) {
    return (
      <FailureTrouble failure={failure}>
        <Button size="xs" variant="default" onClick={facts.again}>
          Read again
        </Button>
      </FailureTrouble>
    );
  }
  return (
    <section className="facts" aria-label="Facts" aria-busy={asking}>
      <div className="facts-head">
        {value === null ? (
          <Waiting>Reading the server: system, memory, disk, Python, ports …</Waiting>
        ) : (
          <Fold className="marked-line" shown={unfolded} onChange={setUnfolded}>
            <span>{lineOf(value)}</span>
          </Fold>
        )}
        {value !== null && (
          <Button size="compact-xs" variant="subtle" loading={asking} onClick={facts.again}>
            Read again
          </Button>
        )}
      </div>
      {unfolded && value !== null && <FactLines facts={value} />}
    </section>
  );
}

export function FactLines({ facts }: { facts: ServerFacts }) {
  return (
    <dl className="fact-lines">
      {describeFacts(facts).map(({ label, text }) => (
        <div key={`${label} ${text}`}>
          <dt>{label}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
