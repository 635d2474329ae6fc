/** Puts an environment on the clipboard, and takes it away again where it held secrets. */
import type { ShownFormat } from '../../main/shared/environment/environment-words.ts';
import { failure } from '../../main/shared/failure.ts';
import { act, showDone, showFailure } from '../api/act.ts';
import { currentSnapshot } from '../api/store.ts';
import { copyToClipboard } from '../shell/use-clipboard.ts';

export interface WhichText {
  readonly serverId: string;
  /** Undefined: the server has none, and its tunnels say what there is. */
  readonly environment: string | undefined;
  readonly format: ShownFormat;
  readonly withSecrets: boolean;
}

const argsOf = ({ environment, ...rest }: WhichText) => ({
  ...rest,
  ...(environment === undefined ? {} : { environment }),
});

/** The desktop app does it without the window ever seeing a secret; a browser has to do it itself. */
export async function copyEnvironment(which: WhichText): Promise<void> {
  const inDesktop = currentSnapshot()?.desktop !== null;
  const reply = await act(inDesktop ? 'environment.copy' : 'environment.text', argsOf(which));
  if (!reply.ok) return;
  const { text, unwritable } = reply.value;
  if (!inDesktop && !(await copyToClipboard(text))) return;
  const [trouble] = unwritable;
  if (trouble) showFailure(failure('invalid-argument', `${trouble.name} is not in it.`, { hint: trouble.hint }));
  if (!which.withSecrets) showDone('The environment is on the clipboard, without secrets.');
  else if (inDesktop) showDone(clearedWords);
  else await clearLater(text);
}

const clearedWords = 'The environment is on the clipboard, with its secrets. It is taken away in a minute.';
const clearAfterMs = 60_000;
let timer: number | undefined;

/** Only where the browser lets a page look: what somebody else copied meanwhile is not ours to take away. */
async function clearLater(text: string): Promise<void> {
  if (!(await mayRead())) {
    showFailure(
      failure('not-allowed', 'The environment is on the clipboard, with its secrets.', {
        hint: 'This browser does not let Mooring take it away: copy something else when you are done.',
      }),
    );
    return;
  }
  showDone(clearedWords);
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void clearNow(text), clearAfterMs);
}

async function mayRead(): Promise<boolean> {
  try {
    // Not in the list of names that TypeScript knows, since not every browser has it.
    const permission = await navigator.permissions.query({ name: 'clipboard-read' as PermissionName });
    return permission.state === 'granted';
  } catch {
    return false;
  }
}

async function clearNow(text: string): Promise<void> {
  try {
    if ((await navigator.clipboard.readText()) === text) await navigator.clipboard.writeText('');
  } catch {
    // A page may look only while it is in front: as soon as it is again.
    window.addEventListener('focus', () => void clearNow(text), { once: true });
  }
}
