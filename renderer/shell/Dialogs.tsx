import { useEffect } from 'react';
import { useSnapshot } from '../api/store.ts';
import { InstallKeyDialog } from '../keys/InstallKeyDialog.tsx';
import { ReportDialog } from '../report/ReportDialog.tsx';
import { RemoveServerDialog } from '../servers/RemoveServerDialog.tsx';
import { ServerDialog } from '../servers/ServerDialog.tsx';
import { AddUserDialog, AdoptDialog, ChangePasswordDialog } from '../setup/AccountDialogs.tsx';
import { KeysDialog } from '../setup/KeysDialog.tsx';
import { UninstallDialog } from '../setup/UninstallDialog.tsx';
import { SettingsDialog } from '../settings/SettingsDialog.tsx';
import { RemoveTunnelDialog } from '../tunnels/RemoveTunnelDialog.tsx';
import { TunnelDialog } from '../tunnels/TunnelDialog.tsx';
import { closeDialog, useUi } from './ui-store.ts';

/** The one dialog that is open, if any. Each keeps its own input and is made anew each time. */
export function Dialogs() {
  const dialog = useUi((state) => state.dialog);
  // What the dialog is about may be removed elsewhere, by the command line or another window.
  const gone = useSnapshot(({ servers }) => {
    if (dialog === null || !('serverId' in dialog)) return false;
    const server = servers.find((each) => each.profile.id === dialog.serverId);
    if (server === undefined) return true;
    return 'forwardId' in dialog && !server.profile.forwards.some((each) => each.id === dialog.forwardId);
  });
  useEffect(() => {
    if (gone) closeDialog();
  }, [gone]);
  if (dialog === null || gone) return null;
  switch (dialog.kind) {
    case 'add-server':
      return <ServerDialog serverId={null} onClose={closeDialog} />;
    case 'edit-server':
      return <ServerDialog serverId={dialog.serverId} onClose={closeDialog} />;
    case 'remove-server':
      return <RemoveServerDialog serverId={dialog.serverId} onClose={closeDialog} />;
    case 'install-key':
      return <InstallKeyDialog serverId={dialog.serverId} onClose={closeDialog} />;
    case 'add-tunnel':
      return (
        <TunnelDialog
          serverId={dialog.serverId}
          forwardId={null}
          presetName={dialog.presetName}
          onClose={closeDialog}
        />
      );
    case 'edit-tunnel':
      return (
        <TunnelDialog serverId={dialog.serverId} forwardId={dialog.forwardId} presetName={null} onClose={closeDialog} />
      );
    case 'remove-tunnel':
      return <RemoveTunnelDialog serverId={dialog.serverId} forwardId={dialog.forwardId} onClose={closeDialog} />;
    case 'uninstall':
      return (
        <UninstallDialog
          serverId={dialog.serverId}
          environment={dialog.environment}
          {...(dialog.onlyData && { onlyData: dialog.onlyData })}
          onClose={closeDialog}
        />
      );
    case 'change-password':
      return <ChangePasswordDialog serverId={dialog.serverId} environment={dialog.environment} onClose={closeDialog} />;
    case 'store-keys':
      return <KeysDialog serverId={dialog.serverId} environment={dialog.environment} onClose={closeDialog} />;
    case 'add-user':
      return <AddUserDialog serverId={dialog.serverId} environment={dialog.environment} onClose={closeDialog} />;
    case 'adopt':
      return <AdoptDialog serverId={dialog.serverId} what={dialog.what} onClose={closeDialog} />;
    case 'settings':
      return <SettingsDialog onClose={closeDialog} />;
    case 'report':
      return <ReportDialog onClose={closeDialog} />;
    default:
      return dialog satisfies never;
  }
}
