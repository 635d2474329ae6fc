/** What a server remembers of setup, as the look script (script/follow.ts) prints it. */
import type { RunRecord } from '../../../shared/setup/run.ts';
import { parseManifest, type Manifest } from './manifest.ts';
import { recordOf } from './run-events.ts';

export interface RememberedStack {
  readonly environment: string;
  readonly complete: boolean;
  readonly manifest: Manifest;
}

export interface RememberedRun {
  readonly runId: string;
  readonly manifest: Manifest;
  readonly isAlive: boolean;
  readonly record: RunRecord;
}

/** Data of a stack that was taken off. */
export interface RememberedData {
  readonly environment: string;
  /** Of the uninstallation that left it. */
  readonly manifest: Manifest;
}

export interface Remembered {
  readonly stacks: readonly RememberedStack[];
  readonly kept: readonly RememberedData[];
  /** Environments that a script set up by hand, of which nothing else is known. */
  readonly bare: readonly string[];
  /** Newest first. */
  readonly runs: readonly RememberedRun[];
}

/** Null: it did not come to its end. What can't be read is left out. */
export function parseLook(output: string): Remembered | null {
  const lines = output.split('\n');
  if (!lines.includes('done')) return null;
  const stacks: RememberedStack[] = [];
  const kept: RememberedData[] = [];
  const bare: string[] = [];
  const runs: RememberedRun[] = [];
  lines.forEach((line, at) => {
    const [what, scope, id = '', word] = line.split(' ');
    if (scope !== 'system' && scope !== 'user') return;
    if (what === 'bare') bare.push(id);
    if (what !== 'stack' && what !== 'run' && what !== 'kept') return;
    const manifest = parseManifest((lines[at + 1] ?? '').replace(/^p /, ''));
    if (manifest?.scope !== scope) return;
    if (what === 'stack') {
      if (manifest.environment === id) stacks.push({ environment: id, complete: word === 'complete', manifest });
      return;
    }
    if (what === 'kept') {
      if (manifest.environment === id) kept.push({ environment: id, manifest });
      return;
    }
    const rest = lines.slice(at + 2);
    const end = rest.findIndex((each) => !each.startsWith('@ '));
    const isAlive = word === 'alive';
    runs.push({
      runId: id,
      manifest,
      isAlive,
      record: recordOf(id, manifest, rest.slice(0, Math.max(0, end)), isAlive),
    });
  });
  runs.sort((a, b) => b.record.startedMs - a.record.startedMs);
  return { stacks, kept, bare, runs };
}
