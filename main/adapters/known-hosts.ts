/** OpenSSH's known_hosts: read in the user's and the system's file, written in the user's. */
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { KnownHostLine, KnownHosts } from '../core/ports.ts';
import { done, failed, failure, type Failure, type Reply } from '../shared/failure.ts';
import { linkTarget, writeFileAtomically } from './atomic-write.ts';
import {
  addKnownHost,
  isKeyOfType,
  keyFingerprint,
  knownHostName,
  namesMatch,
  parseKnownHostLine,
} from './known-hosts-lines.ts';
import { errorCode, errorText, fileReason } from './system-errors.ts';

export interface KnownHostsOptions {
  readonly homeDir: string;
  /** '/etc/ssh/ssh_known_hosts' by default; `null`: none. */
  readonly systemFile?: string | null;
}

/** What is read of one file. About 60,000 lines; beyond it only the first part counts, and nothing is written. */
const longestFile = 8_000_000;
/** A hashed name costs a few microseconds; this many lines keep other work waiting for about 10 ms. */
const linesPerTurn = 2_000;
const writeAttempts = 3;

/**
 * Reads ~/.ssh/known_hosts, known_hosts2 and the system's file, afresh each time: ssh writes there too. A server on
 * another port than 22 is only looked up as `[host]:port`; ssh would take a line for the bare name as well, when its key
 * is the right one.
 */
export function createKnownHosts(options: KnownHostsOptions): KnownHosts {
  const { homeDir } = options;
  const systemFile = options.systemFile === undefined ? defaultSystemFile() : options.systemFile;
  const userFile = join(homeDir, '.ssh', 'known_hosts');
  const files = [
    { path: userFile, shown: '~/.ssh/known_hosts' },
    { path: `${userFile}2`, shown: '~/.ssh/known_hosts2' },
    ...(systemFile === null ? [] : [{ path: systemFile, shown: systemFile }]),
  ];
  let last: Promise<unknown> = Promise.resolve();
  return {
    find: async (host, port) => {
      const name = knownHostName(host, port);
      const found: KnownHostLine[] = [];
      for (const { path, shown } of files) found.push(...(await findIn(path, shown, name)));
      return found;
    },
    add: (host, port, keyType, key) => {
      const turn = last.then(() => add(userFile, host, port, keyType, key));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

async function findIn(path: string, shown: string, name: string): Promise<readonly KnownHostLine[]> {
  // A file that is not there or can't be read knows nobody, as for ssh.
  const lines = (await readStart(path).catch(() => '')).split('\n');
  const found: KnownHostLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (index % linesPerTurn === linesPerTurn - 1) await nextTurn();
    const entry = parseKnownHostLine(line);
    if (entry === null || !namesMatch(entry.names, name)) continue;
    const { marker, keyType, key } = entry;
    found.push({ marker, keyType, key, fingerprint: keyFingerprint(key), storedIn: `${shown}:${String(index + 1)}` });
  }
  return found;
}

/** The first `longestFile` bytes, without the line that was cut. Only of plain files: a pipe might never end. */
async function readStart(path: string): Promise<string> {
  const { size } = await plainFile(path);
  if (size <= longestFile) return readFile(path, 'latin1');
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longestFile), 0, longestFile, 0);
    const text = buffer.toString('latin1', 0, bytesRead);
    return text.slice(0, text.lastIndexOf('\n') + 1);
  } finally {
    await file.close();
  }
}

interface FileFacts {
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeMs: number;
}

async function plainFile(path: string): Promise<FileFacts> {
  const found = await stat(path);
  if (!found.isFile()) throw new Error(`${path} is not a plain file`);
  return found;
}

async function add(
  userFile: string,
  host: string,
  port: number,
  keyType: string,
  key: string,
): Promise<Reply<{ readonly path: string; readonly added: boolean }>> {
  // What is written is read by ssh: a blank, a comma or a line break in a name would make other entries of it.
  const nameOk =
    /^[\w.:%-]+$/.test(host) && !host.startsWith('-') && Number.isInteger(port) && port > 0 && port < 65_536;
  if (!nameOk || !isKeyOfType(keyType, key)) {
    return failed(failure('invalid-argument', 'This host name or key can’t be written to known_hosts.'));
  }
  const name = knownHostName(host, port);
  try {
    await mkdir(dirname(userFile), { recursive: true, mode: 0o700 });
    const path = await linkTarget(userFile);
    for (let attempt = 1; attempt <= writeAttempts; attempt += 1) {
      const added = await addOnce(path, name, keyType, key);
      if (added !== 'changed-meanwhile') return done({ path: userFile, added });
    }
    return failed(writeFailure(userFile, 'it kept changing', 'Try again.'));
  } catch (error) {
    return failed(writeFailure(userFile, fileReason(error), undefined, errorText(error)));
  }
}

async function addOnce(
  path: string,
  name: string,
  keyType: string,
  key: string,
): Promise<boolean | 'changed-meanwhile'> {
  const before = await statOrNull(path);
  if (before !== null && before.size > longestFile) throw new Error('it is larger than 8 MB');
  const text = before === null ? '' : await readFile(path, 'latin1');
  const addition = addKnownHost(text, name, keyType, key);
  if (addition.text === text) return false;
  // ssh may have added a line of its own while we read.
  const now = await statOrNull(path);
  if (now?.mtimeMs !== before?.mtimeMs || now?.size !== before?.size) return 'changed-meanwhile';
  const mode = before === null ? 0o600 : before.mode & 0o777;
  await writeFileAtomically(path, Buffer.from(addition.text, 'latin1'), mode, before);
  return addition.added;
}

async function statOrNull(path: string): Promise<FileFacts | null> {
  try {
    return await plainFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function writeFailure(path: string, reason: string, hint?: string, detail?: string): Failure {
  return failure('storage-failed', `The key could not be added to ${path}: ${reason}.`, {
    hint: hint ?? 'The file is as it was. Mooring still remembers the key in its own list.',
    ...(detail === undefined ? {} : { detail }),
  });
}

function defaultSystemFile(): string {
  if (process.platform !== 'win32') return '/etc/ssh/ssh_known_hosts';
  return join(process.env['ProgramData'] ?? 'C:\\ProgramData', 'ssh', 'ssh_known_hosts');
}
