/**
 * The contract: every call and event once. All sides are derived from it: the parsers and handlers of the core, the
 * HTTP and control-socket hosts, the preload bridge, the renderer's client and the command line.
 * A call lacking its name, parser or handler does not compile (test/unit/contract.test-d.ts shows it).
 */
import type { WindowView } from './desktop.ts';
import type { ServerFacts } from './facts.ts';
import type { Reply } from './failure.ts';
import type { ForwardDraft } from './forward.ts';
import type { LogEntry } from './log.ts';
import type { PromptAnswer } from './prompt.ts';
import type { ServerDraft, SshLine } from './server.ts';
import type { Settings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';

type Nothing = Record<never, never>;

/** Ways in which the demo server breaks itself on request. */
export const demoFaults = ['drop-connection', 'stop-answering', 'change-host-key'] as const;
export type DemoFault = (typeof demoFaults)[number];

/** Call name → its one argument and the value of its reply. */
export interface Calls {
  'snapshot.get': { args: Nothing; value: Snapshot };

  'servers.add': { args: { draft: ServerDraft }; value: { serverId: string } };
  /** Replaces the profile’s own fields; its forwards have calls of their own. A connection in use is made anew if need be. */
  'servers.edit': {
    args: { serverId: string; draft: Omit<ServerDraft, 'forwards'> };
    value: Nothing;
  };
  'servers.duplicate': { args: { serverId: string }; value: { serverId: string } };
  /** Moves the server to a place in the list, 0 being the first. */
  'servers.move': { args: { serverId: string; index: number }; value: Nothing };
  /** Disconnects, and deletes the profile, its secrets, and its pinned host key if no other server uses that. */
  'servers.remove': { args: { serverId: string }; value: Nothing };
  /** Reads a pasted `ssh -i key -p 2222 -L 5001:localhost:5000 user@host` line. */
  'servers.parse-ssh': { args: { line: string }; value: SshLine };
  /** Forgets the passwords and passphrases kept for a server. */
  'servers.forget-secrets': { args: { serverId: string }; value: Nothing };

  'forwards.add': { args: { serverId: string; draft: ForwardDraft }; value: { forwardId: string } };
  'forwards.edit': { args: { serverId: string; forwardId: string; draft: ForwardDraft }; value: Nothing };
  'forwards.remove': { args: { serverId: string; forwardId: string }; value: Nothing };

  /**
   * Turns a server, or one forward, on or off. Turning a server on brings up the forwards that were on (all, if none
   * was). Turning a forward on while its server is off brings up the server with this forward alone.
   */
  'wanted.set': { args: { serverId: string; forwardId?: string; on: boolean }; value: Nothing };
  'wanted.set-all': { args: { on: boolean }; value: Nothing };
  /** Tries at once: a waiting or failed connection, a taken port, a target that failed. */
  'connection.retry': { args: { serverId: string }; value: Nothing };

  'prompts.answer': { args: { promptId: string; answer: PromptAnswer }; value: Nothing };
  /** Leaves a question unanswered; the connection that asked it stops. */
  'prompts.cancel': { args: { promptId: string }; value: Nothing };

  /** Pins a key before the first connection, as `--accept-host-key` does. */
  'host-keys.expect': { args: { serverId: string; fingerprint: string }; value: Nothing };
  /** Writes the pinned key of a server to ~/.ssh/known_hosts. */
  'host-keys.write-known-hosts': { args: { serverId: string }; value: { path: string; added: boolean } };

  'settings.set': { args: { patch: Partial<Settings> }; value: Settings };
  'keychain.probe': { args: Nothing; value: Nothing };
  'notices.dismiss': { args: { noticeId: string }; value: Nothing };

  /** Oldest first. `afterSeq`: only entries after this one. `limit`: the newest so many, 1–5000. */
  'logs.get': { args: { serverId?: string; afterSeq?: number; limit?: number }; value: { entries: LogEntry[] } };

  /** Starts the embedded demo server and adds it as a server, switched on. With one there already, switches it on. */
  'demo.start': { args: Nothing; value: { serverId: string } };
  'demo.break': { args: { fault: DemoFault }; value: Nothing };

  /** Reads what matters for setting something up on a server; changes nothing there. The server must be connected. */
  'facts.get': { args: { serverId: string }; value: ServerFacts };

  /** Has the system start Mooring at login, or no longer. Fails with `not-allowed` where there is no desktop app. */
  'login-item.set': { args: { on: boolean }; value: Nothing };
  /** Looks for a newer version at once. Fails with `not-allowed` where updates are not Mooring's own matter. */
  'updates.check': { args: Nothing; value: Nothing };
  /**
   * Ends Mooring, with care as `app.quit` does, installs the version that was downloaded, and starts that. Fails with
   * `conflict` without one.
   */
  'updates.install': { args: Nothing; value: Nothing };

  /** What to send with a report of a problem, as text to be read first. Names, addresses and paths are replaced. */
  'report.make': { args: Nothing; value: { text: string } };
  /** Writes a report as it was read, and perhaps edited, into the data folder. */
  'report.save': { args: { text: string }; value: { path: string } };

  /** A fresh address of the window with a code that works once; null where the host shows a window of its own. */
  'app.open-window': { args: { view?: WindowView }; value: { url: string | null } };
  /** `careful`: asks first when data is passing through a tunnel just now; the call returns before that is answered. */
  'app.quit': { args: { careful?: boolean }; value: Nothing };
}

export type CallName = keyof Calls;
export type CallArgs<K extends CallName> = Calls[K]['args'];
export type CallValue<K extends CallName> = Calls[K]['value'];
export type CallReply<K extends CallName> = Reply<CallValue<K>>;

/** Names as data; the compiler holds this list complete. */
const names: Record<CallName, true> = {
  'snapshot.get': true,
  'servers.add': true,
  'servers.edit': true,
  'servers.duplicate': true,
  'servers.move': true,
  'servers.remove': true,
  'servers.parse-ssh': true,
  'servers.forget-secrets': true,
  'forwards.add': true,
  'forwards.edit': true,
  'forwards.remove': true,
  'wanted.set': true,
  'wanted.set-all': true,
  'connection.retry': true,
  'prompts.answer': true,
  'prompts.cancel': true,
  'host-keys.expect': true,
  'host-keys.write-known-hosts': true,
  'settings.set': true,
  'keychain.probe': true,
  'notices.dismiss': true,
  'logs.get': true,
  'demo.start': true,
  'demo.break': true,
  'facts.get': true,
  'login-item.set': true,
  'updates.check': true,
  'updates.install': true,
  'report.make': true,
  'report.save': true,
  'app.open-window': true,
  'app.quit': true,
};
export const callNames = Object.keys(names) as readonly CallName[];

export const isCallName = (name: string): name is CallName => Object.hasOwn(names, name);

/** Event name → its payload. */
export interface Events {
  'snapshot.changed': Snapshot;
  'log.added': LogEntry;
  /** Somebody outside the window (tray, notification) wants to see a part of it. Sent by the host of the window. */
  'view.asked': WindowView;
}
export type EventName = keyof Events;
const eventNameTable: Record<EventName, true> = {
  'snapshot.changed': true,
  'log.added': true,
  'view.asked': true,
};
export const eventNames = Object.keys(eventNameTable) as readonly EventName[];

export type CoreEvent = { [K in EventName]: { readonly name: K; readonly payload: Events[K] } }[EventName];

/** What every client of the core sees: a window over IPC or HTTP, the command line over the control socket. */
export interface Api {
  call<K extends CallName>(name: K, args: CallArgs<K>): Promise<CallReply<K>>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: CoreEvent) => void): () => void;
}
