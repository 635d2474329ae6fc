/** What a plan's script does when a person runs it: usage, questions, the steps, and at the end how to go on. */
import type { Plan, PlanSecret } from '../../../shared/setup/plan.ts';
import { adoptedPort } from '../../../shared/setup/offers.ts';
import type { StackSecretName } from '../../../shared/setup/stack.ts';
import { onOneLine, quoted, words } from '../../../shared/shell-words.ts';
import { isPassword, newSecretShape, passwordTroubles, shortestPassword } from '../passwords.ts';

/** Those that a person signs in with, as they are called at the end. The others serve programs alone: nobody is told. */
const shownSecrets: Partial<Record<StackSecretName, string>> = {
  'mlflow.admin-password': 'password',
  'storage.access-key': 'access key',
  'storage.secret-key': 'secret key',
  'storage.admin-password': 'console password (user admin)',
};

/** `standing`: as of `planScript`. */
export const byHandFunctions = (plan: Plan, standing: readonly StackSecretName[]): string =>
  [usageFunction(plan), secretsFunctions(plan, standing), closingFunction(plan), byHand].join('\n');

/** With the environment, where that is neither the usual one nor in the title. */
export function scriptTitle({ title, environment, draft }: Plan): string {
  const isSaid = environment === 'main' || environment === draft.stack || adoptedPort(environment) !== null;
  return onOneLine(isSaid ? title : `${title} (${environment})`);
}

function usageFunction(plan: Plan): string {
  const asRoot = plan.scope === 'system';
  const asked =
    plan.secrets.length === 0
      ? []
      : [
          'Passwords and keys are asked for, one line each. An empty answer keeps what stands, or makes one up where that is',
          'possible.',
        ];
  const brought = plan.uploads.flatMap((each) =>
    'path' in each
      ? [
          `First put the files of ${onOneLine(each.path)} into a folder FOLDER/${each.name} of this server, then run it as:`,
          `  ${asRoot ? 'sudo ' : ''}MOORING_UPLOADS=FOLDER sh FILE`,
        ]
      : [],
  );
  return [
    '',
    'usage() {',
    `  echo "Usage: ${asRoot ? 'sudo ' : ''}sh $0 [--check | --help]"`,
    "  cat <<'USAGE'",
    '',
    `${scriptTitle(plan)}: ${plan.kind === 'uninstall' ? 'takes it off this server again' : 'sets it up on this server'}, ${
      asRoot ? 'as root' : `as ${onOneLine(plan.account)}, without root`
    }.`,
    '',
    '  (nothing)     does all steps; those with nothing to do are passed over, so that it can be run again',
    '  --check       tells which steps there are to do; asks for nothing and changes nothing',
    '  -h, --help    shows this text',
    ...[asked, brought].flatMap((lines) => (lines.length === 0 ? [] : ['', ...lines])),
    'USAGE',
    '}',
  ].join('\n');
}

function secretsFunctions(plan: Plan, standing: readonly StackSecretName[]): string {
  const wordOf = (...names: readonly StackSecretName[]) =>
    names.every((each) => standing.includes(each)) ? 'stands' : 'new';
  const needing = plan.steps.filter(({ secrets }) => secrets.length > 0);
  return [
    '',
    'ask_secrets() {',
    ...plan.secrets.map((each) => `  ask_secret ${words(...askedWith(each, wordOf(each.name)))}`),
    '  :',
    '}',
    '# The word of the secrets that a step writes down, as for ask_secret: new where one of them is. Nothing: it has none.',
    'step_secrets() {',
    '  case $1 in',
    ...needing.map(({ id, secrets }) => `  ${id}) echo ${wordOf(...secrets)} ;;`),
    '  esac',
    '}',
  ].join('\n');
}

const askedWith = ({ name, label, origin }: PlanSecret, word: 'stands' | 'new'): readonly string[] => {
  const { alphabet, length } = newSecretShape(name);
  const rule = [String(shortestPassword), `${passwordTroubles.short}.`, `${passwordTroubles.notPlain}.`];
  return [name, origin, word, onOneLine(label), String(length), alphabet, ...(isPassword(name) ? rule : [])];
};

