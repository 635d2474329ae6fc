/** Where Mooring keeps its things, as the hosts see it. */
import type { DataPaths } from '../adapters/data-paths.ts';

export type Paths = DataPaths;

export const isPipe = (controlPath: string): boolean => controlPath.startsWith('\\\\.\\pipe\\');
