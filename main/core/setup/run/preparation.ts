/** From a draft to a plan for a server as it is now. */
import { done, failed, failure, type Failure, type Reply } from '../../../shared/failure.ts';
import type { ServerFacts } from '../../../shared/facts.ts';
import type { OfferKind, OffersFor } from '../../../shared/setup/offers.ts';
import { isImpossible, isOfPlaybook, type Plan } from '../../../shared/setup/plan.ts';
import type { Stack, StackDraft } from '../../../shared/setup/stack.ts';
import type { Machine } from '../../ports.ts';
import type { Profiles } from '../../servers/profiles.ts';
import type { Tunnels } from '../../tunnels/tunnels.ts';
import type { FactsReader } from '../facts/reader.ts';
import type { HandedPrograms } from '../plan/component.ts';
import type { PlaybookGround } from '../plan/own-script/playbook.ts';
import { portsOf, stillThere, withFormer, withGone, type Before } from '../plan/former.ts';
import { foundMlflows, type FoundMlflow } from '../plan/put-right/found-mlflow.ts';
import { parsePutRightLook, putRightLook, type PutRightLook } from '../plan/put-right/look.ts';
import { isPutRight, offersFor, planPutBack, planPutRight } from '../plan/put-right/put-right.ts';
import { homeOf, placesFor, type Places } from '../plan/places.ts';
import { planStack, planUninstall } from '../plan/plan-stack.ts';
import { lookScript } from '../script/follow.ts';
import { planScript } from '../script/plan-script.ts';
import { parseStack } from '../stack/parse-stack.ts';
import { parseLook, type Remembered, type RememberedData, type RememberedStack } from './look.ts';
import { standingOf, standingSecrets, type Planned, type PresentStack, type Standing } from './standing.ts';

const lookLimitMs = 20_000;

export interface PreparationDeps {
  readonly profiles: Profiles;
  readonly tunnels: Tunnels;
  readonly facts: FactsReader;
  readonly machine: Machine;
  /** Null: the stack is no playbook. */
  readonly playbookGround: (serverId: string, stack: Stack) => Promise<PlaybookGround | null>;
}

export interface Prepared extends Planned {
  readonly places: Places;
  readonly home: string;
  readonly facts: ServerFacts;
  readonly remembered: Remembered;
}

export class Preparation {
  readonly #deps: PreparationDeps;

  constructor(deps: PreparationDeps) {
    this.#deps = deps;
  }

  async look(serverId: string): Promise<Reply<Remembered>> {
    const { profiles, tunnels } = this.#deps;
    const found = profiles.find(serverId);
    if (!found.ok) return found;
    const connectionId = tunnels.connectionIdOf(serverId);
    if (connectionId === null) return failed(notConnected(found.value.name));
    const ran = await tunnels.commands.run(connectionId, { script: lookScript, input: null, timeoutMs: lookLimitMs })
      .done;
    if (!ran.ok) return ran;
    const remembered = parseLook(ran.value.stdout);
    if (remembered) return done(remembered);
    return failed(
      failure('protocol-error', `${found.value.name} did not tell what was set up there.`, {
        hint: 'Try again. If it stays so, the log has more.',
        detail: ran.value.stderr.slice(0, 500),
      }),
    );
  }

  async plan(serverId: string, draft: StackDraft): Promise<Reply<Prepared>> {
    const parsed = parseStack(draft);
    if (!parsed.ok) return parsed;
    const read = await this.#read(serverId);
    if (!read.ok) return read;
    const { facts, remembered } = read.value;
    const remembers = remembered.stacks.find((each) => each.environment === parsed.value.environment);
    const stack = keepScope(parsed.value, remembers?.manifest.scope);
    const present = stackIn(remembers?.manifest.draft);
    const finished = finishedIn(remembers);
    const handed = await this.#handed();
    const ground = await this.#deps.playbookGround(serverId, stack);
    const plan = planStack(stack, draft, facts, present, handed, ground, stackIn(finished));
    if (isOfPlaybook(plan) || !remembers) return done(prepared(plan, facts, remembered));
    const { manifest } = remembers;
    const earlier = plansOf([...manifest.former, manifest.draft], manifest.scope, facts, handed);
    const last = earlier.at(-1);
    const former = stillThere(plan, earlier).map((each) => each.draft);
    const kept = { ...plan, ...(former.length > 0 && { former }), ...(finished && { finished }) };
    const changed = withGone(kept, beforeOf(remembers));
    return done(prepared(changed, facts, remembered, last?.draft === manifest.draft ? last : null));
  }

  async planUninstall(serverId: string, environment: string, removeData: boolean): Promise<Reply<Prepared>> {
    const read = await this.#read(serverId);
    if (!read.ok) return read;
    const { facts, remembered } = read.value;
    const stack = remembered.stacks.find((each) => each.environment === environment);
    const kept = remembered.kept.find((each) => each.environment === environment);
    if (!stack && kept && !removeData) return failed(onlyData(kept));
    const present = stack ?? kept;
    if (!present) {
      return failed(
        failure('not-found', `There is no stack “${environment}” on this server.`, {
          hint: 'It may have been taken off already, from another machine.',
        }),
      );
    }
    if (isPutRight(present.manifest)) {
      const { scope, account, draft } = present.manifest;
      const home = homeOf(facts, account);
      const plan = planPutBack({ port: Number(draft.values['mlflow.port']), scope, account, home });
      return done(prepared(plan, facts, remembered));
    }
    const parsed = parseStack(present.manifest.draft);
    if (!parsed.ok) return parsed;
    const scoped = keepScope(parsed.value, present.manifest.scope);
    const handed = await this.#handed();
    const plan = planStack(scoped, present.manifest.draft, facts, scoped, handed);
    const whole = withFormer(plan, plansOf(present.manifest.former, present.manifest.scope, facts, handed));
    const off = planUninstall(whole, stack ? removeData : 'only');
    // Where a stack was that is off already, something else may answer by now.
    const named = stack
      ? { ...off, gone: portsOf(beforeOf(stack)) }
      : { ...off, title: `Remove the data of ${plan.title}` };
    return done(prepared(named, facts, remembered));
  }

