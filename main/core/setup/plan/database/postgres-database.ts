/** The role and the database of MLflow in the PostgreSQL on the server. */
import type { Step } from '../../../../shared/setup/plan.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { step, type PlanContext } from '../component.ts';
import { clusterFunctions, type LocalPostgres } from './postgres-install.ts';

/**
 * What is ours says so by its comment, which stays with the data: another environment does not take it for its own, and
 * a setup after an uninstallation finds it. A role or database that somebody else made is never changed.
 */
export function databaseStep(context: PlanContext, { name, user }: LocalPostgres): Step {
  const names = `database=${name} role=${user}`;
  return step(context, {
    id: 'postgres-database',
    title: `Make the database ${name} and its user ${user}`,
    why: 'With a password of its own and rights on this database only. What else is in the PostgreSQL is not touched.',
    secrets: ['database.password'],
    define: [
      clusterFunctions,
      names,
      `note=${quoted(`Mooring: environment ${context.stack.environment}`)}`,
      databaseFunctions,
    ].join('\n'),
    check: `
read_cluster
if has_secret database.password; then
  [ "$(login -c "$may_make_tables" 2>/dev/null)" = t ]
else
  [ "$(super -c "$is_there" 2>/dev/null)" = t ]
fi`,
    apply: `
if ! read_cluster; then
  echo 'The PostgreSQL that was chosen is no longer there: run the whole setup again.' >&2
  exit 1
fi
if ! systemctl is-active -q "$pg_unit"; then start_cluster; fi
await_cluster
reach
make_role
make_database
if has_secret database.password; then
  if ! try_login && [ "$role_is_ours" = yes ]; then
    say "sets the password of $role"
    set_password
    try_login || true
  fi
  judge_login
fi`,
    // Told apart by it from those of an earlier stack (former.ts).
    removeData: `
${names}
if read_cluster; then
  if ! systemctl is-active -q "$pg_unit"; then start_cluster; fi
  await_cluster
  reach
  drop_ours
fi`,
    data: `the database ${name} of the PostgreSQL on the server (experiments, runs, metrics, models)`,
  });
}

