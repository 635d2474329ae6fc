import type { Prompt } from '../../main/shared/prompt.ts';

/** Asked by Mooring itself, not for a server's connection. */
export const isOwn = (prompt: Prompt): boolean => prompt.serverId === null;
