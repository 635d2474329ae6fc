import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallArgs, CallName, CallValue } from '../../../../main/shared/contract.ts';
import { failed, failure, type Failure, type Reply } from '../../../../main/shared/failure.ts';
import { forwardDraftOf } from '../../../../main/shared/forward.ts';
import type { HostsName, HostsView, HostsWish } from '../../../../main/shared/hosts.ts';
import { CoreDouble, labVm } from '../../../support/core-double.ts';
import { settle } from '../../../support/fake-clock.ts';

const names: readonly HostsName[] = ['mlflow-server.local', 'grafana-server.local'].map((name) => ({
  name,
  to: { kind: 'tunnel' },
}));
const wish: HostsWish = { on: true, names };
const before = '127.0.0.1 localhost\n';

let app: CoreDouble;
let serverId: string;
/** Our block as it is wished, and as somebody else may have it. */
let written: string;
let theirs: string;

beforeEach(async () => {
  app = new CoreDouble();
  await app.core.start();
  serverId = (await app.call('servers.add', { draft: labVm })).serverId;
  await settle();
  written = block('127.0.0.1 mlflow-server.local', '127.0.0.1 grafana-server.local');
  theirs = block('10.9.9.9 mlflow-server.local');
});
afterEach(async () => {
  await app.core.stop();
  expect(app.hosts.watchers).toBe(0);
  expect(app.hosts.closed).toBe(true);
});

const view = (): HostsView => app.server().hosts;
const file = () => app.core.snapshot().hosts;
const block = (...lines: readonly string[]) =>
  `${[`# BEGIN mooring ${serverId} lab-vm`, ...lines, `# END mooring ${serverId}`].join('\n')}\n`;

async function refused<K extends CallName>(name: K, args: CallArgs<K>): Promise<Failure> {
  const reply = (await app.core.call(name, args)) as Reply<CallValue<K>>;
  await settle();
  if (reply.ok) throw new Error(`${name} was done`);
  return reply.error;
}
const set = (hosts: HostsWish = wish, more: { confirmed?: boolean } = {}) =>
  app.call('hosts.set', { serverId, hosts, ...more });
async function apply(): Promise<void> {
  await set();
  expect(await app.call('hosts.apply', { serverId })).toEqual({ kind: 'written' });
}

