/** MLflow, MinIO, VersityGW and PostgreSQL that a server has already, also as the usual tutorials set them up. */
import type { DockerFacts, FoundService, ListeningPort, Product } from '../../../shared/facts.ts';
import { toNumber, toPort, type Section } from './frame.ts';
import { isListening } from './parse-ports.ts';

export function parseDocker(found: Section): DockerFacts {
  const docker = found.text('docker');
  if (docker === null) return { kind: 'absent' };
  return docker === 'yes' ? { kind: 'usable' } : { kind: 'unusable', why: docker };
}

/** One thing that the probe named, with the lines that belong to it. */
interface Item {
  readonly kind: string;
  readonly value: string;
  readonly options: string[];
  folder: string | null;
  account: string | null;
}

const beginning = ['unit', 'dir', 'start', 'data', 'installed', 'program', 'process', 'cluster', 'container'];

export function parseServices(found: Section, ports: readonly ListeningPort[] | null): FoundService[] {
  const items: Item[] = [];
  for (const { key, value } of found.entries) {
    const last = items.at(-1);
    if (beginning.includes(key)) items.push({ kind: key, value, options: [], folder: null, account: null });
    else if (key === 'option') last?.options.push(value);
    else if (key === 'folder' && last) last.folder = value || null;
    else if (key === 'account' && last) last.account = value || null;
  }
  const units = { system: unitStates(found.all('system')), user: unitStates(found.all('user')) };
  const active = found.all('cluster-unit');
  const services = mainProcesses(items).flatMap((item) => service(item, units, active, ports));
  return onceEach(services, units, ports);
}

function service(
  item: Item,
  units: Record<'system' | 'user', ReadonlyMap<string, UnitState>>,
  activeClusters: readonly string[],
  ports: readonly ListeningPort[] | null,
): FoundService[] {
  const { kind, value } = item;
  switch (kind) {
    case 'unit': {
      const unit = value.split('/').at(-1) ?? value;
      const scope = value.includes('/user/') ? 'user' : 'system';
      const product = productOf(unit);
      const state = units[scope].get(unit);
      // Templates are not at work themselves; postgresql.service only stands for the clusters.
      if (product === null || unit.includes('@.') || (product === 'postgresql' && value.includes('/lib/'))) return [];
      const told = place(item.options);
      // Units that run a start script do not say it themselves.
      const seen = told.port === null ? ports?.find((each) => each.unit === unit) : undefined;
      return [
        {
          product,
          kind: 'unit',
          unit,
          scope,
          path: value,
          active: state?.active ?? false,
          enabled: state?.enabled ?? false,
          folder: item.folder,
          account: item.account,
          address: told.address ?? seen?.addresses[0] ?? null,
          port: told.port ?? seen?.port ?? null,
        },
      ];
    }
    case 'process': {
      const [, pid, user = '', what = ''] = /^(\d{1,10}) (\S+) (.*)$/.exec(value) ?? [];
      const product = productOf(what);
      if (product === null) return [];
      const told = place(item.options);
      const seen = ports?.find((each) => each.program?.pid === Number(pid));
      return [
        {
          product,
          kind: 'process',
          pid: Number(pid),
          user: user === '' || user === 'UNKNOWN' ? null : user,
          address: told.address ?? seen?.addresses[0] ?? null,
          port: told.port ?? seen?.port ?? null,
        },
      ];
    }
    case 'start': {
      const product = productOf(value.split('/').at(-1) ?? '');
      return product === null ? [] : [{ product, kind: 'start-script', path: value, ...place(item.options) }];
    }
    case 'installed': {
      const [, path, version] =
        /^(\/.*)\/lib\/python3[^/]*\/site-packages\/mlflow-([^/]*)\.dist-info$/.exec(value) ?? [];
      return path === undefined ? [] : [{ product: 'mlflow', kind: 'installed', path, version: version ?? null }];
    }
    case 'dir': {
      const product = productOf(value.split('/').at(-1) ?? '');
      return product === null ? [] : [{ product, kind: 'folder', path: value }];
    }
    case 'data':
      return [{ product: 'mlflow', kind: 'data', path: value }];
    case 'program': {
      const product = productOf(value === 'psql' ? 'postgresql' : value);
      return product === null ? [] : [{ product, kind: 'program', name: value }];
    }
    case 'cluster': {
      const [, version, name] = /^\/etc\/postgresql\/([^/]+)\/([^/]+)\//.exec(value) ?? [];
      if (version === undefined || name === undefined) return [];
      const port = place(item.options).port ?? 5432;
      const active = activeClusters.includes(`postgresql@${version}-${name}.service`) || isListening(ports, port);
      return [{ product: 'postgresql', kind: 'cluster', version, name, active, port }];
    }
    case 'container': {
      const [name = '', image = '', state = '', mapped = ''] = value.split('\t');
      const product = productOf(`${image} ${name}`);
      return product === null ? [] : [{ product, kind: 'container', name, image, state, ports: mapped }];
    }
    default:
      return [];
  }
}

