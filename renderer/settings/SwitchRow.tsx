import { Switch } from '@mantine/core';
import type { ReactNode } from 'react';
import { SettingRow } from './SettingRow.tsx';

interface Props {
  readonly label: string;
  readonly note?: ReactNode;
  readonly alert?: boolean;
  readonly saved?: boolean;
  readonly disabled?: boolean;
  readonly checked: boolean;
  readonly onChange: (on: boolean) => void;
}

export function SwitchRow({ label, note, alert = false, saved = false, disabled = false, checked, onChange }: Props) {
  return (
    <SettingRow label={label} note={note} saved={saved} alert={alert}>
      <Switch
        aria-label={label}
        checked={checked}
        disabled={disabled}
        onChange={(event) => {
          onChange(event.currentTarget.checked);
        }}
      />
    </SettingRow>
  );
}
