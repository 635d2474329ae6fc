import type { Reply } from '../../shared/failure.ts';
import type { Login, ServerProfile } from '../../shared/server.ts';
import type { ConnectionEvent } from './connection.ts';
import type { LoginMemory } from './login.ts';
import { LoginProof } from './login-proof.ts';
import type { TunnelsDeps } from './tunnels.ts';

/** Logins that are tried beside the servers’ own connections. */
export class LoginProofs {
  readonly #deps: TunnelsDeps;
  readonly #underWay = new Set<LoginProof>();

  constructor(deps: TunnelsDeps) {
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
