/**
 * Ansible of this machine: looked for where it usually is, and run without a shell. Passwords go through pipes that are
 * read once, in a folder for this user alone that is gone at the end; so is the SSH connection that its tasks share.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { access, constants, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve as resolvePath } from 'node:path';
import { createInterface } from 'node:readline';
import type { PlaybookCommandRun, Playbooks, RunningPlaybook } from '../core/setup/run/playbook/playbook-ports.ts';
import { done, failed, failure, type Reply } from '../shared/failure.ts';
import { expandHome } from './expand-home.ts';
import { kill, killTree } from './process-tree.ts';
import { errorCode, errorText, fileReason } from './system-errors.ts';

export interface PlaybooksOptions {
  readonly homeDir: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  /** Between asking it to end and making it end. Milliseconds. */
  readonly graceMs?: number;
}

const lookLimitMs = 15_000;
/** Between two looks whether a password is being waited for. */
const pipePauseMs = 20;
/** A desktop starts programs with fewer folders than a terminal has. */
const usualDirs = ['.local/bin', '/opt/homebrew/bin', '/usr/local/bin', '/usr/bin', '/bin'];

export function createPlaybooks(options: PlaybooksOptions): Playbooks {
  const { homeDir, env = process.env, platform = process.platform, graceMs = 5_000 } = options;
  const path = [...(env['PATH'] ?? '').split(delimiter), ...usualDirs.map((each) => resolvePath(homeDir, each))]
    .filter((each, at, all) => each !== '' && all.indexOf(each) === at)
    .join(delimiter);
  const base = { ...cleaned(env, platform), PATH: path };
  return {
    look: async ({ playbook, keyFile }) => {
      const isWindows = platform === 'win32';
      const program = isWindows ? null : await findProgram('ansible-playbook', path);
      const version = program === null ? null : await versionOf(program, base);
      const file = expandHome(playbook, homeDir);
      return {
        isWindows,
        program:
          program === null || version === null
            ? null
            : {
                path: program,
                version,
                takesPasswords: hasAskpass(version) || (await findProgram('sshpass', path)) !== null,
              },
        playbook: (await isReadable(file)) ? { folder: dirname(file), file: basename(file) } : null,
        keyFile: keyFile === null ? null : expandHome(keyFile, homeDir),
      };
    },
    run: (wanted) => start(wanted, base, graceMs),
  };
}

/** What is Mooring's own is nobody else's, and Ansible runs in UTF-8 only. */
function cleaned(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^(MOORING|ELECTRON|NODE|npm)_/.test(name));
  const { LC_ALL, LC_CTYPE, LANG, ...others } = Object.fromEntries(kept);
  const locale = LC_ALL || LC_CTYPE || LANG;
  const utf8 = platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';
  return { ...others, LC_ALL: locale !== undefined && /utf-?8/i.test(locale) ? locale : utf8 };
}

async function findProgram(name: string, path: string): Promise<string | null> {
  for (const dir of path.split(delimiter)) {
    const file = join(dir, name);
    const isThere = await access(file, constants.X_OK).then(
      async () => (await stat(file)).isFile(),
      () => false,
    );
    if (isThere) return file;
  }
  return null;
}

/** `ansible-playbook [core 2.19.2]`, `ansible-playbook 2.9.27`. Null: it does not run. */
async function versionOf(program: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const text = await new Promise<string>((resolve) => {
    execFile(program, ['--version'], { timeout: lookLimitMs, env }, (_error, stdout) => {
      resolve(stdout);
    });
  });
  return /^ansible-playbook \[?(?:core )?(\d[\w.]*)/.exec(text)?.[1] ?? null;
}

/** From 2.19 on it hands OpenSSH a password by itself, over shared memory. */
function hasAskpass(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 19);
}

const isReadable = (file: string): Promise<boolean> =>
  access(file, constants.R_OK).then(
    async () => (await stat(file)).isFile(),
    () => false,
  );

