/**
 * The text of an autostart file: reading it, changing single keys, and the two layers of escapes in `Exec`. Pure.
 * Sources: Desktop Entry Specification 1.5 ("The Exec key", "Possible value types"), Desktop Application Autostart
 * Specification 0.5, both freedesktop.org.
 */
import { posix } from 'node:path';

export interface Program {
  /** Program and arguments, without the wish to start hidden. */
  readonly argv: readonly string[];
  /** False for a run from a checkout, which must not take the place of an installed app. */
  readonly installed: boolean;
}

export const hiddenFlag = '--hidden';

/** How an autostart file stands. */
export type EntryState =
  | { readonly kind: 'on'; readonly hidden: boolean }
  /** `why` in words, to follow a colon. */
  | { readonly kind: 'blocked'; readonly why: string }
  /** No entry in it that could start anything. */
  | { readonly kind: 'empty' };

export interface ThisRun {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execPath: string;
  /** The app's folder. */
  readonly appPath: string;
  readonly packaged: boolean;
  /** process.argv. */
  readonly argv: readonly string[];
}

/** Options without which this system may refuse to start the program: whoever started it with one needs it at login. */
const neededFlags = ['--no-sandbox'];

/**
 * What starts this very program again. An AppImage runs from a mount whose path changes at each start: there it is the
 * image itself. `$APPIMAGE` is inherited by whatever an AppImage starts, so it counts only for a program inside
 * `$APPDIR`.
 */
export function programOf({ env, execPath, appPath, packaged, argv }: ThisRun): Program {
  const flags = neededFlags.filter((each) => argv.includes(each));
  const image = env['APPIMAGE'] ?? '';
  const mount = env['APPDIR'] ?? '';
  const inMount = posix.isAbsolute(mount) && execPath.startsWith(`${mount.replace(/\/+$/, '')}/`);
  if (posix.isAbsolute(image) && inMount) return { argv: [image, ...flags], installed: true };
  return packaged
    ? { argv: [execPath, ...flags], installed: true }
    : { argv: [execPath, ...flags, appPath], installed: false };
}

/** A fresh file. */
export function newEntry(argv: readonly string[], icon: string): string {
  const lines = [
    ['Type', 'Application'],
    ['Name', 'Mooring'],
    ['Comment', 'Keeps SSH tunnels to ML servers up'],
    ['Exec', formatExec(argv)],
    ['Icon', icon],
    ['Terminal', 'false'],
    ['X-GNOME-Autostart-enabled', 'true'],
  ].map(([key = '', value = '']) => `${key}=${escapeString(value)}`);
  return [mainGroup, ...lines, ''].join('\n');
}

/** @param desktops the names in `$XDG_CURRENT_DESKTOP` */
export function readEntry(text: string, desktops: readonly string[]): EntryState {
  const keys = mainKeys(text);
  if (keys === null) return { kind: 'empty' };
  if (isTrue(keys.get('Hidden'))) return { kind: 'blocked', why: 'its entry is hidden (Hidden=true)' };
  const switchedOff = switches.find((each) => isFalse(keys.get(each)));
  if (switchedOff) return { kind: 'blocked', why: `its entry is switched off (${switchedOff}=false)` };
  const listed = (key: string) => {
    const list = keys.get(key);
    return list === undefined ? null : listOf(list).some((each) => desktops.includes(each));
  };
  if (listed('NotShowIn') === true) return { kind: 'blocked', why: 'its entry leaves out this desktop (NotShowIn)' };
  if (listed('OnlyShowIn') === false) {
    return { kind: 'blocked', why: 'its entry is for other desktops only (OnlyShowIn)' };
  }
  const exec = keys.get('Exec');
  if (exec === undefined) return { kind: 'empty' };
  return { kind: 'on', hidden: parseExec(unescapeString(exec))?.includes(hiddenFlag) ?? false };
}

