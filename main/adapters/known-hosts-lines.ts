/** The lines of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Pure; whatever a line is, nothing throws. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { fingerprintOf } from './fingerprint.ts';

export interface KnownHostEntry {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** The names as written: a comma list of patterns, or one `|1|salt|hash`. */
  readonly names: string;
  readonly keyType: string;
  /** Base64. */
  readonly key: string;
  /** Where `names` stands in the line. */
  readonly namesAt: { readonly start: number; readonly end: number };
}

/** OpenSSH reads lines of any length; nothing real comes near this. */
const longestLine = 65_536;

const lineShape =
  /^([ \t]*(?:@(cert-authority|revoked)[ \t]+)?)([^ \t@#][^ \t]*)[ \t]+([a-z][\w.@-]*)[ \t]+([A-Za-z0-9+/]{16,}={0,2})(?:[ \t]|$)/;

/** `null` for comments, blank lines and lines that OpenSSH would skip as broken. A trailing CR is allowed. */
export function parseKnownHostLine(line: string): KnownHostEntry | null {
  if (line.length > longestLine) return null;
  const found = lineShape.exec(line.replace(/[\r\n]+$/, ''));
  if (found === null) return null;
  const [, before = '', marker, names = '', keyType = '', key = ''] = found;
  if (!isKeyOfType(keyType, key)) return null;
  const namesAt = { start: before.length, end: before.length + names.length };
  const known = marker === 'revoked' || marker === 'cert-authority' ? marker : 'none';
  return { marker: known, names, keyType, key, namesAt };
}

/** True when `key` is base64 of an SSH key blob that begins with its type, as RFC 4253 section 6.6 wants. */
export function isKeyOfType(keyType: string, key: string): boolean {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key)) return false;
  const blob = Buffer.from(key, 'base64');
  if (blob.length < 4 + keyType.length + 4 || blob.readUInt32BE(0) !== keyType.length) return false;
  return blob.toString('latin1', 4, 4 + keyType.length) === keyType;
}

/** The fingerprint of a key as it stands in a line, in base64. */
export function keyFingerprint(key: string): string {
  return fingerprintOf(Buffer.from(key, 'base64'));
}

/** The name under which OpenSSH files a server: lower case, `[host]:port` unless the port is 22. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${String(port)}`;
}

/** Does this entry speak of the server called `name` (see {@link knownHostName})? */
export function namesMatch(names: string, name: string): boolean {
  if (names.startsWith('|')) return hashMatches(names, name);
  let matched = false;
  for (const each of names.toLowerCase().split(',')) {
    const negated = each.startsWith('!');
    if (!wildcardMatches(negated ? each.slice(1) : each, name)) continue;
    // One match of a negated pattern outweighs all others, wherever it stands.
    if (negated) return false;
    matched = true;
  }
  return matched;
}

export function isHashed(names: string): boolean {
  return names.startsWith('|1|');
}

/** `|1|salt|hash`: HMAC-SHA1 of the name, keyed with 20 random bytes. */
export function hashName(name: string, salt: Uint8Array = randomBytes(20)): string {
  const hash = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${Buffer.from(salt).toString('base64')}|${hash}`;
}

function hashMatches(names: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([A-Za-z0-9+/]{27}=)\|([A-Za-z0-9+/]{27}=)$/.exec(names) ?? [];
  if (salt === undefined || hash === undefined) return false;
  const own = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return timingSafeEqual(own, Buffer.from(hash, 'base64'));
}

/** `*` and `?` only, as in OpenSSH's match.c; linear in memory and at worst text × pattern in time. */
export function wildcardMatches(pattern: string, text: string): boolean {
  let at = 0;
  let inPattern = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      starAt = inPattern;
      inPattern += 1;
      resumeAt = at;
    } else if (wanted === '?' || wanted === text[at]) {
      inPattern += 1;
      at += 1;
    } else if (starAt >= 0) {
      // Let the last star take one more character.
      resumeAt += 1;
      at = resumeAt;
      inPattern = starAt + 1;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern += 1;
  return inPattern === pattern.length;
}

export interface Addition {
  readonly text: string;
  /** False when a line with this key was there already. */
  readonly added: boolean;
}

/**
 * `text` with the key added for the server called `name`. Older keys of the same type lose this name (their line goes
 * when no other name is left); lines with markers, patterns that happen to match, and all other bytes stay. Read the
 * file as latin1, so that bytes which are no UTF-8 survive.
 */
export function addKnownHost(text: string, name: string, keyType: string, key: string): Addition {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const kept: string[] = [];
  let present = false;
  let hashed = false;
  for (const line of lines) {
    const entry = parseKnownHostLine(line);
    if (entry === null || entry.marker !== 'none') {
      kept.push(line);
      continue;
    }
    // The newest line tells how OpenSSH is set up on this machine (HashKnownHosts).
    hashed = isHashed(entry.names);
    if (entry.keyType !== keyType || !namesMatch(entry.names, name)) kept.push(line);
    else if (entry.key === key) {
      present = true;
      kept.push(line);
    } else kept.push(withoutName(line, entry, name));
  }
  const rest = kept.join('');
  if (present) return { text: rest, added: false };
  const newline = rest.endsWith('\r\n') ? '\r\n' : '\n';
  const gap = rest === '' || rest.endsWith('\n') ? '' : newline;
  return { text: `${rest}${gap}${hashed ? hashName(name) : name} ${keyType} ${key}${newline}`, added: true };
}

/** The line without this name; '' when the name was all there was. */
function withoutName(line: string, entry: KnownHostEntry, name: string): string {
  if (isHashed(entry.names)) return '';
  const names = entry.names.split(',').filter((each) => each.toLowerCase() !== name);
  // Negations alone match nothing.
  if (names.every((each) => each.startsWith('!') || each === '')) return '';
  return line.slice(0, entry.namesAt.start) + names.join(',') + line.slice(entry.namesAt.end);
}
