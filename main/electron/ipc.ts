/** Calls from the window: who asks is judged here, what is asked by the core's parsers. */
import { ipcMain, type IpcMainInvokeEvent, type WebFrameMain } from 'electron';
import { failed, failure, type Reply } from '../shared/failure.ts';
import { ipcChannels } from '../shared/ipc.ts';
import { uiOrigin } from './ui-protocol.ts';

export interface IpcDeps {
  /** The frame that may call: the top frame of the window, null while there is none. */
  mainFrame(): WebFrameMain | null;
  call(name: string, args: unknown): Promise<Reply<unknown>>;
  /** A refusal is worth a line in the log: it is a fault, or an attack. */
  refused(why: string): void;
}

/** Returns the function that ends it. */
export function answerCalls({ mainFrame, call, refused }: IpcDeps): () => void {
  ipcMain.handle(ipcChannels.call, async (event: IpcMainInvokeEvent, name: unknown, args: unknown) => {
    const sender = event.senderFrame;
    if (!isTrusted(sender && { origin: sender.origin, isTop: sender === mainFrame() })) {
      refused(`a call from ${sender?.origin ?? 'a frame that is gone'}`);
      return failed(failure('not-allowed', 'Only Mooring’s own window may call.'));
    }
    if (typeof name !== 'string') return failed(failure('unknown-call', 'There is no such call.'));
    return call(name, args);
  });
  return () => {
    ipcMain.removeHandler(ipcChannels.call);
  };
}

/** Pure. Null: the frame has gone, or was navigated away, since it called. */
export function isTrusted(sender: { readonly origin: string; readonly isTop: boolean } | null): boolean {
  return sender !== null && sender.isTop && sender.origin === uiOrigin;
}