/**
 * The file with `Exec` for this program, or null when it is right already. Everything else stays. A command that a
 * person has put around the program (`sh -c …`, `firejail …`) is theirs and stays; single options they added are kept.
 */
export function withProgram(text: string, argv: readonly string[]): string | null {
  const old = argvIn(text);
  if (old === null || (old.length > 0 && ourArguments(old) === null)) return null;
  const isOwn = (each: string) => each.startsWith('-') && each !== hiddenFlag && !argv.includes(each);
  const next = [...argv, ...(ourArguments(old) ?? []).slice(1).filter(isOwn)];
  const same = old.length === next.length && old[0] === next[0] && next.every((each) => old.includes(each));
  return same ? null : setKey(text, 'Exec', escapeString(formatExec(next)));
}

/** The program that an entry starts; null when it is none of ours, or can't be read. */
export function programIn(text: string): string | null {
  return ourArguments(argvIn(text) ?? [])?.[0] ?? null;
}

/** Where the app finds its data when this entry starts it: `$MOORING_HOME`, '' without. Null: not ours to tell. */
export function dataHomeIn(text: string): string | null {
  const argv = argvIn(text) ?? [];
  if (ourArguments(argv) === null) return null;
  return hasHome(argv) ? (argv[1] ?? '').slice(homeSetting.length) : '';
}

/** A command line that finds the same data, also where the session has no such variable. */
export function withDataHome(home: string, argv: readonly string[]): readonly string[] {
  return home === '' ? argv : ['env', `${homeSetting}${home}`, ...argv];
}

/** What must be there for desktops to look at the entry at all; null: nothing. */
export function tryExecIn(text: string): string | null {
  const value = mainKeys(text)?.get('TryExec') ?? '';
  return value === '' ? null : unescapeString(value);
}

/** The file switched on for this program, whatever stood against it; other keys and groups stay. */
export function switchedOn(text: string, argv: readonly string[], icon: string): string {
  if (mainKeys(text) === null) return newEntry(argv, icon);
  const free = ['Hidden', 'NotShowIn', 'OnlyShowIn', 'TryExec'].reduce((now, key) => setKey(now, key, null), text);
  const on = switches.reduce((now, key) => (mainKeys(now)?.has(key) ? setKey(now, key, 'true') : now), free);
  return setKey(on, 'Exec', escapeString(formatExec(argv)));
}

/** One string of arguments as `Exec` wants it, before the escapes that every string value gets. */
export function formatExec(argv: readonly string[]): string {
  return argv.map(quoteArgument).join(' ');
}

/** Arguments of an `Exec` value, without field codes (there are no files to open at login). Null: it can't be read. */
export function parseExec(exec: string): readonly string[] | null {
  const argv: string[] = [];
  let rest = exec.trimStart();
  while (rest !== '') {
    const quoted = /^"((?:[^"\\]|\\[^])*)"(?=\s|$)/.exec(rest);
    const plain = /^[^\s"]+(?=\s|$)/.exec(rest);
    const taken = (quoted ?? plain)?.[0];
    if (taken === undefined) return null;
    const bare = quoted ? (quoted[1] ?? '').replace(/\\([^])/g, '$1') : taken;
    const argument = bare.replace(/%(.)/g, (_code, letter: string) => (letter === '%' ? '%' : ''));
    if (argument !== '' || bare === '') argv.push(argument);
    rest = rest.slice(taken.length).trimStart();
  }
  return argv.length === 0 ? null : argv;
}

/** The escapes of every string value: they lie around those of `Exec`. */
export function escapeString(value: string): string {
  const escaped = value.replace(/[\\\n\r\t]/g, (each) => stringEscapes[each] ?? each);
  return escaped.replace(/^ /, '\\s');
}

export function unescapeString(value: string): string {
  return value.replace(/\\([sntr\\])/g, (_whole, letter: string) => stringUnescapes[letter] ?? letter);
}

