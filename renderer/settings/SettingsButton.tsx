import { ActionIcon } from '@mantine/core';
import { IconSettings } from '@tabler/icons-react';
import { openDialog } from '../shell/ui-store.ts';

export function SettingsButton({ className = '' }: { className?: string }) {
  return (
    <ActionIcon
      className={className}
      size={36}
      variant="subtle"
      aria-label="Settings"
      title="Settings"
      onClick={() => {
        openDialog({ kind: 'settings' });
      }}
    >
      <IconSettings size={18} />
    </ActionIcon>
  );
}
