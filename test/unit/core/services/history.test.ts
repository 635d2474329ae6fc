import { expect, it } from 'vitest';
import { History } from '../../../../main/core/services/history.ts';
import { State } from '../../../../main/core/state.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { serverOf, snapshotOf } from '../../../support/snapshots.ts';

function bench() {
  const clock = new FakeClock();
  const { revision: _revision, ...parts } = snapshotOf({ servers: [serverOf()] });
  const state = new State(parts, clock, () => undefined);
  const history = new History(state, clock);
  const pass = (bytesDown: number): void => {
    state.updateServer('s-lab-vm', (server) => ({
      ...server,
      forwards: server.forwards.map((each) =>
        each.forwardId === 'f-MLflow'
          ? { ...each, traffic: { ...each.traffic, bytesDown: each.traffic.bytesDown + bytesDown } }
          : each,
      ),
    }));
  };
  const downs = () => history.read('f-MLflow').samples.map((each) => each.bytesDown);
  return { clock, state, history, pass, downs };
}

it('counts what passed in each piece of time, and when it was probed', async () => {
  const { clock, history, pass, downs } = bench();
  history.setLooking(true);
  pass(100);
  await clock.pass(5_000);
  history.probed('f-MLflow', 14);
  await clock.pass(5_000);
  pass(7);
  await clock.pass(5_000);
  expect(downs()).toEqual([100, 0, 7]);
  expect(history.read('f-MLflow').samples.map((each) => each.probeMs)).toEqual([null, 14, null]);
});

it('has no timer while nobody looks, and puts what passed meanwhile into no piece of time', async () => {
  const { clock, history, pass, downs } = bench();
  history.setLooking(true);
  await clock.pass(5_000);
  history.setLooking(false);
  const pending = clock.pending;
  pass(1_000_000);
  await clock.pass(60_000);
  history.setLooking(true);
  expect(clock.pending).toBe(pending + 1);
  await clock.pass(5_000);
  expect(downs()).toEqual([0, 0]);
});

it('keeps ten minutes, and nothing of what is gone', async () => {
  const { clock, state, history, downs } = bench();
  history.setLooking(true);
  await clock.pass(3_600_000);
  expect(downs()).toHaveLength(120);
  state.update((now) => ({ ...now, servers: [] }));
  await clock.pass(5_000);
  expect(downs()).toEqual([]);
});
