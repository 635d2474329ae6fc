/** The keychain in words. */
import type { KeychainView } from './snapshot.ts';

/** `Keychain: GNOME Keyring`. */
export function describeKeychain(keychain: KeychainView): string {
  switch (keychain.kind) {
    case 'unknown':
      return 'Keychain: not looked at yet';
    case 'ready':
      return `Keychain: ${keychain.name}`;
    case 'locked':
      return `Keychain locked: ${keychain.name}`;
    case 'absent':
      return 'No keychain';
    default:
      return keychain satisfies never;
  }
}

/** Where a secret goes that is to be remembered. */
export function describeRemember(keychain: KeychainView): string {
  switch (keychain.kind) {
    case 'unknown':
      return 'Kept in the keychain';
    case 'ready':
      return `Kept in ${keychain.name}`;
    case 'locked':
      return `${keychain.name} is locked. Kept until Mooring quits`;
    case 'absent':
      return 'Kept until Mooring quits';
    default:
      return keychain satisfies never;
  }
}
