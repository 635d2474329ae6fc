/** The two channels between the window and the desktop app; all calls and events of the contract go through them. */
export const ipcChannels = { call: 'mooring:call', event: 'mooring:event' } as const;
