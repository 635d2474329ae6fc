/**
 * What the state files hold, judged by the same rules as calls. A file may be damaged, edited by hand or hostile: it
 * never makes this throw, and what is good in it is kept. Unknown keys, as a newer version writes them, are dropped.
 */
import * as z from 'zod';
import { failure, type Failure, type FieldFailure } from '../../shared/failure.ts';
import type { Forward } from '../../shared/forward.ts';
import { mostFormerPorts, secretKinds, type ServerProfile } from '../../shared/server.ts';
import { stackNames, stackSecretNames } from '../../shared/setup/stack.ts';
import { defaultSettings, type Settings } from '../../shared/settings.ts';
import { parseSavedWish } from '../hosts/hosts-saved.ts';
import * as rules from './rules.ts';
import {
  fieldFailures,
  forwardClashes,
  forwardFields,
  loose,
  maxForwards,
  plainWords,
  serverFields,
} from './shapes.ts';

export interface PinnedHostKey {
  /** As it was dialled, in lower case. */
  readonly host: string;
  readonly port: number;
  /** Empty, like `key`, while only the fingerprint is known. */
  readonly keyType: string;
  /** Base64. */
  readonly key: string;
  readonly fingerprint: string;
  readonly firstSeenMs: number;
}

/** Something in a file that could not be used. */
export interface Rejected {
  /** What people call it: `lab-vm`, `forward “MLflow” of lab-vm`, `server 3`. */
  readonly name: string;
  readonly reason: string;
  /** As it was found, so that it can be set aside. */
  readonly raw: unknown;
}

/** Far above what a person needs; keeps a hostile file from costing time. */
export const maxServers = 500;
const maxHostKeys = 5000;
const maxNotes = 20;
/** More than this is told of a file by its first few only. */
const maxTold = 10;

// A missing or odd wish is read as "off": nothing is opened that nobody asked for.
const off = z.boolean().catch(false);

const savedForward = loose('Forward', {
  ...forwardFields(loose),
  service: rules.service.catch('tcp'),
  bind: loose('Local side', { address: rules.bindAddress, port: rules.bindPort, alsoIpv6: off }),
  id: rules.id('Forward id'),
  wanted: off,
  forNames: z.literal(true).optional().catch(undefined),
});

const remembered = z.array(z.enum(secretKinds)).max(secretKinds.length).catch([]);

const installedStack = loose('Stack', {
  draft: loose('Stack', {
    stack: z.enum(stackNames),
    values: z.record(z.string().max(60), z.union([z.string().max(20_000), z.number(), z.boolean()])),
  }),
  environment: z.string().regex(/^[a-z][a-z0-9-]{0,19}$/),
  complete: z.boolean().catch(true),
  adminUser: z.string().max(200).nullable(),
  secrets: z.array(z.enum(stackSecretNames)).max(stackSecretNames.length).catch([]),
  forwardId: z.string().max(200).nullable().catch(null),
});
const stacks = z.array(installedStack).max(50).catch([]);

const savedServer = loose('Server', {
  ...serverFields(loose),
  id: rules.id('Server id'),
  wanted: off,
  demo: off,
  remembered,
  stacks,
  openRunId: z.string().max(200).nullable().catch(null),
  formerPorts: z
    .array(z.object({ port: z.int().min(1).max(65535), localPort: z.int().min(1).max(65535) }))
    .max(mostFormerPorts)
    .optional()
    .catch(undefined),
  hosts: z.unknown().optional().transform(parseSavedWish),
});

const savedHostKey = loose('Host key', {
  host: rules.address,
  port: rules.port,
  keyType: rules.text('Key type', (value) => (/^[\w@.-]{0,64}$/.test(value) ? null : 'Key type is not one')),
  key: rules.text('Key', (value) => (/^[A-Za-z0-9+/]{0,16384}={0,2}$/.test(value) ? null : 'Key is not base64')),
  fingerprint: rules.fingerprint,
  firstSeenMs: rules.wholeNumber('First seen', 0, Number.MAX_SAFE_INTEGER),
});

/**
 * Reads `{ servers: ServerProfile[] }`; `null` and `undefined` (no file yet) are an empty list. A forward that can't be
 * used is left out of its server; a server that can't be used is left out of the list; each is told in `rejected`.
 * Names shared between servers are kept: that is the manager's to settle.
 */
