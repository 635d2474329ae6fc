import { expect, it } from 'vitest';
import { knownPassword } from '../../../main/shared/setup/password-words.ts';
import { failure } from '../../../main/shared/failure.ts';
import type { KeychainView } from '../../../main/shared/snapshot.ts';
import { installedOf } from '../../support/setup-snapshots.ts';

const ready: KeychainView = { kind: 'ready', name: 'GNOME Keyring' };
const none = failure('keychain-failed', 'It does not answer.');
const locked: KeychainView = { kind: 'locked', name: 'GNOME Keyring', failure: none };
const absent: KeychainView = { kind: 'absent', failure: none };
const kept = installedOf({ adminUser: 'ada', secrets: ['mlflow.admin-password'] });

it.each([
  ['of nobody', { ...kept, adminUser: null }, ready, { kind: 'none' }],
  ['that is not here', { ...kept, secrets: [] }, locked, { kind: 'unknown', user: 'ada' }],
  ['in the keychain', kept, ready, { kind: 'for-good', user: 'ada' }],
  [
    'with a locked keychain',
    kept,
    locked,
    {
      kind: 'until-quit',
      words: 'GNOME Keyring is locked: the password of ada is kept only until Mooring quits. Note it now.',
    },
  ],
  [
    'without a keychain',
    kept,
    absent,
    {
      kind: 'until-quit',
      words: 'There is no keychain here: the password of ada is kept only until Mooring quits. Note it now.',
    },
  ],
] as const)('knows of a password %s how long it is known', (_, stack, keychain, known) => {
  expect(knownPassword(stack, keychain)).toEqual(known);
});
