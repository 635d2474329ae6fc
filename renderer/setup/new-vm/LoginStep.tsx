import { Button, Group } from '@mantine/core';
import { useEffect, useRef, type FormEvent } from 'react';
import type { Failure } from '../../../main/shared/failure.ts';
import { fieldErrors, isAllInFields } from '../../api/field-errors.ts';
import { LoginFields } from '../../servers/LoginFields.tsx';
import type { ServerValues } from '../../servers/server-form.ts';
import { FailureTrouble } from '../../shell/Trouble.tsx';
import { changeNewVm } from './new-vm-store.ts';

interface Props {
  readonly values: ServerValues;
  readonly refusal: Failure | null;
  readonly busy: boolean;
  readonly connect: () => Promise<void>;
}

/** How to log in. A password is asked for when the server asks for it, and never typed here. */
export function LoginStep({ values, refusal, busy, connect }: Props) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (refusal !== null) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [refusal]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!busy) void connect();
  };
  return (
    <form ref={form} className="panel form" onSubmit={submit} noValidate>
      <LoginFields
        values={values}
        errors={fieldErrors(refusal)}
        set={(patch) => {
          changeNewVm({ values: { ...values, ...patch } });
        }}
      />
      {values.loginKind === 'password' && (
        <p className="dim">The next step offers to put a key on the server, so that it is asked for only once.</p>
      )}
      {refusal !== null && !isAllInFields(refusal, (path) => path.startsWith('login')) && (
        <FailureTrouble failure={refusal} />
      )}
      <Group className="panel-foot" justify="space-between">
        <Button
          variant="subtle"
          color="gray"
          onClick={() => {
            changeNewVm({ step: 'where' });
          }}
        >
          Back
        </Button>
        <Button type="submit" loading={busy}>
          Connect
        </Button>
      </Group>
    </form>
  );
}
