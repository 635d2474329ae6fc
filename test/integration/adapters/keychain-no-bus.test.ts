// A file of its own: libdbus keeps the first answer about the bus for as long as the process lives.
import { expect, test } from 'vitest';
import { createKeychain } from '../../../main/adapters/keychain.ts';

test.skipIf(process.platform !== 'linux')('no session bus: absent, in words for a person', async () => {
  delete process.env['DBUS_SESSION_BUS_ADDRESS'];
  const keychain = createKeychain({ env: {}, timeoutMs: 10_000 });
  expect(await keychain.probe()).toMatchObject({ kind: 'absent', failure: { message: /no desktop session/ } });
  const reply = await keychain.set('a', 'my-very-secret');
  expect(reply).toMatchObject({ ok: false, error: { code: 'keychain-failed' } });
  expect(JSON.stringify(reply)).not.toContain('my-very-secret');
});
