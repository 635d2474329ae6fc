/**
 * Puts a plan's script on the server and starts it there, detached from the connection (runner.ts). All that varies comes
 * by stdin, line by line, read by the shell's own `read`, which takes no byte too many:
 *
 *     the password, if sudo wants one
 *     @@mooring RUN          what came before is not ours
 *     k set-up|uninstall     s LINE   (of the script)      p JSON   (plan.json)
 *     x NAME VALUE           (secret) m TEXT   (to be masked)
 *     .
 *
 * It answers with one line: `started`, `busy RUN BY`, `sudo-wrong`, `sudo-refused WHY`, or `broken WHY`.
 */
import type { SudoFacts } from '../../../shared/facts.ts';
import type { Plan } from '../../../shared/setup/plan.ts';
import { quoted } from '../../../shared/shell-words.ts';
import type { Places } from '../plan/places.ts';

/** How the script becomes root. */
export type Elevation =
  | { readonly kind: 'none' }
  | { readonly kind: 'sudo'; readonly withPassword: boolean; readonly needsTerminal: boolean };

export function elevationFor(plan: Plan, sudo: SudoFacts): Elevation {
  if (plan.scope === 'user' || sudo.kind === 'root') return { kind: 'none' };
  const needsTerminal = 'needsTerminal' in sudo && sudo.needsTerminal;
  return { kind: 'sudo', withPassword: sudo.kind === 'with-password', needsTerminal };
}

/** Words of a login session that the run needs as well; sudo drops them. They may hold passwords of proxies. */
const passedOn = [
  ...['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]),
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'UV_SYSTEM_CERTS', 'UV_NATIVE_TLS'],
  ...['UV_DEFAULT_INDEX', 'UV_INDEX', 'UV_INDEX_URL', 'UV_EXTRA_INDEX_URL', 'UV_INSECURE_HOST'],
  ...['PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL', 'PIP_TRUSTED_HOST', 'PIP_CERT', 'PIP_CONFIG_FILE'],
];

export function launchScript(runId: string, places: Places, account: string, elevation: Elevation): string {
  const start = bootstrap(runId, places, account);
  return [
    'umask 077',
    'settings() {',
    `  for name in ${passedOn.join(' ')}; do`,
    '    eval "value=\\${$name-}"',
    '    if [ -n "$value" ]; then printf \'e %s %s\\n\' "$name" "$value"; fi',
    '  done',
    '}',
    `bootstrap=${quoted(start)}`,
    ...begin(elevation),
  ].join('\n');
}

function begin(elevation: Elevation): readonly string[] {
  if (elevation.kind === 'none') return ['{ settings; cat; } | sh -c "$bootstrap"'];
  // A terminal of its own for sudoers with `requiretty`; what is read still comes by our pipe, so that nothing echoes.
  const sudo = (options: string, command: string) =>
    elevation.needsTerminal
      ? `{ exec 3<&0; command=${command}; export command; SHELL=/bin/sh script -qec 'sudo ${options} /bin/sh -c "$command" <&3' /dev/null </dev/null; }`
      : `sudo ${options} /bin/sh -c ${command}`;
  if (!elevation.withPassword) return [`{ settings; cat; } | ${sudo('-n', '"$bootstrap"')}`];
  return [
    'IFS= read -r password',
    // -k: asked in any case, so that the first line is always the password. One line, then the end: one try.
    `trouble=$(printf '%s\\n' "$password" | ${sudo("-k -S -p ''", ':')} 2>&1) || {`,
    "  case $trouble in *'not allowed'* | *'not in the sudoers'*) echo \"sudo-refused $trouble\" | tail -n 1 ;; *) echo sudo-wrong ;; esac",
    '  exit 0',
    '}',
    `{ printf '%s\\n' "$password"; settings; cat; } | ${sudo("-k -S -p ''", '"$bootstrap"')}`,
  ];
}

/** Runs as the account of the run. The lock is taken before anything is written. */
const bootstrap = (runId: string, places: Places, account: string): string =>
  [
    `state=${quoted(places.stateDir)} id=${quoted(runId)} account=${quoted(account)} stack=${quoted(places.stackDir)}`,
    bootstrapBody,
  ].join('\n');

