/** A server that goes out of sight in the middle of a run, and comes back: said in a line each. */
import { failureLine } from '../../shared/failure.ts';
import { isOver, type RunView } from '../../shared/setup/run.ts';
import type { ConnectionState } from '../../shared/snapshot.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Call what it gives with every state: it prints each change once. */
export function sightTeller(
  terminal: Terminal,
  serverName: string,
): (run: RunView, connection: ConnectionState) => void {
  let isAway = false;
  return (run, connection) => {
    if ((run.state.kind === 'out-of-sight') === isAway) return;
    isAway = !isAway;
    if (isAway) {
      const why = 'failure' in connection ? failureLine(connection.failure) : 'the connection is lost';
      terminal.print(`${serverName} is out of sight: ${why}. The run needs no connection; Mooring connects again.`);
    } else terminal.print(`${serverName} is back in sight: the run ${meanwhile(run)} there meanwhile.`);
  };
}

function meanwhile(run: RunView): string {
  if (!isOver(run)) return 'went on';
  return run.state.kind === 'interrupted' ? 'was cut off' : 'ended';
}
