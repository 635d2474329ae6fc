import { Button, SegmentedControl } from '@mantine/core';
import { settingRanges, themes, type Settings } from '../../main/shared/settings.ts';
import { describeKeychain } from '../../main/shared/keychain-words.ts';
import { act } from '../api/act.ts';
import { useSnapshot } from '../api/store.ts';
import { CopyText } from '../shell/CopyText.tsx';
import { AppDialog } from '../shell/AppDialog.tsx';
import { openDialog } from '../shell/ui-store.ts';
import { DesktopGroup } from './DesktopGroup.tsx';
import { SecondsField } from './SecondsField.tsx';
import { SettingGroup } from './SettingGroup.tsx';
import { SettingRow } from './SettingRow.tsx';
import { SwitchRow } from './SwitchRow.tsx';
import { useSave } from './use-save.ts';

const themeWords: Record<Settings['theme'], string> = { system: 'As the system', light: 'Light', dark: 'Dark' };

const seconds: Record<keyof typeof settingRanges, { readonly label: string; readonly note: string }> = {
  holdSeconds: {
    label: 'Hold clients for',
    note: 'A program that connects while the connection is being re-made waits this long before it is refused.',
  },
  retryMaxSeconds: { label: 'Longest pause', note: 'Between two tries to reach a server.' },
  deadLinkSeconds: { label: 'Notice a dead link within', note: 'By asking the server for a sign of life.' },
};

export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const settings = useSnapshot((snapshot) => snapshot.settings);
  const dataDir = useSnapshot((snapshot) => snapshot.dataDir);
  const desktop = useSnapshot((snapshot) => snapshot.desktop);
  const saving = useSave();
  const { save, saved } = saving;
  return (
    <AppDialog onClose={onClose} size={620} title="Settings">
      <div className="settings">
        <SettingGroup title="Window">
          <SettingRow label="Theme" saved={saved === 'theme'}>
            <SegmentedControl
              aria-label="Theme"
              data={themes.map((theme) => ({ value: theme, label: themeWords[theme] }))}
              value={settings.theme}
              onChange={(value) => void save({ theme: themes.find((each) => each === value) ?? 'system' })}
            />
          </SettingRow>
        </SettingGroup>
        {desktop !== null && <DesktopGroup desktop={desktop} saving={saving} />}
        <SettingGroup title="Connections">
          {(Object.keys(seconds) as (keyof typeof settingRanges)[]).map((key) => (
            <SettingRow key={key} label={seconds[key].label} note={seconds[key].note} saved={saved === key}>
              <SecondsField
                label={seconds[key].label}
                range={settingRanges[key]}
                value={settings[key]}
                save={(value) => save({ [key]: value })}
              />
            </SettingRow>
          ))}
          <SwitchRow
            label="Use ~/.ssh/known_hosts"
            note="Host keys that ssh knows are trusted here as well."
            saved={saved === 'useKnownHosts'}
            checked={settings.useKnownHosts}
            onChange={(useKnownHosts) => void save({ useKnownHosts })}
          />
        </SettingGroup>
        <SettingGroup title="Data and help">
          <KeychainRow />
          <SettingRow
            label="Data folder"
            note={
              <>
                Servers, settings, host keys and logs. No secrets.
                <CopyText text={dataDir} label="Copy the path" className="data-dir" />
              </>
            }
          />
          <SettingRow label="Something is wrong" note="Makes a text for you to read first. Nothing is sent by itself.">
            <Button
              size="xs"
              variant="default"
              onClick={() => {
                openDialog({ kind: 'report' });
              }}
            >
              Report a problem…
            </Button>
          </SettingRow>
        </SettingGroup>
      </div>
    </AppDialog>
  );
}

function KeychainRow() {
  const keychain = useSnapshot((snapshot) => snapshot.keychain);
  const trouble = keychain.kind === 'locked' || keychain.kind === 'absent' ? keychain.failure : null;
  const note =
    trouble === null
      ? 'Passwords and passphrases are kept there, and nowhere else.'
      : [trouble.message, trouble.hint].filter(Boolean).join(' ');
  return (
    <SettingRow label={describeKeychain(keychain)} note={note} alert={trouble !== null}>
      <Button size="xs" variant="default" onClick={() => void act('keychain.probe', {})}>
        Check again
      </Button>
    </SettingRow>
  );
}
