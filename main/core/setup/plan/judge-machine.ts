/** Whether a stack can be put on a machine at all, and what a person should know before. */
import type { DiskFacts, ListeningPort, ServerFacts } from '../../../shared/facts.ts';
import type { PlanRemark } from '../../../shared/setup/plan.ts';
import { stackCards } from '../../../shared/setup/stack-fields.ts';
import { describeBytes, describeDuration } from '../../../shared/words.ts';
import type { PlanContext } from './component.ts';
import { hasUv } from './package-index.ts';
import { mlflowDataDir, fetchedPython } from './mlflow/setting.ts';
import { environmentOfUnit, unitName } from './places.ts';
import { choosePython } from './python.ts';

const gigabyte = 2 ** 30;
/** What MLflow and its packages take, twice: once as fetched. */
const diskNeeded = 2 * gigabyte;
const memoryWanted = gigabyte;
const skewMost = 5 * 60_000;

const remark =
  (level: PlanRemark['level']) =>
  (message: string, hint: string | null = null, fix?: PlanRemark['fix']): PlanRemark => ({
    level,
    message,
    hint,
    ...(fix && { fix }),
  });
const stop = remark('stop');
const warning = remark('warning');
const note = remark('note');

export function judgeMachine(context: PlanContext): readonly PlanRemark[] {
  const { stack } = context;
  const system = [...judgeSystem(context), ...judgeEnvironment(context), ...judgeClock(context.facts)];
  if (stack.script !== null) return system;
  const needsIndex = stack.mlflow !== null || stack.storage?.software === 'seaweedfs';
  return [
    ...system,
    ...judgeScope(context),
    ...judgePackages(context.facts),
    ...judgeRoom(context),
    ...(stack.mlflow
      ? [...judgePython(context), ...judgePort(context, stack.mlflow.port, 'mlflow', 'mlflow.port')]
      : []),
    ...(needsIndex ? judgeIndex(context) : []),
  ];
}

function judgeSystem({ facts: { system } }: PlanContext): readonly PlanRemark[] {
  if (system.kernelName !== null && system.kernelName !== 'Linux') {
    return [
      stop(`This is ${system.kernelName}: stacks go on Linux servers only.`, 'Take a server with Debian or Ubuntu.'),
    ];
  }
  if (system.id !== null && !system.family.some((each) => each === 'debian' || each === 'ubuntu')) {
    return [
      warning(
        `${system.name ?? system.id} is not supported: setup is made for Debian and Ubuntu.`,
        'What needs no package of the system works all the same; steps that need apt can’t run.',
      ),
    ];
  }
  return [];
}

/** A script and what stays at work know nothing of each other: one would take the other's name, place and secrets. */
function judgeEnvironment({ stack, present }: PlanContext): readonly PlanRemark[] {
  if (present === null || (present.script === null) === (stack.script === null)) return [];
  const holder = present.script === null ? stackCards[present.name].title : 'a script of your own';
  return [
    stop(
      `The environment ${stack.environment} is taken by ${holder}.`,
      'Choose another environment, or uninstall what is there first.',
    ),
  ];
}

function judgeScope({ stack, facts, places, account }: PlanContext): readonly PlanRemark[] {
  const { systemd, sudo } = facts;
  if (systemd.kind === 'absent') {
    return [
      stop(
        'This server was not started by systemd, so nothing can be kept running on it.',
        'A container without an init is like that: take a virtual machine, or a container that boots systemd.',
      ),
    ];
  }
  if (places.scope === 'system') return judgeSudo(facts, account);
  // A busy server may be late with its answer: that must not decide where everything is put.
  if (stack.scope === 'auto' && sudo.kind === 'unknown') {
    return [
      stop(
        `Whether ${account} may use sudo could not be found out: ${sudo.why}`,
        'Try again in a moment, or say where to put it (scope): on the whole system, or under the login account only.',
      ),
    ];
  }
  if (systemd.kind !== 'booted') return [];
  if (systemd.user.kind === 'unreached') {
    return [
      stop(
        `Without root, services are run by the account’s own systemd, and that is not reached: ${systemd.user.why}`,
        `An administrator can start it with: sudo loginctl enable-linger ${account}`,
      ),
    ];
  }
  const plain = note(
    `Everything is put under the account ${account}, without root: other people’s programs on this server are shut out less well, and nothing can be installed by apt.`,
  );
  if (systemd.linger !== false) return [plain];
  return [
    plain,
    note(
      `Setup asks the server to let ${account} linger, so that its services start with the machine and outlive the login.`,
      'Where that is refused they run only while the account is logged in.',
    ),
  ];
}