/** Where it answers, who signs in, and how to get there. */
function closingFunction({ kind, services, secrets, adminUser, account, environment }: Plan): string {
  const name = (text: string) => quoted(`  ${text}`.padEnd(15));
  if (kind === 'uninstall' || services.length === 0) return '\nhow_to_go_on() { :; }';
  const hasMlflow = services.some(({ service }) => service === 'mlflow');
  const shown = secrets.flatMap((each) => {
    const word = shownSecrets[each.name];
    return word === undefined ? [] : [{ name: each.name, word }];
  });
  const tunnels = services.map(({ port }) => `-L ${String(port)}:127.0.0.1:${String(port)}`).join(' ');
  const port = adoptedPort(environment);
  const adopt = `mooring setup adopt SERVER ${port === null ? `--environment ${environment}` : `--port ${String(port)}`}`;
  const plain = (text: string) => `  printf '%s\\n' ${quoted(text)}`;
  return [
    '',
    'how_to_go_on() {',
    '  echo',
    plain('It answers at these addresses of this server:'),
    ...services.map((each) => `  printf '%s %s\\n' ${name(each.label)} http://127.0.0.1:${String(each.port)}`),
    ...(adminUser === null ? [] : [`  printf '%s %s\\n' ${name('user')} ${quoted(onOneLine(adminUser))}`]),
    ...shown.map((each) => `  show_secret ${words(each.name)} ${name(each.word)}`),
    '  echo',
    plain('To reach it, run this on your own machine, with the address of this server in place of SERVER:'),
    plain(`  ssh -N ${tunnels} ${onOneLine(account)}@SERVER`),
    plain(`and use the same ${services.length === 1 ? 'address' : 'addresses'} there.`),
    ...(hasMlflow
      ? [plain('Or let Mooring do that, with the name that this server has there:'), plain(`  ${adopt}`)]
      : []),
    '}',
  ].join('\n');
}

