import type { Clock } from '../ports.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import type { Forward } from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { fullMountBehind } from './data-folders.ts';
import { disksLimitMs, disksScript, parseDisks, type Disks } from './disks.ts';

/** Disks are looked at this seldom; sooner while one is full, or when a person asks. */
const everyMs = 60_000;
const fullEveryMs = 10_000;
const askedEveryMs = 1_000;

export interface FullDisksDeps {
  readonly clock: Clock;
  readonly tunnels: Pick<Tunnels, 'commands' | 'connectionIdOf'>;
}

/** Whether a disk of a server is full for what is behind a forward; what the server tells is remembered for a while. */
export class FullDisks {
  readonly #deps: FullDisksDeps;
  readonly #known = new Map<string, { readonly readMs: number; readonly disks: Disks | null }>();

  constructor(deps: FullDisksDeps) {
    this.#deps = deps;
  }

  /** Where the one is mounted; null: none is known. Read afresh only when `deep`; `asked`: by a person. */
  async look(profile: ServerProfile, forward: Forward, how: { deep: boolean; asked: boolean }): Promise<string | null> {
    const disks = await this.#read(profile.id, how);
    return disks === null ? null : fullMountBehind(profile, forward, disks);
  }

  async #read(serverId: string, { deep, asked }: { deep: boolean; asked: boolean }): Promise<Disks | null> {
    const { clock, tunnels } = this.#deps;
    const known = this.#known.get(serverId);
    const anyFull = known?.disks?.mounts.some((each) => each.full) ?? false;
    const keptMs = asked ? askedEveryMs : anyFull ? fullEveryMs : everyMs;
    if (!deep || (known && clock.nowMs() - known.readMs < keptMs)) return known?.disks ?? null;
    const command = { script: disksScript, input: null, timeoutMs: disksLimitMs, maxOutputBytes: 100_000 };
    const ran = await tunnels.commands.run(tunnels.connectionIdOf(serverId), command).done;
    const disks = ran.ok ? parseDisks(ran.value.stdout) : null;
    this.#known.set(serverId, { readMs: clock.nowMs(), disks });
    return disks;
  }

  /** The server is gone. */
  forget(serverId: string): void {
    this.#known.delete(serverId);
  }
}
