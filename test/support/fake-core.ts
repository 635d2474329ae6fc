/**
 * A core for tests of the hosts and the command line: no tunnels, but states that follow from a server's address.
 * `ask-key`, `ask-password`, `ask-codes`, `fails`, `waits`, `port-taken`; any other address comes up. What setting up
 * does there is in fake-setup.ts.
 */
import { randomUUID } from 'node:crypto';
import type { Core } from '../../main/core/core.ts';
import type { Host } from '../../main/core/ports.ts';
import {
  isCallName,
  type CallArgs,
  type CallName,
  type CallValue,
  type CoreEvent,
} from '../../main/shared/contract.ts';
import type { Finding } from '../../main/shared/doctor.ts';
import { done, failed, failure, type Failure, type Reply } from '../../main/shared/failure.ts';
import { redrafted, type Forward, type ForwardDraft } from '../../main/shared/forward.ts';
import { emptyHostsView, noHosts } from '../../main/shared/hosts.ts';
import type { LogEntry } from '../../main/shared/log.ts';
import { answerKindFor, type Prompt, type PromptBody } from '../../main/shared/prompt.ts';
import type { ServerDraft, ServerProfile } from '../../main/shared/server.ts';
import { defaultSettings } from '../../main/shared/settings.ts';
import type { ConnectionState, ForwardState, ServerView, Snapshot } from '../../main/shared/snapshot.ts';
import { createFakeEnvironment } from './fake-environment.ts';
import { fakeFound, foundMlflow } from './service-views.ts';
import { createFakeHosts } from './fake-hosts-calls.ts';
import { createFakeKeys } from './fake-keys.ts';
import { createFakeSetup } from './fake-setup.ts';

export interface FakeCore extends Core {
  /** Changes the snapshot and tells everybody. */
  update(change: (snapshot: Snapshot) => Snapshot): void;
  log(message: string, serverId?: string | null): void;
  readonly calls: readonly { readonly name: string; readonly args: unknown }[];
  readonly subscribers: number;
  readonly lookers: number;
  readonly stopped: boolean;
}

const fakeFindings = (serverId: string | null): readonly Finding[] => [
  {
    id: 'keychain',
    group: 'machine',
    title: 'Keychain',
    status: 'ok',
    seen: 'fake keychain keeps passwords.',
    hint: null,
    fix: null,
    serverId: null,
  },
  ...(serverId === null
    ? []
    : [
        {
          id: `${serverId}/port`,
          group: 'way',
          title: 'SSH port',
          status: 'broken',
          seen: 'It refuses.',
          hint: 'Is the port right?',
          fix: null,
          serverId,
        } as const,
      ]),
];

export const fakeFingerprint = 'SHA256:fakefakefakefakefakefakefakefakefakefakefak';

class Refusal extends Error {
  readonly failure: Failure;
  constructor(code: Failure['code'], message: string) {
    super(message);
    this.failure = failure(code, message);
  }
}