function start(wanted: PlaybookCommandRun, base: NodeJS.ProcessEnv, graceMs: number): RunningPlaybook {
  let child: ChildProcess | null = null;
  let isStopped = false;
  let timer: NodeJS.Timeout | null = null;
  const stop = () => {
    if (isStopped) return;
    isStopped = true;
    if (child?.pid === undefined) return;
    const { pid } = child;
    // Ansible passes it on to its workers, which are in groups of their own.
    kill(-pid, 'SIGTERM');
    timer = setTimeout(() => void killTree(pid), graceMs);
  };
  const run = async (): Promise<Awaited<RunningPlaybook['done']>> => {
    let privateDir: string;
    try {
      // A short name: sockets in it may have about a hundred letters in all.
      privateDir = await mkdtemp(join(tmpdir(), 'mrg-'));
    } catch (error) {
      return notWritten(error);
    }
    try {
      const command = wanted.command(privateDir);
      const prepared = await prepare(privateDir, command.files, Object.keys(wanted.secrets));
      if (!prepared.ok) return prepared;
      if (isStopped) return done({ exitCode: null, signal: 'TERM' });
      const [program = '', ...args] = command.words;
      child = spawn(program, args, {
        cwd: wanted.folder,
        env: { ...base, ...command.env },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      return await ended(child, privateDir, wanted);
    } finally {
      if (timer !== null) clearTimeout(timer);
      await endConnections(privateDir, base);
      await rm(privateDir, { recursive: true, force: true });
    }
  };
  return { done: run(), stop };
}

async function prepare(
  privateDir: string,
  files: Readonly<Record<string, string>>,
  pipes: readonly string[],
): Promise<Reply<null>> {
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(privateDir, name), text, { mode: 0o600 });
    for (const name of pipes) await run('mkfifo', ['-m', '600', join(privateDir, name)]);
    return done(null);
  } catch (error) {
    return notWritten(error);
  }
}

const run = (program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(program, args, { timeout: lookLimitMs, ...(env && { env }) }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });

async function ended(
  child: ChildProcess,
  privateDir: string,
  { secrets, onLine }: PlaybookCommandRun,
): Promise<Awaited<RunningPlaybook['done']>> {
  const over = new AbortController();
  const lines = [child.stdout, child.stderr].map(
    (stream) =>
      new Promise<void>((resolve) => {
        if (stream === null) {
          resolve();
          return;
        }
        createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine).on('close', resolve);
      }),
  );
  const told = Object.entries(secrets).map(([name, secret]) => hand(join(privateDir, name), secret, over.signal));
  const end = await new Promise<Awaited<RunningPlaybook['done']>>((resolve) => {
    child.once('error', (error) => {
      resolve(
        failed(
          failure('not-found', 'ansible-playbook could not be started.', {
            hint: 'Look whether it runs: ansible-playbook --version',
            detail: errorText(error),
          }),
        ),
      );
    });
    child.once('exit', (exitCode, signal) => {
      resolve(done({ exitCode, signal: signal?.replace(/^SIG/, '') ?? null }));
    });
  });
  over.abort();
  await Promise.all(told);
  // What it has left running may hold the pipes for ever: its last words have come by then.
  const patience = new Promise((resolve) => setTimeout(resolve, 1_000).unref());
  await Promise.race([Promise.all(lines), patience]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return end;
}

/** Writes a secret into a pipe as soon as somebody reads it; gives up at the end of the program. */
async function hand(pipe: string, secret: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    try {
      const file = await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
      try {
        await file.writeFile(`${secret}\n`);
      } finally {
        await file.close();
      }
      return;
    } catch (error) {
      // ENXIO: nobody reads yet.
      if (errorCode(error) !== 'ENXIO') return;
    }
    await new Promise((resolve) => setTimeout(resolve, pipePauseMs));
  }
}

/** Of OpenSSH's connections that outlive a task, each has a socket in the folder. */
async function endConnections(privateDir: string, env: NodeJS.ProcessEnv): Promise<void> {
  const entries = await readdir(privateDir, { withFileTypes: true }).catch(() => []);
  for (const each of entries.filter((entry) => entry.isSocket())) {
    const words = ['-F', 'none', '-O', 'exit', '-S', join(privateDir, each.name), 'nowhere'];
    await run('ssh', words, env).catch(() => undefined);
  }
}

const notWritten = (error: unknown): Reply<never> =>
  failed(
    failure('storage-failed', `A folder for the playbook could not be made: ${fileReason(error)}.`, {
      hint: 'Is the disk full? Make room, and try again.',
      detail: errorText(error),
    }),
  );
