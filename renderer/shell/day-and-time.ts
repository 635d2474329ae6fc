/** `14 Mar 2026, 09:05`, as this machine writes it: for what was done earlier. */
export const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
