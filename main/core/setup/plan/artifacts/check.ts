/** A step that proves that a store elsewhere can be used, before MLflow is touched. */
import type { Step } from '../../../../shared/setup/plan.ts';
import type { StackSecretName } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { serviceAccount, step, type PlanContext } from '../component.ts';

export interface ArtifactsCheck {
  /** `the bucket my-artifacts`. */
  readonly what: string;
  /** The functions that `call` uses. */
  readonly client: string;
  /** A command that looks; the credential comes by stdin, in lines. */
  readonly call: string;
  /** Everything that is no secret: when it changes, the store is looked at again. */
  readonly settings: string;
  /** Lines before the credential. */
  readonly lines: readonly string[];
  readonly secret: StackSecretName | null;
  /** With what this account itself has (a profile in its home), instead of what comes by stdin. */
  readonly asService: boolean;
}

/**
 * What was looked at successfully is noted as two digests in a file that the plan's account alone can read: of the
 * settings, and of settings and secret. So a second run looks again only after a change, also without the secret.
 */
export function artifactsCheck(context: PlanContext, check: ArtifactsCheck): Step {
  const { places, account } = context;
  const owner = places.scope === 'system' ? 'root' : account;
  const { secret } = check;
  const credential = [
    ...(check.lines.length === 0 ? [] : [`printf '%s\\n' ${check.lines.map(quoted).join(' ')}`]),
    ...(secret === null ? [] : [`secret ${secret}; echo`]),
  ].join('; ');
  const runAs = check.asService ? serviceAccount(context) : owner;
  return step(context, {
    id: 'artifacts-check',
    title: `Check ${check.what}`,
    why: 'MLflow would take runs and only fail at the first artifact: so a small object is put there, fetched and deleted first.',
    secrets: secret === null ? [] : [secret],
    define: [
      check.client,
      `checked=${quoted(`${places.configDir}/artifacts-checked`)}`,
      `settings=${quoted(check.settings)}`,
      'digest() { sha256sum | cut -d " " -f 1; }',
      'settings_digest() { printf %s "$settings" | digest; }',
      secret === null
        ? 'whole_digest() { settings_digest; }'
        : `whole_digest() { { printf '%s\\n' "$settings"; secret ${secret}; } | digest; }`,
    ].join('\n'),
    check: [
      '[ -f "$checked" ] || return 1',
      '{ IFS= read -r was_settings && IFS= read -r was_whole; } <"$checked" || return 1',
      '[ "$was_settings" = "$(settings_digest)" ] || return 1',
      ...(secret === null
        ? []
        : [`if has_secret ${secret}; then [ "$was_whole" = "$(whole_digest)" ] || return 1; fi`]),
    ].join('\n'),
    apply: [
      ...(secret === null
        ? []
        : [
            `if ! has_secret ${secret}; then`,
            `  echo ${quoted(`The credential for ${check.what} (${secret}) was not given: run this again and tell it.`)} >&2`,
            '  exit 1',
            'fi',
          ]),
      `say ${quoted(`looks at ${check.what}`)}`,
      check.asService
        ? // An account of its own may be made later in the plan: until then it has no home, and nothing in it.
          `if getent passwd ${quoted(runAs)} >/dev/null; then check_as=${quoted(runAs)}; else check_as=$(id -un); fi`
        : 'check_as=$(id -un)',
      `${credential === '' ? '' : `{ ${credential}; } | `}${check.call}`,
      `put_dir ${quoted(places.configDir)} 755 ${quoted(owner)}`,
      `{ settings_digest; whole_digest; } | put_file "$checked" 600 ${quoted(owner)}`,
    ].join('\n'),
    undo: 'rm -f "$checked"',
  });
}
