import { Button } from '@mantine/core';
import type { Forward } from '../../main/shared/forward.ts';
import type { ForwardState, PortHolder } from '../../main/shared/snapshot.ts';
import { describeHolder } from '../../main/shared/words.ts';
import { act, showDone } from '../api/act.ts';
import { Trouble } from '../shell/Trouble.tsx';
import { openDialog } from '../shell/ui-store.ts';
import { tunnelFromDraft, tunnelToDraft } from './tunnel-form.ts';

interface Props {
  readonly serverId: string;
  readonly forward: Forward;
  readonly state: ForwardState;
}

/** The first broken step spelled out, and what mends it. */
export function TunnelTrouble({ serverId, forward, state }: Props) {
  switch (state.kind) {
    case 'port-taken':
      return (
        <Trouble
          tone="failed"
          message={state.failure.message}
          hint={state.failure.hint}
          detail={state.failure.detail}
          aside={holderBeside(state.failure.message, state.holder)}
        >
          {state.freePort !== null && <UsePort serverId={serverId} forward={forward} port={state.freePort} />}
          <TryAgain serverId={serverId} />
        </Trouble>
      );
    case 'target-failed':
    case 'failed':
      return (
        <Trouble tone="failed" message={state.failure.message} hint={state.failure.hint} detail={state.failure.detail}>
          <TryAgain serverId={serverId} />
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              openDialog({ kind: 'edit-tunnel', serverId, forwardId: forward.id });
            }}
          >
            Edit tunnel
          </Button>
        </Trouble>
      );
    case 'off':
    case 'starting':
    case 'holding':
    case 'up':
      return null;
    default:
      return state satisfies never;
  }
}

/** The message may call the holder by a better name than its program’s, as with AirPlay; then both are told. */
function holderBeside(message: string, holder: PortHolder | null): string | undefined {
  const program = holder?.program ?? null;
  if (program === null || message.includes(program)) return undefined;
  return `The program is ${describeHolder(holder)}.`;
}

function UsePort({ serverId, forward, port }: { serverId: string; forward: Forward; port: number }) {
  const use = async (): Promise<void> => {
    const draft = tunnelToDraft({ ...tunnelFromDraft(forward), bindPort: port });
    const reply = await act('forwards.edit', { serverId, forwardId: forward.id, draft });
    if (reply.ok) showDone(`${forward.label} now listens on port ${String(port)}.`);
  };
  return (
    <Button size="xs" onClick={() => void use()}>
      Use port {port} instead
    </Button>
  );
}

function TryAgain({ serverId }: { serverId: string }) {
  return (
    <Button size="xs" variant="default" onClick={() => void act('connection.retry', { serverId })}>
      Try again
    </Button>
  );
}
