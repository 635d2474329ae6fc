/** An environment as text: for each shell, for Python, and for files. */
import { secretMask, type EnvFormat, type EnvVariable } from './environment.ts';
import {
  asciiJson,
  quotedForDotenv,
  quotedForFish,
  quotedForPosix,
  quotedForPowerShell,
  quotedForPython,
  valueForAws,
  valueForCmd,
} from './quoting.ts';

export interface EnvText {
  readonly text: string;
  /** Variables that this language can't hold, with what to do instead; the text says so in their place, too. */
  readonly unwritable: readonly { readonly name: string; readonly hint: string }[];
}

/** `left-out`: without secrets. `masked`: to look at, not to be used. `given`: values of secrets are in the variables. */
export type SecretsInText = 'left-out' | 'masked' | 'given';

export interface FormatOptions {
  readonly secrets: SecretsInText;
  /** Of the profile in ~/.aws. */
  readonly awsProfile: string;
}

interface Language {
  /** First lines; may be empty. `asks`: the text asks a person for what it does not hold. */
  readonly head: (options: { readonly asks: boolean }) => readonly string[];
  readonly line: (name: string, value: string) => string | null;
  /** In place of a secret that is left out. */
  readonly leftOut: (name: string) => string;
  readonly comment: (text: string) => string;
  /** For a value that it can't hold. */
  readonly instead: string;
}

const hash = (text: string): string => `# ${text}`;
const withHash = (name: string): string => hash(`${name} is a secret and left out`);
const from = (quote: (value: string) => string | null, write: (value: string) => string) => (value: string) => {
  const quoted = quote(value);
  return quoted === null ? null : write(quoted);
};

const posix: Language = {
  head: () => [],
  line: (name, value) => from(quotedForPosix, (quoted) => `export ${name}=${quoted}`)(value),
  leftOut: withHash,
  comment: hash,
  instead: 'No program’s environment can hold a zero byte.',
};

const python: Language = {
  head: () => ['import os'],
  line: (name, value) => from(quotedForPython, (quoted) => `os.environ["${name}"] = ${quoted}`)(value),
  leftOut: withHash,
  comment: hash,
  instead: posix.instead,
};

const languages: Readonly<Record<Exclude<EnvFormat, 'aws' | 'json'>, Language>> = {
  bash: posix,
  zsh: posix,
  fish: { ...posix, line: (name, value) => from(quotedForFish, (quoted) => `set -gx ${name} ${quoted}`)(value) },
  powershell: {
    ...posix,
    line: (name, value) => from(quotedForPowerShell, (quoted) => `$env:${name} = ${quoted}`)(value),
  },
  cmd: {
    head: () => [],
    line: (name, value) => from(valueForCmd, (plain) => `set "${name}=${plain}"`)(value),
    leftOut: (name) => `rem ${name} is a secret and left out`,
    comment: (text) => `rem ${text}`,
    instead: 'It has a sign that cmd can’t quote: use PowerShell, or mooring exec.',
  },
  dotenv: {
    ...posix,
    line: (name, value) => from(quotedForDotenv, (quoted) => `${name}=${quoted}`)(value),
    instead: 'A .env file can’t hold ${ or a carriage return: use mooring exec.',
  },
  python,
  // Cells are saved and shared with their notebook: what is left out of one is asked for when it runs.
  jupyter: {
    ...python,
    head: ({ asks }) => (asks ? ['import os', 'from getpass import getpass'] : ['import os']),
    leftOut: (name) => `os.environ["${name}"] = getpass("${name}: ")`,
  },
};

/** Written the same everywhere, unlike the mask itself. */
const maskMark = 'maskedvalue';

/** Variables whose secrets are not known are in no text. */
export function formatEnvironment(
  variables: readonly EnvVariable[],
  format: EnvFormat,
  { secrets, awsProfile }: FormatOptions,
): EnvText {
  const known = variables.filter((each) => each.isKnown);
  if (format === 'json') return { text: jsonText(known, secrets), unwritable: [] };
  if (format === 'aws') {
    const { config, credentials, unwritable } = awsSections(known, { secrets, awsProfile });
    if (config === '' && credentials === '') return { text: '# This environment has no store.\n', unwritable };
    return { text: `# ~/.aws/config\n${config}\n# ~/.aws/credentials\n${credentials}`, unwritable };
  }
  const { head, line, leftOut, comment, instead } = languages[format];
  const unwritable: { name: string; hint: string }[] = [];
  const lines = known.map(({ name, value, isSecret }) => {
    if (isSecret && secrets === 'left-out') return leftOut(name);
    if (isSecret && secrets === 'masked') return (line(name, maskMark) ?? '').replace(maskMark, secretMask);
    const written = line(name, value ?? '');
    if (written !== null) return written;
    unwritable.push({ name, hint: instead });
    return comment(`${name} can’t be written here`.replaceAll('’', "'"));
  });
  if (lines.length === 0) return { text: '', unwritable };
  const asks = secrets === 'left-out' && known.some((each) => each.isSecret);
  return { text: [...head({ asks }), ...lines, ''].join('\n'), unwritable };
}

function jsonText(known: readonly EnvVariable[], secrets: SecretsInText): string {
  const pairs = known
    .filter((each) => !each.isSecret || secrets !== 'left-out')
    .map(({ name, value, isSecret }) => [name, isSecret && secrets === 'masked' ? secretMask : (value ?? '')]);
  return `${asciiJson(Object.fromEntries(pairs), 2).replaceAll(asciiJson(secretMask), `"${secretMask}"`)}\n`;
}

/** Key in ~/.aws → the variable that holds its value. */
const awsConfigKeys = { region: 'AWS_DEFAULT_REGION', endpoint_url: 'AWS_ENDPOINT_URL_S3' } as const;
const awsCredentialKeys = {
  aws_access_key_id: 'AWS_ACCESS_KEY_ID',
  aws_secret_access_key: 'AWS_SECRET_ACCESS_KEY',
} as const;

export interface AwsSections {
  /** Section with its header, or empty. */
  readonly config: string;
  readonly credentials: string;
  readonly unwritable: EnvText['unwritable'];
}

/** The sections of the profile for ~/.aws/config and ~/.aws/credentials. */
export function awsSections(variables: readonly EnvVariable[], { secrets, awsProfile }: FormatOptions): AwsSections {
  const unwritable: { name: string; hint: string }[] = [];
  const linesOf = (keys: Readonly<Record<string, string>>) =>
    Object.entries(keys).flatMap(([key, name]) => {
      const found = variables.find((each) => each.name === name && each.isKnown);
      if (!found) return [];
      if (found.isSecret && secrets === 'left-out') return [withHash(key)];
      const masked = found.isSecret && secrets === 'masked';
      const value = masked ? secretMask : valueForAws(found.value ?? '');
      if (value !== null) return [`${key} = ${value}`];
      unwritable.push({ name, hint: 'The files in ~/.aws can’t hold it: use environment variables, or mooring exec.' });
      return [hash(`${key} can't be written here`)];
    });
  const section = (header: string, lines: readonly string[]) =>
    lines.length === 0 ? '' : `${[header, ...lines].join('\n')}\n`;
  return {
    config: section(`[profile ${awsProfile}]`, linesOf(awsConfigKeys)),
    credentials: section(`[${awsProfile}]`, linesOf(awsCredentialKeys)),
    unwritable,
  };
}
