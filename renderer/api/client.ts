/** The renderer's only door out: the preload bridge where there is one, else HTTP. */
import type { Api } from '../../main/shared/contract.ts';
import { createHttpClient } from './http-client.ts';
import type { Client } from './link.ts';

function createBridgeClient(bridge: Api): Client {
  return {
    call: (name, args) => bridge.call(name, args),
    subscribe: (listener) => bridge.subscribe(listener),
    watchLink(listener) {
      // The bridge lives and dies with the core: there is no gap to tell of.
      listener({ kind: 'live' });
      return () => undefined;
    },
    retryNow: () => undefined,
  };
}

export const client: Client = window.mooring ? createBridgeClient(window.mooring) : createHttpClient();
