/** Contexts of plans as a fresh Debian server gives them, and a shell to run their texts in. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { PlanContext, Wiring } from '../../../../../main/core/setup/plan/component.ts';
import { placesFor } from '../../../../../main/core/setup/plan/places.ts';
import { scopeFor } from '../../../../../main/core/setup/plan/plan-stack.ts';
import { prelude } from '../../../../../main/core/setup/script/prelude.ts';
import { parseStack } from '../../../../../main/core/setup/stack/parse-stack.ts';
import type { ServerFacts } from '../../../../../main/shared/facts.ts';
import type { Step } from '../../../../../main/shared/setup/plan.ts';
import type { FieldValue, Stack } from '../../../../../main/shared/setup/stack.ts';
import { read, sample } from '../facts/facts-samples.ts';

/** A server with nothing special about it: everything there, everything answers. */
export const plainFacts: ServerFacts = {
  ...read(sample('debian-12')),
  account: { user: 'ubuntu', uid: 1000, groups: [], home: '/home/ubuntu', shell: '/bin/bash' },
  machine: {
    architecture: 'x86_64',
    cpuCount: 2,
    cpuModel: null,
    memoryBytes: 4 * 2 ** 30,
    memoryFreeBytes: 3 * 2 ** 30,
    swapBytes: 0,
  },
  disks: [
    {
      mount: '/',
      fileSystem: 'ext4',
      sizeBytes: 40 * 2 ** 30,
      freeBytes: 20 * 2 ** 30,
      readOnly: false,
      noExec: false,
      holdsHome: true,
      holdsTmp: true,
    },
  ],
  pythons: [{ path: '/usr/bin/python3', version: '3.11.2', pip: false, venv: false, externallyManaged: true }],
  packages: { manager: 'apt-get', lock: { kind: 'free' }, interrupted: false, firstBoot: null },
  systemd: {
    kind: 'booted',
    version: 252,
    state: 'running',
    user: { kind: 'reached', state: 'running' },
    linger: false,
  },
  sudo: { kind: 'without-password', needsTerminal: false },
  ports: [{ port: 22, addresses: ['0.0.0.0'], program: null, unit: 'ssh.service', user: 'root' }],
  services: [],
  index: { kind: 'answers', url: 'https://pypi.org/simple/pip/', status: 200, tookMs: 100 },
  clock: { skewMs: 0, uncertaintyMs: 50 },
};

export function stackOf(values: Readonly<Record<string, FieldValue>> = {}): Stack {
  const stack = parseStack({ stack: 'mlflow-quick-start', values });
  if (!stack.ok) throw new Error(stack.error.message);
  return stack.value;
}

export function contextOf(
  values: Readonly<Record<string, FieldValue>> = {},
  facts: Partial<ServerFacts> = {},
  present: Stack | null = null,
): PlanContext {
  const stack = stackOf(values);
  const all = { ...plainFacts, ...facts };
  const home = all.account.home ?? '/root';
  return {
    stack,
    facts: all,
    places: placesFor(scopeFor(stack, all), stack.environment, home),
    account: all.account.user ?? 'root',
    home,
    present,
    finished: present,
  };
}

/** The same, with all its places in a temporary folder and this very account as owner. */
export function localContext(folder: string, values: Readonly<Record<string, FieldValue>> = {}): PlanContext {
  const context = contextOf(values);
  const account = userInfo().username;
  const { environment } = context.stack;
  return {
    ...context,
    account,
    home: folder,
    places: {
      scope: 'user',
      stateDir: `${folder}/state`,
      stackDir: `${folder}/state/stacks/${environment}`,
      configDir: `${folder}/config/${environment}`,
      programDir: `${folder}/programs`,
      dataDir: `${folder}/data/${environment}`,
      unitDir: `${folder}/units`,
    },
  };
}

export const plainWiring = (uri: string): Wiring => ({
  pythonPackages: [],
  printUri: `printf %s '${uri}'`,
  printEnv: '',
  secrets: [],
  after: [],
});

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'mooring-plan-'));

export interface Told {
  readonly code: number | null;
  readonly text: string;
  readonly errors: string;
}

/** Runs a text with the prelude's functions, as a step's part does. */
export function inShell(text: string, folder: string, secrets: Readonly<Record<string, string>> = {}): Told {
  const secretsDir = mkdtempSync(join(folder, 'secrets-'));
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(secretsDir, name), value);
  mkdirSync(`${folder}/state/stacks/main`, { recursive: true });
  const { status, stdout, stderr } = spawnSync('sh', ['-s'], {
    input: `set -eu\n${prelude}\n${text}\n`,
    encoding: 'utf8',
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C.UTF-8',
      HOME: folder,
      MOORING_SCOPE: 'user',
      MOORING_ACCOUNT: userInfo().username,
      MOORING_HOME: folder,
      MOORING_STATE: `${folder}/state`,
      MOORING_STACK: `${folder}/state/stacks/main`,
      MOORING_SECRETS: secretsDir,
    },
  });
  return { code: status, text: stdout, errors: stderr };
}

/** One part of a step. */
export const runPart = (
  step: Step,
  part: 'check' | 'apply' | 'verify' | 'undo' | 'removeData',
  folder: string,
  secrets: Readonly<Record<string, string>> = {},
): Told => inShell(`${step.define}\n${step[part]}`, folder, secrets);

/** Whether a text is one that a POSIX shell can read. */
export function readable(text: string): boolean {
  try {
    execFileSync('sh', ['-n'], { input: text, stdio: ['pipe', 'pipe', 'pipe'] });
    return true;
  } catch {
    return false;
  }
}
