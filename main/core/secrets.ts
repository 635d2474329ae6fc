/**
 * Passwords and passphrases of servers, and secrets of their stacks: in the keychain when the user asked to remember
 * them, else in memory for this run only. What is kept is listed in the snapshot; the secrets never are.
 */
import { done, failed, failure, type Failure, type Reply } from '../shared/failure.ts';
import { secretKinds, type SecretKind, type ServerProfile } from '../shared/server.ts';
import { stackSecretNames, type StackSecretName } from '../shared/setup/stack.ts';
import type { SecretInfo } from '../shared/snapshot.ts';
import { Lanes } from './lanes.ts';
import type { Log } from './log.ts';
import type { Keychain, KeychainReply } from './ports.ts';
import type { State } from './state.ts';

/** A secret with what it is for: one that was kept for another address or user is not given out. */
interface Kept {
  readonly purpose: string;
  readonly secret: string;
}

const accountOf = (serverId: string, kind: SecretKind) => `server/${serverId}/${kind}`;
const stackAccountOf = (serverId: string, environment: string, name: StackSecretName) =>
  `server/${serverId}/stack/${environment}/${name}`;
/** What secrets of stacks are for needs no further word: their account says it all. */
const stackPurpose = 'stack';

/** Whom a password lets in where. */
export const loginPurpose = ({ user, address, port }: Pick<ServerProfile, 'user' | 'address' | 'port'>): string =>
  `${user}@${address.toLowerCase()}:${String(port)}`;

/** Which key a passphrase opens. */
export const keyPurpose = (path: string): string => `key ${path}`;

export interface SecretsDeps {
  readonly keychain: Keychain;
  readonly state: State;
  readonly log: Log;
  /** Something to tell the user that belongs to no call. */
  notice(trouble: Failure): void;
  /** The keychain has said that it can be read. */
  ready(): void;
  /** Notes in the profile which secrets are in the keychain, so that the next run knows. */
  noteRemembered(serverId: string, kinds: readonly SecretKind[]): Promise<unknown>;
}

export class Secrets {
  /** This run's copies: quick, and all there is without a keychain. */
  readonly #inMemory = new Map<string, Kept>();
  readonly #deps: SecretsDeps;
  /** Until the keychain has said how it is, reading from it waits. */
  #probing: Promise<void> = Promise.resolve();
  #isProbing = false;
  /** Reads follow each other: one that finds the keychain locked spares the rest their unlock prompts. */
  #reading: Promise<unknown> = Promise.resolve();
  /** Keeping and forgetting of one server follow each other. */
  readonly #lanes = new Lanes();
  /** Of keys that were made in this run, by purpose: their passphrases need not be typed twice. */
  readonly #ofMadeKeys = new Map<string, { readonly secret: string; readonly remember: boolean }>();
  /** Accounts of which nothing is in the keychain. */
  readonly #unsaved = new Set<string>();
  /** Accounts that should be gone, but the keychain could not be reached: tried again when it can. */
  readonly #leftover = new Set<string>();

  constructor(deps: SecretsDeps) {
    this.#deps = deps;
  }

