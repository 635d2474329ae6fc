/** Keys to log in with: those of this machine, making one, and putting one on a server. */
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import type { FoundKey, InstalledKey, MadeKey } from '../../shared/keys.ts';
import type { Login, ServerProfile } from '../../shared/server.ts';
import type { Log } from '../log.ts';
import type { Ports, PublicKey } from '../ports.ts';
import type { Prompts } from '../prompts.ts';
import { keyPurpose, loginPurpose, type Secrets } from '../secrets.ts';
import type { Profiles } from '../servers/profiles.ts';
import { newLoginMemory, type LoginMemory } from '../tunnels/login.ts';
import { openKey } from '../tunnels/open-key.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { addScript, authorizedKeysLimitMs, parseAdded, parseRemoved, removeScript } from './authorized-keys.ts';
import { notProven } from './not-proven.ts';

export interface KeysDeps {
  readonly ports: Pick<Ports, 'privateKeys' | 'machine'>;
  readonly log: Log;
  readonly prompts: Prompts;
  readonly secrets: Secrets;
  readonly profiles: Profiles;
  readonly tunnels: Tunnels;
}

interface Opened {
  readonly publicKey: PublicKey;
  /** Holds the passphrase that was typed, if one was. */
  readonly memory: LoginMemory;
}

export class Keys {
  readonly #deps: KeysDeps;
  /** Servers that a key is being put on. */
  readonly #busy = new Set<string>();

  constructor(deps: KeysDeps) {
    this.#deps = deps;
  }

  async list(): Promise<Reply<{ keys: FoundKey[] }>> {
    const listed = await this.#deps.ports.privateKeys.list();
    return listed.ok ? done({ keys: [...listed.value] }) : listed;
  }

  async make(wanted: { name?: string; passphrase?: string; remember?: boolean }): Promise<Reply<MadeKey>> {
    const { ports, log, secrets } = this.#deps;
    const { name = null, passphrase = '', remember = false } = wanted;
    const made = await ports.privateKeys.make({ name, passphrase, comment: this.#comment() });
    if (!made.ok) return made;
    const { path, fingerprint } = made.value;
    log.write('info', null, `A key was made: ${path}, ${fingerprint}.`);
    if (passphrase !== '') secrets.noteOfMadeKey(path, passphrase, remember);
    return made;
  }

  /** See the contract's `keys.install`. The connection there is stays, with all that passes through it. */
  async install(serverId: string, path: string, useIt: boolean): Promise<Reply<InstalledKey>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const { name, demo } = found.value;
    if (demo) {
      return failed(
        failure('not-allowed', 'The demo server takes its own password only.', { hint: 'Choose a server of yours.' }),
      );
    }
    if (this.#busy.has(serverId)) {
      return failed(failure('conflict', `A key is being put on ${name} just now.`, { hint: 'Wait for its end.' }));
    }
    this.#busy.add(serverId);
    try {
      return await this.#install(found.value, path, useIt);
    } finally {
      this.#busy.delete(serverId);
    }
  }

  async #install(profile: ServerProfile, path: string, useIt: boolean): Promise<Reply<InstalledKey>> {
    const { tunnels, log } = this.#deps;
    const { id: serverId, name } = profile;
    if (tunnels.connectionIdOf(serverId) === null) {
      return failed(failure('conflict', `${name} is not connected.`, { hint: 'Connect it first.' }));
    }
    const opened = await this.#open(profile, path);
    if (!opened.ok) return opened;
    const { publicKey, memory } = opened.value;
    const line = this.#line(publicKey);
    const ran = await this.#run(serverId, addScript, `${line}\n`);
    const added = ran.ok ? parseAdded(ran.value, name) : ran;
    if (!added.ok) return added;
    if (added.value.added) {
      log.write('info', serverId, `The key ${publicKey.fingerprint} is in ~/.ssh/authorized_keys of ${profile.user}.`);
    }
    const login: Login = { kind: 'key', path };
    const proven = await tunnels.proofs.prove(profile, login, memory);
    if (!proven.ok) {
      const removed = added.value.added ? await this.#takeOff(profile, line, added.value.made) : null;
      log.write('warn', serverId, `The login with ${path} was not proven: ${proven.error.message}`);
      return failed(notProven(profile, proven.error, added.value, removed));
    }
    log.write('info', serverId, `A second login with the key ${path} alone went well.`);
    if (useIt) {
      const used = await this.#use(profile, login, memory);
      if (!used.ok) return used;
    }
    const { withOptions } = added.value;
    const notes = [
      ...(added.value.added ? [] : ['The server had this key already.']),
      ...(withOptions ? ['Its line there begins with options, which may restrict what the key is good for.'] : []),
    ];
    return done({ added: added.value.added, used: useIt, fingerprint: publicKey.fingerprint, notes });
  }

