/** A real core on doubles: nothing outside is touched, time stands still until told. */
import { createCore, type Core } from '../../main/core/core.ts';
import type { ReachLook } from '../../main/core/doctor/diagnosis.ts';
import type { ProxySetting } from '../../main/shared/environment/environment.ts';
import type { WindowView } from '../../main/shared/desktop.ts';
import type { Desktop } from '../../main/core/desktop/desktop-ports.ts';
import type {
  AwsFile,
  PowerEvent,
  KnownHostLine,
  LocalPorts,
  Ports,
  PrivateKeyState,
  Releases,
  StateFile,
} from '../../main/core/ports.ts';
import { done, failed, failure, type Failure, type Reply, type FailureCode } from '../../main/shared/failure.ts';
import type { CallArgs, CallName, CallValue } from '../../main/shared/contract.ts';
import type { FoundKey } from '../../main/shared/keys.ts';
import type { PromptKind, Prompt } from '../../main/shared/prompt.ts';
import type { ServerDraft } from '../../main/shared/server.ts';
import type { KeychainView, ServerView } from '../../main/shared/snapshot.ts';
import type { LogEntry } from '../../main/shared/log.ts';
import type { HandedPrograms } from '../../main/core/setup/plan/component.ts';
import { loginPurpose } from '../../main/core/secrets.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { FakeEngine } from './fake-engine.ts';
import { FakeHosts } from './fake-hosts.ts';
import { FakePlaybooks } from './fake-playbooks.ts';

export class FakeFile implements StateFile<unknown> {
  saved: unknown = null;
  full = false;
  saves = 0;
  /** A slow disk: saves end after this. */
  slow: Promise<void> = Promise.resolve();

  load(): Promise<{ value: unknown; trouble: null }> {
    return Promise.resolve({ value: this.saved, trouble: null });
  }

  async save(value: unknown): Promise<Reply<null>> {
    const taken = structuredClone(value);
    await this.slow;
    if (this.full) return failed(failure('storage-failed', 'The disk is full.'));
    this.saves += 1;
    this.saved = taken;
    return done(null);
  }
}

export const presentedKey = { keyType: 'ssh-ed25519', key: 'AAAAKEY1', fingerprint: `SHA256:${'a'.repeat(43)}` };
export const otherKey = { keyType: 'ssh-ed25519', key: 'AAAAKEY2', fingerprint: `SHA256:${'b'.repeat(43)}` };

/** Of every key; its body is the PEM. */
export const publicKey = { keyType: 'ssh-ed25519', fingerprint: `SHA256:${'k'.repeat(43)}`, comment: 'ada@thinkpad' };

export const labVm: ServerDraft = {
  name: 'lab-vm',
  address: '192.0.2.10',
  port: 22,
  user: 'ubuntu',
  login: { kind: 'password' },
  forwards: [
    {
      label: 'MLflow',
      service: 'mlflow',
      bind: { address: '127.0.0.1', port: 5001, alsoIpv6: false },
      target: { host: '127.0.0.1', port: 5000 },
    },
  ],
};

const lockedReply = {
  ok: false,
  error: failure('keychain-failed', 'The keychain is locked.'),
  isLocked: true,
} as const;

/** Something that can be held back. */
export class Gate {
  passed: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;

  close(): void {
    this.passed = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }
}

export interface CoreDoubleOptions {
  readonly keychain?: KeychainView;
  /** The desktop app around it; none by default. */
  readonly desktop?: Desktop;
  /** Taken over by a second double: what is on disk and in the keychain outlives a core. */
  readonly inherit?: CoreDouble;
}

