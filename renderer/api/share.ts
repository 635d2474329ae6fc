const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * Returns `after`, with every part of it that says the same as in `before` replaced by that older part. Snapshots come
 * as fresh JSON; this way a comparison by reference tells what has changed, and only that is drawn again.
 */
export function share<T>(before: unknown, after: T): T {
  if (Object.is(before, after)) return after;
  if (!isPlain(before) || !isPlain(after) || Array.isArray(before) !== Array.isArray(after)) return after;
  const keys = Object.keys(after);
  let same = keys.length === Object.keys(before).length;
  const shared: Record<string, unknown> | unknown[] = Array.isArray(after) ? [] : {};
  for (const key of keys) {
    const part = share(before[key], after[key]);
    (shared as Record<string, unknown>)[key] = part;
    if (!Object.is(part, before[key]) || !Object.hasOwn(before, key)) same = false;
  }
  return (same ? before : shared) as T;
}