const underAccount = { field: 'scope', value: 'user' };

function judgeSudo({ sudo }: ServerFacts, account: string): readonly PlanRemark[] {
  switch (sudo.kind) {
    case 'root':
    case 'without-password':
    case 'with-password':
      return [];
    case 'limited':
    case 'none':
      return [
        stop(
          sudo.kind === 'limited'
            ? `${account} may run only some commands by sudo; for the whole system root is needed.`
            : `${account} may not use sudo, and for the whole system root is needed.`,
          'Log in as an account that may use sudo, or put it under the login account only.',
          underAccount,
        ),
      ];
    case 'absent':
      return [
        stop(
          `There is no sudo on this server, and ${account} is not root.`,
          'Log in as root, or put it under the login account only.',
          underAccount,
        ),
      ];
    case 'unknown':
      return [warning(`Whether ${account} may use sudo could not be found out: ${sudo.why}`)];
    default:
      return sudo satisfies never;
  }
}

function judgePackages({ packages }: ServerFacts): readonly PlanRemark[] {
  return [
    ...(packages.interrupted
      ? [
          warning(
            'An installation by apt was cut off before on this server.',
            'Where a step needs apt, it is finished first (dpkg --configure -a).',
          ),
        ]
      : []),
    ...(packages.firstBoot === 'running'
      ? [note('The server still prepares itself after its first start; steps that need apt wait for that.')]
      : []),
  ];
}

function judgeRoom(context: PlanContext): readonly PlanRemark[] {
  const { facts, places, present } = context;
  const free = facts.machine.memoryFreeBytes;
  const memory =
    context.stack.mlflow !== null && !present?.mlflow && free !== null && free < memoryWanted
      ? [
          warning(
            `Only ${describeBytes(free)} of memory are free; MLflow wants 1 GB.`,
            'It may be ended when memory runs out. End other programs, or take a larger machine.',
          ),
        ]
      : [];
  const folders = [...new Set([places.programDir, mlflowDataDir(context)])];
  const disks = [...new Set(folders.map((each) => diskOf(facts.disks, each)).filter((each) => each !== null))];
  return [
    ...memory,
    ...disks.flatMap((disk) => judgeDisk(disk, present !== null, diskOf(facts.disks, places.programDir))),
  ];
}

function judgeDisk(disk: DiskFacts, isThere: boolean, programs: DiskFacts | null): readonly PlanRemark[] {
  if (disk.readOnly) return [stop(`${disk.mount} can’t be written to.`, 'Choose a data folder on another disk.')];
  if (disk.noExec && disk === programs) {
    return [stop(`No programs can be run from ${disk.mount} (noexec), where MLflow would go.`)];
  }
  if (disk.freeBytes >= diskNeeded) return [];
  const message = `Only ${describeBytes(disk.freeBytes)} are free on ${disk.mount}; 2 GB are needed.`;
  const hint = 'Make room there, or take a larger disk.';
  return [isThere ? warning(message, hint) : stop(message, hint)];
}

/** The one that holds the path: the longest mount that it begins with. */
function diskOf(disks: readonly DiskFacts[] | null, path: string): DiskFacts | null {
  const holding = (disks ?? []).filter(({ mount }) => mount === '/' || path === mount || path.startsWith(`${mount}/`));
  return holding.reduce<DiskFacts | null>(
    (best, each) => (each.mount.length > (best?.mount.length ?? 0) ? each : best),
    null,
  );
}

