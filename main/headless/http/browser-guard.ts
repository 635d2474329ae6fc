/**
 * Which requests of a browser are our own window's. Any page can send requests to a loopback port, and cookies do not
 * tell ports apart (a page behind one of our own forwards is "same site"), so host and origin are checked by ourselves.
 */
import { failure, type Failure } from '../../shared/failure.ts';

export interface RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, which every current browser sends and no page can set. */
  readonly fetchSite: string | undefined;
}

export interface Refused {
  readonly status: 403 | 405 | 421;
  readonly error: Failure;
}

/** Null when the request may go on; it still needs its cookie then. */
export function judgeRequest(facts: RequestFacts, port: number): Refused | null {
  const ourHosts = [`127.0.0.1:${String(port)}`, `localhost:${String(port)}`];
  // A name that was made to point here (DNS rebinding) shows in the Host header.
  if (facts.host === undefined || !ourHosts.includes(facts.host)) {
    return { status: 421, error: failure('not-allowed', 'This address does not belong to Mooring.') };
  }
  if (!['GET', 'HEAD', 'POST'].includes(facts.method)) {
    return { status: 405, error: failure('invalid-argument', 'Mooring does not take this kind of request.') };
  }
  const foreign: Refused = {
    status: 403,
    error: failure('not-allowed', 'Only Mooring’s own window may ask for this.'),
  };
  const own = `http://${facts.host}`;
  if (facts.origin !== undefined) return facts.origin === own ? null : foreign;
  // Browsers name the origin of everything that changes something; what does not name it is not our window.
  if (facts.method === 'POST') return foreign;
  // Same-origin reads carry no Origin. Pages elsewhere may link to the window, but read nothing of the API.
  const isApi = facts.path === '/api' || facts.path.startsWith('/api/');
  const readable = facts.fetchSite === undefined || facts.fetchSite === 'same-origin' || facts.fetchSite === 'none';
  return isApi && !readable ? foreign : null;
}