export class CoreDouble {
  readonly clock = new FakeClock();
  readonly engine = new FakeEngine();
  readonly files: { servers: FakeFile; settings: FakeFile; hostKeys: FakeFile; hosts: FakeFile };
  /** The hosts file, and the system that is asked about it. */
  readonly hosts = new FakeHosts();
  readonly keychain: Map<string, string>;
  /** What packing a path of this machine gives; others are not there. */
  readonly uploads = new Map<string, Reply<{ readonly base64: string; readonly isFolder: boolean }>>();
  /** What this machine hands over, and what becomes of a fetch. */
  handed: HandedPrograms = { versitygw: null };
  fetchRelease: Releases['fetch'] = ({ url }) => ({
    done: Promise.resolve(failed(failure('address-unknown', `${url} could not be looked up.`))),
    cancel: () => undefined,
  });
  /** Ansible of this machine. */
  readonly playbooks = new FakePlaybooks();
  readonly privateKeys = new Map<string, (passphrase: string | null) => PrivateKeyState>();
  /** Closed: the keychain does not answer until it is opened again. */
  readonly keychainGate = new Gate();
  readonly probeGate = new Gate();
  keychainLocked = false;
  /** Who waits for it to be unlocked outside Mooring. */
  readonly unlockListeners = new Set<() => void>();
  /** What the keychain says of itself when it is probed. */
  keychainView: KeychainView;
  probes = 0;
  keychainReads = 0;
  defaultKeys: string[] = [];
  foundKeys: FoundKey[] = [];
  readonly knownHosts: KnownHostLine[] = [];
  readonly writtenKnownHosts: string[] = [];
  networkSignature = 'wlan0';
  /** Whether port 80 can be had here. */
  port80: 'yes' | 'taken' | 'forbidden' = 'forbidden';
  readonly localPorts: LocalPorts = {
    holder: () => Promise.resolve({ pid: 4242, program: 'python3' }),
    clients: () => Promise.resolve([{ pid: 4242, program: 'python3', connections: 2 }]),
    nextFree: (_address, port, avoid) => {
      let free = port + 1;
      while (avoid.includes(free)) free += 1;
      return Promise.resolve(free);
    },
    mayListen: () => Promise.resolve(this.port80),
  };
  /** Why the demo server can't be started. */
  demoTrouble: Failure | null = null;
  readonly log: LogEntry[] = [];
  readonly core: Core;
  quits = 0;
  readonly openedViews: (WindowView | null)[] = [];
  readonly savedReports: string[] = [];
  readonly powerListeners = new Set<(event: PowerEvent) => void>();
  readonly desktop: Desktop | null;
  demoStops = 0;
  readonly awsFiles = new Map<AwsFile, string>();
  proxy: ProxySetting = { isSet: false, except: '', isLowerCase: false };
  /** Who answers on a server’s port, when the doctor asks. */
  reached: ReachLook = { kind: 'refused' };
  readonly reachGate = new Gate();

