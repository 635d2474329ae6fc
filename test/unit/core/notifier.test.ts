/** What is told by desktop notifications: each event once, several at once as one, nothing that was done on purpose. */
import { describe, expect, it } from 'vitest';
import { decideNotes, noMemory } from '../../../main/core/desktop/notifier-decisions.ts';
import type { Desktop } from '../../../main/core/desktop/desktop-ports.ts';
import type { PromptBody } from '../../../main/shared/prompt.ts';
import type { ConnectionState, Snapshot } from '../../../main/shared/snapshot.ts';
import { CoreDouble } from '../../support/core-double.ts';
import { settle } from '../../support/fake-clock.ts';
import { connecting, off, rejected, serverOf, snapshotOf, up, waiting } from '../../support/snapshots.ts';

type State = ConnectionState | PromptBody;

const password: PromptBody = { kind: 'password', user: 'ada', host: '192.0.2.1', wasWrong: false };
const code: PromptBody = { kind: 'codes', title: '', instructions: '', questions: [{ text: 'Code:', echo: false }] };
const keyChanged: PromptBody = {
  kind: 'host-key-changed',
  host: '192.0.2.1',
  presented: { keyType: 'ssh-ed25519', fingerprint: 'SHA256:x' },
  known: [],
};
const confirm: PromptBody = {
  kind: 'confirm',
  title: 'The login to lab-vm did not work',
  message: '',
  confirmLabel: 'Try again',
  destructive: false,
};
const cancelled: ConnectionState = {
  kind: 'failed',
  sinceMs: 0,
  failure: { code: 'cancelled', message: 'The login was cancelled.' },
};

const isPrompt = (state: State): state is PromptBody => !('sinceMs' in state) && state.kind !== 'off';

/** Plays states against the decisions and keeps what is on the screen. Times in seconds. */
class Screen {
  #memory = noMemory;
  #servers: Readonly<Record<string, State>> = {};
  #settings: Partial<Snapshot['settings']> = {};
  #more: Partial<Snapshot> = {};
  #promptIds = new Map<PromptBody | string, string>();
  #nowMs = 1_000_000;
  #nextMs: number | null = null;
  /** Everything ever shown, as titles. */
  readonly shown: string[] = [];
  /** Key → title, of what is to be seen now. */
  readonly open = new Map<string, string>();
  bodies: string[] = [];
  looks = 0;

