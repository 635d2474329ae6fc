/** The OS keychain, through @napi-rs/keyring. */
import type { Keychain, KeychainReply } from '../core/ports.ts';
import { failure, type Failure } from '../shared/failure.ts';
import type { KeychainView } from '../shared/snapshot.ts';
import { keychainTrouble, type KeychainTrouble } from './keychain-troubles.ts';

export interface KeychainOptions {
  /** The name our entries have in the keychain; 'Mooring' by default. */
  readonly service?: string;
  /** How long a person has for an unlock prompt; 30 000 by default. */
  readonly timeoutMs?: number;
  /** `MOORING_KEYCHAIN=off` keeps away from the keychain. process.env by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  /** Loads the native module; for tests. */
  readonly load?: () => Promise<KeyringModule>;
  /** Monotonic milliseconds; for tests. */
  readonly nowMs?: () => number;
  /** Sees it unlocked without asking anybody; the Secret Service's own word on Linux, nothing elsewhere by default. */
  readonly watchLock?: Keychain['watchUnlocked'];
}

/** What we use of @napi-rs/keyring. */
export interface KeyringModule {
  readonly AsyncEntry: new (service: string, account: string, options: { linux: { store: 'secret-service' } }) => Entry;
}

interface Entry {
  setPassword(secret: string): Promise<void>;
  getPassword(): Promise<string | null>;
  deleteCredential(): Promise<boolean>;
}

export interface SystemKeychain extends Keychain {
  /**
   * True while a native call is under way, such as one that waits for an unlock prompt. Such a call can't be cancelled,
   * and Node joins its thread at exit: a process that must end now has to kill itself.
   */
  busy(): boolean;
}

const canaryAccount = 'mooring-self-test';
/** After the service did not answer, no call tries again for this long. */
const restMs = 30_000;

/**
 * Seen with @napi-rs/keyring 2.1.2 on Linux, and the reason for most of what is here:
 * - left alone it falls back to the kernel's keyring, which forgets at reboot: hence the pinned store;
 * - an entry made before the daemon restarted fails: hence a new entry a call;
 * - the constructor talks to D-Bus on our own thread, for up to 2 s when the service hangs: hence the rest afterwards;
 * - AbortSignals do not reach a call that runs, and each holds one of libuv's four threads: hence our own time limit and
 *   one call at a time, so that an open prompt never starves file and name look-ups.
 *
 * Failures have the code `keychain-failed`, words for people, and never a secret in them.
 */
