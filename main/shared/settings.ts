/** What a person can set. Saved as one file; no secrets. */

export const themes = ['system', 'light', 'dark'] as const;

export interface Settings {
  readonly theme: (typeof themes)[number];
  /** How long a client that connects while the connection is being re-made waits before it is refused. Seconds, 0–120. */
  readonly holdSeconds: number;
  /** Longest pause between two tries. Seconds, 1–300. */
  readonly retryMaxSeconds: number;
  /** A dead link is noticed within this time. Seconds, 2–60. */
  readonly deadLinkSeconds: number;
  /** Read ~/.ssh/known_hosts as well as Mooring's own host keys. */
  readonly useKnownHosts: boolean;
  /** Desktop notifications: needs you, lost for long, back. */
  readonly notifications: boolean;
  /** When started at login: in the tray only, without a window. */
  readonly startHidden: boolean;
  /** Look for newer versions, and download them. */
  readonly checkForUpdates: boolean;
}

export const defaultSettings: Settings = {
  theme: 'system',
  holdSeconds: 10,
  retryMaxSeconds: 30,
  deadLinkSeconds: 10,
  useKnownHosts: true,
  notifications: true,
  startHidden: true,
  checkForUpdates: true,
};

/** Inclusive ranges of the numbers, for forms, parsers and the command line alike. */
export const settingRanges = {
  holdSeconds: [0, 120],
  retryMaxSeconds: [1, 300],
  deadLinkSeconds: [2, 60],
} as const;
