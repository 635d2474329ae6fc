/** What this machine tells the doctor: files, names, ports, variables. */
import { lookup } from 'node:dns/promises';
import { chmod, open, readFile, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import {
  telling,
  type AgentLook,
  type Diagnosis,
  type KeyFileLook,
  type MachineLook,
  type ReachLook,
  type ResolveLook,
} from '../core/doctor/diagnosis.ts';
import { done, failed, failure } from '../shared/failure.ts';
import { AgentTalk, agentPaths } from './engine/agent.ts';
import { expandHome } from './expand-home.ts';
import { describeKey } from './private-key-formats.ts';
import { privateHalfOf } from './private-keys.ts';
import { errorCode, fileReason } from './system-errors.ts';

export interface DiagnosisOptions {
  readonly homeDir: string;
  readonly dataDir: string;
  readonly platform?: NodeJS.Platform;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For the greeting of a server to come, and for a name to be found. Milliseconds. */
  readonly patienceMs?: number;
}

/** Of a key file, enough to tell which half it is: a public one has a single line. */
const largestHead = 20_000;
/** An SSH server may send lines before its own, which is 255 characters at most (RFC 4253, 4.2). */
const greetingLimit = 4_000;

export function createDiagnosis(options: DiagnosisOptions): Diagnosis {
  const { homeDir, dataDir, platform = process.platform, env = process.env, patienceMs = 8_000 } = options;
  const stops = new Set<() => void>();
  return {
    machine: async () => ({
      variables: tellingVariables(env),
      dataFreeBytes: await freeBytes(dataDir),
    }),
    keyFile: (path) => lookAtKey(expandHome(path, homeDir), path, platform),
    tightenKey: async (path) => {
      const expanded = expandHome(path, homeDir);
      try {
        // A folder with these rights can’t be entered any more.
        if (!(await stat(expanded)).isFile()) return failed(failure('conflict', `${path} is not a plain file.`));
        await chmod(expanded, 0o600);
        return done(null);
      } catch (error) {
        return failed(failure('not-allowed', `${path} could not be changed: ${fileReason(error)}.`));
      }
    },
    agent: () => lookAtAgent(agentPaths(undefined, platform, env), stops),
    resolve: (name) => resolve(name, patienceMs, stops),
    reach: (host, port) => reach(host, port, patienceMs, stops),
    stop: () => {
      for (const each of stops) each();
    },
  };
}

/** Of the environment, by their names in upper case; those in lower case count first, as curl has it. */
export function tellingVariables(env: Readonly<Record<string, string | undefined>>): MachineLook['variables'] {
  const found = telling.flatMap((name) => {
    const value = env[name.toLowerCase()] ?? env[name];
    return value === undefined || value === '' ? [] : [[name, withoutLogin(value)] as const];
  });
  return Object.fromEntries(found);
}

const withoutLogin = (value: string): string => value.replace(/\/\/[^/@\s]*@/g, '//');

async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}

async function lookAtKey(path: string, shownPath: string, platform: NodeJS.Platform): Promise<KeyFileLook> {
  try {
    const found = await stat(path);
    const { mode, uid } = found;
    if (!found.isFile()) return { kind: 'no-file', isFolder: found.isDirectory() };
    if (await isPublicKey(path)) return { kind: 'public', other: await privateHalfOf(path, shownPath) };
    if (platform === 'win32') return { kind: 'private' };
    const own = userInfo().uid;
    if (uid !== own && own !== 0) return { kind: 'foreign', owner: uid === 0 ? 'root' : `the account ${String(uid)}` };
    // The same bits as OpenSSH’s sshkey_perm_ok().
    if ((mode & 0o077) !== 0) return { kind: 'open', mode: `0${(mode & 0o777).toString(8)}` };
    await readFile(path);
    return { kind: 'private' };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    return { kind: 'unreadable', why: fileReason(error) };
  }
}

/** What can’t be read is told by its rights. */
async function isPublicKey(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(largestHead), 0, largestHead, 0);
    return describeKey(buffer.toString('utf8', 0, bytesRead)).kind === 'public';
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

