/** How the Python package index is reached from a server, and uv fetched from there without pip and without root. */
import { words } from '../../../shared/shell-words.ts';

/** Pinned with the checksums of its wheels: what is run as root is what was tested. */
export const uvVersion = '0.13.9';
const uvWheels: Readonly<Record<string, readonly [file: string, sha256: string]>> = {
  'x86_64-glibc': [
    `uv-${uvVersion}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
    'd7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19',
  ],
  'x86_64-musl': [
    `uv-${uvVersion}-py3-none-musllinux_1_1_x86_64.whl`,
    '2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25',
  ],
  'aarch64-glibc': [
    `uv-${uvVersion}-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl`,
    '5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe',
  ],
  'aarch64-musl': [
    `uv-${uvVersion}-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl`,
    '5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe',
  ],
};

/** Whether there is a uv for it. */
export const hasUv = (architecture: string | null): boolean => architecture === 'x86_64' || architecture === 'aarch64';

/**
 * Shell functions: `network_settings` exports what pip, uv and sessions are told of proxies, mirrors and certificates,
 * since uv reads none of pip's files; `explain_network FILE` says what an output of uv or pip means.
 */
export const networkFunctions = String.raw`
pip_setting() {
  for pip_file in "$MOORING_HOME/.config/pip/pip.conf" "$MOORING_HOME/.pip/pip.conf" /etc/xdg/pip/pip.conf /etc/pip.conf; do
    [ -r "$pip_file" ] || continue
    sed -n "s/^ *$1 *[=:] *//p" "$pip_file"
  done | head -n 1
}
# from_pip NAME SETTING: gives the variable what pip's files say, unless it has a value.
from_pip() {
  from_told=$(pip_setting "$2")
  if [ -n "$from_told" ] && ! printenv "$1" >/dev/null; then export "$1=$from_told"; fi
}
# first_set NAME OTHER…: gives the variable NAME the value of the first of the others that has one, unless it has its own.
first_set() {
  first_name=$1
  shift
  if [ -n "$(printenv "$first_name" || true)" ]; then return 0; fi
  for first_other in "$@"; do
    first_value=$(printenv "$first_other" || true)
    if [ -n "$first_value" ]; then
      export "$first_name=$first_value"
      return 0
    fi
  done
}
network_settings() {
  for each in http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY PIP_INDEX_URL \
    PIP_EXTRA_INDEX_URL PIP_CERT PIP_PROXY UV_INDEX UV_INDEX_URL UV_DEFAULT_INDEX UV_SYSTEM_CERTS UV_NATIVE_TLS \
    SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE; do
    # Sessions of people have these, programs of the system do not.
    told=$(sed -n "s/^ *\(export  *\)\{0,1\}$each=//p" /etc/environment 2>/dev/null | tail -n 1 | sed 's/^"\(.*\)"$/\1/')
    if [ -n "$told" ] && ! printenv "$each" >/dev/null; then export "$each=$told"; fi
  done
  from_pip PIP_INDEX_URL index-url
  from_pip PIP_EXTRA_INDEX_URL extra-index-url
  from_pip PIP_PROXY proxy
  from_pip PIP_CERT cert
  from_pip UV_INSECURE_HOST trusted-host
  first_set UV_DEFAULT_INDEX UV_INDEX_URL PIP_INDEX_URL
  first_set UV_INDEX PIP_EXTRA_INDEX_URL
  first_set HTTPS_PROXY https_proxy ALL_PROXY all_proxy PIP_PROXY
  first_set HTTP_PROXY http_proxy ALL_PROXY all_proxy PIP_PROXY
  first_set SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
  # The certificates of the system include those of a company; uv's own list can't.
  if [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ]; then
    UV_SYSTEM_CERTS=$(printenv UV_SYSTEM_CERTS || echo 1)
    UV_NATIVE_TLS=$UV_SYSTEM_CERTS
    export UV_SYSTEM_CERTS UV_NATIVE_TLS
  fi
  uv_file=$MOORING_HOME/.config/uv/uv.toml
  if [ "$(id -u)" = 0 ] && [ ! -e /etc/uv/uv.toml ] && [ -r "$uv_file" ] && ! printenv UV_CONFIG_FILE >/dev/null; then
    export "UV_CONFIG_FILE=$uv_file"
  fi
}

explain_network() {
  if grep -qiE 'certificate|UnknownIssuer|CERTIFICATE_VERIFY' "$1"; then
    echo 'The package index showed a certificate that this server does not trust. Behind a company proxy, put its' >&2
    echo 'certificate into /usr/local/share/ca-certificates (as NAME.crt), run update-ca-certificates, and try again.' >&2
  elif grep -qiE 'no space left|os error 28|disk quota|os error 122' "$1"; then
    echo "The disk is full. Make room where $2 lies (2 GB), and try again: what was fetched already is kept." >&2
  elif grep -qiE ' 40[137] |proxy authentication|Forbidden|Unauthorized' "$1"; then
    echo 'The package index or the proxy on the way refused the request: a login or a permission is missing. The' >&2
    echo 'settings are in /etc/environment, pip.conf or uv.toml of the server.' >&2
  elif grep -qiE 'no version of|not found in the package registry|Could not find a version|No matching distribution' "$1"; then
    echo 'The package index does not have this version. Choose another MLflow version, or ask who keeps the mirror.' >&2
  elif grep -qiE 'no wheels|only-binary|no-build' "$1"; then
    echo 'A package has no ready-made build for this processor or Python. Choose another version.' >&2
  elif grep -qiE 'dns|resolve|timed out|timeout|connect|unreachable|sending request|No answer|Failed to fetch|Retry' "$1"; then
    echo 'The Python package index does not answer from this server. It needs a way to it: the internet, a proxy' >&2
    echo '(HTTPS_PROXY in /etc/environment), or a mirror (index-url in /etc/pip.conf).' >&2
  fi
}
`;

/** Ends with 1 and words. Arguments: target, then `file sha256`; the index comes by the environment, it may hold a password. */
const fetchUv = String.raw`
import base64, hashlib, html, io, json, os, re, ssl, sys, time, urllib.error, urllib.parse, urllib.request, zipfile

target, name, digest = sys.argv[1:4]

def configured():
    for each in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(each):
            return os.environ[each]
    for each in (os.environ.get("UV_CONFIG_FILE"), os.path.expanduser("~/.config/uv/uv.toml"), "/etc/uv/uv.toml"):
        try:
            text = open(each).read() if each else ""
        except OSError:
            continue
        found = re.search(r'^\s*(?:index-url|url)\s*=\s*["\']([^"\']+)', text, re.M)
        if found:
            return found.group(1)
    return "https://pypi.org/simple"

def without_login(url):
    parts = urllib.parse.urlsplit(url)
    if "@" not in parts.netloc:
        return url, None
    login, host = parts.netloc.rsplit("@", 1)
    login = urllib.parse.unquote(login)
    return urllib.parse.urlunsplit(parts._replace(netloc=host)), "Basic " + base64.b64encode(login.encode()).decode()

trusted = os.environ.get("UV_INSECURE_HOST", "").split()

def get(url, login, accept="*/*"):
    request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "mooring-setup"})
    if login:
        request.add_unredirected_header("Authorization", login)
    context = ssl.create_default_context()
    # What comes is checked by its checksum all the same.
    if urllib.parse.urlsplit(url).hostname in [each.split(":")[0] for each in trusted]:
        context = ssl._create_unverified_context()
    last = None
    for attempt in range(3):
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return answer.geturl(), answer.headers.get_content_type(), answer.read()
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise
            last = error
        except Exception as error:
            if "CERTIFICATE" in str(error):
                raise
            last = error
        time.sleep(attempt + 1)
    raise last

