/** What functions.ts needs to see: the processes and the unit of an MLflow, and what starts it. */

/** Where it listens, whose it is, and in which folder it runs. */
export const lookingFunctions = String.raw`
saved=$MOORING_STACK/put-right
health=http://127.0.0.1:$port/health

listens() { [ -n "$(ss -Hltn "sport = :$port")" ]; }
# is_wide: others than this machine itself can reach it.
is_wide() { ss -Hltn "sport = :$port" | awk '{ print $4 }' | grep -qvE '^(127\.|\[::1\]|\[::ffff:127\.)'; }
port_pid() { ss -Hltnp "sport = :$port" 2>/dev/null | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -n | head -n 1; }
# is_mlflow PID: a process of MLflow's, or the shell that runs its start script; not a tmux or sshd above them.
is_mlflow() {
  # Of a script that was called by its name, comm has that name.
  is_program=$(readlink "/proc/$1/exe" || cat "/proc/$1/comm") 2>/dev/null
  case $(basename "$is_program") in
  sh | bash | dash | zsh | ksh | fish | python* | mlflow* | uvicorn* | gunicorn* | nohup) ;;
  *) return 1 ;;
  esac
  tr '\000' ' ' <"/proc/$1/cmdline" | grep -q mlflow
}
# top_pid: the first of its processes.
top_pid() {
  top=$(port_pid)
  [ -n "$top" ] || return 1
  while top_above=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$top/status") && [ "$top_above" -gt 1 ] && is_mlflow "$top_above"; do
    top=$top_above
  done
  echo "$top"
}
# find_unit: the unit that it runs as, in $unit; fails without one.
find_unit() {
  for noted in unit of-unit; do
    if [ -z "$unit" ] && [ -f "$saved/$noted" ]; then unit=$(cat "$saved/$noted"); fi
  done
  [ -n "$unit" ]
}
# find_folder: where it runs, in $cwd.
find_folder() {
  cwd=
  if [ -f "$saved/cwd" ]; then
    cwd=$(cat "$saved/cwd")
  elif folder_pid=$(port_pid) && [ -n "$folder_pid" ]; then
    cwd=$(readlink "/proc/$folder_pid/cwd" 2>/dev/null) || true
  fi
  # No other sign, since it is put into scripts and addresses.
  case $cwd in '' | *[!A-Za-z0-9_./@+-]*) return 1 ;; esac
}
# full_lines: lines that go on after a backslash as one.
full_lines() { awk '{ if (sub(/\\$/, " ")) { held = held $0; next } print held $0; held = "" }'; }
# unit_command: the last ExecStart= of the unit, as it is written.
unit_command() {
  units cat "$unit" 2>/dev/null | full_lines | sed -n '/^ExecStart=/p' | awk '{ last = ($0 == "ExecStart=") ? "" : $0 } END { print last }'
}
# find_target: what has to be edited, in $sort and $file.
find_target() {
  if [ -f "$saved/base" ]; then
    sort=$(cat "$saved/sort")
    file=$(cat "$saved/file")
    return 0
  fi
  find_unit || return 1
  target_command=$(unit_command)
  sort=drop-in
  if [ "$MOORING_SCOPE" = system ]; then file=/etc/systemd/system; else file=$MOORING_HOME/.config/systemd/user; fi
  file=$file/$unit.d/mooring.conf
  if printf '%s\n' "$target_command" | grep -qE "mlflow[\"']?[[:space:]]+[\"']?(server|ui)|mlflow\.server"; then return 0; fi
  sort=script
  for file in $(printf '%s' "$target_command" | sed 's/^ExecStart=[-@:+!|]*//' | tr -d "\"'") "$script"; do
    case $file in %h/*) file=$(getent passwd "$(unit_account)" | cut -d: -f6)/$(printf '%s' "$file" | cut -c 4-) ;; esac
    case $file in /*) ;; *) continue ;; esac
    if [ -f "$file" ] && grep -qE 'mlflow[^#]*(server|ui)' "$file"; then
      file=$(readlink -f "$file")
      return 0
    fi
  done
  return 1
}
unit_account() {
  unit_user=$(units show -p User --value "$unit")
  if [ "$MOORING_SCOPE" = user ]; then id -un; elif [ -n "$unit_user" ]; then echo "$unit_user"; else echo root; fi
}
`;
