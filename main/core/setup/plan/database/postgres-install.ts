/** Installs PostgreSQL where none is, or settles on the cluster that is there. */
import type { Step } from '../../../../shared/setup/plan.ts';
import type { DatabasePart } from '../../../../shared/setup/stack.ts';
import { words } from '../../../../shared/shell-words.ts';
import { step, type PlanContext } from '../component.ts';
import { packageFunctions } from './postgres-packages.ts';

export type LocalPostgres = Extract<DatabasePart, { kind: 'postgres' }>;

export function installStep(context: PlanContext, { name }: LocalPostgres): Step {
  return step(context, {
    id: 'postgres-install',
    title: 'Install PostgreSQL',
    why: 'From the system’s own packages, on 127.0.0.1 only, started with the machine. One that is there already is used as it is.',
    define: [
      clusterFunctions,
      installFunctions,
      packageFunctions,
      `database=${name}`,
      'tuning() {',
      `  printf '%s\\n' ${words(...tuning(context))}`,
      '}',
    ].join('\n'),
    check: `
was_made postgres-used
read_cluster
systemctl is-active -q "$pg_unit"
systemctl is-enabled -q postgresql
if cluster_is_ours; then tuning | same_file "$pg_conf/conf.d/mooring.conf" 644 "$pg_account"; fi`,
    apply: `
mkdir -p "$MOORING_STACK"
unmade postgres-alone
chosen=
if has pg_lsclusters; then choose_cluster; fi
# Cut off in the middle of it before: apt has to finish.
if was_made package-postgresql || { [ -z "$chosen" ] && [ -z "$(server_versions)" ]; }; then install_packages; fi
if [ -z "$chosen" ]; then make_cluster; fi
printf '%s\\n' "$chosen" >"$cluster_file.new"
mv "$cluster_file.new" "$cluster_file"
made postgres-used
read_cluster
if was_made postgres-first || [ -f "$pg_conf/conf.d/mooring.conf" ]; then made "$cluster_mark"; fi
unmade postgres-first
if ! systemctl is-enabled -q postgresql; then
  made postgres-enabled
  systemctl enable -q postgresql
fi
if ! systemctl is-active -q "$pg_unit"; then start_cluster; fi
if cluster_is_ours; then tune; fi
await_cluster
look_outside`,
    undo: `
unmade postgres-used
unmade postgres-first
read_cluster || true
if pass_on; then
  echo 'PostgreSQL stays, since another environment uses it.'
  rm -f "$cluster_file"
else
  if was_made postgres-enabled; then
    systemctl disable -q postgresql 2>/dev/null || true
    unmade postgres-enabled
  fi
  if was_made package-postgresql; then
    # Noted, so that a removal that was cut off goes on.
    if was_made postgres-alone || { only_cluster && nothing_else; }; then
      made postgres-alone
      remove_packages
    elif read_cluster; then
      echo 'PostgreSQL stays, since others use it as well.'
      if cluster_is_ours; then rm -f "$pg_conf/conf.d/mooring.conf"; fi
    fi
  elif read_cluster && cluster_is_ours && nothing_else; then
    # The packages were there before; the cluster is put to rest with its data.
    made postgres-alone
    systemctl stop "$pg_unit" || true
    echo disabled >"$pg_conf/start.conf"
  fi
  # From here on nothing of it is taken for ours but what removeData is told of.
  if ! was_made postgres-alone; then rm -f "$cluster_file"; fi
fi`,
    removeData: `
if was_made postgres-alone && [ -s "$cluster_file" ]; then
  read_cluster || true
  if cluster_is_ours; then
    drop_cluster
    purge_packages
  fi
  unmade postgres-alone
  rm -f "$cluster_file"
fi`,
    interruptible: false,
  });
}

