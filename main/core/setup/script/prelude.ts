/**
 * The shell functions that every step may use. POSIX sh with what Debian's base system has (util-linux, coreutils,
 * python3 is not a given). Set before: MOORING_SCOPE (system, user), MOORING_ACCOUNT (the login account), MOORING_HOME
 * (its home), MOORING_STATE (Mooring's own folder), MOORING_STACK (the environment's folder in it), MOORING_SECRETS (a folder that only the runner can read).
 *
 * A `${` in here is written `${'$'}{`: JavaScript would read it.
 */
export const prelude = String.raw`
has() { command -v "$1" >/dev/null 2>&1; }

# say TEXT…: tells the person what is going on now. MOORING_SAY: what stands before it, where no runner reads it.
say() { printf '%s%s\n' "${'$'}{MOORING_SAY-@@say }" "$*"; }

# secret NAME: prints it, without a line end. Builtins only, so that it is in no argument of a program.
secret() {
  has_secret "$1" || return 1
  # A file without a line end at its end has a value all the same.
  IFS= read -r secret_value <"$MOORING_SECRETS/$1" || [ -n "$secret_value" ] || return 1
  printf '%s' "$secret_value"
}
# secret_url NAME: the same for a place in a URL, each byte as %XX.
secret_url() {
  has_secret "$1" || return 1
  secret "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'
}
# env_line NAME VALUE: a line for systemd's EnvironmentFile, whatever is in the value.
env_line() { printf '%s="%s"\n' "$1" "$(printf '%s' "$2" | sed 's/[\\"$]/\\&/g')"; }
has_secret() { [ -s "$MOORING_SECRETS/$1" ]; }

# made NAME: notes that we made it; was_made NAME: whether we did; unmade NAME: forgets it.
made() { mkdir -p "$MOORING_STACK/made" && : >"$MOORING_STACK/made/$1"; }
was_made() { [ -e "$MOORING_STACK/made/$1" ]; }
unmade() { rm -f "$MOORING_STACK/made/$1"; }
# hand_on NAME: what environments share belongs from now on to another one of this server; fails when there is none.
hand_on() {
  for hand_to in "$MOORING_STATE"/stacks/*/made; do
    if [ "$hand_to" != "$MOORING_STACK/made" ] && [ -d "$hand_to" ]; then
      if was_made "$1"; then : >"$hand_to/$1"; fi
      unmade "$1"
      return 0
    fi
  done
  return 1
}

# as_user USER COMMAND…: with that account's own home and nothing of ours in the environment but proxies and the like.
as_user() {
  as_whom=$1
  shift
  if [ "$(id -un)" = "$as_whom" ]; then
    "$@"
  else
    as_home=$(getent passwd "$as_whom" | cut -d: -f6)
    # Where it has no home of its own, nothing may be written there either.
    if [ ! -d "$as_home" ]; then as_home=/nonexistent; fi
    (cd / && HOME=$as_home USER=$as_whom LOGNAME=$as_whom exec runuser -u "$as_whom" -- "$@")
  fi
}

# same_file PATH MODE OWNER: whether it holds what comes by stdin, with this mode (600) and owner.
same_file() {
  [ -f "$1" ] && cmp -s - "$1" && [ "$(stat -c '%a %U' "$1")" = "$2 $3" ]
}

# put_file PATH MODE OWNER: writes what comes by stdin, at once and whole. A secret never lies open on the way.
put_file() {
  put_temporary=$1.mooring-new
  rm -f "$put_temporary"
  (umask 077 && cat >"$put_temporary")
  if [ "$(id -u)" = 0 ]; then chown "$3:" "$put_temporary"; fi
  chmod "$2" "$put_temporary"
  mv -f "$put_temporary" "$1"
}

# put_dir PATH MODE OWNER: a folder, noted as ours if it was not there; so are the folders above that were missing.
put_dir() {
  if [ -d "$1" ]; then return 0; fi
  put_above=$1
  put_missing=
  while [ ! -d "$put_above" ]; do
    put_missing="$put_missing dir-$(printf '%s' "$put_above" | tr / _)"
    put_above=$(dirname "$put_above")
  done
  # Noted before: what is cut off in the middle is ours all the same.
  for put_mark in $put_missing; do made "$put_mark"; done
  mkdir -p "$(dirname "$1")"
  if [ ! -d "$1" ]; then mkdir -m 700 "$1"; fi
  if [ "$(id -u)" = 0 ]; then chown "$3:" "$1"; fi
  chmod "$2" "$1"
}
# drop_dir PATH: removes it if it was ours and is empty, and so the folders above it.
drop_dir() {
  drop_path=$1
  while [ "$drop_path" != / ]; do
    drop_mark=dir-$(printf '%s' "$drop_path" | tr / _)
    was_made "$drop_mark" || return 0
    if [ -d "$drop_path" ] && ! rmdir "$drop_path" 2>/dev/null; then return 0; fi
    unmade "$drop_mark"
    drop_path=$(dirname "$drop_path")
  done
}

# units WORD…: systemctl of the right manager.
units() {
  if [ "$MOORING_SCOPE" = system ]; then
    systemctl "$@"
  else
    XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user "$@"
  fi
}
# journal UNIT LINES: the last it said, for the log of a failure.
journal() {
  if [ "$MOORING_SCOPE" = system ]; then
    journalctl --no-pager -o cat -n "$2" -u "$1" 2>/dev/null || true
  else
    journalctl --no-pager -o cat -n "$2" --user-unit "$1" 2>/dev/null || true
  fi
}

# http_status URL: its status, or 000; never by a proxy, which would answer for 127.0.0.1.
http_status() {
  if has curl; then
    curl -s -o /dev/null -m 5 --noproxy '*' -w '%{http_code}' "$1" || true
  elif has python3; then
    python3 - "$1" <<'PYTHON'
import sys, urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    print(opener.open(sys.argv[1], timeout=5).status)
except urllib.error.HTTPError as error:
    print(error.code)
except Exception:
    print("000")
PYTHON
  else
    wget -q -S -T 5 --no-proxy -O /dev/null "$1" 2>&1 | sed -n 's#^ *HTTP/[0-9.]* \([0-9]*\).*#\1#p' | tail -n 1
  fi
}
# wait_http URL SECONDS: until it answers 200.
wait_http() {
  wait_last=$(($(date +%s) + $2))
  while [ "$(http_status "$1")" != 200 ]; do
    if [ "$(date +%s)" -ge "$wait_last" ]; then return 1; fi
    sleep 0.5
  done
}

# apt_holder: who holds one of its locks, as "program (pid)"; nothing when all are free. /proc/locks tells the inode.
apt_holder() {
  for lock_file in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock; do
    [ -e "$lock_file" ] || continue
    lock_inode=$(stat -c %i "$lock_file")
    lock_pid=$(awk -v inode="$lock_inode" '{ split($6, at, ":"); if (at[3] == inode && $5 > 0) { print $5; exit } }' /proc/locks)
    [ -n "$lock_pid" ] || continue
    lock_name=$(cat "/proc/$lock_pid/comm" 2>/dev/null || echo 'another program')
    echo "$lock_name ($lock_pid)"
    return
  done
}
# apt_wait: until apt is free and the first start of the machine is over; tells for whom it waits. 30 minutes at most.
apt_wait() {
  if has cloud-init && [ "$(cloud-init status 2>/dev/null | sed -n 's/^status: //p')" = running ]; then
    say 'waits for the first start of the server (cloud-init) to be over'
    timeout 1800 cloud-init status --wait >/dev/null 2>&1 || true
  fi
  apt_last=$(($(date +%s) + 1800))
  apt_told=
  while apt_who=$(apt_holder) && [ -n "$apt_who" ]; do
    if [ "$(date +%s)" -ge "$apt_last" ]; then
      echo "apt is still held by $apt_who after half an hour." >&2
      return 1
    fi
    if [ "$apt_who" != "$apt_told" ]; then say "waits for $apt_who to let go of apt"; fi
    apt_told=$apt_who
    sleep 1
  done
}
apt_has() { dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed'; }
apt_run() {
  apt_wait
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a apt-get -o DPkg::Lock::Timeout=1800 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 -qq -y "$@"
}
# apt_install PACKAGE…: those that are missing, noted as ours.
apt_install() {
  apt_missing=
  for apt_package in "$@"; do
    if ! apt_has "$apt_package"; then apt_missing="$apt_missing $apt_package"; fi
  done
  [ -n "$apt_missing" ] || return 0
  if [ -n "$(dpkg --audit 2>/dev/null)" ]; then
    apt_wait
    say 'finishes an installation that was cut off before'
    DEBIAN_FRONTEND=noninteractive dpkg --configure -a
  fi
  # Noted before: what is cut off in the middle is ours all the same.
  for apt_package in $apt_missing; do made "package-$apt_package"; done
  say "installs$apt_missing"
  # shellcheck disable=SC2086
  if ! apt_run --no-install-recommends install $apt_missing; then
    say 'asks for newer package lists'
    apt_run update
    say "installs$apt_missing"
    # shellcheck disable=SC2086
    apt_run --no-install-recommends install $apt_missing
  fi
}
# apt_remove PACKAGE…: those that we installed.
apt_remove() {
  apt_ours=
  for apt_package in "$@"; do
    if was_made "package-$apt_package" && apt_has "$apt_package"; then apt_ours="$apt_ours $apt_package"; fi
  done
  # shellcheck disable=SC2086
  if [ -n "$apt_ours" ]; then apt_run remove $apt_ours; fi
  for apt_package in "$@"; do unmade "package-$apt_package"; done
}
`;
