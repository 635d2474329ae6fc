/** Unlocks the default collection of a running GNOME keyring, as another program of the session would. */
import { Message, sessionBus, Variant } from '@jellybrick/dbus-next';

const destination = 'org.freedesktop.secrets';
const path = '/org/freedesktop/secrets';
const service = 'org.freedesktop.Secret.Service';

export async function unlockKeyring(busAddress: string, password: string): Promise<void> {
  const bus = sessionBus({ busAddress });
  const call = async (name: string, member: string, signature: string, body: unknown[]): Promise<unknown[]> => {
    const message = new Message({ destination, path, interface: name, member, signature, body });
    return (await bus.call(message))?.body ?? [];
  };
  try {
    const [collection] = await call(service, 'ReadAlias', 's', ['default']);
    const [, session] = await call(service, 'OpenSession', 'sv', ['plain', new Variant('s', '')]);
    const secret = [session, Buffer.alloc(0), Buffer.from(password), 'text/plain'];
    // What the keyring's own prompter and PAM use; nothing else unlocks it without a window.
    const own = 'org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface';
    await call(own, 'UnlockWithMasterPassword', 'o(oayays)', [collection, secret]);
  } finally {
    bus.disconnect();
  }
}
