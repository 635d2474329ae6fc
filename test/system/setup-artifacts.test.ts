/** The checks of stores elsewhere, run on a real server against VersityGW and Azurite. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3Call, s3Client } from '../../main/core/setup/plan/artifacts/s3-client.ts';
import { planStack } from '../../main/core/setup/plan/plan-stack.ts';
import { prelude } from '../../main/core/setup/script/prelude.ts';
import { parseStack } from '../../main/core/setup/stack/parse-stack.ts';
import type { ServerFacts } from '../../main/shared/facts.ts';
import type { Plan } from '../../main/shared/setup/plan.ts';
import type { FieldValue, StackName } from '../../main/shared/setup/stack.ts';
import { factsOf, inServer, runByHand } from '../support/plan-on-server.ts';
import { freePort } from '../support/sshd.ts';
import { azuriteFolder, builtVersitygw } from '../support/store-programs.ts';
import { availableForAll, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';

/** Of machines that are busy with other things as well. */
const patiently = { timeoutMs: 120_000, everyMs: 200 };

const reason = availableForAll();
const name = 'stb';
/** This machine, as the test server sees it. */
const host = '10.77.38.1';

const key = { id: 'AKIDFORTHETEST000001', secret: 'the+secret/of=the test' };
const azureKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

describe.skipIf(reason !== null)(
  `checks of stores elsewhere, from a real server${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let server: TestServer;
    let folder: string;
    let facts: ServerFacts;
    const children: ChildProcess[] = [];
    const ports = { s3: 0, azure: 0 };

    beforeAll(async () => {
      const built = builtVersitygw();
      if (!built) throw new Error('VersityGW can’t be built here: Go and its module proxy are needed');
      folder = mkdtempSync(join(tmpdir(), 'mooring-artifacts-'));
      server = await startTestServer(name, 38);
      ports.s3 = await freePort();
      ports.azure = await freePort();
      start(built.path, ['--port', `${host}:${String(ports.s3)}`, '--health', '/health', '--quiet', 'posix', folder], {
        ROOT_ACCESS_KEY: key.id,
        ROOT_SECRET_KEY: key.secret,
      });
      const azurite = join(azuriteFolder(), 'node_modules/.bin/azurite-blob');
      const words = ['--blobHost', host, '--blobPort', String(ports.azure), '--silent'];
      start(azurite, [...words, '--disableTelemetry', '--skipApiVersionCheck', '--inMemoryPersistence'], {});
      for (const port of Object.values(ports)) {
        await waitFor(
          `port ${String(port)}`,
          async () => {
            const asked = await inServer(name, 'root', `curl -s -o /dev/null http://${host}:${String(port)}/`);
            return asked.code === 0;
          },
          patiently,
        );
      }
      facts = await factsOf(name, 'ubuntu');
    }, 900_000);

    afterAll(async () => {
      for (const child of children) child.kill('SIGKILL');
      await server.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    function start(program: string, words: readonly string[], env: Record<string, string>): void {
      children.push(spawn(program, words, { stdio: 'ignore', env: { PATH: process.env['PATH'], ...env } }));
    }

    /** The plan’s folders and its check, without MLflow. */
    function planOf(stack: StackName, values: Record<string, FieldValue>): Plan {
      const draft = { stack, values };
      const parsed = parseStack(draft);
      if (!parsed.ok) throw new Error(parsed.error.message);
      const plan = planStack(parsed.value, draft, facts, null);
      return { ...plan, steps: plan.steps.filter(({ id }) => id === 'base-folders' || id === 'artifacts-check') };
    }

    const s3 = (values: Record<string, FieldValue> = {}): Plan =>
      planOf('mlflow-s3', {
        's3.bucket': 'artifacts',
        's3.endpoint': `http://${host}:${String(ports.s3)}`,
        's3.access-key-id': key.id,
        ...values,
      });
    const withSecret = { 's3.secret-access-key': key.secret };

    const run = async (plan: Plan, secrets: Record<string, string>, user = 'ubuntu') =>
      (await runByHand(name, user, plan, secrets)).text;

    describe('S3', () => {
      it('says what is wrong, and what to do', async () => {
        const table: readonly (readonly [Record<string, FieldValue>, Record<string, string>, string])[] = [
          [{}, withSecret, 'There is no bucket artifacts'],
          [{ 's3.access-key-id': 'AKIDUNKNOWN' }, withSecret, 'does not know the access key id AKIDUNKNOWN'],
          [{}, { 's3.secret-access-key': 'wrong' }, `The secret access key is not the one of access key id ${key.id}`],
          [{ 's3.endpoint': `http://${host}:9` }, withSecret, `Nothing listens at ${host}:9`],
          [{ 's3.endpoint': `https://${host}:${String(ports.s3)}` }, withSecret, 'Is it http:// instead of https://?'],
          [{ 's3.endpoint': 'https://no-such-name.invalid' }, withSecret, 'no-such-name.invalid is not known'],
          [{ 's3.region': 'eu-north-1' }, withSecret, 'is in the region us-east-1, not in eu-north-1'],
          [{ 's3.endpoint': `http://${host}:${String(ports.azure)}` }, withSecret, 'is no S3 API'],
          [{}, {}, 's3.secret-access-key) was not given'],
        ];
        for (const [values, secrets, words] of table) expect(await run(s3(values), secrets)).toContain(words);
      });

      it('a clock that is off is named as the cause', async () => {
        await server.sh(`mkdir /opt/skew; cat >/opt/skew/sitecustomize.py <<'END'
import datetime
class Late(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) - datetime.timedelta(hours=1)
datetime.datetime = Late
END
echo PYTHONPATH=/opt/skew >>/etc/environment`);
        const said = await run({ ...s3(), account: 'root' }, withSecret, 'root');
        await server.sh('sed -i /PYTHONPATH/d /etc/environment');
        expect(said).toContain('The clock of this server is off by 60 minutes (behind)');
      });

      it('passes with a bucket that is there, and is then not asked again', async () => {
        const made = await inServer(
          name,
          'root',
          'exec sh',
          `${prelude}\n${s3Client}\nprintf '%s\\n' '${key.id}' '${key.secret}' | s3_client ${s3Call({
            endpoint: `http://${host}:${String(ports.s3)}`,
            region: 'us-east-1',
            credentials: { kind: 'keys' },
            buckets: [{ name: 'artifacts', prefix: '', make: true }],
          })}`,
        );
        expect(made.text).toContain('made the bucket artifacts');
        const first = await run(s3(), withSecret);
        expect(first).toContain('bucket artifacts: list, put, get and delete work');
        expect(first).not.toContain(key.secret);
        expect(await run(s3(), withSecret)).toContain(' ok, 0 changed\n');
        expect(await run(s3(), {})).toContain(' ok, 0 changed\n');
        expect(await run(s3({ 's3.prefix': 'other' }), withSecret)).toContain('1 changed');
        expect(await run(s3(), { 's3.secret-access-key': 'wrong' })).toContain('The secret access key is not the one');
        expect(await server.sh('grep -rlF "the+secret" /etc /home /tmp /var/lib/mooring || true')).toBe('');
        expect(await server.sh('stat -c %a /etc/mooring/main/artifacts-checked')).toBe('600\n');
      });

      it('looks at the second bucket too', async () => {
        expect(await run(s3({ 's3.data-bucket': 'data-sets' }), withSecret)).toContain('There is no bucket data-sets');
      });

      it('with a profile of the account that MLflow runs as', async () => {
        const plan = s3({ 's3.credentials': 'profile', 's3.profile': 'lab' });
        expect(await run(plan, {})).toContain(
          'There is no profile lab in /home/ubuntu/.aws/credentials: there is none',
        );
        await inServer(
          name,
          'ubuntu',
          'mkdir .aws; cat >.aws/credentials',
          `[default]\naws_access_key_id = x\n[lab]\naws_access_key_id = ${key.id}\naws_secret_access_key = ${key.secret}\n`,
        );
        expect(await run(s3({ 's3.credentials': 'profile', 's3.profile': 'lob' }), {})).toContain(
          'there are default, lab',
        );
        expect(await run(plan, {})).toContain('1 changed');
      });

      it('with the role of the machine, from its metadata service', async () => {
        const plan = s3({ 's3.credentials': 'role', 's3.prefix': 'by-role' });
        expect(await run(plan, {})).toContain('This machine has no role');
        await server.sh(`ip addr add 169.254.169.254/32 dev lo
          cat >/opt/metadata.py <<'END'
import http.server, json
class Metadata(http.server.BaseHTTPRequestHandler):
    def answer(self, text, status=200):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())
    def do_PUT(self):
        self.answer("a-token")
    def do_GET(self):
        if self.headers.get("X-aws-ec2-metadata-token") != "a-token":
            return self.answer("", 401)
        if self.path.endswith("/security-credentials/"):
            return self.answer("lab-role")
        self.answer(json.dumps({"AccessKeyId": "${key.id}", "SecretAccessKey": "${key.secret}", "Token": ""}))
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("169.254.169.254", 80), Metadata).serve_forever()
END
          systemd-run --quiet --unit=metadata python3 /opt/metadata.py`);
        await waitFor(
          'the metadata service',
          async () => (await inServer(name, 'root', 'curl -s 169.254.169.254')).code === 0,
          patiently,
        );
        expect(await run(plan, {})).toContain('1 changed');
      });
    });

    describe('Azure Blob', () => {
      const connection = (change: Record<string, string> = {}): Record<string, string> => {
        const parts = {
          DefaultEndpointsProtocol: 'http',
          AccountName: 'devstoreaccount1',
          AccountKey: azureKey,
          BlobEndpoint: `http://${host}:${String(ports.azure)}/devstoreaccount1`,
          ...change,
        };
        return {
          'azure.credential': Object.entries(parts)
            .map(([part, value]) => `${part}=${value}`)
            .join(';'),
        };
      };
      const azure = (values: Record<string, FieldValue> = {}): Plan =>
        planOf('mlflow-azure-blob', {
          'azure.account': 'devstoreaccount1',
          'azure.container': 'artifacts',
          'azure.prefix': 'runs',
          'azure.credential': 'connection-string',
          ...values,
        });

      it('says what is wrong, and what to do', async () => {
        const sas = (token: string) => ({ 'azure.credential': token });
        const table: readonly (readonly [Record<string, FieldValue>, Record<string, string>, string])[] = [
          [{}, connection(), 'There is no container artifacts in the storage account devstoreaccount1'],
          [{}, connection({ AccountKey: Buffer.from('another').toString('base64') }), 'The account key is not one of'],
          [{}, connection({ AccountKey: 'no base64!' }), 'The account key is not one: it is no base64'],
          [{}, connection({ AccountName: 'other' }), 'is for the storage account other'],
          [{}, connection({ BlobEndpoint: `http://${host}:9/devstoreaccount1` }), `Nothing listens at ${host}:9`],
          [{ 'azure.credential': 'key' }, sas(azureKey), 'There is no storage account devstoreaccount1: the name'],
          [{ 'azure.credential': 'sas' }, sas('?sv=2021&se=2020-01-01T00:00:00Z&sp=rwdl&sig=x'), 'has expired'],
          [{ 'azure.credential': 'sas' }, sas('sv=2021&se=2090-01-01&sp=rl&sig=x'), 'does not allow to put, delete'],
          [{ 'azure.credential': 'sas' }, sas('sv=2021'), 'it has no signature'],
        ];
        for (const [values, secrets, words] of table) expect(await run(azure(values), secrets)).toContain(words);
      });

      it('passes with a container that is there, and is then not asked again', async () => {
        const made = await run(makeContainer(azure()), connection());
        expect(made).toContain('list, put, get and delete work');
        expect(made).not.toContain(azureKey);
        expect(await run(azure(), {})).toContain(' ok, 0 changed\n');
      });

      /** The client has no call that makes a container: a line of Python beside it does. */
      const makeContainer = (plan: Plan): Plan => ({
        ...plan,
        steps: plan.steps.map((each) =>
          each.id === 'artifacts-check'
            ? {
                ...each,
                define: each.define.replace(
                  'name = (prefix',
                  'try:\n    ask("PUT", query=[("restype", "container")], body=b"x")\nexcept Refused:\n    pass\nname = (prefix',
                ),
              }
            : each,
        ),
      });
    });
  },
);
