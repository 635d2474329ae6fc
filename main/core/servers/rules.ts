/**
 * The rules of single fields, the same for calls, saved files and pasted lines. Every message is a sentence for people
 * that begins with the field's name and never repeats what was typed.
 */
import * as z from 'zod';
import { isLoopback, serviceKinds } from '../../shared/forward.ts';
import { settingRanges, themes } from '../../shared/settings.ts';
import { addressProblem } from './address.ts';

/** What is wrong with a text, in words; null if nothing. */
export type Problem = (text: string) => string | null;

/** Text judged by one rule. Spaces around it are dropped: they come from copying. */
export function text(what: string, problem: Problem) {
  return z
    .string({ error: (issue) => (issue.input === undefined ? `${what} is missing` : `${what} must be text`) })
    .trim()
    .check((context) => {
      const message = problem(context.value);
      if (message !== null) context.issues.push({ code: 'custom', message, input: context.value });
    });
}

export function wholeNumber(what: string, min: number, max: number) {
  const rule = `${what} must be a whole number from ${String(min)} to ${String(max)}`;
  return z
    .number({ error: (issue) => (issue.input === undefined ? `${what} is missing` : rule) })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, { error: rule });
}

export function yesOrNo(what: string) {
  return z.boolean({ error: `${what} must be true or false` });
}

export function oneOf<const T extends readonly string[]>(what: string, choices: T) {
  return z.enum(choices, { error: `${what} must be one of ${choices.join(', ')}` });
}

/** Joiners are part of many scripts and emoji, if they join something. */
const joiners = /(?<=[^\s\p{C}])[\u200c\u200d](?=[^\s\p{C}])/gu;

export function hasInvisible(text: string): boolean {
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(text.replace(joiners, ''));
}

function visibleProblem(what: string, text: string, maxLength: number): string | null {
  if (text === '') return `${what} is missing`;
  if (text.length > maxLength * 2 || [...text].length > maxLength)
    return `${what} must have at most ${String(maxLength)} characters`;
  if (hasInvisible(text)) return `${what} must not have line breaks or invisible characters in it`;
  return null;
}

/** 1–64 visible characters; no `/`, since the command line writes SERVER/FORWARD; no hyphen at the start. */
export const nameProblem: Problem = (name) => {
  const problem = visibleProblem('Name', name, 64);
  if (problem !== null) return problem;
  if (name.includes('/')) return 'Name must not have a / in it';
  if (name.startsWith('-')) return 'Name must not start with a hyphen';
  return null;
};

/** 1–64 visible characters. */
export const labelProblem: Problem = (label) => visibleProblem('Label', label, 64);

/** 1–128 visible characters without spaces: Windows domains and directory services make long ones. */
export const userProblem: Problem = (user) => {
  const problem = visibleProblem('User', user, 128);
  if (problem !== null) return problem;
  if (/\s/.test(user)) return 'User must not have spaces in it';
  if (user.startsWith('-')) return 'User must not start with a hyphen';
  return null;
};

/** A full path, or one from the home folder: a path relative to nothing means nothing to an app at login. */
export const keyPathProblem: Problem = (path) => {
  if (path === '') return 'Key file is missing';
  if (path.length > 4096) return 'Key file must have a path of at most 4096 characters';
  if (/[\p{Cc}\p{Cs}]/u.test(path)) return 'Key file must not have line breaks or control characters in its path';
  if (!isFullPath(path)) return 'Key file must be a full path, such as ~/.ssh/id_ed25519';
  return null;
};

/** `/…`, `~/…`, `C:\…`, `\\server\share…`. */
export function isFullPath(path: string): boolean {
  return /^(\/|~[/\\]|[a-z]:[/\\]|\\\\[^\\])/i.test(path);
}

export const bindAddressProblem: Problem = (address) => {
  if (address === '') return 'Local address is missing';
  if (isLoopback(address)) return null;
  return 'Local address must be one of this machine alone: 127.0.0.1, another 127.x.x.x, or ::1';
};

/** A host name, with a port where the server wants one in it. */
export const sendAsProblem: Problem = (host) => {
  const [, name = host, port = '80'] = /^([^:]+):(\d{1,6})$/.exec(host) ?? [];
  if (Number(port) < 1 || Number(port) > 65_535) return 'Send as Host must have a port from 1 to 65535, or none';
  return addressProblem('Send as Host', name);
};

const fingerprintProblem: Problem = (fingerprint) => {
  if (fingerprint === '') return 'Fingerprint is missing';
  if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(fingerprint)) return null;
  return 'Fingerprint must be SHA256: and 43 characters, as ssh-keygen -l prints it';
};

const idProblem =
  (what: string): Problem =>
  (id) =>
    /^(?!__proto__$)[\w.:-]{1,64}$/.test(id) ? null : `${what} is not an id`;

// As fields of a larger shape.
export const name = text('Name', nameProblem);
export const address = text('Address', (value) => addressProblem('Address', value));
export const port = wholeNumber('Port', 1, 65_535);
export const user = text('User', userProblem);
export const keyPath = text('Key file', keyPathProblem);
export const label = text('Label', labelProblem);
export const service = oneOf('Service', serviceKinds);
export const bindAddress = text('Local address', bindAddressProblem);
export const bindPort = wholeNumber('Local port', 1, 65_535);
export const targetHost = text('Target host', (value) => addressProblem('Target host', value));
export const targetPort = wholeNumber('Target port', 1, 65_535);
export const sendAsHost = text('Send as Host', sendAsProblem);
export const fingerprint = text('Fingerprint', fingerprintProblem);
export const id = (what: string) => text(what, idProblem(what));

const seconds = (what: string, [min, max]: readonly [number, number]) => wholeNumber(`${what} in seconds`, min, max);

/** The settings by name, each judged alone. */
export const settingFields = {
  theme: oneOf('Theme', themes),
  holdSeconds: seconds('Waiting time of clients', settingRanges.holdSeconds),
  retryMaxSeconds: seconds('Longest pause between tries', settingRanges.retryMaxSeconds),
  deadLinkSeconds: seconds('Time to notice a dead link', settingRanges.deadLinkSeconds),
  useKnownHosts: yesOrNo('Use of known_hosts'),
  notifications: yesOrNo('Notifications'),
  startHidden: yesOrNo('Start hidden'),
  checkForUpdates: yesOrNo('Check for updates'),
};
