/** What the desktop around the core offers, in words. Pure functions of the snapshot and the time. */
import type { LoginItemView, UpdatesView } from './desktop.ts';
import { failureText } from './failure.ts';
import { describeDuration } from './words.ts';

/** Whether the system starts Mooring at login, and what to do where it does not. */
export function describeLoginItem(view: LoginItemView): string {
  switch (view.kind) {
    case 'unknown':
      return 'Asking the system …';
    case 'off':
      return 'Off: your tunnels come up only once you start Mooring.';
    case 'on':
      return 'Your tunnels come up when you log in.';
    case 'blocked':
    case 'failed':
      return failureText(view.failure);
    default:
      return view satisfies never;
  }
}

export function describeUpdates(view: UpdatesView, nowMs: number): string {
  switch (view.kind) {
    case 'unavailable':
    case 'failed':
      return failureText(view.failure);
    case 'off':
      return 'Not looked for by itself.';
    case 'current':
      return view.checkedMs === null
        ? 'Not looked yet.'
        : `Up to date, as of ${describeDuration(nowMs - view.checkedMs)} ago.`;
    case 'checking':
      return 'Looking for a newer version …';
    case 'downloading':
      return `Downloading version ${view.version}, ${String(Math.round(view.percent))} %.`;
    case 'ready':
      return `Version ${view.version} is here. It is installed when Mooring quits.`;
    default:
      return view satisfies never;
  }
}