  /** Servers by name; those not named stay as they are. */
  set(servers: Readonly<Record<string, State>>): this {
    for (const name of Object.keys(servers)) {
      if (servers[name] !== this.#servers[name]) this.#promptIds.delete(name);
    }
    this.#servers = { ...this.#servers, ...servers };
    this.#look();
    return this;
  }

  remove(name: string): this {
    const { [name]: _gone, ...rest } = this.#servers;
    this.#servers = rest;
    this.#look();
    return this;
  }

  notifications(on: boolean): this {
    this.#settings = { notifications: on };
    this.#look();
    return this;
  }

  with(more: Partial<Snapshot>): this {
    this.#more = more;
    return this;
  }

  pass(seconds: number): this {
    const endMs = this.#nowMs + seconds * 1000;
    while (this.#nextMs !== null && this.#nextMs <= endMs) {
      this.#nowMs = this.#nextMs;
      this.#look();
    }
    this.#nowMs = endMs;
    return this;
  }

  /** No timer runs meanwhile; what is overdue runs at the wake. */
  sleep(seconds: number): this {
    this.#nowMs += seconds * 1000;
    if (this.#nextMs !== null) this.#nextMs = Math.max(this.#nextMs, this.#nowMs);
    return this.pass(0);
  }

  get isWaiting(): boolean {
    return this.#nextMs !== null;
  }

  #look(): void {
    this.looks += 1;
    const names = Object.keys(this.#servers);
    const prompts = names.flatMap((name) => {
      const state = this.#servers[name];
      if (!state || !isPrompt(state)) return [];
      const id = this.#promptIds.get(name) ?? `p${String(this.looks)}-${name}`;
      this.#promptIds.set(name, id);
      return [{ ...state, id, serverId: name === 'app' ? null : `s-${name}`, createdMs: 0 }];
    });
    const servers = names.flatMap((name) => {
      const state = this.#servers[name];
      if (!state || name === 'app') return [];
      const connection = isPrompt(state) ? ({ kind: 'needs-you', sinceMs: 0, promptId: '' } as const) : state;
      return [serverOf({ name, connection })];
    });
    const base = snapshotOf({ servers, prompts, ...this.#more });
    const snapshot = { ...base, settings: { ...base.settings, ...this.#settings } };
    const { memory, show, withdraw, nextLookMs } = decideNotes(this.#memory, snapshot, this.#nowMs);
    this.#memory = memory;
    this.#nextMs = nextLookMs === null ? null : this.#nowMs + nextLookMs;
    for (const key of withdraw) this.open.delete(key);
    for (const { key, title, body } of show) {
      this.shown.push(title);
      this.bodies.push(body);
      this.open.set(key, title);
    }
  }
}

const many = (count: number, state: State) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`vm-${String(index)}`, state]));

describe('a question', () => {
  it.each([
    ['password', password, 'lab-vm needs you: password'],
    ['one-time code', code, 'lab-vm needs you: an answer'],
    ['changed host key', keyChanged, 'lab-vm needs you: the host key has changed'],
    ['failed login', confirm, 'lab-vm needs you'],
  ])('about a %s is told once and taken back when answered', (_what, prompt, title) => {
    const screen = new Screen().set({ 'lab-vm': connecting }).set({ 'lab-vm': prompt }).pass(2);
    expect(screen.shown).toEqual([title]);
    screen.set({ 'lab-vm': prompt }).pass(3600);
    expect(screen.shown).toHaveLength(1);
    expect(screen.open.size).toBe(1);
    screen.set({ 'lab-vm': connecting });
    expect(screen.open.size).toBe(0);
  });

  it('that is answered at once is not told', () => {
    expect(new Screen().set({ a: password }).pass(1).set({ a: up }).pass(60).shown).toEqual([]);
  });

  it('is told again when it is another one', () => {
    const screen = new Screen().set({ a: password }).pass(2).set({ a: code }).pass(2);
    expect(screen.shown).toEqual(['a needs you: password', 'a needs you: an answer']);
    expect([...screen.open.values()]).toEqual(['a needs you: an answer']);
  });

  it('of the app itself is not told: it follows from what was just done', () => {
    expect(new Screen().set({ app: confirm }).pass(60).shown).toEqual([]);
  });

  it('says when the keychain is locked', () => {
    const failure = { code: 'keychain-failed', message: 'The keychain is locked.' } as const;
    const screen = new Screen()
      .with({ keychain: { kind: 'locked', name: 'Keyring', failure } })
      .set({ a: password })
      .pass(2);
    expect(screen.bodies[0]).toContain('The keychain is locked');
  });

  it('of thirty servers at once is one notification, and a straggler joins it', () => {
    const screen = new Screen().set(many(30, password)).pass(2);
    expect(screen.shown).toEqual(['30 servers need you']);
    expect(screen.bodies).toEqual(['vm-0, vm-1, vm-2, vm-3 and 26 more.']);
    // With a little more time, for others may follow.
    screen.set({ late: password }).pass(4);
    expect(screen.shown).toHaveLength(1);
    screen.pass(2);
    expect(screen.shown).toEqual(['30 servers need you', '31 servers need you']);
    expect(screen.open.size).toBe(1);
    screen.set({ ...many(30, up), late: up });
    expect(screen.open.size).toBe(0);
  });
});

describe('a loss', () => {
  it('is told after half a minute, once, and its return once', () => {
    const screen = new Screen().set({ a: up }).set({ a: waiting }).pass(29);
    expect(screen.shown).toEqual([]);
    screen.pass(1);
    expect(screen.shown).toEqual(['a is not connected']);
    for (let round = 0; round < 50; round += 1) screen.set({ a: connecting }).pass(5).set({ a: waiting }).pass(5);
    expect(screen.shown).toHaveLength(1);
    screen.set({ a: up }).pass(60);
    expect(screen.shown).toEqual(['a is not connected', 'a is connected again']);
    expect([...screen.open.values()]).toEqual(['a is connected again']);
    expect(screen.isWaiting).toBe(false);
    screen.set({ a: waiting }).pass(31);
    expect(screen.shown).toHaveLength(3);
  });

  it.each([
    ['shorter than that', () => new Screen().set({ a: up }).set({ a: waiting }).pass(25).set({ a: up }).pass(60)],
    ['of what was never up', () => new Screen().set({ a: connecting }).pass(5).set({ a: waiting }).pass(3600)],
    ['by switching off', () => new Screen().set({ a: up }).set({ a: waiting }).pass(5).set({ a: off }).pass(60)],
    [
      'of a server that was removed',
      () => new Screen().set({ a: up }).set({ a: waiting }).pass(5).remove('a').pass(60),
    ],
    [
      'that a question follows',
      () => new Screen().set({ a: up }).set({ a: waiting }).pass(9).set({ a: code }).set({ a: up }).pass(60),
    ],
  ])('%s is not told', (_what, play) => {
    const screen = play();
    expect(screen.shown).toEqual([]);
    expect(screen.isWaiting).toBe(false);
  });

  it('that was told is taken back when the server is switched off, and has no return', () => {
    const screen = new Screen().set({ a: up }).set({ a: waiting }).pass(31).set({ a: off });
    expect(screen.open.size).toBe(0);
    screen.set({ a: connecting }).set({ a: up }).pass(60);
    expect(screen.shown).toHaveLength(1);
  });

  it('is counted from the wake: hours of sleep are no loss', () => {
    const screen = new Screen()
      .set({ a: up })
      .set({ a: waiting })
      .pass(10)
      .sleep(8 * 3600);
    expect(screen.shown).toEqual([]);
    screen.pass(10).set({ a: up }).pass(60);
    expect(screen.shown).toEqual([]);
    screen.set({ a: waiting }).pass(10).sleep(3600).pass(29);
    expect(screen.shown).toEqual([]);
    screen.pass(1);
    expect(screen.shown).toHaveLength(1);
  });

  it('of thirty servers is one notification, and so is their return, though they go and come one by one', () => {
    const screen = new Screen().set(many(30, up)).with({ network: { online: false } });
    for (let index = 0; index < 30; index += 1) screen.set({ [`vm-${String(index)}`]: waiting }).pass(0.1);
    screen.pass(60);
    expect(screen.shown).toEqual(['30 servers are not connected']);
    expect(screen.bodies[0]).toContain('This computer is offline.');
    for (let index = 0; index < 30; index += 1) screen.set({ [`vm-${String(index)}`]: up }).pass(0.1);
    screen.pass(60);
    expect(screen.shown).toEqual(['30 servers are not connected', '30 servers are connected again']);
    expect(screen.open.size).toBe(1);
  });

  it('of one server is not held up by others that are lost a good deal later', () => {
    const screen = new Screen().set({ a: up, b: up, c: up }).set({ a: waiting }).pass(10).set({ b: waiting }).pass(10);
    screen.set({ c: waiting }).pass(15);
    expect(screen.shown).toEqual(['a is not connected']);
    screen.pass(60);
    expect(screen.shown).toHaveLength(3);
  });

  it('whose servers do not all return is told for those that do, and the rest later', () => {
    const screen = new Screen().set({ a: up, b: up }).set({ a: waiting, b: waiting }).pass(31).set({ a: up }).pass(6);
    expect(screen.shown).toEqual(['2 servers are not connected', 'a is connected again']);
    expect(screen.open.has('links')).toBe(true);
    screen.set({ b: up }).pass(6);
    expect(screen.shown.at(-1)).toBe('b is connected again');
    expect(screen.open.has('links')).toBe(false);
  });

  it('that comes again before its return was told stays the same loss', () => {
    const screen = new Screen().set({ a: up, b: up }).set({ a: waiting, b: waiting }).pass(31);
    screen.set({ a: up }).pass(2).set({ a: waiting }).pass(3600);
    expect(screen.shown).toHaveLength(1);
  });
});

describe('a failure', () => {
  it('is told once, and taken back when it is tried again', () => {
    const screen = new Screen().set({ a: up }).set({ a: connecting }).set({ a: rejected }).pass(3600);
    expect(screen.shown).toEqual(['a can’t be connected']);
    expect(screen.set({ a: connecting }).open.size).toBe(0);
  });

  it.each([
    ['a question that was cancelled', () => new Screen().set({ a: confirm }).set({ a: rejected })],
    ['a login that was cancelled', () => new Screen().set({ a: connecting }).set({ a: cancelled })],
  ])('that comes from %s is not told', (_what, play) => {
    expect(play().pass(3600).shown).toEqual([]);
  });

  it('of several at once is one notification', () => {
    expect(new Screen().set(many(3, connecting)).set(many(3, rejected)).pass(60).shown).toEqual([
      '3 servers can’t be connected',
    ]);
  });
});

describe('switched off', () => {
  it('nothing is told, what stands is taken back, and nothing is replayed afterwards', () => {
    const screen = new Screen().set({ a: up, b: password, c: up }).pass(2).set({ a: waiting }).pass(31);
    expect(screen.open.size).toBe(2);
    screen.notifications(false);
    expect(screen.open.size).toBe(0);
    screen.set({ c: rejected }).pass(60).notifications(true).pass(3600);
    expect(screen.shown).toHaveLength(2);
    screen.set({ a: up }).pass(60);
    expect(screen.shown).toHaveLength(2);
    screen.set({ a: waiting }).pass(60);
    expect(screen.shown.at(-1)).toBe('a is not connected');
  });
});

describe('in the core', () => {
  function desktop() {
    const notes = new Map<string, { title: string; click: () => void }>();
    const told: string[] = [];
    const port: Desktop = {
      loginItem: {
        read: () => Promise.resolve({ kind: 'off' }),
        set: () => Promise.resolve({ kind: 'off' }),
        refresh: () => Promise.resolve({ kind: 'off' }),
      },
      notifications: {
        show: ({ key, title }, click) => {
          told.push(title);
          notes.set(key, { title, click });
        },
        withdraw: (key) => notes.delete(key),
      },
      updates: {
        listen: () => () => undefined,
        setOn: () => undefined,
        check: () => undefined,
        install: () => undefined,
      },
      tray: { listen: () => () => undefined },
      clipboard: { read: () => Promise.resolve(''), write: () => Promise.resolve() },
    };
    return { port, notes, told };
  }

  it('a click leads to the server, and nothing is left at the end', async () => {
    const { port, notes, told } = desktop();
    const app = new CoreDouble({ desktop: port });
    const serverId = await app.startLabVm();
    await app.reachLogin();
    await app.clock.pass(2000);
    expect(told).toEqual(['lab-vm needs you: password']);
    [...notes.values()][0]?.click();
    await settle();
    expect(app.openedViews).toEqual([{ kind: 'server', serverId }]);
    await app.core.stop();
    expect(notes.size).toBe(0);
    expect(app.clock.pending).toBe(0);
  });

  it('tells a loss and the return, through sleep and network', async () => {
    const { port, told } = desktop();
    const app = new CoreDouble({ desktop: port });
    await app.bringUp();
    await app.clock.pass(60_000);
    await app.lose();
    await app.clock.pass(5000);
    await app.clock.sleep(8 * 3600_000);
    await app.clock.pass(20_000);
    expect(told).toEqual([]);
    await app.clock.pass(11_000);
    expect(told).toEqual(['lab-vm is not connected']);
    await app.reachLogin();
    await app.accept();
    await app.clock.pass(1000);
    expect(told).toEqual(['lab-vm is not connected', 'lab-vm is connected again']);
  });

  it('keeps quiet when the setting says so', async () => {
    const { port, told } = desktop();
    const app = new CoreDouble({ desktop: port });
    await app.startLabVm();
    await app.call('settings.set', { patch: { notifications: false } });
    await app.reachLogin();
    await app.clock.pass(60_000);
    expect(told).toEqual([]);
  });
});