describe('names that are wished', () => {
  it('are saved, and are not in the file until somebody writes it', async () => {
    await set();
    expect(app.hosts.text).toBe(before);
    expect(view()).toMatchObject({ inFile: null, pending: true, drift: null });
    expect(view().wished).toEqual(['127.0.0.1 mlflow-server.local', '127.0.0.1 grafana-server.local']);
    const next = new CoreDouble({ inherit: app });
    await next.core.start();
    expect(next.server().profile.hosts).toEqual(wish);
    await next.core.stop();
  });

  it('are judged here as well, in small letters, with this machine’s own left out', async () => {
    await set({ on: true, names: [{ name: 'MLflow.Local', to: { kind: 'tunnel' } }] });
    expect(app.server().profile.hosts.names[0]?.name).toBe('mlflow.local');
    for (const name of ['a b', '$(id)', 'localhost', 'thinkpad', 'x.', 'ü']) {
      const error = await refused('hosts.set', {
        serverId,
        hosts: { on: true, names: [{ name, to: { kind: 'tunnel' } }] },
      });
      expect(error).toMatchObject({ code: 'invalid-argument', fields: [{ path: 'hosts.names.0.name' }] });
    }
  });

  it('lead elsewhere only when that is confirmed', async () => {
    const foreign: HostsWish = { on: true, names: [{ name: 'a', to: { kind: 'address', address: '10.1.2.3' } }] };
    expect(await refused('hosts.set', { serverId, hosts: foreign })).toMatchObject({ code: 'needs-you' });
    await set(foreign, { confirmed: true });
    // Once is enough, and the server's own address needs no word.
    await set({ ...foreign, on: false });
    await set({
      on: true,
      names: [
        { name: 'b', to: { kind: 'address', address: '192.0.2.10' } },
        { name: 'c', to: { kind: 'server' } },
      ],
    });
    expect(view().wished).toEqual(['192.0.2.10 b', '192.0.2.10 c']);
  });

  it('lead to a server that is known by a name, as far as that is known', async () => {
    const { serverId: other } = await app.call('servers.add', {
      draft: { ...labVm, name: 'named', address: 'lab.example.org' },
    });
    await app.call('hosts.set', {
      serverId: other,
      hosts: { on: true, names: [{ name: 'a', to: { kind: 'server' } }] },
    });
    expect(app.server('named').hosts).toMatchObject({ wished: null, pending: true });
    expect(await refused('hosts.apply', { serverId: other })).toMatchObject({ code: 'address-unknown' });
    app.hosts.names.set('lab.example.org', ['2001:db8::1', '192.0.2.9']);
    expect(await app.call('hosts.apply', { serverId: other })).toEqual({ kind: 'written' });
    expect(app.hosts.text).toContain('\n192.0.2.9 a\n');
  });

  it('follow the tunnel’s own address, and have one for IPv6 on a Mac', async () => {
    app.hosts.platform = 'darwin';
    await set();
    const draft = {
      label: 'Web',
      service: 'http',
      bind: { address: '127.0.0.2', port: 8080, alsoIpv6: false },
      target: { host: 'localhost', port: 80 },
    } as const;
    await app.call('forwards.add', { serverId, draft });
    expect(view().wished?.slice(0, 2)).toEqual(['127.0.0.2 mlflow-server.local', '::1 mlflow-server.local']);
    const { tunnel } = await app.call('hosts.get', { serverId });
    expect(tunnel.draft?.bind).toEqual({ address: '127.0.0.2', port: 8080, alsoIpv6: true });
  });

  it('are not on in a copy of the server', async () => {
    await set();
    await app.call('servers.duplicate', { serverId });
    expect(app.server('lab-vm 2').profile.hosts).toEqual({ on: false, names });
  });
});