/** No password is in an argument, in the server's log or in its list of what runs: psql makes the verifier itself. */
const databaseFunctions = String.raw`
may_make_tables="SELECT current_schema() IS NOT NULL AND has_schema_privilege(current_schema(), 'CREATE')"
is_there="SELECT has_database_privilege(r.oid, d.oid, 'CONNECT') FROM pg_roles r, pg_database d
  WHERE r.rolname = '$role' AND r.rolcanlogin AND d.datname = '$database'"

# login WORD…: psql as MLflow will come, with the password that was handed in.
login() (
  umask 077
  login_file=$(mktemp "$MOORING_SECRETS/.pgpass-XXXXXX")
  trap 'rm -f "$login_file"' EXIT
  {
    printf '127.0.0.1:%s:*:%s:' "$pg_port" "$role"
    secret database.password | sed 's/[\\:]/\\&/g'
    echo
  } >"$login_file"
  PGPASSFILE=$login_file PGCONNECT_TIMEOUT=10 "$pg_bin/psql" -w -X -q -A -t -v ON_ERROR_STOP=1 \
    -h 127.0.0.1 -p "$pg_port" -U "$role" -d "$database" "$@"
)

reach() {
  if reach_trouble=$(super -c 'SELECT 1' 2>&1 >/dev/null); then return 0; fi
  printf '%s\n' "$reach_trouble" >&2
  echo "The account $pg_account can't get into PostgreSQL $pg_version/$pg_cluster over its socket. In $pg_conf/pg_hba.conf" >&2
  echo "the first line should be: local all $pg_account peer" >&2
  return 1
}

# belongs KIND NAME COMMENT: fails when another environment made it.
belongs() {
  case $3 in
  "$note") ;;
  'Mooring: '*)
    echo "The $1 $2 was made for another environment ($3). Choose another name for this one." >&2
    return 1
    ;;
  esac
}

make_role() {
  role_comment=$(super -c "SELECT coalesce(shobj_description(oid, 'pg_authid'), '-') FROM pg_roles WHERE rolname = '$role'")
  belongs role "$role" "$role_comment"
  role_is_ours=no
  if [ -z "$role_comment" ]; then
    if ! has_secret database.password; then
      echo 'The password for the database (database.password) is needed: it is not on this server yet.' >&2
      return 1
    fi
    say "makes the role $role"
    super -c "BEGIN; CREATE ROLE \"$role\" LOGIN; COMMENT ON ROLE \"$role\" IS '$note'; COMMIT"
    role_is_ours=yes
  elif [ "$role_comment" = "$note" ]; then
    role_is_ours=yes
  fi
}

# Letters of all languages whatever the cluster was made with; sorted by their numbers, as SQLite does.
create_database() {
  super -c "CREATE DATABASE \"$database\" OWNER \"$role\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE '$1' LC_CTYPE '$1'"
}

make_database() {
  database_comment=$(super -c "SELECT coalesce(shobj_description(oid, 'pg_database'), '-') FROM pg_database WHERE datname = '$database'")
  belongs database "$database" "$database_comment"
  if [ -z "$database_comment" ]; then
    say "makes the database $database"
    # Noted before: cut off before it has its comment, it is ours all the same.
    made "database-$database"
    create_database C.UTF-8 2>/dev/null || create_database C
    database_comment=-
  fi
  if [ "$database_comment" = "$note" ] || was_made "database-$database"; then
    database_owner=$(super -c "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '$database'")
    if [ "$database_owner" != "$role" ]; then
      super -d "$database" -c "REASSIGN OWNED BY \"$database_owner\" TO \"$role\""
    fi
    super -c "COMMENT ON DATABASE \"$database\" IS '$note'" -c "REVOKE ALL ON DATABASE \"$database\" FROM PUBLIC"
  fi
}

# psql asks its terminal for a password; without one (setsid) it reads its input.
set_password() {
  set_trouble=$(
    {
      secret database.password
      echo
      secret database.password
      echo
    } | as_user "$pg_account" setsid -w "$pg_bin/psql" -w -X -q -v ON_ERROR_STOP=1 -p "$pg_port" -d postgres \
      -c "SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_error_statement = 'panic'" \
      -c "SET track_activities = off" -c "SET password_encryption = 'scram-sha-256'" -c "\\password \"$role\"" 2>&1 >/dev/null
  ) || {
    printf '%s\n' "$set_trouble" | tail -n 3 >&2
    return 1
  }
}

try_login() {
  may=
  login_trouble=
  if login_answer=$(login -c "$may_make_tables" 2>&1); then may=$login_answer; else login_trouble=$login_answer; fi
  case $login_trouble in *'password authentication failed'* | *'no password supplied'*) return 1 ;; esac
}

judge_login() {
  if [ "$may" = t ]; then return 0; fi
  if [ "$may" = f ]; then
    echo "The database $database was there already, and $role may not make tables in it. Choose another name for the" >&2
    echo "database, or let its owner run: GRANT CREATE, USAGE ON SCHEMA public TO \"$role\"" >&2
    return 1
  fi
  printf '%s\n' "$login_trouble" >&2
  case $login_trouble in
  *'password authentication failed'*)
    if [ "$role_is_ours" = yes ]; then
      echo "PostgreSQL refuses the password of $role that was set just now: see $pg_conf/pg_hba.conf for 127.0.0.1." >&2
    else
      echo "The role $role was there already and has another password, which is left as it is. Hand in its own, or choose" >&2
      echo 'another database user.' >&2
    fi
    ;;
  *pg_hba.conf* | *'Ident authentication failed'* | *'Peer authentication failed'*)
    echo "$pg_conf/pg_hba.conf does not let $role in from 127.0.0.1 by password. It needs, before other lines that fit:" >&2
    echo "host $database $role 127.0.0.1/32 scram-sha-256" >&2
    ;;
  *'permission denied for database'*)
    echo "The database $database was there already, and $role may not use it. Choose another name for the database, or" >&2
    echo "let its owner run: GRANT CONNECT, TEMPORARY ON DATABASE \"$database\" TO \"$role\"" >&2
    ;;
  *) echo "MLflow would not get into the database $database on 127.0.0.1:$pg_port: see the line above." >&2 ;;
  esac
  return 1
}

drop_ours() {
  drop_comment=$(super -c "SELECT coalesce(shobj_description(oid, 'pg_database'), '-') FROM pg_database WHERE datname = '$database'")
  if [ "$drop_comment" = "$note" ] || { [ "$drop_comment" = - ] && was_made "database-$database"; }; then
    super -c "ALTER DATABASE \"$database\" ALLOW_CONNECTIONS false" \
      -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$database'" >/dev/null
    super -c "DROP DATABASE \"$database\""
    unmade "database-$database"
  fi
  drop_comment=$(super -c "SELECT coalesce(shobj_description(oid, 'pg_authid'), '-') FROM pg_roles WHERE rolname = '$role'")
  if [ "$drop_comment" = "$note" ] && ! super -c "DROP ROLE \"$role\""; then
    echo "The role $role stays, since it owns something in another database."
  fi
}
`.trim();
