/** What `status` says of a tunnel that works, but for something; and how lists say when something was. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { dayAndTime } from '../../../main/headless/terminal/day-and-time.ts';
import { statusLines } from '../../../main/headless/terminal/state-lines.ts';
import { createTerminal } from '../../../main/headless/terminal/terminal.ts';
import { nameRefused } from '../../support/service-views.ts';
import { nowMs, serverOf, snapshotOf } from '../../support/snapshots.ts';

const terminal = createTerminal(
  { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() },
  { NO_COLOR: '1' },
);

describe('a tunnel whose name in the hosts file is refused', () => {
  const lines = (() => {
    const snapshot = snapshotOf({ servers: [serverOf({ forwards: [{ found: nameRefused }] })] });
    return statusLines(terminal, snapshot, snapshot.servers, nowMs).join('\n');
  })();

  it('is up, and is counted so', () => {
    expect(lines).toContain('1 of 1 tunnel up');
    expect(lines).not.toContain('✕');
  });

  it('says why, and what mends it', () => {
    expect(lines).toContain('healthy !');
    expect(lines).toContain('MLflow answers 403 to the name mlflow-server.local.');
    expect(lines).toContain('Its --allowed-hosts must have mlflow-server.local');
    expect(lines).toContain('mooring forward edit lab-vm/MLflow --send-as 127.0.0.1:5001');
  });
});

it('a time is told by day and minute, in the time of this computer', () => {
  expect(dayAndTime(new Date(2026, 0, 2, 3, 4, 59).getTime())).toBe('2026-01-02 03:04');
  expect(dayAndTime(new Date(2026, 10, 21, 22, 7).getTime())).toBe('2026-11-21 22:07');
});
