import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transfersBetween } from '../../../main/core/quitting.ts';
import { CoreDouble } from '../../support/core-double.ts';
import { serverOf, snapshotOf } from '../../support/snapshots.ts';

let double: CoreDouble;
beforeEach(() => {
  double = new CoreDouble();
});
afterEach(() => double.core.stop());

const quit = () => double.call('app.quit', { careful: true });
const count = (bytesDown: number, clients = 1): void => {
  const { forwardId } = double.engine.last('listen');
  double.engine.emit({ kind: 'traffic', forwards: [{ forwardId, bytesDown, bytesUp: 0, clients, held: 0 }] });
};
const lookTwice = async (first: number, second: number): Promise<void> => {
  await quit();
  count(first);
  await double.clock.pass(200);
  count(second);
  await double.clock.pass(1_300);
};
const openPrompts = () => double.core.snapshot().prompts;

describe('quitting with care', () => {
  it('quits at once when nothing is connected', async () => {
    await double.startLabVm();
    await quit();
    expect(double.quits).toBe(1);
    expect(openPrompts().filter((each) => each.serverId === null)).toEqual([]);
  });

  it('quits after a short look when no program uses a tunnel', async () => {
    await double.bringUp();
    await quit();
    expect(double.quits).toBe(0);
    await double.clock.pass(200);
    expect(double.quits).toBe(1);
  });

  it('quits when no more than a few bytes pass, as of a page that polls', async () => {
    await double.bringUp();
    await lookTwice(500_000_000, 500_003_000);
    expect(double.quits).toBe(1);
    expect(openPrompts()).toEqual([]);
  });

  it('asks when data is passing, and stays or quits as told', async () => {
    await double.bringUp();
    await lookTwice(1_000, 2_001_000);
    expect(double.quits).toBe(0);
    const { id, serverId, message, destructive, confirmLabel } = double.prompt('confirm');
    expect({ serverId, destructive, confirmLabel }).toEqual({
      serverId: null,
      destructive: true,
      confirmLabel: 'Quit anyway',
    });
    expect(message).toContain('MLflow on lab-vm (2.0 MB)');
    expect(double.openedViews).toEqual([null]);
    await double.call('prompts.cancel', { promptId: id });
    expect({ quits: double.quits, prompts: openPrompts() }).toEqual({ quits: 0, prompts: [] });

    await lookTwice(2_001_000, 4_000_000);
    await double.call('prompts.answer', { promptId: double.prompt('confirm').id, answer: { kind: 'confirm' } });
    expect(double.quits).toBe(1);
  });

  it('asks one question however often it is told to quit, and shows it again', async () => {
    await double.bringUp();
    await quit();
    await lookTwice(0, 1_000_000);
    await lookTwice(1_000_000, 2_000_000);
    expect(double.prompt('confirm').title).toBe('Quit while data is passing?');
    expect(double.openedViews).toEqual([null, null]);
  });

  it('has the counters told only while it looks', async () => {
    await double.bringUp();
    const told = () => double.engine.last('report-traffic').on;
    await quit();
    expect(told()).toBe(true);
    await double.clock.pass(2_000);
    expect(told()).toBe(false);
  });

  it('leaves nothing behind when the core stops in the middle', async () => {
    await double.bringUp();
    await quit();
    await double.core.stop();
    await double.clock.pass(5_000);
    expect({ quits: double.quits, pending: double.clock.pending }).toEqual({ quits: 0, pending: 0 });
  });

  it('takes the question back when the core stops', async () => {
    await double.bringUp();
    await lookTwice(0, 1_000_000);
    await double.core.stop();
    expect({ quits: double.quits, prompts: openPrompts() }).toEqual({ quits: 0, prompts: [] });
  });

  it('quits without a look when no care is asked for', async () => {
    await double.bringUp();
    await double.call('app.quit', {});
    expect(double.quits).toBe(1);
  });
});

it('names the busiest tunnels first', () => {
  const at = (first: number, second: number) =>
    snapshotOf({
      servers: [
        serverOf({
          forwards: [first, second].map((bytesDown, index) => ({
            label: `Tunnel ${String(index)}`,
            traffic: { bytesDown, bytesUp: 5_000, clients: 1, held: 0 },
          })),
        }),
      ],
    });
  expect(transfersBetween(at(0, 0), at(30_000, 90_000))).toEqual([
    { serverName: 'lab-vm', label: 'Tunnel 1', bytes: 90_000 },
    { serverName: 'lab-vm', label: 'Tunnel 0', bytes: 30_000 },
  ]);
  expect(transfersBetween(at(0, 0), at(19_999, 0))).toEqual([]);
});
