/** A command's hold on a running core: calls whose failure ends the command. */
import type { CallArgs, CallName, CallValue } from '../../shared/contract.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import type { ControlClient } from './control-client.ts';
import { CommandFailure, exitCodeFor } from '../exit-codes.ts';

export interface Session {
  /** Throws a `CommandFailure` when the reply is one. */
  call<K extends CallName>(name: K, args: CallArgs<K>): Promise<CallValue<K>>;
  snapshot(): Promise<Snapshot>;
  readonly client: ControlClient;
  /** The process of the core. */
  readonly pid: number;
}

export function createSession(client: ControlClient, pid: number): Session {
  const call: Session['call'] = async (name, args) => {
    const reply = await client.call(name, args);
    if (!reply.ok) throw new CommandFailure(reply.error, exitCodeFor(reply.error));
    return reply.value;
  };
  return { call, snapshot: () => call('snapshot.get', {}), client, pid };
}
