/** Names of servers: unique whatever their case, since the command line takes them in any. */
import { failure, type Failure } from '../../shared/failure.ts';
import type { ServerProfile } from '../../shared/server.ts';

/** Names have no case. */
export const sameName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/** `lab-vm 2`, `lab-vm 3` … within the 64 characters that a name may have. */
export function freeName(now: readonly ServerProfile[], name: string): string {
  const taken = new Set(now.map((each) => each.name.toLowerCase()));
  for (let count = 2; ; count += 1) {
    const suffix = ` ${String(count)}`;
    const candidate = `${name.slice(0, 64 - suffix.length).trimEnd()}${suffix}`;
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}

/** Of two servers that share a name, as in a file edited by hand, the later one gets another; told to the user. */
export function namesApart(servers: readonly ServerProfile[]): { apart: ServerProfile[]; notices: Failure[] } {
  const apart: ServerProfile[] = [];
  const notices: Failure[] = [];
  for (const server of servers) {
    const clash = apart.some((each) => sameName(each.name, server.name));
    const name = clash ? freeName([...apart, ...servers], server.name) : server.name;
    apart.push({ ...server, name });
    const message = `Another server is called ${server.name} too: this one is ${name} now.`;
    if (clash) notices.push(failure('conflict', message, { hint: 'Rename it as you like.' }));
  }
  return { apart, notices: notices.slice(0, 10) };
}
