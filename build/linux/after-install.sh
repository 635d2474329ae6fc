#!/bin/sh
# Of the deb and the rpm. After electron-builder's own template, which would also make /usr/bin/mooring a link to the
# program itself, and would take the setuid helper away whenever root may make user namespaces. The caches of icons and
# desktop entries are the system's own matter (triggers of dpkg and rpm).
set -e

# Chromium sandboxes by user namespaces where it may make them, else by this helper, else it refuses to start.
chmod 4755 /opt/Mooring/chrome-sandbox

# Ubuntu 24.04 and later let only programs with a profile make user namespaces. Older AppArmor can't read this one and
# does not need it.
source=/opt/Mooring/resources/apparmor-profile
target=/etc/apparmor.d/mooring
if [ -f "$source" ] && command -v apparmor_parser >/dev/null && apparmor_status --enabled >/dev/null 2>&1; then
  if apparmor_parser --skip-kernel-load --skip-cache "$source" >/dev/null 2>&1; then
    cp -f "$source" "$target"
    if ! { command -v ischroot >/dev/null && ischroot; }; then
      apparmor_parser --replace --write-cache --skip-read-cache "$target" || true
    fi
  fi
fi