describe('writing', () => {
  it('puts our block behind the others, and a second time asks nobody', async () => {
    app.hosts.writable = false;
    await apply();
    expect(app.hosts.text).toBe(before + written);
    expect(app.hosts.asked).toBe(1);
    expect(view()).toMatchObject({ pending: false, drift: null, writing: false, failure: null });
    expect(await app.call('hosts.apply', { serverId })).toEqual({ kind: 'unchanged' });
    expect(app.hosts.asked).toBe(1);
    expect(file().way).toBe('pkexec');
  });

  it('shows the change first, and writes no other file than that one', async () => {
    await set();
    const diff = await app.call('hosts.diff', { serverId });
    expect(diff).toMatchObject({ changes: true, way: 'direct' });
    expect(diff.lines.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'same 127.0.0.1 localhost',
      ...written
        .trimEnd()
        .split('\n')
        .map((line) => `add ${line}`),
    ]);
    expect(diff.byHand.command).toContain("| sudo tee -a '/etc/hosts'");
    app.hosts.edit((text) => `${text}10.0.0.1 new\n`);
    expect(await refused('hosts.apply', { serverId, from: diff.from })).toMatchObject({ code: 'conflict' });
    const again = await app.call('hosts.diff', { serverId });
    expect(await app.call('hosts.apply', { serverId, from: again.from })).toEqual({ kind: 'written' });
    expect(app.hosts.text).toBe(`${before}10.0.0.1 new\n${written}`);
    expect((await app.call('hosts.diff', { serverId })).changes).toBe(false);
  });

  it('that a person refuses loses nothing', async () => {
    app.hosts.writable = false;
    app.hosts.answer = { kind: 'cancelled' };
    await set();
    expect(await app.call('hosts.apply', { serverId })).toEqual({ kind: 'cancelled' });
    expect(app.hosts.text).toBe(before);
    expect(view()).toMatchObject({ pending: true, failure: null });
    expect((await app.call('hosts.history', {})).entries).toEqual([]);
    app.hosts.answer = null;
    expect(await app.call('hosts.apply', { serverId })).toEqual({ kind: 'written' });
  });

  it('by hand is told line by line where nobody can be asked', async () => {
    app.hosts.writable = false;
    app.hosts.answer = { kind: 'unavailable', reason: 'There is no pkexec here.' };
    await set();
    const outcome = await app.call('hosts.apply', { serverId });
    expect(outcome).toMatchObject({ kind: 'by-hand', reason: 'There is no pkexec here.' });
    if (outcome.kind === 'by-hand') expect(`${outcome.byHand.lines.join('\n')}\n`).toBe(written);
  });

  it('waits for nobody else: one question at a time', async () => {
    app.hosts.writable = false;
    let answer: () => void = () => undefined;
    app.hosts.question = new Promise((resolve) => (answer = resolve));
    await set();
    const first = app.core.call('hosts.apply', { serverId });
    await settle();
    expect(view().writing).toBe(true);
    expect(await refused('hosts.apply', { serverId })).toMatchObject({ code: 'conflict' });
    answer();
    expect(await first).toEqual({ ok: true, value: { kind: 'written' } });
    await settle();
    expect(view().writing).toBe(false);
    expect(app.hosts.asked).toBe(1);
  });

  it('that fails is told until the next one', async () => {
    app.hosts.writable = false;
    app.hosts.answer = { kind: 'failed', failure: failure('storage-failed', 'The disk is full.') };
    await set();
    expect(await refused('hosts.apply', { serverId })).toMatchObject({ code: 'storage-failed' });
    expect(view().failure?.message).toBe('The disk is full.');
    app.hosts.answer = null;
    await app.call('hosts.apply', { serverId });
    expect(view().failure).toBeNull();
  });

  it('is refused where markers are broken, with the line', async () => {
    app.hosts.edit((text) => `${text}# END mooring x\n`);
    await set();
    for (const call of ['hosts.apply', 'hosts.diff', 'hosts.remove', 'hosts.keep-theirs'] as const) {
      const error = await refused(call, { serverId });
      expect(error.message).toBe('Line 2 ends a block that was not begun, so Mooring does not write /etc/hosts.');
    }
    expect(file().failure?.message).toContain('Line 2');
    expect(app.hosts.writes).toEqual([]);
  });

  it('tells nothing of lines that may be ours where markers are broken', async () => {
    await apply();
    app.hosts.edit((text) => text.replace('# END mooring', '# Ende mooring'));
    await settle();
    expect(file().failure?.message).toContain('The block that begins in line 2 does not end');
    expect(view()).toMatchObject({ inFile: null, drift: null, conflicts: [] });
    expect(await refused('hosts.diff', { serverId })).toMatchObject({ code: 'conflict' });
  });

  it('is refused where the file can’t be read', async () => {
    app.hosts.trouble = failure('too-large', '/etc/hosts can’t be used: it has more than 10 MB.');
    await set();
    expect(await refused('hosts.apply', { serverId })).toMatchObject({ code: 'too-large' });
    expect(file().failure?.code).toBe('too-large');
  });
});

