/** Paths as people type them. */
import { resolve } from 'node:path';

/** `~` and `~/…` (also `~\…` on Windows); a relative path counts from the home folder, where people think it does. */
export function expandHome(path: string, homeDir: string): string {
  return resolve(
    homeDir,
    path.replace(/^~(?=[/\\]|$)[/\\]?/, () => `${homeDir}/`),
  );
}
