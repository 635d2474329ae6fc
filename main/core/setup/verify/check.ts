/** What the steps of one check share: where they ask, what they found, what they made and must take away again. */
import type { Failure } from '../../../shared/failure.ts';
import type { VerifyView } from '../../../shared/setup/verify.ts';
import type { Clock } from '../../ports.ts';
import type { ArtifactPlace } from './artifact-uri.ts';
import type { Digest, HttpLogin } from './http-client.ts';
import type { TrackingApi } from './tracking-api.ts';

export interface Check {
  readonly api: TrackingApi;
  readonly clock: Clock;
  readonly login: HttpLogin | null;
  readonly artifactBytes: number;
  /** Of the experiment and the model; nobody else has it. */
  readonly name: string;
  /** Of the artifact's bytes. */
  readonly seed: string;
  readonly found: Found;
  readonly made: Made;
  /** One sentence or two for a person. */
  remark(text: string): void;
  /** Bytes of the artifact that went in the step in hand. */
  progress(bytes: number): void;
}

export interface Found {
  run: { readonly id: string; readonly experimentId: string; readonly artifactUri: string } | null;
  place: ArtifactPlace | null;
  /** Of the artifact as it was sent. */
  sent: Digest | null;
  directAccess: VerifyView['directAccess'];
}

/** `asked`: it may be there, the answer never came. */
export interface Made {
  experiment: 'no' | 'asked' | { readonly id: string };
  artifacts: 'no' | 'asked';
  model: 'no' | 'asked';
}

export type StepEnd =
  | { readonly kind: 'ok' | 'warned' | 'skipped'; readonly note: string | null }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly note?: string };

export const ok = (note: string | null = null): StepEnd => ({ kind: 'ok', note });
export const warned = (note: string): StepEnd => ({ kind: 'warned', note });
export const skipped = (note: string): StepEnd => ({ kind: 'skipped', note });
export const broken = (failure: Failure): StepEnd => ({ kind: 'failed', failure });
