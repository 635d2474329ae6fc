/** How far a new server is on its way to being proved, line by line. */
import { failureClass } from '../../../main/shared/failure.ts';
import type { Prompt } from '../../../main/shared/prompt.ts';
import type { ConnectionState } from '../../../main/shared/snapshot.ts';
import type { Light } from '../../../main/shared/words.ts';

export interface ProveLine {
  readonly title: string;
  readonly light: Light;
}

/** Reach it, know it, log in. What lies behind a line that is not well is to come. */
export function proveLines(
  address: string,
  user: string,
  connection: ConnectionState,
  prompt: Prompt | undefined,
): readonly ProveLine[] {
  const titles = [`Reach ${address}`, 'Know its host key', `Log in as ${user}`];
  const { at, light } = whereIs(connection, prompt);
  return titles.map((title, index) => ({ title, light: index < at ? 'up' : index === at ? light : 'off' }));
}

function whereIs(connection: ConnectionState, prompt: Prompt | undefined): { at: number; light: Light } {
  switch (connection.kind) {
    case 'off':
      return { at: 0, light: 'off' };
    case 'connecting':
      return { at: { dialling: 0, greeting: 1, 'logging-in': 2 }[connection.step], light: 'working' };
    case 'needs-you':
      return { at: prompt?.kind.startsWith('host-key') === true ? 1 : 2, light: 'needs-you' };
    case 'up':
      return { at: 3, light: 'up' };
    case 'waiting':
    case 'failed': {
      const at = { network: 0, 'host-key': 1, authentication: 2, local: 2, request: 2, bug: 2 };
      return {
        at: at[failureClass(connection.failure.code)],
        light: connection.kind === 'waiting' ? 'working' : 'failed',
      };
    }
    default:
      return connection satisfies never;
  }
}
