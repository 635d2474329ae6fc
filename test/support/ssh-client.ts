/** OpenSSH's own `ssh -N -L`, the peer in benchmarks. */
import { spawn } from 'node:child_process';
import { accepts, type Sshd } from './sshd.ts';
import { waitFor } from './wait.ts';

export interface SshForward {
  readonly localPort: number;
  /** Resolves when the process ends by itself. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface SshForwardOptions {
  /** Where to reach the server, if not directly. */
  readonly port?: number;
  readonly options?: readonly string[];
}

/** Resolves when the local port takes connections. */
export async function startSshForward(
  sshd: Sshd,
  localPort: number,
  targetPort: number,
  { port = sshd.port, options = [] }: SshForwardOptions = {},
): Promise<SshForward> {
  const settings = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'ExitOnForwardFailure=yes',
    'LogLevel=ERROR',
    ...options,
  ];
  const child = spawn(
    'ssh',
    [
      '-F',
      '/dev/null',
      '-N',
      '-i',
      sshd.keyPath,
      '-p',
      String(port),
      '-L',
      `127.0.0.1:${String(localPort)}:127.0.0.1:${String(targetPort)}`,
      ...settings.flatMap((each) => ['-o', each]),
      `${sshd.user}@${sshd.host}`,
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  await waitFor('ssh -L to listen', () => accepts(localPort), { everyMs: 2 });
  return {
    localPort,
    ended,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
