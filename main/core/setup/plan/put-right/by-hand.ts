/** An MLflow that was started by hand: taken over by a unit of ours, and started by hand again when that is taken back. */

/**
 * Set before: own_unit, unit_dir, config_dir. In $saved/started: how it was started (`argv`, `environ`, `cwd`,
 * `out`, `user`, `python`), for root or the account alone, since there may be secrets in it.
 */
export const byHandFunctions = String.raw`
started=$saved/started
env_file=$config_dir/mlflow.env
start_file=$config_dir/start-mlflow.sh

tree() {
  echo "$1"
  for branch in $(cat "/proc/$1"/task/*/children 2>/dev/null); do tree "$branch"; done
}

# await_start: it may have been started a moment ago, and takes a while until it listens.
await_start() {
  start_last=$(($(date +%s) + 60))
  start_told=
  while ! listens && grep -alqE 'mlflow.(server|ui)|mlflow\.server' /proc/[0-9]*/cmdline 2>/dev/null; do
    if [ "$(date +%s)" -ge "$start_last" ]; then return 0; fi
    if [ -z "$start_told" ]; then say "waits for MLflow to listen on port $port"; fi
    start_told=yes
    sleep 0.5
  done
}

# note_start: how the MLflow that runs now was started.
note_start() {
  if [ -f "$started/complete" ]; then return 0; fi
  await_start
  note_pid=$(top_pid) || {
    echo "Nothing of MLflow is seen on port $port: start it as usual, then try again." >&2
    exit 1
  }
  rm -rf "$started"
  (umask 077 && mkdir -p "$started")
  cat "/proc/$note_pid/cmdline" >"$started/argv"
  cat "/proc/$note_pid/environ" >"$started/environ"
  readlink "/proc/$note_pid/cwd" >"$started/cwd"
  readlink "/proc/$note_pid/fd/1" >"$started/out"
  readlink "/proc/$(port_pid)/exe" >"$started/python"
  stat -c %U "/proc/$note_pid" >"$started/user"
  chmod 600 "$started"/*
  touch "$started/complete"
}

# start_script: the script that it was started by, if it was.
start_script() {
  tr '\000' '\n' <"$started/argv" | while IFS= read -r word; do
    case $word in /*) ;; *) word=$(cat "$started/cwd")/$word ;; esac
    if [ -f "$word" ] && head -c 2 "$word" | grep -q '#!' && ! head -n 1 "$word" | grep -q python &&
      grep -qE 'mlflow[^#]*(server|ui)' "$word"; then
      readlink -f "$word"
      break
    fi
  done
}

# settings_text: its environment, without what belongs to the session that it was started in.
settings_text() {
  tr '\n\000' '\001\n' <"$started/environ" | while IFS= read -r line; do
    case $line in
    *"$(printf '\001')"* | [!A-Za-z]* | BASH_FUNC* | SHLVL=* | PWD=* | OLDPWD=* | HOME=* | USER=* | LOGNAME=* | SHELL=*) ;;
    TERM=* | SSH_* | XDG_* | DBUS_* | DISPLAY=* | MAIL=* | LS_COLORS=* | LESS* | TMUX* | STY=* | MOORING_* | SUDO_*) ;;
    HIST* | PS1=* | INVOCATION_ID=* | JOURNAL_STREAM=* | NOTIFY_SOCKET=* | MEMORY_PRESSURE* | WINDOWID=* | COLORTERM=*) ;;
    *=*) env_line "$(printf '%s' "$line" | cut -d= -f1)" "$(printf '%s' "$line" | cut -d= -f2-)" ;;
    esac
  done
}

# start_text: a start script with the very words that it was started with, for an MLflow that had none.
start_text() {
  echo '#!/bin/sh'
  printf exec
  tr '\n\000' '\001\n' <"$started/argv" | sed -E "s/'/'\\\\''/g; /^[A-Za-z0-9_@%+=:,.\/-]+\$/! s/.*/'&'/; s/^/ /" | tr -d '\n' | tr '\001' '\n'
  echo
}

# of_unit TEXT: as a word of a unit file.
of_unit() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g; s/%/%%/g; s/\$/$$/g')"; }

unit_text() {
  echo '[Unit]'
  echo "Description=MLflow on port $port, as it was found by Mooring"
  if [ "$MOORING_SCOPE" = system ]; then echo 'After=network.target'; fi
  echo 'StartLimitIntervalSec=0'
  echo
  echo '[Service]'
  if [ "$MOORING_SCOPE" = system ]; then echo "User=$(cat "$started/user")"; fi
  # Inherited from another account it may be closed to its own, which then uses nothing of it.
  if as_user "$(cat "$started/user")" test -x "$(cat "$started/cwd")"; then unit_optional=; else unit_optional=-; fi
  echo "WorkingDirectory=$unit_optional$(sed 's/%/%%/g' "$started/cwd")"
  echo "EnvironmentFile=$env_file"
  if [ -f "$start_file" ]; then
    echo "ExecStart=$(of_unit "$start_file")"
  elif [ -x "$(start_script)" ]; then
    echo "ExecStart=$(of_unit "$(start_script)")"
  else
    echo "ExecStart=/bin/bash $(of_unit "$(start_script)")"
  fi
  echo 'Restart=on-failure'
  echo 'RestartSec=5'
  echo 'TimeoutStopSec=30'
  echo
  echo '[Install]'
  if [ "$MOORING_SCOPE" = system ]; then echo 'WantedBy=multi-user.target'; else echo 'WantedBy=default.target'; fi
}

end_by_hand() {
  if ! end_pid=$(top_pid); then return 0; fi
  end_all=$(tree "$end_pid")
  # shellcheck disable=SC2086
  kill $end_all 2>/dev/null || true
  end_last=$(($(date +%s) + 30))
  while listens; do
    if [ "$(date +%s)" -ge "$end_last" ]; then
      # shellcheck disable=SC2086
      kill -9 $end_all 2>/dev/null || true
    fi
    sleep 0.2
  done
}

# start_by_hand: with the same words, environment, folder and log as it was. All comes by stdin.
start_by_hand() {
  [ -f "$started/complete" ] || return 0
  {
    tr '\n' '\000' <"$started/cwd"
    tr '\n' '\000' <"$started/out"
    printf '%s\000' "$(tr -cd '\000' <"$started/argv" | wc -c)"
    cat "$started/argv" "$started/environ"
  } | as_user "$(cat "$started/user")" "$(cat "$started/python")" -c '
import os, sys
parts = sys.stdin.buffer.read().split(b"\0")
folder, out, count = parts[0], parts[1], int(parts[2])
words = parts[3 : 3 + count]
env = dict(part.split(b"=", 1) for part in parts[3 + count :] if b"=" in part)
for _ in range(2):
    if os.fork():
        os._exit(0)
    os.setsid() if os.getpid() != os.getsid(0) else None
try:
    os.chdir(folder)
except OSError:
    pass
os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
try:
    log = os.open(out, os.O_WRONLY | os.O_APPEND)
except OSError:
    log = os.open("/dev/null", os.O_WRONLY)
os.dup2(log, 1)
os.dup2(log, 2)
os.closerange(3, 256)
os.execvpe(words[0], words, env)
'
}

drop_unit() {
  units disable -q --now "$own_unit" 2>/dev/null || units stop "$own_unit" 2>/dev/null || true
  rm -f "$unit_dir/$own_unit" "$unit_dir/$own_unit.mooring-new" "$env_file" "$env_file.mooring-new" "$start_file" "$start_file.mooring-new"
  units daemon-reload
  units reset-failed "$own_unit" 2>/dev/null || true
  drop_dir "$unit_dir"
  drop_dir "$config_dir"
  rm -f "$saved/unit"
}
forget_start() {
  rm -rf "$started"
  rmdir "$saved" 2>/dev/null || true
}
`;