const mainGroup = '[Desktop Entry]';
/** What desktops write to switch an entry off and leave it there: GNOME and Cinnamon, MATE. */
const switches = ['X-GNOME-Autostart-enabled', 'X-MATE-Autostart-enabled'];
const stringEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const stringUnescapes: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r' };

function quoteArgument(argument: string): string {
  const codes = argument.replaceAll('%', '%%');
  if (argument !== '' && !/[\s"'\\><~|&;$*?#()`]/.test(argument)) return codes;
  return `"${codes.replace(/["`$\\]/g, (each) => `\\${each}`)}"`;
}

const homeSetting = 'MOORING_HOME=';

const hasHome = (argv: readonly string[]) =>
  posix.basename(argv[0] ?? '') === 'env' && argv[1]?.startsWith(homeSetting) === true;

/** What `Exec` says; empty where it says nothing that can be read. Null: no such file. */
function argvIn(text: string): readonly string[] | null {
  const keys = mainKeys(text);
  return keys && (parseExec(unescapeString(keys.get('Exec') ?? '')) ?? []);
}

/**
 * The program and its options, when all of it is as it is written here, perhaps with options added. Null: somebody
 * else's command. A wrapper is known by having the program as an argument, or by its own name.
 */
function ourArguments(argv: readonly string[]): readonly string[] | null {
  const [program = '', ...args] = hasHome(argv) ? argv.slice(2) : argv;
  const plain = args.filter((each) => !each.startsWith('-'));
  const [name, isPath] = [posix.basename(program), posix.isAbsolute(program)];
  const isApp = plain.length === 0 && (name === 'mooring' || /\.appimage$/i.test(name));
  // From a checkout: Electron with the folder of the app.
  const isCheckout = name === 'electron' && plain.length === 1 && posix.isAbsolute(plain[0] ?? '');
  return isPath && (isApp || isCheckout) ? [program, ...args] : null;
}

const isTrue = (value: string | undefined) => value === 'true' || value === '1';
const isFalse = (value: string | undefined) => value === 'false' || value === '0';
const listOf = (value: string) => value.split(';').flatMap((each) => each.trim() || []);

/** The keys of the main group, values as they stand there; null where there is no such group. */
function mainKeys(text: string): ReadonlyMap<string, string> | null {
  const range = mainRange(text.split('\n'));
  return range && new Map(range.lines.flatMap((line) => keyOf(line) ?? []));
}

function keyOf(line: string): [[key: string, value: string]] | null {
  const found = /^\s*([A-Za-z0-9-]+(?:\[[^\]]*\])?)\s*=\s*([^]*?)\s*$/.exec(line);
  return found && [[found[1] ?? '', found[2] ?? '']];
}

/** `value` as it is to stand there, escapes included; null removes the key. What stands in other lines stays. */
function setKey(text: string, key: string, value: string | null): string {
  const lines = text.split('\n');
  const range = mainRange(lines);
  if (!range) return text;
  const isIt = (line: string) => keyOf(line)?.[0][0] === key;
  const at = range.lines.findIndex(isIt);
  const kept = range.lines.filter((line) => !isIt(line));
  if (value !== null) {
    // A new key goes behind the last line that says something.
    const end = kept.reduce((last, line, index) => (line.trim() === '' ? last : index + 1), 0);
    kept.splice(at === -1 ? end : range.lines.slice(0, at).filter((line) => !isIt(line)).length, 0, `${key}=${value}`);
  }
  return [...lines.slice(0, range.start), ...kept, ...lines.slice(range.end)].join('\n');
}

function mainRange(lines: readonly string[]): { start: number; end: number; lines: readonly string[] } | null {
  const head = lines.findIndex((line) => line.trim() === mainGroup);
  if (head === -1) return null;
  const next = lines.findIndex((line, index) => index > head && /^\s*\[/.test(line));
  const end = next === -1 ? lines.length : next;
  return { start: head + 1, end, lines: lines.slice(head + 1, end) };
}
