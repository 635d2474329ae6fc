/** The MLflow servers on a machine that Mooring did not set up, as the facts tell of them. */
import type { FoundService, ListeningPort, ServerFacts } from '../../../../shared/facts.ts';
import { isBeyondLoopback } from '../../../../shared/forward.ts';

export interface FoundMlflow {
  readonly port: number;
  readonly running: boolean;
  /** Others than the server itself can reach it. Null: not known. */
  readonly isWide: boolean | null;
  readonly unit: { readonly name: string; readonly scope: 'system' | 'user'; readonly enabled: boolean } | null;
  /** What starts it, where that is a script of a usual name. Absolute. */
  readonly startScript: string | null;
  /** Whose process it is; null: not known. */
  readonly account: string | null;
}

type Unit = Extract<FoundService, { kind: 'unit' }>;
type Process = Extract<FoundService, { kind: 'process' }>;
type StartScript = Extract<FoundService, { kind: 'start-script' }>;

/** By port, lowest first. Those in containers are left out, and those of stacks; adopted ones are not. */
export function foundMlflows(facts: ServerFacts): readonly FoundMlflow[] {
  const mine = facts.services.filter((each) => each.product === 'mlflow');
  const units = mine.filter((each): each is Unit & { product: 'mlflow' } => each.kind === 'unit');
  const processes = mine.filter((each): each is Process & { product: 'mlflow' } => each.kind === 'process');
  const scripts = mine.filter((each): each is StartScript & { product: 'mlflow' } => each.kind === 'start-script');
  const found = new Map<number, FoundMlflow>();
  for (const unit of [...units].sort((a, b) => Number(b.active) - Number(a.active))) {
    if (unit.port === null || found.has(unit.port)) continue;
    found.set(unit.port, ofUnit(unit, unit.port, scripts, facts.ports));
  }
  for (const process of processes) {
    if (process.port === null || found.get(process.port)?.running === true) continue;
    const { port } = process;
    found.set(port, {
      port,
      running: true,
      isWide: isWide(port, process.address, facts.ports),
      unit: null,
      startScript: scriptFor(port, null, scripts),
      account: process.user,
    });
  }
  const isOfStack = (port: number) =>
    units.some((each) => each.active && each.port === port && isOurs(each.unit) && !isAdopted(each.unit));
  return [...found.values()].filter(({ port }) => !isOfStack(port)).sort((a, b) => a.port - b.port);
}

const isOurs = (unit: string): boolean => unit.startsWith('mooring-');
const isAdopted = (unit: string): boolean => unit.startsWith('mooring-mlflow-adopted');

const ofUnit = (
  unit: Unit,
  port: number,
  scripts: readonly StartScript[],
  ports: readonly ListeningPort[] | null,
): FoundMlflow => ({
  port,
  running: unit.active,
  isWide: isWide(port, unit.address, ports),
  unit: { name: unit.unit, scope: unit.scope, enabled: unit.enabled },
  startScript: scriptFor(port, unit.folder, scripts),
  account: unit.account ?? (unit.scope === 'system' ? 'root' : null),
});

/** Of several only one that says this port, or lies in its folder; a single one may take its port from elsewhere. */
function scriptFor(port: number, folder: string | null, scripts: readonly StartScript[]): string | null {
  const fitting = scripts.filter((each) => each.port === port || each.port === null);
  const inFolder = fitting.find((each) => folder !== null && each.path.startsWith(`${folder}/`));
  return (inFolder ?? (fitting.length === 1 ? fitting[0] : undefined))?.path ?? null;
}

function isWide(port: number, address: string | null, ports: readonly ListeningPort[] | null): boolean | null {
  const addresses = ports?.find((each) => each.port === port)?.addresses ?? (address === null ? [] : [address]);
  if (addresses.length === 0) return null;
  return addresses.some(isBeyondLoopback);
}
