/**
 * How an MLflow that somebody else set up is changed: what it is started by is edited, be it a start script or, by a
 * drop-in of ours, the unit's own command. What is written is always made anew of the original and the changes that were
 * chosen, so that they can be taken back one by one, and the original byte for byte with the last of them.
 *
 * Set before: port, and from the facts unit and script (empty: not known). In $saved lie `base` (the original), `file`
 * (what is edited), `sort` (script or drop-in), `sum` (of what we wrote), `cwd`, `add`, and `unit`, where one was made.
 * The prelude comes before.
 */
import { filterFunctions } from './filters.ts';
import { lookingFunctions } from './looking.ts';

/** Reading and writing what is edited. */
const editing = String.raw`
# base_text: the original; of a drop-in what the unit says itself.
base_text() {
  if [ -f "$saved/base" ]; then
    cat "$saved/base"
  elif [ "$sort" = script ]; then
    cat "$file"
  else
    echo '[Service]'
    units cat "$unit" | full_lines | grep -E '^Environment=.*(HOST|ALLOWED_HOSTS|MLFLOW_BACKEND_STORE_URI|MLFLOW_ARTIFACTS_DESTINATION)=' || true
    echo 'ExecStart='
    unit_command
  fi
}
current_text() { if [ -f "$file" ]; then cat "$file"; else base_text; fi; }
# is_right FILTER: it would change nothing.
is_right() {
  find_target || return 1
  [ "$(current_text | cksum)" = "$(current_text | "$1" | cksum)" ]
}
chosen() { if was_made "put-right-$1"; then "filter_$1"; else cat; fi; }
with_addition() {
  if ! was_made put-right-paths || [ ! -f "$saved/add" ]; then
    cat
  elif [ "$sort" = script ]; then
    awk -v add="export $(cat "$saved/add")" 'NR == 1 && /^#!/ { print; print add; next } NR == 1 { print add } { print }'
  else
    awk -v add="Environment=$(cat "$saved/add")" '{ print } /^\[Service\]/ { print add }'
  fi
}
rendered() {
  if was_made put-right-paths && ! find_folder; then
    echo 'It is no longer known in which folder MLflow ran.' >&2
    return 1
  fi
  base_text | chosen bind | chosen hosts | chosen paths | with_addition
}

# remember: the original, before anything is changed.
remember() {
  # The stack's own folder is read by the login account.
  mkdir -p "$MOORING_STACK"
  (umask 077 && mkdir -p "$saved")
  if [ -f "$saved/base" ] && [ -f "$file" ] && [ -f "$saved/sum" ] && ! sha256sum -c --status "$saved/sum"; then
    echo "$file was changed by somebody since we did: it is taken as it is now."
    rm -f "$saved/base"
    for remembered in bind hosts paths; do unmade "put-right-$remembered"; done
  fi
  if [ -f "$saved/base" ]; then return 0; fi
  rm -f "$saved/sum" "$saved/add"
  printf '%s\n' "$sort" >"$saved/sort"
  printf '%s\n' "$file" >"$saved/file"
  printf '%s\n' "$unit" >"$saved/of-unit"
  if find_folder; then printf '%s\n' "$cwd" >"$saved/cwd"; fi
  if [ "$sort" = script ]; then
    cp -p "$file" "$saved/base.new"
    cp -p "$file" "$file.before-mooring"
  else
    base_text >"$saved/base.new"
  fi
  mv "$saved/base.new" "$saved/base"
}
sum_of_new() { printf '%s  %s\n' "$(sha256sum <"$saved/new" | cut -c 1-64)" "$file" >"$saved/sum"; }
write_out() {
  rendered >"$saved/new"
  [ -s "$saved/new" ] || return 1
  if [ "$sort" = script ]; then
    # The copy has the owner and the rights of the original.
    cp -p "$saved/base" "$file.mooring-new"
    cat "$saved/new" >"$file.mooring-new"
    sum_of_new
    mv -f "$file.mooring-new" "$file"
  else
    put_dir "$(dirname "$file")" 755 "$(id -un)"
    sum_of_new
    put_file "$file" "$(stat -c %a "$(units show -p FragmentPath --value "$unit")")" "$(id -un)" <"$saved/new"
    units daemon-reload
  fi
  rm -f "$saved/new"
}
# put_back: the original as it was.
put_back() {
  if [ "$sort" = script ]; then
    if [ -f "$saved/base" ]; then
      cp -p "$saved/base" "$file.mooring-new"
      mv -f "$file.mooring-new" "$file"
    fi
    rm -f "$file.before-mooring"
  else
    rm -f "$file" "$file.mooring-new"
    drop_dir "$(dirname "$file")"
    units daemon-reload
  fi
  rm -f "$saved/base" "$saved/sort" "$saved/file" "$saved/of-unit" "$saved/sum" "$saved/add" "$saved/cwd" "$saved/new"
  rmdir "$saved" 2>/dev/null || true
}
`;

