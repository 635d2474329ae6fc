/** When something was, as this machine writes it: for what was done earlier. */

const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const dayAndTimeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** `14 Mar 2026` */
export const day = (timeMs: number): string => dayFormat.format(timeMs);
/** `14 Mar 2026, 09:05` */
export const dayAndTime = (timeMs: number): string => dayAndTimeFormat.format(timeMs);
