/**
 * A plan as one shell script: what Mooring runs on the server, and what a careful admin can save, read and run by hand
 * (`sh FILE`). It asks for the secrets that it needs and holds none.
 *
 *     sh FILE              all steps: those with nothing to do are passed over
 *     sh FILE --check      tells what would be done
 *     sh FILE part ID PART one part of one step, as the runs do
 *     sh FILE run FOLDER   as Mooring runs it (runner.ts)
 */
import type { Plan, Step } from '../../../shared/setup/plan.ts';
import { quoted, words } from '../../../shared/shell-words.ts';
import type { Places } from '../plan/places.ts';
import { prelude } from './prelude.ts';
import { runner } from './runner.ts';

const parts = ['check', 'apply', 'verify', 'undo', 'remove_data'] as const;

/** `removeData`: for a plan that uninstalls; what the steps' undo is followed by. */
export function planScript(plan: Plan, places: Places, home: string): string {
  return [
    '#!/bin/sh',
    `# ${oneLine(plan.title)}: ${plan.kind === 'uninstall' ? 'takes it off again' : 'sets it up'}. Made by Mooring.`,
    `# Runs ${plan.scope === 'system' ? 'as root' : `as ${oneLine(plan.account)}, without root`}. Look first: sh FILE --check`,
    'set -u',
    `MOORING_TITLE=${quoted(oneLine(plan.title))}`,
    `MOORING_KIND=${plan.kind}`,
    `MOORING_SCOPE=${plan.scope}`,
    `MOORING_ACCOUNT=${quoted(plan.account)}`,
    `MOORING_HOME=${quoted(home)}`,
    `MOORING_STATE=${quoted(places.stateDir)}`,
    `MOORING_STACK=${quoted(places.stackDir)}`,
    `MOORING_STEPS=${quoted(plan.steps.map(({ id }) => id).join(' '))}`,
    'export MOORING_SCOPE MOORING_ACCOUNT MOORING_HOME MOORING_STATE MOORING_STACK',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'LC_ALL=C.UTF-8',
    'export PATH LC_ALL',
    'umask 022',
    prelude,
    ...plan.steps.map(stepFunctions),
    titleFunction(plan.steps),
    partFunction(plan.steps),
    secretsFunction(plan),
    runner,
    byHand,
    'main "$@"',
    '',
  ].join('\n');
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
const nameOf = (step: Step): string => step.id.replaceAll('-', '_');

/** One function for each part that does something. An empty check means: always to be done; an empty verify: the check. */
function stepFunctions(step: Step): string {
  const body = (part: (typeof parts)[number]): string => {
    switch (part) {
      case 'check':
        return step.check.trim() === '' ? 'false' : step.check;
      case 'apply':
        return step.apply;
      case 'verify':
        return step.verify.trim() === '' ? step.check : step.verify;
      case 'undo':
        return step.undo;
      case 'remove_data':
        return step.removeData;
      default:
        return part satisfies never;
    }
  };
  const name = nameOf(step);
  const functions = parts.map((part) => [part, body(part).trim()] as const).filter(([, text]) => text !== '');
  return [
    '',
    `# ----- ${oneLine(step.title)}`,
    `# ${oneLine(step.why)}`,
    `${name}_define() {\n:\n${step.define.trim()}\n}`,
    ...functions.map(([part, text]) => `${name}_${part}() {\n${text}\n}`),
  ].join('\n');
}

const titleFunction = (steps: readonly Step[]): string =>
  [
    '',
    'step_title() {',
    '  case $1 in',
    ...steps.map((step) => `  ${step.id}) echo ${quoted(oneLine(step.title))} ;;`),
    '  esac',
    '}',
    '# Whether it may be cut off in the middle.',
    'step_interruptible() {',
    `  case $1 in ${steps
      .filter((step) => !step.interruptible)
      .map((step) => `${step.id}) false ;; `)
      .join('')}*) true ;; esac`,
    '}',
  ].join('\n');

/** Each part in a shell of its own, so that `set -e` means what it says. */
const partFunction = (steps: readonly Step[]): string =>
  [
    '',
    'run_part() {',
    '  set -e',
    '  case $1:$2 in',
    ...steps.flatMap((step) => {
      const has = (part: string) =>
        part === 'undo' ? step.undo.trim() !== '' : part === 'remove_data' ? step.removeData.trim() !== '' : true;
      return parts
        .filter(has)
        .map((part) => `  ${step.id}:${part}) ${nameOf(step)}_define; ${nameOf(step)}_${part} ;;`);
    }),
    '  *) : ;;',
    '  esac',
    '}',
  ].join('\n');

/** By hand: asks for each secret; an empty answer makes one up where that makes sense. */
const secretsFunction = (plan: Plan): string =>
  [
    '',
    'ask_secrets() {',
    ...plan.secrets.map(({ name, label, origin }) => `  ask_secret ${words(name, origin)} ${quoted(oneLine(label))}`),
    '  :',
    '}',
  ].join('\n');

const byHand = String.raw`
ask_secret() {
  if [ "$2" = generated ]; then printf '%s (empty: make one up): ' "$3" >&2; else printf '%s: ' "$3" >&2; fi
  if [ -t 0 ]; then stty -echo; fi
  IFS= read -r asked || asked=
  if [ -t 0 ]; then stty echo; fi
  echo >&2
  if [ -z "$asked" ] && [ "$2" = generated ]; then
    # What stands already stays; made up once, it is kept in the settings of the stack.
    if [ -e "$MOORING_STACK/complete" ]; then return; fi
    asked=$(head -c 64 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | cut -c 1-32)
    printf 'Made up: %s\n' "$asked" >&2
  fi
  if [ -n "$asked" ]; then (umask 077 && printf '%s\n' "$asked" >"$MOORING_SECRETS/$1"); fi
}

by_hand() {
  if [ "$MOORING_SCOPE" = system ] && [ "$(id -u)" != 0 ]; then
    echo "Run this as root: sudo sh $0" >&2
    exit 1
  fi
  MOORING_SECRETS=$(mktemp -d)
  export MOORING_SECRETS
  trap 'rm -rf "$MOORING_SECRETS"' EXIT
  trap 'exit 130' INT TERM
  ask_secrets
  ok=0 changed=0
  for step in $MOORING_STEPS; do
    if sh "$0" part "$step" check >/dev/null 2>&1; then
      echo "ok       $(step_title "$step")"
      ok=$((ok + 1))
      continue
    fi
    if [ "$1" = look ]; then
      echo "to do    $(step_title "$step")"
      continue
    fi
    echo "-------- $(step_title "$step")"
    if ! sh "$0" part "$step" apply || ! sh "$0" part "$step" verify; then
      echo "failed   $(step_title "$step"): mend the cause and run this again, it goes on here." >&2
      exit 1
    fi
    echo "changed  $(step_title "$step")"
    changed=$((changed + 1))
  done
  if [ "$1" = look ]; then
    :
  elif [ "$MOORING_KIND" = set-up ]; then
    : >"$MOORING_STACK/complete"
  else
    rm -f "$MOORING_STACK/complete"
  fi
  echo "$MOORING_TITLE: $ok ok, $changed changed"
}

main() {
  case ${'$'}{1:-} in
  part) run_part "$2" "$3" ;;
  run) run_all "$2" ;;
  --check) by_hand look ;;
  *) by_hand go ;;
  esac
}
`;
