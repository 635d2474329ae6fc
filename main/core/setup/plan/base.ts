/** What every stack stands on: folders, an account to run as, and services that outlive the login. */
import type { Step } from '../../../shared/setup/plan.ts';
import { quoted } from '../../../shared/shell-words.ts';
import { emptyPart, serviceAccount, step, type PlanContext, type PlanPart } from './component.ts';
import { mlflowDataDir } from './mlflow/setting.ts';

export { judgeMachine } from './judge-machine.ts';

export function basePart(context: PlanContext): PlanPart {
  const { places } = context;
  const own = serviceAccount(context) !== context.account;
  return {
    ...emptyPart,
    steps: [
      ...(own ? [accountStep(context)] : []),
      ...(places.scope === 'user' ? [lingerStep(context)] : []),
      foldersStep(context),
    ],
  };
}

/** An account without a password, a shell or a home. It stays as long as there is data of it. */
function accountStep(context: PlanContext): Step {
  const account = serviceAccount(context);
  return step(context, {
    id: 'base-account',
    title: `Make the account ${account}`,
    why: 'The service runs as it and can read nothing of the people who log in here.',
    define: `account=${quoted(account)}`,
    check: 'getent passwd "$account" >/dev/null',
    apply: `
made "account-$account"
useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \\
  --comment 'MLflow, made by Mooring' "$account"`,
    // Its files would belong to nobody, and later perhaps to somebody else.
    removeData: `
if was_made "account-$account" && ! hand_on "account-$account"; then
  if getent passwd "$account" >/dev/null; then userdel "$account"; fi
  unmade "account-$account"
fi`,
  });
}

/** Refused on some systems: then it works as long as the account is logged in, which {@link judgeMachine} told. */
function lingerStep(context: PlanContext): Step {
  return step(context, {
    id: 'base-linger',
    title: 'Keep services running without a login',
    why: 'Services of an account end with its last session, unless the account may linger.',
    define: 'linger=/var/lib/systemd/linger/$(id -un)',
    check: '[ -e "$linger" ] || was_made linger-refused',
    apply: `
if loginctl enable-linger >/dev/null 2>&1 && [ -e "$linger" ]; then
  made linger
else
  made linger-refused
  say 'this server does not let the account linger: its services run only while it is logged in'
  echo 'An administrator can allow it: sudo loginctl enable-linger '"$(id -un)"
fi`,
    undo: `
unmade linger-refused
if was_made linger && ! hand_on linger; then
  loginctl disable-linger >/dev/null 2>&1 || true
  unmade linger
fi`,
  });
}

function foldersStep(context: PlanContext): Step {
  const { places } = context;
  const account = serviceAccount(context);
  const data = mlflowDataDir(context);
  return step(context, {
    id: 'base-folders',
    title: 'Make the folders',
    why: `Settings in ${places.configDir}, programs in ${places.programDir}, data in ${data}.`,
    define: [
      `config=${quoted(places.configDir)}`,
      `programs=${quoted(places.programDir)}`,
      `data=${quoted(data)}`,
      `account=${quoted(account)}`,
      // Beside the data, since it outlives an uninstallation that keeps that.
      'data_mark=$data/.made-by-mooring',
    ].join('\n'),
    check: `
[ -d "$config" ]
[ -d "$programs" ]
[ "$(stat -c %U "$data")" = "$account" ]`,
    apply: `
put_dir "$config" 755 "$(id -un)"
put_dir "$programs" 755 "$(id -un)"
put_dir "$(dirname "$data")" 755 "$(id -un)"
if [ ! -d "$data" ]; then
  # With its mark at once: a folder without one was there before.
  rm -rf "$data.mooring-new"
  mkdir -m 711 "$data.mooring-new"
  ${places.scope === 'system' ? 'chown "$account:" "$data.mooring-new"' : ':'}
  : >"$data.mooring-new/$(basename "$data_mark")"
  mv "$data.mooring-new" "$data"
elif [ "$(stat -c %U "$data")" != "$account" ]; then
  if [ -n "$(ls -A "$data")" ] && [ ! -e "$data_mark" ]; then
    echo "$data belongs to $(stat -c %U "$data") and is not empty, but MLflow runs as $account. Choose another data" >&2
    echo "folder, or give it over: chown -R $account: $data" >&2
    exit 1
  fi
  # It ran as another account before.
  ${places.scope === 'system' ? 'chown -Rh "$account:" "$data"' : 'exit 1'}
fi
if ! as_user "$account" test -w "$data"; then
  echo "The account $account can't get to $data: a folder above it is closed to it. Choose another data folder." >&2
  exit 1
fi`,
    undo: `
drop_dir "$config"
drop_dir "$programs"
drop_dir "$(dirname "$data")"
# What environments share stays with those that are left.
for each in "$MOORING_STACK"/made/dir-*; do
  if [ -e "$each" ]; then hand_on "$(basename "$each")" || true; fi
done
rmdir ${places.scope === 'system' ? '/etc/mooring /opt/mooring' : `${quoted(context.home)}/.config/mooring "$programs"`} 2>/dev/null || true`,
    removeData: `
if [ -e "$data_mark" ] && [ "$(ls -A "$data")" = "$(basename "$data_mark")" ]; then
  rm -f "$data_mark"
  rmdir "$data"
fi
${
  data === places.dataDir
    ? // Shared by environments, so it may be another's; a mark of it would keep this one's folder for ever.
      `if rmdir "$(dirname "$data")" 2>/dev/null; then unmade "dir-$(dirname "$data" | tr / _)"; fi`
    : 'drop_dir "$(dirname "$data")"'
}`,
  });
}
