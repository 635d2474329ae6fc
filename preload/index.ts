/**
 * The bridge between the window and the core: the contract's calls and events by name, and nothing else. Built as one
 * CommonJS file, since a sandboxed preload can't be an ES module.
 */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import { isCallName, type Api, type CoreEvent } from '../main/shared/contract.ts';
import { failed, failure } from '../main/shared/failure.ts';

const bridge: Api = {
  call: (name, args) =>
    isCallName(name)
      ? ipcRenderer.invoke('mooring:call', name, args)
      : Promise.resolve(failed(failure('unknown-call', 'There is no such call.'))),
  subscribe(listener) {
    const forward = (_event: IpcRendererEvent, event: CoreEvent) => {
      listener(event);
    };
    ipcRenderer.on('mooring:event', forward);
    return () => {
      ipcRenderer.off('mooring:event', forward);
    };
  },
};

contextBridge.exposeInMainWorld('mooring', bridge);
