/** A test server with an account of every kind, and real cores that set things up on it as one of them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { handedPrograms } from '../../main/adapters/handed-programs.ts';
import type { HandedSecrets } from '../../main/shared/contract.ts';
import type { Login } from '../../main/shared/server.ts';
import { isOver, recapOf, type RunView } from '../../main/shared/setup/run.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import { startLiveCore, type LiveCore } from './live-core.ts';
import { hostFingerprint, startTestServer, type Suite, type TestServer } from './test-server.ts';
import { giveWayOut, type WayOut } from './way-out.ts';

/** sudo without password, with password, without sudo, and root itself. */
export const accounts = ['ubuntu', 'op', 'plain', 'root'] as const;
export type Account = (typeof accounts)[number];

/** For the end of a run. */
const patienceMs = 280_000;

/** VersityGW as a release would be handed over; may be missing. */
export const versitygwPath =
  process.env['MOORING_VERSITYGW'] ?? join(homedir(), '.cache/mooring-test/stores/versitygw');

export interface SetupLab {
  readonly server: TestServer;
  readonly suite: Suite;
  readonly wayOut: WayOut;
  /** A folder of this machine, gone at the end. */
  readonly folder: string;
  readonly fingerprint: string;
  /** A core of its own, connected as this account; `op`’s password is given when sudo asks, unless `answersSudo` is false. */
  connect(
    account: Account,
    options?: { readonly patienceMs?: number; readonly answersSudo?: boolean },
  ): Promise<SetupClient>;
  /**
   * What is there of packages, accounts, services and files (`more`: further folders) that an uninstallation has to give
   * back. Debian's own packages leave their account behind.
   */
  traces(more?: readonly string[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

const tracedFolders = '/etc/systemd /etc/mooring /opt /srv /usr/local /home/*/.config /root/.config';

/** In what the traces differ, a line each; `mayStay`: what is not told where it was left. */
export const changesSince = (
  before: readonly string[],
  now: readonly string[],
  mayStay: readonly string[] = [],
): readonly string[] => [
  ...before.filter((each) => !now.includes(each)).map((each) => `gone: ${each}`),
  ...now.filter((each) => !before.includes(each) && !mayStay.includes(each)).map((each) => `left: ${each}`),
];

/** `octet`: no other server has it. Everybody is let in by one key, without a passphrase. */
export async function startSetupLab(name: string, octet: number, suite: Suite = 'bookworm'): Promise<SetupLab> {
  const folder = mkdtempSync(join(tmpdir(), `mooring-${name}-`));
  const closings: (() => unknown)[] = [
    () => {
      rmSync(folder, { recursive: true, force: true });
    },
  ];
  const close = async () => {
    for (const each of closings.splice(0).reverse()) await each();
  };
  try {
    const keyPath = join(folder, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyPath]);
    const server = await startTestServer(name, octet, suite);
    closings.push(() => server.remove());
    await server.sh(`
    for each in op plain; do useradd -m -s /bin/bash $each; done
    echo 'op ALL=(ALL) ALL' >/etc/sudoers.d/op
    echo op:op-pw | chpasswd
    for each in ${accounts.join(' ')}; do
      home=$(getent passwd $each | cut -d: -f6)
      mkdir -p $home/.ssh
      echo '${readFileSync(`${keyPath}.pub`, 'utf8').trim()}' >$home/.ssh/authorized_keys
      chown -R $each: $home/.ssh
      chmod -R go= $home/.ssh
    done`);
    const wayOut = await giveWayOut(name, octet);
    closings.push(() => wayOut.close());
    const fingerprint = await hostFingerprint(server);
    return {
      server,
      suite,
      wayOut,
      folder,
      fingerprint,
      connect: (user, { answersSudo = true, ...options } = {}) =>
        connectSetup({
          ...options,
          address: server.address,
          user,
          login: { kind: 'key', path: keyPath },
          fingerprint,
          sudoPassword: user === 'op' && answersSudo ? 'op-pw' : null,
        }),
      traces: async (more = []) => {
        const folders = [tracedFolders, ...more].join(' ');
        const told = await server.sh(`dpkg --get-selections; cut -d: -f1 /etc/passwd | grep -vx postgres
        systemctl list-unit-files --state=enabled --no-legend; ss -Hltn | awk '{ print $4 }'
        find ${folders} 2>/dev/null; true`);
        return told.split('\n');
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface SetupTarget {
  readonly address: string;
  readonly user: string;
  readonly login: Login;
  readonly fingerprint: string;
  readonly sudoPassword: string | null;
  /** How long a run may take. */
  readonly patienceMs?: number;
}

export interface SetupClient {
  readonly app: LiveCore;
  readonly serverId: string;
  /** Follows the run in the snapshot to its end, whatever that is. */
  ended(): Promise<RunView>;
  /** As `ended`; rejects with what it said unless it went well. */
  wentWell(): Promise<RunView>;
  /** Checks an environment as a client would, and goes well. */
  verified(environment: string): Promise<void>;
  /** Sets up, and goes well. */
  start(draft: StackDraft, secrets?: HandedSecrets): Promise<RunView>;
  /** Takes a stack off, and goes well. */
  off(environment: string, removeData?: boolean): Promise<RunView>;
  /** What a run did, for people who read of its failure. */
  told(run: RunView): Promise<string>;
  stop(): Promise<void>;
}

export async function connectSetup(target: SetupTarget): Promise<SetupClient> {
  const app = await startLiveCore((ports) => ({
    ...ports,
    machine: {
      ...ports.machine,
      handedPrograms: () =>
        existsSync(versitygwPath)
          ? handedPrograms({ MOORING_VERSITYGW: versitygwPath })
          : ports.machine.handedPrograms(),
    },
  }));
  const { address, user, login, fingerprint, sudoPassword } = target;
  const connected = async () => {
    const added = await app.add({ name: 'lab', address, port: 22, user, login, forwards: [] }, fingerprint);
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up', 60_000);
    return added;
  };
  const serverId = await connected().catch(async (error: unknown) => {
    await app.stop();
    throw error;
  });

  const answered = new Set<string>();
  const answerSudo = () => {
    for (const { id, kind } of app.core.snapshot().prompts) {
      if (kind !== 'sudo-password' || sudoPassword === null || answered.has(id)) continue;
      answered.add(id);
      void app.call('prompts.answer', {
        promptId: id,
        answer: { kind: 'secret', secret: sudoPassword, remember: false },
      });
    }
  };
  const ended = async () => {
    const holds = () => {
      answerSudo();
      const { run } = app.server();
      return run !== null && isOver(run);
    };
    await app.until('the end of the run', holds, target.patienceMs ?? patienceMs);
    const { run } = app.server();
    if (!run) throw new Error('no run');
    return run;
  };
  const told = async (run: RunView) => {
    const { lines } = await app.call('setup.log', { serverId });
    const steps = run.steps.map((each) => `${each.id} ${each.state} ${each.note ?? ''}`);
    return [
      JSON.stringify(run.state),
      ...steps,
      ...lines.slice(-30).map((each) => `${each.stepId}: ${each.text}`),
    ].join('\n');
  };
  const wentWell = async () => {
    const run = await ended();
    if (run.state.kind !== 'done') throw new Error(await told(run));
    return run;
  };
  return {
    app,
    serverId,
    ended,
    told,
    wentWell,
    async verified(environment) {
      await app.call('verify.start', { serverId, environment, artifactBytes: 1000 });
      await app.until('verified', ({ servers }) => typeof servers[0]?.verify?.endedMs === 'number', 60_000);
      const { verify } = app.server();
      if (verify?.environment !== environment || verify.failure !== null) throw new Error(JSON.stringify(verify));
    },
    start: async (draft, secrets = {}) => {
      await app.call('setup.start', { serverId, draft, secrets });
      return wentWell();
    },
    off: async (environment, removeData = true) => {
      const typed = removeData ? { serverName: 'lab' } : {};
      await app.call('setup.uninstall', { serverId, environment, removeData, ...typed });
      return wentWell();
    },
    stop: () => app.stop(),
  };
}

/** Until the server was done, without the check from here. */
export function serverSeconds(run: RunView): string {
  const last = Math.max(...run.steps.filter((each) => each.place === 'server').map((each) => each.endedMs ?? 0));
  return `${((last - run.startedMs) / 1000).toFixed(1)} s`;
}

/** `ok/changed/failed` of the steps on the server. */
export function serverCounts(run: RunView): string {
  const { ok, changed, failed } = recapOf(run.steps.filter((each) => each.place === 'server'));
  return `${String(ok)}/${String(changed)}/${String(failed)}`;
}
