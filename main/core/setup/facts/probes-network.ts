/** Probes of {@link ./script.ts} for what an installation needs: Pythons, proxies, package index, apt, releases. */

/** Pythons and uv. A module that can be found is not loaded, and no bytecode is written. */
export const pythonProbe = String.raw`
python_asks='import sys
sys.path = [each for each in sys.path if each]
version = "%d.%d.%d" % sys.version_info[:3]
try:
    import os, sysconfig
    from importlib.util import find_spec
    has = lambda name: "yes" if find_spec(name) else "no"
    managed = os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
    print("python=%s venv:%s ensurepip:%s pip:%s managed:%s %s" % (version, has("venv"), has("ensurepip"), has("pip"),
        "yes" if managed and sys.prefix == sys.base_prefix else "no", sys.executable))
except Exception:
    print("python=%s %s" % (version, sys.executable))
'

probe_python() {
  seen=:
  count=0
  for folder in $(printf '%s' "$PATH" | tr ': ' '\n ') "$HOME/.local/bin" "$HOME"/miniconda3/bin "$HOME"/anaconda3/bin \
    "$HOME"/miniforge3/bin /opt/conda/bin "$HOME"/.pyenv/versions/*/bin "$HOME"/.local/share/uv/python/*/bin; do
    # What pyenv puts in the way of the real ones.
    case $folder in */shims) continue ;; esac
    for each in "$folder"/python3 "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9] "$folder"/python; do
      [ -x "$each" ] && [ ! -d "$each" ] || continue
      real=$(readlink -f "$each")
      case $seen in *:"$real":*) continue ;; esac
      seen=$seen$real:
      count=$((count + 1))
      if [ "$count" -gt 10 ]; then break 2; fi
      limit 2 "$each" -B -E -c "$python_asks" </dev/null || echo "broken=$each"
    done
  done
  for each in "$(command -v uv)" "$HOME/.local/bin/uv" "$HOME/.cargo/bin/uv"; do
    [ -n "$each" ] && [ -x "$each" ] || continue
    echo "uv=$(limit 2 "$each" --version | head -n 1) at $each"
    break
  done
}
`;

