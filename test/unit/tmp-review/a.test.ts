import { describe, expect, it } from 'vitest';
import { CoreDouble, labVm, otherKey, presentedKey } from './double.ts';
import { settle } from '../../support/fake-clock.ts';
import { done, failure } from '../../../main/shared/failure.ts';

function gate() { let open!: () => void; const p = new Promise<void>((r) => (open = r)); return { p, open }; }

describe('H1 late ask', () => {
  it('stop while the keychain is being read: no prompt, state off', async () => {
    const g = gate();
    const app = new CoreDouble({ patch: (p) => ({ ...p, keychain: { ...p.keychain, get: async () => { await g.p; return done(null); } } }) });
    const serverId = await app.startLabVm();
    await app.reachLogin();
    expect(app.connection.kind).toBe('connecting');
    await app.call('wanted.set', { serverId, on: false });
    expect(app.connection).toEqual({ kind: 'off' });
    g.open(); await settle();
    console.log('H1a', JSON.stringify(app.connection), JSON.stringify(app.core.snapshot().prompts));
    expect(app.connection).toEqual({ kind: 'off' });
  });
  it('remove while the keychain is being read', async () => {
    const g = gate();
    const app = new CoreDouble({ patch: (p) => ({ ...p, keychain: { ...p.keychain, get: async () => { await g.p; return done(null); } } }) });
    const serverId = await app.startLabVm();
    await app.reachLogin();
    await app.call('servers.remove', { serverId });
    g.open(); await settle();
    console.log('H1b', JSON.stringify(app.core.snapshot().prompts));
    expect(app.core.snapshot().prompts).toEqual([]);
  });
  it('link lost while the keychain is being read', async () => {
    const g = gate();
    const app = new CoreDouble({ patch: (p) => ({ ...p, keychain: { ...p.keychain, get: async () => { await g.p; return done(null); } } }) });
    await app.startLabVm();
    await app.reachLogin();
    await app.lose('link-lost');
    expect(app.connection.kind).toBe('waiting');
    g.open(); await settle();
    console.log('H3 state', JSON.stringify(app.connection.kind), app.core.snapshot().prompts.length);
    await app.clock.pass(1000);
    console.log('H3 later', JSON.stringify(app.connection), app.core.snapshot().prompts.length);
    await app.reachLogin();
    console.log('H3 second', JSON.stringify(app.connection), app.core.snapshot().prompts.map((e) => e.kind));
    expect(app.core.snapshot().prompts.length).toBe(1);
  });
  it('address edited while known_hosts is being read: the old key is asked for against the new attempt', async () => {
    const g = gate(); let slow = false;
    const app = new CoreDouble({ patch: (p) => ({ ...p, knownHosts: { ...p.knownHosts, find: async () => { if (slow) { slow = false; await g.p; } return []; } } }) });
    await app.core.start();
    const { serverId } = await app.call('servers.add', { draft: labVm });
    await app.call('wanted.set', { serverId, on: true });
    const first = app.engine.connectionId;
    slow = true;
    app.engine.emit({ kind: 'host-key', connectionId: first, ...presentedKey });
    await settle();
    const { forwards: _f, ...rest } = labVm;
    await app.call('servers.edit', { serverId, draft: { ...rest, address: '192.0.2.99' } });
    expect(app.engine.connectionId).not.toBe(first);
    g.open(); await settle();
    console.log('H1d', JSON.stringify(app.connection), JSON.stringify(app.core.snapshot().prompts.map((e: any) => [e.kind, e.host])));
    const p = app.core.snapshot().prompts[0]!;
    await app.call('prompts.answer', { promptId: p.id, answer: { kind: 'accept-host-key', fingerprint: presentedKey.fingerprint, alsoKnownHosts: false } });
    console.log('H1d after', JSON.stringify(app.connection), JSON.stringify(app.files.hostKeys.saved));
    expect(app.core.snapshot().prompts).toEqual([]);
  });
});

