/** Builds the program before the tests that run it, when sources are newer than what is there. */
import { execFileSync } from 'node:child_process';

export function setup(): void {
  execFileSync('npm', ['run', '--silent', 'mooring', '--', '--version'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