describe('what somebody else did to the block', () => {
  it.each([
    ['changed', (text: string) => text.replace(written, theirs)],
    ['gone', (text: string) => text.replace(written, '')],
  ])('(%s) is seen by itself, and is never written over in silence', async (kind, edit) => {
    await apply();
    app.hosts.edit(edit);
    await settle();
    expect(view().drift?.kind).toBe(kind);
    expect(await refused('hosts.apply', { serverId })).toMatchObject({ code: 'conflict' });
    expect(app.hosts.text).toBe(edit(before + written));
    expect(await app.call('hosts.apply', { serverId, overDrift: true })).toEqual({ kind: 'written' });
    expect(app.hosts.text).toBe(before + written);
    expect(view().drift).toBeNull();
  });

  it('is said with the way over it for what was asked: writing, taking out, putting back', async () => {
    await apply();
    app.hosts.edit((text) => text.replace(written, theirs));
    const keep = 'what is there: mooring hosts keep lab-vm';
    expect(await refused('hosts.apply', { serverId })).toMatchObject({
      hint: expect.not.stringContaining('mooring') as string,
      commandHint: `Decide which counts. Yours: mooring hosts apply lab-vm --over-drift; ${keep}`,
    });
    expect(await refused('hosts.remove', { serverId })).toMatchObject({
      hint: expect.not.stringContaining('mooring') as string,
      commandHint: `Decide which counts. Take out what is there now: mooring hosts remove lab-vm --over-drift; keep it: mooring hosts keep lab-vm`,
    });
    const [entry] = (await app.call('hosts.history', { serverId })).entries;
    for (const [more, word] of [
      [{}, ''],
      [{ entryId: entry!.id }, ` ${entry!.id}`],
    ] as const) {
      expect(await refused('hosts.restore', { serverId, ...more })).toMatchObject({
        commandHint: `Decide which counts. The one of that time: mooring hosts restore lab-vm${word} --over-drift; ${keep}`,
      });
    }
    expect(await app.call('hosts.remove', { serverId, overDrift: true })).toEqual({ kind: 'written' });
    expect(app.hosts.text).toBe(before);
  });

  it('can be kept: it becomes the wish', async () => {
    await apply();
    app.hosts.edit((text) => text.replace(written, theirs));
    await app.call('hosts.keep-theirs', { serverId });
    expect(app.server().profile.hosts).toEqual({
      on: true,
      names: [{ name: 'mlflow-server.local', to: { kind: 'address', address: '10.9.9.9' } }],
    });
    expect(view()).toMatchObject({ drift: null, pending: false });
    app.hosts.edit((text) => text.replace(theirs, ''));
    await app.call('hosts.keep-theirs', { serverId });
    expect(app.server().profile.hosts.on).toBe(false);
    expect(view()).toMatchObject({ drift: null, pending: false });
  });

  it('counts as ours when it is just what is wished', async () => {
    await set();
    app.hosts.edit((text) => text + written);
    await settle();
    expect(view()).toMatchObject({ drift: null, pending: false });
    app.hosts.edit((text) => text.replace(written, theirs));
    await settle();
    expect(view().drift?.kind).toBe('changed');
  });

  it('is seen by the next core, and a block without a memory is said to be one', async () => {
    await apply();
    const next = new CoreDouble({ inherit: app });
    next.hosts.text = before + theirs;
    await next.core.start();
    await settle();
    expect(next.server().hosts.drift).toMatchObject({ kind: 'changed', found: ['10.9.9.9 mlflow-server.local'] });
    await next.core.stop();
    app.files.hosts.saved = null;
    const last = new CoreDouble({ inherit: app });
    last.hosts.text = before + theirs;
    await last.core.start();
    await settle();
    expect(last.server().hosts.drift?.kind).toBe('unknown');
    await last.core.stop();
  });
});

describe('taking names off', () => {
  it('leaves the file as it was', async () => {
    await apply();
    expect(await app.call('hosts.remove', { serverId })).toEqual({ kind: 'written' });
    expect(app.hosts.text).toBe(before);
    expect(app.server().profile.hosts).toEqual({ on: false, names });
    expect(await app.call('hosts.remove', { serverId })).toEqual({ kind: 'unchanged' });
  });

  it('happens when the server is removed', async () => {
    await apply();
    await app.call('servers.remove', { serverId });
    expect(app.hosts.text).toBe(before);
    expect(app.core.snapshot().notices).toEqual([]);
  });

  it('when that is refused is told, and can be done later', async () => {
    app.hosts.writable = false;
    await apply();
    app.hosts.answer = { kind: 'cancelled' };
    await app.call('servers.remove', { serverId });
    expect(app.core.snapshot().notices[0]?.failure).toMatchObject({
      message: 'The names of lab-vm are still in /etc/hosts.',
      hint: expect.stringContaining(`mooring hosts remove ${serverId}`) as string,
    });
    expect(file().strays).toEqual([
      { blockId: serverId, label: 'lab-vm', names: ['mlflow-server.local', 'grafana-server.local'] },
    ]);
    app.hosts.answer = null;
    expect(await app.call('hosts.remove', { serverId })).toEqual({ kind: 'written' });
    expect(app.hosts.text).toBe(before);
    expect(file().strays).toEqual([]);
    expect(await refused('hosts.remove', { serverId })).toMatchObject({ code: 'not-found' });
  });
});

