/** Where releases of programs are fetched from, by servers and by this machine. */

export const github = 'https://github.com/';

/**
 * The beginning of every release's address. `mirror` is what a person has put in the place of https://github.com/
 * (`MOORING_RELEASES_MIRROR`). Null: it is no https address, or has a login in it, which lists of processes would show.
 */
export function releasesFrom(mirror: string | null | undefined): string | null {
  const given = mirror?.trim() ?? '';
  if (given === '') return github;
  if (!/^https:\/\/[\w.:[\]-]+(\/[\w.,~%+=/-]*)?$/.test(given)) return null;
  return given.endsWith('/') ? given : `${given}/`;
}

/** For people: `GitHub`, or the mirror's host. */
export const releasesName = (from: string): string =>
  from === github ? 'GitHub' : (/^https:\/\/([^/]+)/.exec(from)?.[1] ?? from);
