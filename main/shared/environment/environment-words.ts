/** Formats of an environment in words: what they are called, and how they are used. */
import { quoted } from '../shell-words.ts';
import type { EnvFormat, EnvironmentView } from './environment.ts';

interface FormatWords {
  readonly label: string;
  readonly how: string;
  /** The same without the window; null: there is no such way. */
  readonly command: ((env: string) => string) | null;
}

/** The formats that a window offers, in their order. zsh is read as bash is, and JSON is for programs. */
export const formatWords: Readonly<Record<Exclude<EnvFormat, 'zsh' | 'json'>, FormatWords>> = {
  bash: {
    label: 'bash, zsh',
    how: 'Paste it into a terminal, before what uses it.',
    command: (env) => `eval "$(${env})"`,
  },
  fish: { label: 'fish', how: 'Paste it into a terminal, before what uses it.', command: (env) => `${env} | source` },
  powershell: {
    label: 'PowerShell',
    how: 'Paste it into PowerShell, before what uses it.',
    command: (env) => `${env} | Out-String | Invoke-Expression`,
  },
  cmd: {
    label: 'cmd',
    how: 'Paste it at the prompt, not into a batch file. What cmd can’t quote is left out, and said.',
    command: (env) => `for /f "delims=" %i in ('${env}') do @%i`,
  },
  dotenv: {
    label: '.env',
    how: 'Save it as .env for python-dotenv and the like, and keep it out of git. docker --env-file takes quotes for a part of the value.',
    command: (env) => `${env} --shell dotenv >.env`,
  },
  python: {
    label: 'Python',
    how: 'At the top of a script, before MLflow is imported.',
    command: (env) => `${env} --shell python`,
  },
  jupyter: {
    label: 'Jupyter',
    how: 'A cell of its own, before the others. Copied without secrets it asks for them: notebooks get shared.',
    command: (env) => `${env} --shell jupyter --no-secrets`,
  },
  aws: {
    label: 'AWS profile',
    how: 'Two sections for the files of AWS’s tools, for the store alone.',
    command: (env) => `${env} --write-aws-profile`,
  },
};
export type ShownFormat = keyof typeof formatWords;
export const shownFormats = Object.keys(formatWords) as readonly ShownFormat[];

/**
 * What is typed in place of pasting; null where there is nothing to type. It names its stack wherever that alone makes
 * it mean the same tomorrow, when there may be more of them: `main` alone needs no name.
 */
export function commandFor(
  format: ShownFormat,
  serverName: string,
  { environment, environments }: Pick<EnvironmentView, 'environment' | 'environments'>,
): string | null {
  const isPlain = environment === null || (environment === 'main' && environments.length === 1);
  const env = `mooring env ${quoted(serverName)}${isPlain ? '' : ` --environment ${quoted(environment)}`}`;
  return formatWords[format].command?.(env) ?? null;
}