  constructor(options: CoreDoubleOptions = {}) {
    const { inherit } = options;
    this.desktop = options.desktop ?? null;
    const newFiles = () => ({
      servers: new FakeFile(),
      settings: new FakeFile(),
      hostKeys: new FakeFile(),
      hosts: new FakeFile(),
    });
    this.files = inherit?.files ?? newFiles();
    this.keychain = inherit?.keychain ?? new Map<string, string>();
    this.keychainView = options.keychain ?? { kind: 'ready', name: 'Test keychain' };
    this.core = createCore(this.#ports(), { version: '0.0.0' });
  }

  #ports(): Ports {
    let ids = 0;
    const stamp = Math.random().toString(36).slice(2);
    return {
      clock: this.clock,
      random: { fraction: () => 0.5, id: () => `id-${stamp}-${String((ids += 1))}` },
      engine: this.engine,
      files: { dataDir: '/data', ...this.files },
      keychain: {
        probe: async () => {
          this.probes += 1;
          await this.probeGate.passed;
          return this.keychainView;
        },
        get: async (account) => {
          await this.keychainGate.passed;
          this.keychainReads += 1;
          if (this.keychainLocked) return lockedReply;
          return { ok: true, value: this.keychain.get(account) ?? null };
        },
        set: async (account, secret) => {
          await this.keychainGate.passed;
          if (this.keychainLocked) return lockedReply;
          this.keychain.set(account, secret);
          return { ok: true, value: null };
        },
        delete: async (account) => {
          await this.keychainGate.passed;
          if (this.keychainLocked) return lockedReply;
          this.keychain.delete(account);
          return { ok: true, value: null };
        },
        watchUnlocked: (listener) => {
          this.unlockListeners.add(listener);
          return () => this.unlockListeners.delete(listener);
        },
      },
      privateKeys: {
        open: (path, passphrase) =>
          Promise.resolve(
            this.privateKeys.get(path)?.(passphrase) ?? {
              kind: 'unusable',
              failure: failure('key-unreadable', `There is no key file ${path}.`),
            },
          ),
        defaults: () => Promise.resolve(this.defaultKeys),
        list: () => Promise.resolve(done(this.foundKeys)),
        publicHalf: (_path, pem) => Promise.resolve(done({ ...publicKey, key: `AAAA${pem}` })),
        make: ({ name, passphrase }) => {
          const path = `~/.ssh/${name ?? 'id_ed25519'}`;
          const open = (typed: string | null): PrivateKeyState => {
            if (passphrase === '' || typed === passphrase)
              return { kind: 'ready', pem: 'MADE', keyType: 'ssh-ed25519' };
            return { kind: typed === null ? 'needs-passphrase' : 'wrong-passphrase' };
          };
          this.privateKeys.set(path, open);
          const { fingerprint } = publicKey;
          return Promise.resolve(done({ path, publicLine: 'ssh-ed25519 AAAAMADE ada@thinkpad', fingerprint }));
        },
      },
      knownHosts: {
        find: () => Promise.resolve(this.knownHosts),
        add: (_host, _port, _type, key) => {
          this.writtenKnownHosts.push(key);
          return Promise.resolve(done({ path: '~/.ssh/known_hosts', added: true }));
        },
      },
      network: { signature: () => this.networkSignature, online: () => this.networkSignature !== '' },
      localPorts: this.localPorts,
      demo: {
        start: () =>
          Promise.resolve(
            this.demoTrouble
              ? failed(this.demoTrouble)
              : done({
                  ...presentedKey,
                  address: '127.0.0.1',
                  port: 40_022,
                  user: 'demo',
                  password: 'demo-secret',
                  target: { host: '127.0.0.1', port: 5000 },
                }),
          ),
        break: () => Promise.resolve(done(null)),
        stop: () => {
          this.demoStops += 1;
          return Promise.resolve();
        },
      },
      host: {
        openWindow: (view) => {
          this.openedViews.push(view);
          return Promise.resolve(done({ url: null }));
        },
        quit: () => {
          this.quits += 1;
        },
      },
      logSink: { write: (entry) => void this.log.push(entry), close: () => Promise.resolve() },
      power: {
        listen: (listener) => {
          this.powerListeners.add(listener);
          return () => this.powerListeners.delete(listener);
        },
      },
      reports: {
        facts: () => Promise.resolve([['System', 'test']]),
        personal: () => ['ada', '/home/ada'],
        save: (text) => {
          this.savedReports.push(text);
          return Promise.resolve(done({ path: '/data/reports/report.txt' }));
        },
      },
      uploads: {
        pack: (path) =>
          Promise.resolve(
            this.uploads.get(path) ?? failed(failure('not-found', `There is no ${path} on this machine.`)),
          ),
      },
      releases: { fetch: (release, onProgress) => this.fetchRelease(release, onProgress) },
      playbooks: this.playbooks,
      http: {
        request: ({ url }) => ({
          done: Promise.resolve(failed(failure('refused', `Nothing answers at ${url}.`))),
          cancel: () => undefined,
        }),
        closeIdle: () => undefined,
      },
      diagnosis: {
        machine: () => Promise.resolve({ variables: {}, dataFreeBytes: 5e9 }),
        keyFile: () => Promise.resolve({ kind: 'private' }),
        tightenKey: () => Promise.resolve(done(null)),
        agent: () => Promise.resolve({ kind: 'keys', count: 1 }),
        resolve: () => Promise.resolve({ kind: 'found', addresses: ['192.0.2.7'], tookMs: 3 }),
        reach: () => this.reachGate.passed.then(() => this.reached),
        stop: () => undefined,
      },
      awsFiles: {
        path: (file) => `~/.aws/${file}`,
        read: (file) => Promise.resolve(done(this.awsFiles.get(file) ?? '')),
        change: (file, edit) => {
          const edited = edit(this.awsFiles.get(file) ?? '');
          if (edited.ok) this.awsFiles.set(file, edited.value.text);
          return Promise.resolve(edited.ok ? done(null) : edited);
        },
      },
      machine: {
        name: 'thinkpad',
        user: 'ada',
        handedPrograms: () => Promise.resolve(this.handed),
        releasesMirror: null,
        proxy: () => this.proxy,
      },
      hostsFile: this.hosts.file(),
      elevation: this.hosts.elevation(),
      nameLookup: this.hosts.lookup,
      desktop: this.desktop,
    };
  }

