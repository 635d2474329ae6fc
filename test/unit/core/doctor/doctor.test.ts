import { afterEach, expect, it } from 'vitest';
import { CoreDouble, labVm } from '../../../support/core-double.ts';
import { settle } from '../../../support/fake-clock.ts';

let double: CoreDouble;
afterEach(() => double.core.stop());

async function started(): Promise<string> {
  double = new CoreDouble();
  await double.core.start();
  const { serverId } = await double.call('servers.add', { draft: labVm });
  return serverId;
}
const view = () => {
  const { doctor } = double.core.snapshot();
  if (!doctor) throw new Error('no look');
  return doctor;
};

it('looks at this machine and one server, and shows what it finds', async () => {
  const serverId = await started();
  await double.call('doctor.start', { serverId });
  await settle();
  expect(view()).toMatchObject({ serverId, cancelled: false, stage: null });
  expect(view().endedMs).not.toBeNull();
  const ids = view().findings.map((each) => each.id);
  expect(ids).toContain('keychain');
  expect(view().findings.find((each) => each.id === `${serverId}/port`)).toMatchObject({ status: 'broken' });
});

it('looks at servers that are off only when asked for them', async () => {
  const serverId = await started();
  await double.call('doctor.start', {});
  await settle();
  expect(view().findings.some((each) => each.serverId === serverId)).toBe(false);
});

it('is one at a time, and can be stopped in the middle', async () => {
  const serverId = await started();
  double.reachGate.close();
  await double.call('doctor.start', { serverId });
  await settle();
  expect(view()).toMatchObject({ endedMs: null, stage: 'the way to lab-vm' });
  expect(await double.core.call('doctor.start', {})).toMatchObject({ ok: false, error: { code: 'conflict' } });
  await double.call('doctor.cancel', {});
  await settle();
  expect(view()).toMatchObject({ cancelled: true, stage: null });
  expect(view().findings.map((each) => each.id)).toContain('keychain');
  double.reachGate.open();
  await settle();
  expect(view().findings.some((each) => each.id === `${serverId}/port`)).toBe(false);
  expect(await double.core.call('doctor.cancel', {})).toMatchObject({ ok: false, error: { code: 'conflict' } });
});

it('asks for a server that there is, and a key file where one is used', async () => {
  const serverId = await started();
  expect(await double.core.call('doctor.start', { serverId: 'none' })).toMatchObject({ error: { code: 'not-found' } });
  expect(await double.core.call('doctor.tighten-key', { serverId })).toMatchObject({ ok: false });
});

it('tells why the connection is parked, whatever else is asked of the same server', async () => {
  double = new CoreDouble();
  const serverId = await double.bringUp();
  double.privateKeys.set('~/.ssh/lab', () => ({ kind: 'needs-passphrase' }));
  const installing = double.core.call('keys.install', { serverId, path: '~/.ssh/lab', useIt: false });
  await settle();
  expect(double.prompt('passphrase')).toMatchObject({ serverId });
  await double.lose('key-unreadable');
  const asked = double.core.snapshot().prompts.map((each) => each.kind);
  expect(asked).toEqual(['passphrase', 'confirm']);
  await double.call('doctor.start', { serverId });
  await settle();
  expect(view().findings.find((each) => each.id === `${serverId}/connection`)).toMatchObject({
    status: 'broken',
    seen: 'It failed: key-unreadable.',
  });
  await double.core.stop();
  await installing;
});
