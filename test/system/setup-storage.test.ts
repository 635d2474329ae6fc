/** VersityGW set up on a real server by the plan's own script. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isImpossible } from '../../main/shared/setup/plan.ts';
import { inServer, uninstallOf } from '../support/plan-on-server.ts';
import { bucketAt, patiently, recap, startStoreLab, storageStack, type StoreLab } from '../support/store-lab.ts';
import { available } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';

const reason = available();
const name = 'sta';

const accessKey = 'QX7LKEYFORTHETESTS01';
const secretKey = 'a secret/with+"quotes" $and \\more';
const keys = { 'storage.access-key': accessKey, 'storage.secret-key': secretKey };

describe.skipIf(reason !== null)(`VersityGW on a real server${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let lab: StoreLab;

  beforeAll(async () => {
    lab = await startStoreLab(name, 37);
  }, 900_000);

  afterAll(async () => {
    await lab.close();
  });

  describe('VersityGW for the whole system', () => {
    it('is put on a bare server and answers', async () => {
      const wanted = await lab.plan('ubuntu');
      expect(wanted).toMatchObject({ scope: 'system', remarks: [] });
      const startedMs = Date.now();
      const ended = await lab.byHand('ubuntu', wanted, keys);
      console.log(`  VersityGW from bare: ${String(Date.now() - startedMs)} ms`);
      expect(ended.text).not.toContain(secretKey);
      expect(recap(ended), ended.text).toMatch(/ 0 ok, \d+ changed$/);
      expect((await lab.s3(bucketAt('mlflow'), accessKey, secretKey)).text).toContain('list, put, get and delete work');
      expect(await lab.server.sh('curl -s -o /dev/null -w %{http_code} http://127.0.0.1:9001/')).toBe('200');
    });

    it('listens on loopback alone, as an account of its own', async () => {
      const listening = await lab.server.sh('ss -ltnpH | grep versitygw');
      expect(listening.trim().split('\n')).toHaveLength(2);
      expect(listening).not.toMatch(/0\.0\.0\.0:9|\[::\]:9|\*:9/);
      expect(await lab.server.sh('ps -o user= -C versitygw')).toBe('mooring-store\n');
    });

    it('lets in nobody with a wrong key', async () => {
      expect((await lab.s3(bucketAt('mlflow'), 'WRONG', secretKey)).text).toContain(
        'does not know the access key id WRONG',
      );
      expect((await lab.s3(bucketAt('mlflow'), accessKey, 'wrong')).text).toContain(
        'The secret access key is not the one',
      );
      expect(await lab.server.sh('curl -s -o /dev/null -w %{http_code} http://127.0.0.1:9000/mlflow')).toBe('403');
    });

    it('shows other users neither objects nor keys', async () => {
      const looked = await inServer(
        name,
        'nosy',
        'find /srv/mooring /etc/mooring -type f -readable 2>/dev/null; cat /etc/mooring/main/storage.env; ls /srv/mooring/main.objects',
      );
      expect(looked.text.match(/Permission denied/g)).toHaveLength(2);
      expect(looked.text).not.toContain('/srv/mooring/main.objects/');
    });

    it('has its secrets in no argument, unit, journal or file of others', async () => {
      const found = await lab.server.sh(
        `ps -eo args | grep -F ${accessKey} | grep -v grep || true
         grep -rlF ${accessKey} /etc /var/log /run/log /home /root /tmp /srv /var/lib/mooring 2>/dev/null || true
         journalctl --no-pager | grep -cF ${accessKey} || true`,
      );
      expect(found).toBe('/etc/mooring/main/storage.env\n0\n');
      expect(await lab.server.sh('stat -c "%a %U" /etc/mooring/main/storage.env')).toBe('600 root\n');
    });

    it('changes nothing the second time, also without the keys', async () => {
      for (const given of [keys, {}]) {
        const wanted = await lab.plan('ubuntu', {}, storageStack({}));
        expect(wanted.remarks).toEqual([]);
        const startedMs = Date.now();
        const ended = await lab.byHand('ubuntu', wanted, given);
        console.log(`  again: ${String(Date.now() - startedMs)} ms`);
        expect(recap(ended), ended.text).toMatch(/ 0 changed$/);
      }
    });

    it('takes other keys, and the old ones no longer work', async () => {
      const given = { ...keys, 'storage.secret-key': 'another-secret-0123456789' };
      const ended = await lab.byHand('ubuntu', await lab.plan('ubuntu'), given);
      expect(recap(ended), ended.text).toMatch(/ 1 changed$/);
      expect((await lab.s3(bucketAt('mlflow'), accessKey, secretKey)).code).toBe(1);
      expect((await lab.s3(bucketAt('mlflow'), accessKey, given['storage.secret-key'])).code).toBe(0);
      expect(recap(await lab.byHand('ubuntu', await lab.plan('ubuntu'), keys))).toMatch(/ 1 changed$/);
    });

    it('is back after a reboot, with what was in it', async () => {
      await lab.server.sh('runuser -u mooring-store -- sh -c "echo kept >/srv/mooring/main.objects/mlflow/kept"');
      await lab.server.reboot();
      await waitFor(
        'the store',
        async () => (await lab.s3(bucketAt('mlflow'), accessKey, secretKey)).code === 0,
        patiently,
      );
      expect(recap(await lab.byHand('ubuntu', await lab.plan('ubuntu'), {}))).toMatch(/ 0 changed$/);
    });

    it('does not take a port that is taken, and names the next', async () => {
      const { remarks } = await lab.plan('ubuntu', { environment: 'dev' });
      expect(remarks.map(({ level, message, hint }) => [level, message, hint])).toEqual([
        [
          'stop',
          'The store’s S3 port 9000 is that of the environment main on this server.',
          'Choose port 9002: it is free.',
        ],
        [
          'stop',
          'The store’s console port 9001 is that of the environment main on this server.',
          'Choose port 9002: it is free.',
        ],
      ]);
    });

    it('goes without its data, which a new one finds, and then with it', async () => {
      const wanted = await lab.plan('ubuntu');
      expect(recap(await lab.byHand('ubuntu', uninstallOf(wanted, false)))).toMatch(/changed$/);
      const left = await lab.server.sh(
        'ls -d /etc/mooring /opt/mooring /etc/systemd/system/mooring* 2>/dev/null; cat /srv/mooring/main.objects/mlflow/kept; getent passwd mooring-store | cut -d: -f1',
      );
      expect(left).toBe('kept\nmooring-store\n');
      const anew = await lab.byHand('ubuntu', await lab.plan('ubuntu'), keys);
      expect(recap(anew), anew.text).toMatch(/changed$/);
      expect((await lab.s3(bucketAt('mlflow'), accessKey, secretKey)).code).toBe(0);
      await lab.byHand('ubuntu', uninstallOf(await lab.plan('ubuntu'), true));
      expect(
        await lab.server.sh(
          'ls -d /etc/mooring /opt/mooring /srv/mooring /etc/systemd/system/mooring* 2>/dev/null; getent passwd mooring-store; true',
        ),
      ).toBe('');
    });
  });

  describe('VersityGW for an account without root', () => {
    it('runs under that account, and again changes nothing', async () => {
      const wanted = await lab.plan('plain');
      expect(wanted.scope).toBe('user');
      expect(isImpossible(wanted), JSON.stringify(wanted.remarks)).toBe(false);
      const ended = await lab.byHand('plain', wanted, keys);
      expect(recap(ended), ended.text).toMatch(/ 0 changed$|, [3-9] changed$/);
      expect((await lab.s3(bucketAt('mlflow'), accessKey, secretKey)).code).toBe(0);
      expect(await lab.server.sh('ps -o user= -C versitygw')).toBe('plain\n');
      expect((await inServer(name, 'nosy', 'cat /home/plain/.config/mooring/main/storage.env')).code).not.toBe(0);
      expect(recap(await lab.byHand('plain', await lab.plan('plain'), {}))).toMatch(/ 0 changed$/);
    });

    it('goes with its data', async () => {
      await lab.byHand('plain', uninstallOf(await lab.plan('plain'), true));
      expect(
        await lab.server.sh(
          'ps -C versitygw -o pid=; find /home/plain -name "mooring-storage*" -o -name "versitygw*" -o -name "*.objects" -o -name storage.env',
        ),
      ).toBe('');
    });
  });

  describe('what can go wrong', () => {
    it('a program that is not what was meant is not used', async () => {
      await lab.server.sh('mkdir /tmp/other; echo something else >/tmp/other/versitygw');
      const wanted = await lab.plan('ubuntu');
      const ended = await lab.byHand('ubuntu', wanted, keys, '/tmp/other');
      expect(ended.text).toContain('What came as VersityGW is not what was meant');
      expect(await lab.server.sh('ls /opt/mooring')).toBe('');
    });

    it('a server without a way to GitHub is told what to do', async () => {
      await lab.server.sh('echo "127.0.0.1 github.com" >>/etc/hosts');
      const wanted = await lab.plan('ubuntu', {}, null, { versitygw: null });
      const ended = await lab.byHand('ubuntu', wanted, keys, '');
      expect(ended.text).toContain('MOORING_VERSITYGW=FILE, or choose SeaweedFS');
    });

    it('a data folder that holds other things is left alone', async () => {
      await lab.server.sh('mkdir -p /data/objects; echo mine >/data/objects/mine');
      const ended = await lab.byHand('ubuntu', await lab.plan('ubuntu', { 'storage.data-dir': '/data' }), keys);
      expect(ended.text).toContain('/data/objects holds what Mooring did not put there');
      expect(await lab.server.sh('stat -c %U /data/objects/mine')).toBe('root\n');
      await lab.byHand('ubuntu', uninstallOf(await lab.plan('ubuntu', { 'storage.data-dir': '/data' }), true));
      expect(await lab.server.sh('cat /data/objects/mine')).toBe('mine\n');
    });

    it('a file system without extended attributes is named', async () => {
      await lab.server.sh('mkdir /odd; mount -t ramfs ramfs /odd');
      const ended = await lab.byHand('ubuntu', await lab.plan('ubuntu', { 'storage.data-dir': '/odd' }), keys);
      expect(ended.text).toContain('keeps no extended attributes');
      await lab.byHand('ubuntu', uninstallOf(await lab.plan('ubuntu', { 'storage.data-dir': '/odd' }), true));
      await lab.server.sh('umount /odd');
    });

    it('killed after any part of a step, it comes to the same end', async () => {
      const wanted = await lab.plan('ubuntu');
      for (const until of [
        'made account',
        'work=$folder.new',
        'wanted_keys | put_file',
        'units daemon-reload',
        'units enable',
      ]) {
        const cut = {
          ...wanted,
          steps: wanted.steps.map((each) => ({ ...each, apply: each.apply.replace(until, `kill -9 $$\n${until}`) })),
        };
        expect((await lab.byHand('ubuntu', cut, keys)).code, until).not.toBe(0);
      }
      const ended = await lab.byHand('ubuntu', wanted, keys);
      expect(recap(ended), ended.text).toMatch(/changed$/);
      expect((await lab.s3(bucketAt('mlflow'), accessKey, secretKey)).code).toBe(0);
      await lab.byHand('ubuntu', uninstallOf(wanted, true));
    });
  });
});
