/**
 * The servers that the user keeps: the wish, saved after every change. Changes follow each other; one that can't be
 * saved does not happen, except for on and off, which must work on a full disk too.
 */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import { forwardDraftOf, redrafted, type Forward, type ForwardDraft } from '../../shared/forward.ts';
import { noHosts } from '../../shared/hosts.ts';
import type { ServerDraft, ServerProfile } from '../../shared/server.ts';
import type { Random, StateFile } from '../ports.ts';
import { freeName, namesApart, sameName } from './names.ts';
import { maxServers, parseSavedServers, setAsideOf, tellRejected } from './saved.ts';
import { forwardClashes, maxForwards } from './shapes.ts';
import { wishForward, wishServer } from './wishes.ts';

/** Made anew upon newer profiles at times: it gives the same each time, ids included. */
type Change<T> = (now: readonly ServerProfile[]) => Reply<{ next: readonly ServerProfile[]; value: T }>;
type Nothing = Record<never, never>;

export interface ProfilesDeps {
  readonly file: StateFile<unknown>;
  readonly random: Random;
  /** Every change, saved or not. */
  changed(profiles: readonly ServerProfile[]): void;
  /** Something to tell the user that belongs to no call. */
  notice(trouble: Failure): void;
}

export class Profiles {
  #profiles: readonly ServerProfile[] = [];
  /** What of the file could not be used, with why: written back under `setAside`, so that nothing is lost. */
  #setAside: readonly unknown[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #toldUnsaved = false;
  readonly #deps: ProfilesDeps;

  constructor(deps: ProfilesDeps) {
    this.#deps = deps;
  }

  async load(): Promise<void> {
    const { value, trouble } = await this.#deps.file.load();
    if (trouble) this.#deps.notice(trouble);
    const { servers, rejected } = parseSavedServers(value);
    this.#setAside = setAsideOf(value, rejected);
    const { apart, notices } = namesApart(servers);
    for (const each of [...tellRejected(rejected, 'servers.json'), ...notices]) this.#deps.notice(each);
    this.#commit(apart);
  }

  /** Resolves when the saves under way have ended. */
  async idle(): Promise<void> {
    await this.#queue;
  }

  all(): readonly ServerProfile[] {
    return this.#profiles;
  }

  find(serverId: string): Reply<ServerProfile> {
    const found = this.#profiles.find((each) => each.id === serverId);
    return found ? done(found) : failed(noSuchServer);
  }

