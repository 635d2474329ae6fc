import { describe, expect, it } from 'vitest';
import type { ForwardState } from '../../../main/shared/snapshot.ts';
import { describeFix, forwardEdits, type Fix } from '../../../main/shared/fixes.ts';
import { brokenLink, chain } from '../../../main/shared/chain.ts';
import { describeLatency, describeService, type ServiceView } from '../../../main/shared/services.ts';
import { foundMlflow, notMlflow, wrongPassword } from '../../support/service-views.ts';
import {
  connecting,
  forwardOf,
  idle,
  off,
  portTaken,
  rejected,
  targetFailed,
  up,
  waiting,
} from '../../support/snapshots.ts';

const links = (state: ForwardState, connection = up, service: ServiceView | null = null) =>
  chain(forwardOf(), { forwardId: 'f', state, traffic: idle, service }, connection);
const states = (...args: Parameters<typeof links>) => links(...args).map((each) => each.state);

describe('the chain', () => {
  const checked: ForwardState = { kind: 'up', checked: true };

  it.each([
    ['off', states({ kind: 'off' }, off), 'off off off off off off'],
    ['starting', states({ kind: 'starting' }), 'working unknown unknown unknown unknown unknown'],
    ['port taken', states(portTaken), 'failed unknown unknown unknown unknown unknown'],
    ['connecting', states({ kind: 'holding' }, connecting), 'ok working unknown unknown unknown unknown'],
    ['waiting to try again', states({ kind: 'holding' }, waiting), 'ok working unknown unknown unknown unknown'],
    ['login rejected', states({ kind: 'holding' }, rejected), 'ok failed unknown unknown unknown unknown'],
    ['target failed', states(targetFailed), 'ok ok failed unknown unknown unknown'],
    ['up, not tried yet', states({ kind: 'up', checked: false }), 'ok ok working unknown unknown unknown'],
    ['up, not asked yet', states(checked), 'ok ok ok unknown unknown unknown'],
    ['all well', states(checked, up, foundMlflow), 'ok ok ok ok ok ok'],
    ['another service', states(checked, up, notMlflow), 'ok ok ok failed unknown unknown'],
    ['a wrong password', states(checked, up, wrongPassword), 'ok ok ok ok failed ok'],
  ])('%s', (_name, found, expected) => {
    expect(found.join(' ')).toBe(expected);
  });

  it('says what mends the first link that is broken', () => {
    expect(brokenLink(links(portTaken))).toMatchObject({
      name: 'listening',
      fixes: [{ kind: 'use-port', port: 5002 }, { kind: 'retry' }],
    });
    expect(brokenLink(links(checked, up, wrongPassword))).toMatchObject({
      name: 'login',
      fixes: [{ kind: 'store-password' }, { kind: 'retry' }],
    });
    expect(brokenLink(links(checked, up, foundMlflow))).toBeNull();
  });
});

describe('fixes', () => {
  const api = forwardOf({ label: 'S3 API', service: 's3', localPort: 9000, port: 9001 });
  const console = forwardOf({ label: 'S3 console', service: 's3-console', localPort: 9001, port: 9000 });

  it('are edits of forwards where they can be', () => {
    const swap: Fix = { kind: 'swap-ports', withForwardId: console.id, withLabel: console.label };
    expect(
      forwardEdits(swap, api, [api, console]).map(({ forwardId, draft }) => [forwardId, draft.target.port]),
    ).toEqual([
      [api.id, 9000],
      [console.id, 9001],
    ]);
    expect(forwardEdits(swap, api, [api])).toEqual([]);
    const [lead] = forwardEdits({ kind: 'use-target-port', port: 9000 }, api, [api]);
    expect(lead?.draft).toMatchObject({ label: 'S3 API', bind: { port: 9000 }, target: { port: 9000 } });
    expect(lead?.draft).not.toHaveProperty('id');
    expect(forwardEdits({ kind: 'retry' }, api, [api])).toEqual([]);
  });

  it('have words of their own', () => {
    expect(describeFix({ kind: 'swap-ports', withForwardId: 'x', withLabel: 'S3 console' })).toBe(
      'Swap it with S3 console',
    );
    expect(describeFix({ kind: 'set-service', service: 's3-console' })).toBe('Take it for a store’s console');
  });
});

describe('words for what was found', () => {
  it('name product and time', () => {
    expect(describeService(null)).toBe('');
    expect(describeService(foundMlflow)).toBe('MLflow 3.17.2 · 14 ms');
    expect([null, 0.2, 999, 1_200].map(describeLatency)).toEqual(['', '1 ms', '999 ms', '1.2 s']);
  });
});
