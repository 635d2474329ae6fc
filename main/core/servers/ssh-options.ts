/** The options of OpenSSH's client, as far as a pasted line needs them: which take a value, and what is said of them. */

const notYet = (what: string) => `${what} not supported yet and left out`;
const jump = 'Jump hosts (-J) are not supported yet and were left out';
const remote = 'Remote forwards (-R) are not supported yet and were left out';
const dynamic = 'Dynamic forwards (-D) are not supported yet and were left out';
const agent = 'Agent forwarding (-A) is not supported and was left out';
const windows = 'Forwarding of graphical windows (-X, -Y) is not supported and was left out';
const open = 'Forwards listen on this machine alone, so -g was left out';
const compression = 'Compression (-C) is not supported and was left out';
const shared = 'Sharing of connections (-M, -S, -O) is not needed here and was left out';
const family = 'The choice of IPv4 or IPv6 (-4, -6) is not supported and was left out';
const ciphers = 'The choice of ciphers (-c, -m) is not supported and was left out';
const wayOut = 'The choice of a network interface (-b, -B) is not supported and was left out';
const card = 'Keys on smart cards (-I) are not supported yet and were left out';
const ticket = 'Kerberos login (-K) is not supported and was left out';
const device = 'Network device tunnels (-w) are not supported and were left out';
const configFile = 'Settings files of ssh (-F) are not read; what the line itself says was taken';
const hostKeys = 'Mooring always checks host keys, so options that turn the check off were left out';
const proxy = 'Proxy commands are not supported yet and were left out';

/** Flags without a value → note, or null where Mooring does the same or nothing is lost. */
export const flags: Readonly<Record<string, string | null>> = {
  N: null,
  f: null,
  n: null,
  T: null,
  t: null,
  q: null,
  v: null,
  a: null,
  k: null,
  x: null,
  y: null,
  G: null,
  V: null,
  s: notYet('Subsystems (-s) are'),
  A: agent,
  X: windows,
  Y: windows,
  g: open,
  C: compression,
  M: shared,
  K: ticket,
  '4': family,
  '6': family,
};

/** Options with a value that are not read → note, or null. */
export const valued: Readonly<Record<string, string | null>> = {
  J: jump,
  R: remote,
  D: dynamic,
  S: shared,
  O: shared,
  c: ciphers,
  m: ciphers,
  b: wayOut,
  B: wayOut,
  I: card,
  w: device,
  W: notYet('Passing input on to another host (-W) is'),
  F: configFile,
  E: null,
  e: null,
  P: null,
  Q: null,
};

/** Options with a value that are read. */
export const readOptions = ['L', 'l', 'p', 'i', 'o'] as const;

/** Keys of `-o`, in lower case, that are not read → note, or null where nothing is lost. */
const keys: Readonly<Record<string, string | null>> = {
  serveraliveinterval: null,
  serveralivecountmax: null,
  tcpkeepalive: null,
  exitonforwardfailure: null,
  connecttimeout: null,
  connectionattempts: null,
  batchmode: null,
  loglevel: null,
  requesttty: null,
  identitiesonly: null,
  numberofpasswordprompts: null,
  preferredauthentications: null,
  passwordauthentication: null,
  pubkeyauthentication: null,
  kbdinteractiveauthentication: null,
  sessiontype: null,
  stdinnull: null,
  forkafterauthentication: null,
  addkeystoagent: null,
  hashknownhosts: null,
  checkhostip: null,
  permitlocalcommand: null,
  visualhostkey: null,
  updatehostkeys: null,
  proxyjump: jump,
  proxycommand: proxy,
  remoteforward: remote,
  dynamicforward: dynamic,
  forwardagent: agent,
  forwardx11: windows,
  forwardx11trusted: windows,
  gatewayports: open,
  compression,
  controlmaster: shared,
  controlpath: shared,
  controlpersist: shared,
  addressfamily: family,
  ciphers,
  macs: ciphers,
  kexalgorithms: ciphers,
  bindaddress: wayOut,
  bindinterface: wayOut,
  pkcs11provider: card,
  gssapiauthentication: ticket,
  tunnel: device,
  stricthostkeychecking: hostKeys,
  userknownhostsfile: hostKeys,
  globalknownhostsfile: hostKeys,
  remotecommand: 'The command for the server is not run and was left out',
};

/** What to say of a `-o` that is not read; null where nothing is lost. */
export function noteForKey(key: string, value: string): string | null {
  const known = key.toLowerCase();
  if (/^(no|none|false)$/i.test(value) && keys[known] !== hostKeys) return null;
  if (known === 'stricthostkeychecking' && /^(yes|ask|accept-new)$/i.test(value)) return null;
  if (Object.hasOwn(keys, known)) return keys[known] ?? null;
  return /^\w{1,40}$/.test(key)
    ? `The option ${key} is not supported and was left out`
    : 'An option after -o was not understood and was left out';
}
