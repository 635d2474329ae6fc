import { expect, it } from 'vitest';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import { full } from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';

/** One frame at 60 Hz. */
const frameMs = 16;
const rounds = 40;

/** As the core sends it while data flows: everything anew, with other counters on one tunnel of each server. */
function withTraffic(snapshot: Snapshot, round: number): Snapshot {
  const servers = snapshot.servers.map((server) => ({
    ...server,
    forwards: server.forwards.map((each, index) =>
      index === round % 12 ? { ...each, traffic: { ...each.traffic, bytesDown: 1000 * round } } : each,
    ),
  }));
  return { ...snapshot, servers };
}

describeWindow('the window’s speed', (open) => {
  it(`draws a snapshot of 30 servers with 12 tunnels each within ${String(frameMs)} ms`, async () => {
    const { page, server } = await open(full(), { realClock: true });
    // From the arrival of the message until React has drawn: its work is done in microtasks, before the next task.
    await page.evaluate(() => {
      const times: number[] = [];
      Object.assign(window, { drawTimesMs: times });
      const parse = JSON.parse.bind(JSON);
      JSON.parse = (...args: Parameters<typeof JSON.parse>): unknown => {
        const startMs = performance.now();
        const channel = new MessageChannel();
        channel.port1.onmessage = () => times.push(performance.now() - startMs);
        channel.port2.postMessage(null);
        return parse(...args) as unknown;
      };
    });
    const drawTimes = () => page.evaluate(() => (window as unknown as { drawTimesMs: number[] }).drawTimesMs);
    for (let round = 1; round <= rounds; round += 1) {
      server.show(withTraffic(full(), round));
      await expect.poll(async () => (await drawTimes()).length, { interval: 5 }).toBe(round);
    }
    const times = (await drawTimes()).sort((a, b) => a - b);
    const medianMs = times[rounds / 2] ?? Infinity;
    console.log(`snapshot drawn in ${medianMs.toFixed(1)} ms (median of ${String(rounds)})`);
    expect(medianMs).toBeLessThan(frameMs);
  });
});
