import { Button } from '@mantine/core';
import { forwardUrl, type Forward } from '../../main/shared/forward.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { isBound } from '../../main/shared/words.ts';
import { act } from '../api/act.ts';

/** Opens what answers behind a forward in the browser, or turns it on first; nothing for what no browser opens. */
export function OpenForward({ server, forward }: { server: ServerView; forward: Forward | undefined }) {
  const { profile } = server;
  const view = server.forwards.find((each) => each.forwardId === forward?.id);
  if (forward === undefined || view === undefined) return null;
  const url = forwardUrl(forward);
  if (!forward.wanted && profile.wanted) {
    return (
      <Button
        size="xs"
        variant="light"
        className="tunnel-open"
        onClick={() => void act('wanted.set', { serverId: profile.id, forwardId: forward.id, on: true })}
      >
        Turn its tunnel on
      </Button>
    );
  }
  if (url === null) return null;
  const label = `Open ${forward.label}`;
  return isBound(view.state) ? (
    <Button component="a" href={url} target="_blank" rel="noreferrer" size="xs">
      {label}
    </Button>
  ) : (
    <Button size="xs" disabled title="Its tunnel is not up">
      {label}
    </Button>
  );
}
