import { UnstyledButton } from '@mantine/core';
import { IconPlayerPlay, IconServer, IconServerBolt } from '@tabler/icons-react';
import { useState } from 'react';
import { SettingsButton } from '../settings/SettingsButton.tsx';
import { Logo } from '../shell/Logo.tsx';
import { goToNewVm, openDialog } from '../shell/ui-store.ts';
import { startDemo } from './server-actions.ts';

export function FirstRun() {
  const [starting, setStarting] = useState(false);
  return (
    <div className="first-run">
      <SettingsButton className="first-settings" />
      <Logo size={56} />
      <h1>Keep your tunnels up</h1>
      <p className="dim">
        Mooring holds SSH tunnels to your ML servers: through sleep, network changes and bad Wi-Fi. Where do we start?
      </p>
      <div className="first-choices">
        <UnstyledButton
          className="first-choice"
          disabled={starting}
          onClick={() => {
            setStarting(true);
            void startDemo().finally(() => {
              setStarting(false);
            });
          }}
        >
          <IconPlayerPlay size={26} aria-hidden />
          <strong>{starting ? 'Starting…' : 'Try it now'}</strong>
          <span className="dim">A small demo server inside this app. Nothing to install, no account, no machine.</span>
        </UnstyledButton>
        <UnstyledButton
          className="first-choice"
          onClick={() => {
            openDialog({ kind: 'add-server' });
          }}
        >
          <IconServer size={26} aria-hidden />
          <strong>Add a server</strong>
          <span className="dim">
            Paste the <span className="mono">ssh -L …</span> line you use today, or fill in an address.
          </span>
        </UnstyledButton>
        <UnstyledButton className="first-choice" onClick={goToNewVm}>
          <IconServerBolt size={26} aria-hidden />
          <strong>Set up a new VM</strong>
          <span className="dim">From a bare machine and an SSH login to MLflow behind a tunnel. No terminal.</span>
        </UnstyledButton>
      </div>
    </div>
  );
}
