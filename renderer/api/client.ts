/** The renderer's only door out: the preload bridge where there is one, else HTTP. */
import { createBridgeClient } from './bridge-client.ts';
import { createHttpClient } from './http-client.ts';
import type { Client } from './link.ts';

export const client: Client = window.mooring ? createBridgeClient(window.mooring) : createHttpClient();
