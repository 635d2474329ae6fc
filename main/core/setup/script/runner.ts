/**
 * How a plan's script runs on the server without anybody looking: detached from the connection, with its own log and
 * exit status there. Beside it: launch.ts puts it there, follow.ts reads it, run-events.ts understands what it says.
 *
 * The run's folder holds `script`, `plan.json`, `kind`, `pid`, `boot`, `events`, and `ask/` (owned by the login account,
 * where `cancel` and `cancel-now` may appear). `events` only grows, by whole lines:
 *
 *     @ EPOCH begin STEP
 *     @ EPOCH note STEP TEXT
 *     @ EPOCH end STEP ok|changed|failed|undone STATUS
 *     @ EPOCH over done|failed|cancelled [STEP [undone]]
 *     | STEP TEXT          a line of output, secrets masked
 *
 * The lock (fd 9) is held as long as the runner lives, and by no child of its. Masks are the lines of the files in
 * MOORING_SECRETS/.masks.
 */
export const runner = String.raw`
tell() { printf '@ %s %s\n' "$(date +%s.%N)" "$*" >>"$run_dir/events"; }

# masked TEXT…: replaces each secret in it; the result is in $masked.
masked() {
  masked=$1
  for each_mask in "$MOORING_SECRETS"/.masks/*; do
    [ -s "$each_mask" ] || continue
    IFS= read -r mask <"$each_mask" || continue
    while :; do
      case $masked in
      *"$mask"*) masked=${'$'}{masked%%"$mask"*}••••••••${'$'}{masked#*"$mask"} ;;
      *) break ;;
      esac
    done
  done
}
# mask_lines STEP: from stdin to the events.
mask_lines() {
  carriage=$(printf '\r')
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *"$carriage"*) line=$(printf '%s' "$line" | tr -s '\r' '\n' | tail -n 1) ;; esac
    masked "$line"
    case $masked in
    '@@say '*)
      masked=${'$'}{masked#@@say }
      tell note "$1" "$masked"
      ;;
    esac
    printf '| %s %s\n' "$1" "$masked" >>"$run_dir/events"
  done
  : >"$run_dir/masked"
}

# run_step STEP PART: its output goes to the events. A program that it left behind with the output open is not waited for.
run_step() {
  rm -f "$run_dir/pipe" "$run_dir/masked"
  mkfifo -m 600 "$run_dir/pipe"
  mask_lines "$1" <"$run_dir/pipe" 9>&- &
  masker=$!
  setsid sh "$run_dir/script" part "$1" "$2" </dev/null >"$run_dir/pipe" 2>&1 9>&- &
  part=$!
  echo "$part" >"$run_dir/part.pid"
  part_status=0
  wait "$part" || part_status=$?
  : >"$run_dir/part.pid"
  tries=0
  while [ ! -e "$run_dir/masked" ] && [ "$tries" -lt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  [ -e "$run_dir/masked" ] || kill "$masker"
  return "$part_status"
}

# Ends the step in hand when a person wants to stop at once. Looks twice a second.
watch_cancel() {
  # Ends by itself when the runner was killed.
  while sleep 0.5 && kill -0 "$1" 2>/dev/null && [ -e "$run_dir/secrets" ]; do
    [ -e "$run_dir/ask/cancel-now" ] || continue
    step_interruptible "$(cat "$run_dir/step" 2>/dev/null)" || continue
    watched=$(cat "$run_dir/part.pid" 2>/dev/null)
    [ -n "$watched" ] || continue
    : >"$run_dir/cut"
    kill -TERM "-$watched" 2>/dev/null
    sleep 3
    kill -KILL "-$watched" 2>/dev/null
  done
}

over() {
  tell over "$@"
  exit 0
}

# stack_folder: makes it, or opens it where it is closed: other machines look into it as the login account.
stack_folder() { mkdir -p "$MOORING_STACK" && chmod 755 "$MOORING_STATE" "$MOORING_STATE/stacks" "$MOORING_STACK"; }
# put_note NAME: into the stack's folder what comes by stdin, as a whole or not at all; readable by all.
put_note() {
  cat >"$MOORING_STACK/$1.new" && chmod 644 "$MOORING_STACK/$1.new" && mv "$MOORING_STACK/$1.new" "$MOORING_STACK/$1"
}

# left_over: the stack is off. Of data that was kept its marks stay, and the manifest that comes by stdin, which says what
# data that is, so that it can be removed later.
left_over() {
  if [ -n "$MOORING_KEEPS" ]; then put_note kept.json; else rm -f "$MOORING_STACK/kept.json"; fi
  rm -f "$MOORING_STACK/manifest.json" "$MOORING_STACK/complete" "$MOORING_STACK/complete.before"
  rmdir "$MOORING_STACK/made" 2>/dev/null
  rmdir "$MOORING_STACK" 2>/dev/null
  :
}

run_all() {
  run_dir=$1
  MOORING_SECRETS=$(cat "$run_dir/secrets")
  export MOORING_SECRETS
  if [ -r "$MOORING_SECRETS/.env" ]; then . "$MOORING_SECRETS/.env"; fi
  MOORING_UPLOADS=$(cat "$run_dir/uploads" 2>/dev/null)
  export MOORING_UPLOADS
  echo $$ >"$run_dir/pid"
  watcher=
  trap 'rm -rf "$MOORING_SECRETS" "$run_dir/pipe"; [ -z "$MOORING_UPLOADS" ] || rm -rf "$MOORING_UPLOADS"; [ -z "$watcher" ] || kill "$watcher" 2>/dev/null' EXIT
  trap 'exit 143' TERM INT HUP
  watch_cancel $$ >/dev/null 2>&1 9>&- &
  watcher=$!
  kind=$(cat "$run_dir/kind")
  stack_folder
  stood=
  if [ "$kind" = set-up ]; then
    if [ -e "$MOORING_STACK/complete" ]; then stood=yes; fi
    rm -f "$MOORING_STACK/complete" "$MOORING_STACK/complete.before" "$MOORING_STACK/kept.json"
    put_note manifest.json <"$run_dir/plan.json"
  fi
  for step in $MOORING_STEPS; do
    if [ -e "$run_dir/ask/cancel" ] || [ -e "$run_dir/ask/cancel-now" ]; then over cancelled "$last_step"; fi
    last_step=$step
    echo "$step" >"$run_dir/step"
    tell begin "$step"
    if sh "$run_dir/script" part "$step" check </dev/null >/dev/null 2>&1 9>&-; then
      tell end "$step" ok 0
      continue
    fi
    step_status=0
    { run_step "$step" apply && run_step "$step" verify; } || step_status=$?
    if [ "$step_status" = 0 ]; then
      tell end "$step" changed 0
      continue
    fi
    if [ -e "$run_dir/cut" ] && [ -n "$stood" ]; then
      # What stood and worked before is not taken off by stopping a change of it.
      tell end "$step" failed "$step_status"
      over cancelled "$step"
    fi
    if [ -e "$run_dir/cut" ]; then
      tell note "$step" 'takes this step back'
      run_step "$step" undo || :
      tell end "$step" undone "$step_status"
      over cancelled "$step" undone
    fi
    tell end "$step" failed "$step_status"
    over failed "$step"
  done
  if [ "$kind" = set-up ]; then
    : >"$MOORING_STACK/complete"
  else
    left_over <"$run_dir/plan.json"
  fi
  over done
}
last_step=
`;
