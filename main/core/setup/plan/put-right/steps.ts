/** The steps of put-right.ts. Their undo needs nothing but what they noted on the server. */
import { offerSteps, type StepOffer } from '../../../../shared/setup/offers.ts';
import type { Step } from '../../../../shared/setup/plan.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import type { FoundMlflow } from './found-mlflow.ts';
import { unitName, type Places } from '../places.ts';
import { byHandFunctions } from './by-hand.ts';
import { putRightFunctions } from './functions.ts';

interface Setting {
  readonly places: Places;
  readonly account: string;
  readonly found: FoundMlflow;
}

export const putRightSteps = (setting: Setting, kinds: readonly StepOffer[]): readonly Step[] =>
  kinds.map((kind) => stepOf(setting, kind));

export const putRightVariables = (found: FoundMlflow): string =>
  [
    `port=${String(found.port)}`,
    `unit=${quoted(found.unit?.name ?? '')}`,
    `script=${quoted(found.startScript ?? '')}`,
  ].join('\n');

function stepOf(setting: Setting, kind: StepOffer): Step {
  switch (kind) {
    case 'run-as-unit':
      return unitStep(setting);
    case 'absolute-paths':
      return changeStep(setting, {
        name: 'paths',
        title: 'Name MLflow’s data by absolute paths',
        why: 'Relative ones mean another place when it is started from another folder.',
        words: 'where its data lies',
        check: 'find_target && find_folder && is_right filter_paths && { [ -f "$saved/add" ] || ! unnamed_store; }',
      });
    case 'limit-hosts':
      return changeStep(setting, {
        name: 'hosts',
        title: 'Let MLflow refuse foreign host names',
        why: 'Under 127.0.0.1 and localhost it is opened through a tunnel; no page of another name gets at it then.',
        words: 'that any host name is allowed',
        check: 'is_right filter_hosts',
      });
    case 'bind-to-loopback':
      return changeStep(setting, {
        name: 'bind',
        title: 'Let MLflow listen on 127.0.0.1 only',
        why: 'Who reaches the server no longer reaches it; the tunnel does.',
        words: 'on which address it listens',
        check: 'if listens; then ! is_wide; else is_right filter_bind; fi',
      });
    default:
      return kind satisfies never;
  }
}

interface Change {
  readonly name: 'paths' | 'hosts' | 'bind';
  readonly title: string;
  readonly why: string;
  /** `Nothing was found that says …`. */
  readonly words: string;
  readonly check: string;
}

function changeStep({ places, found }: Setting, { name, title, why, words, check }: Change): Step {
  return {
    ...usual(places),
    id: `put-right-${name}`,
    title,
    why: `${why} Its start script is kept beside it as .before-mooring.`,
    define: `${putRightVariables(found)}\n${putRightFunctions}`,
    check,
    apply: `change ${name} ${quoted(words)}`,
    verify: `
find_unit
if ! { ${check}; }; then
  echo 'MLflow runs, but that did not change.' >&2
  exit 1
fi
[ "$(http_status "$health")" = 200 ] && is_ours`,
    undo: `undo_change ${name}`,
  };
}

function unitStep({ places, found }: Setting): Step {
  const unit = unitName('mlflow', `adopted-${String(found.port)}`);
  return {
    ...usual(places),
    id: offerSteps['run-as-unit'],
    title: 'Run MLflow as a service',
    why: `${unit} starts it with the server, with the same words, environment and folder as it runs now.`,
    define: `${putRightVariables(found)}
${putRightFunctions}
own_unit=${quoted(unit)}
unit_dir=${quoted(places.unitDir)}
config_dir=${quoted(places.configDir)}
${byHandFunctions}`,
    check: `
find_unit
[ "$unit" = "$own_unit" ]
units is-active -q "$unit"
units is-enabled -q "$unit"
is_ours`,
    apply: `
mkdir -p "$MOORING_STACK"
note_start
# Who it really runs as: what was seen of it before may have been the program that started it for another account.
account=$(cat "$started/user")
made put-right-unit
put_dir "$config_dir" 700 "$account"
settings_text | put_file "$env_file" 600 "$account"
if [ -z "$(start_script)" ]; then start_text | put_file "$start_file" 700 "$account"; fi
put_dir "$unit_dir" 755 "$(id -un)"
unit_text | put_file "$unit_dir/$own_unit" 644 "$(id -un)"
printf '%s\\n' "$own_unit" >"$saved/unit.new" && mv "$saved/unit.new" "$saved/unit"
unit=$own_unit
units daemon-reload
say 'ends the MLflow that was started by hand'
if ! is_ours; then end_by_hand; fi
units enable -q "$unit"
if ! restart_mlflow; then
  echo 'As a service MLflow does not answer. The last it said:' >&2
  journal "$unit" 25 >&2
  drop_unit
  say 'starts it by hand again'
  start_by_hand
  if wait_http "$health" 120; then echo 'It was started by hand again, as it was.' >&2; fi
  forget_start
  unmade put-right-unit
  exit 1
fi`,
    verify: `
unit=$own_unit
units is-active -q "$unit"
units is-enabled -q "$unit"
[ "$(http_status "$health")" = 200 ] && is_ours`,
    undo: `
if was_made put-right-unit; then
  ran=
  if units is-active -q "$own_unit"; then ran=yes; fi
  drop_unit
  if [ -n "$ran" ] && ! listens; then
    say 'starts it by hand again, as it was'
    start_by_hand
    wait_http "$health" 120 || echo 'Started by hand, it does not answer: see its own log.' >&2
  fi
  forget_start
  unmade put-right-unit
fi`,
  };
}

const usual = (places: Places) =>
  ({
    needsRoot: places.scope === 'system',
    secrets: [],
    removeData: '',
    data: null,
    interruptible: true,
  }) as const;
