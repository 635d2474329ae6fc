/** Which host key to trust: Mooring's own pins, beside the user's known_hosts. */
import { done, type Failure, type Reply } from '../../shared/failure.ts';
import type { KnownHostKey } from '../../shared/prompt.ts';
import type { Clock, KnownHostLine, KnownHosts, StateFile } from '../ports.ts';
import { parseSavedHostKeys, setAsideOf, tellRejected, type PinnedHostKey } from './saved.ts';

export interface PresentedKey {
  readonly keyType: string;
  /** Base64. */
  readonly key: string;
  readonly fingerprint: string;
}

export type HostKeyVerdict =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'changed'; readonly known: readonly KnownHostKey[] }
  | { readonly kind: 'revoked'; readonly storedIn: string };

/**
 * Decides. A revoked key is never trusted. A key that either place holds is trusted; one that contradicts what a place
 * holds has changed, also when the type differs: the connection asks for the known types first, so a server that still
 * had the known key would have shown it. Certificate authorities are not consulted (ssh2 has no certificates).
 */
export function judgeHostKey(
  presented: PresentedKey,
  pins: readonly PinnedHostKey[],
  lines: readonly KnownHostLine[],
): HostKeyVerdict {
  const revoked = lines.find((each) => each.marker === 'revoked' && each.fingerprint === presented.fingerprint);
  if (revoked) return { kind: 'revoked', storedIn: revoked.storedIn };
  const known: readonly KnownHostKey[] = [
    ...pins.map((pin) => ({
      keyType: pin.keyType,
      fingerprint: pin.fingerprint,
      firstSeenMs: pin.firstSeenMs,
      storedIn: 'Mooring',
    })),
    ...lines
      .filter((each) => each.marker === 'none')
      .map((line) => ({
        keyType: line.keyType,
        fingerprint: line.fingerprint,
        firstSeenMs: null,
        storedIn: line.storedIn,
      })),
  ];
  if (known.some((each) => each.fingerprint === presented.fingerprint)) return { kind: 'trusted' };
  return known.length === 0 ? { kind: 'unknown' } : { kind: 'changed', known };
}

export class HostKeys {
  #pins: readonly PinnedHostKey[] = [];
  /** What of the file could not be used, with why: written back under `setAside`, so that nothing is lost. */
  #setAside: readonly unknown[] = [];
  readonly #file: StateFile<unknown>;
  readonly #knownHosts: KnownHosts;
  readonly #clock: Clock;
  /** Saves follow each other, so that the last one wins on disk too. */
  #saving: Promise<unknown> = Promise.resolve();

  constructor(file: StateFile<unknown>, knownHosts: KnownHosts, clock: Clock) {
    this.#file = file;
    this.#knownHosts = knownHosts;
    this.#clock = clock;
  }

  /** @returns what was found damaged */
  async load(): Promise<readonly Failure[]> {
    const { value, trouble } = await this.#file.load();
    const { keys, rejected } = parseSavedHostKeys(value);
    this.#pins = keys;
    this.#setAside = setAsideOf(value, rejected);
    return [...(trouble ? [trouble] : []), ...tellRejected(rejected, 'host-keys.json')];
  }

  /** Resolves when the saves under way have ended. */
  async idle(): Promise<void> {
    await this.#saving;
  }

  async judge(host: string, port: number, presented: PresentedKey, useKnownHosts: boolean): Promise<HostKeyVerdict> {
    const lines = useKnownHosts ? await this.#knownHosts.find(host, port) : [];
    return judgeHostKey(presented, this.#pinsOf(host, port), lines);
  }

  /** Key types known for a server, to be asked for first. */
  async knownTypes(host: string, port: number, useKnownHosts: boolean): Promise<readonly string[]> {
    const lines = useKnownHosts ? await this.#knownHosts.find(host, port) : [];
    const types = [...this.#pinsOf(host, port), ...lines.filter((each) => each.marker === 'none')];
    return [...new Set(types.map((each) => each.keyType).filter((each) => each !== ''))];
  }

  /** The keys by which a server is known, for a program that looks for itself. */
  async trusted(
    host: string,
    port: number,
    useKnownHosts: boolean,
  ): Promise<readonly Pick<PresentedKey, 'keyType' | 'key'>[]> {
    const lines = useKnownHosts ? await this.#knownHosts.find(host, port) : [];
    const revoked = lines.filter((each) => each.marker === 'revoked').map(({ key }) => key);
    const keys = [...this.#pinsOf(host, port), ...lines.filter((each) => each.marker === 'none')];
    return keys.filter(
      ({ key }, at) => key !== '' && !revoked.includes(key) && keys.findIndex((each) => each.key === key) === at,
    );
  }

  /** Trusts this key from now on, in place of any other for the server. */
  async pin(host: string, port: number, presented: PresentedKey): Promise<Reply<null>> {
    // Field by field: what carries a key may carry more, and nothing more may reach the file.
    const { keyType, key, fingerprint } = presented;
    const firstSeenMs = this.#clock.nowMs();
    this.#pins = [...this.#others(host, port), { host: keyHost(host), port, keyType, key, fingerprint, firstSeenMs }];
    return this.#save();
  }

  /** Trusts a key known by its fingerprint only; type and key are filled in when it is seen. */
  async expect(host: string, port: number, fingerprint: string): Promise<Reply<null>> {
    return this.pin(host, port, { keyType: '', key: '', fingerprint });
  }

  /** Completes an expected key once the server has shown it. */
  async seen(host: string, port: number, presented: PresentedKey): Promise<void> {
    const pin = this.#pinsOf(host, port).find((each) => each.fingerprint === presented.fingerprint);
    if (pin && pin.key === '') await this.pin(host, port, presented);
  }

  async forget(host: string, port: number): Promise<Reply<null>> {
    const others = this.#others(host, port);
    if (others.length === this.#pins.length) return done(null);
    this.#pins = others;
    return this.#save();
  }

  /** Writes a key to the user's known_hosts; only on request. */
  writeKnownHosts(
    host: string,
    port: number,
    { keyType, key }: PresentedKey,
  ): Promise<Reply<{ readonly path: string; readonly added: boolean }>> {
    return this.#knownHosts.add(host, port, keyType, key);
  }

  /** The key that Mooring itself holds for a server. */
  pinned(host: string, port: number): PresentedKey | null {
    return this.#pinsOf(host, port).find((each) => each.key !== '') ?? null;
  }

  #pinsOf(host: string, port: number): readonly PinnedHostKey[] {
    return this.#pins.filter((each) => each.host === keyHost(host) && each.port === port);
  }

  #others(host: string, port: number): readonly PinnedHostKey[] {
    return this.#pins.filter((each) => each.host !== keyHost(host) || each.port !== port);
  }

  #save(): Promise<Reply<null>> {
    const setAside = this.#setAside.length > 0 ? { setAside: this.#setAside } : {};
    const saved = this.#saving.then(() => this.#file.save({ keys: this.#pins, ...setAside }));
    this.#saving = saved.catch(() => undefined);
    return saved;
  }
}

/** Host names have no case. */
const keyHost = (host: string) => host.toLowerCase();

/** Whether a server is found at this place, and so uses the keys pinned for it. */
export const usesAddress = (server: { readonly address: string; readonly port: number }, host: string, port: number) =>
  keyHost(server.address) === keyHost(host) && server.port === port;
