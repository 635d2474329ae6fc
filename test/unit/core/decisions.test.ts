/** The pure decisions: which key to trust, how long to wait, what on and off mean. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KnownHostLine } from '../../../main/core/ports.ts';
import { judgeHostKey } from '../../../main/core/servers/host-keys.ts';
import { wishForward, wishServer } from '../../../main/core/servers/wishes.ts';
import { networkDelayMs } from '../../../main/core/tunnels/backoff.ts';
import type { ServerProfile } from '../../../main/shared/server.ts';
import { labVm, otherKey, presentedKey } from '../../support/core-double.ts';

const line = (key: typeof presentedKey, marker: KnownHostLine['marker'] = 'none'): KnownHostLine => ({
  ...key,
  marker,
  storedIn: '~/.ssh/known_hosts:1',
});
const pin = (key: typeof presentedKey) => ({ ...key, host: 'lab', port: 22, firstSeenMs: 1 });
const rsa = { keyType: 'ssh-rsa', key: 'AAAARSA', fingerprint: `SHA256:${'r'.repeat(43)}` };

describe('a host key', () => {
  it.each([
    ['nobody knows it', [], [], 'unknown'],
    ['it is pinned', [pin(presentedKey)], [], 'trusted'],
    ['known_hosts has it', [], [line(presentedKey)], 'trusted'],
    ['another is pinned', [pin(otherKey)], [], 'changed'],
    ['known_hosts has another', [], [line(otherKey)], 'changed'],
    ['another is pinned, but known_hosts was brought up to date', [pin(otherKey)], [line(presentedKey)], 'trusted'],
    ['it is pinned, known_hosts is out of date', [pin(presentedKey)], [line(otherKey)], 'trusted'],
    ['only one of another type is known', [pin(rsa)], [], 'changed'],
    ['one of several types is it', [], [line(rsa), line(presentedKey)], 'trusted'],
    ['it is revoked', [], [line(presentedKey, 'revoked')], 'revoked'],
    ['it is revoked, though pinned', [pin(presentedKey)], [line(presentedKey, 'revoked')], 'revoked'],
    ['another is revoked', [], [line(otherKey, 'revoked')], 'unknown'],
    ['an authority is known, which can’t be asked', [], [line(otherKey, 'cert-authority')], 'unknown'],
  ] as const)('when %s', (_when, pins, lines, verdict) => {
    expect(judgeHostKey(presentedKey, pins, lines).kind).toBe(verdict);
  });
});

describe('the pause before the next try', () => {
  it('stays between a tenth of a second and the longest pause, and doubles at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1000, max: 300_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, maxMs, fraction) => {
          const delayMs = networkDelayMs(failures, maxMs, fraction);
          expect(delayMs).toBeGreaterThanOrEqual(100);
          expect(delayMs).toBeLessThanOrEqual(maxMs);
          if (failures < 20) expect(delayMs).toBeLessThanOrEqual(Math.max(100, 500 * 2 ** (failures - 1)));
        },
      ),
    );
  });
});

describe('on and off', () => {
  const server = (wanted: boolean, ...forwards: boolean[]): ServerProfile => ({
    ...labVm,
    id: 's',
    wanted,
    demo: false,
    remembered: [],
    stacks: [],
    openRunId: null,
    hosts: { on: false, names: [] },
    forwards: forwards.map((each, index) => ({ ...labVm.forwards[0]!, id: String(index), wanted: each })),
  });
  const wishes = ({ wanted, forwards }: ServerProfile) => [wanted, ...forwards.map((each) => each.wanted)];

  it.each([
    ['on brings up what was on', wishServer(server(false, true, false), true), [true, true, false]],
    ['on brings up all when none was on', wishServer(server(false, false, false), true), [true, true, true]],
    ['off remembers what was on', wishServer(server(true, true, false), false), [false, true, false]],
    [
      'one tunnel on, of a server that is off, is alone',
      wishForward(server(false, true, true), '1', true),
      [true, false, true],
    ],
    [
      'one tunnel on, of a server that is on, joins',
      wishForward(server(true, true, false), '1', true),
      [true, true, true],
    ],
    ['one tunnel off leaves the server on', wishForward(server(true, true, false), '0', false), [true, false, false]],
    [
      'one tunnel off, of a server that is off, wakes nothing',
      wishForward(server(false, true, true), '0', false),
      [false, false, true],
    ],
  ])('%s', (_what, result, expected) => {
    expect(wishes(result)).toEqual(expected);
  });
});