/** Proxies and mirrors as configured; whether package index, apt's hosts and releases answer, 4 s each (releases 2 s), side by side. */
export const networkProbes = String.raw`
pip_files() {
  for each in "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" /etc/xdg/pip/pip.conf /etc/pip.conf; do
    if [ -r "$each" ]; then echo "$each"; fi
  done
}

probe_settings() {
  for name in http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY PIP_INDEX_URL \
    PIP_EXTRA_INDEX_URL PIP_PROXY PIP_CERT UV_INDEX_URL UV_DEFAULT_INDEX UV_INDEX UV_SYSTEM_CERTS UV_NATIVE_TLS \
    SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE; do
    eval "value=\$$name"
    if [ -n "$value" ]; then printf 'set=environment\t%s\t%s\n' "$name" "$value" | head -n 1 | mask; fi
  done
  sed -n 's/^ *\(export  *\)\{0,1\}\([A-Za-z_]*_[Pp][Rr][Oo][Xx][Yy]\)="\{0,1\}\([^"]*\).*/set=\/etc\/environment	\2	\3/p' \
    /etc/environment | mask
  limit 2 apt-config dump | sed -n 's/^\(Acquire::https\{0,1\}::[A-Za-z:.0-9-]*[Pp]roxy[^ ]*\) "\(..*\)";/set=apt	\1	\2/p' | mask
  pip_files | while read -r each; do
    sed -n 's/^ *\(index-url\|extra-index-url\|proxy\|cert\|trusted-host\) *[=:] */\1	/p' "$each" | while read -r line; do
      printf 'set=%s\t%s\n' "$each" "$line"
    done
  done | mask
  for each in "$HOME/.config/uv/uv.toml" /etc/uv/uv.toml; do
    if [ -r "$each" ]; then
      sed -n 's/^ *\(index-url\|url\|native-tls\|system-certs\) *= *"\{0,1\}\([^"]*\).*/\1	\2/p' "$each" | while read -r line; do
        printf 'set=%s\t%s\n' "$each" "$line"
      done
    fi
  done | mask
}

python_fetches='import sys, time, urllib.request, urllib.error
begin = time.time()
try:
    status = urllib.request.urlopen(urllib.request.Request(sys.stdin.readline().strip(), method="HEAD"), timeout=4).status
except urllib.error.HTTPError as error:
    status = error.code
print("%d %.3f" % (status, time.time() - begin))
'

patience=4
# fetch URL PROXY: the URL goes by stdin, since it may hold a password that lists of processes would show.
fetch() {
  echo "url=$(printf '%s' "$1" | mask)"
  if has curl; then
    said=$({
      printf 'url = "%s"\n' "$1"
      case $2 in
      '') ;;
      DIRECT) echo 'noproxy = "*"' ;;
      *) printf 'proxy = "%s"\n' "$2" ;;
      esac
    } | curl -q -K - -sS -I -o /dev/null --connect-timeout "$patience" --max-time "$patience" -w '%{http_code} %{time_total}' 2>&1 |
      # Its advice on certificates, several lines of it, is no answer.
      grep -E '^curl: |^[0-9]{3} ')
  elif has python3; then
    said=$(printf '%s\n' "$1" | limit $((patience + 1)) python3 -B -E -c "$python_fetches" 2>&1 | tail -n 1)
  elif has wget; then
    case $1 in
    *@*) said='wget would show the password in the list of processes' ;;
    *) if said=$(limit $((patience + 1)) wget -q --spider -T "$patience" "$1" 2>&1); then said='200 0'; fi ;;
    esac
  else
    echo "tool=none"
    return
  fi
  printf '%s\n' "$said" | sed -n '/./s/^/answer=/p' | mask | tail -n 2
}

probe_index() {
  url=
  for each in "$UV_DEFAULT_INDEX" "$UV_INDEX_URL" "$PIP_INDEX_URL" $(pip_files | while read -r file; do
    sed -n 's/^ *index-url *[=:] *//p' "$file"
  done) https://pypi.org/simple; do
    if [ -n "$each" ]; then
      url=$each
      break
    fi
  done
  proxy=$PIP_PROXY
  if [ -z "$proxy" ]; then
    proxy=$(pip_files | while read -r file; do sed -n 's/^ *proxy *[=:] *//p' "$file"; done | head -n 1)
  fi
  fetch "$(printf '%s' "$url" | sed 's#/*$##')/pip/" "$proxy"
}

# Networks that let a mirror of packages through often drop the rest without a word. This machine can step in for it, so
# that it is not worth the wait.
probe_releases() {
  patience=2
  fetch "$releases" ''
}

probe_apt() {
  has apt-get || return
  sources=$(limit 3 apt-get --print-uris update | sed -n "s/^'\([^']*InRelease\)'.*/\1/p")
  if [ -z "$sources" ]; then
    echo "sources=none"
    return
  fi
  set -- $(printf '%s\n' "$sources" | grep -E '^https?://' | sort -u -t / -k 3,3 | head -n 2)
  if [ $# -eq 0 ]; then echo "sources=other"; fi
  if [ $# -gt 0 ]; then
    fetch_apt "$1" | {
      if [ $# -gt 1 ]; then fetch_apt "$2"; fi
      cat
    }
  fi
}
fetch_apt() {
  http=
  own=
  secure=
  host=$(printf '%s' "$1" | sed 's#^[a-z]*://##; s#/.*##; s#.*@##; s#:.*##')
  eval "$(apt-config shell http Acquire::http::Proxy secure Acquire::https::Proxy own "Acquire::http::Proxy::$host")"
  case $1 in https:*) if [ -n "$secure" ]; then http=$secure; fi ;; esac
  if [ -n "$own" ]; then http=$own; fi
  fetch "$1" "$http"
}
`;
