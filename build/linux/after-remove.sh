#!/bin/sh
# Of the deb and the rpm. Both call it after an upgrade too, when there is nothing to take away: dpkg with `upgrade`,
# rpm with the number of versions that stay.
set -e
case ${1:-} in
  remove | purge | disappear | abort-install | 0) ;;
  *) exit 0 ;;
esac

profile=/etc/apparmor.d/mooring
if [ -f "$profile" ]; then
  if command -v apparmor_parser >/dev/null && ! { command -v ischroot >/dev/null && ischroot; }; then
    apparmor_parser --remove "$profile" >/dev/null 2>&1 || true
  fi
  rm -f "$profile"
fi