  /** Asks the keychain how it is and tells the snapshot. May have the system ask a person to unlock it. */
  probe(): Promise<void> {
    if (this.#isProbing) return this.#probing;
    this.#isProbing = true;
    this.#probing = this.#probeNow().finally(() => {
      this.#isProbing = false;
    });
    return this.#probing;
  }

  /** Asks again where the last answer was no, now that a person is there who can unlock it. */
  async probeIfLocked(): Promise<void> {
    if (this.#locked() !== null) await this.probe();
  }

  /** Something is to be removed from the keychain as soon as it can be reached. */
  get owesRemoval(): boolean {
    return this.#leftover.size > 0;
  }

  /**
   * `null` when there is none for this purpose. A keychain that is locked or broken is a failure: it can't be known.
   * Once it was found locked it is left alone until it is probed again: each read would have the system ask a person to
   * unlock it, and thirty servers at login read thirty times.
   */
  async get(serverId: string, kind: SecretKind, purpose: string): Promise<Reply<string | null>> {
    const account = accountOf(serverId, kind);
    const isHeld = this.#inMemory.has(account);
    const found = await this.#find(account, purpose);
    if (found.ok && found.value !== null && !isHeld) this.#note(serverId, { kind, keptIn: 'keychain' });
    return found;
  }

  /** A passphrase as it was chosen; `remember`: it is to be kept with the first server that the key opens. */
  noteOfMadeKey(path: string, secret: string, remember: boolean): void {
    this.#ofMadeKeys.set(keyPurpose(path), { secret, remember });
  }

  /** The passphrase of a key that was made in this run; null: none. */
  ofMadeKey(path: string): { readonly secret: string; readonly remember: boolean } | null {
    return this.#ofMadeKeys.get(keyPurpose(path)) ?? null;
  }

  /** A secret of a stack that setup put on the server. Fails like `get`. */
  getForStack(serverId: string, environment: string, name: StackSecretName): Promise<Reply<string | null>> {
    return this.#find(stackAccountOf(serverId, environment, name), stackPurpose);
  }

  /** Keeps it in the keychain, or for this run where there is none. True: in the keychain. */
  keepForStack(serverId: string, environment: string, name: StackSecretName, secret: string): Promise<boolean> {
    return this.#lanes.run(serverId, () =>
      this.#keepAccount(serverId, stackAccountOf(serverId, environment, name), { purpose: stackPurpose, secret }),
    );
  }

  /** Where a secret of a stack is kept; null: it is not known here. Fails like `get`. */
  async placeForStack(
    serverId: string,
    environment: string,
    name: StackSecretName,
  ): Promise<Reply<SecretInfo['keptIn'] | null>> {
    const found = await this.getForStack(serverId, environment, name);
    if (!found.ok || found.value === null) return found.ok ? done(null) : found;
    return done(this.#unsaved.has(stackAccountOf(serverId, environment, name)) ? 'run' : 'keychain');
  }

  /** Removes those of one stack; what can't be reached now is removed when it can. */
  forgetStack(serverId: string, environment: string): Promise<Reply<null>> {
    return this.#lanes.run(serverId, () =>
      this.#deleteAll(stackSecretNames.map((name) => stackAccountOf(serverId, environment, name))),
    );
  }

  async #find(account: string, purpose: string): Promise<Reply<string | null>> {
    const held = this.#inMemory.get(account);
    if (held) return done(held.purpose === purpose ? held.secret : null);
    const reply = this.#reading.then(() => this.#read(account));
    this.#reading = reply.catch(() => undefined);
    const text = await reply;
    if (!text.ok) return text;
    const kept = parseKept(text.value);
    return done(kept?.purpose === purpose ? kept.secret : null);
  }

  /** Keeps a secret that has proven right. Without a keychain, `remember` means this run. */
  keep(serverId: string, kind: SecretKind, purpose: string, secret: string, remember: boolean): Promise<void> {
    return this.#lanes.run(serverId, async () => {
      // The server may have been removed while its login was under way.
      if (!this.#exists(serverId)) return;
      const account = accountOf(serverId, kind);
      const kept: Kept = { purpose, secret };
      this.#inMemory.set(account, kept);
      if (remember && (await this.#keepAccount(serverId, account, kept))) {
        this.#note(serverId, { kind, keptIn: 'keychain' });
        await this.#index(serverId);
        return;
      }
      this.#note(serverId, { kind, keptIn: 'run' });
    });
  }

  /** True: it is in the keychain; else in memory only, and the log says why. */
  async #keepAccount(serverId: string, account: string, kept: Kept): Promise<boolean> {
    this.#inMemory.set(account, kept);
    this.#unsaved.add(account);
    await this.#probing;
    if (this.#isAbsent()) return false;
    const saved = this.#noteLock(await this.#deps.keychain.set(account, JSON.stringify(kept)));
    if (!saved.ok) {
      const what = account.slice(account.lastIndexOf('/') + 1);
      this.#deps.log.write('warn', serverId, `The ${what} is kept for this run only: ${saved.error.message}`);
      return false;
    }
    // Somebody has unlocked it for this.
    void this.probeIfLocked();
    this.#leftover.delete(account);
    this.#unsaved.delete(account);
    return true;
  }

  /** Removes every secret of a server, here and in the keychain; what can't be reached now is removed when it can. */
  forget(serverId: string, name: string): Promise<Reply<null>> {
    return this.#lanes.run(serverId, async () => {
      const outcome = await this.#deleteAll(secretKinds.map((kind) => accountOf(serverId, kind)));
      this.#deps.state.updateServer(serverId, (server) => ({ ...server, secrets: [] }));
      await this.#index(serverId);
      // Without a keychain there is most likely nothing in it either.
      if (!outcome.ok && !this.#isAbsent()) {
        this.#deps.notice(
          failure('keychain-failed', `Secrets of ${name} may be left in the keychain. ${outcome.error.message}`, {
            hint: 'They are removed when the keychain can be reached: unlock it, then check it again in the settings.',
          }),
        );
      }
      return outcome;
    });
  }

  async #deleteAll(accounts: readonly string[]): Promise<Reply<null>> {
    let outcome: Reply<null> = done(null);
    await this.#probing;
    for (const account of accounts) {
      this.#inMemory.delete(account);
      this.#unsaved.delete(account);
      // One prompt is enough: what is locked for one is locked for the next.
      const deleted =
        outcome.ok || this.#locked() === null ? this.#noteLock(await this.#deps.keychain.delete(account)) : outcome;
      if (deleted.ok) continue;
      this.#leftover.add(account);
      outcome = deleted;
    }
    return outcome;
  }

  async #probeNow(): Promise<void> {
    const { keychain, state, log } = this.#deps;
    const view = await keychain.probe();
    state.update((now) => ({ ...now, keychain: view }));
    if (view.kind === 'ready') log.write('info', null, `Keychain in use: ${view.name}.`);
    if (view.kind === 'locked' || view.kind === 'absent') log.write('warn', null, view.failure.message);
    if (view.kind !== 'ready') return;
    for (const account of [...this.#leftover]) {
      const deleted = await keychain.delete(account);
      if (deleted.ok) this.#leftover.delete(account);
    }
    this.#deps.ready();
  }

  async #read(account: string): Promise<Reply<string | null>> {
    await this.#probing;
    if (this.#isAbsent()) return done(null);
    const locked = this.#locked();
    return locked ? failed(locked) : this.#noteLock(await this.#deps.keychain.get(account));
  }

  /** It may lock at any time: from then on it is left alone, as if it had been locked from the start. */
  #noteLock<T>(reply: KeychainReply<T>): KeychainReply<T> {
    if (reply.ok || !reply.isLocked) return reply;
    this.#deps.state.update((now) =>
      now.keychain.kind === 'ready'
        ? { ...now, keychain: { ...now.keychain, kind: 'locked', failure: reply.error } }
        : now,
    );
    return reply;
  }

  #locked(): Failure | null {
    const { keychain } = this.#deps.state.get();
    return keychain.kind === 'locked' ? keychain.failure : null;
  }

  #isAbsent(): boolean {
    return this.#deps.state.get().keychain.kind === 'absent';
  }

  #exists(serverId: string): boolean {
    return this.#deps.state.get().servers.some((each) => each.profile.id === serverId);
  }

  /** Saves what the snapshot says of the keychain, if the profile says otherwise. */
  async #index(serverId: string): Promise<void> {
    const server = this.#deps.state.get().servers.find((each) => each.profile.id === serverId);
    if (!server) return;
    const now = server.secrets.filter((each) => each.keptIn === 'keychain').map((each) => each.kind);
    const saved = server.profile.remembered;
    if (now.length === saved.length && now.every((each) => saved.includes(each))) return;
    await this.#deps.noteRemembered(serverId, now);
  }

  #note(serverId: string, info: SecretInfo): void {
    this.#deps.state.updateServer(serverId, (server) => {
      if (server.secrets.some((each) => each.kind === info.kind && each.keptIn === info.keptIn)) return server;
      return { ...server, secrets: [...server.secrets.filter((each) => each.kind !== info.kind), info] };
    });
  }
}

/** What is not of our making (another program's entry, a damaged one) is no secret of ours. */
function parseKept(text: string | null): Kept | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { purpose, secret } = value as Partial<Record<keyof Kept, unknown>>;
    return typeof purpose === 'string' && typeof secret === 'string' ? { purpose, secret } : null;
  } catch {
    return null;
  }
}
