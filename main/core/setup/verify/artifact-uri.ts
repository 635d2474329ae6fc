/** What the URI of an artifact tells: whether clients go through the tracking server, and by which path. */

export type ArtifactPlace =
  /** `path`: below the server's artifacts, not encoded. `host`: named in the URI, clients go there. */
  | { readonly kind: 'proxied'; readonly path: string; readonly host: string | null; readonly shown: string }
  /** Clients go to a store themselves. */
  | { readonly kind: 'direct'; readonly store: string; readonly shown: string }
  /** A folder, which each client would look for on its own disk. */
  | { readonly kind: 'folder'; readonly shown: string };

const serverArtifacts = '/api/2.0/mlflow-artifacts/artifacts';

const stores: Readonly<Record<string, string>> = {
  s3: 'S3',
  wasb: 'Azure Blob Storage',
  wasbs: 'Azure Blob Storage',
  abfs: 'Azure Data Lake',
  abfss: 'Azure Data Lake',
  gs: 'Google Cloud Storage',
  hdfs: 'HDFS',
  viewfs: 'HDFS',
  dbfs: 'Databricks',
  r2: 'Cloudflare R2',
  b2: 'Backblaze B2',
  ftp: 'FTP',
  sftp: 'SFTP',
};

export function parseArtifactUri(uri: string): ArtifactPlace {
  const [, scheme = '', authority = null, path = ''] =
    /^(?:([a-zA-Z][a-zA-Z\d+.-]+):)?(?:\/\/([^/]*))?(.*)$/s.exec(uri) ?? [];
  const shown = shownUri(scheme, authority, path);
  const kind = scheme.toLowerCase();
  if (kind === '' || kind === 'file') return { kind: 'folder', shown };
  if (kind === 'mlflow-artifacts') {
    return { kind: 'proxied', path: withoutSlashes(path), host: withoutLogin(authority ?? '') || null, shown };
  }
  const at = path.indexOf(serverArtifacts);
  if ((kind === 'http' || kind === 'https') && at >= 0) {
    const below = withoutSlashes(path.slice(at + serverArtifacts.length));
    return { kind: 'proxied', path: below, host: withoutLogin(authority ?? '') || null, shown };
  }
  return { kind: 'direct', store: stores[kind] ?? `${kind}:`, shown };
}

/** The beginning, without logins or queries: `s3://mlflow/…`, `mlflow-artifacts:/1/…`. */
function shownUri(scheme: string, authority: string | null, path: string): string {
  const isAzure = /^(wasbs?|abfss?)$/i.test(scheme);
  // Azure names the container where others have the login.
  const host = authority === null ? '' : `//${isAzure ? authority : withoutLogin(authority)}`;
  const plain = path.replace(/[?#].*$/s, '');
  const parts = plain.split('/').filter((each) => each !== '');
  const kept = scheme === '' || scheme.toLowerCase() === 'file' ? 3 : 1;
  const rest = parts.slice(0, kept).join('/') + (parts.length > kept ? '/…' : '');
  return `${scheme === '' ? '' : `${scheme}:`}${host}${plain.startsWith('/') ? '/' : ''}${rest}`;
}

const withoutLogin = (authority: string) => authority.slice(authority.lastIndexOf('@') + 1);
const withoutSlashes = (path: string) => path.replace(/^\/+|\/+$/g, '');

/**
 * The folder of one run among the server's artifacts, or null where the path does not end as such folders do. Nothing
 * above it is ours: an experiment's number may have been used before, by a database that is gone.
 */
export function runFolder(path: string, runId: string): string | null {
  const end = `${runId}/artifacts`;
  return path === end || path.endsWith(`/${end}`) ? path.slice(0, -'/artifacts'.length) : null;
}

/** For the path of a URL. */
export const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
