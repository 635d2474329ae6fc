/** What is on a server and could be taken over: stacks of Mooring that this machine does not know, and other MLflows. */
import type { FoundStack } from '../../main/shared/contract.ts';
import { describeFound } from '../../main/shared/facts-words.ts';
import type { FoundService, ServerFacts } from '../../main/shared/facts.ts';
import type { ServerProfile } from '../../main/shared/server.ts';
import { adoptedPort } from '../../main/shared/setup/offers.ts';
import { fieldsOf } from '../../main/shared/setup/stack-fields.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import type { Adoptable } from '../shell/ui-store.ts';

export interface AdoptableCard {
  readonly key: string;
  readonly title: string;
  readonly note: string;
  readonly what: Adoptable;
  /** Where an MLflow that somebody else set up answers on the server; null: Mooring did. */
  readonly adoptedPort: number | null;
}

export function adoptables(
  profile: ServerProfile,
  found: readonly FoundStack[],
  facts: ServerFacts | null,
): readonly AdoptableCard[] {
  const stacks = found.filter(
    ({ environment, isKnown }) => !isKnown && !profile.stacks.some((each) => each.environment === environment),
  );
  const ownPorts = [...profile.stacks, ...found].map(({ draft }) => portOf(draft));
  return [
    ...stacks.map(({ environment, title, adminUser, complete }): AdoptableCard => {
      const port = adoptedPort(environment);
      const name = port === null ? title : `MLflow on port ${String(port)}`;
      const done = `${port === null ? 'Set up' : 'Made by hand, and put right'} by Mooring from another machine`;
      return {
        key: `stack ${environment}`,
        title: name,
        note: complete ? `${done}.` : `${done}; its last run did not come to its end.`,
        // By its port the login of one that somebody else made is asked for; its manifest does not know it.
        what: port === null ? { kind: 'stack', environment, title, user: adminUser } : { kind: 'port', port },
        adoptedPort: port,
      };
    }),
    ...foreign(facts?.services ?? [], profile, ownPorts),
  ];
}

/** Several signs of one MLflow (its unit, its process, its script) are one card. */
function foreign(
  services: readonly FoundService[],
  profile: ServerProfile,
  ownPorts: readonly (number | null)[],
): readonly AdoptableCard[] {
  const byPort = new Map<number, AdoptableCard>();
  for (const service of services) {
    const port = service.product === 'mlflow' ? runningPort(service) : null;
    if (port === null || ownPorts.includes(port) || byPort.has(port) || hasTunnel(profile, port)) continue;
    byPort.set(port, {
      key: `port ${String(port)}`,
      title: describeFound(service),
      note: 'Made by hand. Mooring can give it a tunnel and keep its password.',
      what: { kind: 'port', port },
      adoptedPort: port,
    });
  }
  return [...byPort.values()];
}

function runningPort(service: FoundService): number | null {
  if (service.kind === 'unit') return service.active ? service.port : null;
  return service.kind === 'process' ? service.port : null;
}

const hasTunnel = ({ forwards }: ServerProfile, port: number): boolean =>
  forwards.some(({ service, target }) => service === 'mlflow' && target.port === port);

function portOf({ stack, values }: StackDraft): number | null {
  const port = values['mlflow.port'] ?? fieldsOf(stack).find((each) => each.key === 'mlflow.port')?.usual ?? null;
  return port === null ? null : Number(port);
}