  async #open({ id: serverId }: ServerProfile, path: string): Promise<Reply<Opened>> {
    const { ports, secrets, prompts } = this.#deps;
    const memory = newLoginMemory();
    const purpose = keyPurpose(path);
    const state = await openKey(path, true, {
      privateKeys: ports.privateKeys,
      secrets,
      kept: async () => {
        const kept = await secrets.get(serverId, 'passphrase', purpose);
        return kept.ok ? kept.value : null;
      },
      ask: (body) => prompts.ask(serverId, body).answer,
      noteTyped: ({ secret, remember }) => {
        memory.typed = [{ kind: 'passphrase', purpose, secret, remember }];
      },
    });
    if (state?.kind === 'unusable') return failed(state.failure);
    if (state?.kind !== 'ready') return failed(cancelled);
    const publicKey = await ports.privateKeys.publicHalf(path, state.pem);
    return publicKey.ok ? done({ publicKey: publicKey.value, memory }) : publicKey;
  }

  /** The connection that is up stays: the new login has just proven good. */
  async #use(profile: ServerProfile, login: Login, memory: LoginMemory): Promise<Reply<null>> {
    const { profiles, tunnels, secrets } = this.#deps;
    const { id: serverId } = profile;
    const now = profiles.find(serverId);
    if (!now.ok) return now;
    if (loginPurpose(now.value) !== loginPurpose(profile)) {
      return failed(
        failure('conflict', `${profile.name} was changed meanwhile: its login stays as it is.`, {
          hint: 'The key is on the server that was connected. Edit the login, or try again.',
        }),
      );
    }
    if (tunnels.connectionIdOf(serverId) !== null) tunnels.adoptLogin(serverId, login);
    const saved = await profiles.replace(serverId, (server) => ({ ...server, login }));
    if (!saved.ok) {
      tunnels.adoptLogin(serverId, now.value.login);
      return saved;
    }
    for (const { kind, purpose, secret, remember } of memory.typed) {
      await secrets.keep(serverId, kind, purpose, secret, remember);
    }
    return done(null);
  }

  async #takeOff({ id: serverId, name }: ServerProfile, line: string, made: string): Promise<Reply<null>> {
    const ran = await this.#run(serverId, removeScript, `${line}\n${made}\n`);
    return ran.ok ? parseRemoved(ran.value, name) : ran;
  }

  async #run(serverId: string, script: string, input: string): Promise<Reply<string>> {
    const { tunnels } = this.#deps;
    const command = { script, input, timeoutMs: authorizedKeysLimitMs };
    const ran = await tunnels.commands.run(tunnels.connectionIdOf(serverId), command).done;
    return ran.ok ? done(ran.value.stdout) : ran;
  }

  #line({ keyType, key, comment }: PublicKey): string {
    return `${keyType} ${key} ${comment === '' ? this.#comment() : comment}`;
  }

  /** As ssh-keygen has it. */
  #comment(): string {
    const { user, name } = this.#deps.ports.machine;
    return `${user}@${name}`.replace(/[^\x21-\x7e]/g, '-').slice(0, 100);
  }
}

const cancelled = failure('cancelled', 'The key was not opened: nothing was changed on the server.');
