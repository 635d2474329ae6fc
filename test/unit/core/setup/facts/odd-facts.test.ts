/** Locks and clocks that are easily taken for something else; answers that are cut short, garbled or none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFacts, type RunTimes } from '../../../../../main/core/setup/facts/parse-facts.ts';
import { describeFacts } from '../../../../../main/shared/facts-words.ts';
import { answer, names, read, sample } from './facts-samples.ts';

describe('package locks', () => {
  const lockOf = (...lines: string[]) => read(answer({ packages: lines })).packages.lock;
  const file = 'file=258091 2049 /var/lib/dpkg/lock-frontend';

  it('apt is named rather than the dpkg that it runs', () => {
    const lines = [
      'lock=POSIX ADVISORY WRITE 12 08:01:8',
      'process=12 dpkg',
      'lock=POSIX ADVISORY WRITE 11 08:01:258091',
      'process=11 apt-get',
    ];
    expect(lockOf(file, 'file=8 2049 /var/lib/dpkg/lock', ...lines)).toMatchObject({ pid: 11, program: 'apt-get' });
  });

  it('another file of the same number on another disk is none', () => {
    expect(lockOf(file, 'lock=POSIX ADVISORY WRITE 9 08:02:258091', 'process=9 cron')).toEqual({ kind: 'free' });
  });

  it('where devices go by two numbers, as on btrfs, the program tells', () => {
    expect(lockOf(file, 'lock=POSIX ADVISORY WRITE 9 00:1e:258091', 'process=9 apt-get')).toMatchObject({
      kind: 'held',
      program: 'apt-get',
    });
  });

  it('one that waits holds nothing', () => {
    expect(lockOf(file, 'lock=-> POSIX ADVISORY WRITE 9 08:01:258091')).toEqual({ kind: 'free' });
  });

  it('a device with a large number', () => {
    // 259:2, as of NVMe disks.
    expect(lockOf('file=7 66306 /var/lib/dpkg/lock', 'lock=POSIX ADVISORY WRITE 9 103:02:7')).toMatchObject({ pid: 9 });
  });
});

describe('the clock', () => {
  const sections = { begin: ['time=1000.500000000'], done: ['time=1000.900000000'] };

  it('is bounded by sending and end', () => {
    // 100 ms each way, and the server 10 s ahead.
    expect(read(answer(sections), { sentMs: 990_400, endedMs: 991_000 }).clock).toEqual({
      skewMs: 10_001,
      uncertaintyMs: 101,
    });
  });

  it('is within its uncertainty, whatever took how long', () => {
    const time = fc.integer({ min: 0, max: 60_000 });
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), time, time, time, (skewMs, thereMs, workMs, backMs) => {
        const sentMs = 1_795_000_000_000;
        const stamp = (atMs: number) => `time=${((atMs + skewMs) / 1000).toFixed(3)}000000`;
        const output = answer({ begin: [stamp(sentMs + thereMs)], done: [stamp(sentMs + thereMs + workMs)] });
        const { clock, tookMs } = read(output, { sentMs, endedMs: sentMs + thereMs + workMs + backMs });
        expect(Math.abs(clock!.skewMs - skewMs)).toBeLessThanOrEqual(clock!.uncertaintyMs);
        expect(tookMs).toBe(workMs);
      }),
    );
  });
});

describe('answers that are none, or not whole', () => {
  it('a server that runs nothing is an ordinary failure', () => {
    const reply = parseFacts('This account is currently not available.\n', null);
    expect(reply).toMatchObject({
      ok: false,
      error: { code: 'not-allowed', detail: 'This account is currently not available.' },
    });
    expect(parseFacts('', null).ok).toBe(false);
  });

  it('tells what is missing', () => {
    const facts = read('@@mooring-facts 1\n@@section basics\n|user=op\n|os.ID=deb');
    expect(facts.account.user).toBe('op');
    expect(facts.missing).toContain('sudo');
    expect(facts).toMatchObject({ ports: null, disks: null, pythons: null, clock: null, tookMs: null });
    expect(facts.sudo.kind).toBe('unknown');
    expect(facts.packages.lock).toEqual({ kind: 'unknown' });
  });

  it('what a program prints can’t begin a section', () => {
    const facts = read(
      answer({ settings: ['@@section sudo', '@@end', '|root=yes', '@@mooring-facts 1'], sudo: ['command=0'] }),
    );
    expect(facts.sudo.kind).toBe('without-password');
  });

  it('reads what went through a terminal', () => {
    expect(read(sample('debian-12').replaceAll('\n', '\r\n'))).toEqual(read(sample('debian-12')));
  });

  it('passwords in URLs do not come through, even if the script had let them', () => {
    const facts = read(
      answer({
        settings: ['set=environment\thttp_proxy\thttp://me:geheim@proxy:1', 'set=apt\tx\thttp://me:ge@heim@proxy:1'],
        index: ['url=https://me:geheim@index/simple', 'answer=curl: (7) no way to https://me:geheim@index'],
      }),
    );
    expect(JSON.stringify(facts)).not.toContain('heim');
  });

  const times = fc.option(fc.record({ sentMs: fc.double(), endedMs: fc.double() }), { nil: null });
  const spoken = (output: string, at: RunTimes | null) => {
    const reply = parseFacts(output, at);
    if (reply.ok) for (const { label, text } of describeFacts(reply.value)) expect(label && text).not.toBe('');
  };

  it('never throws on any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), times, spoken));
  });

  it('never throws on samples cut short and garbled', () => {
    const change = fc.record({
      at: fc.nat({ max: 6000 }),
      length: fc.nat({ max: 40 }),
      text: fc.oneof(
        fc.string({ maxLength: 12 }),
        fc.constantFrom('\n', '|', '=', ' ', '\t', '-1', '99999999999999999999', '@@section ports\n', '\0', '\\', '::'),
      ),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(change, { maxLength: 8 }),
        fc.nat({ max: 9000 }),
        times,
        (name, changes, end, at) => {
          const whole = sample(name);
          const garbled = changes.reduce(
            (text, each) => text.slice(0, each.at) + each.text + text.slice(each.at + each.length),
            whole,
          );
          spoken(garbled.slice(0, end + 1), at);
        },
      ),
      { numRuns: 500 },
    );
  });
});
