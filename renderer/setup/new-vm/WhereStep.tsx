import { Button, Group } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import type { Failure } from '../../../main/shared/failure.ts';
import { fieldErrors, isAllInFields, type FieldErrors } from '../../api/field-errors.ts';
import { PlaceFields } from '../../servers/PlaceFields.tsx';
import { serverFromDraft, type ServerValues } from '../../servers/server-form.ts';
import { SshPaste } from '../../servers/SshPaste.tsx';
import { FailureTrouble } from '../../shell/Trouble.tsx';
import { goHome } from '../../shell/ui-store.ts';
import { changeNewVm } from './new-vm-store.ts';

interface Props {
  readonly values: ServerValues;
  readonly refusal: Failure | null;
  /** There is no other server: back is the first page. */
  readonly isOnly: boolean;
}

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
      <PlaceFields values={values} errors={errors} set={set} />
      {refusal !== null && !isAllInFields(refusal, (path) => /^(address|port|user|name|login.*)$/.test(path)) && (
        <FailureTrouble failure={refusal} />
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
