import { afterEach, expect, it } from 'vitest';
import { maxReportLength } from '../../../main/core/report.ts';
import { createRedactor } from '../../../main/core/redact.ts';
import { knownOf, reportText } from '../../../main/core/report-text.ts';
import { failure } from '../../../main/shared/failure.ts';
import { CoreDouble, labVm } from '../../support/core-double.ts';
import {
  full,
  logEntries,
  needsYou,
  nowMs,
  portTaken,
  promptBodies,
  rejected,
  scenes,
  serverOf,
  snapshotOf,
} from '../../support/snapshots.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import type { LogEntry } from '../../../main/shared/log.ts';

let double: CoreDouble | null = null;
afterEach(() => double?.core.stop());

const personal = ['/home/ada', 'ada', 'countess'];
function textOf(snapshot: Snapshot, entries: readonly LogEntry[] = [], maxLength = 480_000): string {
  const redactor = createRedactor(
    knownOf(
      snapshot.servers.map((each) => each.profile),
      snapshot.dataDir,
      personal,
    ),
  );
  return reportText({ snapshot, facts: [['System', 'Test 1']], entries, nowMs, redactor, maxLength });
}

it('asks first, then tells facts, settings, states and log, without a name', () => {
  const key = { kind: 'key', path: '~/.ssh/thesis' } as const;
  const first = serverOf({
    connection: rejected,
    login: key,
    secrets: [{ kind: 'passphrase', keptIn: 'keychain' }],
    forwards: [{}, { label: 'Thesis data', service: 'tcp', localPort: 7000, port: 7000, state: portTaken }],
  });
  const snapshot = snapshotOf({
    servers: [first, serverOf({ name: 'thesis-box', address: 'box.example.org', user: 'ada' })],
    prompts: needsYou(promptBodies.password).prompts,
    notices: scenes['offline with notices']().notices,
  });
  const text = textOf(snapshot, [
    ...logEntries,
    { ...logEntries[0]!, message: 'No route to old.example.org; key /home/ada/.ssh/thesis' },
    { ...logEntries[0]!, message: 'The server says: Welcome to the thesis lab' },
    { ...logEntries[0]!, serverId: 's-gone', message: 'old-name: listening' },
  ]);
  expect(text.indexOf('What did you do?')).toBeLessThan(100);
  for (const part of [
    '- Mooring: 0.1.0',
    '- System: Test 1',
    '- holdSeconds: 10',
    '- Keychain: ready (GNOME Keyring)',
    '- Network: online',
    '- Desktop: none, plain Node',
    '## Server server-1\n\n- user-1@host-1, IPv4, port 22, login: key key-1',
    '- Wanted: yes. Secrets kept: passphrase in the keychain',
    '- Connection: failed for 10 min: login-rejected: server-1 did not accept the login.',
    '- Tunnel MLflow (mlflow) 127.0.0.1:5001 → 127.0.0.1:5000, turned on, holding',
    '- Tunnel tunnel-1 (tcp) 127.0.0.1:7000 → 127.0.0.1:7000, turned on, port-taken: port-taken: Port 5001 is held',
    '## Server server-2\n\n- user-2@host-2, by name, port 22',
    '- password, asked by server-1, open for 5 s',
    '- storage-failed: The saved servers were damaged',
    'info server-1: Connecting to host-1:22 as user-1',
    'server-1: Logged in with ~/.ssh/id_ed25519',
    'key key-1',
    'The server says: (left out)',
    'info removed server: (left out)',
  ]) {
    expect(text).toContain(part);
  }
  expect(text).not.toMatch(/lab-vm|thesis|128\.214|ada|countess|old-name|example\.org|\/home/i);
});

it('leaves the demo as it is: it is the same for everyone', () => {
  const text = textOf(scenes.demo(), [
    { ...logEntries[0]!, serverId: 's-Demo', message: 'Connected to Mooring-demo.' },
  ]);
  expect(text).toContain('## Server demo\n\n- demo@127.0.0.1, this machine, port 50022');
  expect(text).toContain('Tunnel MLflow (demo) (mlflow)');
  expect(text).toContain('info demo: Connected to Mooring-demo.');
});

it('tells how the desktop is', () => {
  const text = textOf(
    snapshotOf({
      desktop: {
        loginItem: { kind: 'on', hidden: true },
        tray: { kind: 'absent', failure: failure('not-allowed', 'No tray of countess.') },
        updates: { kind: 'downloading', version: '1.2.3', percent: 40 },
      },
    }),
  );
  expect(text).toContain('- Start at login: on, hidden true\n- Tray: absent: not-allowed: No tray of personal-2.');
  expect(text).toContain('- Updates: downloading, version 1.2.3, percent 40');
});

it('keeps to its length: the oldest lines of the log go first, then what is too much of the rest', () => {
  const entries = Array.from({ length: 300 }, (_, index) => ({
    ...logEntries[0]!,
    serverId: null,
    message: `${String(index)} ${'long '.repeat(400)}`,
  }));
  const whole = textOf(full(), entries);
  expect(whole.length).toBeLessThan(480_000);
  expect(whole).toContain(': 0 long');
  const short = textOf(full(), entries, whole.length - 5_000);
  expect(short.length).toBeLessThanOrEqual(whole.length - 5_000);
  expect(short).not.toContain(': 0 long');
  expect(short).toContain(': 299 long');
  const tiny = textOf(full(), entries, 2_000);
  expect(tiny.length).toBeLessThanOrEqual(2_000);
  expect(tiny).toContain('What did you do?');
});

it('is made by the core and saved as it was edited', async () => {
  double = new CoreDouble();
  await double.bringUp({ ...labVm, name: 'thesis' });
  const { text } = await double.call('report.make', {});
  expect(text).toContain('- System: test');
  expect(text).toContain('up for 0 s, OpenSSH_9.2');
  expect(text).toContain('server-1: Connected to OpenSSH_9.2 (aes128-gcm@openssh.com).');
  expect(text).not.toMatch(/thesis|192\.0\.2|ubuntu/);
  expect(text.length).toBeLessThan(maxReportLength);
  const edited = `${text}\nI pulled the plug.`;
  expect(await double.call('report.save', { text: edited })).toEqual({ path: '/data/reports/report.txt' });
  expect(double.savedReports).toEqual([edited]);
});

it('does not give away what a server was called before, or one that is gone', async () => {
  double = new CoreDouble();
  await double.core.start();
  const { serverId } = await double.call('servers.add', { draft: { ...labVm, name: 'thesisbox', user: 'countess' } });
  const gone = await double.call('servers.add', { draft: { ...labVm, name: 'oldvm', forwards: [] } });
  double.core.note('Seen: thesisbox, oldvm and countess.');
  const { forwards: _none, ...own } = { ...labVm, name: 'renamed', user: 'ubuntu' };
  await double.call('servers.edit', { serverId, draft: own });
  await double.call('servers.remove', { serverId: gone.serverId });
  const { text } = await double.call('report.make', {});
  expect(text).toContain('Seen: server-');
  for (const name of ['thesisbox', 'oldvm', 'countess', 'renamed']) expect(text).not.toContain(name);
});
