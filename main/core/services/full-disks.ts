import type { Clock } from '../ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { disksLimitMs, disksScript, fullDisk } from './disks.ts';

/** Disks are looked at this seldom; sooner while one is full, or when a person asks. */
const everyMs = 60_000;
const fullEveryMs = 10_000;
const askedEveryMs = 1_000;

export interface FullDisksDeps {
  readonly clock: Clock;
  readonly tunnels: Pick<Tunnels, 'commands' | 'connectionIdOf'>;
}

/** Whether a disk of a server is full, remembered for a while. */
export class FullDisks {
  readonly #deps: FullDisksDeps;
  readonly #known = new Map<string, { readonly readMs: number; readonly full: string | null }>();

  constructor(deps: FullDisksDeps) {
    this.#deps = deps;
  }

  /** Where the first full one is mounted; null: none is known. Read afresh only when `deep`; `asked`: by a person. */
  async look(serverId: string, { deep, asked }: { deep: boolean; asked: boolean }): Promise<string | null> {
    const { clock, tunnels } = this.#deps;
    const known = this.#known.get(serverId);
    const keptMs = asked ? askedEveryMs : known?.full ? fullEveryMs : everyMs;
    if (!deep || (known && clock.nowMs() - known.readMs < keptMs)) return known?.full ?? null;
    const command = { script: disksScript, input: null, timeoutMs: disksLimitMs, maxOutputBytes: 100_000 };
    const ran = await tunnels.commands.run(tunnels.connectionIdOf(serverId), command).done;
    const full = ran.ok ? fullDisk(ran.value.stdout) : null;
    this.#known.set(serverId, { readMs: clock.nowMs(), full });
    return full;
  }

  /** The server is gone. */
  forget(serverId: string): void {
    this.#known.delete(serverId);
  }
}
