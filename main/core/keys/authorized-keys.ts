/**
 * Adds a line to ~/.ssh/authorized_keys on a server, or takes it off again. The line comes by stdin; the answer is lines
 * of `name value`. Built of what every POSIX system has.
 */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';

export const authorizedKeysLimitMs = 20_000;

// No `${` in here: JavaScript would read it.
const common = String.raw`
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
unset LANGUAGE ENV BASH_ENV CDPATH
umask 077
broken() { printf 'broken %s\n' "$*"; exit 0; }
IFS= read -r line || broken 'no key came'
set -f
set -- $line
type=$1 blob=$2
case $type in ssh-* | ecdsa-* | sk-*) ;; *) broken 'no key came' ;; esac
if [ -z "$blob" ]; then broken 'no key came'; fi
set +f
# As sshd set it, from the account.
case $HOME in /?*) ;; *) broken 'this account has no home folder' ;; esac
if [ ! -d "$HOME" ]; then broken "its home folder $HOME does not exist"; fi
dir=$HOME/.ssh
file=$dir/authorized_keys
`;

/**
 * `present [options]`: there already. `added`, with `made folder`, `made file` for what was not there. `loose PATH`:
 * others may write there, for which sshd refuses all keys. `sshd NAME VALUE`: what its configuration says, as far as this
 * account may read it. `broken WHY`: nothing was changed.
 */
export const addScript =
  common +
  String.raw`
loose() {
  case $(ls -ldL "$1" 2>/dev/null) in ?????w* | ????????w*) printf 'loose %s\n' "$1" ;; esac
}
sshd_says() {
  set -- /etc/ssh/sshd_config.d/*.conf /etc/ssh/sshd_config
  for each; do
    if [ ! -r "$each" ]; then continue; fi
    while IFS= read -r said || [ -n "$said" ]; do
      set -f
      set -- $(printf '%s' "$said" | tr '=\t"' '   ')
      set +f
      case $1 in
      [Mm]atch) break ;;
      [Aa]uthorized[Kk]eys[Ff]ile)
        if [ -z "$files" ] && shift; then files="$*"; fi
        ;;
      [Pp]ubkey[Aa]uthentication)
        if [ -z "$pubkey" ]; then pubkey=$2; fi
        ;;
      esac
    done <"$each"
  done
  if [ -n "$files" ]; then printf 'sshd files %s\n' "$files"; fi
  if [ -n "$pubkey" ]; then printf 'sshd pubkey %s\n' "$pubkey"; fi
}
files= pubkey=
sshd_says 2>/dev/null
loose "$HOME"
made=
if [ ! -d "$dir" ]; then
  trouble=$(mkdir "$dir" 2>&1) || broken "$trouble"
  made=folder
  echo 'made folder'
fi
fresh=
undo() {
  if [ -n "$fresh" ] && [ ! -s "$file" ] && [ ! -L "$file" ]; then rm -f "$file"; fi
  if [ -n "$made" ]; then rmdir "$dir" 2>/dev/null; fi
}
if [ -e "$file" ] && [ ! -f "$file" ]; then undo; broken "$file is not a plain file"; fi
if [ -e "$file" ]; then
  if [ ! -r "$file" ]; then broken "$file: Permission denied"; fi
  # Without IFS= the blanks around a line are dropped.
  while read -r each || [ -n "$each" ]; do
    case $each in '#'*) continue ;; esac
    case " $each " in
    *[[:space:]]"$blob"[[:space:]]*)
      case $each in "$type"[[:space:]]*) echo present ;; *) echo 'present options' ;; esac
      exit 0
      ;;
    esac
  done <"$file"
else
  fresh=yes
  echo 'made file'
fi
# A last line without its end would be joined with ours. One write: others may be adding theirs.
start=
if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then start='
'; fi
# Where the folder may not be changed but the file may, or the other way round, it is the file that counts.
trouble=$({ printf '%s%s\n' "$start" "$line" >>"$file"; } 2>&1) || { undo; broken "$trouble"; }
found=
while IFS= read -r each; do
  if [ "$each" = "$line" ]; then found=yes; fi
done <"$file"
if [ -z "$found" ]; then broken "what was written to $file is not in it"; fi
chmod 700 "$dir" 2>/dev/null
chmod 600 "$file" 2>/dev/null
if command -v restorecon >/dev/null 2>&1; then restorecon -R "$dir" >/dev/null 2>&1; fi
loose "$dir"
loose "$file"
echo added
`;

