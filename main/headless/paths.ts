/** Where Mooring keeps its things, as the hosts see it. */
import { homedir, userInfo } from 'node:os';
import process from 'node:process';
import { dataPaths, type DataPaths } from '../adapters/data-paths.ts';

export type Paths = DataPaths;

/** Of this process, the same in every host. */
export const ownPaths = (): Paths => dataPaths(process.env, process.platform, homedir(), userInfo().uid);

export const isPipe = (controlPath: string): boolean => controlPath.startsWith('\\\\.\\pipe\\');
