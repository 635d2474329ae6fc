import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createReports } from '../../../main/adapters/reports.ts';
import { withSmallDisk } from '../../support/small-disk.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mooring-reports-'));
});
afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

const nowMs = () => new Date(2026, 4, 2, 9, 5, 7).getTime();
const reports = (more = {}) => createReports({ dataDir, hostFacts: [['Electron', '45.0.0']], nowMs, env: {}, ...more });

test('saves each report into a file of its own, for our eyes only', async () => {
  const { save } = reports();
  const first = join(dataDir, 'reports', 'mooring-report-20260502-090507.txt');
  const second = join(dataDir, 'reports', 'mooring-report-20260502-090507-2.txt');
  expect(await save('one\n')).toEqual({ ok: true, value: { path: first } });
  expect(await save('two é')).toEqual({ ok: true, value: { path: second } });
  expect([first, second].map((each) => readFileSync(each, 'utf8'))).toEqual(['one\n', 'two é']);
  if (process.platform !== 'win32') {
    expect(statSync(first).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'reports')).mode & 0o777).toBe(0o700);
  }
});

test('says why a report could not be saved', async () => {
  writeFileSync(join(dataDir, 'reports'), 'a file in the way');
  const reply = await reports().save('text');
  expect(reply).toMatchObject({ ok: false, error: { code: 'storage-failed', hint: 'Copy its text instead.' } });
  expect(!reply.ok && reply.error.message).toMatch(/^The report could not be saved: .+\.$/);
});

test('leaves no half report behind when the disk is full', async (context) => {
  const reason = await withSmallDisk(64, async (diskDir) => {
    const reply = await reports({ dataDir: diskDir }).save('x'.repeat(200_000));
    expect(reply).toMatchObject({ ok: false, error: { message: 'The report could not be saved: the disk is full.' } });
    expect(readdirSync(join(diskDir, 'reports'))).toEqual([]);
  });
  if (reason !== null) context.skip(reason);
});

test('tells the system, the versions and the package, and not whose they are', async () => {
  const adapter = reports();
  const facts = await adapter.facts();
  const names = facts.map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining(['System', 'Architecture', 'Node', 'Locale', 'Package', 'Electron']));
  expect(Object.fromEntries(facts)).toMatchObject({ Node: process.versions.node, Package: 'none, plain Node' });
  for (const [, value] of facts) expect(value).not.toBe('');
  // A machine’s name may be as short as that of its system; this one’s is long enough to be told apart.
  if (hostname().length > 6) expect(facts.flat().join('\n')).not.toContain(hostname());
});

test('tells desktop and session on Linux, and what package it came in', async () => {
  const env = { XDG_CURRENT_DESKTOP: 'GNOME', XDG_SESSION_TYPE: 'wayland', APPIMAGE: '/x/Mooring.AppImage' };
  const facts = Object.fromEntries(await reports({ env, platform: 'linux' }).facts());
  expect(facts).toMatchObject({ Desktop: 'GNOME', Session: 'wayland', Package: 'AppImage' });
  const elsewhere = await reports({ env, platform: 'darwin' }).facts();
  expect(elsewhere.map(([name]) => name)).not.toContain('Desktop');
});

test('names what must not be seen', () => {
  const personal = reports({ env: { USER: 'grace', COMPUTERNAME: 'HOPPER.navy.mil' } }).personal();
  expect(personal).toEqual(
    expect.arrayContaining([homedir(), userInfo().username, hostname(), 'grace', 'HOPPER.navy.mil', 'HOPPER']),
  );
  expect(new Set(personal).size).toBe(personal.length);
  expect(personal).not.toContain('');
});
