/** `mooring hosts` against a fake core behind a real socket. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostsPresets } from '../../../main/shared/hosts.ts';
import type { ServerView } from '../../../main/shared/snapshot.ts';
import { openCliBench, type CliBench, type CliOptions, type CliResult } from '../../support/cli.ts';

let bench: CliBench;
beforeEach(async () => {
  bench = await openCliBench();
});
afterEach(() => bench.close());

const run = (line: string, options?: CliOptions): Promise<CliResult> => bench.run(line.split(' '), options);
const json = async (line: string): Promise<unknown> => JSON.parse((await run(`${line} --json`)).stdout);
const server = async (name: string) => (await json(`server show ${name}`)) as ServerView;
const add = (name = 'lab') => run(`server add ${name} ubuntu@192.0.2.7`);
const course = hostsPresets[0]?.names ?? [];

describe('hosts', () => {
  it('apply: a preset, with its tunnel, the change, and what the names answer', async () => {
    await add();
    const { exitCode, stdout, stderr } = await run('hosts apply lab --preset course --yes');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\+ # BEGIN mooring \S+ lab$/m);
    for (const name of course) {
      expect(stdout).toContain(`+ 127.0.0.1 ${name}\n`);
      expect(stdout).toContain(`http://${name}:8080/`);
    }
    expect(stdout).toContain('●  lab  8 names in /etc/hosts');
    expect(stderr).toContain('Tunnel HTTP: 127.0.0.1:8080 leads to port 80 of lab');
    expect(stderr).toContain('Linux lets only root listen on port 80');
    expect((await server('lab')).profile.forwards).toMatchObject([{ label: 'HTTP', target: { port: 80 } }]);
    const again = await run('hosts apply lab --yes');
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stderr).toContain('Nothing to change in /etc/hosts');
  });

  it('apply: names one by one, and where they lead', async () => {
    await add();
    await run('hosts apply lab --name a.lab --name b.lab --to server --no-forward --yes');
    const { profile } = await server('lab');
    expect(profile.hosts).toEqual({
      on: true,
      names: ['a.lab', 'b.lab'].map((name) => ({ name, to: { kind: 'server' } })),
    });
    expect(profile.forwards).toEqual([]);
    expect(await json('hosts show lab')).toMatchObject({ servers: [{ name: 'lab', view: { pending: false } }] });
    const foreign = await run('hosts apply lab --name c --to 10.0.0.1 --yes');
    expect(foreign).toMatchObject({ exitCode: 1 });
    expect((await run('hosts apply lab --name c --to 10.0.0.1 --foreign --yes')).exitCode).toBe(0);
  });

  it('apply: pasted lines', async () => {
    await add();
    const input = 'FLOATING_IP mlflow-server.local\nFLOATING_IP $(id)\n';
    const { exitCode, stderr } = await run('hosts apply lab --text --yes', { input });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('Line 2: A name may have only') as string,
    });
    expect((await server('lab')).profile.hosts.names).toEqual([
      { name: 'mlflow-server.local', to: { kind: 'tunnel' } },
    ]);
  });

  it('asks before it writes', async () => {
    await add();
    const no = await run('hosts apply lab --preset course', { terminal: true, input: 'n\n' });
    expect(no).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Nothing was written.') as string });
    const preview = await run('hosts apply lab --preset course');
    expect(preview.exitCode).toBe(2);
    expect(preview.stdout).toContain('+ 127.0.0.1 mlflow-server.local');
    expect(preview.stderr).toContain('Tunnel HTTP: 127.0.0.1:8080 leads to port 80 of lab. It is added.');
    expect((await run('hosts history')).stdout).toBe('Nothing was written yet\n');
    // Neither no, nor nobody to ask, has changed anything.
    expect((await server('lab')).profile).toMatchObject({ forwards: [], hosts: { on: false, names: [] } });
    const changing = ['hosts.set', 'hosts.apply', 'forwards.add', 'forwards.edit'];
    expect(bench.core.calls.filter(({ name }) => changing.includes(name))).toEqual([]);
    const yes = await run('hosts apply lab --preset course', { terminal: true, input: 'y\n' });
    expect(yes.exitCode).toBe(0);
    expect((await server('lab')).profile.hosts.names).toHaveLength(course.length);
  });

  it('asks also where only the tunnel is missing', async () => {
    await add();
    expect((await run('hosts apply lab --name a.lab --no-forward --yes')).stdout).toContain(
      'Make it: mooring hosts apply lab',
    );
    expect((await run('hosts apply lab')).exitCode).toBe(2);
    expect((await server('lab')).profile.forwards).toEqual([]);
    const made = await run('hosts apply lab', { terminal: true, input: 'y\n' });
    expect(made.stderr).toContain('The tunnel HTTP was added for these names.');
    expect((await server('lab')).profile.forwards).toMatchObject([{ label: 'HTTP' }]);
  });

  it('remove takes the tunnel along that was made for the names, and says so', async () => {
    await add();
    await run('hosts apply lab --name a.lab --yes');
    const asked = await run('hosts remove lab', { terminal: true, input: 'n\n' });
    expect(asked.stderr).toContain('The tunnel HTTP, which was made for them, goes as well.');
    expect((await server('lab')).profile.forwards).toHaveLength(1);
    const removed = await run('hosts remove lab --yes');
    expect(removed.stderr).toContain('The tunnel HTTP, which was made for these names, is gone as well.');
    expect((await server('lab')).profile).toMatchObject({ forwards: [], hosts: { on: false } });
  });

  it('remove shows the lines that would go before it asks', async () => {
    await add();
    await run('hosts apply lab --name a.lab --no-forward --yes');
    const nobody = await run('hosts remove lab');
    expect(nobody.exitCode).toBe(2);
    expect(nobody.stdout).toMatch(/^- # BEGIN mooring \S+ lab$/m);
    expect(nobody.stdout).toContain('- 127.0.0.1 a.lab\n');
    expect((await server('lab')).profile.hosts.on).toBe(true);
    expect((await run('hosts remove lab --json')).stdout).not.toContain('127.0.0.1 a.lab');
    const asked = await run('hosts remove lab', { terminal: true, input: 'n\n' });
    expect(asked.stdout).toContain('- 127.0.0.1 a.lab');
  });

  it('show says nothing of lines that can’t be told', async () => {
    await add();
    await run('hosts apply lab --name a.lab --no-forward --yes');
    const trouble = { code: 'conflict', message: 'The block that begins in line 4 does not end.' } as const;
    bench.core.update((now) => ({ ...now, hosts: { ...now.hosts, failure: trouble } }));
    const { stdout } = await run('hosts show lab');
    expect(stdout).toContain('The block that begins in line 4 does not end.');
    expect(stdout).toContain('lab  Can’t be told until /etc/hosts is put right');
  });

  it('warns where the names would lead nowhere', async () => {
    await add('lab-empty');
    for (const line of ['hosts apply lab-empty --name a.lab', 'hosts apply lab-empty --name a.lab --yes']) {
      expect((await run(line)).stderr).toContain('Nothing listens on port 80 there.');
    }
    expect((await run('hosts diff lab-empty')).stderr).toContain('Nothing listens on port 80 there.');
  });

  it('show says what to do where there is no server', async () => {
    const { exitCode, stderr } = await run('hosts show');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('There is no server yet. Add one: mooring server add NAME user@host');
  });

  it('diff, remove, history and restore', async () => {
    await add();
    expect((await run('hosts apply lab --name a.lab --no-forward --yes')).exitCode).toBe(0);
    expect((await run('hosts diff lab')).stdout).toBe('Nothing to change\n');
    const removed = await run('hosts remove lab --yes');
    expect(removed).toMatchObject({ exitCode: 0, stdout: 'The names of lab are out of /etc/hosts\n' });
    const history = (await run('hosts history lab')).stdout.trimEnd().split('\n');
    expect(history.map((line) => /Taken out|Written: 1 line/.exec(line)?.[0])).toEqual([
      'Taken out',
      'Written: 1 line',
    ]);
    for (const line of history) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}lab /);
    expect((await run('hosts restore lab --yes')).exitCode).toBe(0);
    expect((await run('hosts restore lab entry-1 --yes --json')).exitCode).toBe(0);
    expect(bench.core.calls.at(-1)?.name).toBe('snapshot.get');
    expect(bench.core.calls.filter((each) => each.name === 'hosts.restore').map((each) => each.args)).toMatchObject([
      {},
      { entryId: 'entry-1' },
    ]);
  });

  it('tells how to do it by hand, and ends with 3', async () => {
    await add('lab-asks');
    const { exitCode, stdout } = await run('hosts apply lab-asks --name a.lab --yes');
    expect(exitCode).toBe(3);
    expect(stdout).toContain('There is no pkexec here. Paste this into a terminal');
    expect(stdout).toContain('| sudo tee -a /etc/hosts');
    expect(await json('hosts apply lab-asks --yes')).toMatchObject({
      kind: 'by-hand',
      byHand: { lines: expect.arrayContaining(['127.0.0.1 a.lab']) as unknown },
    });
  });

  it('says that nothing happened when the person refused', async () => {
    await add('lab-refused');
    const { exitCode, stderr } = await run('hosts apply lab-refused --name a.lab --yes');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('/etc/hosts is as it was') as string,
    });
    expect((await server('lab-refused')).profile).toMatchObject({ forwards: [], hosts: { on: false, names: [] } });
  });

  it('does not write over what somebody else changed', async () => {
    await add('lab-drift');
    const { exitCode, stderr } = await run('hosts apply lab-drift --name a.lab --yes');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Somebody changed the names') as string,
    });
    expect((await run('hosts apply lab-drift --name a.lab --over-drift --yes')).exitCode).toBe(0);
    expect((await run('hosts keep lab-drift')).exitCode).toBe(0);
  });

  it.each([
    ['hosts apply lab --yes', 'Add some: mooring hosts apply lab --preset course'],
    ['hosts apply lab --preset coarse --yes', 'Did you mean course?'],
    ['hosts apply nobody --yes', 'There is no server called nobody.'],
    ['hosts remove nobody --yes', 'There is no server called nobody.'],
  ])('%s is wrong use', async (line, words) => {
    await add();
    const { exitCode, stderr } = await run(line);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
  });

  it('takes out what a server that is gone has left', async () => {
    bench.core.update((now) => ({
      ...now,
      hosts: { ...now.hosts, strays: [{ blockId: 'gone-1', label: 'old-lab', names: ['a.lab'] }] },
    }));
    expect((await run('hosts show')).stdout).toContain('Take them out: mooring hosts remove gone-1');
    await run('hosts remove gone-1 --yes');
    expect(bench.core.calls).toContainEqual({ name: 'hosts.remove', args: { serverId: 'gone-1' } });
  });
});
