import { Button } from '@mantine/core';
import { useState } from 'react';
import type { DesktopView, UpdatesView } from '../../main/shared/desktop.ts';
import { describeLoginItem, describeUpdates } from '../../main/shared/desktop-words.ts';
import { failureText } from '../../main/shared/failure.ts';
import { act } from '../api/act.ts';
import { useSnapshot } from '../api/store.ts';
import { useNow } from '../shell/use-now.ts';
import { SettingGroup } from './SettingGroup.tsx';
import { SettingRow } from './SettingRow.tsx';
import { SwitchRow } from './SwitchRow.tsx';
import type { Saving } from './use-save.ts';

/** What the desktop app alone can do: start by itself, show itself in the tray, tell, and renew itself. */
export function DesktopGroup({ desktop, saving }: { desktop: DesktopView; saving: Saving }) {
  const settings = useSnapshot((snapshot) => snapshot.settings);
  const { loginItem, tray, updates } = desktop;
  const { save, saved } = saving;
  return (
    <SettingGroup title="Desktop">
      <LoginItemRow loginItem={loginItem} />
      <SwitchRow
        label="Start in the tray only"
        note={
          loginItem.kind === 'on'
            ? 'At login, without a window.'
            : 'At login, without a window. Goes with “Start at login”.'
        }
        saved={saved === 'startHidden'}
        disabled={loginItem.kind !== 'on'}
        checked={settings.startHidden}
        onChange={(startHidden) => void save({ startHidden })}
      />
      {tray.kind === 'absent' && <SettingRow label="No tray icon" note={failureText(tray.failure)} alert />}
      <SwitchRow
        label="Notifications"
        note="When a server needs you, stays lost for long, or is back."
        saved={saved === 'notifications'}
        checked={settings.notifications}
        onChange={(notifications) => void save({ notifications })}
      />
      {updates.kind === 'unavailable' ? (
        <SettingRow label="Updates" note={failureText(updates.failure)} />
      ) : (
        <>
          <SwitchRow
            label="Look for updates"
            note="And download them. They are installed when Mooring quits."
            saved={saved === 'checkForUpdates'}
            checked={settings.checkForUpdates}
            onChange={(checkForUpdates) => void save({ checkForUpdates })}
          />
          <UpdatesRow updates={updates} />
        </>
      )}
    </SettingGroup>
  );
}

/** Shows what the system says, not what was clicked. */
function LoginItemRow({ loginItem }: { loginItem: DesktopView['loginItem'] }) {
  const [busy, setBusy] = useState(false);
  const set = async (on: boolean): Promise<void> => {
    setBusy(true);
    await act('login-item.set', { on });
    setBusy(false);
  };
  return (
    <SwitchRow
      label="Start at login"
      note={describeLoginItem(loginItem)}
      alert={loginItem.kind === 'blocked' || loginItem.kind === 'failed'}
      disabled={busy || loginItem.kind === 'unknown'}
      checked={loginItem.kind === 'on'}
      onChange={(on) => void set(on)}
    />
  );
}

function UpdatesRow({ updates }: { updates: UpdatesView }) {
  const version = useSnapshot((snapshot) => snapshot.version);
  const nowMs = useNow(updates.kind === 'current');
  return (
    <SettingRow
      label={`Mooring ${version}`}
      note={
        <span className="figures" role="status">
          {describeUpdates(updates, nowMs)}
        </span>
      }
      alert={updates.kind === 'failed'}
    >
      <UpdatesButton updates={updates} />
    </SettingRow>
  );
}

function UpdatesButton({ updates }: { updates: UpdatesView }) {
  switch (updates.kind) {
    case 'ready':
      return (
        <Button size="xs" onClick={() => void act('updates.install', {})}>
          Restart and update to {updates.version}
        </Button>
      );
    case 'off':
    case 'current':
    case 'failed':
      return <CheckNow />;
    case 'checking':
      return <CheckNow busy />;
    case 'downloading':
    case 'unavailable':
      return null;
    default:
      return updates satisfies never;
  }
}

function CheckNow({ busy = false }: { busy?: boolean }) {
  return (
    <Button size="xs" variant="default" disabled={busy} onClick={() => void act('updates.check', {})}>
      Check now
    </Button>
  );
}
