/** What is said of newer versions, and when to look for them. Pure. */
import { errorCode } from '../adapters/system-errors.ts';
import type { UpdatesView } from '../shared/desktop.ts';
import { failure, type Failure } from '../shared/failure.ts';

/** How this copy of Mooring came here, as far as updates are concerned. */
export interface Place {
  /** False from a checkout. */
  readonly packaged: boolean;
  readonly platform: NodeJS.Platform;
  /** resources/package-type, which electron-builder writes into packages of the system: `deb`, `rpm`. */
  readonly packageType: string | null;
  /** resources/app-update.yml; null when the package was built without a feed. */
  readonly feedText: string | null;
  /** $APPIMAGE: the file that was started. */
  readonly appImage: string | null;
  /** Whether that file can be replaced. */
  readonly appImageWritable: boolean;
}

/**
 * Why this copy can't bring itself up to date; null when it can.
 *
 * Packages of the system are left to the system. The updater could install a deb or rpm, but it would run the package
 * manager as root on a file from the user's cache folder, unsigned, with a password prompt at every quit: whoever can
 * write to that folder in between would be root.
 */
export function unavailableHere(place: Place): Failure | null {
  const no = (message: string, hint: string) => failure('not-allowed', message, { hint });
  if (!place.packaged) {
    return no('Mooring runs from a checkout and does not update itself.', 'Get newer sources, then start it again.');
  }
  if (place.packageType !== null) {
    return no('Updates come with your system’s packages.', 'Install a newer package the way you installed this one.');
  }
  const here = 'Look where you got Mooring from.';
  if (place.feedText === null) return no('This build of Mooring has no feed of updates.', here);
  if (!isSafeFeed(place.feedText)) return no('The address of this build’s updates is not a safe one.', here);
  if (place.platform !== 'linux') return null;
  if (place.appImage === null) return no('Only the AppImage of Mooring updates itself on Linux.', here);
  if (place.appImageWritable) return null;
  return no(
    'Mooring’s AppImage lies in a folder that you may not write to, so it can’t be replaced by a newer one.',
    'Move the AppImage into your home folder and start it from there.',
  );
}

/** Encrypted; or on this machine itself, as in tests. */
function isSafeFeed(text: string): boolean {
  const address = /^url:\s*['"]?(\S+?)['"]?\s*$/m.exec(text)?.[1] ?? '';
  return /^https:\/\/[^/]/.test(address) || /^http:\/\/127\.0\.0\.1[:/]/.test(address);
}

export type UpdateEvent =
  | { readonly kind: 'on' }
  | { readonly kind: 'off' }
  | { readonly kind: 'looking' }
  /** There is nothing newer. */
  | { readonly kind: 'none' }
  | { readonly kind: 'found'; readonly version: string }
  /** `percent` with fractions, as it comes. */
  | { readonly kind: 'progress'; readonly percent: number }
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** The same object when there is nothing new to say. */
export function nextView(view: UpdatesView, event: UpdateEvent, nowMs: number): UpdatesView {
  if (view.kind === 'unavailable') return view;
  switch (event.kind) {
    case 'on':
      return view.kind === 'off' ? { kind: 'current', checkedMs: null } : view;
    case 'off':
      return { kind: 'off' };
    case 'looking':
      return view.kind === 'ready' ? view : { kind: 'checking' };
    case 'none':
      return view.kind === 'ready' ? view : { kind: 'current', checkedMs: nowMs };
    case 'found':
      if (view.kind === 'ready' && view.version === event.version) return view;
      return { kind: 'downloading', version: event.version, percent: 0 };
    case 'progress': {
      if (view.kind !== 'downloading') return view;
      const percent = Math.min(100, Math.max(view.percent, Math.floor(event.percent)));
      return percent === view.percent ? view : { ...view, percent };
    }
    case 'ready':
      return { kind: 'ready', version: event.version };
    case 'failed':
      return view.kind === 'ready' ? view : { kind: 'failed', failure: event.failure };
    default:
      return event satisfies never;
  }
}

const again = 'Mooring tries again by itself.';

/** What the updater threw, in words. */
export function updateFailure(error: unknown): Failure {
  const text = error instanceof Error ? `${errorCode(error)} ${error.message}` : String(error);
  const detail = text.trim().split('\n')[0]?.slice(0, 300) ?? '';
  if (/CHECKSUM_MISMATCH|sha512/i.test(text)) {
    return failure('protocol-error', 'The newer version arrived damaged and was thrown away.', { hint: again, detail });
  }
  if (/not signed|signature/i.test(text)) {
    return failure('not-allowed', 'The newer version is not signed by who signed this one, and was thrown away.', {
      hint: 'Look where you got Mooring from.',
      detail,
    });
  }
  if (/read-only|EROFS|EACCES|EPERM|ENOSPC/.test(text)) {
    return failure('storage-failed', 'The newer version could not be saved.', {
      hint: 'Is there room on the disk, and may you write where Mooring lies?',
      detail,
    });
  }
  if (/CHANNEL_FILE_NOT_FOUND|HTTP_ERROR|HttpError/.test(text)) {
    return failure('not-found', 'The server of the updates has none to offer just now.', { hint: again, detail });
  }
  if (/net::|ECONN|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EPIPE|timed? ?out|socket/i.test(text)) {
    return failure('unreachable', 'The server of the updates can’t be reached.', { hint: again, detail });
  }
  return failure('protocol-error', 'Looking for a newer version failed.', { hint: again, detail });
}

const minuteMs = 60_000;
/** After the start: the first minutes belong to the tunnels. */
export const firstLookMs = 30_000;

/** To the next look by itself: twice a day; an hour after one that failed. ±10 %, so that not all ask at once. */
export function nextLookMs(failed: boolean, fraction: number): number {
  return Math.round((failed ? 60 : 12 * 60) * minuteMs * (0.9 + 0.2 * fraction));
}
