/** Services of a server that others than the server itself can reach. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import type { FoundService, ListeningPort, ServerFacts } from '../../shared/facts.ts';
import { productWords } from '../../shared/facts-words.ts';
import {
  formatEndpoint,
  isBeyondLoopback,
  isOwnHost,
  serviceForPort,
  type Forward,
  type ServiceKind,
} from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { quoted } from '../../shared/shell-words.ts';
import { isPlumbing } from '../services/listening.ts';
import { foundMlflows } from '../setup/plan/put-right/found-mlflow.ts';
import { finding, well } from './finding.ts';

/** Open to everybody who can reach the port, or with well-known passwords; web pages are made to be. */
const kindNames: Readonly<Partial<Record<ServiceKind, string>>> = {
  mlflow: 'MLflow',
  s3: 'The S3 store',
  's3-console': 'The console of the S3 store',
  postgres: 'PostgreSQL',
  jupyter: 'Jupyter',
  grafana: 'Grafana',
  prometheus: 'Prometheus',
};
/** By what a program or its unit is called. */
const programNames: readonly (readonly [RegExp, string])[] = [
  [/mlflow/i, 'MLflow'],
  [/jupyter/i, 'Jupyter'],
  [/^postgres|postmaster/i, 'PostgreSQL'],
  [/minio/i, 'MinIO'],
  [/versitygw|mooring-storage/i, 'VersityGW'],
  [/^(weed|seaweedfs)/i, 'SeaweedFS'],
  [/rustfs/i, 'RustFS'],
  [/^garage/i, 'Garage'],
  [/^prometheus/i, 'Prometheus'],
  [/^grafana/i, 'Grafana'],
  [/tensorboard/i, 'TensorBoard'],
];
/** By the port, for what does not tell what it is. 3000 is usual for too many programs to be taken for Grafana. */
const usualName = (port: number): string | undefined =>
  port === 3000 ? undefined : kindNames[serviceForPort(port).service];

/** Listens beyond loopback, and is neither a way into the server nor named by the facts: worth asking what it is. */
export const unnamedOpenPorts = (facts: ServerFacts): readonly ListeningPort[] =>
  openPorts(facts).filter((each) => nameByFacts(each, facts) === null);

/** `met`: what answered on ports that the facts do not name, by port. */
export function judgeOpenPorts(
  { id: serverId, name: serverName, forwards }: ServerProfile,
  facts: ServerFacts,
  met: ReadonlyMap<number, ServiceKind>,
): readonly Finding[] {
  const find = finding('server', serverId);
  if (facts.ports === null) {
    const seen = 'The server did not tell what listens on it.';
    return [find({ id: 'open-ports', title: 'Open ports', status: 'unknown', seen })];
  }
  const open = openPorts(facts).flatMap((each) => {
    const name =
      nameByFacts(each, facts) ??
      kindNames[met.get(each.port) ?? 'tcp'] ??
      usualName(each.port) ??
      forwards.find((forward) => leadsTo(forward, each))?.label;
    return name === undefined ? [] : [{ ...each, name }];
  });
  if (open.length === 0)
    return [find(well('open-ports', 'Open ports', 'No service that a tunnel is for listens to other machines.'))];
  const mendable = foundMlflows(facts).map(({ port }) => port);
  return open.map(({ port, addresses, name }) => {
    const canMend = mendable.includes(port);
    const places = addresses.filter(isBeyondLoopback).map((each) => formatEndpoint(each, port));
    return find({
      id: `open-ports/${String(port)}`,
      title: `Open port ${String(port)}`,
      status: 'warning',
      seen: `${name} listens to other machines too, at ${places.join(' and ')}.`,
      hint: `Bind it to 127.0.0.1: the tunnel reaches it there.${canMend ? ` Mooring does it by: mooring setup put-right ${quoted(serverName)} --port ${String(port)}` : ''}`,
      fix: canMend ? { kind: 'open-tab', serverId, tab: 'setup' } : null,
    });
  });
}

/** One entry for each port, with the addresses of all that share it. */
function openPorts({ ports }: ServerFacts): readonly ListeningPort[] {
  const found = new Map<number, ListeningPort>();
  for (const each of ports ?? []) {
    if (isPlumbing(each) || !each.addresses.some(isBeyondLoopback)) continue;
    const before = found.get(each.port);
    found.set(each.port, before ? { ...before, addresses: [...before.addresses, ...each.addresses] } : each);
  }
  return [...found.values()];
}

function nameByFacts(open: ListeningPort, { services }: ServerFacts): string | null {
  const service = services.find((each) => portOf(each) === open.port);
  if (service) return productWords[service.product];
  const told = [open.program?.name, open.unit].filter((each) => typeof each === 'string');
  return programNames.find(([pattern]) => told.some((each) => pattern.test(each)))?.[1] ?? null;
}

/** Of what is at work; null: none, or not told. */
function portOf(service: FoundService): number | null {
  switch (service.kind) {
    case 'unit':
    case 'cluster':
      return service.active ? service.port : null;
    case 'process':
      return service.port;
    case 'container': {
      const mapped = /:(\d+)->\d+\/tcp/.exec(service.ports)?.[1];
      return mapped !== undefined && /^(up|running)/i.test(service.state) ? Number(mapped) : null;
    }
    case 'start-script':
    case 'installed':
    case 'folder':
    case 'data':
    case 'program':
      return null;
    default:
      return service satisfies never;
  }
}

const leadsTo = ({ target: { host, port } }: Forward, open: ListeningPort): boolean =>
  port === open.port && (isOwnHost(host) || open.addresses.includes(host));
