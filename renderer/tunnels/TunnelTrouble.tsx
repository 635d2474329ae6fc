import type { Forward } from '../../main/shared/forward.ts';
import { sentence } from '../../main/shared/sentence.ts';
import type { ChainLink } from '../../main/shared/chain.ts';
import type { ForwardState, PortHolder } from '../../main/shared/snapshot.ts';
import { describeHolder } from '../../main/shared/words.ts';
import { Trouble } from '../shell/Trouble.tsx';
import { FixButton } from './FixButton.tsx';

interface Props {
  readonly serverId: string;
  readonly forward: Forward;
  readonly state: ForwardState;
  /** The first that is broken, or that works with a warning. */
  readonly link: ChainLink;
}

/** More would be no help. */
const mostFixes = 3;

/** The first step that is not as it should be spelled out, and what mends it. */
export function TunnelTrouble({ serverId, forward, state, link }: Props) {
  const failure = 'failure' in state ? state.failure : null;
  return (
    <Trouble
      tone={link.state === 'warning' ? 'working' : 'failed'}
      message={failure?.message ?? sentence(link.words)}
      hint={failure?.hint ?? link.reason}
      detail={failure?.detail}
      aside={state.kind === 'port-taken' ? holderBeside(state.failure.message, state.holder) : undefined}
    >
      {link.fixes.slice(0, mostFixes).map((fix, index) => (
        <FixButton key={fix.kind} serverId={serverId} forward={forward} state={state} fix={fix} first={index === 0} />
      ))}
    </Trouble>
  );
}

/** The message may call the holder by a better name than its program’s, as with AirPlay; then both are told. */
function holderBeside(message: string, holder: PortHolder | null): string | undefined {
  const program = holder?.program ?? null;
  if (program === null || message.includes(program)) return undefined;
  return `The program is ${describeHolder(holder)}.`;
}
