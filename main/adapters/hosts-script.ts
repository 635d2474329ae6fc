/**
 * What changes the hosts file, as one constant text for /bin/sh: run as it is where this user may write the file, and by
 * the system's own way of asking where not. Data comes as arguments only and is judged again inside. The deb and rpm
 * packages bring the same text as a program of root's (build/linux/hosts-helper).
 *
 * The file is replaced in one step by a copy that has its mode, owner, ACL and attributes. A name that is a mount
 * (containers), or one of several of the file, can't be replaced: there the bytes from the block on are written over, in
 * one write that leaves whole lines behind even when it is the last thing that happens. Killed anywhere it leaves the old
 * file or the new one.
 */
export const hostsScript = `# Changes one block in the hosts file. Arguments: 1 PATH ID SHA256 START END INSERT.
# The bytes from START to before END, which must be the block of ID or nothing, become INSERT. All that is handed over is
# judged here again, whoever called. Exit: 0 done, 10 the file is another one, 11 busy, 12 refused, 13 can't be written.
set -u
umask 077
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
helper=\${helper:-no}
nl='
'
cr=$(printf '\\r')

stop() {
  printf '%s\\n' "$2" >&2
  exit "$1"
}

# --- what is handed over ---------------------------------------------------------------------------------------------
[ "$#" -eq 7 ] && [ "$1" = 1 ] || stop 12 'These are not the arguments of this version.'
path=$2 id=$3 from=$4 start=$5 end=$6 insert=$7

is_ipv4() {
  case $1 in *[!0-9.]* | .* | *. | *..*) return 1 ;; esac
  parts=0
  rest=$1.
  while [ -n "$rest" ]; do
    part=\${rest%%.*} rest=\${rest#*.}
    case $part in 0?* | ????*) return 1 ;; esac
    [ "$part" -le 255 ] || return 1
    parts=$((parts + 1))
  done
  [ "$parts" -eq 4 ]
}

is_address() {
  case $1 in
    127.*) is_ipv4 "$1" ;;
    ::1) return 0 ;;
    0.* | 22[4-9].* | 2[3-5][0-9].*) return 1 ;;
    *:*:*) [ "$helper" = no ] && printf '%s\\n' "$1" | grep -Eqx '[0-9a-fA-F:.]{3,45}' ;;
    *) [ "$helper" = no ] && is_ipv4 "$1" ;;
  esac
}

is_name() {
  [ "\${#1}" -le 253 ] || return 1
  case $1 in localhost | *.localhost | localhost.localdomain | localdomain | broadcasthost | ip6-*) return 1 ;; esac
  case \${1##*.} in *[!0-9]*) ;; *) return 1 ;; esac
  printf '%s\\n' "$1" |
    grep -Eqx '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*'
}

is_begin() {
  case $1 in
    "# BEGIN mooring $id") return 0 ;;
    "# BEGIN mooring $id "*[!A-Za-z0-9_.-]*) return 1 ;;
    "# BEGIN mooring $id "?*) [ "\${#1}" -le 160 ] ;;
    *) return 1 ;;
  esac
}

is_end() {
  [ "$1" = "# END mooring $id" ] || [ "$1" = "# END mooring $id (ended the line above)" ]
}

case $path in /*) ;; *) stop 12 'The path is not a full one.' ;; esac
[ "$helper" = no ] || [ "$path" = /etc/hosts ] || stop 12 'Only /etc/hosts is changed.'
case $id in '' | *[!A-Za-z0-9_.:-]*) stop 12 'That is not the id of a block.' ;; esac
[ "\${#id}" -le 64 ] || stop 12 'That is not the id of a block.'
case $from in *[!0-9a-f]*) stop 12 'That is not a checksum.' ;; esac
[ "\${#from}" -eq 64 ] || stop 12 'That is not a checksum.'
for number in "$start" "$end"; do
  case $number in '' | *[!0-9]* | 0?* | ?????????*) stop 12 'That is not a place in the file.' ;; esac
done
[ "$start" -le "$end" ] || stop 12 'That is not a place in the file.'
[ "\${#insert}" -le 65536 ] || stop 12 'That is too much for one block.'

if [ -n "$insert" ]; then
  state=before number=0
  # The end of the last line is that of the text below.
  text=\${insert%"$nl"}
  while IFS= read -r line; do
    number=$((number + 1))
    [ "$number" -le 500 ] || stop 12 'That is too much for one block.'
    line=\${line%"$cr"}
    case $state in
      before)
        [ "$number" -eq 1 ] && [ -z "$line" ] && continue
        is_begin "$line" || stop 12 'The block does not begin as it should.'
        state=inside
        ;;
      inside)
        if is_end "$line"; then
          state=after
        else
          address=\${line%% *} name=\${line#* }
          [ "$line" = "$address $name" ] && is_address "$address" && is_name "$name" ||
            stop 12 "Line $number of the block may not be written."
        fi
        ;;
      *) stop 12 'There is something behind the block.' ;;
    esac
  done <<LINES
$text
LINES
  [ "$state" = after ] || stop 12 'The block does not end.'
fi

# --- the file --------------------------------------------------------------------------------------------------------
target=$(readlink -f "$path" 2>/dev/null) || target=
[ -n "$target" ] || target=$path
[ -f "$target" ] && [ ! -L "$target" ] || stop 13 'There is no such file.'
dir=\${target%/*}
[ -n "$dir" ] || dir=/
name=\${target##*/}
beside=$dir/.$name.mooring

work='' lock='' next=''
tidy() {
  [ -z "$next" ] || rm -f "$next"
  [ -z "$work" ] || rm -rf "$work"
  [ -z "$lock" ] || rm -f "$lock"
}
trap tidy EXIT
trap 'exit 15' HUP INT TERM

# A link that leads nowhere can be made only once, and says whose it is: one that was killed holds nobody up.
if [ -w "$dir" ]; then
  tries=0
  until ln -sn "$$" "$beside.lock" 2>/dev/null; do
    holder=$(readlink "$beside.lock" 2>/dev/null) || holder=
    case $holder in
      '' | *[!0-9]*) ;;
      *) if ! kill -0 "$holder" 2>/dev/null && ! ps -p "$holder" >/dev/null 2>&1; then rm -f "$beside.lock"; fi ;;
    esac
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || stop 11 'Another change of the file is under way.'
    sleep 0.1
  done
  lock=$beside.lock
  # Left by one that was killed.
  rm -f "$beside".??????
fi

work=$(mktemp -d "\${TMPDIR:-/tmp}/mooring-hosts.XXXXXX") || stop 13 'There is no room for temporary files.'

sum() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum <"$1"
  else
    shasum -a 256 <"$1"
  fi | cut -c 1-64
}

# Bytes of the file as it was, from $1 to before $2.
part() {
  [ "$2" -gt "$1" ] || return 0
  tail -c "+$(($1 + 1))" "$work/old" | head -c "$(($2 - $1))"
}

byte_at() {
  part "$1" "$(($1 + 1))" | od -An -tx1 | tr -d ' \\n'
}

cat "$target" >"$work/old" || stop 13 'The file can not be read.'
[ "$(sum "$work/old")" = "$from" ] || stop 10 'The file has changed meanwhile.'
size=$(($(wc -c <"$work/old")))
[ "$end" -le "$size" ] || stop 12 'That is not a place in the file.'

# --- only our block is replaced, and it is put behind the last line --------------------------------------------------
leads=no
case $insert in "$nl"* | "$cr$nl"*) leads=yes ;; esac
if [ "$start" -eq "$end" ]; then
  [ -n "$insert" ] && [ "$start" -eq "$size" ] || stop 12 'That is not the place for a block.'
  open=no
  [ "$size" -eq 0 ] || [ "$(byte_at "$((size - 1))")" = 0a ] || open=yes
  [ "$leads" = "$open" ] || stop 12 'That is not the place for a block.'
else
  content=$(part "$start" "$end" | tr -d '\\000\\r' && printf x)
  content=\${content%x}
  takes=no
  case $content in "$nl"*) takes=yes content=\${content#"$nl"} ;; esac
  ends=no
  case $content in *"$nl") ends=yes content=\${content%"$nl"} ;; esac
  is_begin "\${content%%"$nl"*}" && is_end "\${content##*"$nl"}" || stop 12 'That is not the block.'
  [ "$(printf '%s\\n' "$content" | grep -Ec '^# (BEGIN|END) mooring ')" -eq 2 ] || stop 12 'That is not one block.'
  [ "$takes" = yes ] || [ "$start" -eq 0 ] || [ "$(byte_at "$((start - 1))")" = 0a ] || stop 12 'That is not a line.'
  if [ -n "$insert" ]; then
    [ "$takes$ends$leads" = nonono ] || stop 12 'That is more than the block.'
    [ "$end" -eq "$size" ] || case $(byte_at "$end") in 0a | 0d) ;; *) stop 12 'That is not a line.' ;; esac
  else
    [ "$takes" = no ] || [ "$end" -eq "$size" ] || stop 12 'That is more than the block.'
    [ "$ends" = yes ] || [ "$end" -eq "$size" ] || stop 12 'That is not a line.'
  fi
fi

{
  part 0 "$start"
  printf '%s' "$insert"
  part "$end" "$size"
} >"$work/new" || stop 13 'There is no room for temporary files.'
wanted=$(sum "$work/new")

# --- writing ---------------------------------------------------------------------------------------------------------
# Mode, links, owner.
facts() {
  set -- $(ls -ldn "$1")
  printf '%s %s %s %s' "$1" "$2" "$3" "$4"
}

copy() {
  cp -a "$1" "$2" 2>/dev/null || cp -p "$1" "$2" 2>/dev/null
}

flush_disk() {
  sync "$1" 2>/dev/null || sync
}

# In one step: readers see the old file or the new one. Not where the name belongs to a mount, or to several names.
replace() {
  [ -n "$lock" ] || return 1
  before=$(facts "$target")
  case $before in *' 1 '*) ;; *) return 1 ;; esac
  next=$(mktemp "$beside.XXXXXX") || return 1
  copy "$target" "$next" && cat "$work/new" >"$next" || return 1
  [ "$(facts "$next")" = "$before" ] || return 1
  flush_disk "$next"
  [ "$(sum "$target")" = "$from" ] || stop 10 'The file has changed meanwhile.'
  mv -f "$next" "$target" 2>/dev/null || return 1
  next=''
  flush_disk "$dir"
}

# From byte $1 on the file becomes $2, written at once; a shorter one is filled up with empty lines first and cut after.
overwrite() {
  new_size=$(($(wc -c <"$2")))
  tail -c "+$(($1 + 1))" "$2" >"$work/rest" || return 1
  fill=$(($3 - new_size))
  [ "$fill" -le 0 ] || head -c "$fill" /dev/zero | tr '\\000' '\\n' >>"$work/rest"
  bytes=$(($(wc -c <"$work/rest")))
  # With "command" in front a file that can't be opened does not end the shell.
  command exec 3<>"$target" || return 1
  [ "$1" -eq 0 ] || dd "bs=$1" count=1 <&3 >/dev/null 2>&1 || return 1
  [ "$bytes" -eq 0 ] || dd "bs=$bytes" count=1 <"$work/rest" >&3 2>/dev/null || return 1
  exec 3>&-
  [ "$fill" -le 0 ] || dd if=/dev/null of="$target" bs=1 seek="$new_size" count=0 2>/dev/null || return 1
}

in_place() {
  [ -w "$target" ] || return 1
  [ "$(sum "$target")" = "$from" ] || stop 10 'The file has changed meanwhile.'
  trap '' HUP INT TERM
  overwrite "$start" "$work/new" "$size"
  if [ "$(sum "$target")" != "$wanted" ]; then
    # The disk is full, say: back to what was there.
    overwrite "$start" "$work/old" "$(($(wc -c <"$target")))"
    return 1
  fi
  flush_disk "$target"
}

if [ -n "$lock" ] && [ ! -e "$dir/$name.mooring.bak" ] && [ ! -L "$dir/$name.mooring.bak" ]; then
  next=$(mktemp "$beside.XXXXXX") && copy "$target" "$next" && mv -f "$next" "$dir/$name.mooring.bak"
  [ -z "$next" ] || rm -f "$next"
  next=''
fi
replace || in_place || stop 13 'The file can not be written.'
[ "$(sum "$target")" = "$wanted" ] || stop 10 'The file has changed meanwhile.'

# --- what the system remembers of names ------------------------------------------------------------------------------
if [ "$target" = /etc/hosts ] || [ "$target" = /private/etc/hosts ]; then
  if [ -x /usr/bin/dscacheutil ]; then
    dscacheutil -flushcache
    killall -HUP mDNSResponder
  elif command -v nscd >/dev/null 2>&1; then
    nscd -i hosts
  fi
fi >/dev/null 2>&1
exit 0
`;