describe('going back', () => {
  it('puts our block of that time back, and nothing of others', async () => {
    await apply();
    const one: HostsWish = { on: true, names: names.slice(0, 1) };
    await set(one);
    await app.call('hosts.apply', { serverId });
    app.hosts.edit((text) => `${text}10.0.0.1 new\n`);
    const { entries } = await app.call('hosts.history', { serverId });
    expect(entries.map(({ how, before: old, after }) => [how, old?.length ?? 0, after?.length ?? 0])).toEqual([
      ['written', 2, 1],
      ['written', 0, 2],
    ]);
    expect(app.hosts.backups.get(entries[0]?.id ?? '')).toBe(before + written);
    expect(await app.call('hosts.restore', { serverId, entryId: entries[1]?.id ?? '' })).toEqual({ kind: 'written' });
    expect(app.hosts.text).toBe(`${before}${written}10.0.0.1 new\n`);
    expect(app.server().profile.hosts).toEqual(wish);
    // Without a word about which: as it was before the last change.
    await app.call('hosts.restore', { serverId });
    expect(app.server().profile.hosts).toEqual(one);
    expect(view()).toMatchObject({ pending: false, drift: null });
    const next = new CoreDouble({ inherit: app });
    await next.core.start();
    expect((await next.call('hosts.history', {})).entries).toHaveLength(4);
    await next.core.stop();
  });

  it('to what somebody else had put there wants a word', async () => {
    await apply();
    app.hosts.edit((text) => text.replace(written, theirs));
    await app.call('hosts.apply', { serverId, overDrift: true });
    expect(await refused('hosts.restore', { serverId })).toMatchObject({ code: 'needs-you' });
    expect(app.hosts.text).toBe(before + written);
    await app.call('hosts.restore', { serverId, confirmed: true });
    expect(app.hosts.text).toBe(before + theirs);
  });

  it('has twenty steps and as many copies of the file', async () => {
    for (let round = 0; round < 12; round += 1) {
      await apply();
      await app.call('hosts.remove', { serverId });
    }
    expect((await app.call('hosts.history', {})).entries).toHaveLength(20);
    expect(app.hosts.backups.size).toBe(20);
    expect(await refused('hosts.restore', { serverId, entryId: 'gone' })).toMatchObject({ code: 'not-found' });
  });
});