const bootstrapBody = String.raw`
umask 077
broken() { echo "broken $*"; cat >/dev/null; exit 0; }
for folder in "$state" "$state/runs" "$state/stacks"; do
  mkdir -p "$folder" || broken "can't make $folder"
  chmod 755 "$folder"
done
command -v flock >/dev/null || broken 'flock is missing (package util-linux)'
: >>"$state/lock" && chmod 644 "$state/lock" || broken "can't write to $state"
exec 9<"$state/lock"
if ! flock -n 9; then
  echo "busy $(cat "$state/holder" 2>/dev/null)"
  cat >/dev/null
  exit 0
fi
base=/run
if [ "$(id -u)" != 0 ]; then base=/run/user/$(id -u); fi
if [ ! -w "$base" ]; then base=$state; fi
# Left by a run that was killed; none is under way, since we hold the lock.
rm -rf "$base"/mooring-run-*
secrets=$(mktemp -d "$base/mooring-run-XXXXXXXX") || broken "no room in $base"
mkdir "$secrets/.masks"
run=$state/runs/$id
mkdir -p "$run/ask" || broken "can't make $run: is the disk full?"
exec 4>"$run/script" || broken "can't write to $run: is the disk full?"
ours= masks=0
# From the login session, before our own lines; a password may stand there as well.
while IFS= read -r line; do
  if [ -z "$ours" ]; then
    case $line in
    "@@mooring $id") ours=yes ;;
    'e '*)
      line=${'$'}{line#e }
      name=${'$'}{line%% *}
      case $name in *[!A-Za-z_]*) continue ;; esac
      printf "%s='%s'; export %s\n" "$name" "$(printf %s "${'$'}{line#* }" | sed "s/'/'\\\\''/g")" "$name" >>"$secrets/.env"
      ;;
    esac
    continue
  fi
  text=${'$'}{line#??}
  case $line in
  's '*) printf '%s\n' "$text" >&4 ;;
  'p '*) printf '%s\n' "$text" >"$run/plan.json" ;;
  'k '*) printf '%s\n' "$text" >"$run/kind" ;;
  'u '*) printf '%s\n' "$text" >"$run/uploads" ;;
  'b '*) printf '%s %s\n' "$id" "$text" >"$run/holder" ;;
  'x '*) printf '%s\n' "${'$'}{text#* }" >"$secrets/${'$'}{text%% *}" ;;
  'm '*)
    masks=$((masks + 1))
    printf '%s\n' "$text" >"$secrets/.masks/$masks"
    ;;
  '.') break ;;
  esac
done
exec 4>&-
if [ "$line" != . ]; then
  rm -rf "$run" "$secrets"
  broken 'the connection ended while the plan was sent'
fi
printf '%s\n' "$secrets" >"$run/secrets"
cat /proc/sys/kernel/random/boot_id >"$run/boot" 2>/dev/null
: >"$run/events" || broken "can't write to $run: is the disk full?"
cp "$run/holder" "$state/holder" && chmod 644 "$state/holder"
if [ "$(id -u)" = 0 ]; then
  group=$(id -g "$account")
  chgrp "$group" "$run" "$run/events" "$run/plan.json" "$run/boot" "$run/secrets"
  chmod 750 "$run"
  chmod 640 "$run/events" "$run/plan.json" "$run/boot"
  chown "$account" "$run/ask"
fi
# The last twenty are history enough.
ls -1t "$state/runs" | tail -n +21 | while IFS= read -r old; do rm -rf "$state/runs/$old"; done
begin() { setsid "$@" sh "$run/script" run "$run" </dev/null >/dev/null 2>"$run/trouble" & }
begun() {
  tries=0
  while [ ! -s "$run/pid" ] && [ "$tries" -lt 50 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  [ -s "$run/pid" ]
}
# Out of the login session, which ends with the connection (logind's KillUserProcesses).
if [ "$(id -u)" = 0 ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
  begin systemd-run --scope --quiet --collect --unit="mooring-run-$id"
  begun || begin
else
  begin
fi
if begun; then
  echo "started"
else
  echo "broken $(tail -n 1 "$run/trouble")"
fi
`;

export interface LaunchInput {
  readonly runId: string;
  readonly kind: Plan['kind'];
  readonly script: string;
  /** One line of JSON: {@link Manifest}. */
  readonly manifest: string;
  /** Who starts it, for others: `lena@thinkpad`. */
  readonly by: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Folder on the server with what was uploaded for the run; null: nothing was. */
  readonly uploadsDir: string | null;
  /** Null where sudo asks for none. */
  readonly sudoPassword: string | null;
}

/** What goes to {@link launchScript} by stdin. */
export function launchInput(input: LaunchInput): string {
  const { runId, kind, script, manifest, by, secrets, uploadsDir, sudoPassword } = input;
  return [
    ...(sudoPassword === null ? [] : [sudoPassword]),
    `@@mooring ${runId}`,
    `k ${kind}`,
    ...script.split('\n').map((line) => `s ${line}`),
    `p ${manifest}`,
    `b ${by}`,
    ...(uploadsDir === null ? [] : [`u ${uploadsDir}`]),
    ...Object.entries(secrets).map(([name, value]) => `x ${name} ${value}`),
    ...masksFor(Object.values(secrets)).map((each) => `m ${each}`),
    '.',
    '',
  ].join('\n');
}

/** A secret as it may show: as it is, in URLs, in JSON. Longest first, so that no part of one is left. */
export function masksFor(secrets: readonly string[]): readonly string[] {
  const shapes = secrets
    .filter((each) => each.length >= 4)
    .flatMap((each) => [
      each,
      encodeURIComponent(each),
      encodeURIComponent(each).toLowerCase(),
      // As the prelude's secret_url writes it.
      encodeURIComponent(each).replace(/%[0-9A-F]{2}|./g, (part) =>
        part.length === 3 ? part.toLowerCase() : `%${part.charCodeAt(0).toString(16).padStart(2, '0')}`,
      ),
      JSON.stringify(each).slice(1, -1),
      each.replaceAll("'", "'\\''"),
      each.replaceAll('%', '%%'),
    ]);
  return [...new Set(shapes)].sort((a, b) => b.length - a.length);
}
