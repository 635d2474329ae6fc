/** Stores on this machine for test servers: VersityGW with a bucket, and Azurite with a container, at an address of ours. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import { freePort } from './sshd.ts';
import { azuriteFolder, builtVersitygw } from './store-programs.ts';
import { waitFor } from './wait.ts';

/** The one account that Azurite has; published by Microsoft. */
const azureAccount = 'devstoreaccount1';
const azureKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export interface StoresHere {
  readonly s3: { readonly endpoint: string; readonly bucket: string; readonly keyId: string; readonly secret: string };
  /** Null: Azurite was not asked for. */
  readonly azure: { readonly account: string; readonly container: string; readonly connection: string } | null;
  close(): void;
}

/** MLflow with the bucket; its secret is `s3.secret-access-key`. */
export const s3Draft = ({ s3: { bucket, endpoint, keyId } }: StoresHere): StackDraft => ({
  stack: 'mlflow-s3',
  values: { 's3.bucket': bucket, 's3.endpoint': endpoint, 's3.access-key-id': keyId },
});

/** `host`: an address of this machine that the test server reaches; it must exist already. */
export async function startStoresHere(host: string, withAzure: boolean): Promise<StoresHere> {
  const versitygw = builtVersitygw();
  if (!versitygw) throw new Error('VersityGW can’t be built here: Go and its module proxy are needed');
  const folder = mkdtempSync(join(tmpdir(), 'mooring-stores-'));
  const children: ChildProcess[] = [];
  const close = () => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const start = (program: string, words: readonly string[], env: Record<string, string> = {}) => {
    children.push(spawn(program, words, { stdio: 'ignore', env: { PATH: process.env['PATH'], ...env } }));
  };
  const answers = (url: string) =>
    waitFor(url, () => fetch(url).then(Boolean, () => false), { timeoutMs: 120_000, everyMs: 100 });
  const s3 = { bucket: 'artifacts', keyId: 'AKIDFORTHETEST000001', secret: 'the+secret/of=the test' };
  try {
    const s3Port = await freePort(host);
    const endpoint = `http://${host}:${String(s3Port)}`;
    // A bucket is a folder.
    mkdirSync(join(folder, 'objects', s3.bucket), { recursive: true });
    const words = ['--port', `${host}:${String(s3Port)}`, '--health', '/health', '--quiet'];
    start(versitygw.path, [...words, 'posix', join(folder, 'objects')], {
      ROOT_ACCESS_KEY: s3.keyId,
      ROOT_SECRET_KEY: s3.secret,
    });
    await answers(`${endpoint}/health`);
    if (!withAzure) return { s3: { ...s3, endpoint }, azure: null, close };

    const azurePort = await freePort(host);
    const blobs = `http://${host}:${String(azurePort)}`;
    const azurite = join(azuriteFolder(), 'node_modules/.bin/azurite-blob');
    const options = ['--silent', '--disableTelemetry', '--skipApiVersionCheck', '--inMemoryPersistence'];
    start(azurite, ['--blobHost', host, '--blobPort', String(azurePort), ...options]);
    await answers(blobs);
    await makeContainer(blobs, 'artifacts');
    const connection = [
      'DefaultEndpointsProtocol=http',
      `AccountName=${azureAccount}`,
      `AccountKey=${azureKey}`,
      `BlobEndpoint=${blobs}/${azureAccount}`,
    ].join(';');
    return {
      s3: { ...s3, endpoint },
      azure: { account: azureAccount, container: 'artifacts', connection },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Signed as https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key says. */
async function makeContainer(blobs: string, name: string): Promise<void> {
  const headers = { 'x-ms-date': new Date().toUTCString(), 'x-ms-version': '2021-12-02' };
  const lines = Object.entries(headers).map(([key, value]) => `${key}:${value}`);
  const resource = `/${azureAccount}/${azureAccount}/${name}\nrestype:container`;
  const text = ['PUT', ...Array<string>(11).fill(''), ...lines, resource].join('\n');
  const signature = createHmac('sha256', Buffer.from(azureKey, 'base64')).update(text).digest('base64');
  const made = await fetch(`${blobs}/${azureAccount}/${name}?restype=container`, {
    method: 'PUT',
    headers: { ...headers, Authorization: `SharedKey ${azureAccount}:${signature}` },
  });
  if (!made.ok) throw new Error(`no container: ${String(made.status)} ${await made.text()}`);
}
