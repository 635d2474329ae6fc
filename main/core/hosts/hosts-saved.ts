/** What Mooring remembers of the hosts file: the lines it last wrote for each server, and what it wrote when. */
import * as z from 'zod';
import type { HostsHistoryEntry, HostsName, HostsWish } from '../../shared/hosts.ts';
import { noHosts } from '../../shared/hosts.ts';
import { addressProblem, maxHostsNames, nameProblem } from './hosts-names.ts';

export interface SavedHosts {
  /** Server id → the lines of its block as they were written. */
  readonly written: ReadonlyMap<string, readonly string[]>;
  /** Newest first. */
  readonly history: readonly HostsHistoryEntry[];
}

export const maxHistory = 20;

const lines = z.array(z.string().max(400)).max(2 * maxHostsNames + 50);
const id = z.string().regex(/^(?!__proto__$)[\w.:-]{1,64}$/);

const entry = z.object({
  id,
  serverId: id,
  serverName: z.string().max(200),
  atMs: z.number().int().min(0).max(8.64e15),
  how: z.enum(['written', 'removed', 'restored']),
  before: lines.nullable(),
  after: lines.nullable(),
  backup: z.string().max(4096).nullable().catch(null),
});

/** Takes what is good of a file that may be damaged, edited or hostile. */
export function parseSavedHosts(value: unknown): SavedHosts {
  const file = z.object({ written: z.unknown(), history: z.unknown() }).partial().safeParse(value);
  if (!file.success) return { written: new Map(), history: [] };
  const written = new Map<string, readonly string[]>();
  const pairs = z.array(z.unknown()).max(1000).safeParse(file.data.written);
  for (const each of pairs.success ? pairs.data : []) {
    const pair = z.object({ serverId: id, lines }).safeParse(each);
    if (pair.success) written.set(pair.data.serverId, pair.data.lines);
  }
  const entries = z.array(z.unknown()).safeParse(file.data.history);
  const history = (entries.success ? entries.data.slice(0, maxHistory) : []).flatMap((each) => {
    const parsed = entry.safeParse(each);
    return parsed.success ? [parsed.data] : [];
  });
  return { written, history };
}

export function toSaved({ written, history }: SavedHosts): unknown {
  return { written: [...written].map(([serverId, each]) => ({ serverId, lines: each })), history };
}

const to = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tunnel') }),
  z.object({ kind: z.literal('server') }),
  z.object({ kind: z.literal('address'), address: z.string().refine((each) => addressProblem(each) === null) }),
]);
const name = z.object({
  name: z
    .string()
    .transform((each) => each.toLowerCase())
    .refine((each) => nameProblem(each) === null),
  to,
});

/** A server's wish as it was saved: what is odd is off, and names that may not be are left out. */
export function parseSavedWish(value: unknown): HostsWish {
  const wish = z.object({ on: z.boolean().catch(false), names: z.array(z.unknown()).catch([]) }).safeParse(value);
  if (!wish.success) return noHosts;
  const names = new Map<string, HostsName>();
  for (const each of wish.data.names.slice(0, maxHostsNames)) {
    const parsed = name.safeParse(each);
    if (parsed.success && !names.has(parsed.data.name)) names.set(parsed.data.name, parsed.data);
  }
  return { on: wish.data.on, names: [...names.values()] };
}
