/** A test server for stores: plans made and run on it by hand, and an S3 client inside it. */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { s3Call, s3Client, type S3Settings } from '../../main/core/setup/plan/artifacts/s3-client.ts';
import type { HandedPrograms } from '../../main/core/setup/plan/component.ts';
import { planStack } from '../../main/core/setup/plan/plan-stack.ts';
import { prelude } from '../../main/core/setup/script/prelude.ts';
import { parseStack } from '../../main/core/setup/stack/parse-stack.ts';
import type { Plan } from '../../main/shared/setup/plan.ts';
import type { FieldValue, Stack } from '../../main/shared/setup/stack.ts';
import { factsOf, inServer, runByHand, type Ended } from './plan-on-server.ts';
import { builtVersitygw } from './store-programs.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import { giveWayOut, type WayOut } from './way-out.ts';

export type Values = Readonly<Record<string, FieldValue>>;

/** Of machines that are busy with other things as well. */
export const patiently = { timeoutMs: 120_000, everyMs: 200 };

export const storageStack = (values: Values = {}): Stack => {
  const stack = parseStack({ stack: 'object-storage', values });
  if (!stack.ok) throw new Error(stack.error.message);
  return stack.value;
};

/** What there is to look for in a bucket on the server's loopback. */
export const bucketAt = (name: string, port = 9000, make = false): S3Settings => ({
  endpoint: `http://127.0.0.1:${String(port)}`,
  region: 'us-east-1',
  credentials: { kind: 'keys' },
  buckets: [{ name, prefix: '', make }],
});

/** The line of what a run by hand said that counts its steps. */
export const recap = ({ text }: Ended): string => text.split('\n').findLast((line) => / \d+ ok, /.test(line)) ?? '';

/** The client of the plan's own checks, inside the server. */
const askS3 = (server: string, settings: S3Settings, keyId: string, secret: string): Promise<Ended> =>
  inServer(
    server,
    'root',
    'exec sh',
    `${prelude}\n${s3Client}\nprintf '%s\\n' '${keyId}' '${secret}' | s3_client ${s3Call(settings)}\n`,
  );

export interface StoreLab {
  readonly server: TestServer;
  readonly wayOut: WayOut;
  /** `handed`: VersityGW as this machine built it, unless told otherwise. */
  plan(user: string, values?: Values, present?: Stack | null, handed?: HandedPrograms): Promise<Plan>;
  byHand(user: string, plan: Plan, secrets?: Record<string, string>, uploadsDir?: string): Promise<Ended>;
  s3(settings: S3Settings, keyId: string, secret: string): Promise<Ended>;
  close(): Promise<void>;
}

/** With the accounts `plain` (no root, own services) and `nosy` (somebody else), and VersityGW in /opt/handed. */
export async function startStoreLab(name: string, octet: number): Promise<StoreLab> {
  const built = builtVersitygw();
  if (!built) throw new Error('VersityGW can’t be built here: Go and its module proxy are needed');
  const server = await startTestServer(name, octet);
  const wayOut = await giveWayOut(name, octet);
  await server.sh(`for each in nosy plain; do useradd -m -s /bin/bash $each; done
    loginctl enable-linger plain
    mkdir /opt/handed`);
  await putFile(name, built.path, '/opt/handed/versitygw');
  return {
    server,
    wayOut,
    plan: async (user, values = {}, present = null, handed = { versitygw: built }) =>
      planStack(storageStack(values), { stack: 'object-storage', values }, await factsOf(name, user), present, handed),
    byHand: (user, plan, secrets = {}, uploadsDir = '/opt/handed') =>
      runByHand(name, user, plan, secrets, '', uploadsDir),
    s3: (settings, keyId, secret) => askS3(name, settings, keyId, secret),
    close: async () => {
      await wayOut.close();
      await server.remove();
    },
  };
}

function putFile(server: string, path: string, there: string): Promise<void> {
  const script = fileURLToPath(new URL('test-server.sh', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(script, ['run', server, 'sh', '-c', `cat >${there}; chmod 644 ${there}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${there} could not be written`));
    });
    createReadStream(path).pipe(child.stdin);
  });
}