describe('what names answer', () => {
  it('is asked of the system after a write, and told', async () => {
    app.hosts.names.set('mlflow-server.local', ['127.0.0.1']);
    app.hosts.names.set('grafana-server.local', ['86.50.1.2']);
    app.hosts.edit((text) => `86.50.1.2 grafana-server.local # by hand\n${text}`);
    await set();
    expect(app.hosts.lookups).toEqual([]);
    expect(view().conflicts).toMatchObject([{ name: 'grafana-server.local', line: 1, wins: true }]);
    await app.call('hosts.apply', { serverId });
    const [mlflow, grafana] = view().names;
    expect(mlflow).toMatchObject({ answers: ['127.0.0.1'], trouble: null });
    expect(grafana?.trouble).toMatchObject({
      message: 'grafana-server.local answers 86.50.1.2: line 1 of the file has it too.',
      hint: 'Take that line out: 86.50.1.2 grafana-server.local # by hand',
    });
  });

  it('is explained by the order in which the system asks', async () => {
    app.hosts.nameOrder = 'hosts: mdns4_minimal [NOTFOUND=return] files dns\n';
    await apply();
    expect(file().nameOrder?.hint).toContain('Put “files” before “mdns4_minimal”');
    expect(view().names[0]?.trouble?.message).toContain('answers nothing. Names in .local are asked of the network');
  });

  it('comes with the tunnel that the names lead into', async () => {
    const { tunnel } = await app.call('hosts.get', { serverId });
    expect(tunnel).toMatchObject({ forwardId: null, draft: { label: 'HTTP', bind: { port: 8080 } } });
    expect(tunnel.portReason).toContain('Linux lets only root');
    app.port80 = 'yes';
    const free = (await app.call('hosts.get', { serverId })).tunnel;
    expect(free).toMatchObject({ portReason: null, draft: { bind: { port: 80 } } });
    if (!free.draft) throw new Error('no tunnel to add');
    const { forwardId } = await app.call('forwards.add', { serverId, draft: free.draft });
    expect((await app.call('hosts.get', { serverId })).tunnel).toEqual({ forwardId, draft: null, portReason: null });
  });
});

it('pasted text is read for this server', async () => {
  const text = 'FLOATING_IP mlflow-server.local\n192.0.2.10 grafana-server.local\nFLOATING_IP thinkpad\n';
  const parsed = await app.call('hosts.parse-text', { serverId, text });
  expect(parsed).toEqual({ names, notes: ['Line 3: That is this machine’s own name.'] });
});

describe('a change that nobody has said yes to', () => {
  const tunnels = () => app.server().profile.forwards.map(({ label }) => label);

  it('is shown, with its tunnel, and changes nothing', async () => {
    const profile = app.server().profile;
    const diff = await app.call('hosts.diff', { serverId, hosts: wish });
    expect(diff).toMatchObject({ changes: true, tunnel: { draft: { label: 'HTTP' } }, leaves: null, warning: null });
    expect(diff.lines.map(({ text }) => text)).toContain('127.0.0.1 mlflow-server.local');
    expect(app.server().profile).toEqual(profile);
    expect(app.hosts.text).toBe(before);
    const foreign: HostsWish = { on: true, names: [{ name: 'a', to: { kind: 'address', address: '10.1.2.3' } }] };
    expect(await refused('hosts.diff', { serverId, hosts: foreign })).toMatchObject({ code: 'needs-you' });
    expect(await app.call('hosts.diff', { serverId, hosts: foreign, confirmed: true })).toMatchObject({ tunnel: null });
  });

  it.each([
    ['the person refuses', { kind: 'cancelled' } as const],
    ['it fails', { kind: 'failed', failure: failure('storage-failed', 'The disk is full.') } as const],
  ])('leaves names and tunnels as they were where %s', async (_, answer) => {
    app.hosts.writable = false;
    app.hosts.answer = answer;
    const profile = app.server().profile;
    await app.core.call('hosts.apply', { serverId, hosts: wish, tunnel: true });
    await settle();
    expect(app.server().profile).toEqual(profile);
    app.hosts.answer = null;
    await app.call('hosts.apply', { serverId, hosts: wish, tunnel: true });
    expect(tunnels()).toEqual(['MLflow', 'HTTP']);
    // The same for taking them out.
    app.hosts.answer = answer;
    await app.core.call('hosts.remove', { serverId });
    await settle();
    expect(app.server().profile.hosts).toEqual(wish);
    expect(tunnels()).toEqual(['MLflow', 'HTTP']);
  });

  it('is saved with its tunnel once it is written, or handed over to be done by hand', async () => {
    app.hosts.names.set('mlflow-server.local', ['127.0.0.1']);
    expect(await app.call('hosts.apply', { serverId, hosts: wish, tunnel: true })).toEqual({
      kind: 'written',
      tunnel: { how: 'added', label: 'HTTP' },
    });
    expect(app.server().profile.hosts).toEqual(wish);
    expect(view()).toMatchObject({ pending: false, drift: null });
    expect(view().names[0]?.answers).toEqual(['127.0.0.1']);
    await app.call('hosts.remove', { serverId });
    app.hosts.writable = false;
    app.hosts.answer = { kind: 'unavailable', reason: 'There is no pkexec here.' };
    expect(await app.call('hosts.apply', { serverId, hosts: wish, tunnel: true })).toMatchObject({ kind: 'by-hand' });
    expect(app.server().profile.hosts).toEqual(wish);
    expect(tunnels()).toEqual(['MLflow', 'HTTP']);
  });

  it('is not begun where the server can have no more tunnels', async () => {
    const draft = (index: number) => ({
      ...labVm.forwards[0]!,
      label: `T${String(index)}`,
      bind: { address: '127.0.0.1', port: 20_000 + index, alsoIpv6: false },
    });
    for (let index = 1; index < 100; index += 1) await app.call('forwards.add', { serverId, draft: draft(index) });
    expect(await refused('hosts.apply', { serverId, hosts: wish, tunnel: true })).toMatchObject({ code: 'conflict' });
    expect(app.hosts.text).toBe(before);
  });
});

