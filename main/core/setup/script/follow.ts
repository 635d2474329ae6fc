/** Scripts that look at runs on the server, as the login account: what is there, and how one goes on. */
import { quoted } from '../../../shared/shell-words.ts';

/**
 * Prints a run's events from a line on (the first is 1), as they come, until it is over. Two kinds of lines are added:
 * `@ EPOCH clock`, the server's time now, and at the end `@ EPOCH gone` when no runner is left.
 */
export const followScript = (stateDir: string, runId: string, fromLine: number): string =>
  [
    `state=${quoted(stateDir)} id=${quoted(runId)} from=${String(fromLine)}`,
    String.raw`
run=$state/runs/$id
echo "@ $(date +%s.%N) clock"
if [ ! -r "$run/events" ]; then
  echo "@ $(date +%s.%N) gone"
  exit
fi
# The lock tells more than a process id, which another program may have by now.
alive() {
  [ "$(cat "$run/boot")" = "$(cat /proc/sys/kernel/random/boot_id)" ] &&
    [ "$(cut -d ' ' -f 1 "$state/holder")" = "$id" ] && ! flock -n -s "$state/lock" true
}
if alive; then
  tail -n "+$from" -f -s 0.2 "$run/events" &
  # Granted when the runner ends; looked at now and then, since the next run may take the lock at once.
  while alive; do flock -s -w 1 "$state/lock" true && break; done
  # What it wrote last is on its way.
  sleep 0.5
  kill $!
else
  tail -n "+$from" "$run/events"
fi
echo "@ $(date +%s.%N) gone"
`,
  ].join('\n');

/** Leaves a word for the runner. */
export const cancelScript = (stateDir: string, runId: string, how: 'after-step' | 'now'): string => {
  const ask = `${stateDir}/runs/${runId}/ask`;
  return `: >${quoted(`${ask}/${how === 'now' ? 'cancel-now' : 'cancel'}`)}`;
};

/**
 * Prints what the server remembers, of both scopes:
 *
 *     run SCOPE ID alive|ended       followed by `p JSON` (plan.json) and its events that begin, end or are over
 *     stack SCOPE ENVIRONMENT complete|part     followed by `p JSON` (manifest.json)
 *     kept SCOPE ENVIRONMENT                    followed by `p JSON` (kept.json): data of a stack that was taken off
 *     bare SCOPE ENVIRONMENT                    complete, by a script that noted nothing else
 *     done
 */
export const lookScript = String.raw`
look() {
  scope=$1 state=$2
  [ -d "$state" ] || return
  holder=
  if [ -e "$state/lock" ] && ! flock -n -s "$state/lock" true; then holder=$(cut -d ' ' -f 1 "$state/holder"); fi
  for manifest in "$state"/stacks/*/manifest.json; do
    [ -r "$manifest" ] || continue
    folder=$(dirname "$manifest")
    word=part
    if [ -e "$folder/complete" ]; then word=complete; fi
    echo "stack $scope $(basename "$folder") $word"
    echo "p $(head -n 1 "$manifest")"
  done
  for folder in "$state"/stacks/*/; do
    [ -r "$folder/manifest.json" ] && continue
    if [ -e "$folder/complete" ]; then echo "bare $scope $(basename "$folder")"; fi
    [ -r "$folder/kept.json" ] || continue
    echo "kept $scope $(basename "$folder")"
    echo "p $(head -n 1 "$folder/kept.json")"
  done
  for run in "$state"/runs/*/; do
    [ -r "$run/plan.json" ] && [ -r "$run/events" ] || continue
    id=$(basename "$run")
    word=ended
    if [ "$id" = "$holder" ]; then word=alive; fi
    echo "run $scope $id $word"
    echo "p $(head -n 1 "$run/plan.json")"
    grep -E '^@ [0-9.]+ (begin|end|over) ' "$run/events"
  done
}
look system /var/lib/mooring
look user "$HOME/.local/share/mooring"
echo done
`;
