/** Looks on the server at one MLflow for what could be put right. Tells in single words only, so that no secret shows. */
import { done, failed, failure, type Reply } from '../../../../shared/failure.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import type { FoundMlflow } from './found-mlflow.ts';
import { putRightFunctions } from './functions.ts';
import { putRightVariables } from './steps.ts';
import { prelude } from '../../script/prelude.ts';

export interface PutRightLook {
  readonly bind: 'wide' | 'loopback' | 'unknown';
  readonly paths: 'relative' | 'absolute' | 'unknown';
  readonly hosts: 'any' | 'limited' | 'unknown';
  /** `default`: the password that MLflow came with. */
  readonly login: 'none' | 'default' | 'own' | 'unknown';
  /** The account's crontab starts it too. */
  readonly inCrontab: boolean;
}

/** Run as the login account; changes nothing. Takes about a second. */
export const putRightLook = (found: FoundMlflow, home: string): string => `
set -u
MOORING_SCOPE=${found.unit?.scope ?? 'system'}
MOORING_HOME=${quoted(home)}
MOORING_STATE=/nonexistent
MOORING_STACK=/nonexistent
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C.UTF-8
export PATH LC_ALL
${prelude}
${putRightVariables(found)}
${putRightFunctions}
${look}`;

const look = String.raw`
# Not a unit's: what its process runs with is looked at in place of a file.
if [ -z "$unit" ] && ! { [ -n "$script" ] && [ -r "$script" ]; }; then
  base_words() { look_pid=$(top_pid) && tr '\000' ' ' <"/proc/$look_pid/cmdline" && tr '\000' '\n' <"/proc/$look_pid/environ"; }
elif [ -z "$unit" ]; then
  base_words() { cat "$script"; }
else
  base_words() { find_target && current_text; }
fi
words=$(base_words 2>/dev/null) || words=
right() { [ "$(printf '%s\n' "$words" | cksum)" = "$(printf '%s\n' "$words" | "$1" | cksum)" ]; }

if ! listens; then echo 'bind=unknown'; elif is_wide; then echo 'bind=wide'; else echo 'bind=loopback'; fi
if [ -z "$words" ] || ! find_folder; then
  echo 'paths=unknown'
elif right filter_paths && ! unnamed_store; then
  echo 'paths=absolute'
else
  echo 'paths=relative'
fi
if [ -z "$words" ]; then echo 'hosts=unknown'; elif right filter_hosts; then echo 'hosts=limited'; else echo 'hosts=any'; fi
api=http://127.0.0.1:$port/api/2.0/mlflow/experiments/search?max_results=1
case $(http_status "$api") in
200) echo 'login=none' ;;
401)
  # The usual one of old; everybody knows it.
  if has curl; then
    said=$(printf 'user = "admin:password1234"\n' | curl -s -o /dev/null -m 5 --noproxy '*' -w '%{http_code}' -K - "$api")
  else
    said=
  fi
  case $said in 200) echo 'login=default' ;; 401) echo 'login=own' ;; *) echo 'login=unknown' ;; esac
  ;;
*) echo 'login=unknown' ;;
esac
if has crontab && crontab -l 2>/dev/null | grep -v '^ *#' | grep -q mlflow; then echo 'crontab=yes'; fi
echo 'done'
`;

export function parsePutRightLook(output: string): Reply<PutRightLook> {
  const lines = output.split(/\r?\n/);
  if (!lines.includes('done')) {
    return failed(
      failure('protocol-error', 'The server did not tell how MLflow is set up there.', { hint: 'Try again.' }),
    );
  }
  const word = <T extends string>(key: string, known: readonly T[], otherwise: T): T =>
    known.find((each) => lines.includes(`${key}=${each}`)) ?? otherwise;
  return done({
    bind: word('bind', ['wide', 'loopback'], 'unknown'),
    paths: word('paths', ['relative', 'absolute'], 'unknown'),
    hosts: word('hosts', ['any', 'limited'], 'unknown'),
    login: word('login', ['none', 'default', 'own'], 'unknown'),
    inCrontab: lines.includes('crontab=yes'),
  });
}
