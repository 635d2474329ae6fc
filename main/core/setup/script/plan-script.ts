/**
 * A plan as one shell script: what Mooring runs on the server, and what a careful admin can save, read and run by hand
 * (`sh FILE`). It asks for the secrets that it needs and holds none.
 *
 *     sh FILE              all steps: those with nothing to do are passed over
 *     sh FILE --check      tells what would be done
 *     sh FILE --help       tells these three
 *
 * Any other word is refused. Two belong to the runs, and to the script itself:
 *
 *     sh FILE part ID PART one part of one step
 *     sh FILE run FOLDER   as Mooring runs it (runner.ts)
 */
import type { Plan, Step } from '../../../shared/setup/plan.ts';
import type { StackSecretName } from '../../../shared/setup/stack.ts';
import { onOneLine, quoted } from '../../../shared/shell-words.ts';
import type { Places } from '../plan/places.ts';
import { manifestOf } from '../run/manifest.ts';
import { byHandFunctions, scriptTitle } from './by-hand.ts';
import { prelude } from './prelude.ts';
import { runner } from './runner.ts';

const parts = ['check', 'apply', 'verify', 'undo', 'remove_data'] as const;

/** `standing`: those of its secrets that the server has already, as long as a stack is complete there. */
export function planScript(plan: Plan, places: Places, home: string, standing: readonly StackSecretName[]): string {
  return [
    '#!/bin/sh',
    `# ${scriptTitle(plan)}: ${plan.kind === 'uninstall' ? 'takes it off again' : 'sets it up'}. Made by Mooring.`,
    `# Runs ${plan.scope === 'system' ? 'as root' : `as ${onOneLine(plan.account)}, without root`}. Look first: sh FILE --check. More: sh FILE --help`,
    'set -u',
    `MOORING_TITLE=${quoted(scriptTitle(plan))}`,
    `MOORING_KIND=${plan.kind}`,
    `MOORING_SCOPE=${plan.scope}`,
    `MOORING_ACCOUNT=${quoted(plan.account)}`,
    `MOORING_HOME=${quoted(home)}`,
    `MOORING_STATE=${quoted(places.stateDir)}`,
    `MOORING_STACK=${quoted(places.stackDir)}`,
    `MOORING_KEEPS=${plan.keeps ? 'yes' : ''}`,
    // Left by a run by hand as a run of Mooring’s leaves it, so that any machine finds it.
    `MOORING_MANIFEST=${quoted(JSON.stringify(manifestOf(plan, places.stateDir, 'hand')))}`,
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
    runner,
    byHandFunctions(plan, standing),
    'main "$@"',
    '',
  ].join('\n');
}

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
    `# ----- ${onOneLine(step.title)}`,
    `# ${onOneLine(step.why)}`,
    `${name}_define() {\n:\n${step.define.trim()}\n}`,
    ...functions.map(([part, text]) => `${name}_${part}() {\n${text}\n}`),
  ].join('\n');
}

const titleFunction = (steps: readonly Step[]): string =>
  [
    '',
    'step_title() {',
    '  case $1 in',
    ...steps.map((step) => `  ${step.id}) echo ${quoted(onOneLine(step.title))} ;;`),
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
      return parts.map((part) =>
        has(part)
          ? `  ${step.id}:${part}) ${nameOf(step)}_define; ${nameOf(step)}_${part} ;;`
          : `  ${step.id}:${part}) : ;;`,
      );
    }),
    '  *) wrong_use part "$@" ;;',
    '  esac',
    '}',
  ].join('\n');
