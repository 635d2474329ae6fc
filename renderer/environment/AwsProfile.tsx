import { Button } from '@mantine/core';
import { useState } from 'react';
import type { AwsProfileView } from '../../main/shared/environment/environment.ts';
import { act, showDone } from '../api/act.ts';

interface Props {
  readonly serverId: string;
  readonly environment: string | null;
  readonly aws: AwsProfileView;
  /** Looks again at what is there. */
  readonly again: () => void;
}

/** The store as a profile of its own in ~/.aws: written only when asked to. */
export function AwsProfile({ serverId, environment, aws, again }: Props) {
  const [busy, setBusy] = useState(false);
  const which = { serverId, ...(environment === null ? {} : { environment }) };
  const change = async (name: 'environment.write-aws' | 'environment.remove-aws', words: string): Promise<void> => {
    setBusy(true);
    const reply = await act(name, which);
    setBusy(false);
    if (!reply.ok) return;
    showDone(words);
    again();
  };
  const { name, configPath, credentialsPath, isWritten } = aws;
  return (
    <section className="panel" aria-label="AWS profile">
      <h3>AWS profile</h3>
      <p className="dim">
        {isWritten ? 'The profile ' : 'Writes the store as the profile '}
        <span className="mono">{name}</span>
        {isWritten ? ' is in ' : ' into '}
        <span className="mono">{configPath}</span> and <span className="mono">{credentialsPath}</span>
        {isWritten
          ? ', with its keys.'
          : ', with its keys. All else in there stays as it is, and a copy of before is kept beside each file.'}
      </p>
      <div className="stack-actions">
        <Button
          size="xs"
          variant={isWritten ? 'default' : 'light'}
          loading={busy}
          onClick={() => void change('environment.write-aws', `The profile ${name} is written.`)}
        >
          {isWritten ? 'Write it again' : 'Write the profile'}
        </Button>
        {isWritten && (
          <Button
            size="xs"
            variant="default"
            disabled={busy}
            onClick={() => void change('environment.remove-aws', `The profile ${name} is taken out.`)}
          >
            Take it out
          </Button>
        )}
      </div>
    </section>
  );
}