const byHand = String.raw`
# without_who [FILE]: a manifest as it is whoever began it.
without_who() { sed 's/"by":"[^"]*",//' "$@" 2>/dev/null; }
# stands stands|new: whether secrets are on this server that Mooring called so when this script was saved. The new ones are
# there as soon as this very plan came to its end. A change that did not come to its end leaves that as it was before.
stands() {
  if [ -e "$MOORING_STACK/complete" ]; then
    stands_by=manifest.json
  elif [ -e "$MOORING_STACK/complete.before" ]; then
    stands_by=complete.before
  else
    return 1
  fi
  [ "$1" = stands ] ||
    [ "$(without_who "$MOORING_STACK/$stands_by")" = "$(printf '%s\n' "$MOORING_MANIFEST" | without_who)" ]
}

# ask_secret NAME given|generated stands|new LABEL LENGTH ALPHABET [SHORTEST TOO-SHORT NOT-PLAIN]: LENGTH and ALPHABET of
# one that is made up; the rest for a password, the last two words for a person.
ask_secret() {
  ask_empty= ask_stands=
  if stands "$3"; then
    ask_stands=yes
    ask_empty=' (empty: it stays as it is)'
  elif [ "$2" = generated ]; then
    ask_empty=' (empty: make one up)'
  fi
  while :; do
    ask_ended=
    if [ -t 0 ]; then hushed=yes && stty -echo; fi
    printf '%s%s: ' "$4" "$ask_empty" >&2
    IFS= read -r asked || ask_ended=yes
    if [ -n "$hushed" ]; then stty echo && hushed=; fi
    echo >&2
    ask_trouble=
    if [ -z "$asked" ]; then
      # Piped in, the step that needs it says so.
      if [ -z "$ask_empty" ] && [ -t 0 ]; then ask_trouble='It is needed: nothing can be made up for it.'; fi
    elif [ $# -gt 6 ]; then
      if [ "$(printf '%s' "$asked" | wc -m)" -lt "$7" ]; then
        ask_trouble=$8
      elif [ -n "$(printf '%s' "$asked" | tr -d ' -~')" ]; then
        ask_trouble=$9
      fi
    fi
    [ -n "$ask_trouble" ] || break
    echo "$ask_trouble" >&2
    if [ -n "$ask_ended" ] || ! [ -t 0 ]; then exit 1; fi
  done
  if [ -z "$asked" ] && [ "$2" = generated ] && [ -z "$ask_stands" ]; then
    asked=$(head -c 256 /dev/urandom | base64 | tr -dc "$6" | cut -c "1-$5")
    made_up="$made_up $1 "
  fi
  if [ -n "$asked" ]; then (umask 077 && printf '%s\n' "$asked" >"$MOORING_SECRETS/$1"); fi
}
# show_secret NAME WORD: only what was made up here; the rest is known to who gave it.
show_secret() {
  case $made_up in
  *" $1 "*) printf '%s %s    (made up now, and shown this once)\n' "$2" "$(secret "$1")" ;;
  *)
    if has_secret "$1"; then printf '%s as you gave it\n' "$2"; else printf '%s as before\n' "$2"; fi
    ;;
  esac
}

# may_run WORD…: whether this is the place and the account for it.
may_run() {
  # From standard input it is the shell itself.
  if [ ! -f "$0" ] || [ "$(head -c 2 "$0")" != '#!' ]; then
    echo 'Save this script in a file and run that: sh FILE' >&2
    exit 2
  fi
  if [ "$MOORING_SCOPE" = system ] && [ "$(id -u)" != 0 ]; then
    echo "Run this as root: sudo sh $0$*" >&2
    exit 1
  fi
  if [ "$MOORING_SCOPE" = user ] && [ "$(id -un)" != "$MOORING_ACCOUNT" ]; then
    echo "This is for the account $MOORING_ACCOUNT alone: log in as $MOORING_ACCOUNT and run it without sudo." >&2
    exit 1
  fi
}
# lock: one run at a time, by hand or not.
lock() {
  has flock || return 0
  mkdir -p "$MOORING_STATE" && : >>"$MOORING_STATE/lock" && chmod 644 "$MOORING_STATE/lock" || exit 1
  exec 9<"$MOORING_STATE/lock"
  if ! flock -n 9; then
    echo "Another run is under way on this server, begun by $(cut -d ' ' -f 2- "$MOORING_STATE/holder" 2>/dev/null)." >&2
    echo 'Wait for its end, then run this again. Nothing was changed.' >&2
    exit 1
  fi
  echo "by-hand $(id -un), by hand" >"$MOORING_STATE/holder" && chmod 644 "$MOORING_STATE/holder"
}
stopped() {
  echo >&2
  echo 'Stopped. Run this again to go on.' >&2
  exit "$1"
}

# part_of STEP PART: in a shell of its own, which nobody answers and which does not hold the lock.
part_of() { sh "$0" part "$1" "$2" </dev/null 9>&-; }

look_by_hand() {
  may_run ' --check'
  MOORING_SECRETS=/nonexistent
  export MOORING_SECRETS
  ok=0 ahead=0
  for step in $MOORING_STEPS; do
    # Nothing is known of secrets that are still to be told or made up.
    look_word=$(step_secrets "$step")
    if { [ -z "$look_word" ] || stands "$look_word"; } && part_of "$step" check >/dev/null 2>&1; then
      echo "ok       $(step_title "$step")"
      ok=$((ok + 1))
    else
      echo "to do    $(step_title "$step")"
      ahead=$((ahead + 1))
    fi
  done
  echo "$MOORING_TITLE: $ok ok, $ahead to do. Nothing was changed."
}

go_by_hand() {
  may_run
  lock
  made_up= hushed= MOORING_SECRETS=
  trap 'if [ -n "$hushed" ]; then stty echo; fi; rm -rf "$MOORING_SECRETS"' EXIT
  trap 'stopped 129' HUP
  trap 'stopped 130' INT
  trap 'stopped 143' TERM
  MOORING_SECRETS=$(mktemp -d) || exit 1
  MOORING_SAY='… '
  export MOORING_SECRETS MOORING_SAY
  ask_secrets
  if [ "$MOORING_KIND" = set-up ]; then
    stack_folder || exit 1
    # What fails from here on is not complete; what stood until then is still known to the questions about secrets.
    if [ -e "$MOORING_STACK/complete" ]; then
      cat "$MOORING_STACK/manifest.json" 2>/dev/null | put_note complete.before || exit 1
    fi
    rm -f "$MOORING_STACK/complete" "$MOORING_STACK/kept.json"
    printf '%s\n' "$MOORING_MANIFEST" | put_note manifest.json || exit 1
  fi
  ok=0 changed=0
  for step in $MOORING_STEPS; do
    if part_of "$step" check >/dev/null 2>&1; then
      echo "ok       $(step_title "$step")"
      ok=$((ok + 1))
      continue
    fi
    echo "-------- $(step_title "$step")"
    if ! part_of "$step" apply || ! part_of "$step" verify; then
      echo "failed   $(step_title "$step"): mend the cause and run this again, it goes on here." >&2
      exit 1
    fi
    echo "changed  $(step_title "$step")"
    changed=$((changed + 1))
  done
  if [ "$MOORING_KIND" = set-up ]; then
    : >"$MOORING_STACK/complete" && rm -f "$MOORING_STACK/complete.before"
  elif [ -d "$MOORING_STACK" ]; then
    printf '%s\n' "$MOORING_MANIFEST" | left_over
  fi
  echo "$MOORING_TITLE: $ok ok, $changed changed"
  # Beside the output: a password does not belong into a file that this was written to.
  how_to_go_on >&2
}

wrong_use() {
  echo "$0 does not know: $*" >&2
  usage >&2
  exit 2
}

main() {
  case ${'$'}{1-}:$# in
  :0) go_by_hand ;;
  --check:1) look_by_hand ;;
  --help:1 | -h:1) usage ;;
  # These two are said by this script itself and by Mooring.
  part:3) run_part "$2" "$3" ;;
  run:2) if [ -r "$2/secrets" ] && [ -r "$2/kind" ]; then run_all "$2"; else wrong_use "$@"; fi ;;
  *) wrong_use "$@" ;;
  esac
}
`;
