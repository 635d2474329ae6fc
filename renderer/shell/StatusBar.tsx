import { UnstyledButton } from '@mantine/core';
import { IconKey, IconStethoscope, IconWifi, IconWifiOff } from '@tabler/icons-react';
import { describeKeychain } from '../../main/shared/keychain-words.ts';
import { describeAll } from '../../main/shared/words.ts';
import { useLink, useSnapshot } from '../api/store.ts';
import { goToDoctor, openDialog } from './ui-store.ts';

export function StatusBar({ away }: { away: boolean }) {
  const keychain = useSnapshot((snapshot) => snapshot.keychain);
  const online = useSnapshot((snapshot) => snapshot.network.online);
  const all = useSnapshot(describeAll);
  const version = useSnapshot((snapshot) => snapshot.version);
  const restarting = useLink().kind === 'restarting';
  if (away) {
    return (
      <footer className="status-bar">
        <span className="status-item">{restarting ? 'Restarting' : 'Not running'}</span>
      </footer>
    );
  }
  const trouble = keychain.kind === 'locked' || keychain.kind === 'absent';
  return (
    <footer className="status-bar figures">
      <UnstyledButton
        className={trouble ? 'status-item state-working' : 'status-item'}
        title={trouble ? `${keychain.failure.message} ${keychain.failure.hint ?? ''}`.trim() : 'Settings'}
        onClick={() => {
          openDialog({ kind: 'settings' });
        }}
      >
        <IconKey size={14} aria-hidden />
        <span className={trouble ? 'ellipsis' : 'ellipsis status-well'}>{describeKeychain(keychain)}</span>
      </UnstyledButton>
      <span className={online ? 'status-item' : 'status-item state-working'}>
        {online ? <IconWifi size={14} aria-hidden /> : <IconWifiOff size={14} aria-hidden />}
        <span className={online ? 'status-well' : ''}>Network: {online ? 'online' : 'offline'}</span>
      </span>
      <UnstyledButton
        className="status-item status-doctor"
        title="Look what is wrong, and what to do"
        onClick={() => {
          goToDoctor(null);
        }}
      >
        <IconStethoscope size={14} aria-hidden />
        Doctor
      </UnstyledButton>
      <span className="status-item status-all ellipsis">{all}</span>
      <span className="status-item status-version">Mooring {version}</span>
    </footer>
  );
}
