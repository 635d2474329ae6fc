/** A check of a tracking server through its tunnel, as a client would use it. Times in milliseconds. */
import type { Failure } from '../failure.ts';

export interface VerifyStep {
  readonly id: string;
  readonly title: string;
  readonly state: 'waiting' | 'running' | 'ok' | 'failed' | 'skipped';
  readonly tookMs: number | null;
  /** What was found: `mlflow-artifacts:/1 (through the server)`, `12.3 MB/s`. */
  readonly note: string | null;
}

export interface VerifyView {
  readonly environment: string;
  readonly startedMs: number;
  readonly endedMs: number | null;
  /** Of the artifact that is sent and fetched again. */
  readonly artifactBytes: number;
  readonly steps: readonly VerifyStep[];
  /** Null: it runs, went well, or was cancelled. */
  readonly failure: Failure | null;
  /** What is worth knowing and no failure: old experiments whose artifacts need credentials of the client. */
  readonly remarks: readonly string[];
}
