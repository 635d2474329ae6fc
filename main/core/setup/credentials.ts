/**
 * The login of an MLflow that is reached by a tunnel: shown, changed and added to by MLflow's own API. And the keys of a
 * stack's object storage.
 */
import type { StoreKeys } from '../../shared/contract.ts';
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import { forwardUrl } from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { storePorts } from '../../shared/setup/setup-words.ts';
import { adoptCommand, unknownPasswordHints } from '../../shared/setup/password-words.ts';
import type { InstalledStack, StackSecretName } from '../../shared/setup/stack.ts';
import type { Random } from '../ports.ts';
import type { Secrets } from '../secrets.ts';
import type { Profiles } from '../servers/profiles.ts';
import { newSecret, passwordTrouble } from './passwords.ts';
import type { HttpClient, HttpLogin } from './verify/http-client.ts';

export interface CredentialsDeps {
  readonly profiles: Profiles;
  readonly secrets: Secrets;
  readonly http: HttpClient;
  readonly random: Random;
}

export interface TrackingServer {
  readonly serverName: string;
  readonly stack: InstalledStack;
  /** Of the tunnel, without a slash at its end. */
  readonly url: string;
  /** Null: the stack asks for no login. */
  readonly login: HttpLogin | null;
}

export class Credentials {
  readonly #deps: CredentialsDeps;

  constructor(deps: CredentialsDeps) {
    this.#deps = deps;
  }

  /** Where a stack’s MLflow is reached from here, and how to sign in. Fails with `not-found`, or when a login is not known. */
  async trackingServer(serverId: string, environment: string): Promise<Reply<TrackingServer>> {
    const found = this.#find(serverId, environment);
    if (!found.ok) return found;
    const { server, stack } = found.value;
    const forward = server.forwards.find((each) => each.id === stack.forwardId && each.service === 'mlflow');
    const url = forward ? forwardUrl(forward) : null;
    if (url === null) {
      return failed(
        failure('not-found', 'There is no tunnel to this MLflow.', { hint: 'Set it up again: that makes its tunnel.' }),
      );
    }
    const login = await this.#login(server, stack);
    return login.ok ? done({ serverName: server.name, stack, url: url.replace(/\/$/, ''), login: login.value }) : login;
  }

  async reveal(serverId: string, environment: string): Promise<Reply<{ user: string; password: string }>> {
    const found = await this.trackingServer(serverId, environment);
    if (!found.ok) return found;
    return found.value.login ? done(found.value.login) : failed(noLogin);
  }

  /** Fails with `needs-you` where the keys are kept on another machine only. */
  async revealKeys(serverId: string, environment: string): Promise<Reply<StoreKeys>> {
    const found = this.#find(serverId, environment);
    if (!found.ok) return found;
    if (storePorts(found.value.stack.draft) === null) return failed(noStore);
    const read = (name: StackSecretName) => this.#deps.secrets.getForStack(serverId, environment, name);
    const accessKey = await read('storage.access-key');
    if (!accessKey.ok) return accessKey;
    const secretKey = await read('storage.secret-key');
    if (!secretKey.ok) return secretKey;
    const password = await read('storage.admin-password');
    if (!password.ok) return password;
    if (accessKey.value === null || secretKey.value === null) return failed(unknownKeys);
    return done({
      accessKey: accessKey.value,
      secretKey: secretKey.value,
      console: password.value === null ? null : { user: 'admin', password: password.value },
    });
  }

  /** On the server first, then in the keychain. */
  async changePassword(
    serverId: string,
    environment: string,
    wanted: string | undefined,
  ): Promise<Reply<Record<never, never>>> {
    const password = this.newPassword(wanted);
    if (!password.ok) return password;
    const found = await this.trackingServer(serverId, environment);
    if (!found.ok) return found;
    const { login } = found.value;
    if (!login) return failed(noLogin);
    // Since 3.17 who changes the own password has to tell the old one.
    const body = { username: login.user, password: password.value, current_password: login.password };
    const changed = await this.#ask(found.value, 'PATCH', 'update-password', body);
    if (!changed.ok) return changed;
    await this.#deps.secrets.keepForStack(serverId, environment, 'mlflow.admin-password', password.value);
    return done({});
  }