  /** A call that must succeed. */
  async call<K extends CallName>(name: K, args: CallArgs<K>): Promise<CallValue<K>> {
    const reply = (await this.core.call(name, args)) as Reply<CallValue<K>>;
    await settle();
    if (!reply.ok) throw new Error(`${name}: ${reply.error.message}`);
    return reply.value;
  }

  server(name = 'lab-vm'): ServerView {
    const found = this.core.snapshot().servers.find((each) => each.profile.name === name);
    if (!found) throw new Error(`no server ${name}`);
    return found;
  }

  get connection(): ServerView['connection'] {
    return this.server().connection;
  }

  /** The one open prompt, which must be of this kind. */
  prompt<K extends PromptKind>(kind: K): Extract<Prompt, { kind: K }> {
    const [prompt, ...others] = this.core.snapshot().prompts;
    if (prompt?.kind !== kind || others.length > 0) {
      const open = this.core.snapshot().prompts.map((each) => each.kind);
      throw new Error(`wanted one ${kind}, open are: ${open.join(', ') || 'none'}`);
    }
    return prompt as Extract<Prompt, { kind: K }>;
  }

  /** Starts the core with lab-vm in it, its host key pinned, and switches it on. */
  async startLabVm(draft: ServerDraft = labVm): Promise<string> {
    await this.core.start();
    const { serverId } = await this.call('servers.add', { draft });
    await this.call('host-keys.expect', { serverId, fingerprint: presentedKey.fingerprint });
    await this.call('wanted.set', { serverId, on: true });
    return serverId;
  }

  /** Plays the server as far as asking for a login. */
  async reachLogin(methods: readonly string[] = ['publickey', 'password']): Promise<void> {
    const { engine } = this;
    const { connectionId } = engine;
    engine.emit({ kind: 'step', connectionId, step: 'greeting' });
    engine.emit({ kind: 'host-key', connectionId, ...presentedKey });
    await settle();
    engine.emit({ kind: 'step', connectionId, step: 'logging-in' });
    engine.emit({ kind: 'login-wanted', connectionId, methods: null, partial: false, trouble: null });
    await settle();
    await this.refuse(methods);
  }

  /** The server refuses the last try and names what it takes. */
  async refuse(methods: readonly string[] = ['publickey', 'password'], partial = false): Promise<void> {
    const { connectionId } = this.engine;
    this.engine.emit({ kind: 'login-wanted', connectionId, methods, partial, trouble: null });
    await settle();
  }

  async accept(): Promise<void> {
    const { connectionId } = this.engine;
    this.engine.emit({ kind: 'ready', connectionId, software: 'OpenSSH_9.2', cipher: 'aes128-gcm@openssh.com' });
    await settle();
  }

  /** Puts a password for lab-vm into the keychain, as an earlier run would have. */
  keepPassword(serverId: string, secret: string, purpose = loginPurpose(labVm)): void {
    this.keychain.set(`server/${serverId}/password`, JSON.stringify({ purpose, secret }));
  }

  /** All the way up, with a password already in the keychain. */
  async bringUp(draft: ServerDraft = labVm): Promise<string> {
    const serverId = await this.startLabVm(draft);
    this.keepPassword(serverId, 'right');
    await this.reachLogin();
    await this.accept();
    return serverId;
  }

  async lose(code: FailureCode = 'link-lost'): Promise<void> {
    const { connectionId } = this.engine;
    this.engine.emit({ kind: 'closed', connectionId, failure: failure(code, `It failed: ${code}.`) });
    await settle();
  }
}
