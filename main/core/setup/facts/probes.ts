/** Probes of {@link ./script.ts} that look at the machine itself; what each prints is read in parse-*.ts. */

/** Machine, disks, package manager, systemd, sudo, ports. */
export const localProbes = String.raw`
probe_basics() {
  echo "system=$(uname -s)"
  echo "kernel=$(uname -r)"
  echo "machine=$(uname -m)"
  echo "uid=$(id -u)"
  user=$(id -un)
  echo "user=$user"
  echo "groups=$(id -Gn)"
  printf 'home=%s\n' "$HOME" | head -n 1
  shell=$(limit 2 getent passwd "$user" | sed 's/.*://')
  if [ -z "$shell" ]; then shell=$(sed -n "s/^$user:.*://p" /etc/passwd | head -n 1); fi
  echo "shell=$shell"
  echo "cpus=$(nproc || getconf _NPROCESSORS_ONLN)"
  sed -n 's/^model name[^:]*: */cpu=/p' /proc/cpuinfo | head -n 1
  grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo
  echo "memoryLimit=$(cat /sys/fs/cgroup/memory.max || cat /sys/fs/cgroup/memory/memory.limit_in_bytes)"
  for each in /lib/ld-musl-*; do if [ -e "$each" ]; then echo "libc=musl"; fi; done
  echo "libc=$(getconf GNU_LIBC_VERSION)"
  if [ -r /etc/os-release ]; then release=/etc/os-release; else release=/usr/lib/os-release; fi
  sed -n 's/^\([A-Z_]*=\)/os.\1/p' "$release"
}

probe_disks() {
  sed -n 's/^/mount=/p' /proc/mounts | head -n 200
  { limit 2 df -Pkl || limit 2 df -Pk || limit 1 df -Pk /; } | sed 's/^/df=/'
  limit 2 df -Pk "$HOME" | sed -n '2,$s/^/home=/p'
  limit 1 df -Pk /tmp | sed -n '2,$s/^/tmp=/p'
}

probe_packages() {
  for each in apt-get dnf yum apk pacman zypper; do if has "$each"; then echo "manager=$each"; fi; done
  for each in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock \
    /var/lib/rpm/.rpm.lock /usr/lib/sysimage/rpm/.rpm.lock /lib/apk/db/lock; do
    if [ -e "$each" ]; then stat -c 'file=%i %d %n' "$each"; fi
  done
  # Kernel's list of locks: everyone may read it, and it names the process.
  while read -r number type kind access pid where rest; do
    echo "lock=$type $kind $access $pid $where"
    if [ "$pid" -gt 0 ] && read -r name <"/proc/$pid/comm"; then echo "process=$pid $name"; fi
  done </proc/locks
  grep -slE '^(apt|apt-get|aptitude|dpkg|unattended-upgr|apt\.systemd\.dai|dnf|yum|rpm|apk|packagekitd|zypper|pacman)$' \
    /proc/[0-9]*/comm | head -n 20 | while read -r each; do
    folder=$(dirname "$each")
    # Those that only tell, like our own look at apt's sources.
    if grep -qse --print- "$folder/cmdline"; then continue; fi
    read -r name <"$each" && echo "running=$(basename "$folder") $name"
  done
  for each in /var/lib/dpkg/updates/[0-9]*; do if [ -e "$each" ]; then echo "interrupted=yes"; fi; done
  if [ -d /run/cloud-init ]; then
    if [ -e /var/lib/cloud/instance/boot-finished ]; then echo "cloudInit=done"; else echo "cloudInit=running"; fi
  fi
}

probe_systemd() {
  if [ -d /run/systemd/system ]; then echo "booted=yes"; else echo "booted=no"; fi
  has systemctl || return
  limit 2 systemctl --version | sed -n '1s/^/version=/p'
  echo "state=$(limit 2 systemctl is-system-running 2>&1 | head -n 1)"
  runtime
  echo "user=$(limit 2 systemctl --user is-system-running 2>&1 | head -n 1)"
  if [ -e "/var/lib/systemd/linger/$(id -un)" ]; then echo "linger=yes"; else echo "linger=no"; fi
}
# Where the user's own systemd is reached, which sessions without PAM are not told.
runtime() {
  if [ -z "$XDG_RUNTIME_DIR" ] && [ -d "/run/user/$(id -u)" ]; then
    XDG_RUNTIME_DIR=/run/user/$(id -u)
    export XDG_RUNTIME_DIR
  fi
}

# -k: neither uses nor renews what a password given elsewhere has opened.
probe_sudo() {
  if [ "$(id -u)" = 0 ]; then
    echo "root=yes"
    return
  fi
  has sudo || {
    echo "absent=yes"
    return
  }
  said=$(limit 3 sudo -n -k true 2>&1)
  echo "command=$?"
  case $said in *tty*)
    echo "terminal=needed"
    has script || return
    said=$(limit 3 script -qec 'sudo -n -k true' /dev/null 2>&1)
    echo "command=$?"
    if [ -z "$said" ]; then return; fi
    printf '%s\n' "$said" | sed 's/^/said=/' | head -n 5
    limit 3 script -qec 'sudo -n -k -v' /dev/null 2>&1 | sed 's/^/validate=/' | head -n 5
    return
    ;;
  esac
  if [ -z "$said" ]; then return; fi
  printf '%s\n' "$said" | sed 's/^/said=/' | head -n 5
  limit 3 sudo -n -k -v 2>&1 | sed 's/^/validate=/' | head -n 5
}

probe_ports() {
  if has ss; then
    case $1 in
    *terminal=* | *said=* | root=* | absent=*) limit 2 ss -Hltnpe ;;
    *) limit 3 sudo -n -k "$(command -v ss)" -Hltnpe || limit 2 ss -Hltnpe ;;
    esac | sed 's/^/ss=/'
  else
    cat /proc/net/tcp /proc/net/tcp6 | grep ' 0A ' | head -n 500 | sed 's/^ */tcp=/'
  fi
  # Names of the owners, for what ss tells by number.
  sed -n 's/^\([^:]*\):[^:]*:\([0-9]*\):.*/owner=\2 \1/p' /etc/passwd | head -n 500
}
`;