function productOf(text: string): Product | null {
  return (
    (['mlflow', 'versitygw', 'minio', 'postgresql'] as const).find((each) =>
      text.includes(each === 'postgresql' ? 'postgres' : each),
    ) ?? null
  );
}

/** Where it listens, by its options: `--port 5000`, `-p 5000`, `--bind 0.0.0.0:5000`, `--console-address :9001`. */
function place(options: readonly string[]): { readonly address: string | null; readonly port: number | null } {
  let address: string | null = null;
  let port: number | null = null;
  for (const option of options) {
    const [, name = '', value = ''] = /^(\S+?)[ =](.*)$/.exec(option) ?? [];
    if (name === '--console-address') continue;
    const [, host, end] = /^(.*):(\d+)$/.exec(value) ?? [];
    port ??= toPort(value) ?? toPort(end);
    if (/^(--host|-h|--address|--bind|-b|MLFLOW_HOST)$/.test(name) && toNumber(value) === null) {
      address ??= (host ?? value) || null;
    }
  }
  return { address, port };
}

/**
 * Of a server with its workers the server: workers of one started as `mlflow server` are left out, and of those of an
 * account with the same options the oldest is kept.
 */
function mainProcesses(items: readonly Item[]): Item[] {
  const pidOf = ({ value }: Item) => Number(/^\d{1,10}/.exec(value)?.[0] ?? 0);
  const told = items.some(({ kind, value }) => kind === 'process' && /mlflow (server|ui)$/.test(value));
  const oldest = new Map<string, Item>();
  for (const item of items) {
    if (item.kind !== 'process' || (told && item.value.endsWith(' mlflow.server'))) continue;
    const key = JSON.stringify([item.value.replace(/^\d+ /, ''), item.options]);
    const known = oldest.get(key);
    if (!known || pidOf(item) < pidOf(known)) oldest.set(key, item);
  }
  const kept = new Set(oldest.values());
  return items.filter((item) => item.kind !== 'process' || kept.has(item));
}

/**
 * One at work is one service, however many signs there are of it: a process of a unit or cluster is left out, and of
 * several processes with one port all but that of the account that listens, since the others only started it.
 */
function onceEach(
  services: readonly FoundService[],
  units: Record<'system' | 'user', ReadonlyMap<string, UnitState>>,
  ports: readonly ListeningPort[] | null,
): FoundService[] {
  const processes = services.filter((each): each is FoundProcess => each.kind === 'process');
  const isMainOf = (unit: FoundUnit, process: FoundProcess) =>
    units[unit.scope].get(unit.unit)?.mainPid === process.pid;
  const isToldBy = (each: FoundService, process: FoundProcess) =>
    each.product === process.product &&
    ((each.kind === 'unit' && each.active && (isMainOf(each, process) || isPort(each, process.port))) ||
      (each.kind === 'cluster' && each.active && isPort(each, process.port)));
  return services.flatMap((each): FoundService[] => {
    if (each.kind === 'unit' && each.active && each.port === null) {
      const main = processes.find((process) => isMainOf(each, process));
      return [main ? { ...each, address: each.address ?? main.address, port: main.port } : each];
    }
    if (each.kind !== 'process') return [each];
    const same = processes.filter(
      ({ product, port }) => product === each.product && port !== null && port === each.port,
    );
    const listener = ports?.find(({ port }) => port === each.port)?.user ?? null;
    // Who only started it, did so before.
    const [shown = each] = [...same].sort(
      (a, b) => Number(b.user === listener) - Number(a.user === listener) || b.pid - a.pid,
    );
    return shown !== each || services.some((other) => isToldBy(other, each)) ? [] : [each];
  });
}

type FoundUnit = Extract<FoundService, { kind: 'unit' }>;
type FoundProcess = Extract<FoundService, { kind: 'process' }>;

const isPort = ({ port }: { readonly port: number | null }, other: number | null): boolean =>
  port !== null && port === other;

interface UnitState {
  readonly active: boolean;
  readonly enabled: boolean;
  /** Null: none now. */
  readonly mainPid: number | null;
}

/** `systemctl show -p Id,ActiveState,UnitFileState,MainPID`: keys in any order, units one after the other. */
function unitStates(lines: readonly string[]): Map<string, UnitState> {
  const states = new Map<string, UnitState>();
  let current = new Map<string, string>();
  const close = () => {
    const id = current.get('Id');
    if (id !== undefined) {
      states.set(id, {
        active: current.get('ActiveState') === 'active',
        enabled: /^(enabled|linked)/.test(current.get('UnitFileState') ?? ''),
        mainPid: toNumber(current.get('MainPID')) || null,
      });
    }
    current = new Map();
  };
  for (const line of lines) {
    const [, key = '', value = ''] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (current.has(key) || key === '') close();
    if (key !== '') current.set(key, value);
  }
  close();
  return states;
}