export function parseSavedServers(value: unknown): {
  servers: ServerProfile[];
  rejected: Rejected[];
} {
  if (value === null || value === undefined) return { servers: [], rejected: [] };
  const list = field(value, 'servers');
  if (!Array.isArray(list)) {
    return { servers: [], rejected: [{ name: 'the list of servers', reason: 'It has no list in it', raw: value }] };
  }
  const servers: ServerProfile[] = [];
  const rejected: Rejected[] = [];
  const serverIds = new Set<string>();
  const forwardIds = new Set<string>();
  list.slice(0, maxServers).forEach((raw: unknown, index) => {
    const called = callable(field(raw, 'name'), `server ${String(index + 1)}`);
    const parsed = savedServer.safeParse(raw, plainWords);
    if (!parsed.success) {
      rejected.push({ name: called, reason: reasonOf(parsed.error), raw });
    } else if (serverIds.has(parsed.data.id)) {
      rejected.push({ name: called, reason: 'Another server has the same id', raw });
    } else {
      serverIds.add(parsed.data.id);
      const forwards = parseForwards(field(raw, 'forwards'), called, forwardIds);
      servers.push({ ...parsed.data, forwards: forwards.kept });
      rejected.push(...forwards.rejected);
    }
  });
  if (list.length > maxServers) {
    const name = `${String(list.length - maxServers)} more servers`;
    rejected.push({ name, reason: `At most ${String(maxServers)} are read`, raw: list.slice(maxServers) });
  }
  return { servers, rejected };
}

/** `forwardIds` grows: ids of forwards are unique among all servers, since the engine knows forwards by id alone. */
function parseForwards(list: unknown, server: string, forwardIds: Set<string>) {
  const kept: Forward[] = [];
  const rejected: Rejected[] = [];
  if (!Array.isArray(list)) {
    const raw = list === undefined ? [] : [{ name: `forwards of ${server}`, reason: 'They are not a list', raw: list }];
    return { kept, rejected: raw };
  }
  list.slice(0, maxForwards).forEach((raw: unknown, index) => {
    const label = field(raw, 'label');
    const named = isVisible(label) ? `forward “${label}” of ${server}` : `forward ${String(index + 1)} of ${server}`;
    const parsed = savedForward.safeParse(raw, plainWords);
    const reason = parsed.success ? clashOf(kept, parsed.data, forwardIds) : reasonOf(parsed.error);
    if (parsed.success && reason === null) {
      kept.push(parsed.data);
      forwardIds.add(parsed.data.id);
    } else {
      rejected.push({ name: named, reason: reason ?? '', raw });
    }
  });
  if (list.length > maxForwards) {
    const name = `${String(list.length - maxForwards)} more forwards of ${server}`;
    rejected.push({ name, reason: `At most ${String(maxForwards)} are read`, raw: list.slice(maxForwards) });
  }
  return { kept, rejected };
}

function clashOf(kept: readonly Forward[], forward: Forward, forwardIds: ReadonlySet<string>): string | null {
  if (forwardIds.has(forward.id)) return 'Another forward has the same id';
  const clashes = forwardClashes([...kept, forward]);
  return clashes.length === 0 ? null : joined(clashes);
}

/**
 * Reads the settings one by one. What is missing gets its default silently (it may be newer than the file); what is bad
 * or unknown is told in `notes`, at most twenty.
 */
export function parseSavedSettings(value: unknown): { settings: Settings; notes: string[] } {
  if (value === null || value === undefined) return { settings: defaultSettings, notes: [] };
  if (typeof value !== 'object' || Array.isArray(value)) {
    return { settings: defaultSettings, notes: ['The settings could not be read, so all have their defaults again.'] };
  }
  const notes: string[] = [];
  const read = <K extends keyof Settings>(key: K, schema: z.ZodType<Settings[K]>): Settings[K] => {
    const found = field(value, key);
    if (found === undefined) return defaultSettings[key];
    const parsed = schema.safeParse(found, plainWords);
    if (parsed.success) return parsed.data;
    const problem = joined(fieldFailures(parsed.error));
    notes.push(`${problem}. It has its default again: ${String(defaultSettings[key])}.`);
    return defaultSettings[key];
  };
  const settings: Settings = {
    theme: read('theme', rules.settingFields.theme),
    holdSeconds: read('holdSeconds', rules.settingFields.holdSeconds),
    retryMaxSeconds: read('retryMaxSeconds', rules.settingFields.retryMaxSeconds),
    deadLinkSeconds: read('deadLinkSeconds', rules.settingFields.deadLinkSeconds),
    useKnownHosts: read('useKnownHosts', rules.settingFields.useKnownHosts),
    notifications: read('notifications', rules.settingFields.notifications),
    startHidden: read('startHidden', rules.settingFields.startHidden),
    checkForUpdates: read('checkForUpdates', rules.settingFields.checkForUpdates),
  };
  for (const key of Object.keys(value).filter((each) => !Object.hasOwn(rules.settingFields, each))) {
    if (notes.length >= maxNotes) break;
    notes.push(
      `The setting ${callable(key, 'with a name that can’t be shown')} is not known to this version and was left out.`,
    );
  }
  return { settings, notes };
}

