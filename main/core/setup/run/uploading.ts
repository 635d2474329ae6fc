/** Brings to a server what a plan needs of this machine: its files, and releases that the server can't fetch itself. */
import { done, failed, failure, failureText, type Failure, type Reply } from '../../../shared/failure.ts';
import type { PlanRelease, PlanUpload } from '../../../shared/setup/plan.ts';
import { quoted } from '../../../shared/shell-words.ts';
import type { Releases, Uploads } from '../../ports.ts';
import type { RemoteCommands } from '../../remote/remote-commands.ts';
import type { LaunchStop } from './launch-stop.ts';
import type { Prepared } from './preparation.ts';

const lookLimitMs = 20_000;
/** Of each piece. */
const sendLimitMs = 30 * 60_000;
/** In base64, whole bytes: 3 MB. Each is a command of its own, so that what is large shows how far it is. */
const pieceLength = 4_000_000;

export interface Uploading {
  readonly runId: string;
  readonly prepared: Pick<Prepared, 'plan' | 'home'>;
  readonly connectionId: () => string | null;
  readonly note: (text: string) => void;
  readonly stop: LaunchStop;
}

export interface UploadingDeps {
  readonly commands: RemoteCommands;
  readonly uploads: Uploads;
  readonly releases: Releases;
}

/** The folder on the server where it lies, unpacked. Null: nothing had to be sent. After a failure nothing is left there. */
export async function bring(what: Uploading, deps: UploadingDeps): Promise<Reply<string | null>> {
  const wanted = await missing(what, deps);
  if (!wanted.ok) return wanted;
  if (wanted.value.length === 0) return done(null);
  const uploadsDir = `${what.prepared.home}/.cache/mooring/uploads`;
  const folder = `${uploadsDir}/${what.runId}`;
  for (const upload of wanted.value) {
    const sent = await bringOne(what, deps, upload, uploadsDir);
    if (sent.ok) continue;
    what.note(failureText(sent.error));
    await takeBack(what, deps, folder);
    return sent;
  }
  return done(folder);
}

/** A run removes its folder itself; this is for one that never began. */
export async function takeBack(
  { connectionId }: Pick<Uploading, 'connectionId'>,
  { commands }: Pick<UploadingDeps, 'commands'>,
  folder: string,
): Promise<void> {
  await commands.run(connectionId(), { script: `rm -rf ${quoted(folder)}`, input: null, timeoutMs: lookLimitMs }).done;
}

/** Without what is on the server already. */
async function missing(what: Uploading, { commands }: UploadingDeps): Promise<Reply<readonly PlanUpload[]>> {
  const { uploads } = what.prepared.plan;
  const looks = uploads.flatMap(({ unlessThere }, at) =>
    unlessThere === undefined ? [] : [`if [ -x ${quoted(unlessThere)} ]; then echo there-${String(at)}; fi`],
  );
  if (looks.length === 0) return done(uploads);
  const looked = await what.stop.during(() =>
    commands.run(what.connectionId(), { script: looks.join('\n'), input: null, timeoutMs: lookLimitMs }),
  );
  if (!looked.ok) return looked;
  const there = looked.value.stdout.split(/\s+/);
  return done(
    uploads.filter((upload, at) => {
      const isThere = there.includes(`there-${String(at)}`);
      if (isThere) what.note(`${labelOf(upload)} is on the server already; nothing is sent.`);
      return !isThere;
    }),
  );
}

const labelOf = (upload: PlanUpload): string => ('release' in upload ? upload.release.label : upload.path);

async function bringOne(
  what: Uploading,
  deps: UploadingDeps,
  upload: PlanUpload,
  uploadsDir: string,
): Promise<Reply<null>> {
  const label = labelOf(upload);
  const path = 'release' in upload ? await fetched(what, deps, upload.release) : done(upload.path);
  if (!path.ok) return path;
  // Packing can't be cut off; it takes a second or two.
  const packed = await what.stop.during(() => ({ done: deps.uploads.pack(path.value), cancel: () => undefined }));
  if (!packed.ok) return packed;
  const { base64 } = packed.value;
  const target = `${uploadsDir}/${what.runId}/${upload.name}`;
  const archive = `${target}.tgz`;
  const sentBytes = (length: number) => Math.floor((length * 3) / 4);
  const isLarge = base64.length > pieceLength;
  if (!isLarge) what.note(`Sends ${label} to the server.`);
  for (let at = 0; at === 0 || at < base64.length; at += pieceLength) {
    if (isLarge) what.note(`Sends ${label} to the server: ${progress(sentBytes(at), sentBytes(base64.length))}.`);
    const isLast = at + pieceLength >= base64.length;
    const sent = await what.stop.during(() =>
      deps.commands.run(what.connectionId(), {
        script: [
          'set -e',
          'umask 077',
          `mkdir -p ${quoted(target)}`,
          // Of runs that were killed.
          ...(at === 0
            ? [`find ${quoted(uploadsDir)} -mindepth 1 -maxdepth 1 -mtime +1 -exec rm -rf {} + || true`]
            : []),
          `base64 -d >>${quoted(archive)}`,
          ...(isLast ? [`tar -xpzf ${quoted(archive)} -C ${quoted(target)}`, `rm ${quoted(archive)}`] : []),
        ].join('\n'),
        input: base64.slice(at, at + pieceLength),
        timeoutMs: sendLimitMs,
      }),
    );
    if (!sent.ok) return sent;
    if (sent.value.exitCode !== 0) return failed(notUnpacked(label, sent.value.stderr));
  }
  return done(null);
}

async function fetched({ note, stop }: Uploading, { releases }: UploadingDeps, release: PlanRelease) {
  const { label, otherwise } = release;
  let toldBytes = 0;
  const reply = await stop.during(() =>
    releases.fetch(release, (bytes, totalBytes) => {
      const step = Math.max(1e6, (totalBytes ?? 0) / 10);
      if (toldBytes > 0 && bytes < toldBytes + step && bytes !== totalBytes) return;
      toldBytes = bytes;
      note(`Fetches ${label}: ${progress(bytes, totalBytes)}.`);
    }),
  );
  if (reply.ok) return done(reply.value.path);
  const { code, message, hint } = reply.error;
  if (code === 'cancelled') return reply;
  return failed({
    ...reply.error,
    message: `${label} could not be fetched by this machine either: ${message}`,
    hint: hint === undefined ? otherwise : `${hint} ${otherwise}`,
  });
}

/** `4 of 15 MB` */
const progress = (bytes: number, totalBytes: number | null): string =>
  `${inMb(bytes)}${totalBytes === null ? '' : ` of ${inMb(totalBytes)}`} MB`;
const inMb = (bytes: number): string => String(Math.round(bytes / 1e6));

const notUnpacked = (label: string, stderr: string): Failure =>
  failure('storage-failed', `${label} could not be unpacked on the server.`, {
    hint: 'Is its disk full? See the detail.',
    detail: stderr.slice(-500),
  });