describe('the tunnel of names', () => {
  const web = () => app.server().profile.forwards.find(({ target }) => target.port === 80);

  it('goes with them, also after it was edited and after a start', async () => {
    await app.call('hosts.apply', { serverId, hosts: wish, tunnel: true });
    const { id } = web()!;
    const draft = forwardDraftOf(web()!);
    await app.call('forwards.edit', { serverId, forwardId: id, draft: { ...draft, label: 'Web' } });
    const next = new CoreDouble({ inherit: app });
    next.hosts.text = app.hosts.text;
    await next.core.start();
    await settle();
    const off = { on: false, names };
    expect(await next.call('hosts.diff', { serverId, hosts: off })).toMatchObject({ tunnel: null, leaves: 'Web' });
    expect(await next.call('hosts.remove', { serverId })).toEqual({
      kind: 'written',
      tunnel: { how: 'removed', label: 'Web' },
    });
    expect(next.server().profile.forwards.map(({ label }) => label)).toEqual(['MLflow']);
    await next.core.stop();
  });

  it('goes with them where it was made for them on its own', async () => {
    await app.call('hosts.apply', { serverId, hosts: wish });
    const draft = { ...forwardDraftOf(app.server().profile.forwards[0]!), label: 'Web' };
    const target = { host: '127.0.0.1', port: 80 };
    const bind = { ...draft.bind, port: 8080 };
    await app.call('forwards.add', { serverId, draft: { ...draft, bind, target }, forNames: true });
    expect(await app.call('hosts.remove', { serverId })).toEqual({
      kind: 'written',
      tunnel: { how: 'removed', label: 'Web' },
    });
  });

  it('stays while a name leads through it, and where a person made it or led it elsewhere', async () => {
    await app.call('hosts.apply', { serverId, hosts: wish, tunnel: true });
    const one: HostsWish = { on: true, names: names.slice(0, 1) };
    expect(await app.call('hosts.apply', { serverId, hosts: one, tunnel: true })).toEqual({ kind: 'written' });
    const { id } = web()!;
    const draft = forwardDraftOf(web()!);
    const target = { host: '127.0.0.1', port: 8000 };
    await app.call('forwards.edit', { serverId, forwardId: id, draft: { ...draft, target } });
    expect(await app.call('hosts.remove', { serverId })).toEqual({ kind: 'written' });
    const own = { ...draft, label: 'Own', bind: { ...draft.bind, port: 9999 } };
    await app.call('forwards.add', { serverId, draft: own });
    expect(await app.call('hosts.apply', { serverId, hosts: wish, tunnel: true })).toEqual({ kind: 'written' });
    await app.call('hosts.remove', { serverId });
    expect(app.server().profile.forwards.map(({ label }) => label)).toEqual(['MLflow', 'HTTP', 'Own']);
  });
});

