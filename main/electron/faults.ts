/** A fault in Mooring itself: logged without its words, told, and survived once by starting the core again. */
import process from 'node:process';
import { faultLine } from '../headless/fault-line.ts';
import { failure, type Failure, type Reply } from '../shared/failure.ts';

export interface FaultDeps {
  /** Ends the core as far as it lets itself be ended, and starts another that tells of the trouble. */
  startAgain(trouble: Failure): Promise<Reply<null>>;
  /** On the way out nothing is started again. */
  isEnding(): boolean;
  /** Called once at most. */
  giveUp(trouble: Failure): void;
}

/** A second fault within this time is the same one: starting again does not help. */
const graceMs = 10 * 60_000;

export function watchForFaults(deps: FaultDeps): void {
  let lastMs: number | null = null;
  let gaveUp = false;
  const giveUp = (trouble: Failure) => {
    if (gaveUp) return;
    gaveUp = true;
    deps.giveUp(trouble);
  };
  const onFault = (error: unknown) => {
    const line = faultLine(error);
    // For whoever started it in a terminal, and for the system's journal.
    process.stderr.write(`Mooring met a fault in itself: ${line}\n`);
    if (gaveUp || deps.isEnding()) return;
    const nowMs = performance.now();
    if (lastMs !== null && nowMs - lastMs < graceMs) {
      giveUp(again(line));
      return;
    }
    lastMs = nowMs;
    deps.startAgain(once(line)).then(
      (reply) => {
        if (!reply.ok) giveUp(reply.error);
      },
      (thrown: unknown) => {
        giveUp(again(faultLine(thrown)));
      },
    );
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
}

const once = (detail: string): Failure =>
  failure('bug', 'Mooring met a fault in itself and has started its core again.', {
    hint: 'Tunnels that are on come back by themselves. Please report it: Settings, Report a problem.',
    detail,
  });

const again = (detail: string): Failure =>
  failure('bug', 'Mooring met a fault in itself twice and ends.', {
    hint: 'Start it again. If this comes back, please report it with the log from its data folder.',
    detail,
  });
