/** What a plan needs of this machine on its way to the server: packed, fetched, in pieces, and stopped in the middle. */
import { describe, expect, it } from 'vitest';
import type { EngineCommand } from '../../../../../main/core/engine.ts';
import type { Releases } from '../../../../../main/core/ports.ts';
import { RemoteCommands, type ExecEvent } from '../../../../../main/core/remote/remote-commands.ts';
import { LaunchStop } from '../../../../../main/core/setup/run/launch-stop.ts';
import { bring } from '../../../../../main/core/setup/run/uploading.ts';
import { done, failed, failure, type Reply } from '../../../../../main/shared/failure.ts';
import type { PlanUpload } from '../../../../../main/shared/setup/plan.ts';
import { settle } from '../../../../support/fake-clock.ts';
import { FakeEngine } from '../../../../support/fake-engine.ts';
import { planOf } from '../../../../support/setup-plans.ts';

type Exec = Extract<EngineCommand, { kind: 'exec-start' }>;

const release = {
  label: 'VersityGW 1.8.0',
  url: 'https://github.com/versity/versitygw.tar.gz',
  sha256: 'ab'.repeat(32),
  largestBytes: 60_000_000,
  otherwise: 'Start Mooring with MOORING_VERSITYGW=FILE.',
};
const there = '/opt/mooring/versitygw-1.8.0/versitygw';
const folder = '/home/ubuntu/.cache/mooring/uploads/run-1';
/** 15 MB, as a release is. */
const large = 'A'.repeat(20_000_000);

function start(uploads: readonly PlanUpload[], answer: (exec: Exec) => { exitCode: number; stdout?: string } | null) {
  const engine = new FakeEngine();
  let ids = 0;
  const commands = new RemoteCommands(engine, { fraction: () => 0.5, id: () => `id-${String((ids += 1))}` });
  engine.listen((event) => {
    commands.handle(event as ExecEvent);
  });
  const send = engine.send.bind(engine);
  engine.send = (command) => {
    const answered = command.kind === 'exec-start' ? answer(command) : null;
    engine.answersExec = answered === null ? null : () => answered;
    send(command);
  };
  const notes: string[] = [];
  const packs: string[] = [];
  const stop = new LaunchStop();
  const fetches: Parameters<Releases['fetch']>[] = [];
  let settleFetch: (reply: Reply<{ path: string }>) => void = never;
  const brought = bring(
    {
      runId: 'run-1',
      prepared: { plan: { ...planOf(), uploads }, home: '/home/ubuntu' },
      connectionId: () => 'c1',
      note: (text) => notes.push(text),
      stop,
    },
    {
      commands,
      uploads: {
        pack: (path) => {
          packs.push(path);
          if (path === 'gone')
            return Promise.resolve(failed(failure('not-found', 'There is no gone on this machine.')));
          return Promise.resolve(done({ base64: path === 'small' ? 'QUJD' : large, isFolder: false }));
        },
      },
      releases: {
        fetch: (...args) => {
          fetches.push(args);
          return {
            done: new Promise((resolve) => (settleFetch = resolve)),
            cancel: () => {
              settleFetch(failed(failure('cancelled', 'The fetch was cancelled.')));
            },
          };
        },
      },
    },
  );
  return {
    engine,
    notes,
    packs,
    stop,
    fetches,
    brought,
    fetched: (reply: Reply<{ path: string }>) => {
      settleFetch(reply);
    },
    scripts: () => engine.all('exec-start').map(({ script }) => script),
  };
}

const never = (): never => {
  throw new Error('not expected');
};
const fine = () => ({ exitCode: 0 });
const isPiece = ({ script }: Exec) => script.includes('base64 -d');
const removal = `rm -rf ${folder}`;

