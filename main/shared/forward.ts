/** A forward: one local (-L) port forward of a server. Remote (-R) and dynamic (-D) forwards will be further kinds. */

/** What answers behind a forward. */
export const serviceKinds = [
  'mlflow',
  's3',
  's3-console',
  'postgres',
  'jupyter',
  'grafana',
  'prometheus',
  'http',
  'tcp',
] as const;
export type ServiceKind = (typeof serviceKinds)[number];

/** Kinds that a browser can open. */
export const webServices: readonly ServiceKind[] = ['mlflow', 's3-console', 'jupyter', 'grafana', 'prometheus', 'http'];

export interface ForwardDraft {
  /** Name shown to people; unique within its server. */
  readonly label: string;
  readonly service: ServiceKind;
  /** Where this machine listens. Loopback only: 127.0.0.0/8 or ::1. */
  readonly bind: {
    readonly address: string;
    /** 1–65535. */
    readonly port: number;
    /** Listen on ::1 as well, for programs that take `localhost` to be IPv6 first. */
    readonly alsoIpv6: boolean;
  };
  /** Where the server connects to, as the server sees it. */
  readonly target: { readonly host: string; readonly port: number };
  /**
   * For a web service that answers to one name only; without it bytes pass as they are. Not for S3, whose requests are
   * signed with the Host in them.
   */
  readonly sendAs?: SendAs | null | undefined;
}

export interface SendAs {
  /** What requests say as Host, in place of the local address; with a port where that is to be said. */
  readonly host: string;
}

export interface Forward extends ForwardDraft {
  readonly id: string;
  /** What the user asked for: on whenever its server is on. */
  readonly wanted: boolean;
  /** Made for names of the hosts file, with which it goes again. */
  readonly forNames?: true | undefined;
}

/** What a person can say of it. */
export const forwardDraftOf = ({ id: _id, wanted: _wanted, forNames: _forNames, ...draft }: Forward): ForwardDraft =>
  draft;

/** The same forward as a person says it now. */
export const redrafted = ({ id, wanted, forNames }: Forward, draft: ForwardDraft): Forward => ({
  ...draft,
  id,
  wanted,
  ...(forNames && { forNames }),
});

export interface ForwardPreset {
  readonly name: string;
  readonly label: string;
  readonly service: ServiceKind;
  readonly localPort: number;
  readonly targetPort: number;
  readonly note?: string;
}

/** Ports as their projects document them. 9000 is the S3 API and 9001 the console; many tutorials swap the two. */
export const forwardPresets: readonly ForwardPreset[] = [
  {
    name: 'mlflow',
    label: 'MLflow',
    service: 'mlflow',
    localPort: 5001,
    targetPort: 5000,
    note: 'Local 5001, since AirPlay holds 5000 on most Macs',
  },
  { name: 's3', label: 'S3 API', service: 's3', localPort: 9000, targetPort: 9000 },
  { name: 's3-console', label: 'S3 console', service: 's3-console', localPort: 9001, targetPort: 9001 },
  { name: 'postgres', label: 'PostgreSQL', service: 'postgres', localPort: 5432, targetPort: 5432 },
  { name: 'jupyter', label: 'Jupyter', service: 'jupyter', localPort: 8888, targetPort: 8888 },
  { name: 'grafana', label: 'Grafana', service: 'grafana', localPort: 3000, targetPort: 3000 },
  { name: 'prometheus', label: 'Prometheus', service: 'prometheus', localPort: 9090, targetPort: 9090 },
  { name: 'http', label: 'HTTP', service: 'http', localPort: 8080, targetPort: 80 },
];

/** The service that usually answers on a target port. */
export function serviceForPort(targetPort: number): { readonly label: string; readonly service: ServiceKind } {
  const preset = forwardPresets.find((each) => each.targetPort === targetPort);
  return preset
    ? { label: preset.label, service: preset.service }
    : { label: `Port ${String(targetPort)}`, service: 'tcp' };
}

/** `127.0.0.1:5001`, or `[::1]:5001`. */
export function formatEndpoint(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;
}

/** The address a browser opens, or null where the service is not a web page. */
export function forwardUrl(forward: ForwardDraft): string | null {
  if (!webServices.includes(forward.service)) return null;
  return `http://${formatEndpoint(forward.bind.address, forward.bind.port)}/`;
}

/** True for what a machine calls itself: the target of a forward that is on the server, not beyond it. */
export const isOwnHost = (host: string): boolean => host === 'localhost' || isLoopback(host);

/** Of an address that something listens at: others than the machine itself may reach it, unless a firewall is in between. */
export const isBeyondLoopback = (address: string): boolean =>
  !isOwnHost(address.replace(/%.*$/, '').replace(/^::ffff:/i, ''));

/** True for 127.0.0.0/8 and ::1, the only addresses a listener may bind. */
export function isLoopback(address: string): boolean {
  if (address === '::1') return true;
  const parts = address.split('.');
  return (
    parts.length === 4 && parts[0] === '127' && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && +part <= 255)
  );
}

/** As part of a sentence. */
export const serviceNames: Record<ServiceKind, string> = {
  mlflow: 'MLflow',
  s3: 'an S3 store',
  's3-console': 'a store’s console',
  postgres: 'PostgreSQL',
  jupyter: 'Jupyter',
  grafana: 'Grafana',
  prometheus: 'Prometheus',
  http: 'a web page',
  tcp: 'another service',
};
