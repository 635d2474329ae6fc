import { NumberInput, TextInput } from '@mantine/core';
import type { FieldErrors } from '../api/field-errors.ts';
import type { ServerValues } from './server-form.ts';

interface Props {
  readonly values: ServerValues;
  readonly errors: FieldErrors;
  readonly set: (patch: Partial<ServerValues>) => void;
  /** The address has the focus when a dialog opens. */
  readonly startsHere?: boolean;
}

const textProps = { spellCheck: false, autoCapitalize: 'off', autoComplete: 'off' } as const;

/** Where a server is, who logs in there, and what it is called. */
export function PlaceFields({ values, errors, set, startsHere = false }: Props) {
  return (
    <>
      <div className="form-row">
        <TextInput
          {...textProps}
          className="grow-2"
          label="Address"
          placeholder="128.214.252.130 or lab.example.org"
          {...(startsHere ? { 'data-autofocus': true } : {})}
          value={values.address}
          error={errors['address']}
          onChange={(event) => {
            set({ address: event.currentTarget.value });
          }}
        />
        <NumberInput
          className="port-field"
          label="Port"
          hideControls
          allowDecimal={false}
          allowNegative={false}
          value={values.port}
          error={errors['port']}
          onChange={(port) => {
            set({ port });
          }}
        />
        <TextInput
          {...textProps}
          className="grow-1"
          label="User"
          placeholder="ubuntu"
          value={values.user}
          error={errors['user']}
          onChange={(event) => {
            set({ user: event.currentTarget.value });
          }}
        />
      </div>
      <TextInput
        {...textProps}
        label="Name"
        placeholder={values.address.trim() || 'lab-vm'}
        description="What you call it, here and on the command line."
        value={values.name}
        error={errors['name']}
        onChange={(event) => {
          set({ name: event.currentTarget.value });
        }}
      />
    </>
  );
}
