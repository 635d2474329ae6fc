/** A check of a tracking server through its tunnel, as a client would use it. Times in milliseconds. */
import type { Failure } from '../failure.ts';

export type VerifyStepId =
  | 'reach'
  | 'sign-in'
  | 'experiment'
  | 'log'
  | 'read-back'
  | 'upload'
  | 'list'
  | 'download'
  | 'direct'
  | 'register'
  | 'older'
  | 'clean-up';

export interface VerifyStep {
  readonly id: VerifyStepId;
  readonly title: string;
  /** `warned`: it went, or is no failure, but a remark says what should be put right. */
  readonly state: 'waiting' | 'running' | 'ok' | 'warned' | 'failed' | 'skipped';
  readonly tookMs: number | null;
  /** Of the artifact, sent or received so far; null for a step that moves none. With `tookMs` it gives the speed. */
  readonly bytes: number | null;
  /** What was found, or why it was skipped: `MLflow 3.17.2`, `mlflow-artifacts:/1 (through the server)`. */
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
  /** Stopped by a person; what had been made is cleaned up all the same. */
  readonly cancelled: boolean;
  /**
   * Whether clients get at the store behind the server: MLflow 3.17 and later hand out links that lead straight to it.
   * `none`: everything goes through the server. `unreachable`: the clients' environment should switch it off.
   * Null: not found out.
   */
  readonly directAccess: 'none' | 'reachable' | 'unreachable' | null;
  /** What is worth knowing and no failure: old experiments whose artifacts need credentials of the client. */
  readonly remarks: readonly string[];
}
