/** A real core on this machine's real ports, in this process, with a data folder and a home of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeychain } from '../../main/adapters/keychain.ts';
import { createKnownHosts } from '../../main/adapters/known-hosts.ts';
import { createPrivateKeys } from '../../main/adapters/private-keys.ts';
import { createSystemPorts } from '../../main/adapters/system-ports.ts';
import { createCore, type Core } from '../../main/core/core.ts';
import type { Ports } from '../../main/core/ports.ts';
import type { CallArgs, CallName, CallValue } from '../../main/shared/contract.ts';
import { failed, failure, type Reply } from '../../main/shared/failure.ts';
import type { ServerDraft } from '../../main/shared/server.ts';
import type { ServerView, Snapshot } from '../../main/shared/snapshot.ts';
import { waitFor } from './wait.ts';

export interface LiveCore {
  readonly core: Core;
  readonly dataDir: string;
  readonly ports: Ports;
  /** Moves the wall clock by this much, as sleep does. */
  jump(durationMs: number): void;
  call<K extends CallName>(name: K, args: CallArgs<K>): Promise<CallValue<K>>;
  /** The first server, unless named. */
  server(name?: string): ServerView;
  /** Awaits a state of the snapshot; the failure says what it was instead. */
  until(what: string, holds: (snapshot: Snapshot) => boolean, timeoutMs?: number): Promise<Snapshot>;
  /** Adds a server, trusts its key, and switches it on. */
  add(draft: ServerDraft, fingerprint: string): Promise<string>;
  stop(): Promise<void>;
}

/** `change` replaces ports by others before the core is made. */
export async function startLiveCore(change: (ports: Ports) => Ports = (ports) => ports): Promise<LiveCore> {
  const dir = await mkdtemp(join(tmpdir(), 'mooring-live-'));
  const dataDir = join(dir, 'data');
  const host = {
    openWindow: () => Promise.resolve(failed(failure('not-allowed', 'No window.'))),
    quit: () => undefined,
  };
  const system = createSystemPorts({ dataDir, host });
  let jumpedMs = 0;
  const ports = change({
    ...system,
    clock: { nowMs: () => system.clock.nowMs() + jumpedMs, after: system.clock.after },
    keychain: createKeychain({ env: { MOORING_KEYCHAIN: 'off' } }),
    knownHosts: createKnownHosts({ homeDir: dir, systemFile: null }),
    privateKeys: createPrivateKeys({ homeDir: dir }),
  });
  const core = createCore(ports, { version: '0.0.0' });
  const stop = async () => {
    await core.stop();
    await rm(dir, { recursive: true, force: true });
  };
  await core.start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });

  const call = async <K extends CallName>(name: K, args: CallArgs<K>): Promise<CallValue<K>> => {
    const reply = (await core.call(name, args)) as Reply<CallValue<K>>;
    if (!reply.ok) throw new Error(`${name}: ${reply.error.message} ${reply.error.detail ?? ''}`);
    return reply.value;
  };

  return {
    core,
    dataDir,
    ports,
    jump: (durationMs) => {
      jumpedMs += durationMs;
    },
    call,
    server(name) {
      const found = core.snapshot().servers.find((each) => name === undefined || each.profile.name === name);
      if (!found) throw new Error(`no server ${name ?? ''}`);
      return found;
    },
    until: (what, holds, timeoutMs = 15_000) =>
      waitFor(
        () =>
          `${what}; it is ${JSON.stringify([core.snapshot().servers.map((each) => [each.connection, each.forwards]), core.snapshot().prompts])}`,
        () => holds(core.snapshot()) && core.snapshot(),
        { timeoutMs },
      ),
    async add(draft, fingerprint) {
      const { serverId } = await call('servers.add', { draft });
      await call('host-keys.expect', { serverId, fingerprint });
      await call('wanted.set', { serverId, on: true });
      return serverId;
    },
    stop,
  };
}

/** Every forward that is wanted is up, and so is every connection. */
export const allUp = ({ servers }: Snapshot): boolean =>
  servers.every(
    ({ profile, connection, forwards }) =>
      !profile.wanted ||
      (connection.kind === 'up' &&
        forwards.every((each, index) => profile.forwards[index]?.wanted === false || each.state.kind === 'up')),
  );
