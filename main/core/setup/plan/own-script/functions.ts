/** What the steps of a person's own script share. POSIX sh with coreutils, findutils and GNU tar. */

export const uploadFunctions = String.raw`
files_of() { (cd "$1" && find . -mindepth 1 -print0 | sort -z); }
# seal FOLDER: of the files in the list, what they hold and who may execute them.
seal() {
  tar -C "$1" --null --no-recursion -T "$list" --mtime=@0 --owner=0 --group=0 --numeric-owner --hard-dereference \
    -cf - 2>/dev/null | sha256sum
}
# drop_files: removes those whose names come by stdin, in order; then the folders among them that are empty. find goes
# through no link that a script may have put in the place of a folder.
drop_files() {
  [ -d "$folder" ] || return 0
  drop_list=$list.drop
  cat >"$drop_list"
  files_of "$folder" | comm -z -12 - "$drop_list" | sort -rz | (
    cd "$folder"
    xargs -0 -r sh -c 'for each; do
      if [ -d "$each" ] && [ ! -L "$each" ]; then rmdir "$each" 2>/dev/null || :; else rm -f "$each"; fi
    done' sh
  )
  rm -f "$drop_list"
}
not_written() {
  echo "Not all of $path could be written to $folder; is the disk full?" >&2
  df -h "$folder" >&2 || true
  exit 1
}
`;

export const runFunctions = String.raw`
# is_file: one file was brought, not a folder.
is_file() { [ -f "$folder/$name" ] && [ "$(tr -cd '\000' <"$list" | wc -c)" = 1 ]; }

# run_usual NAME…: those that are there.
run_usual() {
  usual_ran=
  for usual in "$@"; do
    if [ -f "$folder/$usual" ]; then
      usual_ran=yes
      run_it "$usual"
    fi
  done
  if [ -z "$usual_ran" ]; then
    echo "There is no install.sh and no run_tests.sh in $path: say what to run." >&2
    what_is_there
    exit 1
  fi
}
what_is_there() {
  echo 'There is:' >&2
  (cd "$folder" && find . -maxdepth 2 -type f ! -path '*/.git/*' | sed 's#^\./##' | sort | head -n 40) >&2
}

# run_it NAME: with its own first line, or by what it is; nothing can be asked of it, since nobody is there to answer.
run_it() {
  run_name=$1
  run_file=$folder/$1
  if [ ! -f "$run_file" ]; then
    echo "There is no $run_name in $path." >&2
    what_is_there
    exit 1
  fi
  run_first=$(head -c 300 "$run_file" | tr -d '\000' | head -n 1)
  run_with=
  case $run_first in
  '#!'*) if [ ! -x "$run_file" ]; then run_with=$(printf '%s' "$run_first" | sed 's/^#![[:space:]]*//'); fi ;;
  "$(printf '\177')ELF"*) : ;;
  *)
    case $run_name in
    *.py) run_with=python3 ;;
    *) if has bash; then run_with=bash; else run_with=sh; fi ;;
    esac
    ;;
  esac
  if printf '%s' "$run_first" | grep -q "$(printf '\r')\$" && [ "$run_with" != python3 ]; then
    echo "$run_name has the line ends of Windows (CR LF), which shells here can't read." >&2
    echo 'Save it with line ends of Unix (LF), and try again; for git: *.sh text eol=lf in .gitattributes.' >&2
    exit 1
  fi
  for run_program in $run_with; do
    if ! has "$run_program"; then
      echo "$run_name needs $run_program, which is not on this server." >&2
      exit 1
    fi
    break
  done
  say "runs $run_name"
  run_status=0
  (
    cd "$folder"
    HOME=$(getent passwd "$(id -un)" | cut -d: -f6)
    if [ "$MOORING_SCOPE" = user ]; then PATH=$HOME/.local/bin:$HOME/bin:$PATH; fi
    # What comes is shown as it comes; questions of packages get their usual answer.
    PYTHONUNBUFFERED=1 DEBIAN_FRONTEND=noninteractive
    export HOME PATH PYTHONUNBUFFERED DEBIAN_FRONTEND
    arguments
  ) </dev/null || run_status=$?
  case $run_status in
  0) return 0 ;;
  126) echo "$run_name ended with exit code 126: it, or a program that it calls, may not be executed." >&2 ;;
  127) echo "$run_name ended with exit code 127: a program that it calls is not on this server." >&2 ;;
  129 | 13[0-9] | 14[0-9] | 15[0-9]) echo "$run_name was ended by signal $((run_status - 128))." >&2 ;;
  *) echo "$run_name ended with exit code $run_status." >&2 ;;
  esac
  exit "$run_status"
}
`;
