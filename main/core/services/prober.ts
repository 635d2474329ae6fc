/**
 * Asks what stands behind forwards that are up: once after each coming up, then seldom, and only while somebody looks or
 * something is broken. One question at a time a server, over its standing connection; nothing it asks changes anything.
 */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import type { Forward, ServiceKind } from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { troubledPart, type ServiceView } from '../../shared/services.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import type { AskAnswer } from '../engine.ts';
import type { Log } from '../log.ts';
import type { Clock, Random } from '../ports.ts';
import type { State } from '../state.ts';
import { explainTarget } from '../tunnels/own-service.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { FullDisks } from './full-disks.ts';
import { Lanes } from '../lanes.ts';
import type { Answers, NamedRequest, ProbeContext } from './probe.ts';
import { saying, toView, unreached, withBefore } from './probe-result.ts';
import { isOfTheWay, nextQuestion, verdictOf } from './probes.ts';
import { jittered, nextDelay, shortDelay } from './rhythm.ts';
import { namesOf, serviceContext, type ServiceContextDeps } from './service-context.ts';
import { isAsBefore, isPresence, markOf, seenAgain, shortQuestion, type ShortLookBy } from './short-look.ts';
import { newWatch, whatCounts, type Watch } from './watch.ts';

/** A service that came up with its server may not be ready in the same moment. */
const firstMs = 300;
const questionMs = 8_000;
/** Without room on a disk they fail. */
const writers: readonly (ServiceKind | null)[] = ['mlflow', 's3', 'postgres', 'jupyter'];

/** `deep`: all that can be known. Short looks are for what was well, and go on in full where it is not as before. */
type Look = 'deep' | 'usual' | ShortLookBy;

const isShort = (how: Look): how is ShortLookBy => how !== 'deep' && how !== 'usual';

export interface ProberDeps extends ServiceContextDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly tunnels: Pick<Tunnels, 'asks' | 'commands' | 'connectionIdOf' | 'checkTarget'>;
  /** A probe has found this just now. */
  probed(forwardId: string, result: ServiceView): void;
}

export class Prober {
  readonly #deps: ProberDeps;
  readonly #watches = new Map<string, Watch>();
  readonly #lanes = new Lanes();
  readonly #disks: FullDisks;
  #seen: readonly ServerView[] = [];
  #looking = false;
  #stopped = false;

  constructor(deps: ProberDeps) {
    this.#deps = deps;
    this.#disks = new FullDisks(deps);
  }

