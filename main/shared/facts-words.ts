/** The facts of a server in words, for window and command line alike. */
import type {
  Answering,
  FoundService,
  ListeningPort,
  PackageFacts,
  Product,
  ServerFacts,
  SudoFacts,
  SystemdFacts,
} from './facts.ts';
import { formatEndpoint } from './forward.ts';
import { describeBytes, describeDuration } from './words.ts';

export interface FactLine {
  readonly label: string;
  readonly text: string;
}

const unknown = 'not known';

/** One line for each fact that matters to a person, always in the same order; several disks, ports or services in one. */
export function describeFacts(facts: ServerFacts): FactLine[] {
  const line = (label: string, text: string) => ({ label, text });
  return [
    line('System', describeSystem(facts)),
    line('Machine', describeMachine(facts)),
    line('Disk', describeDisks(facts)),
    line('Account', describeAccount(facts)),
    line('Sudo', describeSudo(facts.sudo)),
    line('Systemd', describeSystemd(facts.systemd)),
    line('Python', describePython(facts)),
    line('Packages', describePackages(facts.packages)),
    line('Package index', describeAnswering(facts.index)),
    ...facts.apt.map((each) => line('apt', describeAnswering(each))),
    line('Releases', describeAnswering(facts.releases)),
    ...(facts.settings.length === 0 ? [] : [line('Network', describeSettings(facts))]),
    line('Ports', facts.ports === null ? unknown : facts.ports.map(describePort).join(', ') || 'none is listened on'),
    line('Already there', facts.services.map(describeFound).join(', ') || 'nothing that Mooring knows'),
    line('Clock', describeClock(facts)),
    ...(facts.missing.length === 0 ? [] : [line('Not answered', facts.missing.join(', '))]),
  ];
}

function describeSystem({ system, machine }: ServerFacts): string {
  return [system.name ?? system.kernelName ?? unknown, machine.architecture].filter(Boolean).join(' · ');
}

function describeMachine({ machine }: ServerFacts): string {
  const { cpuCount, memoryBytes, memoryFreeBytes } = machine;
  const parts = [
    cpuCount === null ? null : `${String(cpuCount)} ${cpuCount === 1 ? 'CPU' : 'CPUs'}`,
    memoryBytes === null ? null : `${describeBytes(memoryBytes)} of memory`,
    memoryFreeBytes === null ? null : `${describeBytes(memoryFreeBytes)} free`,
  ].filter((each) => each !== null);
  return parts.join(', ') || unknown;
}

function describeDisks({ disks }: ServerFacts): string {
  if (disks === null) return unknown;
  const all = disks.map((disk) => {
    const notes = [
      disk.holdsHome ? 'home' : null,
      disk.readOnly ? 'read-only' : null,
      disk.noExec ? 'runs no programs' : null,
    ];
    const said = notes.filter((each) => each !== null).join(', ');
    return `${disk.mount} ${describeBytes(disk.freeBytes)} free of ${describeBytes(disk.sizeBytes)}${said && ` (${said})`}`;
  });
  return all.join(', ') || unknown;
}

function describeAccount({ account }: ServerFacts): string {
  const { user, home, shell } = account;
  return [user ?? unknown, home, shell].filter((each) => each !== null).join(' · ');
}

export function describeSudo(sudo: SudoFacts): string {
  switch (sudo.kind) {
    case 'root':
      return 'not needed: this is root';
    case 'without-password':
      return `without a password${sudo.needsTerminal ? ', in a terminal' : ''}`;
    case 'with-password':
      return `with a password${sudo.needsTerminal ? ', in a terminal' : ''}`;
    case 'limited':
      return 'for some commands only';
    case 'none':
      return 'not allowed for this account';
    case 'absent':
      return 'not installed';
    case 'unknown':
      return `${unknown}: ${sudo.why}`;
    default:
      return sudo satisfies never;
  }
}

export function describeSystemd(systemd: SystemdFacts): string {
  switch (systemd.kind) {
    case 'unknown':
      return unknown;
    case 'absent':
      return 'does not run this server';
    case 'booted': {
      const { version, state, user, linger } = systemd;
      const own = user.kind === 'reached' ? 'own services possible' : `no own services: ${user.why}`;
      const staying = linger === null ? null : linger ? 'they outlive the session' : 'they end with the session';
      return [
        version === null ? null : `version ${String(version)}`,
        state,
        own,
        user.kind === 'reached' ? staying : null,
      ]
        .filter((each) => each !== null)
        .join(', ');
    }
    default:
      return systemd satisfies never;
  }
}

