/** What MLflow is told: an environment file and the file of its login. The only places where its secrets lie. */
import type { Step } from '../../../../shared/setup/plan.ts';
import type { StackSecretName } from '../../../../shared/setup/stack.ts';
import { quoted, words } from '../../../../shared/shell-words.ts';
import { passwordTroubles, shortestPassword } from '../../passwords.ts';
import { step, type Wiring } from '../component.ts';
import type { MlflowSetting } from './setting.ts';

export function settingsStep(setting: MlflowSetting): Step {
  const { context, mlflow, account, database, artifacts } = setting;
  const own: readonly StackSecretName[] = mlflow.login ? ['mlflow.secret-key', 'mlflow.admin-password'] : [];
  return step(context, {
    id: 'mlflow-settings',
    title: 'Write MLflow’s settings',
    why: `They hold secrets, so only ${account} can read them; the unit and the command line hold none.`,
    secrets: [...new Set([...own, ...database.secrets, ...artifacts.secrets])],
    define: settingsFunctions(setting),
    check: `
wanted=$(settings 2>/dev/null) || exit 1
printf '%s\\n' "$wanted" | same_file "$env_file" 600 "$account" || exit 1
${mlflow.login ? `printf '%s\\n' "$(login_settings)" | same_file "$ini_file" 600 "$account"` : '[ ! -e "$ini_file" ]'}`,
    apply: `
wanted=$(settings)
${mlflow.login ? 'long_enough' : ''}
printf '%s\\n' "$wanted" | put_file "$env_file" 600 "$account"
${mlflow.login ? `login_wanted=$(login_settings)\nprintf '%s\\n' "$login_wanted" | put_file "$ini_file" 600 "$account"` : 'rm -f "$ini_file"'}`,
    undo: 'rm -f "$env_file" "$ini_file" "$env_file.mooring-new" "$ini_file.mooring-new"',
  });
}

/** MLflow’s own list is replaced by this one, and a name counts with and without a port. */
const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

function plainLines({ mlflow, workers, iniFile }: MlflowSetting): readonly (readonly [string, string])[] {
  const names = mlflow.allowedHosts;
  return [
    ['MLFLOW_HOST', '127.0.0.1'],
    ['MLFLOW_PORT', String(mlflow.port)],
    ['MLFLOW_WORKERS', String(workers)],
    // Several more processes of some hundred megabytes, for features that want a language model.
    ['MLFLOW_SERVER_ENABLE_JOB_EXECUTION', 'false'],
    ['MLFLOW_DISABLE_TELEMETRY', 'true'],
    ...(names.length === 0
      ? []
      : ([
          [
            'MLFLOW_SERVER_ALLOWED_HOSTS',
            [...loopbackNames, ...names].flatMap((each) => [each, `${each}:*`]).join(','),
          ],
          // Without these the pages open but nothing can be changed in them.
          [
            'MLFLOW_SERVER_CORS_ALLOWED_ORIGINS',
            names.flatMap((each) => [`http://${each}`, `http://${each}:*`]).join(','),
          ],
        ] as const)),
    ...(mlflow.login
      ? ([
          ['MLFLOW_AUTH_CONFIG_PATH', iniFile],
          ['MLFLOW_AUTH_ADMIN_USERNAME', mlflow.login.admin],
        ] as const)
      : []),
    ['MPLCONFIGDIR', '/tmp/mooring-matplotlib'],
    ['PYTHONUNBUFFERED', '1'],
  ];
}

/**
 * A secret that is not handed in, as on a run from another laptop, leaves what stands: a line of its own, or the whole
 * block of the database or the artifacts, between two comments.
 */
function settingsFunctions(setting: MlflowSetting): string {
  const { mlflow, account, envFile, iniFile, dataDir } = setting;
  return [
    `env_file=${quoted(envFile)}`,
    `ini_file=${quoted(iniFile)}`,
    `account=${quoted(account)}`,
    wiringFunctions('database', setting.database),
    wiringFunctions('artifacts', setting.artifacts),
    blocks,
    'settings() {',
    `  echo '# MLflow’s environment, written by Mooring: the next setup overwrites what is changed here.'`,
    ...plainLines(setting).map(([name, value]) => `  env_line ${words(name, value)}`),
    ...(mlflow.login
      ? [
          '  secret_line MLFLOW_FLASK_SERVER_SECRET_KEY mlflow.secret-key || return 1',
          '  secret_line MLFLOW_AUTH_ADMIN_PASSWORD mlflow.admin-password || return 1',
        ]
      : []),
    `  block database MLFLOW_BACKEND_STORE_URI ${words(...setting.database.secrets)} || return 1`,
    `  block artifacts MLFLOW_ARTIFACTS_DESTINATION ${words(...setting.artifacts.secrets)} || return 1`,
    '}',
    ...(mlflow.login
      ? [
          // Of the same password as in the environment, which older releases do not know.
          'login_settings() {',
          `  printf '%s\\n' '[mlflow]' 'default_permission = READ' ${quoted(`database_uri = sqlite:///${dataDir}/basic_auth.db`.replaceAll('%', '%%'))}`,
          `  printf '%s\\n' ${quoted(`admin_username = ${mlflow.login.admin.replaceAll('%', '%%')}`)}`,
          '  if has_secret mlflow.admin-password; then',
          `    printf 'admin_password = %s\\n' "$(secret mlflow.admin-password | sed 's/%/%%/g')"`,
          '  else',
          `    sed -n '/^admin_password = /p' "$ini_file" 2>/dev/null || true`,
          '  fi',
          `  echo 'authorization_function = mlflow.server.auth:authenticate_request_basic_auth'`,
          '}',
          'long_enough() {',
          `  if has_secret mlflow.admin-password && [ "$(secret mlflow.admin-password | wc -m)" -lt ${String(shortestPassword)} ]; then`,
          `    echo ${quoted(`${passwordTroubles.short}. Choose a longer one.`)} >&2`,
          '    return 1',
          '  fi',
          '}',
        ]
      : []),
  ].join('\n');
}

const wiringFunctions = (name: string, { printUri, printEnv }: Wiring): string =>
  [`${name}_uri() {`, printUri, '}', `${name}_env() {`, ':', printEnv, '}'].join('\n');

const blocks = String.raw`
secret_line() {
  if has_secret "$2"; then
    env_line "$1" "$(secret "$2")"
  elif ! grep -s "^$1=" "$env_file"; then
    echo "The secret $2 is needed: it is not on this server yet." >&2
    return 1
  fi
}

block() {
  block_name=$1
  block_variable=$2
  shift 2
  block_missing=
  for each in "$@"; do
    if ! has_secret "$each"; then block_missing=$each; fi
  done
  echo "# >>> $block_name"
  if [ -z "$block_missing" ]; then
    block_uri=$("$block_name"_uri) || return 1
    env_line "$block_variable" "$block_uri"
    "$block_name"_env || return 1
  elif grep -qs "^# >>> $block_name\$" "$env_file"; then
    sed -n "/^# >>> $block_name\$/,/^# <<< $block_name\$/p" "$env_file" | sed '1d;$d'
  else
    echo "The secret $block_missing is needed: it is not on this server yet." >&2
    return 1
  fi
  echo "# <<< $block_name"
}
`;