  /** Follows what came up and what went. */
  snapshotChanged(): void {
    const { servers } = this.#deps.state.get();
    if (this.#stopped || servers === this.#seen) return;
    const before = new Map(this.#seen.map((each) => [each.profile.id, each]));
    this.#seen = servers;
    for (const server of servers) {
      if (before.get(server.profile.id) !== server) this.#follow(server);
      before.delete(server.profile.id);
    }
    for (const gone of before.values()) {
      for (const { forwardId } of gone.forwards) this.#end(forwardId);
      this.#disks.forget(gone.profile.id);
    }
  }

  /** Whether somebody sees the result. */
  setLooking(looking: boolean): void {
    if (looking === this.#looking) return;
    this.#looking = looking;
    for (const [forwardId, watch] of this.#watches) {
      if (watch.probing === null && watch.result)
        this.#plan(forwardId, watch, watch.result, { changed: false, inFull: true });
    }
  }

  /** Asks at once, and in depth. Fails with `conflict` while the forward is not up. */
  async check(serverId: string, forwardId: string): Promise<Reply<{ service: ServiceView }>> {
    const server = this.#deps.state.get().servers.find(({ profile }) => profile.id === serverId);
    const forward = server?.profile.forwards.find((each) => each.id === forwardId);
    if (!server || !forward) return failed(failure('not-found', 'There is no such tunnel.'));
    const watch = this.#watches.get(forwardId);
    if (!watch) {
      return failed(failure('conflict', `${forward.label} is not up.`, { hint: 'Connect it first, and try again.' }));
    }
    if (watch.probing) await watch.probing;
    const service = watch.ended ? null : await this.#probe(forwardId, watch, 'deep');
    if (service) return done({ service });
    return failed(failure('link-lost', 'The connection was lost meanwhile.', { hint: 'Try again once it is back.' }));
  }

  /** A person looks: what was found longer ago than this is looked at again, in short. Ends when all have told. */
  async refresh(serverId: string | undefined, olderThanMs: number): Promise<Reply<Record<never, never>>> {
    const nowMs = this.#deps.clock.nowMs();
    const looks = [...this.#watches].map(async ([forwardId, watch]) => {
      const { result, probing } = watch;
      if (serverId !== undefined && watch.serverId !== serverId) return;
      const isFresh = result !== null && nowMs - result.checkedMs <= olderThanMs;
      // A refused login is not sent again and again.
      if (probing === null && (isFresh || result?.login.state === 'failed')) return;
      await (probing ?? this.#probe(forwardId, watch, 'person'));
    });
    await Promise.all(looks);
    return done({});
  }

  /** A person asked: what is not as it should be is asked again at once. */
  retry(serverId: string): void {
    for (const [forwardId, watch] of this.#watches) {
      const isDue = watch.serverId === serverId && watch.probing === null && troubledPart(watch.result) !== null;
      if (isDue) void this.#probe(forwardId, watch, 'deep');
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const forwardId of [...this.#watches.keys()]) this.#end(forwardId);
  }

  #follow({ profile, connection, forwards }: ServerView): void {
    for (const { forwardId, state } of forwards) {
      const forward = profile.forwards.find((each) => each.id === forwardId);
      const watch = this.#watches.get(forwardId);
      if (!forward || connection.kind !== 'up' || state.kind !== 'up') {
        if (watch) this.#end(forwardId);
        continue;
      }
      const names = namesOf(profile, forward).join(' ');
      if (watch?.forward === forward && watch.names === names) continue;
      const isOther = watch !== undefined && whatCounts(watch.forward) !== whatCounts(forward);
      if (isOther) this.#end(forwardId);
      if (!watch || isOther) {
        this.#begin(profile.id, forward, names);
        continue;
      }
      watch.forward = forward;
      if (watch.names === names) continue;
      // Whether it answers to a new name is worth knowing at once; one that goes takes its trouble along.
      watch.names = names;
      void (watch.probing ?? Promise.resolve(watch.result)).then((result) => {
        if (result && !watch.ended && watch.probing === null) this.#timer(forwardId, watch, firstMs);
      });
    }
    const left = [...this.#watches].filter(
      ([id, each]) => each.serverId === profile.id && !profile.forwards.some((forward) => forward.id === id),
    );
    for (const [forwardId] of left) this.#end(forwardId);
  }

  #begin(serverId: string, forward: Forward, names: string): void {
    const watch = newWatch(serverId, forward, names);
    this.#watches.set(forward.id, watch);
    this.#timer(forward.id, watch, firstMs);
  }

  /** What was found is no longer true: the forward is not up, or another one. */
  #end(forwardId: string): void {
    const watch = this.#watches.get(forwardId);
    if (!watch) return;
    this.#watches.delete(forwardId);
    watch.ended = true;
    watch.cancelTimer?.();
    watch.question?.cancel();
    if (watch.result) this.#show(watch.serverId, forwardId, null);
  }

  #timer(forwardId: string, watch: Watch, delayMs: number, how: Look = 'usual'): void {
    const { clock, random } = this.#deps;
    watch.cancelTimer?.();
    watch.delayMs = delayMs;
    watch.cancelTimer = clock.after(jittered(delayMs, random.fraction()), () => {
      watch.cancelTimer = null;
      void this.#probe(forwardId, watch, how);
    });
  }

  /** After a short look the full one stays due when it was. */
  #plan(
    forwardId: string,
    watch: Watch,
    result: ServiceView,
    { changed, inFull }: { changed: boolean; inFull: boolean },
  ): void {
    const { delayMs, forward } = watch;
    const looking = this.#looking;
    watch.cancelTimer?.();
    watch.cancelTimer = null;
    if (inFull || changed) watch.nextMs = nextDelay(forward.service, result, { delayMs, changed, looking });
    if (watch.nextMs === null) return;
    // Who begins to look sees soon what was not asked for long.
    const inMs = (afterMs: number, sinceMs: number) =>
      Math.max(firstMs, afterMs - Math.max(0, this.#deps.clock.nowMs() - sinceMs));
    const fullInMs = inMs(watch.nextMs, watch.fullMs);
    const shortMs = shortDelay(forward.service, result, { looking, services: this.#watches.size });
    const shortInMs = shortMs === null ? fullInMs : inMs(shortMs, result.checkedMs);
    this.#timer(forwardId, watch, Math.min(fullInMs, shortInMs), shortInMs < fullInMs ? 'clock' : 'usual');
    watch.delayMs = watch.nextMs;
  }

  #probe(forwardId: string, watch: Watch, how: Look): Promise<ServiceView | null> {
    watch.cancelTimer?.();
    watch.cancelTimer = null;
    const probing = this.#lanes
      .run(watch.serverId, () => this.#probeNow(watch, how))
      .then((found) => {
        watch.probing = null;
        if (watch.ended) return null;
        if (found === null) {
          const isDue = !isShort(how) || watch.nextMs !== null;
          if (isDue) this.#timer(forwardId, watch, Math.max(watch.delayMs, firstMs) * 2);
          return null;
        }
        const { result, inFull } = found;
        const changed = saying(watch.result) !== saying(result);
        this.#log(watch, result);
        watch.result = result;
        this.#show(watch.serverId, forwardId, result);
        this.#deps.probed(forwardId, result);
        this.#plan(forwardId, watch, result, { changed, inFull });
        return result;
      });
    watch.probing = probing;
    return probing;
  }

  /** Null: nothing is known, as when the link went. */
  async #probeNow(watch: Watch, how: Look): Promise<{ result: ServiceView; inFull: boolean } | null> {
    if (watch.ended) return null;
    const { state, clock } = this.#deps;
    const profile = state.get().servers.find((each) => each.profile.id === watch.serverId)?.profile;
    if (!profile) return null;
    const { forward, result: before } = watch;
    const asked = how === 'deep';
    const deep = asked || before === null || before.health.state === 'failed' || before.login.state === 'failed';
    const known = { ...(await serviceContext(profile, forward, this.#deps)), deep, fullDisk: null };
    if (isShort(how) && before !== null && troubledPart(before) === null) {
      const question = shortQuestion(forward.service, known, how);
      const seen = question && (await this.#lookShort(watch, before, profile, question));
      if (seen !== 'in full') return seen && { result: seen, inFull: false };
    }
    const answers = await this.#ask(watch, known);
    const trouble = Object.values(answers).find((each) => !each.ok && isOfTheWay(each.error.code));
    if (watch.ended) return null;
    watch.fullMs = clock.nowMs();
    watch.mark = markOf(Object.values(answers)[0]);
    if (trouble && !trouble.ok) {
      const result = this.#unreached(watch, profile, trouble.error);
      return result && { result, inFull: true };
    }
    const first = verdictOf(forward.service, answers, known);
    if (first === null) return null;
    const full = writers.includes(first.kind) ? await this.#disks.look(profile, forward, { deep, asked }) : null;
    const verdict =
      full === null ? first : (verdictOf(forward.service, answers, { ...known, fullDisk: full }) ?? first);
    const result = toView(withBefore(verdict, deep ? null : before), answers, forward, clock.nowMs());
    return { result, inFull: true };
  }

  /** Null: nothing is known. */
  async #lookShort(watch: Watch, before: ServiceView, profile: ServerProfile, question: NamedRequest) {
    const reply = await this.#askOne(watch, question);
    if (reply === null || watch.ended) return null;
    if (!reply.ok && isOfTheWay(reply.error.code)) return this.#unreached(watch, profile, reply.error);
    if (isAsBefore(reply, watch.mark, question)) return seenAgain(before, reply, this.#deps.clock.nowMs());
    // Of a database or the like nothing more is asked.
    return isPresence(question) ? null : 'in full';
  }

  /** The forward's own state follows, and looks more often than this does. Null: the way itself is gone. */
  #unreached({ serverId, forward }: Watch, profile: ServerProfile, trouble: Failure): ServiceView | null {
    const { clock, tunnels } = this.#deps;
    if (!trouble.code.startsWith('target-') && trouble.code !== 'forward-forbidden') return null;
    tunnels.checkTarget(serverId, forward.id);
    return unreached(explainTarget(profile, forward, trouble), clock.nowMs());
  }

  async #ask(watch: Watch, context: ProbeContext): Promise<Answers> {
    let answers: Answers = {};
    for (;;) {
      const next = watch.ended ? null : nextQuestion(watch.forward.service, answers, context);
      const reply = next && (await this.#askOne(watch, next));
      if (next === null || reply === null) return answers;
      answers = { ...answers, [next.name]: reply };
      if (!reply.ok && isOfTheWay(reply.error.code)) return answers;
    }
  }

  /** Null: the connection is gone. */
  async #askOne(watch: Watch, { request, timeoutMs = questionMs }: NamedRequest): Promise<Reply<AskAnswer> | null> {
    const { tunnels } = this.#deps;
    const connectionId = tunnels.connectionIdOf(watch.serverId);
    if (connectionId === null) return null;
    watch.question = tunnels.asks.ask(connectionId, { target: watch.forward.target, request, timeoutMs });
    const reply = await watch.question.done;
    watch.question = null;
    return reply;
  }

  /** Only what is news: that it broke, or is well again. */
  #log({ serverId, forward, result: before }: Watch, result: ServiceView): void {
    const [was, is] = [troubledPart(before), troubledPart(result)];
    if (was?.words === is?.words) return;
    if (is) this.#deps.log.write('warn', serverId, `${forward.label}: ${is.words}.`);
    else this.#deps.log.write('info', serverId, `${forward.label}: the service is well again.`);
  }

  #show(serverId: string, forwardId: string, service: ServiceView | null): void {
    this.#deps.state.updateServer(serverId, (server) => ({
      ...server,
      forwards: server.forwards.map((each) => (each.forwardId === forwardId ? { ...each, service } : each)),
    }));
  }
}
