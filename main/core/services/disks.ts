/** Disks of a server that have no room left: what writes there fails, while what only reads goes on as if nothing was. */

/** By POSIX’s form of df, with the kind of file system; for a shell, needs no rights. */
export const disksScript = 'LC_ALL=C df -PTk 2>/dev/null';
export const disksLimitMs = 5_000;

/** Less than this is none. */
const enoughKilobytes = 1_024;
/** Full by their nature, or of no concern to a service. */
const otherKinds = /^(squashfs|iso9660|devtmpfs|udf|fuse\.snapfuse|efivarfs|erofs|cramfs)$/;
const otherPlaces = /^\/(dev|proc|sys|run|boot|snap|media|var\/lib\/(docker|containers|snapd))(\/|$)/;

/** The first mount that is full; null: none is, or the server did not tell. */
export function fullDisk(text: string): string | null {
  for (const line of text.split('\n')) {
    const [, kind = '', blocks = '', available = '', mount = ''] =
      /^\S.*?\s+(\S+)\s+(\d+)\s+\d+\s+(-?\d+)\s+\d+%\s+(\/.*)$/.exec(line) ?? [];
    if (mount === '' || otherKinds.test(kind) || otherPlaces.test(mount) || Number(blocks) === 0) continue;
    if (Number(available) < enoughKilobytes) return mount.slice(0, 100);
  }
  return null;
}
