import { Button, PasswordInput } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useState } from 'react';
import type { HandedSecrets } from '../../main/shared/contract.ts';
import type { PlanSecret } from '../../main/shared/setup/plan.ts';
import type { StackSecretName } from '../../main/shared/setup/stack.ts';
import { describeRemember } from '../../main/shared/keychain-words.ts';
import type { FieldErrors } from '../api/field-errors.ts';
import { useSnapshot } from '../api/store.ts';
import { setSecret } from './setup-store.ts';

interface Props {
  readonly serverId: string;
  readonly secrets: readonly PlanSecret[];
  /** In the keychain. */
  readonly known: readonly StackSecretName[];
  /** The stack is on the server already, with its secrets. */
  readonly stands: boolean;
  readonly values: HandedSecrets;
  /** By name. */
  readonly errors: FieldErrors;
}

/** What a person has to tell, and what is made up unless they want their own. */
export function PlanSecrets({ serverId, secrets, known, stands, values, errors }: Props) {
  const keychain = useSnapshot((snapshot) => snapshot.keychain);
  return (
    <div className="panel">
      <h3>Passwords and keys</h3>
      <p className="dim">
        They go to the server into files that only its service can read, never into a command.{' '}
        {describeRemember(keychain)}.
      </p>
      <ul className="secrets">
        {secrets.map((secret) => (
          <OneSecret
            key={secret.name}
            serverId={serverId}
            secret={secret}
            isKnown={known.includes(secret.name)}
            stands={stands}
            value={values[secret.name]}
            error={errors[secret.name]}
          />
        ))}
      </ul>
    </div>
  );
}

interface OneProps {
  readonly serverId: string;
  readonly secret: PlanSecret;
  readonly isKnown: boolean;
  readonly stands: boolean;
  readonly value: string | undefined;
  readonly error: string | undefined;
}

function OneSecret({ serverId, secret: { name, label, origin }, isKnown, stands, value, error }: OneProps) {
  const isThere = isKnown || stands;
  const mustType = origin === 'given' && !isThere;
  const [own, setOwn] = useState(value !== undefined);
  if (mustType || own || error !== undefined) {
    return (
      <li className="secret">
        <PasswordInput
          className="secret-field"
          label={label}
          autoComplete="off"
          spellCheck={false}
          autoFocus={own && value === undefined}
          visibilityToggleButtonProps={{ 'aria-label': `Show ${label}` }}
          error={error}
          value={value ?? ''}
          onChange={(event) => {
            setSecret(serverId, name, event.currentTarget.value === '' ? null : event.currentTarget.value);
          }}
        />
        {!mustType && (
          <Button
            size="compact-sm"
            variant="subtle"
            aria-label={`${isThere ? 'Use the kept one' : 'Have it made up'}: ${label}`}
            onClick={() => {
              setSecret(serverId, name, null);
              setOwn(false);
            }}
          >
            {isThere ? 'Use the kept one' : 'Have it made up'}
          </Button>
        )}
      </li>
    );
  }
  return (
    <li className="secret">
      <IconKey size={15} className="dim" aria-hidden />
      <div className="secret-words">
        {label}
        <div className="dim">{isKnown ? 'kept from before' : stands ? 'stays as it is on the server' : 'made up'}</div>
      </div>
      <Button
        size="compact-sm"
        variant="subtle"
        aria-label={`${isThere ? 'Give another' : 'Choose my own'}: ${label}`}
        onClick={() => {
          setOwn(true);
        }}
      >
        {isThere ? 'Give another' : 'Choose my own'}
      </Button>
    </li>
  );
}
