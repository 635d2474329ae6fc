const isMac = navigator.userAgent.includes('Mac OS');

export const commandKey = isMac ? '⌘' : 'Ctrl';
