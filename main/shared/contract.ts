/**
 * The contract: every call and event once. All sides are derived from it: the parsers and handlers of the core, the
 * HTTP and control-socket hosts, the preload bridge, the renderer's client and the command line.
 * A call lacking its name, parser or handler does not compile (test/unit/contract.test-d.ts shows it).
 */
import type { WindowView } from './desktop.ts';
import type { AwsProfileView, EnvFormat, EnvironmentView, ProxySetting } from './environment/environment.ts';
import type { EnvText } from './environment/formats.ts';
import type { ServerFacts } from './facts.ts';
import type { Reply } from './failure.ts';
import type { ForwardDraft } from './forward.ts';
import type {
  HostsDiff,
  HostsFileView,
  HostsHistoryEntry,
  HostsName,
  HostsOutcome,
  HostsTunnel,
  HostsView,
  HostsWish,
} from './hosts.ts';
import type { FoundKey, InstalledKey, MadeKey } from './keys.ts';
import type { LogEntry } from './log.ts';
import type { PromptAnswer } from './prompt.ts';
import type { ServerDraft, SshLine } from './server.ts';
import type { ForwardClient, ForwardHistory, FoundPort, ServiceView } from './services.ts';
import type { Settings } from './settings.ts';
import type { OfferKind, OffersFor } from './setup/offers.ts';
import type { Plan } from './setup/plan.ts';
import type { RunLine, RunRecord } from './setup/run.ts';
import type { StackDraft, StackSecretName } from './setup/stack.ts';
import type { Snapshot } from './snapshot.ts';

type Nothing = Record<never, never>;

/** Ways in which the demo server breaks itself on request. */
export const demoFaults = ['drop-connection', 'stop-answering', 'change-host-key'] as const;
export type DemoFault = (typeof demoFaults)[number];

/** A stack that is on a server, as the server itself says. */
export interface FoundStack {
  readonly environment: string;
  readonly draft: StackDraft;
  readonly title: string;
  /** False: its last run did not come to its end. */
  readonly complete: boolean;
  readonly adminUser: string | null;
  /** Kept by this machine too, with its secrets and tunnels. */
  readonly isKnown: boolean;
}

/** Data that an uninstallation left on a server; `setup.uninstall` with `removeData` removes it. */
export interface KeptData {
  readonly environment: string;
  /** Of the stack that it was. */
  readonly title: string;
  /** What there is, for people. */
  readonly keeps: readonly string[];
}

/** What opens a store. The keys open its console too, but for one that has a login of its own. */
export interface StoreKeys {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly console: { readonly user: string; readonly password: string } | null;
}

/** Secrets as they are handed to a run; they go into the keychain and to the server, nowhere else. */
export type HandedSecrets = Readonly<Partial<Record<StackSecretName, string>>>;