/** Only for a cluster that we made. Modest: MLflow, its artifacts and perhaps more share the machine. */
function tuning({ facts: { machine } }: PlanContext): readonly string[] {
  const memoryMb = (machine.memoryBytes ?? 0) / 2 ** 20;
  // In steps, so that a few megabytes more or less after a change of the kernel are no reason for a restart.
  const buffersMb = Math.min(512, Math.max(64, Math.floor(memoryMb / 8 / 64) * 64));
  return [
    '# Written by Mooring, which made this cluster for MLflow.',
    "listen_addresses = 'localhost'",
    ...(memoryMb === 0
      ? []
      : [`shared_buffers = ${String(buffersMb)}MB`, `effective_cache_size = ${String(buffersMb * 4)}MB`]),
  ];
}

/**
 * Which of Debian's clusters is used: noted in the stack's folder as `15 main 5432 postgres` (version, name, port,
 * account), so that a look takes no program of theirs, each of which starts Perl.
 */
export const clusterFunctions = String.raw`
cluster_file=$MOORING_STACK/postgres
cluster_mark=none

read_cluster() {
  [ -s "$cluster_file" ] || return 1
  read -r pg_version pg_cluster pg_port pg_account <"$cluster_file"
  pg_conf=/etc/postgresql/$pg_version/$pg_cluster
  pg_bin=/usr/lib/postgresql/$pg_version/bin
  pg_unit=postgresql@$pg_version-$pg_cluster.service
  cluster_mark=postgres-$pg_version-$pg_cluster
  [ -f "$pg_conf/postgresql.conf" ] && [ -x "$pg_bin/postgres" ]
}

# cluster_is_ours: made by us, this very one.
cluster_is_ours() { was_made "$cluster_mark"; }

# super WORD…: psql as the cluster's own account, over its socket; gives bare values.
super() {
  as_user "$pg_account" "$pg_bin/psql" -w -X -q -A -t -v ON_ERROR_STOP=1 -p "$pg_port" -d postgres "$@"
}

start_cluster() {
  say "starts PostgreSQL $pg_version"
  if ! systemctl start "$pg_unit" || ! systemctl is-active -q "$pg_unit"; then
    tail -n 15 "/var/log/postgresql/postgresql-$pg_version-$pg_cluster.log" >&2 || true
    echo "PostgreSQL $pg_version/$pg_cluster does not start: see its last words above." >&2
    return 1
  fi
}

await_cluster() {
  await_last=$(($(date +%s) + 60))
  while ! "$pg_bin/pg_isready" -q -h 127.0.0.1 -p "$pg_port"; do
    if [ "$(date +%s)" -ge "$await_last" ]; then
      echo "PostgreSQL $pg_version/$pg_cluster runs but does not answer on 127.0.0.1:$pg_port." >&2
      echo 'If its listen_addresses leave loopback out, add localhost to them.' >&2
      return 1
    fi
    sleep 0.2
  done
}
`.trim();

