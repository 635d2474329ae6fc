import { describe, expect, it } from 'vitest';
import { failure, failureLine, failureText } from '../../../main/shared/failure.ts';
import { forwardUrl, isLoopback, serviceForPort } from '../../../main/shared/forward.ts';
import type { ConnectionState } from '../../../main/shared/snapshot.ts';
import {
  describeAll,
  describeBytes,
  describeConnection,
  describeDuration,
  describeServer,
  describeTraffic,
  describeForward,
  forwardLight,
  serverLight,
  worstLight,
} from '../../../main/shared/words.ts';
import { foundStore, notMlflow } from '../../support/service-views.ts';
import { runOf } from '../../support/setup-snapshots.ts';
import { idle, off, serverOf, snapshotOf, targetFailed, up } from '../../support/snapshots.ts';

const nowMs = Date.UTC(2026, 0, 5);

describe('words', () => {
  it.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [3 * 3600_000 + 12 * 60_000, '3 h 12 min'],
    [2 * 3600_000, '2 h'],
    [26 * 3600_000, '1 d 2 h'],
    [-5, '0 s'],
  ])('say %i ms as %s', (durationMs, words) => {
    expect(describeDuration(durationMs)).toBe(words);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [86_300_000, '86.3 MB'],
    [999_960, '1.0 MB'],
    [1.2e9, '1.2 GB'],
    [5e15, '5000 TB'],
  ])('say %i bytes as %s', (bytes, words) => {
    expect(describeBytes(bytes)).toBe(words);
  });

  it('say nothing of traffic that there is none of', () => {
    expect(describeTraffic(idle)).toBe('');
  });

  it('count down to the next try', () => {
    const waiting: ConnectionState = {
      kind: 'waiting',
      sinceMs: nowMs,
      retryAtMs: nowMs + 4000,
      attempt: 3,
      failure: failure('unreachable', 'No route to host.'),
    };
    expect(describeConnection(waiting, nowMs)).toBe('Next try in 4 s · No route to host');
    expect(describeConnection(waiting, nowMs + 4000)).toBe('Trying again · No route to host');
  });

  it('make sentences of failures', () => {
    expect(failureText(failure('refused', 'It refused', { hint: 'Try later.' }))).toBe('It refused. Try later.');
    expect(failureLine(failure('refused', 'It refused.'))).toBe('It refused');
  });

  it('sum up a server and all servers', () => {
    const one = serverOf({ connection: up });
    expect(describeServer(one, nowMs)).toBe('3 of 3 tunnels up');
    expect(describeAll(snapshotOf({ servers: [] }))).toBe('No servers yet');
    expect(describeAll(snapshotOf({ servers: [one] }))).toBe('1 of 1 server up');
  });
});

describe('lights', () => {
  it('show the worst, and a failing tunnel of a server that is up', () => {
    expect(worstLight([])).toBe('off');
    expect(worstLight(['up', 'working', 'off'])).toBe('working');
    expect(worstLight(['failed', 'needs-you', 'up'])).toBe('needs-you');
    const server = serverOf({ connection: up });
    const broken = { ...server, forwards: server.forwards.map((each) => ({ ...each, state: targetFailed })) };
    expect(serverLight(server)).toBe('up');
    expect(serverLight(broken)).toBe('failed');
    expect(serverLight({ ...broken, connection: off })).toBe('off');
  });

  it('show a tunnel to something broken as broken', () => {
    const found = serverOf({
      forwards: [
        { label: 'MLflow', found: notMlflow },
        { label: 'S3 API', found: foundStore },
      ],
    });
    expect(serverLight(found)).toBe('failed');
    expect(describeServer(found, nowMs)).toBe('1 of 2 tunnels up');
    expect(describeAll(snapshotOf({ servers: [found] }))).toBe('1 of 1 server up · 1 tunnel broken');
    expect(forwardLight({ kind: 'holding' }, 'connecting', notMlflow)).toBe('working');
    expect(describeForward({ kind: 'up', checked: true }, 'up', notMlflow)).toContain('default page of nginx');
  });

  it('show a run that waits for an answer, while it can be given', () => {
    const asking = serverOf({ connection: up, run: runOf({ kind: 'needs-you', promptId: 'p-sudo' }) });
    expect(serverLight(asking)).toBe('needs-you');
    expect(describeServer(asking, nowMs)).toBe('Setup needs you');
    expect(describeAll(snapshotOf({ servers: [asking] }))).toBe('1 of 1 server up · lab-vm needs you');
    expect(serverLight({ ...asking, connection: off })).toBe('off');
    expect(serverLight(serverOf({ connection: up, run: runOf({ kind: 'running' }) }))).toBe('up');
  });
});

describe('forwards', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.256', false],
    ['127.0.0.01', false],
    ['128.0.0.1', false],
    ['localhost', false],
    ['127.0.0.1.example.org', false],
  ])('%s is loopback: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });

  it('know services by their ports, and which a browser opens', () => {
    expect(serviceForPort(9000)).toEqual({ label: 'S3 API', service: 's3' });
    expect(serviceForPort(9001)).toEqual({ label: 'S3 console', service: 's3-console' });
    expect(serviceForPort(4242)).toEqual({ label: 'Port 4242', service: 'tcp' });
    const bind = { address: '::1', port: 5001, alsoIpv6: false };
    const target = { host: 'localhost', port: 5000 };
    expect(forwardUrl({ label: 'x', service: 'mlflow', bind, target })).toBe('http://[::1]:5001/');
    expect(forwardUrl({ label: 'x', service: 'postgres', bind, target })).toBeNull();
  });
});
