/**
 * Passwords and passphrases of servers: in the keychain when the user asked to remember them, else in memory for this
 * run only. What is kept is listed in the snapshot; the secrets never are.
 */
import type { Reply } from '../shared/failure.ts';
import { done } from '../shared/failure.ts';
import type { SecretInfo } from '../shared/snapshot.ts';
import type { Keychain } from './ports.ts';
import type { Log } from './log.ts';
import type { State } from './state.ts';

export type SecretKind = SecretInfo['kind'];
const kinds: readonly SecretKind[] = ['password', 'passphrase'];

const accountOf = (serverId: string, kind: SecretKind) => `server/${serverId}/${kind}`;

export class Secrets {
  /** This run's copies: quick, and all there is without a keychain. */
  readonly #inMemory = new Map<string, string>();
  readonly #keychain: Keychain;
  readonly #state: State;
  readonly #log: Log;
  /** Until the keychain has said how it is, reading from it waits. */
  #probing: Promise<void> = Promise.resolve();

  constructor(keychain: Keychain, state: State, log: Log) {
    this.#keychain = keychain;
    this.#state = state;
    this.#log = log;
  }

  /** Asks the keychain how it is and tells the snapshot. */
  probe(): Promise<void> {
    this.#probing = this.#probeNow();
    return this.#probing;
  }

  async #probeNow(): Promise<void> {
    const view = await this.#keychain.probe();
    this.#state.update((now) => ({ ...now, keychain: view }));
    if (view.kind === 'ready') this.#log.write('info', null, `Keychain in use: ${view.name}.`);
    if (view.kind === 'locked' || view.kind === 'absent') this.#log.write('warn', null, view.failure.message);
  }

  /** `null` when there is none. A keychain that is locked or broken is a failure: the answer is unknown then. */
  async get(serverId: string, kind: SecretKind): Promise<Reply<string | null>> {
    const account = accountOf(serverId, kind);
    const held = this.#inMemory.get(account);
    if (held !== undefined) return done(held);
    await this.#probing;
    if (this.#state.get().keychain.kind === 'absent') return done(null);
    const reply = await this.#keychain.get(account);
    if (reply.ok && reply.value !== null) this.#note(serverId, { kind, keptIn: 'keychain' });
    return reply;
  }

  /** Keeps a secret that has proven right. Without a keychain, `remember` means this run. */
  async keep(serverId: string, kind: SecretKind, secret: string, remember: boolean): Promise<void> {
    const account = accountOf(serverId, kind);
    this.#inMemory.set(account, secret);
    await this.#probing;
    if (remember && this.#state.get().keychain.kind !== 'absent') {
      const saved = await this.#keychain.set(account, secret);
      if (saved.ok) {
        this.#note(serverId, { kind, keptIn: 'keychain' });
        return;
      }
      this.#log.write('warn', serverId, `The ${kind} is kept for this run only: ${saved.error.message}`);
    }
    this.#note(serverId, { kind, keptIn: 'run' });
  }

  /** Removes every secret of a server, here and in the keychain. */
  async forget(serverId: string): Promise<Reply<null>> {
    let outcome: Reply<null> = done(null);
    for (const kind of kinds) {
      this.#inMemory.delete(accountOf(serverId, kind));
      if (this.#state.get().keychain.kind === 'absent') continue;
      const deleted = await this.#keychain.delete(accountOf(serverId, kind));
      if (!deleted.ok) outcome = deleted;
    }
    if (outcome.ok) this.#state.updateServer(serverId, (server) => ({ ...server, secrets: [] }));
    return outcome;
  }

  #note(serverId: string, info: SecretInfo): void {
    this.#state.updateServer(serverId, (server) => {
      if (server.secrets.some((each) => each.kind === info.kind && each.keptIn === info.keptIn)) return server;
      return { ...server, secrets: [...server.secrets.filter((each) => each.kind !== info.kind), info] };
    });
  }
}
