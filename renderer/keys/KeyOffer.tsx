import { Button } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useState } from 'react';
import { logsInByPassword } from '../../main/shared/keys.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { InstallKey } from './InstallKey.tsx';

interface Props {
  readonly server: ServerView;
  readonly onInstalled: (path: string) => void;
}

/** Offered where a password has let us in; what came of it stays. */
export function KeyOffer({ server, onInstalled }: Props) {
  const [answer, setAnswer] = useState<'none' | 'yes' | 'no' | 'done'>('none');
  if (answer === 'none' && !logsInByPassword(server)) return null;
  if (answer === 'no') {
    return <p className="dim">“Log in with a key…” stays in the menu of {server.profile.name}.</p>;
  }
  const decline = (): void => {
    setAnswer('no');
  };
  return (
    <section className="key-offer" aria-label="Log in with a key">
      {answer !== 'done' && (
        <div className="key-offer-head">
          <IconKey size={18} aria-hidden />
          <h3>Install a key, so that no password is asked for again</h3>
          {answer === 'none' && (
            <>
              <span className="spring" />
              <Button
                size="xs"
                variant="default"
                onClick={() => {
                  setAnswer('yes');
                }}
              >
                Choose a key…
              </Button>
              <Button size="xs" variant="subtle" color="gray" onClick={decline}>
                Not now
              </Button>
            </>
          )}
        </div>
      )}
      {answer !== 'none' && (
        <InstallKey
          server={server}
          leave={{ label: 'Not now', run: decline, afterwards: false }}
          onInstalled={(path) => {
            setAnswer('done');
            onInstalled(path);
          }}
        />
      )}
    </section>
  );
}
