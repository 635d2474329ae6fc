/** Where the store of a stack lies on the server, how it is reached and where its keys are. */
import type { FoundService, ListeningPort, ServerFacts } from '../../../../shared/facts.ts';
import type { StoragePart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import type { PlanContext } from '../component.ts';
import { objectsDirOf, unitName } from '../places.ts';

/** What VersityGW, SeaweedFS and MinIO call the place where they are when nothing else is said. */
export const storeRegion = 'us-east-1';

export interface StorePlace {
  /** Runs it and owns its objects. */
  readonly user: string;
  /** Owns its settings: they are read by systemd alone. */
  readonly owner: string;
  /** A folder of its own, also on a disk that is there for it. */
  readonly objectsDir: string;
  /** Its keys, as systemd reads them. */
  readonly keysFile: string;
  readonly unit: string;
}

export const storeAccount = 'mooring-store';

export function storePlace({ places, account, stack }: PlanContext, storage: StoragePart): StorePlace {
  const isSystem = places.scope === 'system';
  return {
    user: isSystem ? storeAccount : account,
    owner: isSystem ? 'root' : account,
    objectsDir: objectsDirOf(places.dataDir, storage.dataDir),
    keysFile: `${places.configDir}/storage.env`,
    unit: unitName('storage', stack.environment),
  };
}

/** What MLflow has to know of the store; null: the stack has none. */
export function wiredStore(context: PlanContext): {
  readonly bucket: string;
  readonly port: number;
  readonly units: readonly string[];
} | null {
  const { storage } = context.stack;
  if (!storage) return null;
  const found = foundMinio(context);
  return {
    bucket: storage.bucket,
    port: found?.port ?? storage.port,
    units: found ? [] : [storePlace(context, storage).unit],
  };
}

/** The shell function `store_key ACCESS|SECRET|PASSWORD`: what the store has now; nothing before it has some. */
export function storeKeys(context: PlanContext): string {
  const { storage } = context.stack;
  if (!storage) return '';
  const { keysFile } = storePlace(context, storage);
  return [
    'store_key() {',
    `  [ -f ${quoted(keysFile)} ] || return 0`,
    '  case $1 in',
    "  ACCESS) store_line='ROOT_ACCESS_KEY\\|AWS_ACCESS_KEY_ID' ;;",
    "  SECRET) store_line='ROOT_SECRET_KEY\\|AWS_SECRET_ACCESS_KEY' ;;",
    '  *) store_line=WEED_ADMIN_PASSWORD ;;',
    '  esac',
    // Undoes what env_line does.
    `  sed -n "s/^\\($store_line\\)=\\"\\(.*\\)\\"$/\\2/p" ${quoted(keysFile)} | sed 's/\\\\\\(.\\)/\\1/g'`,
    '}',
  ].join('\n');
}

export interface FoundMinio {
  readonly port: number;
  /** Null: it could not be found out. */
  readonly consolePort: number | null;
  /** `minio.service`, `the container minio`, `process 812`. */
  readonly as: string;
}

/** A MinIO at work, unless this environment has a store of its own already. */
export function foundMinio(context: PlanContext): FoundMinio | null {
  const { facts, present } = context;
  if (present?.storage && isOurs(context, present.storage.port)) return null;
  for (const each of facts.services) {
    const at = each.product === 'minio' ? placeOf(each) : null;
    if (at) return { ...at, consolePort: consoleOf(facts, at.port) };
  }
  const listens = facts.ports?.find(({ port, program }) => port === 9000 && program?.name === 'minio');
  return listens ? { port: 9000, consolePort: consoleOf(facts, 9000), as: nameOf(listens) } : null;
}

function placeOf(found: FoundService): Omit<FoundMinio, 'consolePort'> | null {
  switch (found.kind) {
    case 'unit':
      return found.active ? { port: found.port ?? 9000, as: found.unit } : null;
    case 'process':
      return { port: found.port ?? 9000, as: `process ${String(found.pid)}` };
    case 'container': {
      const mapped = /:(\d+)->9000\/tcp/.exec(found.ports)?.[1];
      if (mapped === undefined || !/^(up|running)/i.test(found.state)) return null;
      return { port: Number(mapped), as: `the container ${found.name}` };
    }
    default:
      return null;
  }
}

/** MinIO's other port; in a container, or when other accounts' programs are hidden, the usual one if something is there. */
function consoleOf({ ports, services }: ServerFacts, port: number): number | null {
  const own = ports?.find((each) => each.port !== port && each.program?.name === 'minio')?.port;
  if (own !== undefined) return own;
  for (const each of services) {
    const mapped = each.kind === 'container' && each.product === 'minio' ? /:(\d+)->9001\/tcp/.exec(each.ports) : null;
    if (mapped) return Number(mapped[1]);
  }
  const unit = ports?.find((each) => each.port === port)?.unit;
  const ofUnit = ports?.find((each) => each.port !== port && each.unit !== null && each.unit === unit)?.port;
  return ofUnit ?? null;
}

/**
 * What listens there was put there by setup for this very environment: its unit says so or, for what systemd itself
 * listens on, its manifest.
 */
export function isOurs({ facts, stack, present }: PlanContext, port: number): boolean {
  const units = ['storage', 'storage-s3', 'storage-console'].map((part) => unitName(part, stack.environment));
  const stands = present?.storage?.port === port || present?.storage?.consolePort === port;
  const holders = facts.ports?.filter((each) => each.port === port) ?? [];
  return (
    holders.length > 0 &&
    holders.every(({ unit, program }) =>
      unit === null ? stands && (program?.name ?? 'systemd').startsWith('systemd') : units.includes(unit),
    )
  );
}

export const nameOf = ({ program, unit, user }: ListeningPort): string =>
  program?.name ?? unit ?? (user === null ? 'another program' : `a program of ${user}`);