function describePython({ pythons, uv }: ServerFacts): string {
  if (pythons === null) return unknown;
  const all = pythons.map(({ version, venv, pip }) => {
    const lacks = [venv === false ? 'venv' : null, pip === false ? 'pip' : null].filter((each) => each !== null);
    return lacks.length === 0 ? version : `${version} without ${lacks.join(' and ')}`;
  });
  const text = all.join(', ') || 'none';
  return uv === null ? text : `${text} · uv ${uv.version ?? ''}`.trimEnd();
}

export function describePackages({ manager, lock, interrupted, firstBoot }: PackageFacts): string {
  const notes = [
    firstBoot === 'running' ? 'still prepared by cloud-init' : null,
    interrupted ? 'interrupted: dpkg --configure -a has to run' : null,
  ].filter((each) => each !== null);
  return [manager ?? 'no package manager that Mooring knows', describeLock(lock), ...notes].join(', ');
}

function describeLock(lock: PackageFacts['lock']): string {
  switch (lock.kind) {
    case 'free':
      return 'free';
    case 'held':
      return `locked by ${lock.program ?? 'another program'} (process ${String(lock.pid)})`;
    case 'busy':
      return `${lock.program} at work (process ${String(lock.pid)})`;
    case 'unknown':
      return `lock ${unknown}`;
    default:
      return lock satisfies never;
  }
}

export function describeAnswering(answering: Answering): string {
  switch (answering.kind) {
    case 'answers': {
      const took = answering.tookMs === null ? '' : ` in ${String(answering.tookMs)} ms`;
      return `${answering.url} answers${took}`;
    }
    case 'refuses':
      return `${answering.url} answers with ${String(answering.status)}`;
    case 'silent':
      return `${answering.url} does not answer: ${answering.why}`;
    case 'unknown':
      return `${unknown}: ${answering.why}`;
    default:
      return answering satisfies never;
  }
}

function describeSettings({ settings }: ServerFacts): string {
  return settings.map(({ name, value, source }) => `${name} ${value} (${source})`).join(', ');
}

/** `5000 mlflow`, `22 ssh.service`: the program, else the unit, else who owns it. */
export function describePort({ port, program, unit, user }: ListeningPort): string {
  const who = program?.name ?? unit ?? (user === null ? null : `of ${user}`);
  return who === null ? String(port) : `${String(port)} ${who}`;
}

export const productWords: Readonly<Record<Product, string>> = {
  mlflow: 'MLflow',
  minio: 'MinIO',
  versitygw: 'VersityGW',
  postgresql: 'PostgreSQL',
};

export function describeFound(found: FoundService): string {
  const name = productWords[found.product];
  switch (found.kind) {
    case 'unit':
      return `${name} as ${found.unit} (${found.active ? 'running' : 'stopped'}${at(found)})`;
    case 'process':
      return `${name} as process ${String(found.pid)}${found.user === null ? '' : ` of ${found.user}`}${at(found)}`;
    case 'start-script':
      return `${name} started by ${found.path}${at(found)}`;
    case 'installed':
      return `${name} ${found.version ?? ''} in ${found.path}`.replace('  ', ' ');
    case 'folder':
      return `${name}’s folder ${found.path}`;
    case 'data':
      return `${name}’s data in ${found.path}`;
    case 'program':
      return `${name}’s program ${found.name}`;
    case 'cluster':
      return `${name} ${found.version} ${found.name} (${found.active ? 'running' : 'stopped'}, port ${String(found.port)})`;
    case 'container':
      return `${name} in container ${found.name} (${found.state})`;
    default:
      return found satisfies never;
  }
}

function at({ address, port }: { readonly address: string | null; readonly port: number | null }): string {
  if (port === null) return '';
  return address === null ? `, port ${String(port)}` : `, ${formatEndpoint(address, port)}`;
}

/** Below this a clock is right: certificates, tokens and one-time codes allow for it. */
const fineMs = 5_000;

function describeClock({ clock }: ServerFacts): string {
  if (clock === null) return unknown;
  const { skewMs, uncertaintyMs } = clock;
  if (Math.abs(skewMs) <= fineMs + uncertaintyMs) return 'right';
  return `${describeDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
}