function judgePython({ facts, places }: PlanContext): readonly PlanRemark[] {
  if (facts.pythons === null || choosePython(facts, places.scope) !== null) return [];
  const versions = [...new Set(facts.pythons.map(({ version }) => version))].join(', ');
  const found = versions === '' ? 'There is no Python here' : `Python ${versions} is not one that MLflow can run on`;
  const canUv = hasUv(facts.machine.architecture) || facts.uv !== null;
  const canApt = places.scope === 'system' && facts.packages.manager === 'apt-get';
  if (versions === '' && canApt) return [];
  if (versions === '' || !canUv || facts.index.kind === 'silent') {
    return [
      stop(
        `${found} (it needs 3.10 or newer), and there is no way to a newer one.`,
        'Install Python 3.10 or newer first.',
      ),
    ];
  }
  return [
    warning(
      `${found}: uv fetches Python ${fetchedPython} for it, from GitHub.`,
      'Where the server has no way there, install a newer Python first.',
    ),
  ];
}

/**
 * Whether somebody else listens on a port that a part of the stack wants. `part`: of its unit; `field`: of the stack that
 * says the port.
 */
export function judgePort(
  { facts, stack }: PlanContext,
  port: number,
  part: string,
  field: string,
): readonly PlanRemark[] {
  const own = unitName(part, stack.environment);
  const other = facts.ports?.find((each) => each.port === port && each.unit !== own && isOnLoopback(each));
  if (!other) return [];
  const environment = environmentOfUnit(other.unit);
  const { storage } = stack;
  const reserved = storage === null ? [] : [storage.port, storage.consolePort];
  const taken = new Set([port, ...reserved, ...(facts.ports ?? []).map((each) => each.port)]);
  const free = nextFree(port, taken);
  const fix = { field, value: free };
  const name = `Port ${String(port)}`;
  const another = `port ${String(free)}: it is free.`;
  return [
    environment === null
      ? stop(`${name} is taken by ${describeHolder(other)}.`, `End what is there, or choose ${another}`, fix)
      : stop(`${name} is that of the environment ${environment} on this server.`, `Choose ${another}`, fix),
  ];
}

/** The next higher one; after the last the search goes on at those that need no root. */
function nextFree(port: number, taken: ReadonlySet<number>): number {
  let free = port;
  while (taken.has(free)) free = free < 65_535 ? free + 1 : 1024;
  return free;
}

/** What listens on another address only leaves 127.0.0.1 to us. */
const isOnLoopback = ({ addresses }: ListeningPort): boolean =>
  addresses.some((each) => each === '127.0.0.1' || each === '0.0.0.0' || each === '::');

function describeHolder({ program, unit, user }: ListeningPort): string {
  const who = [
    program === null ? null : `${program.name} (${String(program.pid)})`,
    unit === null ? null : program === null ? unit : `of ${unit}`,
  ].filter((each) => each !== null);
  const name = who.join(' ') || 'a program that this account can’t see';
  return user === null ? name : `${name}, run by ${user}`;
}

function judgeIndex({ facts: { index }, stack, present }: PlanContext): readonly PlanRemark[] {
  if (index.kind === 'answers' || index.kind === 'unknown') return [];
  const said = index.kind === 'silent' ? index.why : `it answered ${String(index.status)}`;
  const message = `The Python package index (${index.url}) can’t be used from this server: ${said}`;
  return [
    // Another kind of stack needs other packages.
    present?.name !== stack.name
      ? stop(
          message,
          'Give the server a way to it: the internet, a proxy in /etc/environment, or a mirror in /etc/pip.conf.',
        )
      : warning(message, 'What is installed already stays; another version can’t be fetched.'),
  ];
}

function judgeClock({ clock }: ServerFacts): readonly PlanRemark[] {
  if (clock === null || Math.abs(clock.skewMs) - clock.uncertaintyMs <= skewMost) return [];
  const way = clock.skewMs > 0 ? 'ahead of' : 'behind';
  return [
    warning(
      `The server’s clock is ${describeDuration(Math.abs(clock.skewMs))} ${way} this machine’s.`,
      'S3 and certificates refuse wrong clocks: turn on time synchronisation (timedatectl set-ntp true).',
    ),
  ];
}
