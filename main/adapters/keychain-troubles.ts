/** What a keychain's error means. Every error of @napi-rs/keyring has the same code, so its text has to tell. */
import { failure, type Failure } from '../shared/failure.ts';
import { errorCode, errorText } from './system-errors.ts';

export interface KeychainTrouble {
  /**
   * `locked`: a person can open it. `absent`: there is none, or none that can keep anything. `no-answer`: it is there
   * and hangs. `other`: this one call failed.
   */
  readonly sort: 'locked' | 'absent' | 'no-answer' | 'other';
  readonly failure: Failure;
}

const keptForThisRun = 'Until then passwords are kept only until Mooring stops.';

interface Rule {
  readonly sort: KeychainTrouble['sort'];
  readonly pattern: RegExp;
  readonly message: string;
  readonly hint: string;
}

/** The first that fits counts. The Linux texts were seen with @napi-rs/keyring 2.1.2; the others are Apple's and Microsoft's. */
const rules: readonly Rule[] = [
  {
    sort: 'locked',
    pattern: /prompt was dismissed|IsLocked|is locked|user canceled|interaction is not allowed|-25308|-128\b/i,
    message: 'The keychain is locked.',
    hint: 'Unlock it (you may be asked for your login password) and try again.',
  },
  {
    sort: 'absent',
    pattern: /DBUS_SESSION_BUS_ADDRESS|autolaunch|failed to connect to socket|failed to open connection/i,
    message: 'There is no desktop session with a keychain here.',
    hint: `Start Mooring from your desktop session, or inside dbus-run-session with a keyring. ${keptForThisRun}`,
  },
  {
    sort: 'absent',
    pattern:
      /not provided by any \.service|ServiceUnknown|NameHasNoOwner|exited with status|Spawn\.|StartServiceByName/i,
    message: 'No keychain service runs in this session.',
    hint: `Install and start GNOME Keyring (package gnome-keyring), KWallet or KeePassXC. ${keptForThisRun}`,
  },
  {
    sort: 'no-answer',
    pattern: /did not receive a reply|timed? ?out/i,
    message: 'The keychain service does not answer.',
    hint: `Log out and in again if this stays so. ${keptForThisRun}`,
  },
  {
    sort: 'absent',
    pattern: /no result found|no default collection|NoSuchObject/i,
    message: 'The keychain has no default keyring to keep passwords in.',
    hint: `Create a default keyring in "Passwords and Keys" (seahorse). ${keptForThisRun}`,
  },
  {
    sort: 'absent',
    pattern: /native binding|cannot find module|ERR_DLOPEN|invalid ELF|error loading shared|not a valid win32/i,
    message: 'The keychain can’t be used on this system: its module does not load.',
    hint: 'Passwords are kept only until Mooring stops. On Alpine and other musl systems use a package made for them.',
  },
  {
    sort: 'other',
    pattern: /too long|attribute .* longer|stub received bad data|rejected by the platform/i,
    message: 'The keychain does not take a secret of this length.',
    hint: 'Windows keeps about 1,200 characters an entry. Use a shorter secret.',
  },
];

/** `secret` is cut out of the text, should the system ever quote it. */
export function keychainTrouble(error: unknown, platform: NodeJS.Platform, secret = ''): KeychainTrouble {
  const text = errorText(error);
  const cleanText = secret === '' ? text : text.split(secret).join('…');
  const detail = cleanText.slice(0, 500);
  const loadFailed = ['ERR_DLOPEN_FAILED', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(errorCode(error));
  const rule = loadFailed
    ? rules.find((each) => each.pattern.test('native binding'))
    : rules.find((each) => each.pattern.test(cleanText));
  if (rule !== undefined) {
    return { sort: rule.sort, failure: failure('keychain-failed', rule.message, { hint: rule.hint, detail }) };
  }
  return {
    sort: 'other',
    failure: failure('keychain-failed', 'The keychain refused.', { hint: otherHint(platform), detail }),
  };
}

function otherHint(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'Open Keychain Access and check that the login keychain is unlocked.';
  if (platform === 'win32') return 'Open Credential Manager and check that it works.';
  return 'Check that your keyring works, for example with "Passwords and Keys" (seahorse).';
}