export function createKeychain(options: KeychainOptions = {}): SystemKeychain {
  const { service = 'Mooring', timeoutMs = 30_000, env = process.env, platform = process.platform } = options;
  const load = options.load ?? (() => import('@napi-rs/keyring'));
  const nowMs = options.nowMs ?? (() => performance.now());
  const name = keychainName(platform, env);
  const trouble = (error: unknown, secret = ''): KeychainTrouble => keychainTrouble(error, platform, secret);

  const watchLock = options.watchLock ?? (platform === 'linux' ? watchSecretService : () => () => undefined);
  const watchers = new Set<() => void>();

  /** The last call that began has been carried out: nothing is locked any more. */
  let lastWorked = false;
  let lane: Promise<unknown> = Promise.resolve();
  let running = false;
  let rest: { readonly untilMs: number; readonly trouble: KeychainTrouble } | null = null;

  const inLane = <T>(account: string, work: (entry: Entry) => Promise<T>, secret: string): Promise<Outcome<T>> => {
    let gaveUp = false;
    const run = lane.then(async (): Promise<Outcome<T>> => {
      // A call that was reported as failed must not change anything later.
      if (gaveUp) return { ok: false, trouble: timedOut(name, timeoutMs) };
      if (rest !== null && nowMs() < rest.untilMs) return { ok: false, trouble: rest.trouble };
      rest = null;
      running = true;
      lastWorked = false;
      try {
        const { AsyncEntry } = await load();
        const entry = new AsyncEntry(service, account, { linux: { store: 'secret-service' } });
        const value = await work(entry);
        lastWorked = true;
        return { ok: true, value };
      } catch (error) {
        const found = trouble(error, secret);
        if (found.sort === 'no-answer') rest = { untilMs: nowMs() + restMs, trouble: found };
        return { ok: false, trouble: found };
      } finally {
        running = false;
      }
    });
    lane = run;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        gaveUp = true;
        resolve({ ok: false, trouble: timedOut(name, timeoutMs) });
      }, timeoutMs);
      void run.then((outcome) => {
        clearTimeout(timer);
        resolve(outcome);
        // The prompt was answered after all, too late for this call: the next one will do.
        if (gaveUp && outcome.ok) for (const each of [...watchers]) each();
      });
    });
  };

  const call = async <T>(account: string, work: (entry: Entry) => Promise<T>, secret = ''): Promise<Outcome<T>> =>
    env['MOORING_KEYCHAIN'] === 'off' ? { ok: false, trouble: switchedOff } : inLane(account, work, secret);

  return {
    busy: () => running,
    probe: async () => {
      const canary = crypto.randomUUID();
      const outcome = await call(canaryAccount, async (entry) => {
        await entry.setPassword(canary);
        const read = await entry.getPassword();
        await entry.deleteCredential();
        return read === canary;
      });
      if (!outcome.ok) return troubleView(outcome.trouble, name);
      return outcome.value ? { kind: 'ready', name } : { kind: 'absent', failure: forgetful(name) };
    },
    get: async (account) => toReply(await call(account, (entry) => entry.getPassword())),
    set: async (account, secret) =>
      toReply(await call(account, (entry) => entry.setPassword(secret).then(() => null), secret)),
    delete: async (account) => toReply(await call(account, (entry) => entry.deleteCredential().then(() => null))),
    watchUnlocked: (listener) => {
      if (env['MOORING_KEYCHAIN'] === 'off') return () => undefined;
      // Each watch has an entry of its own, also where the same listener is given twice.
      const tell = () => {
        if (watchers.has(tell)) listener();
      };
      watchers.add(tell);
      const endLockWatch = watchLock(tell);
      if (lastWorked) queueMicrotask(tell);
      return () => {
        watchers.delete(tell);
        endLockWatch();
      };
    },
  };
}

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly trouble: KeychainTrouble };

function toReply<T>(outcome: Outcome<T>): KeychainReply<T> {
  if (outcome.ok) return outcome;
  const { sort, failure: error } = outcome.trouble;
  return { ok: false, error, isLocked: sort === 'locked' };
}

/** The bus library is loaded only where something waits for a locked keychain. */
const watchSecretService: Keychain['watchUnlocked'] = (listener) => {
  let end: (() => void) | null = () => undefined;
  void import('./keychain-lock.ts').then(
    ({ watchDefaultCollection }) => {
      // libdbus, by which the keychain is read, looks at the process's own environment.
      if (end) end = watchDefaultCollection(process.env, listener);
    },
    () => undefined,
  );
  return () => {
    end?.();
    end = null;
  };
};

function troubleView({ sort, failure }: KeychainTrouble, name: string): KeychainView {
  return sort === 'locked' ? { kind: 'locked', name, failure } : { kind: 'absent', failure };
}

/** What people call it. Linux does not say who provides the Secret Service; the desktop is a good guess for the big two. */
export function keychainName(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>> = {},
): string {
  if (platform === 'darwin') return 'macOS Keychain';
  if (platform === 'win32') return 'Windows Credential Manager';
  const desktops = (env['XDG_CURRENT_DESKTOP'] ?? '').toUpperCase().split(':');
  if (desktops.includes('GNOME')) return 'GNOME Keyring';
  return desktops.includes('KDE') ? 'KWallet' : 'Secret Service';
}

const switchedOff: KeychainTrouble = {
  sort: 'absent',
  failure: failure('keychain-failed', 'The keychain is switched off for Mooring.', {
    hint: 'Passwords are kept until Mooring stops. To save them, start it without MOORING_KEYCHAIN=off.',
  }),
};

function timedOut(name: string, timeoutMs: number): KeychainTrouble {
  return {
    sort: 'locked',
    failure: failure(
      'keychain-failed',
      `${name} did not answer within ${String(Math.round(timeoutMs / 1000))} seconds.`,
      {
        hint: 'Look for a window that asks to unlock it, answer that, and try again.',
      },
    ),
  };
}

function forgetful(name: string): Failure {
  return failure('keychain-failed', `${name} took a test entry but did not give it back.`, {
    hint: 'Passwords are kept until Mooring stops. Check that the default keyring can be written.',
  });
}
