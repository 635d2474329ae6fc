/**
 * What is asked of a server before anything is set up on it: one POSIX sh script, sent to `/bin/sh` by stdin, that only
 * reads. Whatever the login shell is or prints, and whatever programs or file names say, can't be taken for an answer:
 *
 *     @@mooring-facts 1         where the answer begins; what came before is the login shell's
 *     @@section NAME            what follows until the next one
 *     |LINE                     a line of the section; other lines are not ours
 *     @@end
 *
 * Sections run side by side, each in a stage of a pipeline that keeps their output apart without a file. Probes that may
 * hang have limits of 1–4 s, and none starts later than 5 s after the beginning; all together ends within 8 s. Those that
 * a person has to be asked for are not asked: sudo runs with -n only, which ends before PAM's authentication.
 */
import { quoted } from '../../../shared/shell-words.ts';
import { github } from '../releases.ts';
import { foundProbes, localProbes } from './probes.ts';
import { networkProbes, pythonProbe } from './probes-network.ts';

/** After this the caller may hang up and parse what has come; the script is done earlier, unless the kernel hangs. */
export const factsLimitMs = 12_000;

// No `${` in here and in the probes: JavaScript would read it.
const frame = String.raw`
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
LC_ALL=C
export PATH LC_ALL
unset LANGUAGE ENV BASH_ENV CDPATH GREP_OPTIONS GREP_COLORS POSIXLY_CORRECT PYTHONHOME PYTHONPATH
cd /

has() { command -v "$1" >/dev/null 2>&1; }

able=
if has timeout && timeout -s KILL 2 true >/dev/null 2>&1; then able=yes; fi
last=$(($(date +%s) + 5))

# limit SECONDS COMMAND…: none of it when it is too late to begin.
limit() {
  if [ "$(date +%s)" -gt "$last" ]; then return 124; fi
  seconds=$1
  shift
  if [ -n "$able" ]; then
    timeout -s KILL "$seconds" "$@"
    return
  fi
  "$@" <&0 &
  child=$!
  (
    sleep "$seconds"
    kill -9 "$child"
  ) >/dev/null 2>&1 </dev/null &
  guard=$!
  wait "$child"
  result=$?
  kill "$guard" 2>/dev/null
  return "$result"
}

# Names and passwords in URLs stay on the server.
mask() { sed 's#//[^[:space:]"]*@#//***@#g'; }

section() {
  echo "@@section $1"
  shift
  {
    "$@"
    echo
  } 2>/dev/null | sed 's/^/|/'
}

# What sudo allows decides how the ports are read.
stage_sudo() {
  answer=$(probe_sudo 2>/dev/null)
  section sudo printf '%s\n' "$answer"
  section ports probe_ports "$answer"
}

# Each in its own stage; the last ones are printed first.
together() {
  one=$1
  shift
  if [ $# -eq 0 ]; then
    stage "$one"
    return
  fi
  stage "$one" | {
    together "$@"
    cat
  }
}
stage() { if [ "$1" = sudo ]; then stage_sudo; else section "$1" "probe_$1"; fi; }

moment() { echo "time=$(date +%s.%N)"; }
`;

const main = String.raw`
main() {
  echo
  echo "@@mooring-facts 1"
  section begin moment
  # Before apt is asked for its sources, which would be seen.
  section packages probe_packages
  together sudo index releases apt python found systemd disks settings basics
  section done moment
  echo "@@end"
}
main </dev/null 2>/dev/null
`;

/** It is all functions until its last line, so that one cut off on its way does nothing. `releasesUrl`: asked whether it answers. */
export const factsScriptFor = (releasesUrl: string): string =>
  `${frame}releases=${quoted(releasesUrl)}\n${localProbes}${foundProbes}${pythonProbe}${networkProbes}${main}`;

export const factsScript = factsScriptFor(github);
