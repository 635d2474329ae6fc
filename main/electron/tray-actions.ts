/** Does what was clicked in the tray. */
import { app, clipboard } from 'electron';
import type { TrayAction } from '../core/desktop/tray-menu.ts';
import type { WindowView } from '../shared/desktop.ts';
import { failure, type Failure } from '../shared/failure.ts';
import type { CoreKeeper } from './core-keeper.ts';
import { openOutside } from './security.ts';

export interface TrayActionDeps {
  readonly keeper: CoreKeeper;
  show(view: WindowView | null): void;
  /** What was asked for has failed, and no window may be there to say so. */
  tell(trouble: Failure): void;
}

/** Never throws. */
export async function doTrayAction(action: TrayAction, { keeper, show, tell }: TrayActionDeps): Promise<void> {
  switch (action.kind) {
    case 'call': {
      const reply = await keeper.call(action.name, action.args);
      if (!reply.ok) tell(reply.error);
      return;
    }
    case 'open-window':
      show(action.view);
      return;
    case 'open-url':
      if (!(await openOutside(action.url))) tell(noBrowser(action.url));
      return;
    case 'copy':
      // A promise in newer Electrons, done at once in older ones.
      await Promise.resolve(clipboard.writeText(action.text)).catch(() => {
        tell(noClipboard);
      });
      return;
    case 'quit':
      // Without a core to ask, there is nothing that could be lost.
      if (!(await keeper.call('app.quit', { careful: true })).ok) app.quit();
      return;
    default:
      action satisfies never;
  }
}

const noBrowser = (url: string): Failure =>
  failure('unreachable', 'No browser could be opened.', { hint: `The address is ${url}` });

const noClipboard = failure('unreachable', 'The clipboard could not be written.', { hint: 'Try again.' });
