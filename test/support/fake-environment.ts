/** The environment of clients, as the fake core plays it: from the server's tunnels, with made-up secrets. */
import { planEnvironment } from '../../main/core/environment/plan-environment.ts';
import type { CallArgs, CallName, CallValue } from '../../main/shared/contract.ts';
import { failure, type Failure } from '../../main/shared/failure.ts';
import { formatEnvironment } from '../../main/shared/environment/formats.ts';
import type { EnvVariable } from '../../main/shared/environment/environment.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { fakePassword } from './fake-setup.ts';

type EnvironmentCall = Extract<CallName, `environment.${string}`>;
export type EnvironmentHandlers = { [K in EnvironmentCall]: (args: CallArgs<K>) => CallValue<K> };

export interface FakeEnvironmentPorts {
  readonly server: (serverId: string) => ServerView;
  /** Throws what a call is refused with. */
  readonly refuse: (failure: Failure) => never;
}

export function createFakeEnvironment({ server, refuse }: FakeEnvironmentPorts): EnvironmentHandlers {
  let isWritten = false;
  const aws = () => ({
    name: 'mooring-fake',
    configPath: '/fake/.aws/config',
    credentialsPath: '/fake/.aws/credentials',
    isWritten,
  });
  const planned = ({ serverId, environment, proxy }: CallArgs<'environment.get'>) => {
    const plan = planEnvironment(
      server(serverId),
      environment,
      proxy ?? { isSet: false, except: '', isLowerCase: false },
    );
    if (!plan.ok) return refuse(plan.error);
    const variables = plan.value.variables.map(({ name, why, is, isSecret }): EnvVariable => ({
      name,
      why,
      isSecret,
      value: 'value' in is ? is.value : fakePassword,
      isKnown: true,
    }));
    return { ...plan.value, variables };
  };
  return {
    'environment.get': (which) => {
      const { environment, environments, variables, remarks, hasStore } = planned(which);
      return {
        environment,
        environments,
        variables: variables.map((each) => (each.isSecret ? { ...each, value: null } : each)),
        remarks,
        aws: hasStore ? aws() : null,
      };
    },
    'environment.text': ({ format, withSecrets, ...which }) =>
      formatEnvironment(planned(which).variables, format, {
        secrets: withSecrets ? 'given' : 'left-out',
        awsProfile: aws().name,
      }),
    'environment.copy': () => refuse(failure('not-allowed', 'There is no desktop app.')),
    'environment.write-aws': (which) => {
      if (!planned(which).hasStore) return refuse(failure('not-found', 'It has no store.'));
      isWritten = true;
      return aws();
    },
    'environment.remove-aws': () => {
      const removed = isWritten;
      isWritten = false;
      return { ...aws(), removed };
    },
  };
}