/**
 * Reads `{ keys: PinnedHostKey[] }`, or the bare list. Entries that can't be used are told in `rejected`; of two keys of
 * one type for one host and port the first is kept.
 */
export function parseSavedHostKeys(value: unknown): { keys: PinnedHostKey[]; rejected: Rejected[] } {
  if (value === null || value === undefined) return { keys: [], rejected: [] };
  const list: unknown = Array.isArray(value) ? value : field(value, 'keys');
  if (!Array.isArray(list)) {
    return { keys: [], rejected: [{ name: 'the list of host keys', reason: 'It has no list in it', raw: value }] };
  }
  const keys = new Map<string, PinnedHostKey>();
  const rejected: Rejected[] = [];
  list.slice(0, maxHostKeys).forEach((raw: unknown, index) => {
    const host = field(raw, 'host');
    const name = isVisible(host) ? `a host key of ${host}` : `host key ${String(index + 1)}`;
    const parsed = savedHostKey.safeParse(raw, plainWords);
    if (!parsed.success) {
      rejected.push({ name, reason: reasonOf(parsed.error), raw });
      return;
    }
    const key = { ...parsed.data, host: parsed.data.host.toLowerCase() };
    const place = JSON.stringify([key.host, key.port, key.keyType]);
    if (keys.has(place)) rejected.push({ name, reason: 'Another of its type comes before it', raw });
    else keys.set(place, key);
  });
  if (list.length > maxHostKeys) {
    const name = `${String(list.length - maxHostKeys)} more host keys`;
    rejected.push({ name, reason: `At most ${String(maxHostKeys)} are read`, raw: list.slice(maxHostKeys) });
  }
  return { keys: [...keys.values()], rejected };
}

/** What to write back under `setAside`, so that nothing is lost: what was there already, and what is new. */
export function setAsideOf(value: unknown, rejected: readonly Rejected[]): readonly unknown[] {
  const before = field(value, 'setAside');
  return [...(Array.isArray(before) ? (before as unknown[]) : []), ...rejected];
}

/** What was left out of a file, for the user; at most ten. */
export function tellRejected(rejected: readonly Rejected[], fileName: string): readonly Failure[] {
  const hint = `It is kept under “setAside” in ${fileName}, where it can be mended by hand.`;
  return rejected
    .slice(0, maxTold)
    .map(({ name, reason }) => failure('storage-failed', `Left out ${name}: ${reason}.`, { hint }));
}

/**
 * What is wrong with a saved value as a whole, in words; null when it can be read at least in part. A file that fails
 * here is damaged: it is set aside, and the last good one is used.
 */
export const savedProblems: Readonly<
  Record<'servers' | 'settings' | 'hostKeys' | 'hosts', (value: unknown) => string | null>
> = {
  servers: (value) => (Array.isArray(field(value, 'servers')) ? null : 'it has no list of servers'),
  settings: (value) => (isRecord(value) ? null : 'it has no settings'),
  hostKeys: (value) => (Array.isArray(field(value, 'keys')) ? null : 'it has no list of host keys'),
  hosts: (value) => (Array.isArray(field(value, 'history')) ? null : 'it has no list of changes'),
};

const isRecord = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** An own property of whatever this is. */
function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

const isVisible = (value: unknown): value is string => typeof value === 'string' && rules.labelProblem(value) === null;
const callable = (value: unknown, otherwise: string): string => (isVisible(value) ? value : otherwise);
const reasonOf = (error: z.ZodError): string => joined(fieldFailures(error));
const joined = (fields: readonly FieldFailure[]): string => [...new Set(fields.map((each) => each.message))].join('; ');
