/** What this start is for, from the arguments. Pure. */
import { resolve } from 'node:path';

export type Start =
  | { readonly kind: 'command-line'; readonly words: readonly string[] }
  /** `hidden`: in the tray only, as at login. */
  | { readonly kind: 'app'; readonly hidden: boolean };

/** What a subcommand looks like. A file dropped on the icon, or an address, is none. */
const subcommand = /^[a-z][a-z-]*$/i;
/** Said to the program itself where there is no subcommand: `mooring --help`. */
const wordsLikeFlags = ['--help', '-h', '--version', '-V'];

/**
 * Flags are Chromium's, or ours; what follows the first word belongs to the command line.
 *
 * @param argv process.argv: the program, in development then Electron's own options and the app's folder
 * @param appPath the app's folder in development, null in a package
 */
export function readStart(argv: readonly string[], { appPath }: { readonly appPath: string | null }): Start {
  const own = argv.slice(1);
  const rest = appPath === null ? own : own.slice(own.findIndex((each) => resolve(each) === appPath) + 1);
  const first = rest.findIndex((each) => !each.startsWith('-') || wordsLikeFlags.includes(each));
  const word = rest[first];
  if (word !== undefined && (subcommand.test(word) || wordsLikeFlags.includes(word))) {
    return { kind: 'command-line', words: rest.slice(first) };
  }
  return { kind: 'app', hidden: rest.includes('--hidden') };
}
