import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RemoteCommands, type ExecEvent } from '../../../main/core/remote/remote-commands.ts';
import { failure } from '../../../main/shared/failure.ts';
import { settle } from '../../support/fake-clock.ts';
import { FakeEngine } from '../../support/fake-engine.ts';

let engine: FakeEngine;
let commands: RemoteCommands;

beforeEach(() => {
  let ids = 0;
  engine = new FakeEngine();
  commands = new RemoteCommands(engine, { fraction: () => 0.5, id: () => `id-${String((ids += 1))}` });
  engine.listen((event) => {
    commands.handle(event as ExecEvent);
  });
});

const echo = { script: 'echo', input: null, timeoutMs: 1_000 } as const;

describe('a remote command', () => {
  it('is sent with what it needs, and an id of its own', () => {
    commands.run('c1', { ...echo, input: 'secret' });
    commands.run('c1', { ...echo, maxOutputBytes: 5 });
    const [first, second] = engine.all('exec-start');
    expect(first).toEqual({
      kind: 'exec-start',
      connectionId: 'c1',
      execId: 'id-1',
      script: 'echo',
      input: 'secret',
      timeoutMs: 1_000,
      maxOutputBytes: 8 * 1024 * 1024,
    });
    expect(second).toMatchObject({ execId: 'id-2', input: null, maxOutputBytes: 5 });
  });

  it('gathers its output, tells it as it comes, and ends with the exit', async () => {
    const onOutput = vi.fn();
    const { done } = commands.run('c1', { ...echo, onOutput });
    const execId = 'id-1';
    engine.emit({ kind: 'exec-output', execId, stream: 'stdout', text: 'a' });
    engine.emit({ kind: 'exec-output', execId, stream: 'stderr', text: 'b' });
    engine.emit({ kind: 'exec-output', execId: 'id-9', stream: 'stdout', text: 'of another' });
    engine.emit({ kind: 'exec-output', execId, stream: 'stdout', text: 'c' });
    engine.emit({ kind: 'exec-ended', execId, exitCode: 3, signal: null });
    engine.emit({ kind: 'exec-output', execId, stream: 'stdout', text: 'late' });
    expect(await done).toEqual({ ok: true, value: { exitCode: 3, signal: null, stdout: 'ac', stderr: 'b' } });
    expect(onOutput.mock.calls).toEqual([
      ['stdout', 'a'],
      ['stderr', 'b'],
      ['stdout', 'c'],
    ]);
  });

  it('fails as the engine says', async () => {
    const { done } = commands.run('c1', echo);
    const lost = failure('link-lost', 'Lost.');
    engine.emit({ kind: 'exec-ended', execId: 'id-1', exitCode: null, signal: null, failure: lost });
    expect(await done).toEqual({ ok: false, error: lost });
  });

  it('can be cancelled while it runs, and not afterwards', async () => {
    const { done, cancel } = commands.run('c1', echo);
    cancel();
    expect(await done).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    cancel();
    expect(engine.all('exec-cancel')).toEqual([{ kind: 'exec-cancel', execId: 'id-1' }]);
  });

  it('needs a connection', async () => {
    const { done, cancel } = commands.run(null, echo);
    cancel();
    expect(await done).toMatchObject({ ok: false, error: { code: 'link-lost' } });
    expect(engine.commands).toEqual([]);
  });

  it('ends when Mooring stops, and none begins any more', async () => {
    const { done } = commands.run('c1', echo);
    commands.stop();
    expect(await done).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(engine.all('exec-cancel')).toHaveLength(1);
    await settle();
    expect(await commands.run('c1', echo).done).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(engine.all('exec-start')).toHaveLength(1);
  });

  it('is answered by the fake engine where a test wants it', async () => {
    engine.answersExec = ({ input }) => ({ exitCode: 0, stdout: `read ${input ?? ''}`, stderr: 'x' });
    expect(await commands.run('c1', { ...echo, input: 'in' }).done).toEqual({
      ok: true,
      value: { exitCode: 0, signal: null, stdout: 'read in', stderr: 'x' },
    });
  });
});
