import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Forward } from '../../main/shared/forward.ts';
import { describeFix, forwardEdits, type Fix } from '../../main/shared/services.ts';
import type { ForwardState } from '../../main/shared/snapshot.ts';
import { act, showDone } from '../api/act.ts';
import { currentSnapshot } from '../api/store.ts';
import { planNames } from '../setup/setup-actions.ts';
import { goTo, goToDoctor, openDialog } from '../shell/ui-store.ts';

interface Props {
  readonly serverId: string;
  readonly forward: Forward;
  readonly state: ForwardState;
  readonly fix: Fix;
  /** The likeliest: drawn so. */
  readonly first: boolean;
}

/** What mends a link, done by a click. */
export function FixButton({ serverId, forward, state, fix, first }: Props) {
  const [busy, setBusy] = useState(false);
  const isPlain = !first || fix.kind === 'retry' || fix.kind === 'edit-tunnel';
  const mend = async (): Promise<void> => {
    setBusy(true);
    await carryOut(fix, { serverId, forward, state });
    setBusy(false);
  };
  return (
    <Button size="xs" loading={busy} {...(isPlain ? { variant: 'default' } : {})} onClick={() => void mend()}>
      {describeFix(fix)}
    </Button>
  );
}

async function carryOut(fix: Fix, { serverId, forward, state }: Pick<Props, 'serverId' | 'forward' | 'state'>) {
  const forwardId = forward.id;
  switch (fix.kind) {
    case 'turn-on':
      await act('wanted.set', { serverId, forwardId, on: true });
      return;
    case 'connect':
      await act('connection.retry', { serverId });
      return;
    case 'retry':
      if (state.kind === 'up') await act('services.check', { serverId, forwardId });
      else await act('connection.retry', { serverId });
      return;
    case 'use-port':
    case 'use-target-port':
    case 'set-service':
    case 'swap-ports':
    case 'send-as':
      await edit(fix, serverId, forward);
      return;
    case 'add-tunnel': {
      const { bind, target } = forward;
      const draft = {
        label: `Port ${String(fix.port)}`,
        service: fix.service,
        bind: { ...bind, port: fix.port },
        target: { ...target, port: fix.port },
      };
      await act('forwards.add', { serverId, draft });
      return;
    }
    case 'edit-tunnel':
      openDialog({ kind: 'edit-tunnel', serverId, forwardId });
      return;
    case 'allow-names':
      await planNames(serverId, fix.environment, fix.names);
      return;
    case 'store-password':
    case 'open-setup':
      goTo(serverId, 'setup');
      return;
    case 'open-doctor':
      goToDoctor(serverId);
      return;
    default:
      fix satisfies never;
  }
}

async function edit(fix: Fix, serverId: string, forward: Forward): Promise<void> {
  const server = currentSnapshot()?.servers.find(({ profile }) => profile.id === serverId);
  for (const { forwardId, draft } of forwardEdits(fix, forward, server?.profile.forwards ?? [])) {
    const reply = await act('forwards.edit', { serverId, forwardId, draft });
    if (!reply.ok) return;
  }
  if (fix.kind === 'use-port') showDone(`${forward.label} now listens on port ${String(fix.port)}.`);
  if (fix.kind === 'send-as') showDone(`${forward.label} says ${fix.host} as Host now.`);
  if (fix.kind === 'swap-ports') showDone(`${forward.label} and ${fix.withLabel} have changed places.`);
}
