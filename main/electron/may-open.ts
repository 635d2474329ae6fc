/** Which addresses are handed to the browser: services behind tunnels, and pages of our own. Pure. */
import { isLoopback } from '../shared/forward.ts';

/** Hosts of pages that texts of Mooring link to. */
const ownPages: readonly string[] = [];

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
  return (url.protocol === 'http:' || url.protocol === 'https:') && (isLoopback(host) || host === 'localhost');
}
