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

export interface Remembered {
  readonly stacks: readonly RememberedStack[];
  /** Newest first. */
  readonly runs: readonly RememberedRun[];
}

/** Null: it did not come to its end. What can't be read is left out. */
export function parseLook(output: string): Remembered | null {
  const lines = output.split('\n');
  if (!lines.includes('done')) return null;
  const stacks: RememberedStack[] = [];
  const runs: RememberedRun[] = [];
  lines.forEach((line, at) => {
    const [what, scope, id = '', word] = line.split(' ');
    if ((what !== 'stack' && what !== 'run') || (scope !== 'system' && scope !== 'user')) return;
    const manifest = parseManifest((lines[at + 1] ?? '').replace(/^p /, ''));
    if (manifest?.scope !== scope) return;
    if (what === 'stack') {
      if (manifest.environment === id) stacks.push({ environment: id, complete: word === 'complete', manifest });
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
  return { stacks, runs };
}