describe('H8 late keep', () => {
  it('server removed while its password is being kept', async () => {
    const g = gate();
    const app = new CoreDouble({ patch: (p) => ({ ...p, keychain: { ...p.keychain, probe: async () => { await g.p; return { kind: 'ready', name: 'x' }; }, get: p.keychain.get } }) });
    const serverId = await app.startLabVm({ ...labVm, login: { kind: 'key', path: '~/k' } });
    app.privateKeys.set('~/k', (pp) => pp === null ? { kind: 'needs-passphrase' } : { kind: 'ready', pem: 'PEM', keyType: 'x' });
    await app.reachLogin(['publickey']);
    console.log('H8 waits', app.connection.kind, app.core.snapshot().prompts.length);
    g.open(); await settle();
    void serverId;
  });
  it('two secrets: remove between', async () => {
    const g = gate();
    const store = new Map<string, string>();
    const app = new CoreDouble({ patch: (p) => ({ ...p, keychain: { ...p.keychain, get: async () => done(null), set: async (a: string, s: string) => { if (a.endsWith('passphrase')) await g.p; store.set(a, s); return done(null); }, delete: async (a: string) => { store.delete(a); return done(null); } } }) });
    app.privateKeys.set('~/k', (pp) => pp === null ? { kind: 'needs-passphrase' } : { kind: 'ready', pem: 'PEM', keyType: 'x' });
    app.defaultKeys = ['~/k'];
    const serverId = await app.startLabVm({ ...labVm, login: { kind: 'auto' } });
    await app.reachLogin(['publickey', 'password']);
    await app.refuse();
    await app.call('prompts.answer', { promptId: app.prompt('passphrase').id, answer: { kind: 'secret', secret: 'pp', remember: true } });
    await app.refuse(['password'], true);
    await app.call('prompts.answer', { promptId: app.prompt('password').id, answer: { kind: 'secret', secret: 'pw', remember: true } });
    await app.accept();
    const removing = app.core.call('servers.remove', { serverId });
    await settle();
    g.open(); await removing; await settle();
    console.log('H8b left in keychain', [...store]);
    expect(store.size).toBe(0);
  });
});

describe('H9 address edit', () => {
  it('sends the kept password of the old address to the new one without asking', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const { forwards: _f, ...rest } = labVm;
    await app.call('servers.edit', { serverId, draft: { ...rest, address: 'other.example', user: 'root' } });
    const { engine } = app; const { connectionId } = engine;
    console.log('H9 dial', engine.last('connect').host, engine.last('connect').user);
    engine.emit({ kind: 'host-key', connectionId, ...otherKey }); await settle();
    await app.call('prompts.answer', { promptId: app.prompt('host-key-unknown').id, answer: { kind: 'accept-host-key', fingerprint: otherKey.fingerprint, alsoKnownHosts: false } });
    engine.emit({ kind: 'login-wanted', connectionId, methods: null, partial: false, trouble: null }); await settle();
    await app.refuse(['password']);
    console.log('H9 sent', JSON.stringify(engine.last('try-login')));
    expect(engine.last('try-login').login?.kind).not.toBe('password');
  });
});

describe('H25 questions loop', () => {
  it('the same kept password is sent again and again within one conversation', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keychain.set(`server/${serverId}/password`, 'old');
    await app.reachLogin(['keyboard-interactive']);
    const { connectionId } = app.engine;
    for (let i = 0; i < 20; i += 1) {
      app.engine.emit({ kind: 'questions', connectionId, title: '', instructions: '', questions: [{ text: 'Password: ', echo: false }] });
      await settle();
    }
    console.log('H25 sent', app.engine.all('answer-questions').length, app.core.snapshot().prompts.length);
    expect(app.engine.all('answer-questions').length).toBeLessThan(3);
  });
  it('expired password: sent for ever', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keychain.set(`server/${serverId}/password`, 'old');
    await app.reachLogin(['password']);
    const { connectionId } = app.engine;
    for (let i = 0; i < 50; i += 1) {
      app.engine.emit({ kind: 'login-wanted', connectionId, methods: ['password'], partial: false, trouble: failure('login-rejected', 'The password has expired') });
      await settle();
    }
    console.log('H25b sent', app.engine.all('try-login').filter((e) => e.login?.kind === 'password').length);
    expect(app.engine.all('try-login').filter((e) => e.login?.kind === 'password').length).toBeLessThan(3);
  });
  it('right password, wrong code', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keychain.set(`server/${serverId}/password`, 'right');
    await app.reachLogin(['keyboard-interactive']);
    const { connectionId } = app.engine;
    app.engine.emit({ kind: 'questions', connectionId, title: '', instructions: '', questions: [{ text: 'Password: ', echo: false }] });
    await settle();
    app.engine.emit({ kind: 'questions', connectionId, title: '', instructions: '', questions: [{ text: 'Verification code: ', echo: false }] });
    await settle();
    await app.call('prompts.answer', { promptId: app.prompt('codes').id, answer: { kind: 'codes', answers: ['000000'] } });
    await app.refuse(['keyboard-interactive']);
    app.engine.emit({ kind: 'questions', connectionId, title: '', instructions: '', questions: [{ text: 'Password: ', echo: false }] });
    await settle();
    console.log('H26', JSON.stringify(app.core.snapshot().prompts.map((p: any) => [p.kind, p.wasWrong])), app.log.map((e) => e.message).filter((m) => m.includes('password')));
    expect(app.core.snapshot().prompts).toEqual([]);
  });
});
