/** Which of the server's Pythons a program of ours is built on. */
import type { PythonFacts, ServerFacts } from '../../../shared/facts.ts';

/** The oldest that MLflow still runs on, and the newest that its packages are made for. */
const oldest = 10;
const newest = 14;

/**
 * Null: none will do. For a service of the system only one that belongs to the system: what lies in somebody's home may
 * go away, and the service may not look in there.
 */
export function choosePython({ pythons }: ServerFacts, scope: 'system' | 'user'): PythonFacts | null {
  const fitting = (pythons ?? []).filter(({ path, version }) => {
    const minor = minorOf(version);
    if (minor === null || minor < oldest || minor > newest) return false;
    return scope === 'user' || isOfSystem(path);
  });
  // The distribution's own is kept up to date with it.
  return (
    fitting.find(({ path }) => path.startsWith('/usr/bin/')) ??
    fitting.find(({ path }) => isOfSystem(path)) ??
    fitting[0] ??
    null
  );
}

/** Of Python 3; null: another Python. */
function minorOf(version: string): number | null {
  const [, minor] = /^3\.(\d{1,3})/.exec(version) ?? [];
  return minor === undefined ? null : Number(minor);
}

const isOfSystem = (path: string): boolean => !/^\/(home|root|Users|tmp)\//.test(path);
