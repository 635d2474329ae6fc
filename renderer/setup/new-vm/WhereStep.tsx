import { Button, Group, NumberInput, TextInput } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import type { Failure } from '../../../main/shared/failure.ts';
import { fieldErrors, isAllInFields, type FieldErrors } from '../../api/field-errors.ts';
import { serverFromDraft, type ServerValues } from '../../servers/server-form.ts';
import { SshPaste } from '../../servers/SshPaste.tsx';
import { Trouble } from '../../shell/Trouble.tsx';
import { goHome } from '../../shell/ui-store.ts';
import { changeNewVm } from './new-vm-store.ts';

interface Props {
  readonly values: ServerValues;
  readonly refusal: Failure | null;
  /** There is no other server: back is the first page. */
  readonly isOnly: boolean;
}

const textProps = { spellCheck: false, autoCapitalize: 'off', autoComplete: 'off' } as const;

/** The address and the account, by hand or from a pasted line. */
export function WhereStep({ values, refusal, isOnly }: Props) {
  const [lacks, setLacks] = useState<FieldErrors>({});
  const form = useRef<HTMLFormElement>(null);
  const errors = { ...fieldErrors(refusal), ...lacks };
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [refusal, lacks]);
  const set = (patch: Partial<ServerValues>): void => {
    changeNewVm({ values: { ...values, ...patch } });
  };
  // All else is for the core to judge, when the server is added.
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const missing: FieldErrors = {
      ...(values.address.trim() === '' ? { address: 'Where is it? A host name or an address.' } : {}),
      ...(values.user.trim() === '' ? { user: 'Which user logs in?' } : {}),
    };
    setLacks(missing);
    if (Object.keys(missing).length === 0) changeNewVm({ step: 'login' });
  };
  return (
    <form ref={form} className="panel form" onSubmit={submit} noValidate>
      <SshPaste
        onParsed={(draft) => {
          setLacks({});
          changeNewVm({ values: serverFromDraft(draft) });
        }}
      />
      <div className="form-row">
        <TextInput
          {...textProps}
          className="grow-2"
          label="Address"
          placeholder="128.214.252.130 or lab.example.org"
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
      {refusal !== null && !isAllInFields(refusal, (path) => /^(address|port|user|name|login.*)$/.test(path)) && (
        <Trouble tone="failed" message={refusal.message} hint={refusal.hint} detail={refusal.detail} />
      )}
      <Group className="panel-foot" justify="space-between">
        {isOnly ? (
          <Button variant="subtle" color="gray" onClick={goHome}>
            Back
          </Button>
        ) : (
          <span />
        )}
        <Button type="submit">Next: login</Button>
      </Group>
    </form>
  );
}