/** A change with its way back. */
const changing = String.raw`
# is_ours: what answers is a process of the unit.
is_ours() {
  ours_pid=$(port_pid)
  [ -n "$ours_pid" ] && grep -q "/$unit\(/\|\$\)" "/proc/$ours_pid/cgroup"
}
# await_mlflow: until the unit answers.
await_mlflow() {
  await_begin=$(date +%s)
  await_told=0
  until [ "$(http_status "$health")" = 200 ] && is_ours; do
    await_now=$(($(date +%s) - await_begin))
    if units is-failed -q "$unit" || [ "$(units show -p NRestarts --value "$unit")" -ge 2 ] || [ "$await_now" -ge 120 ]; then
      return 1
    fi
    if [ "$await_now" -ge $((await_told + 5)) ]; then
      await_told=$await_now
      say "waits for MLflow to answer ($await_now s)"
    fi
    sleep 0.5
  done
}
restart_mlflow() {
  say 'starts MLflow anew'
  units reset-failed "$unit" 2>/dev/null || true
  units restart "$unit" && await_mlflow
}
# take_back CHANGE: what stands then is what stood before it.
take_back() {
  unmade "put-right-$1"
  if was_made put-right-bind || was_made put-right-hosts || was_made put-right-paths; then write_out; else put_back; fi
}
# change NAME WORDS: makes it, and takes it back by itself when MLflow does not come back.
change() {
  if ! find_unit; then
    echo 'This MLflow was started by hand, so that it can’t be started anew: let it run as a service first.' >&2
    exit 1
  fi
  if ! find_target; then
    echo "What starts MLflow could not be found: neither $unit nor a script that it runs names mlflow server." >&2
    echo 'Change it by hand.' >&2
    exit 1
  fi
  remember
  if [ "$1" = paths ]; then need_folder; fi
  # Cut off before, it may be written and yet not be at work.
  unmade "put-right-$1"
  change_without=$(rendered | cksum)
  made "put-right-$1"
  if [ "$(rendered | cksum)" = "$change_without" ]; then
    take_back "$1"
    echo "Nothing was found in $file that says $2: change it by hand." >&2
    exit 1
  fi
  write_out
  if restart_mlflow; then
    echo "Changed: $file"
    return 0
  fi
  echo 'MLflow did not come back after that. The last it said:' >&2
  journal "$unit" 25 >&2
  take_back "$1"
  if restart_mlflow; then
    echo 'The change was taken back; MLflow runs as before.' >&2
  else
    echo 'The change was taken back, but MLflow does not answer all the same.' >&2
  fi
  exit 1
}
need_folder() {
  if ! find_folder; then
    echo 'It can’t be seen in which folder MLflow runs: start it, then try again.' >&2
    exit 1
  fi
  printf '%s\n' "$cwd" >"$saved/cwd"
  if [ ! -f "$saved/add" ] && unnamed_store; then
    printf '%s\n' "MLFLOW_BACKEND_STORE_URI=sqlite:///$cwd/mlflow.db" >"$saved/add"
  fi
}
# undo_change NAME
undo_change() {
  was_made "put-right-$1" || return 0
  find_unit || true
  if [ ! -f "$saved/base" ]; then
    unmade "put-right-$1"
    return 0
  fi
  find_target
  if [ -f "$file" ] && [ -f "$saved/sum" ] && ! cmp -s "$saved/base" "$file" && ! sha256sum -c --status "$saved/sum"; then
    echo "$file was changed by somebody since: it stays as it is. As it was before: $file.before-mooring"
    unmade "put-right-$1"
    return 0
  fi
  take_back "$1"
  if [ -n "$unit" ] && units is-active -q "$unit"; then
    restart_mlflow || echo 'MLflow does not answer: see its journal.' >&2
  fi
}
`;

export const putRightFunctions = [lookingFunctions, filterFunctions, editing, changing].join('');
