/** The steps that send an artifact through the server and fetch it again. */
import { z } from 'zod';
import { failure, type Reply } from '../../../shared/failure.ts';
import { describeBytes } from '../../../shared/words.ts';
import { encodePath, type ArtifactPlace } from './artifact-uri.ts';
import { broken, ok, skipped, type Check, type StepEnd } from './check.ts';
import type { Digest, HttpAnswer } from './http-client.ts';

/** Within the run: a folder, so that listing one is seen to work. */
export const artifactDir = 'check';
export const artifactName = 'random.bin';

/** Through a thin line. Bytes a second. */
const slowest = 20_000;
/** MLflow passes an artifact on to its store when it has all of it, and back the same way: nothing moves meanwhile. */
const slowestStore = 2_000_000;

/** For a request that carries so many bytes. */
export const patience = (bytes: number) => ({
  idleMs: 60_000 + (bytes / slowestStore) * 1_000,
  totalMs: 120_000 + (bytes / slowest) * 1_000,
});

/** The address of a file of the run, for the server of MLflow. */
export function artifactPath(place: ArtifactPlace | null, file: string): string {
  const root = place?.kind === 'proxied' ? place.path : '';
  return encodePath([root, artifactDir, file].filter((each) => each !== '').join('/'));
}

const artifacts = '/api/2.0/mlflow-artifacts/artifacts';

export async function upload(check: Check): Promise<StepEnd> {
  const { api, artifactBytes, seed, found, made, progress, remark } = check;
  const { place } = found;
  if (place?.kind !== 'proxied') {
    remark(directRemark(place));
    return skipped(`${place?.shown ?? ''} (not through the server)`);
  }
  if (place.host !== null && place.host !== api.host) {
    remark(
      `Artifact addresses name ${place.host}, so clients go there for artifacts and not to ${api.host}. ` +
        'Start MLflow without --default-artifact-root and make a new experiment.',
    );
  }
  made.artifacts = 'asked';
  const answer = await api.ask(`${artifacts}/${artifactPath(place, artifactName)}`, {
    what: 'store an artifact',
    method: 'PUT',
    body: { kind: 'random', seed, bytes: artifactBytes },
    onProgress: progress,
    ...patience(artifactBytes),
  });
  if (!answer.ok) return broken(answer.error);
  found.sent = answer.value.sent;
  return ok(`${place.shown} (through the server)`);
}

function directRemark(place: ArtifactPlace | null): string {
  const fix =
    'Start MLflow with --artifacts-destination and without --default-artifact-root, and make a new experiment: then ' +
    'artifacts go through the server.';
  if (place?.kind === 'direct') {
    return `New runs keep their artifacts in ${place.store} directly (${place.shown}): clients need its credentials themselves. ${fix}`;
  }
  return `New runs keep their artifacts in a folder by its path (${place?.shown ?? ''}): clients look for it on their own disk. ${fix}`;
}

const files = z.object({
  files: z
    .array(z.object({ path: z.string(), is_dir: z.boolean().default(false), file_size: z.coerce.number().nullish() }))
    .default([]),
});

export async function list({ api, found, artifactBytes }: Check): Promise<StepEnd> {
  const path = `mlflow/artifacts/list?run_id=${found.run?.id ?? ''}&path=${artifactDir}`;
  const reply = await api.call('list artifacts', ['GET', path], null, files);
  if (!reply.ok) return broken(reply.error);
  const file = reply.value.files.find((each) => each.path === `${artifactDir}/${artifactName}`);
  if (!file || file.is_dir) {
    return broken(
      failure('not-found', 'The artifact was taken and is not in the list', {
        hint: 'The server may write to one place and read from another: compare its --artifacts-destination with its store.',
      }),
    );
  }
  const size = file.file_size ?? artifactBytes;
  if (size === artifactBytes) return ok(describeBytes(size));
  return broken(
    failure('storage-failed', `The artifact is listed with ${String(size)} of ${String(artifactBytes)} bytes`, {
      hint: 'The store keeps less than it is given. See whether its disk is full.',
    }),
  );
}

export async function download(check: Check): Promise<StepEnd> {
  const { api, artifactBytes, found, progress } = check;
  const answer = await api.ask(`${artifacts}/${artifactPath(found.place, artifactName)}`, {
    what: 'read the artifact',
    method: 'GET',
    read: 'hash',
    maxBytes: artifactBytes,
    onProgress: progress,
    ...patience(artifactBytes),
  });
  if (!answer.ok) return broken(answer.error);
  const difference = compare(answer, found.sent);
  if (difference === null) return ok('the same bytes');
  return broken(
    failure('storage-failed', `The artifact came back otherwise: ${difference}`, {
      hint: 'The store, or something on the way, changes or cuts what passes.',
    }),
  );
}

/** Null: what was sent. */
export function compare(answer: Reply<HttpAnswer>, sent: Digest | null): string | null {
  if (!answer.ok || answer.value.body.kind !== 'hash' || sent === null) return 'no bytes';
  const { bytes, sha256, truncated } = answer.value.body;
  if (truncated) return 'it is longer';
  if (bytes !== sent.bytes) return `${String(bytes)} of ${String(sent.bytes)} bytes`;
  return sha256 === sent.sha256 ? null : 'other bytes';
}