describe('names that would lead nowhere', () => {
  const connect = async () => {
    app.engine.answersAsk = () => failed(failure('target-refused', 'Nothing listens on 127.0.0.1:80 on the server'));
    app.keepPassword(serverId, 'right');
    await app.call('wanted.set', { serverId, on: true });
    await app.reachLogin();
    await app.accept();
  };

  it('are warned of where nothing listens on port 80 of the server', async () => {
    await connect();
    const { warning } = await app.call('hosts.diff', { serverId, hosts: wish });
    expect(warning).toContain('Nothing listens on port 80 of lab-vm');
    const direct = names.map(({ name }) => ({ name, to: { kind: 'server' } as const }));
    expect(await app.call('hosts.diff', { serverId, hosts: { on: true, names: direct } })).toMatchObject({
      warning: null,
    });
    app.engine.answersAsk = () => failed(failure('timed-out', 'No answer.'));
    expect((await app.call('hosts.diff', { serverId, hosts: wish })).warning).toBeNull();
  });
});

describe('names that others have', () => {
  const to = (...wanted: readonly string[]): HostsWish => ({
    on: true,
    names: wanted.map((name) => ({ name, to: { kind: 'tunnel' } })),
  });
  const warning = async (hosts: HostsWish) => {
    const args = { serverId, hosts, confirmed: true };
    return (await app.call('hosts.diff', args)).warning;
  };

  it('are warned of before they lead here, each with what it answers today', async () => {
    app.hosts.names.set('google.com', ['142.250.74.46', '2a00:1450::1']);
    app.hosts.names.set('example.org', ['203.0.113.5']);
    expect(await warning(to('google.com'))).toBe(
      'google.com is a name of others today (142.250.74.46): this computer will reach lab-vm in its place.',
    );
    expect(await warning(to('mlflow.local', 'google.com', 'example.org'))).toBe(
      'google.com (142.250.74.46) and example.org (203.0.113.5) are names of others today: this computer will reach lab-vm in their place.',
    );
    const elsewhere: HostsWish = {
      on: true,
      names: [{ name: 'google.com', to: { kind: 'address', address: '10.0.0.1' } }],
    };
    expect(await warning(elsewhere)).toContain('this computer will reach 10.0.0.1 in its place');
  });

  it('are none of others where they lead here or to the server already, or to nobody', async () => {
    app.hosts.names.set('lab.example.org', ['192.0.2.10']);
    app.hosts.names.set('here.example.org', ['127.0.0.5']);
    expect(await warning(to('lab.example.org', 'here.example.org', 'nobody.example.org'))).toBeNull();
  });

  it('are not asked for where no name server has them, and once they are written', async () => {
    const own = ['a', 'a.local', 'b.test', 'c.internal', 'd.lan', 'e.home.arpa'];
    for (const each of own) app.hosts.names.set(each, ['203.0.113.5']);
    expect(await warning(to(...own))).toBeNull();
    expect(app.hosts.lookups).toEqual([]);
    app.hosts.names.set('google.com', ['142.250.74.46']);
    expect(await warning({ ...to('google.com'), on: false })).toBeNull();
    await app.call('hosts.apply', { serverId, hosts: to('google.com') });
    expect(await warning(to('google.com'))).toBeNull();
  });

  it('of a system that takes its time are waited for no longer than a second', async () => {
    let answer: (found: readonly string[]) => void = () => undefined;
    app.hosts.slow = new Promise((resolve) => (answer = resolve));
    const asked = app.core.call('hosts.diff', { serverId, hosts: to('google.com', 'example.org') });
    await settle();
    await app.clock.pass(1000);
    expect(await asked).toMatchObject({ ok: true, value: { changes: true, warning: null } });
    // One that is open is not asked a second time.
    const again = app.core.call('hosts.diff', { serverId, hosts: to('google.com') });
    await settle();
    await app.clock.pass(1000);
    expect(await again).toMatchObject({ ok: true });
    expect(app.hosts.lookups).toEqual(['google.com']);
    answer([]);
    await settle();
  });
});