function lookAtAgent(paths: readonly string[], stops: Set<() => void>): Promise<AgentLook> {
  if (paths.length === 0) return Promise.resolve({ kind: 'absent' });
  const talk = new AgentTalk(paths);
  const stop = () => {
    talk.stop();
  };
  stops.add(stop);
  return new Promise((answer) => {
    talk.list((listed) => {
      talk.stop();
      stops.delete(stop);
      if (listed.ok) answer({ kind: 'keys', count: listed.value.length });
      else if (/holds no key/.test(listed.error.message)) answer({ kind: 'empty' });
      else answer({ kind: 'silent', why: listed.error.detail ?? listed.error.message });
    });
  });
}

async function resolve(name: string, patienceMs: number, stops: Set<() => void>): Promise<ResolveLook> {
  const startMs = performance.now();
  const tookMs = () => Math.round(performance.now() - startMs);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ResolveLook>((answer) => {
    timer = setTimeout(() => {
      answer({ kind: 'failed', why: 'the name servers do not answer', tookMs: tookMs() });
    }, patienceMs);
  });
  const asked = lookup(name, { all: true, verbatim: true }).then(
    (found): ResolveLook => ({
      kind: 'found',
      addresses: [...new Set(found.map((each) => each.address))],
      tookMs: tookMs(),
    }),
    (error: unknown): ResolveLook => {
      const code = errorCode(error, 'for an unknown reason');
      if (code === 'ENOTFOUND') return { kind: 'unknown', tookMs: tookMs() };
      return { kind: 'failed', why: code === 'EAI_AGAIN' ? 'no name server answers' : code, tookMs: tookMs() };
    },
  );
  const stop = () => {
    clearTimeout(timer);
  };
  stops.add(stop);
  const look = await Promise.race([asked, late]);
  stop();
  stops.delete(stop);
  return look;
}

function reach(host: string, port: number, patienceMs: number, stops: Set<() => void>): Promise<ReachLook> {
  return new Promise((answer) => {
    const startMs = performance.now();
    const socket = connect({ host, port });
    let said = '';
    let connected = false;
    const stop = () => {
      clearTimeout(timer);
      socket.destroy();
      stops.delete(stop);
    };
    const settle = (look: ReachLook) => {
      stop();
      answer(look);
    };
    const timer = setTimeout(() => {
      settle(connected ? { kind: 'silent' } : { kind: 'filtered' });
    }, patienceMs);
    stops.add(stop);
    socket.on('connect', () => {
      connected = true;
    });
    socket.on('data', (part: Buffer) => {
      said += part.toString('latin1');
      const software = /^SSH-[\x20-\x7e]*/m.exec(said)?.[0];
      if (software !== undefined && /\n/.test(said)) {
        settle({
          kind: 'ssh',
          software: software.trim().slice(0, 100),
          tookMs: Math.round(performance.now() - startMs),
        });
      } else if (said.length > greetingLimit) {
        settle({ kind: 'other', said: firstLine(said) });
      }
    });
    socket.on('end', () => {
      settle({ kind: 'other', said: firstLine(said) });
    });
    socket.on('error', (error) => {
      settle(connected ? { kind: 'other', said: firstLine(said) } : unreached(error));
    });
  });
}

const firstLine = (text: string): string => (text.split(/\r?\n/)[0] ?? '').replace(/[^\x20-\x7e]/g, '·').slice(0, 80);

function unreached(error: unknown): ReachLook {
  const code = errorCode(error, 'for an unknown reason');
  switch (code) {
    case 'ECONNREFUSED':
      return { kind: 'refused' };
    // Taken and cut off in the same moment.
    case 'ECONNRESET':
      return { kind: 'other', said: '' };
    case 'ETIMEDOUT':
      return { kind: 'filtered' };
    case 'EHOSTUNREACH':
      return { kind: 'no-route', why: 'the machine does not answer on its network, or a firewall says so' };
    case 'ENETUNREACH':
      return { kind: 'no-route', why: 'this machine has no route to that network' };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { kind: 'no-route', why: 'its name is not known' };
    default:
      return { kind: 'no-route', why: code };
  }
}
