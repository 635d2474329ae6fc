/** How a write of the hosts file ended, for whoever asked for it; and the options that all writes have. */
import type { Command } from 'commander';
import { failure } from '../../shared/failure.ts';
import type { HostsOutcome } from '../../shared/hosts.ts';
import { describeTunnelChange } from '../../shared/hosts-words.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure, exitCodes } from '../exit-codes.ts';
import { hostsLines } from '../terminal/hosts-lines.ts';
import { show, type Context, type JsonOption } from './context.ts';
import { findServer } from './find.ts';

export interface WriteOptions extends JsonOption {
  readonly yes?: boolean;
  readonly overDrift?: boolean;
}

export function withWrite(command: Command): Command {
  return command
    .option('--yes', 'do not ask')
    .option('--over-drift', 'also over what somebody else changed in these lines');
}

export const foreignWords = 'yes, to an address that is neither this computer’s nor the server’s';

/** A person’s word for an address of others. */
export const word = ({ foreign }: { readonly foreign?: boolean }) => (foreign === true ? { confirmed: true } : {});
export const drift = ({ overDrift }: WriteOptions) => (overDrift === true ? { overDrift } : {});

export async function tellNames(
  context: Context,
  session: Session,
  serverId: string,
  outcome: HostsOutcome,
  options: WriteOptions,
): Promise<void> {
  // Asked again: a name that was written a moment ago is to be seen as it answers now.
  await session.call('hosts.get', { serverId });
  const now = await session.snapshot();
  const view = findServer(now, serverId);
  tell(context, options, outcome, now, () => hostsLines(context.terminal, view, now.hosts), view.hosts);
}

/** Ends with 3 where a person has to do it by hand. */
export function tell(
  context: Context,
  options: WriteOptions,
  outcome: HostsOutcome,
  { hosts: { path } }: Snapshot,
  lines: () => readonly string[],
  view?: unknown,
): void {
  const tunnel = 'tunnel' in outcome ? outcome.tunnel : undefined;
  if (tunnel !== undefined && !options.json) context.terminal.say(describeTunnelChange(tunnel));
  switch (outcome.kind) {
    case 'cancelled':
      throw new CommandFailure(
        failure('cancelled', `Your system was not given leave. ${path} is as it was, and so is the server.`),
      );
    case 'by-hand':
      context.endWith(exitCodes.needsYou);
      show(context, options, outcome, () => [
        `${outcome.reason} Paste this into a terminal to do it by hand:`,
        '',
        outcome.byHand.command ?? '',
      ]);
      return;
    case 'unchanged':
    case 'written': {
      if (outcome.kind === 'unchanged' && !options.json) context.terminal.say(`Nothing to change in ${path}`);
      const more = { ...(tunnel === undefined ? {} : { tunnel }), ...(view === undefined ? {} : { view }) };
      show(context, options, { outcome: outcome.kind, ...more }, lines);
      return;
    }
    default:
      outcome satisfies never;
  }
}