def main():
    index, login = without_login(configured().rstrip("/") + "/uv/")
    host = urllib.parse.urlsplit(index).hostname
    try:
        page, kind, body = get(index, login, "application/vnd.pypi.simple.v1+json, text/html;q=0.5")
    except urllib.error.HTTPError as error:
        return "%s answered %d when asked for uv." % (host, error.code) + (" Forbidden" if error.code in (401, 403, 407) else "")
    except Exception as error:
        return "No answer from %s: %s" % (host, getattr(error, "reason", error))
    if kind.endswith("json"):
        links = [each["url"] for each in json.loads(body)["files"] if each["filename"] == name]
    else:
        links = [html.unescape(each) for each in re.findall(r'href="([^"]+)"', body.decode("utf-8", "replace"))]
        links = [each for each in links if urllib.parse.unquote(each.split("#")[0].rsplit("/", 1)[-1]) == name]
    if not links:
        return "%s does not have %s." % (host, name)
    link = urllib.parse.urljoin(page, links[0].split("#")[0])
    same = urllib.parse.urlsplit(link).hostname == host
    try:
        link, own = without_login(link)
        wheel = get(link, own or (login if same else None))[2]
    except Exception as error:
        return "%s could not be fetched: %s" % (name, getattr(error, "reason", error))
    if hashlib.sha256(wheel).hexdigest() != digest:
        return "What %s sent as %s is not what was tested: its checksum differs. It was thrown away." % (host, name)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        inside = [each for each in archive.namelist() if each.endswith(".data/scripts/uv")][0]
        program = archive.read(inside)
    try:
        with open(target + ".new", "wb") as file:
            file.write(program)
        os.chmod(target + ".new", 0o755)
        os.replace(target + ".new", target)
    except OSError as error:
        return str(error)

sys.exit(main())
`;

/**
 * Shell functions: `pinned_uv` prints where ours is to be, `fetch_uv PYTHON` puts it there, `found_uv` prints the uv to
 * be used: ours, or one of the server; nothing when there is none.
 */
export const uvFunctions = (programDir: string, scope: 'system' | 'user'): string =>
  [
    `pinned_uv() { echo ${words(`${programDir}/uv-${uvVersion}/uv`)}; }`,
    'uv_wheel() {',
    '  libc=glibc',
    '  for each in /lib/ld-musl-*; do if [ -e "$each" ]; then libc=musl; fi; done',
    '  case $(uname -m)-$libc in',
    ...Object.entries(uvWheels).map(([machine, wheel]) => `  ${machine}) echo ${words(...wheel)} ;;`),
    '  *) return 1 ;;',
    '  esac',
    '}',
    'fetch_uv() {',
    '  if ! uv_what=$(uv_wheel); then',
    '    echo "There is no uv for a $(uname -m) machine." >&2',
    '    return 1',
    '  fi',
    '  mkdir -p "$(dirname "$(pinned_uv)")"',
    '  # shellcheck disable=SC2086',
    `  "$1" - "$(pinned_uv)" $uv_what <<'PYTHON'`,
    fetchUv.trim(),
    'PYTHON',
    '}',
    // As root no program is run that somebody else could have put there.
    `found_uv() {`,
    `  for each in "$(pinned_uv)" /usr/local/bin/uv /usr/bin/uv${
      scope === 'user' ? ' "$HOME/.local/bin/uv" "$HOME/.cargo/bin/uv"' : ''
    }; do`,
    '    if [ -x "$each" ]; then',
    '      echo "$each"',
    '      return',
    '    fi',
    '  done',
    '}',
  ].join('\n');
