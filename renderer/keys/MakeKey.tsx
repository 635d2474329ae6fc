import { Button, Checkbox, Group, PasswordInput, TextInput } from '@mantine/core';
import { useState, type KeyboardEvent } from 'react';
import type { Failure } from '../../main/shared/failure.ts';
import type { MadeKey } from '../../main/shared/keys.ts';
import { describeRemember } from '../../main/shared/keychain-words.ts';
import { client } from '../api/client.ts';
import { fieldErrors, isAllInFields } from '../api/field-errors.ts';
import { useSnapshot } from '../api/store.ts';
import { FailureTrouble } from '../shell/Trouble.tsx';

interface Props {
  readonly onMade: (key: MadeKey) => void;
  readonly onCancel: () => void;
}

const plainProps = { autoComplete: 'off', autoCapitalize: 'off', spellCheck: false } as const;

/** Stands inside of other forms, and so is none: Enter makes the key and goes no further. */
export function MakeKey({ onMade, onCancel }: Props) {
  const keychain = useSnapshot((snapshot) => snapshot.keychain);
  const [name, setName] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [remember, setRemember] = useState(true);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Failure | null>(null);
  const errors = fieldErrors(refusal);
  const make = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    const reply = await client.call('keys.make', {
      ...(name.trim() === '' ? {} : { name: name.trim() }),
      ...(passphrase === '' ? {} : { passphrase, remember }),
    });
    setBusy(false);
    setRefusal(reply.ok ? null : reply.error);
    if (reply.ok) onMade(reply.value);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    void make();
  };
  return (
    <div className="key-make" role="group" aria-label="Make a key" onKeyDown={onKeyDown}>
      <div className="form-row">
        <TextInput
          {...plainProps}
          className="grow-1"
          label="Name of the file"
          placeholder="id_ed25519"
          description="In ~/.ssh. Empty: the next free name."
          data-autofocus
          autoFocus
          classNames={{ input: 'mono' }}
          error={errors['name']}
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <PasswordInput
          {...plainProps}
          className="grow-1"
          label="Passphrase"
          description="Empty: whoever has the file can log in."
          visibilityToggleButtonProps={{ 'aria-label': 'Show what is typed' }}
          error={errors['passphrase']}
          value={passphrase}
          onChange={(event) => {
            setPassphrase(event.currentTarget.value);
          }}
        />
      </div>
      {passphrase !== '' && (
        <Checkbox
          label="Remember the passphrase"
          description={describeRemember(keychain)}
          checked={remember}
          onChange={(event) => {
            setRemember(event.currentTarget.checked);
          }}
        />
      )}
      {refusal !== null && !isAllInFields(refusal, (path) => path === 'name' || path === 'passphrase') && (
        <FailureTrouble failure={refusal} />
      )}
      <Group gap="xs">
        <Button size="xs" loading={busy} onClick={() => void make()}>
          Make the key
        </Button>
        <Button size="xs" variant="subtle" color="gray" onClick={onCancel}>
          Cancel
        </Button>
      </Group>
    </div>
  );
}
