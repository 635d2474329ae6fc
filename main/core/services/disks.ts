/** Disks of a server that have no room left: what writes there fails, while what only reads goes on as if nothing was. */
import { dataRoots } from '../setup/plan/places.ts';

/** By POSIX’s form of df, with the kind of file system, and the folders of stacks; for a shell, needs no rights. */
export const disksScript = `LC_ALL=C df -PTk 2>/dev/null
echo "home=$HOME"
for each in ${dataRoots('"$HOME"')
  .map((root) => `${root}/*/`)
  .join(' ')}; do if [ -d "$each" ]; then echo "data=\${each%/}"; fi; done`;
export const disksLimitMs = 5_000;

/** What a server tells of its disks. */
export interface Disks {
  readonly mounts: readonly { readonly place: string; readonly full: boolean }[];
  /** Of the login account; null: not told. */
  readonly home: string | null;
  /** Folders of stacks that are there, the usual places only. */
  readonly dataDirs: readonly string[];
}

/** Less than this is none. */
const enoughKilobytes = 1_024;
/** Full by their nature, or of no concern to a service. */
const otherKinds = /^(squashfs|iso9660|devtmpfs|udf|fuse\.snapfuse|efivarfs|erofs|cramfs)$/;
const otherPlaces = /^\/(dev|proc|sys|run|boot|snap|media|var\/lib\/(docker|containers|snapd))(\/|$)/;

export function parseDisks(text: string): Disks {
  const lines = text.split('\n');
  const told = (key: string) =>
    lines.flatMap((line) => (line.startsWith(`${key}=/`) ? [line.slice(key.length + 1)] : []));
  const mounts = lines.flatMap((line) => {
    const [, kind = '', blocks = '', available = '', place = ''] =
      /^\S.*?\s+(\S+)\s+(\d+)\s+\d+\s+(-?\d+)\s+\d+%\s+(\/.*)$/.exec(line) ?? [];
    if (place === '') return [];
    const counts = !otherKinds.test(kind) && !otherPlaces.test(place) && Number(blocks) > 0;
    return [{ place, full: counts && Number(available) < enoughKilobytes }];
  });
  return { mounts, home: told('home')[0] ?? null, dataDirs: told('data') };
}

/**
 * The mount without room that a service suffers from; null: none, as far as is known. `folders`: where its data lies;
 * null: not known, then every mount counts that is not below `others`, the data folders of stacks.
 */
export function fullMount(
  { mounts }: Disks,
  folders: readonly string[] | null,
  others: readonly string[],
): string | null {
  const holding = (folder: string) =>
    mounts
      .filter(({ place }) => isWithin(folder, place))
      .reduce<Disks['mounts'][number] | null>(
        (best, each) => (each.place.length > (best?.place.length ?? 0) ? each : best),
        null,
      );
  const full =
    folders === null
      ? mounts.find((each) => each.full && !others.some((folder) => isWithin(each.place, folder)))
      : folders.map(holding).find((each) => each?.full === true);
  return full?.place.slice(0, 100) ?? null;
}

/** A path is a folder, or below it. */
const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
