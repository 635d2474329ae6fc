/** Electron's security checklist, as far as a running app shows it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Page } from 'playwright';
import type { DesktopApp } from '../../support/desktop-app.ts';
import { waitFor } from '../../support/wait.ts';
import { describeDesktop } from './describe-desktop.ts';

type Bridge = { mooring: { call(name: string, args: unknown): Promise<unknown> } };

describeDesktop('security', (desktop) => {
  let app: DesktopApp;
  let page: Page;
  beforeAll(async () => {
    app = await desktop().start();
    page = await app.window();
    await page.getByRole('button', { name: /Try it now/ }).waitFor();
  });
  afterAll(() => app.quit());

  const call = (name: unknown, args: unknown) =>
    page.evaluate(([n, a]) => (window as unknown as Bridge).mooring.call(n as string, a), [name, args] as const);

  it('gives the page the contract’s bridge and nothing of Node or Electron', async () => {
    const seen = await page.evaluate(() => ({
      bridge: Object.keys((window as unknown as Bridge).mooring).sort(),
      node: ['require', 'process', 'module', 'Buffer', 'global', 'electron', 'ipcRenderer'].filter(
        (each) => each in globalThis,
      ),
      frozen: Object.isFrozen((window as unknown as Bridge).mooring),
      origin: location.origin,
    }));
    expect(seen).toEqual({ bridge: ['call', 'subscribe'], node: [], frozen: true, origin: 'app://mooring' });
    const preferences = await app.electron.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
        getLastWebPreferences(): Record<string, unknown>;
      };
      const { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag, allowRunningInsecureContent } =
        contents.getLastWebPreferences();
      return { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag, allowRunningInsecureContent };
    });
    expect(preferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false });
    expect(preferences.webSecurity).not.toBe(false);
    expect(preferences.webviewTag).not.toBe(true);
    expect(preferences.allowRunningInsecureContent).not.toBe(true);
  });

  it('refuses unknown calls and bad arguments, in words', async () => {
    expect(await call('no.such', {})).toMatchObject({ ok: false, error: { code: 'unknown-call' } });
    expect(await call('__proto__', {})).toMatchObject({ ok: false, error: { code: 'unknown-call' } });
    expect(await call('wanted.set', { serverId: '../x', on: 'yes' })).toMatchObject({
      ok: false,
      error: { code: 'invalid-argument' },
    });
    expect(await call('wanted.set', null)).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    // Past the bridge's own look at the name.
    const raw = await app.electron.evaluate(async ({ BrowserWindow, ipcMain }) => {
      const handlers = (
        ipcMain as unknown as { _invokeHandlers: Map<string, (...args: unknown[]) => Promise<unknown>> }
      )._invokeHandlers;
      const handler = handlers.get('mooring:call');
      const frame = BrowserWindow.getAllWindows()[0]?.webContents.mainFrame;
      const unknown = await handler?.({ senderFrame: frame }, 'no.such', {});
      const noText = await handler?.({ senderFrame: frame }, { toString: 1 }, {});
      const foreign = await handler?.(
        { senderFrame: { origin: 'https://evil.example', parent: null } },
        'snapshot.get',
        {},
      );
      const gone = await handler?.({ senderFrame: null }, 'snapshot.get', {});
      return [unknown, noText, foreign, gone];
    });
    expect(raw).toMatchObject([
      { ok: false, error: { code: 'unknown-call' } },
      { ok: false, error: { code: 'unknown-call' } },
      { ok: false, error: { code: 'not-allowed' } },
      { ok: false, error: { code: 'not-allowed' } },
    ]);
  });

  it('refuses a frame inside the window, and another window', async () => {
    const replies = await app.electron.evaluate(async ({ BrowserWindow }, preload) => {
      const other = new BrowserWindow({ show: false, webPreferences: { preload } });
      await other.loadURL('app://mooring/');
      const own: unknown = await other.webContents.executeJavaScript("window.mooring.call('snapshot.get', {})");
      await other.loadURL('data:text/html,<p>elsewhere</p>');
      const elsewhere: unknown = await other.webContents.executeJavaScript("window.mooring.call('snapshot.get', {})");
      other.destroy();
      return [own, elsewhere];
    }, resolve('out/preload/index.cjs'));
    expect(replies).toMatchObject([
      { ok: false, error: { code: 'not-allowed' } },
      { ok: false, error: { code: 'not-allowed' } },
    ]);
    const { entries } = await app.call('logs.get', {});
    expect(entries.map((each) => each.message)).toContain('Refused a call from app://mooring.');
  });

  it('stays where it is: no navigation, no new window, no frame, no remote content', async () => {
    const windows = async () => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
    const opened = await app.electron.evaluate(({ shell }) => {
      const list: string[] = [];
      (globalThis as unknown as { opened: string[] }).opened = list;
      shell.openExternal = (url: string) => {
        list.push(url);
        return Promise.resolve();
      };
      return list;
    });
    expect(opened).toEqual([]);
    await page.evaluate(() => {
      location.href = 'https://example.com/';
    });
    await page.evaluate(() => {
      for (const url of [
        'https://example.com/',
        'file:///etc/passwd',
        'javascript:alert(1)',
        'ssh://x@y',
        'http://user:pw@127.0.0.1/',
        'http://127.0.0.1.evil.example/',
        'http://127.0.0.1:5001/',
      ])
        window.open(url);
    });
    const seen = await waitFor('the one that may', () =>
      app.electron
        .evaluate(() => (globalThis as unknown as { opened: string[] }).opened)
        .then((list) => (list.length > 0 ? list : null)),
    );
    expect(seen).toEqual(['http://127.0.0.1:5001/']);
    expect(await windows()).toBe(1);
    expect(page.url()).toBe('app://mooring/');
    const blocked = await page.evaluate(async () => {
      const violations: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
      await fetch('https://example.com/').catch(() => undefined);
      const frame = document.createElement('iframe');
      frame.name = 'foreign';
      frame.src = 'https://example.com/';
      document.body.append(frame);
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      document.body.append(script);
      await new Promise((resolve) => setTimeout(resolve, 0));
      script.remove();
      return { violations, ran: 'ran' in globalThis };
    });
    expect(blocked.ran).toBe(false);
    expect(page.frames().filter((each) => each.url().includes('example.com'))).toEqual([]);
    expect(blocked.violations).toEqual(expect.arrayContaining(['connect-src', 'script-src-elem']));
  });

  it('lets the page’s own texts be saved, where a person says, and no other download begin', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'mooring-saved-')), 'plan.sh');
    onTestFinished(() => rm(dirname(path), { recursive: true }));
    // A dialog of the system can't be clicked from here: the path is set in its place, after our own listener.
    await app.electron.evaluate(({ session }, to) => {
      const seen: string[] = [];
      (globalThis as unknown as { downloads: string[] }).downloads = seen;
      session.defaultSession.on('will-download', (event, item) => {
        if (event.defaultPrevented) {
          seen.push(`refused ${item.getMimeType()}`);
          return;
        }
        item.setSavePath(to);
        item.once('done', (_done, state) => seen.push(`${state} ${item.getFilename()}`));
      });
    }, path);
    const save = (href: string, name: string) =>
      page.evaluate(
        ([to, as]) => {
          const link = document.createElement('a');
          link.href = to === 'script' || to === 'program' ? URL.createObjectURL(blobOf(to)) : to;
          link.download = as;
          link.click();
          if (link.href.startsWith('blob:')) URL.revokeObjectURL(link.href);
          function blobOf(kind: string): Blob {
            const type = kind === 'script' ? 'text/x-shellscript' : 'application/octet-stream';
            return new Blob(['#!/bin/sh\n'], { type });
          }
        },
        [href, name] as const,
      );
    const seen = (count: number) =>
      waitFor(`${String(count)} downloads`, () =>
        app.electron
          .evaluate(() => (globalThis as unknown as { downloads: string[] }).downloads)
          .then((list) => (list.length >= count ? list : null)),
      );
    await save('program', 'plan.exe');
    await seen(1);
    await save('data:text/plain,x', 'x.txt');
    await seen(2);
    await save('script', 'mlflow-postgres-main.sh');
    expect(await seen(3)).toEqual([
      'refused application/octet-stream',
      'refused text/plain',
      'completed mlflow-postgres-main.sh',
    ]);
    expect(await readFile(path, 'utf8')).toBe('#!/bin/sh\n');
  });

  it('denies every permission but writing to the clipboard', async () => {
    const states = await page.evaluate(async () => {
      const names = ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'midi'];
      const pairs = await Promise.all(
        names.map(async (name) => {
          const { state } = await navigator.permissions.query({ name: name as PermissionName });
          return [name, state] as const;
        }),
      );
      return Object.fromEntries(pairs);
    });
    expect(Object.values(states).filter((each) => each === 'granted')).toEqual([]);
    const write = await page.evaluate(() =>
      navigator.permissions.query({ name: 'clipboard-write' as PermissionName }).then(({ state }) => state),
    );
    expect(write).toBe('granted');
  });

  it('serves its own files and nothing beside them', async () => {
    const paths = [
      'index.html',
      '../main/mooring.js',
      '%2e%2e/main/mooring.js',
      '..%2fmain%2fmooring.js',
      'etc/passwd',
    ];
    const answers = await app.electron.evaluate(
      ({ session }, all) =>
        Promise.all(
          all.map(async (each) => {
            const answer = await session.defaultSession.fetch(`app://mooring/${each}`);
            return [answer.status, answer.headers.get('content-security-policy')] as const;
          }),
        ),
      paths,
    );
    expect(answers.map(([status]) => status)).toEqual([200, 404, 404, 404, 404]);
    const policy = answers[0]?.[1];
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("object-src 'none'");
  });
});