/** Takes off every line that is ours to the letter: `removed`, `absent` or `broken WHY`. What is left empty goes too if `made`. */
export const removeScript =
  common +
  String.raw`
if [ ! -f "$file" ]; then echo absent; exit 0; fi
# Replaced in one step, so that a full disk loses nobody's key; where it leads to by a link.
real=$(readlink -f "$file" 2>/dev/null)
if [ -z "$real" ]; then real=$file; fi
new=$real.mooring-$$
found=
others() {
  while IFS= read -r each || [ -n "$each" ]; do
    if [ "$each" = "$line" ]; then found=yes; continue; fi
    printf '%s\n' "$each" || return 1
  done <"$real"
}
trouble=$({ : >"$new"; } 2>&1) || broken "$trouble"
others 2>/dev/null >>"$new" || { rm -f "$new"; broken 'No space left for a new list of keys'; }
if [ -z "$found" ]; then
  rm -f "$new"
  echo absent
  exit 0
fi
IFS= read -r made
if [ ! -s "$new" ] && [ -n "$made" ]; then
  rm -f "$new" "$real"
  case $made in *folder*) rmdir "$dir" 2>/dev/null ;; esac
else
  trouble=$(mv -f "$new" "$real" 2>&1) || { rm -f "$new"; broken "$trouble"; }
  if command -v restorecon >/dev/null 2>&1; then restorecon "$real" >/dev/null 2>&1; fi
fi
echo removed
`;

export interface AddedLine {
  readonly added: boolean;
  /** It was there with options before it, which may restrict it. */
  readonly withOptions: boolean;
  /** For {@link removeScript}. */
  readonly made: string;
  readonly loosePaths: readonly string[];
  /** What sshd_config says, outside its conditions; null: nothing, or it may not be read. */
  readonly keyFiles: string | null;
  readonly takesKeys: boolean;
}

export function parseAdded(output: string, serverName: string): Reply<AddedLine> {
  const lines = output.split('\n').filter((each) => each !== '');
  const values = (name: string) =>
    lines.filter((each) => each.startsWith(`${name} `)).map((each) => each.slice(name.length + 1));
  const [broken] = values('broken');
  if (broken !== undefined) return failed(cantWrite(serverName, broken));
  const added = lines.includes('added');
  const present = lines.find((each) => /^present( options)?$/.test(each));
  if (!added && present === undefined) return failed(noAnswer(serverName));
  const sshd = values('sshd');
  const said = (name: string) => sshd.find((each) => each.startsWith(`${name} `))?.slice(name.length + 1) ?? null;
  return done({
    added,
    withOptions: present === 'present options',
    made: values('made').join(' '),
    loosePaths: values('loose'),
    keyFiles: said('files'),
    takesKeys: said('pubkey')?.toLowerCase() !== 'no',
  });
}

export function parseRemoved(output: string, serverName: string): Reply<null> {
  const broken = /^broken (.*)$/m.exec(output)?.[1];
  if (broken !== undefined) return failed(cantWrite(serverName, broken));
  return /^(removed|absent)$/m.test(output) ? done(null) : failed(noAnswer(serverName));
}

const reasons: readonly (readonly [pattern: RegExp, reason: string, hint: string])[] = [
  [
    /read-only/i,
    'its disk is read-only',
    'Ask whoever runs the server, or see there why: a disk with faults is set so.',
  ],
  [/no space/i, 'its disk is full', 'Make room on the server, then try again.'],
  [/quota/i, 'your disk quota there is used up', 'Make room in your home folder there, then try again.'],
  [
    /denied|not permitted/i,
    'this account may not write there',
    'The folder ~/.ssh must be yours. Ask whoever runs the server to put the key there.',
  ],
];

function cantWrite(serverName: string, text: string): Failure {
  const [, reason, hint] = reasons.find(([pattern]) => pattern.test(text)) ?? [];
  const why = reason ?? text.replace(/[\p{C}]/gu, ' ').slice(0, 200);
  return failure('storage-failed', `The key could not be put on ${serverName}: ${why}.`, {
    hint: hint ?? 'Nothing was changed there. See ~/.ssh on the server.',
    ...(reason === undefined ? {} : { detail: text.slice(0, 500) }),
  });
}

const noAnswer = (serverName: string): Failure =>
  failure('protocol-error', `${serverName} did not say whether it has the key.`, { hint: 'Try again.' });

/** Whether a setting of `AuthorizedKeysFile` names the usual file of the account. */
export const namesUsualFile = (keyFiles: string): boolean =>
  keyFiles.split(/\s+/).some((each) => /^(%h\/|~\/)?\.ssh\/authorized_keys2?$/.test(each));
