/** Data that an older MLflow left: saved first, then brought to the form that the new one wants. */
import type { Step } from '../../../../shared/setup/plan.ts';
import { quoted, words } from '../../../../shared/shell-words.ts';
import { step } from '../component.ts';
import { readSettings } from './python.ts';
import type { MlflowSetting } from './setting.ts';

export function upgradeStep(setting: MlflowSetting): Step {
  const { context, mlflow, dataDir } = setting;
  const sqlite = mlflow.database.kind === 'sqlite';
  return step(context, {
    id: 'mlflow-upgrade',
    title: `Bring older data to MLflow ${mlflow.version}`,
    why: 'Only where another version left some: MLflow does not start on it before. SQLite files are copied first.',
    define: upgradeFunctions(setting),
    check: `
if [ -e "$stamp_file" ]; then
  [ "$(cat "$stamp_file")" = "$version" ]
else
  ${sqlite ? '[ ! -s "$data_dir/mlflow.db" ]' : 'true'}
fi`,
    apply: `
before=$(cat "$stamp_file" 2>/dev/null || echo unknown)
if [ "$before" != unknown ] && [ "$(printf '%s\\n' "$before" "$version" | sort -V | tail -n 1)" = "$before" ]; then
  echo "The data is of MLflow $before, which is newer than $version: there is no way back. Choose $before." >&2
  exit 1
fi
units stop "$unit" 2>/dev/null || true
${sqlite ? 'save "$data_dir/mlflow.db"' : `say 'no copy is made of a PostgreSQL: its own backup has to do'`}
save "$data_dir/basic_auth.db"
say "brings the data of MLflow $before to $version"
if ! upgrade; then
  echo "The data of MLflow $before could not be brought to $version: see the lines above." >&2
  ${sqlite ? `echo "A copy of it as it was lies in $data_dir/backups."` : `echo 'Its backup has to be put back if it was left half done.'`} >&2
  exit 1
fi
printf '%s\\n' "$version" | put_file "$stamp_file" 644 "$account"`,
    // Of former stacks too, whose runs or artifacts have been there before they went elsewhere.
    removeData: `rm -rf ${quoted(dataDir)}/mlflow.db* ${words(...['artifacts', 'backups', '.mlflow-version'].map((each) => `${dataDir}/${each}`))}`,
    data: dataOf(setting),
  });
}

function dataOf({ mlflow, dataDir }: MlflowSetting): string | null {
  const kinds = [
    ...(mlflow.database.kind === 'sqlite' ? ['runs'] : []),
    ...(mlflow.artifacts.kind === 'folder' ? ['artifacts'] : []),
  ];
  return kinds.length === 0 ? null : `the ${kinds.join(' and ')} in ${dataDir}`;
}

/** Where the version that the data is of is noted: beside the data, since that outlives an uninstallation. */
export const versionStamp = ({ dataDir }: MlflowSetting): string => `${dataDir}/.mlflow-version`;

const upgradeFunctions = (setting: MlflowSetting): string =>
  [
    `stamp_file=${quoted(versionStamp(setting))}`,
    `version=${quoted(setting.mlflow.version)}`,
    `data_dir=${quoted(setting.dataDir)}`,
    `account=${quoted(setting.account)}`,
    `unit=${quoted(setting.unit)}`,
    `program=${quoted(setting.programDir)}`,
    `env_file=${quoted(setting.envFile)}`,
    // With what SQLite keeps beside the file while it is open, should it have been cut off.
    'save() {',
    '  if [ ! -s "$1" ]; then return 0; fi',
    '  save_to=$data_dir/backups/$(basename "$1" .db)-$before-$(date +%Y%m%d-%H%M%S).db',
    '  as_user "$account" mkdir -p -m 700 "$data_dir/backups"',
    '  say "copies $(basename "$1")"',
    '  for each in "" -wal -shm; do',
    '    if [ -e "$1$each" ]; then as_user "$account" cp -p "$1$each" "$save_to$each"; fi',
    '  done',
    '}',
    'upgrade() {',
    `  as_user "$account" "$program/bin/python" - "$env_file" <<'PYTHON'`,
    readSettings,
    'from mlflow.store.db import utils',
    'engine = utils.create_sqlalchemy_engine_with_retry(os.environ["MLFLOW_BACKEND_STORE_URI"])',
    'empty = getattr(utils, "_is_empty_database", lambda engine: False)(engine)',
    '(utils._initialize_tables if empty else utils._upgrade_db)(engine)',
    'PYTHON',
    '}',
  ].join('\n');
