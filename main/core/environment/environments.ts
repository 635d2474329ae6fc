/** What clients of a server are to be told: looked at, as text with or without secrets, and as a profile in ~/.aws. */
import type {
  AwsProfileView,
  EnvFormat,
  EnvRemark,
  EnvVariable,
  EnvironmentView,
  ProxySetting,
} from '../../shared/environment/environment.ts';
import { awsSections, formatEnvironment, type EnvText } from '../../shared/environment/formats.ts';
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { unknownPasswordHints } from '../../shared/setup/password-words.ts';
import type { StackSecretName } from '../../shared/setup/stack.ts';
import { quoted } from '../../shared/shell-words.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import type { Desktop } from '../desktop/desktop-ports.ts';
import type { AwsFile, AwsFiles, Clock, Machine } from '../ports.ts';
import type { Secrets } from '../secrets.ts';
import type { State } from '../state.ts';
import { awsProfileName, hasAnyOfOurs, hasAwsProfile, withAwsProfile } from './aws-profile.ts';
import { clearedAfterMs, SecretClipboard } from './clipboard.ts';
import { planEnvironment, type PlannedEnvironment } from './plan-environment.ts';
import { remarkOfFailure } from './remarks.ts';

export interface EnvironmentsDeps {
  readonly state: State;
  readonly secrets: Secrets;
  readonly machine: Machine;
  readonly awsFiles: AwsFiles;
  readonly clock: Clock;
  readonly desktop: Desktop | null;
  /** Something to tell the user that belongs to no call. */
  notice(trouble: Failure): void;
}

export interface Which {
  readonly serverId: string;
  /** Undefined: as `whichStack` (main/shared/setup/which-stack.ts) has it. */
  readonly environment?: string;
  /** Of the program that asks; undefined: this one's. */
  readonly proxy?: ProxySetting;
}

export interface TextWish {
  readonly format: EnvFormat;
  readonly withSecrets: boolean;
}

interface Gathered {
  readonly server: ServerView;
  readonly plan: PlannedEnvironment;
  /** With the values of secrets. */
  readonly variables: readonly EnvVariable[];
  readonly remarks: readonly EnvRemark[];
  readonly awsProfile: string;
}

type AwsTexts = Readonly<Record<AwsFile, string>>;
const awsFileNames = ['config', 'credentials'] as const;

export class Environments {
  readonly #deps: EnvironmentsDeps;
  readonly #clipboard: SecretClipboard | null;
  #lane: Promise<unknown> = Promise.resolve();

  constructor(deps: EnvironmentsDeps) {
    this.#deps = deps;
    this.#clipboard = deps.desktop && new SecretClipboard(deps.desktop.clipboard, deps.clock);
  }

  /** Without the values of secrets. */
  async get(which: Which): Promise<Reply<EnvironmentView>> {
    const gathered = await this.#gather(which);
    if (!gathered.ok) return gathered;
    const { plan, variables, remarks, awsProfile } = gathered.value;
    const { environment, environments, hasStore } = plan;
    return done({
      environment,
      environments,
      variables: variables.map((each) => (each.isSecret ? { ...each, value: null } : each)),
      remarks,
      aws: hasStore ? await this.#awsView(awsProfile) : null,
    });
  }

  async text(which: Which, { format, withSecrets }: TextWish): Promise<Reply<EnvText>> {
    const gathered = await this.#gather(which);
    if (!gathered.ok) return gathered;
    const { variables, awsProfile } = gathered.value;
    return done(formatEnvironment(variables, format, { secrets: withSecrets ? 'given' : 'left-out', awsProfile }));
  }

  /** To the system's clipboard; what is secret goes from it again. Fails with `not-allowed` without a desktop app. */
  async copy(which: Which, wish: TextWish): Promise<Reply<EnvText & { clearedAfterMs: number | null }>> {
    if (!this.#clipboard) {
      return failed(failure('not-allowed', 'Only the desktop app can put something on the clipboard by itself.'));
    }
    const written = await this.text(which, wish);
    if (!written.ok) return written;
    await this.#clipboard.put(written.value.text, wish.withSecrets);
    return done({ ...written.value, clearedAfterMs: wish.withSecrets ? clearedAfterMs : null });
  }

