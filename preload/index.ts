/**
 * The bridge between the window and the core: the contract's calls and events by name, and nothing else. Built as one
 * CommonJS file, since a sandboxed preload can't be an ES module.
 */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import { isCallName, type Api, type CoreEvent } from '../main/shared/contract.ts';
import { failed, failure } from '../main/shared/failure.ts';
import { ipcChannels } from '../main/shared/ipc.ts';

const bridge: Api = {
  call: (name, args) =>
    isCallName(name)
      ? ipcRenderer.invoke(ipcChannels.call, name, args)
      : Promise.resolve(failed(failure('unknown-call', 'There is no such call.'))),
  subscribe(listener) {
    const forward = (_event: IpcRendererEvent, event: CoreEvent) => {
      listener(event);
    };
    ipcRenderer.on(ipcChannels.event, forward);
    return () => {
      ipcRenderer.off(ipcChannels.event, forward);
    };
  },
};

contextBridge.exposeInMainWorld('mooring', bridge);
