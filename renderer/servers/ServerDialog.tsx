import { Button, Group } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import type { Failure } from '../../main/shared/failure.ts';
import { act } from '../api/act.ts';
import { client } from '../api/client.ts';
import { fieldErrors, isAllInFields } from '../api/field-errors.ts';
import { currentServer } from '../api/store.ts';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { goTo } from '../shell/ui-store.ts';
import { AppDialog } from '../shell/AppDialog.tsx';
import { LoginFields } from './LoginFields.tsx';
import { PlaceFields } from './PlaceFields.tsx';
import { emptyServer, serverFromDraft, serverToDraft, type ServerValues } from './server-form.ts';
import { SshPaste } from './SshPaste.tsx';
import { TunnelChoice } from './TunnelChoice.tsx';

const shownPaths = /^(name|address|port|user|login(\.path)?|forwards\.\d+\..+)$/;

function initialValues(serverId: string | null): ServerValues {
  const known = currentServer(serverId);
  return known ? serverFromDraft(known.profile) : emptyServer;
}

/** Adds a server (`serverId` null) or edits one. Nothing typed is lost when the core refuses it. */
export function ServerDialog({ serverId, onClose }: { serverId: string | null; onClose: () => void }) {
  const [initial] = useState(() => initialValues(serverId));
  const [values, setValues] = useState(initial);
  const [refusal, setRefusal] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const errors = fieldErrors(refusal);
  const adding = serverId === null;
  const set = (patch: Partial<ServerValues>): void => {
    setValues((before) => ({ ...before, ...patch }));
  };

  const settle = (error: Failure | null): void => {
    setBusy(false);
    setRefusal(error);
    if (error === null) onClose();
  };
  const add = async (connect: boolean): Promise<void> => {
    setBusy(true);
    const reply = await client.call('servers.add', { draft: serverToDraft(values) });
    settle(reply.ok ? null : reply.error);
    if (!reply.ok) return;
    goTo(reply.value.serverId, 'tunnels');
    if (connect) await act('wanted.set', { serverId: reply.value.serverId, on: true });
  };
  const edit = async (editedId: string): Promise<void> => {
    setBusy(true);
    const { forwards: _, ...draft } = serverToDraft(values);
    const reply = await client.call('servers.edit', { serverId: editedId, draft });
    settle(reply.ok ? null : reply.error);
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (!busy) void (adding ? add(true) : edit(serverId));
  };

  return (
    <AppDialog
      onClose={onClose}
      size={680}
      title={adding ? 'Add a server' : `Edit ${initial.name}`}
      closeOnClickOutside={false}
      closeOnEscape={values === initial}
    >
      <form className="form" onSubmit={onSubmit} noValidate>
        {adding && (
          <SshPaste
            onParsed={(draft) => {
              setRefusal(null);
              setValues(serverFromDraft(draft));
            }}
          />
        )}
        <PlaceFields values={values} errors={errors} set={set} startsHere={!adding} />
        <LoginFields values={values} errors={errors} set={set} />
        {adding && <TunnelChoice values={values} errors={errors} set={setValues} />}
        {refusal !== null && !isAllInFields(refusal, (path) => shownPaths.test(path)) && (
          <FailureTrouble failure={refusal} />
        )}
        <Group className="form-foot" justify="flex-end">
          <Button variant="subtle" color="gray" onClick={onClose}>
            Cancel
          </Button>
          {adding && (
            <Button variant="default" disabled={busy} onClick={() => void add(false)}>
              Add only
            </Button>
          )}
          <Button type="submit" loading={busy}>
            {adding ? 'Add and connect' : 'Save'}
          </Button>
        </Group>
      </form>
    </AppDialog>
  );
}
