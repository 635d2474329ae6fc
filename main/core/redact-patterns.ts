/** What is known by its shape: secrets, fingerprints, accounts, addresses and the paths of people's folders. */
import { isLoopback } from '../shared/forward.ts';
import { isIpv4, isIpv6 } from './servers/address.ts';

/** Kinds of which there are many; they are counted: `server-1`. */
export type CountedKind = 'server' | 'host' | 'user' | 'key' | 'tunnel' | 'personal' | 'fingerprint' | 'email';

/** Of finds that overlap the one of the lowest rank gives the placeholder. */
export const ranks = { fingerprint: 0, secret: 1, exact: 2, known: 3, loose: 4 } as const;

/** A place in a text that is to be replaced. */
export interface Found {
  readonly start: number;
  readonly end: number;
  readonly placeholder: string;
  readonly rank: number;
  /** Characters without what was added around; of two of the same rank the longer one counts. */
  readonly length: number;
}

export interface Naming {
  /** The placeholder of a value, a new one when it is met for the first time. */
  nameOf(value: string, kind: CountedKind): string;
  isKnown(value: string): boolean;
  /** Domains that known hosts are in. */
  readonly domains: readonly string[];
}

const secretPlaceholder = '[secret]';

/** Each takes out its first group, or all of it where it has none. */
const secretPatterns: readonly RegExp[] = [
  // Log lines have no line breaks; a block without its end takes the rest.
  /-----BEGIN [^-]*-----[\s\S]*?(?:-----END [^-]*-----|$)/g,
  /\b[a-z][a-z\d+.-]*:\/\/([^\s"'<>@]*(?:@[^\s"'<>@]*)*)@/gi,
  /[\w-]*(?:passw(?:or)?d|passwd|pwd|passphrase|passcode|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key)[\w-]*["']?\s*[=:]\s*("[^"]*"|'[^']*'|\S+)/gi,
  /(?<![\w-])--?[\w-]*(?:passw(?:or)?d|passphrase|secret|token|api-?key)[\w-]*\s+("[^"]*"|'[^']*'|\S+)/gi,
  /\bauthorization["']?\s*[=:]\s*((?:bearer|basic|digest|token)\s+\S+|\S+)/gi,
  /\bbearer\s+(\S{3,})/gi,
  /\bbasic\s+([a-z\d+/]{16,}={0,2})/gi,
  /\bcookie["']?\s*[=:]\s*(.+)/gi,
  // Amazon, GitHub, Slack, Google, OpenAI and Hugging Face keys; JSON web tokens; SSH public keys.
  /\b(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ABIA|ACCA)[A-Z\d]{16}\b/g,
  /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|AIza|sk-|hf_)[\w-]{16,}/g,
  /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g,
  /\bAAAA[A-Za-z\d+/]{16,}={0,3}/g,
  // Long hex; long runs with a digit in them; long base64 with digits and letters of both cases.
  /(?<![A-Za-z\d])[a-f\d]{32,}(?![A-Za-z\d])/gi,
  /(?<![A-Za-z\d])(?=[A-Za-z]*\d)[A-Za-z\d]{32,}={0,2}/g,
  /(?<![\w+/-])(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])[A-Za-z\d+/_-]{36,}={0,2}/g,
];

const fingerprintPattern =
  /\bSHA(?:1|256|384|512):[A-Za-z\d+/]{20,}=*|(?<![\w:])(?:MD5:)?(?:[\da-f]{2}:){15}[\da-f]{2}(?![\w:])/gi;
const emailPattern = /[\p{L}\p{N}][\p{L}\p{N}._%+-]*@(?:[\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]*\p{L}/gu;
const ipv4Pattern = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d]|\.\d)/g;
const ipv6Pattern = /(?<![\w:.])[\da-f:]*:[\da-f:]*:[\da-f:.]*(?:%[\w.-]+)?/gi;
const macPattern = /(?<![\w:-])(?:[\da-f]{2}[:-]){5}[\da-f]{2}(?![\w:-])/gi;
/** `ip-10-0-0-4.ec2.internal`: addresses as names. */
const dashedIpPattern = /\b(?:ip|ec2|vm|host)?-?\d{1,3}(?:-\d{1,3}){3}(?:\.[\w-]+)*\b/gi;
const domainPattern = /(?<![\w@.-])(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?\.)+\p{L}{2,24}(?![\w-]|\.\w)/gu;
const homePattern = /(?:\/home|\/Users|[A-Za-z]:(?:\\+|\/)Users)(?:\\+|\/)([^\\/\s:;,'"<>|]+)/g;
const keyFilePattern = /~[\\/]\.ssh[\\/]([^\\/\s:;,'"<>|]+)/g;

/** Names of algorithms look like e-mail addresses: `chacha20-poly1305@openssh.com`. */
const algorithmHomes = /@(?:openssh\.com|libssh\.org|ssh\.com|lysator\.liu\.se|putty\.projects\.tartarus\.org)$/i;
/** Services of desktops, as D-Bus names them. */
const desktopService = /^org\.(freedesktop|gnome|kde|xfce)(\.\w+)+$/;
/** Endings of files; not of hosts in a log of this app. */
const fileEndings = /\.(?:log|json|txt|sock|[mc]?js|ts|pem|pub|ppk|ya?ml|toml|conf|lock|tmp|bak|exe|dll|asar)$/i;
const plainSshFiles = /^(?:id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?(?:\.pub)?|known_hosts2?|config|authorized_keys|agent)$/;

export function findByPattern(text: string, naming: Naming): readonly Found[] {
  const { nameOf, isKnown } = naming;
  const host = (value: string) => nameOf(value, 'host');
  return [
    ...secretPatterns.flatMap((pattern) => find(text, pattern, ranks.secret, () => secretPlaceholder)),
    ...find(text, fingerprintPattern, ranks.fingerprint, (value) => nameOf(value, 'fingerprint')),
    ...find(text, emailPattern, ranks.exact, (value) => {
      const [local = '', domain = ''] = value.split('@');
      const isLogin = isKnown(local) && isKnown(domain);
      return isLogin || algorithmHomes.test(value) ? null : nameOf(value, 'email');
    }),
    ...find(text, ipv4Pattern, ranks.exact, (value) => (isIpv4(value) && !isSelf(value) ? host(value) : null)),
    ...find(text, ipv6Pattern, ranks.exact, (value) => {
      const address = value.replace(/(?<!:):$|\.$/, '');
      return isIpv6(address) && !isSelf(address) ? host(address) : null;
    }),
    ...find(text, macPattern, ranks.exact, host),
    ...find(text, dashedIpPattern, ranks.loose, host),
    ...find(text, domainPattern, ranks.loose, (value) =>
      fileEndings.test(value) || desktopService.test(value) || isAlgorithm(value) ? null : host(value),
    ),
    ...naming.domains.flatMap((domain) => find(text, underDomain(domain), ranks.loose, host)),
    ...find(text, homePattern, ranks.loose, (value) => nameOf(value, 'user')),
    ...find(text, keyFilePattern, ranks.loose, (value) => (plainSshFiles.test(value) ? null : nameOf(value, 'key'))),
  ];
}

const isSelf = (address: string) => isLoopback(address) || ['0.0.0.0', '::'].includes(address);
const isAlgorithm = (domain: string) => algorithmHomes.test(`@${domain}`);

/** The names in a domain, and the domain itself. */
const underDomain = (domain: string) =>
  new RegExp(`(?:[\\p{L}\\p{N}_-]+\\.)*${domain.replace(/[^\w-]/g, '\\$&')}(?![\\w-])`, 'giu');

/** Places where a pattern stands; of one with a group only the group's. `name` returns null for what may stay. */
function find(text: string, pattern: RegExp, rank: number, name: (value: string) => string | null): Found[] {
  const found: Found[] = [];
  for (const match of text.matchAll(pattern)) {
    const value = match[1] ?? match[0];
    if (value === '') continue;
    const placeholder = name(value);
    if (placeholder === null) continue;
    // The groups stand at the end of their patterns, but for a closing @.
    const start = match.index + match[0].lastIndexOf(value);
    found.push({ start, end: start + value.length, placeholder, rank, length: value.length });
  }
  return found;
}
