/** Where the services of a plan will answer on this machine. */
import type { PlanService } from '../../../shared/setup/plan.ts';
import { localPortFor, tunnelTo, type AfterwardsDeps } from './afterwards.ts';

/** The port of the tunnel that is there, else the one that it would get now. */
export async function withLocalPorts(
  serverId: string,
  services: readonly PlanService[],
  { profiles, localPorts }: Pick<AfterwardsDeps, 'profiles' | 'localPorts'>,
): Promise<readonly PlanService[]> {
  const found = profiles.find(serverId);
  if (!found.ok) return services;
  const taken: number[] = [];
  const planned: PlanService[] = [];
  for (const service of services) {
    const known = tunnelTo(found.value, service.port);
    const localPort = known?.bind.port ?? (await localPortFor(found.value, service, profiles.all(), localPorts, taken));
    taken.push(localPort);
    planned.push({ ...service, localPort });
  }
  return planned;
}
