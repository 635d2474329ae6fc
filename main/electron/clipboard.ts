/** The system's clipboard. Of older releases of Electron its functions answer at once, of newer ones later. */
import { clipboard } from 'electron';
import type { SystemClipboard } from '../core/desktop/desktop-ports.ts';

export const createClipboard = (): SystemClipboard => ({
  read: async () => await clipboard.readText(),
  write: async (text) => {
    await clipboard.writeText(text);
  },
});
