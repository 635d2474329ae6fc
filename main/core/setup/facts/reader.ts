/** Reads the facts of a server over its connection. */
import { failed, failure, type Reply } from '../../../shared/failure.ts';
import type { ServerFacts } from '../../../shared/facts.ts';
import type { Clock, Machine } from '../../ports.ts';
import type { Profiles } from '../../servers/profiles.ts';
import type { Tunnels } from '../../tunnels/tunnels.ts';
import { github, releasesFrom } from '../releases.ts';
import { factsLimitMs, factsScriptFor } from './script.ts';
import { parseFacts } from './parse-facts.ts';

export interface FactsReaderDeps {
  readonly profiles: Profiles;
  readonly tunnels: Tunnels;
  readonly clock: Clock;
  readonly machine: Pick<Machine, 'releasesMirror'>;
}

export class FactsReader {
  readonly #deps: FactsReaderDeps;

  constructor(deps: FactsReaderDeps) {
    this.#deps = deps;
  }

  /** Changes nothing on the server. Fails with `conflict` while the server is not connected. */
  async read(serverId: string): Promise<Reply<ServerFacts>> {
    const { profiles, tunnels, clock, machine } = this.#deps;
    const found = profiles.find(serverId);
    if (!found.ok) return found;
    const connectionId = tunnels.connectionIdOf(serverId);
    if (connectionId === null) {
      return failed(failure('conflict', `${found.value.name} is not connected.`, { hint: 'Connect it first.' }));
    }
    const sentMs = clock.nowMs();
    // The engine's own limit comes after the one that the script keeps.
    const ran = await tunnels.commands.run(connectionId, {
      script: factsScriptFor(releasesFrom(machine.releasesMirror) ?? github),
      input: null,
      timeoutMs: factsLimitMs,
    }).done;
    return ran.ok ? parseFacts(ran.value.stdout, { sentMs, endedMs: clock.nowMs() }) : ran;
  }
}