export function createFakeCore(host: Partial<Host> = {}): FakeCore {
  const listeners = new Map<(event: CoreEvent) => void, boolean>();
  const logs: LogEntry[] = [];
  const calls: { name: string; args: unknown }[] = [];
  let stopped = false;
  let snapshot: Snapshot = {
    revision: 1,
    coreId: randomUUID(),
    version: '0.0.0-fake',
    servers: [],
    prompts: [],
    settings: defaultSettings,
    keychain: { kind: 'ready', name: 'fake keychain' },
    network: { online: true },
    notices: [],
    doctor: null,
    desktop: null,
    hosts: { path: '/etc/hosts', isSystem: true, way: 'direct', failure: null, nameOrder: null, strays: [] },
    dataDir: '/fake',
  };

  const emit = (event: CoreEvent) => {
    for (const listener of listeners.keys()) listener(event);
  };
  const update: FakeCore['update'] = (change) => {
    snapshot = { ...change(snapshot), revision: snapshot.revision + 1 };
    emit({ name: 'snapshot.changed', payload: snapshot });
  };
  const log: FakeCore['log'] = (message, serverId = null) => {
    const entry: LogEntry = { seq: logs.length + 1, timeMs: Date.now(), level: 'info', serverId, message };
    logs.push(entry);
    emit({ name: 'log.added', payload: entry });
  };
  const server = (serverId: string): ServerView => {
    const found = snapshot.servers.find(({ profile }) => profile.id === serverId);
    if (!found) throw new Refusal('not-found', 'There is no such server.');
    return found;
  };
  const change = (serverId: string, with_: (view: ServerView) => ServerView) => {
    server(serverId);
    update((before) => ({
      ...before,
      servers: before.servers.map((each) => (each.profile.id === serverId ? with_(each) : each)),
    }));
  };
  const connect = (serverId: string, connection: ConnectionState) => {
    change(serverId, (view) => ({
      ...view,
      connection,
      forwards: view.profile.forwards.map((forward) => ({
        forwardId: forward.id,
        state: forwardState(view.profile, forward.wanted, connection),
        traffic: { bytesDown: 0, bytesUp: 0, clients: 0, held: 0 },
        service: null,
      })),
    }));
  };
  const up = (serverId: string) => {
    connect(serverId, { kind: 'up', sinceMs: Date.now(), software: 'SSH-2.0-Fake', cipher: 'none', latencyMs: 21 });
    log('Connected', serverId);
  };
  const addPrompt = (serverId: string, body: PromptBody): string => {
    const prompt: Prompt = { ...body, id: randomUUID(), serverId, createdMs: Date.now() };
    update((before) => ({ ...before, prompts: [...before.prompts, prompt] }));
    return prompt.id;
  };
  const ask = (serverId: string, body: PromptBody) => {
    connect(serverId, { kind: 'needs-you', sinceMs: Date.now(), promptId: addPrompt(serverId, body) });
  };
  const begin = (serverId: string) => {
    connect(serverId, { kind: 'connecting', sinceMs: Date.now(), attempt: 1, step: 'dialling' });
    setImmediate(() => {
      const { profile } = server(serverId);
      const where = { host: profile.address, user: profile.user };
      if (profile.address === 'ask-key') {
        ask(serverId, {
          kind: 'host-key-unknown',
          ...where,
          presented: { keyType: 'ssh-ed25519', fingerprint: fakeFingerprint },
        });
      } else if (profile.address === 'ask-password') ask(serverId, { kind: 'password', ...where, wasWrong: false });
      else if (profile.address === 'ask-codes') {
        const questions = [
          { text: 'Code: ', echo: false },
          { text: 'Again:\u001b[2J', echo: true },
        ];
        ask(serverId, { kind: 'codes', title: 'Second factor', instructions: '', questions });
      } else if (profile.address === 'fails') {
        const error = failure('login-rejected', 'The server did not take the login.', { hint: 'Check the user name.' });
        connect(serverId, { kind: 'failed', sinceMs: Date.now(), failure: error });
      } else if (profile.address === 'waits') {
        const error = failure('unreachable', 'No route to the server.');
        connect(serverId, {
          kind: 'waiting',
          sinceMs: Date.now(),
          retryAtMs: Date.now() + 60_000,
          attempt: 1,
          failure: error,
        });
      } else up(serverId);
    });
  };
  const makeProfile = (draft: ServerDraft): ServerProfile => ({
    ...draft,
    id: randomUUID(),
    wanted: false,
    demo: false,
    remembered: [],
    stacks: [],
    openRunId: null,
    hosts: noHosts,
    forwards: draft.forwards.map((each) => ({ ...each, id: randomUUID(), wanted: true })),
  });
  const add = (draft: ServerDraft): string => {
    if (snapshot.servers.some(({ profile }) => profile.name === draft.name)) {
      throw new Refusal('conflict', `There is a server called ${draft.name} already.`);
    }
    const view: ServerView = {
      profile: makeProfile(draft),
      connection: { kind: 'off' },
      forwards: [],
      secrets: [],
      run: null,
      newPorts: [],
      verify: null,
      hosts: emptyHostsView,
    };
    update((before) => ({ ...before, servers: [...before.servers, view] }));
    connect(view.profile.id, { kind: 'off' });
    return view.profile.id;
  };
  const setForwards = (serverId: string, forwards: ServerProfile['forwards']) => {
    change(serverId, (view) => ({ ...view, profile: { ...view.profile, forwards } }));
    connect(serverId, server(serverId).connection);
  };
  const setWanted = (serverId: string, on: boolean) => {
    if (server(serverId).profile.wanted === on) return;
    change(serverId, (view) => ({ ...view, profile: { ...view.profile, wanted: on } }));
    if (on) begin(serverId);
    else connect(serverId, { kind: 'off' });
  };
  const takePrompt = (promptId: string): Prompt => {
    const prompt = snapshot.prompts.find((each) => each.id === promptId);
    if (!prompt) throw new Refusal('not-found', 'There is no such question.');
    return prompt;
  };
  const dropPrompt = (promptId: string) => {
    update((before) => ({ ...before, prompts: before.prompts.filter((each) => each.id !== promptId) }));
  };
  const newForward = (draft: ForwardDraft) => ({ ...draft, id: randomUUID(), wanted: true });

  const setup = createFakeSetup({
    server,
    change,
    emit,
    ask: addPrompt,
    refuse: (code, message) => {
      throw new Refusal(code, message);
    },
  });

  const environment = createFakeEnvironment({
    server,
    refuse: ({ code, message }) => {
      throw new Refusal(code, message);
    },
  });
  const keys = createFakeKeys({
    server,
    change,
    refuse: (code, message) => {
      throw new Refusal(code, message);
    },
  });

  type Handlers = { [K in CallName]: (args: CallArgs<K>) => CallValue<K> | Promise<CallValue<K>> };
  const handlers: Handlers = {
    'snapshot.get': () => snapshot,
    'servers.add': ({ draft }) => ({ serverId: add(draft) }),
    'servers.edit': ({ serverId, draft }) => {
      change(serverId, (view) => ({ ...view, profile: { ...view.profile, ...draft } }));
      return {};
    },
    'servers.duplicate': ({ serverId }) => {
      const { profile } = server(serverId);
      return { serverId: add({ ...profile, name: `${profile.name} copy` }) };
    },
    'servers.move': ({ serverId, index }) => {
      const view = server(serverId);
      const others = snapshot.servers.filter((each) => each !== view);
      update((before) => ({ ...before, servers: [...others.slice(0, index), view, ...others.slice(index)] }));
      return {};
    },
    'servers.remove': ({ serverId }) => {
      server(serverId);
      update((before) => ({ ...before, servers: before.servers.filter(({ profile }) => profile.id !== serverId) }));
      return {};
    },
    'servers.parse-ssh': ({ line }) => {
      const match = /([\w-]+)@([\w.-]+)$/.exec(line);
      if (!match) throw new Refusal('invalid-argument', 'That is not an ssh line.');
      const [, user = '', address = ''] = match;
      const draft = { name: address, address, user, port: 22, login: { kind: 'auto' as const }, forwards: [] };
      return { draft, notes: line.includes('-X') ? ['-X, since Mooring shows no windows of the server'] : [] };
    },
    'servers.forget-secrets': ({ serverId }) => (server(serverId), {}),
    'forwards.add': ({ serverId, draft, forNames }) => {
      const forward: Forward = { ...newForward(draft), ...(forNames && { forNames }) };
      setForwards(serverId, [...server(serverId).profile.forwards, forward]);
      return { forwardId: forward.id };
    },
    'forwards.edit': ({ serverId, forwardId, draft }) => {
      const { forwards } = server(serverId).profile;
      setForwards(
        serverId,
        forwards.map((each) => (each.id === forwardId ? redrafted(each, draft) : each)),
      );
      return {};
    },
    'forwards.remove': ({ serverId, forwardId }) => {
      setForwards(
        serverId,
        server(serverId).profile.forwards.filter((each) => each.id !== forwardId),
      );
      return {};
    },
    'wanted.set': ({ serverId, forwardId, on }) => {
      if (forwardId === undefined) setWanted(serverId, on);
      else {
        const { forwards } = server(serverId).profile;
        setForwards(
          serverId,
          forwards.map((each) => (each.id === forwardId ? { ...each, wanted: on } : each)),
        );
        if (on) setWanted(serverId, true);
      }
      return {};
    },
    'wanted.set-all': ({ on }) => {
      for (const { profile } of snapshot.servers) setWanted(profile.id, on);
      return {};
    },
    'connection.retry': ({ serverId }) => {
      begin(serverId);
      return {};
    },
    'prompts.answer': ({ promptId, answer }) => {
      const prompt = takePrompt(promptId);
      if (answerKindFor[prompt.kind] !== answer.kind) throw new Refusal('invalid-argument', 'Not an answer to this.');
      dropPrompt(promptId);
      if (prompt.serverId === null) return {};
      if (setup.answered(promptId, answer.kind === 'secret' ? answer.secret : '')) return {};
      if (answer.kind === 'secret' && answer.secret !== 'right') {
        if (prompt.kind === 'password') ask(prompt.serverId, { ...prompt, wasWrong: true });
      } else up(prompt.serverId);
      return {};
    },
    'prompts.cancel': ({ promptId }) => {
      const prompt = takePrompt(promptId);
      dropPrompt(promptId);
      const error = failure('cancelled', 'The question was left unanswered.');
      if (prompt.serverId !== null) connect(prompt.serverId, { kind: 'failed', sinceMs: Date.now(), failure: error });
      return {};
    },
    'host-keys.expect': ({ serverId }) => (server(serverId), {}),
    'host-keys.write-known-hosts': ({ serverId }) => (server(serverId), { path: '~/.ssh/known_hosts', added: true }),
    'settings.set': ({ patch }) => {
      update((before) => ({ ...before, settings: { ...before.settings, ...patch } }));
      return snapshot.settings;
    },
    'keychain.probe': () => ({}),
    'notices.dismiss': () => ({}),
    'logs.get': ({ serverId, afterSeq = 0, limit = 5000 }) => ({
      entries: logs
        .filter((each) => each.seq > afterSeq && (serverId === undefined || each.serverId === serverId))
        .slice(-limit),
    }),
    'demo.start': () => {
      const serverId = add({
        name: 'demo',
        address: '127.0.0.1',
        port: 2222,
        user: 'demo',
        login: { kind: 'password' },
        forwards: [],
      });
      setWanted(serverId, true);
      return { serverId };
    },
    'demo.break': () => ({}),
    ...setup.handlers,
    'services.discover': ({ serverId }) => ({
      found: server(serverId).connection.kind === 'up' ? [...fakeFound] : [],
    }),
    'services.dismiss-new': ({ serverId }) => {
      change(serverId, (now) => ({ ...now, newPorts: [] }));
      return {};
    },
    'forwards.history': () => ({ everyMs: 5_000, samples: [] }),
    'forwards.clients': () => ({ clients: [{ pid: 4242, program: 'python3', connections: 2 }] }),
    'services.refresh': () => ({}),
    'services.check': ({ serverId, forwardId }) => {
      const view = server(serverId).forwards.find((each) => each.forwardId === forwardId);
      if (view?.state.kind !== 'up') throw new Refusal('conflict', 'The tunnel is not up.');
      const service = { ...foundMlflow, checkedMs: Date.now() };
      change(serverId, (now) => ({
        ...now,
        forwards: now.forwards.map((each) => (each.forwardId === forwardId ? { ...each, service } : each)),
      }));
      return { service };
    },
    ...environment,
    'doctor.start': ({ serverId }) => {
      const at = Date.now();
      const findings = fakeFindings(serverId ?? null);
      update((now) => ({
        ...now,
        doctor: { serverId: serverId ?? null, startedMs: at, endedMs: at, cancelled: false, stage: null, findings },
      }));
      return {};
    },
    'doctor.cancel': () => ({}),
    'doctor.tighten-key': ({ serverId }) => (server(serverId), {}),
    ...createFakeHosts({
      server,
      change,
      refuse: (code, message) => {
        throw new Refusal(code, message);
      },
    }),
    ...keys,
    'login-item.set': () => ({}),
    'updates.check': () => ({}),
    'updates.install': () => ({}),
    'report.make': () => ({ text: 'A report' }),
    'report.save': () => ({ path: '/fake/report.txt' }),
    'app.open-window': async ({ view }) => {
      const reply = await host.openWindow?.(view ?? null);
      if (reply && !reply.ok) throw new Refusal(reply.error.code, reply.error.message);
      return reply?.value ?? { url: null };
    },
    'app.quit': () => {
      host.quit?.();
      return {};
    },
  };

  return {
    start: () => Promise.resolve(),
    stop: () => {
      stopped = true;
      return Promise.resolve();
    },
    async call(name, args): Promise<Reply<unknown>> {
      calls.push({ name, args });
      if (!isCallName(name)) return failed(failure('unknown-call', `There is no call ${name}.`));
      try {
        return done(await (handlers[name] as (args: unknown) => unknown)(args));
      } catch (error) {
        if (error instanceof Refusal) return failed(error.failure);
        return failed(failure('invalid-argument', 'The arguments do not fit.'));
      }
    },
    snapshot: () => snapshot,
    note: () => undefined,
    subscribe(listener, { looking }) {
      listeners.set(listener, looking);
      return () => listeners.delete(listener);
    },
    update,
    log,
    calls,
    get subscribers() {
      return listeners.size;
    },
    get lookers() {
      return [...listeners.values()].filter((looking) => looking).length;
    },
    get stopped() {
      return stopped;
    },
  };
}

function forwardState(profile: ServerProfile, wanted: boolean, connection: ConnectionState): ForwardState {
  if (!wanted || !profile.wanted) return { kind: 'off' };
  if (profile.address === 'port-taken') {
    const holder = { pid: 4711, program: 'AirPlay' };
    const error = failure('port-taken', 'AirPlay holds the port.', { hint: 'Choose another port.' });
    return { kind: 'port-taken', failure: error, holder, freePort: 5002 };
  }
  return connection.kind === 'up' ? { kind: 'up', checked: true } : { kind: 'holding' };
}
