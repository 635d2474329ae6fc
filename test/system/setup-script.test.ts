/** Scripts of a person's own, brought to a real server and run there. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUploads } from '../../main/adapters/uploads.ts';
import type { FieldValue, StackDraft } from '../../main/shared/setup/stack.ts';
import { inServer, planOn, runByHand, uninstallOf, type Ended } from '../support/plan-on-server.ts';
import { available, startTestServer, type TestServer } from '../support/test-server.ts';

const reason = available();
const name = 'adp';
const octet = 41;

describe.skipIf(reason !== null)(
  `own scripts on a real server${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let server: TestServer;
    let homeDir: string;

    beforeAll(async () => {
      homeDir = mkdtempSync(join(tmpdir(), 'mooring-scripts-'));
      server = await startTestServer(name, octet);
    }, 600_000);

    afterAll(async () => {
      await server.remove();
      rmSync(homeDir, { recursive: true });
    });

    const put = (path: string, text: string, mode = 0o755) => {
      const file = join(homeDir, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      chmodSync(file, mode);
    };
    const draft = (values: Readonly<Record<string, FieldValue>>): StackDraft => ({ stack: 'script', values });
    const scripts = '/home/ubuntu/.local/share/mooring/scripts';
    const uploadsDir = '/home/ubuntu/.cache/mooring/uploads/test';

    /** Uploads and runs, as a run does. */
    async function run(values: Readonly<Record<string, FieldValue>>): Promise<Ended> {
      const plan = await planOn(name, 'ubuntu', draft(values));
      expect(plan.remarks.filter(({ level }) => level === 'stop')).toEqual([]);
      const packed = await createUploads({ homeDir }).pack(String(values['script.path']));
      if (!packed.ok) throw new Error(packed.error.message);
      const unpack = `umask 077; rm -rf ${uploadsDir}; mkdir -p ${uploadsDir}/script && base64 -d | tar -xzf - -C ${uploadsDir}/script`;
      expect((await inServer(name, 'ubuntu', unpack, packed.value.base64)).text).toBe('');
      const ended = await runByHand(name, 'ubuntu', plan, {}, '', uploadsDir);
      await inServer(name, 'ubuntu', `rm -rf ${uploadsDir}`);
      return ended;
    }
    const off = async (values: Readonly<Record<string, FieldValue>>, removeData: boolean) => {
      const plan = uninstallOf(await planOn(name, 'ubuntu', draft(values)), removeData);
      expect(await runByHand(name, 'ubuntu', plan)).toMatchObject({ code: 0 });
    };
    const there = async (folder: string) =>
      (await server.sh(`cd ${folder} 2>/dev/null && find . | sort || true`)).split('\n').filter((each) => each !== '');

    const show = `#!/bin/sh
echo "in $(pwd) as $(id -un), home $HOME, $# words"
for each; do printf 'word <%s>\\n' "$each"; done
printf 'TOKEN <%s>\\nGREETING <%s>\\n' "$TOKEN" "$GREETING"
if read -r line; then echo "read: $line"; else echo 'nobody answers'; fi
echo oops >&2
`;

    it('runs a file with arguments and environment of any sort, and tells its exit code', async () => {
      put('tools/my set-up.sh', `${show}exit 3\n`);
      const values = {
        'script.path': '~/tools/my set-up.sh',
        'script.args': `--gpu "two  words" 'a "quoted" $HOME' ünï 'it'"'"'s' ''`,
        'script.env': `TOKEN='a b $(id) "c"' GREETING=grüß\\ dich`,
      };
      const ended = await run(values);
      expect(ended.text).toContain(`in ${scripts}/script as ubuntu, home /home/ubuntu, 6 words`);
      for (const each of ['--gpu', 'two  words', 'a "quoted" $HOME', 'ünï', "it's", '']) {
        expect(ended.text).toContain(`word <${each}>`);
      }
      expect(ended.text).toContain('TOKEN <a b $(id) "c">');
      expect(ended.text).toContain('GREETING <grüß dich>');
      expect(ended.text).toContain('nobody answers');
      expect(ended.text).toContain('oops');
      expect(ended.text).toContain('my set-up.sh ended with exit code 3.');
      expect(ended.code).toBe(1);
      expect(await server.sh(`stat -c '%a %U' ${scripts}/script`)).toBe('700 ubuntu\n');
      put('tools/my set-up.sh', show);
      expect(await run(values)).toMatchObject({ code: 0, text: expect.stringContaining('0 ok, 2 changed') as string });
      // Run again each time it is asked for; sent anew only where it differs.
      expect(await run(values)).toMatchObject({ code: 0, text: expect.stringContaining('1 ok, 1 changed') as string });
      await off(values, false);
      expect(await there('/home/ubuntu/.local/share/mooring/scripts')).toEqual([]);
    });

    it('runs install.sh and run_tests.sh of a repository, and keeps what they made', async () => {
      put(
        'repo/install.sh',
        '#!/bin/bash\n[[ -d lib ]] && source lib/words.sh && mkdir -p made/deep && echo "$WORD" >made/deep/file\n',
      );
      put('repo/lib/words.sh', 'WORD=one\n', 0o644);
      put('repo/lib/old.txt', 'old', 0o644);
      put('repo/run_tests.sh', 'set -eu\n[[ "$(cat made/deep/file)" == one ]]\necho "tests: well"\n', 0o644);
      symlinkSync('install.sh', join(homeDir, 'repo/again'));
      const values = { 'script.path': '~/repo', environment: 'repo' };
      const first = await run(values);
      expect(first.text).toContain('tests: well');
      expect(first.text).toContain('0 ok, 3 changed');

      // The next version: a file less, a link in the place of a folder, and what was made is still there.
      rmSync(join(homeDir, 'repo/lib'), { recursive: true });
      put('repo/words/words.sh', 'WORD=two\n', 0o644);
      symlinkSync('words', join(homeDir, 'repo/lib'));
      put('repo/run_tests.sh', '[ "$(cat made/deep/file)" = two ] && echo "tests: well"\n', 0o644);
      const second = await run(values);
      expect(second.text).toContain('tests: well');
      expect(second.code).toBe(0);
      const files = ['./again', './install.sh', './lib', './run_tests.sh', './words', './words/words.sh'];
      const made = ['./made', './made/deep', './made/deep/file'];
      expect(await there(`${scripts}/repo`)).toEqual(['.', ...files, ...made].sort());
      await off(values, false);
      expect(await there(`${scripts}/repo`)).toEqual(['.', ...made]);
      await off(values, true);
      expect(await there(scripts)).toEqual([]);
    });

    it('never deletes through a link that a script put in the place of a folder', async () => {
      await server.sh(
        'mkdir -p /home/ubuntu/precious; echo mine >/home/ubuntu/precious/x; chown -R ubuntu: /home/ubuntu/precious',
      );
      put('linking/install.sh', '#!/bin/sh\nif [ ! -L d ]; then rm -r d; ln -s ~/precious d; fi\n');
      put('linking/d/x', 'x', 0o644);
      const values = { 'script.path': '~/linking', environment: 'linking' };
      expect(await run(values)).toMatchObject({ code: 0 });
      await off(values, true);
      expect(await server.sh('cat /home/ubuntu/precious/x')).toBe('mine\n');
    });

    it('says what is wrong: nothing to run, no such script, ends of lines, a missing program, a signal', async () => {
      put('bare/readme.md', '', 0o644);
      const bare = await run({ 'script.path': '~/bare' });
      expect(bare.text).toContain(
        'There is no install.sh and no run_tests.sh in ~/bare: say what to run.\nThere is:\nreadme.md',
      );
      put('many/a.sh', 'exit 0\n');
      put('many/b.sh', '#!/bin/sh\r\necho b\r\n');
      put('many/c.sh', '#!/bin/sh\nfrobnicate --all\n');
      put('many/d.sh', '#!/bin/sh\nkill -9 $$\n');
      put('many/e.py', 'import os, sys, time\nprint("from python", sys.argv[1:])\nsys.exit(7)\n', 0o644);
      put('many/f.rb', '#!/usr/bin/ruby\n', 0o644);
      const told = async (script: string, words: string) => {
        const ended = await run({ 'script.path': '~/many', 'script.run': script, 'script.args': 'x' });
        expect(ended.text).toContain(words);
        expect(ended.code).toBe(1);
      };
      await told('a.sh, gone.sh', 'There is no gone.sh in ~/many.');
      await told('b.sh', 'b.sh has the line ends of Windows (CR LF)');
      await told('c.sh', 'c.sh ended with exit code 127: a program that it calls is not on this server.');
      await told('d.sh', 'd.sh was ended by signal 9.');
      await told('e.py', "from python ['x']\ne.py ended with exit code 7.");
      await told('f.rb', 'f.rb needs /usr/bin/ruby, which is not on this server.');
      await off({ 'script.path': '~/many' }, true);
    });

    it('runs as root where that was chosen, in a folder of root’s', async () => {
      put('root.sh', '#!/bin/sh\necho "as $(id -un), home $HOME"\n');
      const values = { 'script.path': '~/root.sh', 'script.as-root': true };
      const ended = await run(values);
      expect(ended.text).toContain('as root, home /root');
      expect(
        await server.sh('stat -c "%a %U %n" /opt/mooring/scripts/script /opt/mooring/scripts/script/root.sh'),
      ).toBe('700 root /opt/mooring/scripts/script\n700 root /opt/mooring/scripts/script/root.sh\n');
      await off(values, false);
      expect(await there('/opt/mooring')).toEqual([]);
    });

    it('shows what is printed as it comes', async () => {
      put(
        'slow.py',
        'import time\nprint("first")\nopen("/tmp/ready", "w").close()\nwhile True: time.sleep(1)\n',
        0o644,
      );
      const running = run({ 'script.path': '~/slow.py' });
      // It waits for ever: what it printed must have come already when it is ended.
      await inServer(
        name,
        'ubuntu',
        'until [ -e /tmp/ready ]; do sleep 0.1; done; pkill -9 -u ubuntu -f "^python3 ./slow.py"',
      );
      const ended = await running;
      expect(ended.text).toContain('slow.py was ended by signal 9.');
    });

    it('by hand without the files it says how to bring them', async () => {
      const plan = await planOn(name, 'ubuntu', draft({ 'script.path': '~/slow.py', environment: 'none' }));
      const ended = await runByHand(name, 'ubuntu', plan);
      expect(ended.text).toContain('begin with: MOORING_UPLOADS=FOLDER');
      expect(ended.code).toBe(1);
    });
  },
);
