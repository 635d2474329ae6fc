#!/usr/bin/env bash
# A throwaway Debian server with real systemd, sshd and sudo, in its own network namespace. Needs root, systemd-container,
# debootstrap, nftables and iproute2.
#   test-server.sh up NAME OCTET [SUITE]   makes it (first time: the base image too, a minute or two), prints its address;
#                                          SUITE: a release of Debian, bookworm unless told
#   test-server.sh stop NAME | start NAME OCTET     power off and on again, disk kept
#   test-server.sh crash NAME              power off without a word to anything inside
#   test-server.sh cut NAME | mend NAME    takes its network link down, up again
#   test-server.sh run NAME COMMAND…       runs a command inside, as root
#   test-server.sh down NAME               power off and delete
# MOORING_TEST_CACHE: where the base image is kept between runs. User: ubuntu, password ubuntu-pw, sudo without password.
set -eu
verb=$1 name=$2 octet=${3:-2}
suite=${4:-bookworm}
cache=${MOORING_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mooring-test}/servers
base=$cache/base-$suite root=$cache/$name
address=10.77.$octet.2 host=10.77.$octet.1
packages=systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,sudo,iproute2,iputils-ping,ca-certificates,python3,procps,curl

make_base() {
  if [ -d "$base" ]; then return; fi
  mkdir -p "$cache"
  rm -rf "$base.new"
  debootstrap --variant=minbase --include=$packages "$suite" "$base.new" >"$cache/debootstrap-$suite.log" 2>&1
  chroot "$base.new" bash -ec '
    useradd -m -s /bin/bash ubuntu
    echo "ubuntu ALL=(ALL) NOPASSWD:ALL" >/etc/sudoers.d/ubuntu
    echo ubuntu:ubuntu-pw | chpasswd
    systemctl enable systemd-networkd ssh
    rm -f /etc/ssh/ssh_host_*' >/dev/null 2>&1
  mv "$base.new" "$base"
}

start() {
  # Before networkd's own 80-container-host0.network, which would ask for DHCP.
  printf '[Match]\nName=host0\n[Network]\nAddress=%s/24\nGateway=%s\nLinkLocalAddressing=no\n' "$address" "$host" \
    >"$root/etc/systemd/network/10-host0.network"
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 setsid systemd-nspawn --quiet --register=no --keep-unit -D "$root" -b --network-veth \
    -M "$name" >"$root.log" 2>&1 </dev/null &
  echo $! >"$root.pid"
  for _ in $(seq 60); do
    if ip link show "ve-$name" >/dev/null 2>&1; then break; fi
    sleep .25
  done
  ip addr add "$host/24" dev "ve-$name" 2>/dev/null || true
  ip link set "ve-$name" up
  for _ in $(seq 120); do
    if timeout 1 bash -c "exec 3<>/dev/tcp/$address/22; head -c4 <&3" 2>/dev/null | grep -q SSH; then
      echo "$address"
      return
    fi
    sleep .5
  done
  echo "no sshd on $address" >&2
  exit 1
}

# What its first process is sent to go off: SIGRTMIN+4 asks systemd to power off.
stop() {
  if [ ! -f "$root.pid" ]; then return; fi
  pid=$(cat "$root.pid")
  for child in $(pgrep -P "$pid"); do kill -s "$1" "$child" 2>/dev/null || true; done
  for _ in $(seq 60); do
    if ! kill -0 "$pid" 2>/dev/null; then break; fi
    sleep .25
  done
  kill -9 "$pid" 2>/dev/null || true
  rm -f "$root.pid"
  # Left behind when something was still at work inside; the next one could not have its name.
  ip link del "ve-$name" 2>/dev/null || true
}

case $verb in
up)
  make_base
  rm -rf "$root"
  cp -a "$base" "$root"
  echo "$name" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost\n' "$name" >"$root/etc/hosts"
  chroot "$root" ssh-keygen -A >/dev/null
  start
  ;;
start) start ;;
stop) stop SIGRTMIN+4 ;;
crash) stop SIGKILL ;;
cut) ip link set "ve-$name" down ;;
mend) ip link set "ve-$name" up ;;
run)
  shift 2
  leader=$(pgrep -P "$(cat "$root.pid")" | head -n 1)
  exec nsenter --target "$leader" --mount --uts --ipc --net --pid -- "$@"
  ;;
down)
  stop SIGRTMIN+4
  rm -rf "$root" "$root.log"
  ;;
*)
  echo "test-server.sh: up|start|stop|crash|cut|mend|run|down NAME …" >&2
  exit 2
  ;;
esac