/** MLflow, MinIO, VersityGW and PostgreSQL that are there already. Only ports and addresses are taken out of commands. */
export const foundProbes = String.raw`
options() {
  grep -aoE -e '(--(port|host|address|console-address|bind)[ =]|-[phb] |MLFLOW_(PORT|HOST)=)[A-Za-z0-9.:_*]+' |
    sed 's/^/option=/' | head -n 10
}

probe_found() {
  home=$HOME
  mine=
  theirs=
  for folder in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system /etc/systemd/user "$home/.config/systemd/user"; do
    for unit in "$folder"/*mlflow*.service "$folder"/*minio*.service "$folder"/*versitygw*.service \
      "$folder"/postgresql*.service; do
      [ -f "$unit" ] || continue
      # The same folder by another name, where /lib is a link.
      if [ "$folder" = /lib/systemd/system ] && [ "$unit" -ef "/usr$unit" ]; then continue; fi
      echo "unit=$unit"
      sed -n 's/^WorkingDirectory=/folder=/p; s/^User=/account=/p' "$unit"
      grep -E '^(ExecStart|Environment)=|^[[:space:]]+-' "$unit" | options
      name=$(basename "$unit")
      case $name in *@.service) continue ;; esac
      case $folder in */user) mine="$mine $name" ;; *) theirs="$theirs $name" ;; esac
    done
  done
  shown=Id,ActiveState,UnitFileState,MainPID
  if [ -n "$theirs" ]; then limit 2 systemctl show -p $shown $theirs | sed 's/^/system=/'; fi
  runtime
  if [ -n "$mine" ]; then limit 2 systemctl --user show -p $shown $mine | sed 's/^/user=/'; fi
  limit 2 systemctl list-units --no-legend --plain --state=active 'postgresql@*' | sed 's/^\([^ ]*\).*/cluster-unit=\1/'

  for folder in "$home" "$home"/mlflow* "$home"/minio* /opt/mlflow* /opt/minio* /srv/mlflow* /var/lib/mlflow*; do
    [ -d "$folder" ] || continue
    if [ "$folder" != "$home" ]; then echo "dir=$folder"; fi
    for each in "$folder"/start-mlflow.sh "$folder"/start-mlflow-server.sh "$folder"/start_mlflow*.sh \
      "$folder"/run[-_]mlflow*.sh "$folder"/start[-_]minio*.sh; do
      [ -f "$each" ] || continue
      echo "start=$each"
      head -n 200 "$each" | options
    done
    for each in mlflow.db mlruns mlartifacts; do if [ -e "$folder/$each" ]; then echo "data=$folder/$each"; fi; done
    for each in "$folder"/*/lib/python3*/site-packages/mlflow-*.dist-info "$folder"/.[!.]*/lib/python3*/site-packages/mlflow-*.dist-info \
      "$folder"/.local/share/*/*/lib/python3*/site-packages/mlflow-*.dist-info; do
      if [ -d "$each" ]; then echo "installed=$each"; fi
    done
  done
  for each in mlflow minio versitygw psql; do
    if has $each || [ -x "$home/.local/bin/$each" ]; then echo "program=$each"; fi
  done

  grep -alsE '[m]lflow|[m]inio|[v]ersitygw|[p]ostgres' /proc/[0-9]*/cmdline | head -n 40 | while read -r each; do
    pid=$(basename "$(dirname "$each")")
    line=$(tr '\000' ' ' <"$each")
    what=$(printf '%s' "$line" | grep -aoE 'mlflow (server|ui)|mlflow\.server|minio server|versitygw |postgres( .*)? -D' | head -n 1)
    [ -n "$what" ] || continue
    read -r name <"/proc/$pid/comm"
    # Those that start it for somebody and wait: it is their child that is meant.
    case $name in
    sh | bash | dash | ash | zsh | ksh | fish | grep | tmux* | screen | nohup | docker* | podman | conmon | tini | dumb-init) continue ;;
    sudo | su | doas | pkexec | runuser | setpriv | chroot | unshare | nsenter | systemd-run | start-stop-dae*) continue ;;
    env | nice | timeout | setsid | stdbuf | flock | script | time | watch | strace | xargs | ssh | uv | conda) continue ;;
    esac
    echo "process=$pid $(stat -c %U "/proc/$pid") $what"
    printf '%s' "$line" | options
  done

  for each in /etc/postgresql/*/*/postgresql.conf; do
    [ -f "$each" ] || continue
    echo "cluster=$each"
    sed -n 's/^ *port *= *\([0-9]*\).*/option=--port \1/p' "$each"
  done

  if has docker; then
    if said=$(limit 2 docker ps -a --format '{{.Names}}	{{.Image}}	{{.State}}	{{.Ports}}' 2>&1); then
      echo "docker=yes"
      printf '%s\n' "$said" | grep -E 'mlflow|minio|versitygw|postgres' | sed 's/^/container=/' | head -n 20
    else
      printf 'docker=%s\n' "$said" | head -n 1
    fi
  fi
}
`;
