/** When something was, as lists in a terminal say it. */

const two = (number: number): string => String(number).padStart(2, '0');

/** `2026-11-21`, where this computer is. */
export function day(timeMs: number): string {
  const at = new Date(timeMs);
  return [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
}

/** `2026-11-21 22:07`, in the time of this computer. */
export function dayAndTime(timeMs: number): string {
  const at = new Date(timeMs);
  return `${day(timeMs)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
