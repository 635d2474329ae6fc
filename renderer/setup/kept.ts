/** What this browser keeps for the next time the window is opened. Never secrets. */

/** An object that was kept, or an empty one: storage may be barred, and what is there may be of an older version. */
export function readKept(key: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

export function keep(key: string, value: object): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or barred: the window still works, and only a reload loses what was typed.
  }
}
