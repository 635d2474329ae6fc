/** Installs PostgreSQL's packages and takes off what came with them: apt itself would leave most of it behind. */

export const packageFunctions = String.raw`
packages_now() { dpkg --get-selections | awk '$2 == "install" { print $1 }' | sort; }

install_packages() {
  packages_before=$MOORING_STACK/postgres-packages-before
  if [ ! -e "$packages_before" ]; then
    packages_now >"$packages_before.new"
    mv "$packages_before.new" "$packages_before"
  fi
  # Noted before: what is cut off in the middle is ours all the same.
  if ! ls /etc/postgresql/*/*/postgresql.conf >/dev/null 2>&1; then made postgres-first; fi
  apt_install postgresql
  if [ ! -e "$MOORING_STACK/postgres-packages" ]; then
    packages_now | comm -13 "$packages_before" - >"$MOORING_STACK/postgres-packages.new"
    mv "$MOORING_STACK/postgres-packages.new" "$MOORING_STACK/postgres-packages"
  fi
  choose_cluster
}

# would_go PACKAGE…: what apt would remove beyond these.
would_go() {
  printf '%s\n' "$@" | sed 's/:.*//' | sort >"$MOORING_STACK/would.ours"
  apt-get -s remove "$@" 2>/dev/null | sed -n 's/^Remv \([^ :]*\).*/\1/p' | sort | comm -13 "$MOORING_STACK/would.ours" -
  rm -f "$MOORING_STACK/would.ours"
}

remove_packages() {
  packages_list=$MOORING_STACK/postgres-packages
  if [ ! -e "$packages_list" ] && [ -e "$packages_list-before" ]; then
    packages_now | comm -13 "$packages_list-before" - >"$packages_list"
  fi
  packages_now >"$packages_list-now"
  packages_ours=$(comm -12 "$packages_list" "$packages_list-now")
  rm -f "$packages_list-now"
  # What came with it may serve others by now: then only PostgreSQL itself goes.
  # shellcheck disable=SC2086
  if [ -n "$packages_ours" ] && [ -n "$(would_go $packages_ours)" ]; then
    packages_ours=$(printf '%s\n' "$packages_ours" | grep '^postgresql' || true)
    if [ -n "$packages_ours" ] && [ -n "$(would_go $packages_ours)" ]; then
      echo "PostgreSQL's packages stay, since others need them: $(would_go $packages_ours | tr '\n' ' ')"
      packages_ours=
    fi
  fi
  # shellcheck disable=SC2086
  if [ -n "$packages_ours" ]; then
    say 'removes PostgreSQL; its data stays'
    apt_run remove $packages_ours
  fi
  unmade package-postgresql
}

# purge_packages: the settings that removed packages left.
purge_packages() {
  [ -e "$MOORING_STACK/postgres-packages" ] || return 0
  # Purging takes all data of that version along.
  if [ -n "$(find /var/lib/postgresql -mindepth 2 -print -quit 2>/dev/null)" ]; then return 0; fi
  dpkg --get-selections | awk '$2 == "deinstall" { print $1 }' | sort >"$MOORING_STACK/postgres-left"
  packages_left=$(comm -12 "$MOORING_STACK/postgres-packages" "$MOORING_STACK/postgres-left")
  # shellcheck disable=SC2086
  if [ -n "$packages_left" ]; then apt_run purge $packages_left; fi
  rmdir /var/lib/postgresql /etc/postgresql /var/log/postgresql 2>/dev/null || true
  rm -f "$MOORING_STACK/postgres-packages" "$MOORING_STACK/postgres-packages-before" "$MOORING_STACK/postgres-left"
}
`.trim();
