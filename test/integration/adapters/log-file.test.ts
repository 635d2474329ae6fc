import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogFile } from '../../../main/adapters/log-file.ts';
import type { LogEntry } from '../../../main/shared/log.ts';
import { withSmallDisk } from '../../support/small-disk.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mooring-log-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const entry = (seq: number, message = `line ${String(seq)}`): LogEntry => ({
  seq,
  timeMs: 1_800_000_000_000 + seq,
  level: 'info',
  serverId: seq % 2 === 0 ? 'lab' : null,
  message,
});
const read = (at = dir, name = 'mooring.log') => readFileSync(join(at, 'logs', name), 'utf8');
const lines = (text: string) =>
  text
    .split('\n')
    .filter((each) => each !== '')
    .map((each) => JSON.parse(each) as Record<string, unknown>);

test('one JSON object a line, flushed at close, for our eyes only', async () => {
  const log = createLogFile({ dataDir: dir });
  log.write(entry(1, 'two\nlines and "quotes"'));
  log.write(entry(2));
  await log.close();
  log.write(entry(3));
  await log.close();
  expect(lines(read())).toEqual([
    { time: '2027-01-15T08:00:00.001Z', seq: 1, level: 'info', serverId: null, message: 'two\nlines and "quotes"' },
    { time: '2027-01-15T08:00:00.002Z', seq: 2, level: 'info', serverId: 'lab', message: 'line 2' },
  ]);
  if (process.platform !== 'win32') {
    expect(statSync(join(dir, 'logs', 'mooring.log')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'logs')).mode & 0o777).toBe(0o700);
  }
});

test('a second run appends', async () => {
  for (const seq of [1, 2]) {
    const log = createLogFile({ dataDir: dir });
    log.write(entry(seq));
    await log.close();
  }
  expect(lines(read())).toHaveLength(2);
});

test('no more than five files, each of limited size, nothing lost between them', async () => {
  const log = createLogFile({ dataDir: dir, maxBytes: 2_000 });
  for (let seq = 0; seq < 200; seq += 1) log.write(entry(seq));
  await log.close();
  const names = readdirSync(join(dir, 'logs')).sort();
  expect(names).toEqual(['mooring.log', 'mooring.log.1', 'mooring.log.2', 'mooring.log.3', 'mooring.log.4']);
  for (const name of names) expect(statSync(join(dir, 'logs', name)).size).toBeLessThan(2_300);
  const seqs = names.reverse().flatMap((name) => lines(read(dir, name)).map((each) => Number(each['seq'])));
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, at) => 200 - seqs.length + at));
});

test('a very long message and a broken time do no harm', async () => {
  const log = createLogFile({ dataDir: dir });
  log.write({ ...entry(1), message: 'x'.repeat(1_000_000), timeMs: Number.NaN });
  await log.close();
  expect(read().length).toBeLessThan(10_000);
});

test('a folder that can not be made: nothing throws, and later it goes on', async () => {
  writeFileSync(join(dir, 'logs'), 'in the way');
  let nowMs = 0;
  const log = createLogFile({ dataDir: dir, retryMs: 1_000, nowMs: () => nowMs });
  log.write(entry(1));
  log.write(entry(2));
  rmSync(join(dir, 'logs'));
  log.write(entry(3));
  nowMs = 1_000;
  log.write(entry(4));
  await log.close();
  expect(lines(read()).map((each) => each['message'])).toEqual(['3 log lines could not be written', 'line 4']);
});

test('a folder in place of the file: nothing throws', async () => {
  mkdirSync(join(dir, 'logs', 'mooring.log'), { recursive: true });
  const log = createLogFile({ dataDir: dir });
  log.write(entry(1));
  await log.close();
});

test('a full disk does no harm, and the log goes on when there is room again', async (context) => {
  const reason = await withSmallDisk(64, async (diskDir) => {
    let nowMs = 0;
    const log = createLogFile({ dataDir: diskDir, retryMs: 1_000, nowMs: () => nowMs });
    log.write(entry(1));
    await log.close();
    writeFileSync(join(diskDir, 'filler'), Buffer.alloc(56_000));
    const full = createLogFile({ dataDir: diskDir, retryMs: 1_000, nowMs: () => nowMs });
    for (let seq = 2; seq < 20; seq += 1) full.write(entry(seq, 'x'.repeat(4_000)));
    await full.close();
    rmSync(join(diskDir, 'filler'));
    nowMs = 1_000;
    const later = createLogFile({ dataDir: diskDir, retryMs: 1_000, nowMs: () => nowMs });
    later.write(entry(99));
    await later.close();
    expect(read(diskDir)).toContain('"seq":1,');
    expect(read(diskDir)).toContain('"seq":99,');
  });
  if (reason !== null) context.skip(reason);
});
