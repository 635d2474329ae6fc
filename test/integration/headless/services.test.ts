/** The truth behind ports on the command line. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { done } from '../../../main/shared/failure.ts';
import type { ForwardView } from '../../../main/shared/snapshot.ts';
import { giveStacks, openCliBench, type CliBench } from '../../support/cli.ts';
import { installedOf } from '../../support/setup-snapshots.ts';
import { fakeFound, foundMlflow, notMlflow, swappedConsole, wrongPassword } from '../../support/service-views.ts';

let bench: CliBench;
beforeEach(async () => {
  bench = await openCliBench();
  await run('server add lab me@host --forward mlflow --forward s3-console');
  await run('up lab');
});
afterEach(async () => {
  await bench.close();
});

const run = (words: string) => bench.run(words.split(' '));
function find(label: string, change: Partial<ForwardView>): void {
  bench.core.update((now) => ({
    ...now,
    servers: now.servers.map((server) => ({
      ...server,
      forwards: server.forwards.map((each, index) =>
        server.profile.forwards[index]?.label === label ? { ...each, ...change } : each,
      ),
    })),
  }));
}

describe('status', () => {
  it('names what answers where all is well', async () => {
    find('MLflow', { service: foundMlflow });
    const { stdout } = await run('status lab');
    expect(stdout).toMatch(/● {2}MLflow .* up · MLflow 3\.17\.2 · 14 ms/);
    expect(stdout).not.toContain('right service');
  });

  it('says the first broken link, why, and the command that mends it', async () => {
    const forwardId = bench.core.snapshot().servers[0]?.profile.forwards[0]?.id ?? '';
    giveStacks(bench.core, installedOf({ forwardId }));
    find('MLflow', { service: wrongPassword });
    const { stdout, exitCode } = await run('status lab');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('1 tunnel broken');
    expect(stdout).toMatch(/✕ {2}MLflow .* MLflow refuses the password that is kept for admin/);
    const lines = stdout.split('\n').map((each) => each.trim());
    const at = lines.indexOf('listening ✓  ssh ✓  remote port ✓  right service ✓  signed in ✕');
    expect(lines.slice(at + 1, at + 3)).toEqual([
      'It was changed on the server, or there is no such user. Give the right one.',
      'mooring setup adopt lab --environment main',
    ]);
  });

  it('has commands that can be typed as they are', async () => {
    const id = bench.core.snapshot().servers[0]?.profile.forwards[1]?.id ?? '';
    find('MLflow', { service: swappedConsole(id) });
    const { stdout } = await run('status lab');
    const command =
      stdout
        .split('\n')
        .find((each) => each.includes('mooring forward edit'))
        ?.trim() ?? '';
    expect(command).toBe(
      `mooring forward edit lab/MLflow 127.0.0.1:5001:127.0.0.1:9001 && mooring forward edit 'lab/S3 console' 127.0.0.1:9001:127.0.0.1:5000`,
    );
    for (const each of command.split(' && ')) {
      const words = [...each.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
      expect((await bench.run(words.slice(1))).exitCode).toBe(0);
    }
    expect(bench.core.snapshot().servers[0]?.profile.forwards.map((each) => each.target.port)).toEqual([9001, 5000]);
  });

  it('asks first when told to, and gives the whole to programs', async () => {
    find('MLflow', { service: notMlflow });
    const { stdout } = await run('status lab --check --json');
    expect(bench.core.calls.filter((each) => each.name === 'services.check')).toHaveLength(2);
    const view = JSON.parse(stdout) as { forwards: ForwardView[] };
    expect(view.forwards[0]?.service).toMatchObject({ product: 'MLflow 3.17.2', health: { state: 'ok' } });
  });
});

describe('discover', () => {
  it('lists what listens, and offers tunnels by commands', async () => {
    const { stdout } = await run('discover lab');
    expect(stdout).toMatch(/● {2}5000 {2}MLflow 3\.17\.2/);
    expect(stdout).toContain('jupyter-lab, open to the network');
    expect(stdout).toMatch(/5432 {2}PostgreSQL .*has a tunnel/);
    expect(stdout).toContain('mooring forward add lab 127.0.0.1:8888:127.0.0.1:8888 --service jupyter --label Jupyter');
  });

  it('offers to take over what Mooring made from elsewhere', async () => {
    const [mlflow, ...others] = fakeFound;
    const found = [...(mlflow ? [{ ...mlflow, adoptable: 'hand' }] : []), ...others];
    const { call } = bench.core;
    Object.assign(bench.core, {
      call: (asked: string, args: unknown) =>
        asked === 'services.discover' ? Promise.resolve(done({ found })) : call(asked as 'snapshot.get', args as never),
    });
    const { stdout } = await run('discover lab');
    expect(stdout).toContain('  mooring setup adopt lab --environment hand\n');
    expect(stdout).not.toContain('--service mlflow');
    expect(stdout).toContain('--service jupyter');
  });

  it('adds those that are chosen', async () => {
    const { stdout } = await run('discover lab --add 8888');
    expect(stdout).toContain('added at 127.0.0.1:8888');
    expect(bench.core.snapshot().servers[0]?.profile.forwards.map((each) => each.label)).toContain('Jupyter');
    const json = await run('discover lab --add 5000 --json');
    expect(JSON.parse(json.stdout)).toMatchObject({ added: [expect.any(String)] });
  });

  it.each([
    ['discover lab --add 99', 'Nothing that wants a tunnel listens on 99.'],
    ['discover lab --add 5432', 'There is a tunnel to 5432 already.'],
    ['discover lab --add x', 'x is not a port.'],
    ['discover nowhere', 'There is no server called nowhere.'],
  ])('%s is refused in words', async (words, message) => {
    const { exitCode, stderr } = await run(words);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('gives all to programs', async () => {
    const { stdout } = await run('discover lab --json');
    expect((JSON.parse(stdout) as { port: number }[]).map((each) => each.port)).toEqual([5000, 8888, 5432]);
  });
});