  async addUser(
    serverId: string,
    environment: string,
    user: string,
    wanted: string | undefined,
  ): Promise<Reply<{ password: string }>> {
    const password = this.newPassword(wanted);
    if (!password.ok) return password;
    const found = await this.trackingServer(serverId, environment);
    if (!found.ok) return found;
    if (!found.value.login) return failed(noLogin);
    const added = await this.#ask(found.value, 'POST', 'create', { username: user, password: password.value });
    return added.ok ? done({ password: password.value }) : added;
  }

  #find(serverId: string, environment: string): Reply<{ server: ServerProfile; stack: InstalledStack }> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const stack = found.value.stacks.find((each) => each.environment === environment);
    if (stack) return done({ server: found.value, stack });
    return failed(
      failure('not-found', `${found.value.name} has no stack “${environment}” that is known here.`, {
        hint: 'Set it up, or adopt it on the Setup page.',
        commandHint: `Set it up, or take it over: ${adoptCommand(found.value.name, environment)}`,
      }),
    );
  }

  /** As it was wanted, or made up. Fails with `invalid-argument` where MLflow would not take it. */
  newPassword(wanted: string | undefined): Reply<string> {
    if (wanted === undefined) return done(newSecret('mlflow.admin-password', this.#deps.random));
    const message = passwordTrouble(wanted);
    if (message === null) return done(wanted);
    return failed(
      failure('invalid-argument', `${message}.`, {
        hint: 'Or leave it empty: one is made up.',
        fields: [{ path: 'password', message }],
      }),
    );
  }

  async #login(
    { id, name }: ServerProfile,
    { environment, adminUser }: InstalledStack,
  ): Promise<Reply<HttpLogin | null>> {
    if (adminUser === null) return done(null);
    const password = await this.#deps.secrets.getForStack(id, environment, 'mlflow.admin-password');
    if (!password.ok) return password;
    if (password.value !== null) return done({ user: adminUser, password: password.value });
    return failed(
      failure(
        'needs-you',
        `The password of MLflow’s user ${adminUser} is not known here.`,
        unknownPasswordHints(name, environment, adminUser),
      ),
    );
  }

  async #ask(server: TrackingServer, method: 'PATCH' | 'POST', what: string, body: object): Promise<Reply<null>> {
    const answer = await this.#deps.http.request({
      method,
      url: `${server.url}/api/2.0/mlflow/users/${what}`,
      login: server.login,
      body: { kind: 'text', text: JSON.stringify(body), type: 'application/json' },
      ...limits,
    }).done;
    if (!answer.ok) return answer;
    const { status, body: said } = answer.value;
    if (status === 200) return done(null);
    const text = said.kind === 'text' ? said.text : '';
    if (text.includes('RESOURCE_ALREADY_EXISTS')) {
      return failed(failure('conflict', 'There is a user of that name already.', { hint: 'Choose another name.' }));
    }
    if (status === 401 || status === 403) {
      const { serverName, stack, login } = server;
      const hints = unknownPasswordHints(serverName, stack.environment, login?.user ?? 'admin');
      return failed(
        failure(
          'login-rejected',
          'MLflow did not accept the password that is kept here: it was changed elsewhere.',
          hints,
        ),
      );
    }
    return failed(
      failure('protocol-error', `MLflow refused: it said ${String(status)}.`, {
        hint: 'See MLflow’s log on the server.',
        detail: text.slice(0, 300),
      }),
    );
  }
}

const limits = { read: 'text', maxBytes: 100_000, idleMs: 15_000, totalMs: 30_000 } as const;

const noLogin = failure('conflict', 'This stack asks for no login.', {
  hint: 'Change the stack: “Ask for a login” puts one there.',
});

const noStore = failure('conflict', 'This stack has no object storage of its own.', {
  hint: 'The keys of a store elsewhere are with whoever gave them to you.',
});
const unknownKeys = failure('needs-you', 'The keys of this store are not known here.', {
  hint: 'They are kept on the machine that set it up. To have others here, change the stack and give them with its plan.',
});