const installFunctions = String.raw`
server_versions() {
  for each in /usr/lib/postgresql/*/bin/postgres; do
    if [ -x "$each" ]; then basename "$(dirname "$(dirname "$each")")"; fi
  done | sort -V
}

# choose_cluster: into $chosen: the one that was chosen before, ours, one on the usual port, any that runs, any that is
# meant to. Never a read-only copy, nor one that somebody put to rest.
choose_cluster() {
  chosen=
  chosen_rank=9
  chosen_before=$(cut -d ' ' -f 1,2 "$cluster_file" 2>/dev/null || true)
  choose_from=$(pg_lsclusters -h)
  while read -r each_version each_name each_port each_status each_account each_rest; do
    each_start=$(sed 's/#.*//' "/etc/postgresql/$each_version/$each_name/start.conf" 2>/dev/null | tr -d ' \t\n')
    # Put to rest by us, when its packages were not ours.
    if [ "$each_name $each_start" = 'mooring disabled' ]; then
      echo auto >"/etc/postgresql/$each_version/$each_name/start.conf"
      systemctl daemon-reload
      each_start=auto
    fi
    case $each_status in
    online) if [ "$each_port" = 5432 ]; then each_rank=2; else each_rank=3; fi ;;
    down) if [ "$each_start" = auto ] || [ -z "$each_start" ]; then each_rank=4; else continue; fi ;;
    *) continue ;;
    esac
    if [ -f "/etc/postgresql/$each_version/$each_name/conf.d/mooring.conf" ]; then each_rank=1; fi
    if [ "$each_version $each_name" = "$chosen_before" ]; then each_rank=0; fi
    if [ "$each_rank" -lt "$chosen_rank" ]; then
      chosen="$each_version $each_name $each_port $each_account"
      chosen_rank=$each_rank
    fi
  done <<END
$choose_from
END
}

# A cluster of its own, beside those that can't be used.
make_cluster() {
  say 'makes a cluster of its own'
  make_version=$(server_versions | tail -n 1)
  if [ ! -e "/etc/postgresql/$make_version/mooring" ]; then
    made "postgres-$make_version-mooring"
    pg_createcluster "$make_version" mooring
  fi
  choose_cluster
}

# drop_cluster: its data, settings and log; never those of one that runs.
drop_cluster() {
  drop_data=/var/lib/postgresql/$pg_version/$pg_cluster
  if [ -e "$drop_data/postmaster.pid" ]; then
    echo "The PostgreSQL in $drop_data still runs: it was left there." >&2
    return 1
  fi
  rm -rf "$drop_data" "$pg_conf"
  rm -f "/var/log/postgresql/postgresql-$pg_version-$pg_cluster.log"*
  rmdir "/var/lib/postgresql/$pg_version" "/etc/postgresql/$pg_version" 2>/dev/null || true
  systemctl daemon-reload
  unmade "$cluster_mark"
}

tune() {
  if tuning | same_file "$pg_conf/conf.d/mooring.conf" 644 "$pg_account"; then return 0; fi
  mkdir -p "$pg_conf/conf.d"
  tuning | put_file "$pg_conf/conf.d/mooring.conf" 644 "$pg_account"
  say 'restarts PostgreSQL with settings for this machine'
  systemctl restart "$pg_unit" || true
  if ! systemctl is-active -q "$pg_unit"; then
    rm -f "$pg_conf/conf.d/mooring.conf"
    systemctl start "$pg_unit" || true
    echo 'PostgreSQL did not start with settings for this machine, and was set back to its usual ones.' >&2
    tail -n 15 "/var/log/postgresql/postgresql-$pg_version-$pg_cluster.log" >&2 || true
    return 1
  fi
}

look_outside() {
  outside=$(super -c 'SHOW listen_addresses' 2>/dev/null) || return 0
  for each in $(echo "$outside" | tr ',' ' '); do
    case $each in
    localhost | 127.* | ::1) ;;
    *)
      echo "This PostgreSQL listens on $each too, so it can be reached from outside. It did so before and is left so."
      return 0
      ;;
    esac
  done
}

# pass_on: what we made belongs from now on to another environment that uses the same cluster; fails when there is none.
pass_on() {
  [ -s "$cluster_file" ] || return 1
  for each in "$MOORING_STATE"/stacks/*/postgres; do
    if [ "$each" = "$cluster_file" ] || ! cmp -s "$each" "$cluster_file"; then continue; fi
    pass_to=$(dirname "$each")
    if [ ! -e "$pass_to/made/postgres-used" ]; then continue; fi
    for pass_file in postgres-packages-before postgres-packages; do
      if [ -e "$MOORING_STACK/$pass_file" ]; then cp "$MOORING_STACK/$pass_file" "$pass_to/$pass_file"; fi
    done
    read_cluster || true
    for pass_mark in package-postgresql postgres-enabled "$cluster_mark"; do
      if was_made "$pass_mark"; then : >"$pass_to/made/$pass_mark"; fi
      unmade "$pass_mark"
    done
    return 0
  done
  return 1
}

only_cluster() {
  read_cluster || return 1
  for each in /etc/postgresql/*/*/postgresql.conf; do
    if [ "$each" != "$pg_conf/postgresql.conf" ]; then return 1; fi
  done
}
# nothing_else: no database but ours, and nothing in the one that every cluster has. If it can't be asked: no.
nothing_else() {
  else_query="SELECT (SELECT count(*) FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres', '$database'))
    + (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema')"
  [ "$(super -c "$else_query" 2>/dev/null)" = 0 ]
}
`.trim();
