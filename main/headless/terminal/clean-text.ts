/**
 * Names, questions and banners come from servers and files; a terminal would obey control characters in them. Tabs and
 * line breaks stay.
 */

// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

export function cleanText(text: string): string {
  return text.replace(controls, '\uFFFD');
}

/** The same value with every text in it cleaned. */
export function cleanDeep(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanDeep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, cleanDeep(each)]));
}