  add(draft: ServerDraft, more: { wanted?: boolean; demo?: boolean } = {}): Promise<Reply<{ serverId: string }>> {
    const profile: ServerProfile = {
      ...draft,
      id: this.#deps.random.id(),
      forwards: draft.forwards.map((each) => this.#newForward(each)),
      wanted: more.wanted ?? false,
      demo: more.demo ?? false,
      remembered: [],
      stacks: [],
      openRunId: null,
      hosts: noHosts,
    };
    return this.#change((now) => {
      const clash = now.length < maxServers ? nameClash(now, draft.name, null) : tooManyServers;
      if (clash) return failed(clash);
      return done({ next: [...now, profile], value: { serverId: profile.id } });
    });
  }

  edit(serverId: string, draft: Omit<ServerDraft, 'forwards'>): Promise<Reply<Nothing>> {
    return this.#changeServer(serverId, (server, now) => {
      const clash = nameClash(now, draft.name, serverId);
      return clash ? failed(clash) : done({ ...server, ...draft });
    });
  }

  /** Replaces a profile's fields and forwards without asking: for the demo server, whose address changes each run. */
  replace(serverId: string, change: (server: ServerProfile) => ServerProfile): Promise<Reply<Nothing>> {
    return this.#changeServer(serverId, (server) => done(change(server)));
  }

  duplicate(serverId: string): Promise<Reply<{ serverId: string }>> {
    const id = this.#deps.random.id();
    const forwardIds = new Map<string, string>();
    const copiedId = (forwardId: string) => {
      const known = forwardIds.get(forwardId) ?? this.#deps.random.id();
      forwardIds.set(forwardId, known);
      return known;
    };
    return this.#change((now) => {
      const at = now.findIndex((each) => each.id === serverId);
      const original = now[at];
      if (!original) return failed(noSuchServer);
      if (now.length >= maxServers) return failed(tooManyServers);
      const copy: ServerProfile = {
        ...original,
        id,
        name: freeName(now, original.name),
        // Its names do not come along, so that none of its tunnels is theirs.
        forwards: original.forwards.map((each) => ({
          ...forwardDraftOf(each),
          id: copiedId(each.id),
          wanted: each.wanted,
        })),
        wanted: false,
        demo: false,
        remembered: [],
        stacks: [],
        openRunId: null,
        // Two of the same name in one file would be one too many.
        hosts: { ...original.hosts, on: false },
      };
      return done({ next: now.toSpliced(at + 1, 0, copy), value: { serverId: copy.id } });
    });
  }

  move(serverId: string, index: number): Promise<Reply<Nothing>> {
    return this.#change((now) => {
      const server = now.find((each) => each.id === serverId);
      if (!server) return failed(noSuchServer);
      const others = now.filter((each) => each !== server);
      return done({ next: others.toSpliced(Math.min(index, others.length), 0, server), value: {} });
    });
  }

  remove(serverId: string): Promise<Reply<Nothing>> {
    return this.#change((now) => {
      if (!now.some((each) => each.id === serverId)) return failed(noSuchServer);
      return done({ next: now.filter((each) => each.id !== serverId), value: {} });
    });
  }

  addForward(serverId: string, draft: ForwardDraft, forNames?: true): Promise<Reply<{ forwardId: string }>> {
    const forward: Forward = { ...this.#newForward(draft), ...(forNames && { forNames }) };
    const add = (forwards: readonly Forward[]) =>
      forwards.length < maxForwards ? done([...forwards, forward]) : failed(tooManyForwards);
    return this.#changeForwards(serverId, add, { forwardId: forward.id });
  }

  editForward(serverId: string, forwardId: string, draft: ForwardDraft): Promise<Reply<Nothing>> {
    return this.#changeForwards(
      serverId,
      (forwards) =>
        forwards.some((each) => each.id === forwardId)
          ? done(forwards.map((each) => (each.id === forwardId ? redrafted(each, draft) : each)))
          : failed(noSuchForward),
      {},
    );
  }

  removeForward(serverId: string, forwardId: string): Promise<Reply<Nothing>> {
    return this.#changeForwards(
      serverId,
      (forwards) =>
        forwards.some((each) => each.id === forwardId)
          ? done(forwards.filter((each) => each.id !== forwardId))
          : failed(noSuchForward),
      {},
    );
  }

  /** On and off. See the contract's `wanted.set` for what a forward alone means. */
  setWanted(serverId: string, forwardId: string | undefined, on: boolean): Promise<Reply<Nothing>> {
    return this.#wish((now) => {
      const server = now.find((each) => each.id === serverId);
      if (!server) return failed(noSuchServer);
      if (forwardId !== undefined && !server.forwards.some((each) => each.id === forwardId)) {
        return failed(noSuchForward);
      }
      const wished = forwardId === undefined ? wishServer(server, on) : wishForward(server, forwardId, on);
      return done({ next: now.map((each) => (each === server ? wished : each)), value: {} });
    });
  }

  setAllWanted(on: boolean): Promise<Reply<Nothing>> {
    return this.#wish((now) => done({ next: now.map((each) => wishServer(each, on)), value: {} }));
  }

  #newForward(draft: ForwardDraft): Forward {
    return { ...draft, id: this.#deps.random.id(), wanted: true };
  }

  #changeServer(
    serverId: string,
    change: (server: ServerProfile, now: readonly ServerProfile[]) => Reply<ServerProfile>,
  ): Promise<Reply<Nothing>> {
    return this.#change((now) => {
      const server = now.find((each) => each.id === serverId);
      if (!server) return failed(noSuchServer);
      const changed = change(server, now);
      if (!changed.ok) return changed;
      return done({ next: now.map((each) => (each === server ? changed.value : each)), value: {} });
    });
  }

  #changeForwards<T>(
    serverId: string,
    change: (forwards: readonly Forward[]) => Reply<readonly Forward[]>,
    value: T,
  ): Promise<Reply<T>> {
    return this.#change((now) => {
      const server = now.find((each) => each.id === serverId);
      if (!server) return failed(noSuchServer);
      const forwards = change(server.forwards);
      if (!forwards.ok) return forwards;
      const clashes = forwardClashes(forwards.value);
      if (clashes.length > 0) {
        const message = `${clashes[0]?.message ?? 'Two tunnels clash'}.`;
        return failed(failure('conflict', message, { hint: 'Choose another name or local port.' }));
      }
      const changed = { ...server, forwards: forwards.value };
      return done({ next: now.map((each) => (each === server ? changed : each)), value });
    });
  }

  /**
   * Saved first: what can't be saved does not happen. A wish made meanwhile is not undone, since the change is made
   * upon the profiles as they are then; the wish's own save comes next.
   */
  #change<T>(change: Change<T>): Promise<Reply<T>> {
    return this.#enqueue(async () => {
      const changed = change(this.#profiles);
      if (!changed.ok) return changed;
      const saved = await this.#save(changed.value.next);
      if (!saved.ok) return saved;
      const rebased = change(this.#profiles);
      if (!rebased.ok) return rebased;
      this.#commit(rebased.value.next);
      return done(rebased.value.value);
    });
  }

  /** Happens first: switching a tunnel off must not wait for a disk. Only its save waits for those before it. */
  async #wish(change: Change<Nothing>): Promise<Reply<Nothing>> {
    const changed = change(this.#profiles);
    if (!changed.ok) return changed;
    this.#commit(changed.value.next);
    return this.#enqueue(async () => {
      const saved = await this.#save(this.#profiles);
      if (!saved.ok && !this.#toldUnsaved) {
        const hint = `It works now, but is forgotten when Mooring ends. ${saved.error.hint ?? ''}`.trim();
        this.#deps.notice({
          ...saved.error,
          message: `What you switched could not be saved. ${saved.error.message}`,
          hint,
        });
      }
      this.#toldUnsaved = !saved.ok;
      return done({});
    });
  }

  #commit(next: readonly ServerProfile[]): void {
    this.#profiles = next;
    this.#deps.changed(next);
  }

  #save(servers: readonly ServerProfile[]): Promise<Reply<null>> {
    const setAside = this.#setAside.length > 0 ? { setAside: this.#setAside } : {};
    return this.#deps.file.save({ servers, ...setAside });
  }

  #enqueue<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

const noSuchServer = failure('not-found', 'There is no such server.', { hint: 'It may have been removed meanwhile.' });
const noSuchForward = failure('not-found', 'There is no such tunnel.', { hint: 'It may have been removed meanwhile.' });

const tooManyServers = failure('conflict', `There can be ${String(maxServers)} servers at most.`, {
  hint: 'Remove one first.',
});
const tooManyForwards = failure('conflict', `A server can have ${String(maxForwards)} tunnels at most.`, {
  hint: 'Remove one first, or add it to another server.',
});

function nameClash(now: readonly ServerProfile[], name: string, exceptId: string | null): Failure | null {
  const taken = now.find((each) => each.id !== exceptId && sameName(each.name, name));
  if (!taken) return null;
  const message = `Another server is already called ${taken.name}.`;
  return failure('conflict', message, { hint: 'Choose another name.', fields: [{ path: 'name', message }] });
}
