/** The system's hosts file, or the one that MOORING_HOSTS_FILE names in its place. */
import { createHash } from 'node:crypto';
import { constants, unwatchFile, watchFile } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { HostsChange, HostsContent, HostsFile, HostsWriteResult } from '../core/hosts/hosts-ports.ts';
import { done, failed, failure, type Failure, type Reply } from '../shared/failure.ts';
import { writeFileAtomically } from './atomic-write.ts';
import { hostsScript } from './hosts-script.ts';
import { encodedCommand, windowsScript } from './hosts-script-windows.ts';
import { notWritten, runProgram, scriptArguments, scriptResult } from './hosts-run.ts';
import { errorCode, errorText, fileReason } from './system-errors.ts';

export interface HostsFileOptions {
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  /** For tests; 5 s by default. */
  readonly lookEveryMs?: number;
  /** For tests. */
  readonly nameOrderPath?: string;
}

/** Beyond it Mooring keeps its hands off. */
const longestFile = 10_000_000;
const writeTimeoutMs = 60_000;
/** A larger file is not copied into the data folder; the part that changes is remembered all the same. */
const longestBackup = 1_000_000;

export function createHostsFile(options: HostsFileOptions): HostsFile {
  const { dataDir, env = process.env, platform = process.platform, lookEveryMs = 5_000 } = options;
  const given = env['MOORING_HOSTS_FILE'] ?? '';
  const path = given === '' ? systemPath(env, platform) : isAbsolute(given) ? given : resolve(given);
  const backupDir = join(dataDir, 'hosts-backups');
  return {
    path,
    isSystem: given === '',
    platform: platform === 'win32' || platform === 'darwin' ? platform : 'linux',
    read: () => read(path),
    write: (change) => write(path, change, platform),
    watch(listener) {
      // A look at the file's date every few seconds: it may be replaced, mounted over, or lie behind a link.
      watchFile(path, { interval: lookEveryMs, persistent: false }, listener);
      return () => {
        unwatchFile(path, listener);
      };
    },
    async nameOrder() {
      if (platform !== 'linux') return null;
      return readFile(options.nameOrderPath ?? '/etc/nsswitch.conf', 'latin1').catch(() => null);
    },
    async keepBackup(id, text) {
      if (text.length > longestBackup || !/^[\w-]+$/.test(id)) return null;
      const backupPath = join(backupDir, `${id}.hosts`);
      try {
        await mkdir(backupDir, { recursive: true, mode: 0o700 });
        await writeFileAtomically(backupPath, Buffer.from(text, 'latin1'), 0o600);
        return backupPath;
      } catch {
        return null;
      }
    },
    async dropBackups(except) {
      const names = await readdir(backupDir).catch(() => []);
      const kept = new Set(except.map((id) => `${id}.hosts`));
      for (const each of names.filter((name) => name.endsWith('.hosts') && !kept.has(name))) {
        await rm(join(backupDir, each), { force: true }).catch(() => undefined);
      }
    },
  };
}

function systemPath(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  if (platform !== 'win32') return '/etc/hosts';
  return `${env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`;
}

async function read(path: string): Promise<Reply<HostsContent>> {
  try {
    // Not blocking: a pipe in its place would wait for a writer for ever.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const facts = await file.stat();
      if (!facts.isFile()) return failed(unreadable(path, 'it is not a plain file', 'not-allowed'));
      if (facts.size > longestFile) return failed(unreadable(path, 'it has more than 10 MB', 'too-large'));
      const bytes = await file.readFile();
      if (bytes.length > longestFile) return failed(unreadable(path, 'it has more than 10 MB', 'too-large'));
      const writable = await access(path, constants.W_OK).then(
        () => true,
        () => false,
      );
      return done({
        text: bytes.toString('latin1'),
        sha256: createHash('sha256').update(bytes).digest('hex'),
        writable,
      });
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return failed(unreadable(path, 'there is no such file', 'not-found'));
    return failed(unreadable(path, fileReason(error), 'storage-failed', errorText(error)));
  }
}

function unreadable(path: string, why: string, code: Failure['code'], detail?: string): Failure {
  return failure(code, `${path} can’t be used: ${why}.`, {
    hint: 'Names can be written once that is put right. Nothing was changed.',
    ...(detail === undefined ? {} : { detail }),
  });
}

async function write(path: string, change: HostsChange, platform: NodeJS.Platform): Promise<HostsWriteResult> {
  const run =
    platform === 'win32'
      ? runProgram(
          'powershell.exe',
          powershell(windowsScript({ form: 1, path, ...change, id: change.blockId })),
          writeTimeoutMs,
        )
      : runProgram('/bin/sh', ['-c', hostsScript, 'mooring-hosts', ...scriptArguments(path, change)], writeTimeoutMs);
  const ended = await run.ended;
  return scriptResult(path, ended) ?? notWritten(path, ended);
}

const powershell = (text: string): readonly string[] => [
  '-NoProfile',
  '-NonInteractive',
  '-EncodedCommand',
  encodedCommand(text),
];