describe('what is sent', () => {
  it('nothing, where nothing is needed', async () => {
    const { brought, engine } = start([], never);
    expect(await brought).toEqual(done(null));
    expect(engine.commands).toEqual([]);
  });

  it('something small, in one command', async () => {
    const { brought, scripts, notes, engine } = start([{ name: 'script', path: 'small' }], fine);
    expect(await brought).toEqual(done(folder));
    expect(scripts()).toHaveLength(1);
    expect(scripts()[0]).toContain(`tar -xpzf ${folder}/script.tgz -C ${folder}/script`);
    expect(engine.last('exec-start').input).toBe('QUJD');
    expect(notes).toEqual(['Sends small to the server.']);
  });

  it('something large in pieces, unpacked after the last one, telling how far it is', async () => {
    const { brought, notes, engine } = start([{ name: 'script', path: 'large' }], fine);
    expect(await brought).toEqual(done(folder));
    const pieces = engine.all('exec-start');
    expect(pieces.map(({ input }) => input?.length)).toEqual(new Array(5).fill(4_000_000));
    expect(pieces.map(({ script }) => script.includes('tar -x'))).toEqual([false, false, false, false, true]);
    expect(notes).toEqual([0, 3, 6, 9, 12].map((mb) => `Sends large to the server: ${String(mb)} of 15 MB.`));
  });

  it('nothing of what is on the server already, not even packed', async () => {
    const { brought, scripts, notes, packs, fetches } = start(
      [
        { name: 'versitygw', release, unlessThere: there },
        { name: 'other', path: 'large', unlessThere: "/opt/it's there" },
      ],
      () => ({ exitCode: 0, stdout: 'there-0\nthere-1\n' }),
    );
    expect(await brought).toEqual(done(null));
    expect(scripts()).toEqual([
      `if [ -x ${there} ]; then echo there-0; fi\nif [ -x '/opt/it'\\''s there' ]; then echo there-1; fi`,
    ]);
    expect([packs, fetches]).toEqual([[], []]);
    expect(notes).toEqual([
      'VersityGW 1.8.0 is on the server already; nothing is sent.',
      'large is on the server already; nothing is sent.',
    ]);
  });

  it('a release that this machine fetches first', async () => {
    const { brought, fetches, fetched, notes, packs, scripts } = start(
      [{ name: 'versitygw', release, unlessThere: there }],
      fine,
    );
    await settle();
    const [wanted, onProgress] = fetches[0] ?? never();
    expect(wanted).toMatchObject({ url: release.url, sha256: release.sha256 });
    for (let bytes = 100_000; bytes < 15_000_000; bytes += 100_000) onProgress(bytes, 15_000_000);
    onProgress(15_000_000, 15_000_000);
    fetched(done({ path: 'small' }));
    expect(await brought).toEqual(done(folder));
    expect(packs).toEqual(['small']);
    expect(scripts()).toHaveLength(2);
    const told = notes.filter((each) => each.startsWith('Fetches'));
    expect(told.length).toBeLessThan(15);
    expect(told).toContain('Fetches VersityGW 1.8.0: 5 of 15 MB.');
    expect(told.at(-1)).toBe('Fetches VersityGW 1.8.0: 15 of 15 MB.');
  });
});

describe('what fails', () => {
  it('a release that can’t be fetched here either: what else there is to do', async () => {
    const { brought, fetched, notes } = start([{ name: 'versitygw', release }], fine);
    await settle();
    fetched(failed(failure('address-unknown', 'github.com could not be looked up')));
    expect(await brought).toMatchObject({
      ok: false,
      error: {
        code: 'address-unknown',
        message: 'VersityGW 1.8.0 could not be fetched by this machine either: github.com could not be looked up',
        hint: release.otherwise,
      },
    });
    expect(notes.at(-1)).toContain('MOORING_VERSITYGW');
  });

  it('a file that is gone, and a server without room: nothing is left there', async () => {
    const gone = start([{ name: 'script', path: 'gone' }], fine);
    expect(await gone.brought).toMatchObject({ ok: false, error: { code: 'not-found' } });
    const full = start([{ name: 'script', path: 'large' }], (exec) => (isPiece(exec) ? { exitCode: 1 } : fine()));
    expect(await full.brought).toMatchObject({ ok: false, error: { code: 'storage-failed' } });
    for (const { scripts } of [gone, full]) expect(scripts().at(-1)).toBe(removal);
    expect(full.scripts()).toHaveLength(2);
  });
});

describe('stopped', () => {
  const isStopped = {
    ok: false,
    error: { code: 'cancelled', message: expect.stringContaining('Nothing was changed') as string },
  };

  it('while the server is asked what is there', async () => {
    const { brought, stop, scripts } = start([{ name: 'versitygw', release, unlessThere: there }], () => null);
    expect(stop.ask()).toBe(true);
    expect(await brought).toMatchObject(isStopped);
    expect(scripts()).toHaveLength(1);
  });

  it('while it is fetched', async () => {
    const { brought, stop, packs, scripts } = start([{ name: 'versitygw', release }], fine);
    await settle();
    expect(stop.ask()).toBe(true);
    expect(await brought).toMatchObject(isStopped);
    expect(packs).toEqual([]);
    expect(scripts()).toEqual([removal]);
  });

  it('while it is sent: the piece in hand is cut off, and what came is removed', async () => {
    let pieces = 0;
    const { brought, stop, engine, scripts, notes } = start([{ name: 'script', path: 'large' }], (exec) =>
      isPiece(exec) && (pieces += 1) > 2 ? null : fine(),
    );
    await settle();
    expect(notes.at(-1)).toBe('Sends large to the server: 6 of 15 MB.');
    expect(stop.ask()).toBe(true);
    expect(await brought).toMatchObject(isStopped);
    expect(engine.all('exec-cancel')).toHaveLength(1);
    expect(scripts().filter((each) => each.includes('base64'))).toHaveLength(3);
    expect(scripts().at(-1)).toBe(removal);
    expect(stop.close()).toBe(false);
  });

  it('too late, once the server is told to begin', () => {
    const stop = new LaunchStop();
    expect(stop.close()).toBe(true);
    expect(stop.ask()).toBe(false);
    expect(stop.close()).toBe(true);
  });
});
