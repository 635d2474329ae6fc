import { Button, CloseButton } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { act } from '../api/act.ts';
import { client } from '../api/client.ts';
import { useSnapshot } from '../api/store.ts';

export function AwayBanner() {
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
  return notices.map(({ id, failure }) => (
    <div key={id} className="notice" role="note">
      <IconAlertTriangle size={18} className="state-working" aria-hidden />
      <div className="notice-text">
        <strong>{failure.message}</strong>
        {failure.hint !== undefined && <div>{failure.hint}</div>}
        {failure.detail !== undefined && <div className="mono dim">{failure.detail}</div>}
      </div>
      <CloseButton aria-label="Dismiss this notice" onClick={() => void act('notices.dismiss', { noticeId: id })} />
    </div>
  ));
}
