import { Button } from '@mantine/core';
import { useState } from 'react';
import { fixLabel, type DoctorFix } from '../../main/shared/doctor.ts';
import { act, showDone } from '../api/act.ts';
import { goTo, resumePrompt } from '../shell/ui-store.ts';
import { editForwards } from '../tunnels/edit-forwards.ts';

/** Does at a click what a finding asks for. */
export function FixButton({ fix }: { fix: DoctorFix }) {
  const [busy, setBusy] = useState(false);
  const mend = async (): Promise<void> => {
    setBusy(true);
    await carryOut(fix);
    setBusy(false);
  };
  return (
    <Button size="xs" variant="default" loading={busy} onClick={() => void mend()}>
      {fixLabel(fix)}
    </Button>
  );
}

async function carryOut(fix: DoctorFix): Promise<void> {
  switch (fix.kind) {
    case 'connect':
      await act('wanted.set', { serverId: fix.serverId, on: true });
      return;
    case 'retry':
      await act('connection.retry', { serverId: fix.serverId });
      return;
    case 'answer':
      resumePrompt(fix.promptId);
      return;
    case 'use-port':
      await editForwards(fix, fix.serverId, fix.forwardId);
      return;
    case 'probe-keychain':
      await act('keychain.probe', {});
      return;
    case 'start-at-login':
      await act('login-item.set', { on: true });
      return;
    case 'tighten-key': {
      const reply = await act('doctor.tighten-key', { serverId: fix.serverId });
      if (reply.ok) showDone('The key file is yours alone now.');
      return;
    }
    case 'open-tab':
      goTo(fix.serverId, fix.tab);
      return;
    default:
      fix satisfies never;
  }
}