  /** What could be put right with each MLflow that somebody else made. */
  async offers(serverId: string): Promise<Reply<readonly OffersFor[]>> {
    const facts = await this.#deps.facts.read(serverId);
    if (!facts.ok) return facts;
    const offers: OffersFor[] = [];
    for (const found of foundMlflows(facts.value)) {
      const looked = await this.#lookAt(serverId, facts.value, found);
      offers.push({ port: found.port, offers: offersFor(facts.value, found, looked) });
    }
    return done(offers);
  }

  async planPutRight(serverId: string, port: number, chosen: readonly OfferKind[]): Promise<Reply<Prepared>> {
    const read = await this.#read(serverId);
    if (!read.ok) return read;
    const { facts, remembered } = read.value;
    const found = foundMlflows(facts).find((each) => each.port === port);
    if (!found) {
      return failed(
        failure('not-found', `No MLflow was found on port ${String(port)} of this server.`, {
          hint: 'It may have been stopped meanwhile: look again.',
        }),
      );
    }
    const plan = planPutRight(facts, found, chosen);
    return done(prepared(plan, facts, remembered));
  }

  /** Null: it did not tell. */
  async #lookAt(serverId: string, facts: ServerFacts, found: FoundMlflow): Promise<PutRightLook | null> {
    const { tunnels } = this.#deps;
    const ran = await tunnels.commands.run(tunnels.connectionIdOf(serverId), {
      script: putRightLook(found, facts.account.home ?? ''),
      input: null,
      timeoutMs: lookLimitMs,
    }).done;
    if (!ran.ok) return null;
    const looked = parsePutRightLook(ran.value.stdout);
    return looked.ok ? looked.value : null;
  }

  async #handed(): Promise<HandedPrograms> {
    const { machine } = this.#deps;
    return { ...(await machine.handedPrograms()), mirror: machine.releasesMirror };
  }

  /** Facts and memory in the same moment. */
  async #read(serverId: string): Promise<Reply<{ facts: ServerFacts; remembered: Remembered }>> {
    const [facts, remembered] = await Promise.all([this.#deps.facts.read(serverId), this.look(serverId)]);
    if (!facts.ok) return facts;
    return remembered.ok ? done({ facts: facts.value, remembered: remembered.value }) : remembered;
  }
}

export const scriptOf = (what: Prepared): string =>
  planScript(what.plan, what.places, what.home, standingSecrets(what));

/** What stands in its way, if anything does. */
export function obstacle(plan: Plan): Failure | null {
  if (!isImpossible(plan)) return null;
  const stops = plan.remarks.filter((each) => each.level === 'stop');
  const [first] = stops;
  const more = stops.length > 1 ? ` (and ${String(stops.length - 1)} more)` : '';
  return failure('conflict', `${first?.message ?? 'This plan can’t be run.'}${more}`, {
    ...(first?.hint ? { hint: first.hint } : {}),
  });
}

/** What is there stays where it is, unless a person says otherwise. */
const keepScope = (stack: Stack, scope: 'system' | 'user' | undefined): Stack =>
  scope !== undefined && stack.scope === 'auto' ? { ...stack, scope } : stack;

/** Null: none, or of another version of Mooring’s. */
function stackIn(draft: StackDraft | undefined): Stack | null {
  const parsed = draft && parseStack(draft);
  return parsed?.ok ? parsed.value : null;
}

/** What was last set up to its end: a run that failed has left its own stack as the one that is there. */
const finishedIn = (stack: RememberedStack | undefined): StackDraft | undefined =>
  stack?.complete === false ? (stack.manifest.finished ?? undefined) : stack?.manifest.draft;

/** Of stacks that are or were there: as they would be set up now. Those that can't be read any more are left out. */
const plansOf = (
  drafts: readonly StackDraft[],
  scope: RememberedStack['manifest']['scope'],
  facts: ServerFacts,
  handed: HandedPrograms,
): readonly Plan[] =>
  drafts.flatMap((draft) => {
    const parsed = parseStack(draft);
    if (!parsed.ok) return [];
    const stack = keepScope(parsed.value, scope);
    return [planStack(stack, draft, facts, stack, handed)];
  });

function prepared(
  plan: Plan,
  facts: ServerFacts,
  remembered: Remembered,
  present: PresentStack | null = null,
): Prepared {
  const home = homeOf(facts, plan.account);
  const places = placesFor(plan.scope, plan.environment, home);
  // Of a playbook nothing stands there, whatever else has its environment.
  const standing: Standing = isOfPlaybook(plan) ? { kind: 'none' } : standingOf(plan.environment, remembered, present);
  return { plan, places, home, facts, remembered, standing };
}

/** A change that was cut off has left the tunnels of what was there before it. */
const beforeOf = ({ complete, manifest: { services, gone } }: RememberedStack): Before => ({
  services,
  gone: complete ? [] : gone,
});

const onlyData = ({ environment, manifest }: RememberedData): Failure =>
  failure(
    'conflict',
    `“${environment}” was taken off already; only its data is there: ${(manifest.keeps ?? []).join('; ')}.`,
    {
      hint: 'Choose to remove the data too.',
      commandHint: 'To remove it, add: --remove-data --confirm with the name of the server',
    },
  );

export const notConnected = (name: string): Failure =>
  failure('conflict', `${name} is not connected.`, { hint: 'Connect it first.' });
