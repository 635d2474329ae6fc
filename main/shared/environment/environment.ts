/** The environment of ML clients: which variables make MLflow, boto3 and psql on this machine use a server's tunnels. */

/** A secret's `value` is null here: `environment.text` gives it to whoever asks for it. */
export interface EnvVariable {
  readonly name: string;
  readonly value: string | null;
  readonly isSecret: boolean;
  /** False: a secret that is not known here, so that it is in no text. A remark says so. */
  readonly isKnown: boolean;
  /** One line. */
  readonly why: string;
}

/** `trouble`: clients that use the environment now would fail, or lack something. */
export interface EnvRemark {
  readonly level: 'trouble' | 'note';
  readonly message: string;
  readonly hint: string | null;
  /** On the command line in the place of the hint, with the command to type; null: the hint serves there as well. */
  readonly commandHint: string | null;
  /** What mends it at once; null: the hint says what to do. */
  readonly fix: { readonly kind: 'connect' } | { readonly kind: 'turn-on'; readonly forwardId: string } | null;
}

/** The profile in ~/.aws that leads to the environment's store. */
export interface AwsProfileView {
  readonly name: string;
  /** As this machine has them, `~` in place of the home folder. */
  readonly configPath: string;
  readonly credentialsPath: string;
  /** It is in at least one of the two. */
  readonly isWritten: boolean;
}

export interface EnvironmentView {
  /** Of the stack it is of; null: the server has none that is known here, and its tunnels say what there is. */
  readonly environment: string | null;
  /** Those that were set up to their end, and the one this is of; in the order of the server's stacks. */
  readonly environments: readonly string[];
  readonly variables: readonly EnvVariable[];
  readonly remarks: readonly EnvRemark[];
  /** Null where the environment has no store. */
  readonly aws: AwsProfileView | null;
}

export const envFormats = [
  'bash',
  'zsh',
  'fish',
  'powershell',
  'cmd',
  'dotenv',
  'python',
  'jupyter',
  'aws',
  'json',
] as const;
export type EnvFormat = (typeof envFormats)[number];

/** Whether programs here are told to go by a proxy, and for which hosts not. Without the proxy's address: it may hold a password. */
export interface ProxySetting {
  readonly isSet: boolean;
  /** As it stands in `no_proxy` or `NO_PROXY`; empty: nowhere. */
  readonly except: string;
  /** It stands in lower case, which Python's libraries read first. */
  readonly isLowerCase: boolean;
}

/** Of a program's own environment. Lower case goes first, as Python's libraries and curl have it. */
export function proxyOf(env: Readonly<Record<string, string | undefined>>): ProxySetting {
  const one = (name: string) => [env[name.toLowerCase()], env[name]].find((each) => each !== undefined && each !== '');
  return {
    isSet: one('HTTP_PROXY') !== undefined || one('ALL_PROXY') !== undefined,
    except: one('NO_PROXY') ?? '',
    isLowerCase: env['no_proxy'] !== undefined && env['no_proxy'] !== '',
  };
}

/** Why a secret is not shown, in place of it. */
export const secretMask = '••••••••';
