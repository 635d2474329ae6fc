const isMac = navigator.userAgent.includes('Mac OS');

export const commandKey = isMac ? '⌘' : 'Ctrl';

/** The desktop app’s window lets no download through; there, texts are copied. */
export const canDownload = window.mooring === undefined;
