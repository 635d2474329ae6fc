/** What leaves the window: addresses for the browser, and texts to be saved. Pure. */
import { isOwnHost } from '../shared/forward.ts';

/** Hosts of pages that texts of Mooring link to. */
const ownPages: readonly string[] = [];

/** Services behind tunnels, and pages of our own. */
export function mayOpen(address: string): boolean {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return false;
  }
  // A name and password in an address hide where it goes.
  if (url.username !== '' || url.password !== '') return false;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'https:' && ownPages.includes(host)) return true;
  return (url.protocol === 'http:' || url.protocol === 'https:') && isOwnHost(host);
}

/** Of all downloads only texts that our page has made itself (`blob:` of its origin): the script of a plan. */
export const mayKeep = (address: string, mimeType: string, ownOrigin: string): boolean =>
  address.startsWith(`blob:${ownOrigin}/`) && mimeType.startsWith('text/');
