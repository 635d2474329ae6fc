/** The names that a person wants, before they are anywhere: judged, and saved together with the tunnel that they need. */
import type { CallArgs } from '../../shared/contract.ts';
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import { redrafted, type ForwardDraft } from '../../shared/forward.ts';
import {
  forwardOfNames,
  needsTunnel,
  webForward,
  type HostsTunnel,
  type HostsTunnelChange,
  type HostsWish,
} from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Ports } from '../ports.ts';
import type { Profiles } from '../servers/profiles.ts';
import { forwardClashes, maxForwards } from '../servers/shapes.ts';
import { wishTrouble } from './hosts-judge.ts';
import { ownNames } from './hosts-names.ts';
import type { HostsReader } from './hosts-reader.ts';
import { webTunnel } from './web-tunnel.ts';

export interface HostsWishesDeps {
  readonly ports: Pick<Ports, 'hostsFile' | 'machine' | 'localPorts' | 'random'>;
  readonly profiles: Profiles;
  readonly reader: HostsReader;
}

/** Names in place of those that are saved; `confirmed`: also with addresses that need a person’s word. */
export type Wished = Omit<CallArgs<'hosts.diff'>, 'serverId'>;
export type Applied = Omit<CallArgs<'hosts.apply'>, 'serverId'>;

/** What is to become of the tunnel of the names. */
export type TunnelPlan =
  | { readonly how: 'added'; readonly draft: ForwardDraft }
  | { readonly how: 'changed'; readonly forwardId: string; readonly draft: ForwardDraft }
  | { readonly how: 'removed' };

export class HostsWishes {
  readonly #deps: HostsWishesDeps;

  constructor(deps: HostsWishesDeps) {
    this.#deps = deps;
  }

  /** The wish as it is kept. Fails for names that may not be, and with `needs-you` for an address that needs a word. */
  async judge(profile: ServerProfile, wish: HostsWish, confirmed: boolean): Promise<Reply<HostsWish>> {
    const { reader, ports } = this.#deps;
    if (wish.names.some(({ to }) => to.kind !== 'tunnel')) await reader.findAddress(profile);
    const own = ownNames(ports.machine.name);
    const trouble = wishTrouble(profile, wish, { own, server: reader.leads(profile).server, confirmed });
    if (trouble) return failed(trouble);
    return done({ ...wish, names: wish.names.map((each) => ({ ...each, name: each.name.toLowerCase() })) });
  }

  /** Null: it is the wish that is saved. */
  async judged(serverId: string, { hosts, confirmed }: Wished): Promise<Reply<HostsWish | null>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    return hosts === undefined ? done(null) : this.judge(found.value, hosts, confirmed ?? false);
  }

  /** The tunnel behind names of this server, as it is or as it should be. */
  tunnelOf(profile: ServerProfile): Promise<HostsTunnel> {
    const { hostsFile, localPorts } = this.#deps.ports;
    const plannedPorts = this.#deps.profiles.all().flatMap((each) => each.forwards.map(({ bind }) => bind.port));
    return webTunnel(profile, { localPorts, platform: hostsFile.platform, plannedPorts });
  }

  /** `profile` has the wish already; `make`: a tunnel that the names lack is to be made. Null: all stays as it is. */
  async planTunnel(profile: ServerProfile, make: boolean): Promise<Reply<TunnelPlan | null>> {
    if (!needsTunnel(profile.hosts)) return done(forwardOfNames(profile) === null ? null : { how: 'removed' });
    const { draft, forwardId } = make ? await this.tunnelOf(profile) : { draft: null, forwardId: null };
    if (draft === null) return done(null);
    if (forwardId !== null) return done({ how: 'changed', forwardId, draft });
    if (profile.forwards.length >= maxForwards) {
      return failed(
        failure('conflict', `${profile.name} has ${String(maxForwards)} tunnels, and these names need one more.`, {
          hint: 'Remove a tunnel first.',
        }),
      );
    }
    return done({ how: 'added', draft });
  }

  /** Saves the wish and does what was planned, at once. What has become of the tunnel meanwhile is left as it is. */
  async save(
    serverId: string,
    wish: HostsWish,
    plan: TunnelPlan | null,
  ): Promise<Reply<HostsTunnelChange | undefined>> {
    const newId = this.#deps.ports.random.id();
    let change: HostsTunnelChange | undefined;
    const saved = await this.#deps.profiles.replace(serverId, (now) => {
      const wished = { ...now, hosts: wish };
      const next = plan === null ? null : carriedOut(wished, plan, newId);
      change = next?.change;
      return next?.profile ?? wished;
    });
    return saved.ok ? done(change) : saved;
  }
}

/** Null: the plan has been overtaken. */
function carriedOut(
  profile: ServerProfile,
  plan: TunnelPlan,
  newId: string,
): { readonly profile: ServerProfile; readonly change: HostsTunnelChange } | null {
  const { how } = plan;
  switch (how) {
    case 'added': {
      const forwards = [...profile.forwards, { ...plan.draft, id: newId, wanted: true, forNames: true as const }];
      if (webForward(profile) !== null || forwardClashes(forwards).length > 0) return null;
      return { profile: { ...profile, forwards }, change: { how, label: plan.draft.label } };
    }
    case 'changed': {
      const forwards = profile.forwards.map((each) =>
        each.id === plan.forwardId ? redrafted(each, plan.draft) : each,
      );
      if (!profile.forwards.some(({ id }) => id === plan.forwardId) || forwardClashes(forwards).length > 0) return null;
      return { profile: { ...profile, forwards }, change: { how, label: plan.draft.label } };
    }
    case 'removed': {
      const gone = forwardOfNames(profile);
      if (gone === null) return null;
      const forwards = profile.forwards.filter((each) => each !== gone);
      return { profile: { ...profile, forwards }, change: { how, label: gone.label } };
    }
    default:
      return how satisfies never;
  }
}
