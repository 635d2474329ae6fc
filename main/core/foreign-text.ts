/** Text that servers and programs sent: what is taken out of it, and how it is made fit to be shown. Pure. */

/** Control characters, and those that turn the direction of text: they could move a cursor or fake a line. */
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;

/** With a blank in place of control characters, line breaks among them. */
export const withoutControls = (text: string): string => text.replace(controls, ' ');

/** On one line of so many characters at most; what is cut off is an ellipsis. */
export function oneLine(text: string, longest: number): string {
  // Cut before the work: it may be megabytes. Much of it may be blanks that fall away.
  const line = withoutControls(text.slice(0, longest * 8))
    .replace(/ +/g, ' ')
    .trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1).trimEnd()}…`;
}

/** The value of a JSON object's field, if that is text. */
export function jsonField(text: string, name: string): string | null {
  if (!text.trimStart().startsWith('{')) return null;
  try {
    const value = (JSON.parse(text) as Readonly<Record<string, unknown>>)[name];
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** The first tag's text in XML that stores answer with. */
export function xmlField(text: string, tag: string): string | null {
  const [, value] = new RegExp(`<${tag}>([^<]{1,200})</${tag}>`).exec(text) ?? [];
  return value ?? null;
}

/** Of a page; null without one. */
export function titleOf(text: string): string | null {
  const [, title] = /<title[^>]*>([^<]{1,300})</i.exec(text) ?? [];
  const clean = title === undefined ? '' : oneLine(decode(title), 60);
  return clean === '' ? null : clean;
}

const decode = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (all, name: string) => entities[name] ?? all);
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
