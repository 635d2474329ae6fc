/** Tries logins of servers beside their own connections. */
import type { Reply } from '../../shared/failure.ts';
import type { Login, ServerProfile } from '../../shared/server.ts';
import type { Log } from '../log.ts';
import type { Ports } from '../ports.ts';
import type { Prompts } from '../prompts.ts';
import type { Secrets } from '../secrets.ts';
import type { HostKeys } from '../servers/host-keys.ts';
import type { State } from '../state.ts';
import type { ConnectionEvent } from './connection.ts';
import type { LoginMemory } from './login.ts';
import { LoginProof } from './login-proof.ts';

export interface LoginProofsDeps {
  readonly ports: Ports;
  readonly state: State;
  readonly log: Log;
  readonly prompts: Prompts;
  readonly secrets: Secrets;
  readonly hostKeys: HostKeys;
}

export class LoginProofs {
  readonly #deps: LoginProofsDeps;
  readonly #underWay = new Set<LoginProof>();

  constructor(deps: LoginProofsDeps) {
    this.#deps = deps;
  }

  /** Tries a login of a server on a connection of its own. Its questions are put to the user as the server's. */
  async prove(profile: ServerProfile, login: Login, memory: LoginMemory): Promise<Reply<null>> {
    const { ports, state, log, prompts, secrets, hostKeys } = this.#deps;
    const proof = new LoginProof(
      ports.random.id(),
      { ...profile, login },
      state.get().settings,
      {
        ...ports,
        secrets,
        hostKeys,
        ask: (body) => prompts.ask(profile.id, body).answer,
        log: (message) => {
          log.write('info', profile.id, message);
        },
      },
      memory,
    );
    this.#underWay.add(proof);
    proof.start();
    const proven = await proof.done;
    this.#underWay.delete(proof);
    return proven;
  }

  /** A connection knows its own attempts by their ids and drops the rest. */
  handle(event: ConnectionEvent): void {
    for (const proof of [...this.#underWay]) proof.handle(event);
  }

  stop(): void {
    for (const proof of [...this.#underWay]) proof.cancel();
  }
}
