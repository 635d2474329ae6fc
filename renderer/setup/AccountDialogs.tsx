/** Logins of MLflow: changing the password that is kept, adding a user, taking over what is there. */
import { Button, Group, PasswordInput, TextInput } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import type { CallName } from '../../main/shared/contract.ts';
import { showDone } from '../api/act.ts';
import { isAllInFields } from '../api/field-errors.ts';
import { useServer } from '../api/store.ts';
import { useSending, type Sending } from '../api/use-sending.ts';
import { AppDialog } from '../shell/AppDialog.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { goTo, type Adoptable } from '../shell/ui-store.ts';
import { LoginLines } from './LoginLines.tsx';

const secretProps = {
  autoComplete: 'off',
  spellCheck: false,
  visibilityToggleButtonProps: { 'aria-label': 'Show what is typed' },
} as const;

interface ShellProps {
  readonly title: string;
  readonly button: string;
  readonly sending: Pick<Sending<CallName>, 'busy' | 'refusal'>;
  readonly ready?: boolean;
  readonly shownPaths: readonly string[];
  readonly onSubmit: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

function FormDialog(props: ShellProps) {
  const { ready = true } = props;
  const { refusal, busy } = props.sending;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!busy && ready) void props.onSubmit();
  };
  return (
    <AppDialog onClose={props.onClose} size={520} title={props.title} closeOnClickOutside={false}>
      <form className="form" onSubmit={submit} noValidate>
        {props.children}
        {refusal !== null && !isAllInFields(refusal, (path) => props.shownPaths.includes(path)) && (
          <FailureTrouble failure={refusal} />
        )}
        <Group className="form-foot" justify="flex-end">
          <Button variant="subtle" color="gray" onClick={props.onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={!ready}>
            {props.button}
          </Button>
        </Group>
      </form>
    </AppDialog>
  );
}

interface StackProps {
  readonly serverId: string;
  readonly environment: string;
  readonly onClose: () => void;
}

export function ChangePasswordDialog({ serverId, environment, onClose }: StackProps) {
  const stack = useServer(serverId)?.profile.stacks.find((each) => each.environment === environment);
  const [password, setPassword] = useState('');
  const sending = useSending('setup.change-password');
  const change = async (): Promise<void> => {
    const own = password === '' ? {} : { password };
    const reply = await sending.send({ serverId, environment, ...own });
    if (!reply.ok) return;
    onClose();
    if (reply.value.runId === null) showDone('The password is changed, on the server and here.');
    else goTo(serverId, 'setup');
  };
  return (
    <FormDialog
      title={`Change the password of ${stack?.adminUser ?? 'MLflow'}`}
      button="Change password"
      sending={sending}
      shownPaths={['password']}
      onSubmit={change}
      onClose={onClose}
    >
      <p>
        On the server and here together. Programs that use the old one have to be given the new one. Where the old one
        is not known here, a run on the server sets the new one; MLflow starts anew with it.
      </p>
      <PasswordInput
        {...secretProps}
        label="New password"
        description="Empty: a strong one is made up."
        data-autofocus
        error={sending.errors['password']}
        value={password}
        onChange={(event) => {
          setPassword(event.currentTarget.value);
        }}
      />
    </FormDialog>
  );
}

export function AddUserDialog({ serverId, environment, onClose }: StackProps) {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [made, setMade] = useState<string | null>(null);
  const sending = useSending('setup.add-user');
  const { errors } = sending;
  const add = async (): Promise<void> => {
    const own = password === '' ? {} : { password };
    const reply = await sending.send({ serverId, environment, user: user.trim(), ...own });
    if (reply.ok) setMade(reply.value.password);
  };
  if (made !== null) {
    return (
      <AppDialog onClose={onClose} size={520} title={`${user.trim()} is added`} closeOnClickOutside={false}>
        <div className="form">
          <p>Hand this over now: the password is shown here once and kept nowhere.</p>
          <LoginLines login={{ user: user.trim(), password: made }} />
          <Group className="form-foot" justify="flex-end">
            <Button data-autofocus onClick={onClose}>
              Done
            </Button>
          </Group>
        </div>
      </AppDialog>
    );
  }
  return (
    <FormDialog
      title="Add a user to MLflow"
      button="Add user"
      sending={sending}
      ready={user.trim() !== ''}
      shownPaths={['user', 'password']}
      onSubmit={add}
      onClose={onClose}
    >
      <TextInput
        label="User"
        placeholder="lena"
        data-autofocus
        autoCapitalize="off"
        autoComplete="off"
        spellCheck={false}
        error={errors['user']}
        value={user}
        onChange={(event) => {
          setUser(event.currentTarget.value);
        }}
      />
      <PasswordInput
        {...secretProps}
        label="Password"
        description="Empty: a strong one is made up and shown once."
        error={errors['password']}
        value={password}
        onChange={(event) => {
          setPassword(event.currentTarget.value);
        }}
      />
    </FormDialog>
  );
}

interface AdoptProps {
  readonly serverId: string;
  readonly what: Adoptable;
  readonly onClose: () => void;
}

export function AdoptDialog({ serverId, what, onClose }: AdoptProps) {
  const givenUser = what.user ?? null;
  const asksLogin = what.kind === 'port' || givenUser !== null;
  const [user, setUser] = useState(givenUser ?? '');
  const [password, setPassword] = useState('');
  const sending = useSending('setup.adopt');
  const { errors } = sending;
  const adopt = async (): Promise<void> => {
    const target = what.kind === 'stack' ? { environment: what.environment } : { port: what.port };
    const login = { ...(user.trim() === '' ? {} : { user: user.trim() }), ...(password === '' ? {} : { password }) };
    const reply = await sending.send({ serverId, ...target, ...login });
    if (!reply.ok) return;
    onClose();
    showDone('It is adopted: its tunnel is on the list.');
  };
  return (
    <FormDialog
      title={what.kind === 'stack' ? `Adopt ${what.title}` : `Adopt the MLflow on port ${String(what.port)}`}
      button="Adopt"
      sending={sending}
      shownPaths={['user', 'password']}
      onSubmit={adopt}
      onClose={onClose}
    >
      <p>
        Its tunnel is made here{asksLogin && ', and the password is kept if it proves right'}. Nothing changes on the
        server.
      </p>
      {asksLogin && (
        <>
          <TextInput
            label="User"
            description={what.kind === 'port' ? 'Empty, where it asks for no login.' : undefined}
            autoCapitalize="off"
            autoComplete="off"
            spellCheck={false}
            error={errors['user']}
            value={user}
            onChange={(event) => {
              setUser(event.currentTarget.value);
            }}
          />
          <PasswordInput
            {...secretProps}
            label="Password"
            data-autofocus
            error={errors['password']}
            value={password}
            onChange={(event) => {
              setPassword(event.currentTarget.value);
            }}
          />
        </>
      )}
    </FormDialog>
  );
}