interface WhichEnvironment {
  readonly serverId: string;
  readonly environment?: string;
  readonly proxy?: ProxySetting;
}

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

  /** `forNames`: made for names of the hosts file, with which it goes again. */
  'forwards.add': {
    args: { serverId: string; draft: ForwardDraft; forNames?: true };
    value: { forwardId: string };
  };
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

  /** The private keys in ~/.ssh that Mooring can log in with, the likeliest first. */
  'keys.list': { args: Nothing; value: { keys: FoundKey[] } };
  /**
   * Makes an Ed25519 key in ~/.ssh; never overwrites. `name`: of the file, `id_ed25519` or the next free one by default.
   * `remember`: the passphrase goes into the keychain with the first server that is logged in to by this key; until
   * then, and without it, it is known for this run.
   */
  'keys.make': { args: { name?: string; passphrase?: string; remember?: boolean }; value: MadeKey };
  /**
   * Puts the public half of a key into ~/.ssh/authorized_keys of the account on a connected server, and proves it by a
   * second login with that key alone; without that proof the line is taken off again. `useIt`: the server's login is the
   * key from then on. May ask for the passphrase.
   */
  'keys.install': { args: { serverId: string; path: string; useIt: boolean }; value: InstalledKey };

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

  /** Reads a stack file (YAML). Fails with `invalid-argument`, which names what does not fit and where. */
  'stacks.read-file': { args: { text: string }; value: { draft: StackDraft } };
  'stacks.write-file': { args: { draft: StackDraft }; value: { text: string } };

  /**
   * What setting up would do; changes nothing. `known`: secrets that are kept from before, in the keychain or, of a stack
   * of another kind, on the server. `stands`: this stack is complete on the server with all its secrets; a run mends it, or
   * changes what differs.
   */
  'setup.plan': {
    args: { serverId: string; draft: StackDraft };
    value: { plan: Plan; known: StackSecretName[]; stands: boolean };
  };
  'setup.plan-uninstall': {
    args: { serverId: string; environment: string; removeData: boolean };
    value: { plan: Plan };
  };
  /** The plan as a shell script to be read, and run by hand. Holds no secrets. */
  'setup.script': { args: { serverId: string; draft: StackDraft }; value: { text: string } };
  /**
   * Begins a run; how it goes is in the snapshot. Fails with `conflict` when another run is under way on that server
   * (this machine then follows that one), with `invalid-argument` when a secret is missing, and with what stops the plan.
   */
  'setup.start': { args: { serverId: string; draft: StackDraft; secrets: HandedSecrets }; value: { runId: string } };
  /** `serverName`: the server’s name, typed by a person, which is asked for when data is to be removed. */
  'setup.uninstall': {
    args: { serverId: string; environment: string; removeData: boolean; serverName?: string };
    value: { runId: string };
  };
  /** `after-step`: the step in hand is finished. `now`: it is cut off and undone, unless half of it would do harm. */
  'setup.cancel': { args: { serverId: string; how: 'after-step' | 'now' }; value: Nothing };
  /** Takes a run that is over out of the snapshot. */
  'setup.dismiss': { args: { serverId: string }; value: Nothing };
  /**
   * What the server remembers: its stacks, its runs, newest first, and data that uninstallations left. A run that is shown
   * here and never began there is among the runs. A run under way is followed from now on.
   */
  'setup.look': {
    args: { serverId: string };
    value: { stacks: FoundStack[]; history: RunRecord[]; kept: KeptData[] };
  };
  /** The lines of the run in the snapshot, at most the last 5000. */
  'setup.log': { args: { serverId: string; afterSeq?: number }; value: { lines: RunLine[] } };
  /**
   * Takes over a stack that is on the server: its tunnels are made, and the password is kept if it proves right; else
   * nothing is changed. One that is known here is brought to how it is there now. `environment`: of a stack that Mooring
   * made. `port`: of an MLflow that somebody else made. `password` not there: the one that is kept here, if there is one;
   * empty: it is not to be known here now.
   */
  'setup.adopt': {
    args: { serverId: string; environment?: string; port?: number; user?: string; password?: string };
    value: Nothing;
  };
  /** What could be put right with each MLflow that somebody else set up on a server; changes nothing. */
  'setup.offers': { args: { serverId: string }; value: { found: OffersFor[] } };
  'setup.plan-put-right': { args: { serverId: string; port: number; offers: OfferKind[] }; value: { plan: Plan } };
  /** Begins a run of the chosen ones, as `setup.start` does; `setup.uninstall` takes them back. */
  'setup.put-right': { args: { serverId: string; port: number; offers: OfferKind[] }; value: { runId: string } };
  /** Forgets a stack here, its password too; changes nothing on the server, and leaves the tunnels. */
  'setup.forget': { args: { serverId: string; environment: string }; value: Nothing };
  /** The password of the stack’s login, for a person who asked to see it. */
  'setup.reveal-password': {
    args: { serverId: string; environment: string };
    value: { user: string; password: string };
  };
  /** The keys of the stack’s object storage, for a person who asked to see them. `console`: its login, where it has one. */
  'setup.reveal-keys': { args: { serverId: string; environment: string }; value: StoreKeys };
  /**
   * Changes it on the server and here; made up unless given. `runId`: the old one is not known here, so that a run on the
   * server sets the new one; how it goes is in the snapshot. Null: it is changed.
   */
  'setup.change-password': {
    args: { serverId: string; environment: string; password?: string };
    value: { runId: string | null };
  };
  /** Adds a user to MLflow; the password is made up unless given, and told only here. */
  'setup.add-user': {
    args: { serverId: string; environment: string; user: string; password?: string };
    value: { password: string };
  };

  /** Checks a tracking server through its tunnel, as a client would; how it goes is in the snapshot. */
  'verify.start': { args: { serverId: string; environment: string; artifactBytes: number }; value: Nothing };
  'verify.cancel': { args: { serverId: string }; value: Nothing };

  /** Asks what stands behind a forward, now. The forward must be up. */
  'services.check': { args: { serverId: string; forwardId: string }; value: { service: ServiceView } };
  /**
   * Looks in short at what was found behind the tunnels that are up (of one server, or of all) longer ago than this. Ends
   * when all have told.
   */
  'services.refresh': { args: { serverId?: string; olderThanMs: number }; value: Record<never, never> };
  /** What listens on a connected server, each guessed by probing; changes nothing there. Takes some seconds. */
  'services.discover': { args: { serverId: string }; value: { found: FoundPort[] } };
  /** Takes what is new out of the snapshot. */
  'services.dismiss-new': { args: { serverId: string }; value: Nothing };
  'forwards.history': { args: { serverId: string; forwardId: string }; value: ForwardHistory };
  /** Programs of this machine that use a forward now, as far as the system tells. */
  'forwards.clients': { args: { serverId: string; forwardId: string }; value: { clients: ForwardClient[] } };

  /**
   * Looks at this machine, and at one server or all that are wanted; how it goes is in the snapshot. Changes nothing. Fails
   * with `conflict` while a look is under way.
   */
  'doctor.start': { args: { serverId?: string }; value: Nothing };
  'doctor.cancel': { args: Nothing; value: Nothing };
  /** Makes the key file of a server’s login readable for its owner alone. */
  'doctor.tighten-key': { args: { serverId: string }; value: Nothing };

  /**
   * What ML clients are to be told to use a server’s tunnels as they are now; secrets without their values.
   * `environment`: of a stack, the first one unless given. `proxy`: of the program that asks.
   */
  'environment.get': { args: WhichEnvironment; value: EnvironmentView };
  /** The same as text for a shell, a file or Python; with secrets only on request. */
  'environment.text': { args: WhichEnvironment & { format: EnvFormat; withSecrets: boolean }; value: EnvText };
  /**
   * Puts that text on the system’s clipboard. With secrets it goes from there after a while, unless something else is there
   * by then. Fails with `not-allowed` without a desktop app.
   */
  'environment.copy': {
    args: WhichEnvironment & { format: EnvFormat; withSecrets: boolean };
    value: EnvText & { clearedAfterMs: number | null };
  };
  /** Writes the environment’s store as a profile of its own into ~/.aws, its keys too. Others are left as they are. */
  'environment.write-aws': { args: WhichEnvironment; value: AwsProfileView };
  'environment.remove-aws': { args: WhichEnvironment; value: AwsProfileView & { removed: boolean } };

  /** Reads the hosts file and asks the system what the names answer; then the same is in the snapshot. */
  'hosts.get': { args: { serverId: string }; value: { view: HostsView; file: HostsFileView; tunnel: HostsTunnel } };
  /**
   * Saves which names a server is to have; the file is not touched. Fails with `needs-you` for an address that is neither
   * this machine's nor the server's, unless `confirmed`.
   */
  'hosts.set': { args: { serverId: string; hosts: HostsWish; confirmed?: boolean }; value: Nothing };
  /**
   * What writing would change, and with it: of the names that are saved, or of `hosts` in their place. Saves nothing.
   * Fails where the file can't be read, or has markers that someone has broken; for `hosts` as `hosts.set` does.
   */
  'hosts.diff': { args: { serverId: string; hosts?: HostsWish; confirmed?: boolean }; value: HostsDiff };
  /**
   * Writes our block; the system may ask a person for leave meanwhile. `from`: the file that the person saw; `hosts`: these
   * names in place of those that are saved, and with `tunnel` the tunnel that they need: both are saved once the file is
   * written, and not when the person says no. Fails with `conflict` when the file is another one now, when somebody else
   * changed the block (unless `overDrift`), and while another write is under way; for `hosts` as `hosts.set` does.
   */
  'hosts.apply': {
    args: {
      serverId: string;
      from?: string;
      overDrift?: boolean;
      hosts?: HostsWish;
      confirmed?: boolean;
      tunnel?: boolean;
    };
    value: HostsOutcome;
  };
  /**
   * Switches a server’s names off and takes its block out, and the tunnel that was made for them. Not when the person says
   * no. `serverId` may be of a block whose server is gone.
   */
  'hosts.remove': { args: { serverId: string; overDrift?: boolean }; value: HostsOutcome };
  /** What somebody else made of the block becomes the wish. */
  'hosts.keep-theirs': { args: { serverId: string }; value: Nothing };
  /** Newest first. */
  'hosts.history': { args: { serverId?: string }; value: { entries: readonly HostsHistoryEntry[] } };
  /**
   * Writes the block as that change left it; without one, as it was before the last. Others’ lines stay. `confirmed` as for
   * `hosts.set`: what was there before Mooring’s own may be somebody else’s.
   */
  'hosts.restore': {
    args: { serverId: string; entryId?: string; overDrift?: boolean; confirmed?: boolean };
    value: HostsOutcome;
  };
  /** Reads pasted lines of a hosts file, with a stand-in such as FLOATING_IP for the server’s address. */
  'hosts.parse-text': {
    args: { serverId: string; text: string };
    value: { names: readonly HostsName[]; notes: readonly string[] };
  };

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
  'keys.list': true,
  'keys.make': true,
  'keys.install': true,
  'settings.set': true,
  'keychain.probe': true,
  'notices.dismiss': true,
  'logs.get': true,
  'demo.start': true,
  'demo.break': true,
  'facts.get': true,
  'stacks.read-file': true,
  'stacks.write-file': true,
  'setup.plan': true,
  'setup.plan-uninstall': true,
  'setup.script': true,
  'setup.start': true,
  'setup.uninstall': true,
  'setup.cancel': true,
  'setup.dismiss': true,
  'setup.look': true,
  'setup.log': true,
  'setup.adopt': true,
  'setup.offers': true,
  'setup.plan-put-right': true,
  'setup.put-right': true,
  'setup.forget': true,
  'setup.reveal-password': true,
  'setup.reveal-keys': true,
  'setup.change-password': true,
  'setup.add-user': true,
  'verify.start': true,
  'verify.cancel': true,
  'services.check': true,
  'services.refresh': true,
  'services.discover': true,
  'services.dismiss-new': true,
  'forwards.history': true,
  'forwards.clients': true,
  'environment.get': true,
  'environment.text': true,
  'environment.copy': true,
  'environment.write-aws': true,
  'environment.remove-aws': true,
  'doctor.start': true,
  'doctor.cancel': true,
  'doctor.tighten-key': true,
  'hosts.get': true,
  'hosts.set': true,
  'hosts.diff': true,
  'hosts.apply': true,
  'hosts.remove': true,
  'hosts.keep-theirs': true,
  'hosts.history': true,
  'hosts.restore': true,
  'hosts.parse-text': true,
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
  /** New lines of the run that the snapshot shows. */
  'setup.log-added': { readonly serverId: string; readonly runId: string; readonly lines: readonly RunLine[] };
  /** Somebody outside the window (tray, notification) wants to see a part of it. Sent by the host of the window. */
  'view.asked': WindowView;
}
export type EventName = keyof Events;
const eventNameTable: Record<EventName, true> = {
  'snapshot.changed': true,
  'log.added': true,
  'setup.log-added': true,
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
