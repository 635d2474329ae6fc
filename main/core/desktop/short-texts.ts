/** Texts short enough for a menu, and still apart from each other. Pure. */
import type { ServerView } from '../../shared/snapshot.ts';

/** Longest texts, in characters: with them a menu row stays within some 60. */
const nameLength = 30;
const labelLength = 26;

/** The servers with short names of their own and of their tunnels. */
export function withShortNames(servers: readonly ServerView[]): readonly ServerView[] {
  const shortName = shortenEach(
    servers.map((each) => each.profile.name),
    nameLength,
  );
  return servers.map((server) => {
    const { profile } = server;
    const shortLabel = shortenEach(
      profile.forwards.map((each) => each.label),
      labelLength,
    );
    const forwards = profile.forwards.map((each) => ({ ...each, label: shortLabel(each.label) }));
    return { ...server, profile: { ...profile, name: shortName(profile.name), forwards } };
  });
}

/**
 * Leaves out the middle, else the end or the beginning, of texts that are too long: whichever keeps them apart. Texts
 * that differ only where all of these cut stay whole.
 */
export function shortenEach(texts: readonly string[], length: number): (text: string) => string {
  const kept = length - 1;
  const cuts = [Math.floor(kept / 2), 0, kept].map((tail) => (text: string) => {
    const all = [...plain(text)];
    if (all.length <= length) return all.join('');
    return `${all.slice(0, kept - tail).join('')}…${all.slice(all.length - tail).join('')}`;
  });
  const different = new Set(texts).size;
  return cuts.find((cut) => new Set(texts.map(cut)).size === different) ?? plain;
}

/** On one line; Windows takes what follows a tab for a shortcut key. */
const plain = (text: string) => text.replace(/\s+/g, ' ');
