/** The admin's password: MLflow takes it from its settings only while there is no such user; later it is set here. */
import type { PlanSecret, Step } from '../../../../shared/setup/plan.ts';
import type { MlflowPart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { step } from '../component.ts';
import { readSettings } from './python.ts';
import type { MlflowSetting } from './setting.ts';

export const loginSecrets = ({ login }: MlflowPart): readonly PlanSecret[] =>
  login === null
    ? []
    : [
        {
          name: 'mlflow.admin-password',
          label: `Password of MLflow’s user ${login.admin} (12 characters at least)`,
          origin: 'generated',
        },
        { name: 'mlflow.secret-key', label: 'Key that signs MLflow’s sessions', origin: 'generated' },
      ];

/**
 * Without a login nothing. A password that is not handed in, or was handed in before, is left alone: a person may have
 * changed it since.
 */
export function login(setting: MlflowSetting): readonly Step[] {
  const { context, mlflow, dataDir, account } = setting;
  if (mlflow.login === null) return [];
  const { admin } = mlflow.login;
  return [
    step(context, {
      id: 'mlflow-login',
      title: `See that ${admin} can log in`,
      why: 'MLflow reads the password of its settings only once. For a user who is there already it is set here, where this run hands one over; else theirs stays.',
      secrets: ['mlflow.admin-password'],
      define: [
        `admin=${quoted(admin)}`,
        `account=${quoted(account)}`,
        `env_file=${quoted(setting.envFile)}`,
        `users=${quoted(`${dataDir}/basic_auth.db`)}`,
        `python=${quoted(`${setting.programDir}/bin/python`)}`,
        `stamp_file=${quoted(`${context.places.configDir}/.login`)}`,
        loginFunctions,
      ].join('\n'),
      check: '! has_secret mlflow.admin-password || [ "$(stamp)" = "$(cat "$stamp_file" 2>/dev/null)" ]',
      apply: `
if ! can_log_in; then
  say 'sets the password'
  set_password
fi
stamp | put_file "$stamp_file" 600 "$account"`,
      verify: `
if ! can_log_in; then
  echo "MLflow does not take the password of $admin." >&2
  exit 1
fi`,
      undo: 'rm -f "$stamp_file" "$stamp_file.mooring-new"',
      removeData: `rm -f ${quoted(dataDir)}/basic_auth.db ${quoted(dataDir)}/basic_auth.db-*`,
      data: `MLflow’s users and their passwords in ${dataDir}`,
    }),
  ];
}

const loginFunctions = String.raw`
stamp() { printf '%s\n%s\n' "$admin" "$(secret mlflow.admin-password)" | sha256sum | cut -c 1-64; }

can_log_in() {
  as_user "$account" "$python" - "$env_file" <<'PYTHON'
${readSettings}
import base64, http.client
login = "%s:%s" % (os.environ["MLFLOW_AUTH_ADMIN_USERNAME"], os.environ["MLFLOW_AUTH_ADMIN_PASSWORD"])
line = http.client.HTTPConnection("127.0.0.1", int(os.environ["MLFLOW_PORT"]), timeout=30)
line.request("GET", "/api/2.0/mlflow/users/get?username=" + os.environ["MLFLOW_AUTH_ADMIN_USERNAME"].replace("@", "%40"),
    headers={"Authorization": "Basic " + base64.b64encode(login.encode()).decode()})
sys.exit(line.getresponse().status != 200)
PYTHON
}

set_password() {
  as_user "$account" "$python" - "$env_file" "$users" <<'PYTHON'
${readSettings}
import sqlite3
from werkzeug.security import generate_password_hash
with sqlite3.connect(sys.argv[2], timeout=30) as users:
    changed = users.execute("UPDATE users SET password_hash = ?, is_admin = 1 WHERE username = ?",
        (generate_password_hash(os.environ["MLFLOW_AUTH_ADMIN_PASSWORD"]), os.environ["MLFLOW_AUTH_ADMIN_USERNAME"]))
    if changed.rowcount != 1:
        sys.exit("There is no such user in " + sys.argv[2])
PYTHON
}
`;
