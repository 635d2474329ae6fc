import type { Api } from '../main/shared/contract.ts';

declare global {
  interface Window {
    /** The preload bridge; absent when a browser shows the window. */
    readonly mooring?: Api;
  }
}
