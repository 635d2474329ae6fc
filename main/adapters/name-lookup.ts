/** Names as programs here resolve them. */
import { lookup } from 'node:dns/promises';
import type { NameLookup } from '../core/hosts/hosts-ports.ts';

/** Any failure counts as a name that is not known. How long it takes is the system's matter: getaddrinfo can't be cut off. */
export function createNameLookup(): NameLookup {
  return {
    async lookup(name) {
      const found = await lookup(name, { all: true, order: 'verbatim' }).catch(() => []);
      return [...new Set(found.map((each) => each.address))];
    },
  };
}
