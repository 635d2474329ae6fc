import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Forward } from '../../main/shared/forward.ts';
import { describeFix, type Fix } from '../../main/shared/fixes.ts';
import type { ForwardState } from '../../main/shared/snapshot.ts';
import { act } from '../api/act.ts';
import { planNames } from '../setup/setup-actions.ts';
import { goTo, goToDoctor, openDialog } from '../shell/ui-store.ts';
import { editForwards } from './edit-forwards.ts';

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
      await editForwards(fix, serverId, forwardId);
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
