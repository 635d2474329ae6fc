/** Host names and IP addresses as people type them. Pure; asks no resolver. */

/** Dotted decimal, four numbers from 0 to 255, no leading zeros (which some systems read as octal). */
export function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** RFC 4291 text form without brackets; a zone id (`fe80::1%eth0`, RFC 4007) is allowed. */
export function isIpv6(text: string): boolean {
  if (text.length > 100) return false;
  const [address = '', zone, ...more] = text.split('%');
  if (more.length > 0 || (zone !== undefined && !/^[\w.-]{1,32}$/.test(zone))) return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups: string[] = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  // An IPv4 tail, which must end the text, takes the place of two groups.
  const ipv4Tail = last.includes('.') && address.endsWith(last);
  if (ipv4Tail && !isIpv4(last)) return false;
  const hex = ipv4Tail ? groups.slice(0, -1) : groups;
  if (!hex.every((group) => /^[\da-f]{1,4}$/i.test(group))) return false;
  const count = hex.length + (ipv4Tail ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}

/** RFC 1123, and underscores, which private DNS zones have. One dot at the end is allowed. */
export function isHostName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (name.length === 0 || name.length > 253) return false;
  const labels = name.split('.');
  // All digits at the end means an IPv4 address, or one that is wrong (RFC 1123, 2.1).
  if (/^\d+$/.test(labels.at(-1) ?? '')) return false;
  return labels.every((label) => /^\w([\w-]{0,61}\w)?$/.test(label));
}

export function isAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text) || isHostName(text);
}

/** What is wrong with an address, as a sentence that begins with `what` (`Address`, `Target host`); null if nothing. */
export function addressProblem(what: string, text: string): string | null {
  if (text === '') return `${what} is missing`;
  if (text.length > 300) return `${what} is too long for a host name`;
  if (isAddress(text)) return null;
  const scheme = /^[a-z][a-z\d+.-]*:\/\//i.exec(text)?.[0];
  if (scheme !== undefined)
    return `${what} must be a host name or an IP address alone, without ${scheme.length <= 12 ? scheme : 'a scheme'}`;
  if (text.startsWith('-')) return `${what} must not start with a hyphen`;
  if (/[\s\p{C}]/u.test(text)) return `${what} must not have spaces or control characters in it`;
  if (text.includes('@')) return `${what} must not have a user in it: leave out what is before the @`;
  if (text.includes('/')) return `${what} must be a host name or an IP address alone, without a path`;
  if (/^\[.*\]$/.test(text)) return `${what} must be written without brackets`;
  if (/^(\[.*\]|[^:]+):\d+$/.test(text)) return `${what} must not have a port in it: leave out what is after the colon`;
  if (text.includes(':')) return `${what} is not an IPv6 address`;
  if (/^[\d.]+$/.test(text)) return `${what} is not an IPv4 address: that has four numbers from 0 to 255`;
  if (/[^\p{ASCII}]/u.test(text))
    return `${what} may have only the letters a to z, digits, dots and hyphens: write other letters in their xn-- form`;
  return `${what} is not a host name: those have letters, digits, dots and hyphens, and no part longer than 63`;
}
