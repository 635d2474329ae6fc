/** MLflow as a service: started with the machine, restarted only when something of it changed, waited for. */
import type { Step } from '../../../../shared/setup/plan.ts';
import { quoted, words } from '../../../../shared/shell-words.ts';
import { step } from '../component.ts';
import type { MlflowSetting } from './setting.ts';
import { dropOldPrograms } from './install.ts';
import { mlflowUnit } from './unit.ts';
import { versionStamp } from './upgrade.ts';

/** How long the first answer may take: the first start makes the tables. */
const answerLimitS = 120;

export function serviceStep(setting: MlflowSetting): Step {
  const { context, mlflow, unit } = setting;
  const { places } = context;
  const health = `http://127.0.0.1:${String(mlflow.port)}/health`;
  return step(context, {
    id: 'mlflow-service',
    title: `Run MLflow as a service on port ${String(mlflow.port)}`,
    why: `${unit}: starts with the machine, on 127.0.0.1 only${places.scope === 'system' ? `, and may write to ${setting.dataDir} alone` : ''}.`,
    define: `${serviceVariables(setting)}\n${dropOldPrograms}\n${serviceFunctions}`,
    check: `
unit_text | same_file "$unit_file" 644 "$unit_owner"
units is-active -q "$unit"
units is-enabled -q "$unit"
[ "$(stamp)" = "$(cat "$stamp_file" 2>/dev/null)" ]
[ "$(http_status ${quoted(health)})" = 200 ]`,
    apply: `
put_dir "$unit_dir" 755 "$unit_owner"
unit_text | put_file "$unit_file" 644 "$unit_owner"
units daemon-reload
units enable -q "$unit"
say 'starts MLflow'
units stop "$unit"
units reset-failed "$unit" 2>/dev/null || true
if in_use; then
  echo 'Port ${String(mlflow.port)} is taken by another program, so MLflow was not started: end that program, or choose another port.' >&2
  exit 1
fi
# Data that is begun now is of this version; what was there before has its note already.
if [ ! -e "$version_file" ]; then printf '%s\\n' "$version" | put_file "$version_file" 644 "$account"; fi
rm -f "$stamp_file"
(umask 077 && stamp >"$stamp_file.new")
units start "$unit" || why_not
await_answer ${quoted(health)}
mv "$stamp_file.new" "$stamp_file"
drop_old_programs`,
    verify: `
units is-active -q "$unit" || why_not
if ! units is-enabled -q "$unit"; then
  echo "$unit does not start with the machine." >&2
  exit 1
fi
[ "$(http_status ${quoted(health)})" = 200 ] || why_not
anonymous=$(http_status ${quoted(`http://127.0.0.1:${String(mlflow.port)}/api/2.0/mlflow/experiments/search?max_results=1`)})
if [ "$anonymous" != ${mlflow.login ? '401' : '200'} ]; then
  echo "Without a login it answered $anonymous instead of ${mlflow.login ? '401: everybody on this server could read it' : '200'}." >&2
  exit 1
fi`,
    undo: `
units disable -q --now "$unit" 2>/dev/null || units stop "$unit" 2>/dev/null || true
rm -f "$unit_file" "$unit_file.mooring-new" "$stamp_file" "$stamp_file.new"
units daemon-reload
units reset-failed "$unit" 2>/dev/null || true
drop_dir "$unit_dir"`,
  });
}

const serviceVariables = (setting: MlflowSetting): string =>
  [
    `unit=${quoted(setting.unit)}`,
    `unit_dir=${quoted(setting.context.places.unitDir)}`,
    'unit_file=$unit_dir/$unit',
    'unit_owner=$(id -un)',
    `port=${String(setting.mlflow.port)}`,
    `env_file=${quoted(setting.envFile)}`,
    `ini_file=${quoted(setting.iniFile)}`,
    `data_dir=${quoted(setting.dataDir)}`,
    `programs=${quoted(setting.context.places.programDir)}`,
    `program=${quoted(setting.programDir)}`,
    `version_file=${quoted(versionStamp(setting))}`,
    `version=${quoted(setting.mlflow.version)}`,
    `account=${quoted(setting.account)}`,
    // What the service that runs was started with.
    'stamp_file=$MOORING_STACK/mlflow.started',
    `answer_limit=${String(answerLimitS)}`,
    'unit_text() {',
    `  printf '%s\\n' ${words(...mlflowUnit(setting).trimEnd().split('\n'))}`,
    '}',
  ].join('\n');

const serviceFunctions = String.raw`
stamp() {
  { unit_text && cat "$env_file" "$program/complete" && cat "$ini_file" 2>/dev/null || true; } | sha256sum | cut -c 1-64
}

# in_use: whether anything listens on its port, there where MLflow wants to.
in_use() {
  if has ss; then
    ss -Hltn "sport = :$port" | awk '{ print $4 }' | grep -qE '^(127\.0\.0\.1|0\.0\.0\.0|\*|\[::\]):'
  else
    [ "$(http_status "http://127.0.0.1:$port/health")" != 000 ]
  fi
}

await_answer() {
  await_begin=$(date +%s)
  await_told=0
  while [ "$(http_status "$1")" != 200 ]; do
    await_now=$(($(date +%s) - await_begin))
    # It ended and was started anew: a second time it would not go better.
    if [ "$(units show -p NRestarts --value "$unit")" -ge 2 ] || units is-failed -q "$unit"; then
      units stop "$unit"
      why_not
    fi
    if [ "$await_now" -ge "$answer_limit" ]; then why_not; fi
    if [ "$await_now" -ge $((await_told + 5)) ]; then
      await_told=$await_now
      say "waits for MLflow to answer ($await_now s)"
    fi
    sleep 0.5
  done
}

# why_not: the last words of the service, and what they mean. Ends the step.
why_not() {
  why_log=$(journal "$unit" 60)
  why_result=$(units show -p Result --value "$unit")
  echo "MLflow does not answer. The last it said:" >&2
  printf '%s\n' "$why_log" | tail -n 25 >&2
  why_says() { printf '%s\n' "$why_log" | grep -qiE "$1"; }
  echo >&2
  if [ "$why_result" = oom-kill ] || why_says 'oom-kill|out of memory|code=killed, status=9/KILL'; then
    echo 'It ran out of memory: it needs 1 GB free. Use one worker, end other programs, or take a larger machine.' >&2
  elif why_says 'address already in use|errno 98'; then
    echo "Port $port is taken by another program: end that program, or choose another port." >&2
  elif why_says 'out-of-date database schema|db upgrade|locate revision'; then
    echo 'The database was made by another version of MLflow. If by an older one: back it up, then bring it up to date' >&2
    echo "with mlflow db upgrade ($program/bin/mlflow). If by a newer one: choose that version." >&2
  elif why_says 'password authentication failed|no password supplied'; then
    echo 'The database refused the password.' >&2
  elif why_says 'connection refused|could not connect|could not translate host name|connection to server|OperationalError'; then
    echo 'The database does not answer, or refuses: see the lines above for host, port and reason.' >&2
  elif why_says 'FLASK_SERVER_SECRET_KEY'; then
    echo 'The key that signs sessions is missing: run the setup again, it makes one.' >&2
  elif why_says 'no space left|disk is full|disk I/O error'; then
    echo "The disk is full. Make room where $data_dir lies, and try again." >&2
  elif why_says 'permission denied|readonly database|unable to open database'; then
    echo "It may not write to $data_dir, or may not read its own files: see the lines above." >&2
  elif why_says 'file is not a database|disk image is malformed'; then
    echo "The SQLite file in $data_dir is damaged: put back a copy of it." >&2
  elif why_says 'NAMESPACE|status=226'; then
    echo 'This machine (a container?) does not allow systemd to shut services in (status 226).' >&2
  elif [ -z "$why_log" ]; then
    echo "Nothing of it is in the journal that this account may read: look with systemctl status $unit." >&2
  else
    echo "See the whole of it with: journalctl -u $unit" >&2
  fi
  exit 1
}
`;
