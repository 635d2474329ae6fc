import { Button, CloseButton } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import type { Failure } from '../../main/shared/failure.ts';
import { act } from '../api/act.ts';
import { client } from '../api/client.ts';
import { useLink, useSnapshot } from '../api/store.ts';

export function AwayBanner() {
  return useLink().kind === 'restarting' ? <RestartingBanner /> : <NotRunningBanner />;
}

function RestartingBanner() {
  return (
    <div className="away-banner" role="status">
      <span>
        <strong>Mooring is restarting its core.</strong> It takes a moment; your tunnels come back by themselves.
      </span>
    </div>
  );
}

function NotRunningBanner() {
  return (
    <div className="away-banner" role="status">
      <span>
        <strong>Mooring is not running.</strong> What you see is how things last were. Start it and get a fresh window
        with <code>mooring window --open</code>.
      </span>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          client.retryNow();
        }}
      >
        Try now
      </Button>
    </div>
  );
}

/** Things to know that belong to no server. */
export function Notices() {
  const notices = useSnapshot((snapshot) => snapshot.notices);
  return (
    <>
      <NoTrayNotice />
      {notices.map(({ id, failure }) => (
        <Notice key={id} failure={failure} onDismiss={() => void act('notices.dismiss', { noticeId: id })} />
      ))}
    </>
  );
}

const noTrayDismissedIn = 'mooring-no-tray-dismissed';

/** Why the app stays in the taskbar. Once is enough for those who know their desktop: it stays away when dismissed. */
function NoTrayNotice() {
  const tray = useSnapshot((snapshot) => snapshot.desktop?.tray);
  const [dismissed, setDismissed] = useState(() => localStorage.getItem(noTrayDismissedIn) !== null);
  if (tray?.kind !== 'absent' || dismissed) return null;
  return (
    <Notice
      failure={tray.failure}
      onDismiss={() => {
        localStorage.setItem(noTrayDismissedIn, 'yes');
        setDismissed(true);
      }}
    />
  );
}

function Notice({ failure, onDismiss }: { failure: Failure; onDismiss: () => void }) {
  return (
    <div className="notice" role="note">
      <IconAlertTriangle size={18} className="state-working" aria-hidden />
      <div className="notice-text">
        <strong>{failure.message}</strong>
        {failure.hint !== undefined && <div>{failure.hint}</div>}
        {failure.detail !== undefined && <div className="mono dim">{failure.detail}</div>}
      </div>
      <CloseButton aria-label="Dismiss this notice" onClick={onDismiss} />
    </div>
  );
}
