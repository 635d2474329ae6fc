import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prelude } from '../../../../../main/core/setup/script/prelude.ts';
import { quoted } from '../../../../../main/shared/shell-words.ts';
import { inShell, newFolder, readable } from '../plan/contexts.ts';

const me = userInfo().username;
let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the functions of every step', () => {
  it('are what a POSIX shell can read', () => {
    expect(readable(prelude)).toBe(true);
  });

  it.each([
    ['with a line end', 'a b\\c"$d%\n', 'a b\\c"$d%'],
    ['without', ' leading and trailing ', ' leading and trailing '],
    ['of two lines only the first', 'one\ntwo\n', 'one'],
  ])('a secret comes as it is: %s', (_name, file, secret) => {
    expect(inShell('secret s', folder, { s: file })).toEqual({ code: 0, text: secret, errors: '' });
  });
  it('a secret that is not there is a failure, and no word of the shell’s', () => {
    expect(inShell('secret s && echo yes', folder)).toEqual({ code: 1, text: '', errors: '' });
    expect(inShell('secret_url s', folder)).toEqual({ code: 1, text: '', errors: '' });
    expect(inShell('if has_secret s; then echo yes; fi', folder, { s: '' }).text).toBe('');
  });
  it('for a URL every byte is escaped', () => {
    expect(inShell('secret_url s', folder, { s: 'p@ß\n' }).text).toBe('%70%40%c3%9f');
    expect(decodeURIComponent(inShell('secret_url s', folder, { s: `${'x/'.repeat(60)}\n` }).text)).toBe(
      'x/'.repeat(60),
    );
  });

  it('a line of an environment file gives back any value, as systemd reads it', () => {
    const line = fc.stringMatching(/^[^\0\n\r]{0,20}$/).filter((each) => !/[\ud800-\udfff]/.test(each));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (values) => {
        const { text } = inShell(values.map((each) => `env_line NAME ${quoted(each)}`).join('\n'), folder);
        const read = text
          .trimEnd()
          .split('\n')
          .map((each) => each.slice('NAME="'.length, -1).replace(/\\([\\"$`])/g, '$1'));
        expect(read).toEqual(values);
        // Nothing within ends the quotes.
        expect(text.split('\n').every((each) => each === '' || /^NAME="([^"\\]|\\.)*"$/.test(each))).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  it('put_file writes whole, with mode and owner; same_file sees each of them', () => {
    const path = `${folder}/file`;
    inShell(`printf 'text\\n' | put_file ${path} 600 ${me}`, folder);
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['text\n', 0o600]);
    expect(existsSync(`${path}.mooring-new`)).toBe(false);
    const same = (text: string, mode: string) =>
      inShell(`printf ${quoted(text)} | same_file ${path} ${mode} ${me}`, folder);
    expect([same('text\\n', '600').code, same('text', '600').code, same('text\\n', '644').code]).toEqual([0, 1, 1]);
    expect(inShell(`printf x | same_file ${folder}/none 600 ${me}`, folder)).toEqual({ code: 1, text: '', errors: '' });
  });

  it('a file that lies open under the temporary name does not stay open', () => {
    writeFileSync(`${folder}/file.mooring-new`, 'old', { mode: 0o644 });
    inShell(`printf new | put_file ${folder}/file 600 ${me}`, folder);
    expect(statSync(`${folder}/file`).mode & 0o777).toBe(0o600);
  });

  it('put_dir notes every folder that was missing; drop_dir takes off these and no others', () => {
    mkdirSync(`${folder}/there`);
    inShell(`put_dir ${folder}/there/a/b/c 750 ${me}; put_dir ${folder}/there 700 ${me}`, folder);
    expect(statSync(`${folder}/there/a/b/c`).mode & 0o777).toBe(0o750);
    writeFileSync(`${folder}/there/a/kept`, '');
    inShell(`drop_dir ${folder}/there/a/b/c; drop_dir ${folder}/there`, folder);
    expect([`${folder}/there/a/b`, `${folder}/there/a/kept`].map(existsSync)).toEqual([false, true]);
    rmSync(`${folder}/there/a/kept`);
    inShell(`drop_dir ${folder}/there/a`, folder);
    expect([`${folder}/there/a`, `${folder}/there`].map(existsSync)).toEqual([false, true]);
  });

  it('what environments share is handed on to another one', () => {
    expect(
      inShell('made shared; if hand_on shared; then echo given; else echo kept; fi; was_made shared', folder).text,
    ).toBe('kept\n');
    mkdirSync(`${folder}/state/stacks/dev/made`, { recursive: true });
    expect(inShell('hand_on shared && ! was_made shared && echo given', folder).text).toBe('given\n');
    expect(existsSync(`${folder}/state/stacks/dev/made/shared`)).toBe(true);
  });

  it('as_user of the account itself just runs it', () => {
    expect(inShell(`as_user ${me} printf '%s|' 'a b' c`, folder).text).toBe('a b|c|');
  });

  it('asks by HTTP with what there is, and never by a proxy', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.statusCode = request.url === '/ok' ? 200 : 403;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const shell = (text: string) =>
      new Promise<string>((resolve) => {
        const child = spawn('sh', ['-s'], { env: { PATH: '/usr/bin:/bin', http_proxy: 'http://127.0.0.1:1' } });
        let said = '';
        child.stdout.setEncoding('utf8').on('data', (part: string) => (said += part));
        child.on('close', () => {
          resolve(said.trim());
        });
        child.stdin.end(`${prelude}\n${text}\n`);
      });
    const url = `http://127.0.0.1:${String(port)}`;
    try {
      const both = `http_status ${url}/ok; echo; http_status ${url}/no; echo; http_status http://127.0.0.1:1/; echo`;
      const [byCurl, byPython] = await Promise.all([
        shell(both),
        shell(`has() { [ "$1" != curl ] && command -v "$1" >/dev/null 2>&1; }\n${both}`),
      ]);
      expect(byCurl.split(/\s+/)).toEqual(['200', '403', '000']);
      expect(byPython.split(/\s+/)).toEqual(['200', '403', '000']);
      expect(await shell(`wait_http ${url}/ok 5 && echo up; wait_http ${url}/no 0 || echo down`)).toBe('up\ndown');
    } finally {
      server.close();
    }
    expect(asked.length).toBeGreaterThan(3);
  });
});
