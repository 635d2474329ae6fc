/** Programs of this machine that are connected to one of its ports. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ForwardClient } from '../shared/services.ts';
import {
  clientInodes,
  clientsFromLsof,
  clientsFromNetstat,
  programsFromTasklist,
  type ClientPid,
  type Wanted,
} from './port-client-parsers.ts';

export interface LocalClientsOptions {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly procDir: string;
  readonly run: (file: string, args: readonly string[]) => Promise<string>;
}

/** The most used first. Connections of other accounts’ programs have no name. Never fails. */
export async function localClients(
  addresses: readonly string[],
  port: number,
  options: LocalClientsOptions,
): Promise<ForwardClient[]> {
  const wanted = { addresses, port };
  const find = { win32: onWindows, darwin: onMac }[options.platform as 'win32'] ?? onLinux;
  return find(wanted, options).catch(() => []);
}

async function onLinux(wanted: Wanted, { procDir }: LocalClientsOptions): Promise<ForwardClient[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(join(procDir, 'net', name), 'utf8').catch(() => '')),
  );
  const left = new Set(tables.flatMap((text) => clientInodes(text, wanted)).map((inode) => `socket:[${inode}]`));
  const found: ForwardClient[] = [];
  const pids = left.size === 0 ? [] : (await readdir(procDir)).filter((name) => /^\d+$/.test(name));
  // One process after another: thousands of open folders at once would starve everything else.
  for (const pid of pids) {
    if (left.size === 0) break;
    const processDir = join(procDir, pid);
    const connections = await socketsOf(join(processDir, 'fd'), left);
    if (connections > 0) found.push({ pid: Number(pid), program: await linuxProgram(processDir), connections });
  }
  if (left.size > 0) found.push({ pid: null, program: null, connections: left.size });
  return sorted(found);
}

/** How many of the wanted sockets a process holds; those are taken from the set, as one counts once. */
async function socketsOf(fdDir: string, wanted: Set<string>): Promise<number> {
  const names = await readdir(fdDir).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(join(fdDir, name)).catch(() => '')));
  return links.filter((link) => wanted.delete(link)).length;
}

/** The name the process has given itself (what `ps` and `top` show); newer Nodes call their main thread "MainThread". */
export async function linuxProgram(processDir: string): Promise<string | null> {
  const name = (await readFile(join(processDir, 'comm'), 'utf8').catch(() => '')).trim();
  if (name !== '' && name !== 'MainThread') return name;
  const file = await readlink(join(processDir, 'exe')).catch(() => '');
  return file === '' ? name || null : basename(file.replace(/ \(deleted\)$/, ''));
}

/** Never ran on macOS here. */
async function onMac(wanted: Wanted, { run }: LocalClientsOptions): Promise<ForwardClient[]> {
  const words = ['-nP', `-iTCP:${String(wanted.port)}`, '-sTCP:ESTABLISHED', '-F', 'pcn'];
  return counted(clientsFromLsof(await run('/usr/sbin/lsof', words), wanted));
}

/** Never ran on Windows here. Full paths, so that no program of the same name on PATH is run. */
async function onWindows(wanted: Wanted, { run, env }: LocalClientsOptions): Promise<ForwardClient[]> {
  const system = `${env['SystemRoot'] ?? 'C:\\Windows'}\\System32`;
  const clients = clientsFromNetstat(await run(`${system}\\netstat.exe`, ['-ano']), wanted);
  if (clients.length === 0) return [];
  const programs = programsFromTasklist(await run(`${system}\\tasklist.exe`, ['/FO', 'CSV', '/NH']));
  return counted(clients.map(({ pid }) => ({ pid, program: programs.get(pid) ?? null })));
}

function counted(clients: readonly ClientPid[]): ForwardClient[] {
  const byPid = new Map<number, ForwardClient>();
  for (const { pid, program } of clients) {
    byPid.set(pid, { pid, program, connections: (byPid.get(pid)?.connections ?? 0) + 1 });
  }
  return sorted([...byPid.values()]);
}

const sorted = (clients: readonly ForwardClient[]): ForwardClient[] =>
  [...clients].sort((one, other) => other.connections - one.connections);