  /** Fails with `not-found` without a store, and where its keys are not known or a file can't be written. */
  async writeAws(which: Which): Promise<Reply<AwsProfileView>> {
    const gathered = await this.#gather(which);
    if (!gathered.ok) return gathered;
    const { plan, variables, awsProfile, server } = gathered.value;
    if (!plan.hasStore) {
      return failed(
        failure('not-found', `${server.profile.name} has no store in this environment.`, {
          hint: 'Set one up, or add a tunnel to one.',
        }),
      );
    }
    const sections = awsSections(variables, { secrets: 'given', awsProfile });
    const [unwritable] = sections.unwritable;
    if (unwritable) {
      return failed(
        failure('invalid-argument', `${unwritable.name} can’t be written there.`, { hint: unwritable.hint }),
      );
    }
    if (sections.credentials === '') {
      return failed(
        failure('needs-you', 'The store’s keys are not known here.', {
          hint: 'Set the store up again, or adopt it on the Setup page, with its keys.',
          commandHint: `Set the store up again, with its keys: mooring setup ${quoted(server.profile.name)} --stack NAME`,
        }),
      );
    }
    const changed = await this.#changeFiles(awsProfile, sections);
    return changed.ok ? done(await this.#awsView(awsProfile)) : changed;
  }

  /** Also of an environment that is no longer there. */
  async removeAws({ serverId, environment }: Which): Promise<Reply<AwsProfileView & { removed: boolean }>> {
    const server = this.#server(serverId);
    if (!server) return noServer;
    const plan = planEnvironment(server, environment, this.#deps.machine.proxy());
    if (!plan.ok && environment === undefined) return plan;
    const awsProfile = awsProfileName(server.profile, plan.ok ? plan.value.environment : (environment ?? null));
    const before = await this.#awsView(awsProfile);
    const changed = await this.#changeFiles(awsProfile, { config: '', credentials: '' });
    if (!changed.ok) return changed;
    return done({ ...(await this.#awsView(awsProfile)), removed: before.isWritten });
  }

  /** A server was removed: its keys go from ~/.aws as well, or a person is told how. */
  async serverRemoved(profile: ServerProfile): Promise<void> {
    const names = [null, ...profile.stacks.map(({ environment }) => environment)].map((each) =>
      awsProfileName(profile, each),
    );
    for (const name of new Set(names)) {
      if (!(await this.#awsView(name)).isWritten) continue;
      const changed = await this.#changeFiles(name, { config: '', credentials: '' });
      if (changed.ok) continue;
      const { message, hint } = changed.error;
      const told = `The profile ${name} of ${profile.name} is still in ~/.aws. ${message}`;
      this.#deps.notice(failure(changed.error.code, told, hint === undefined ? {} : { hint }));
    }
  }

  /** Nothing secret stays behind on the clipboard. */
  async stop(): Promise<void> {
    await this.#clipboard?.clear().catch(() => undefined);
  }

  #server(serverId: string): ServerView | undefined {
    return this.#deps.state.get().servers.find((each) => each.profile.id === serverId);
  }

  async #gather({ serverId, environment, proxy }: Which): Promise<Reply<Gathered>> {
    const server = this.#server(serverId);
    if (!server) return noServer;
    const plan = planEnvironment(server, environment, proxy ?? this.#deps.machine.proxy());
    if (!plan.ok) return plan;
    const { variables, remarks } = await this.#withSecrets(server.profile, plan.value);
    const awsProfile = awsProfileName(server.profile, plan.value.environment);
    return done({ server, plan: plan.value, variables, remarks: [...plan.value.remarks, ...remarks], awsProfile });
  }

  async #withSecrets(profile: ServerProfile, plan: PlannedEnvironment) {
    const variables: EnvVariable[] = [];
    const remarks: EnvRemark[] = [];
    for (const { name, why, is, isSecret } of plan.variables) {
      if ('value' in is) {
        variables.push({ name, why, isSecret, value: is.value, isKnown: true });
        continue;
      }
      const found = await this.#deps.secrets.getForStack(profile.id, plan.environment ?? '', is.secret);
      const value = found.ok ? found.value : null;
      variables.push({ name, why, isSecret, value, isKnown: value !== null });
      if (value !== null) continue;
      const trouble = found.ok ? notKept(name, is.secret, profile, plan.environment) : found.error;
      // One word about a locked keychain is enough.
      if (!remarks.some((each) => each.message === trouble.message)) remarks.push(remarkOfFailure(trouble));
    }
    return { variables, remarks };
  }

  async #awsView(name: string): Promise<AwsProfileView> {
    const { awsFiles } = this.#deps;
    const texts = await Promise.all(awsFileNames.map((each) => awsFiles.read(each)));
    return {
      name,
      configPath: awsFiles.path('config'),
      credentialsPath: awsFiles.path('credentials'),
      isWritten: texts.some((each) => each.ok && hasAwsProfile(each.value, name)),
    };
  }

  /** One after another: two at once would be in each other's way. */
  #changeFiles(profile: string, sections: AwsTexts): Promise<Reply<null>> {
    const changed = this.#lane.then(() => this.#changeFilesNow(profile, sections));
    this.#lane = changed.catch(() => undefined);
    return changed;
  }

  async #changeFilesNow(profile: string, sections: AwsTexts): Promise<Reply<null>> {
    const { awsFiles } = this.#deps;
    for (const file of awsFileNames) {
      const changed = await awsFiles.change(file, (before) => {
        const text = withAwsProfile(before, profile, sections[file], awsFiles.path(file));
        return text.ok ? done({ text: text.value, keepsCopy: !hasAnyOfOurs(before) }) : text;
      });
      if (!changed.ok) return changed;
    }
    return done(null);
  }
}

const noServer = failed(
  failure('not-found', 'There is no such server.', { hint: 'It may have been removed meanwhile.' }),
);

function notKept(
  variable: string,
  secret: StackSecretName,
  { name, stacks }: ServerProfile,
  environment: string | null,
): Failure {
  const installed = stacks.find((each) => each.environment === environment);
  const hints =
    secret === 'mlflow.admin-password' && installed?.adminUser
      ? unknownPasswordHints(name, installed.environment, installed.adminUser)
      : { hint: 'Set the stack up again and give it in the plan: that keeps it, and changes nothing else.' };
  return failure('needs-you', `${variable} is left out: it is not in the keychain here.`, hints);
}
