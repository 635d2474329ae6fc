/** `mooring doctor` against a fake core behind a real socket. */
import { afterEach, describe, expect, it } from 'vitest';
import { tellingVariables } from '../../../main/adapters/diagnosis.ts';
import { judgeProxies, ofApp } from '../../../main/core/doctor/judge-machine.ts';
import { done } from '../../../main/shared/failure.ts';
import { openCliBench, type CliBench } from '../../support/cli.ts';

let bench: CliBench;
afterEach(() => bench.close());
const run = (line: string) => bench.run(line.split(' '));

describe('doctor', () => {
  it('tells what is well in groups, and ends with 0', async () => {
    bench = await openCliBench();
    await run('server add lab me@example.org');
    const looked = await run('doctor');
    expect(looked).toMatchObject({ exitCode: 0, stderr: '' });
    expect(looked.stdout).toMatch(/^This machine\n/);
    expect(looked.stdout).toContain('  ● Keychain: fake keychain keeps passwords.\n');
    expect(looked.stdout).toMatch(/\d+ ok\n$/);
  });

  it('tells what is broken on a server with what to do, and ends with 1', async () => {
    bench = await openCliBench();
    await run('server add lab me@example.org');
    const looked = await run('doctor lab');
    expect(looked.exitCode).toBe(1);
    expect(looked.stdout).toContain('\nlab: The way there\n  ✕ SSH port: It refuses.\n      Is the port right?\n');
    expect(looked.stdout).toMatch(/\n1 broken, .*\d+ ok\n$/);
    const json = JSON.parse((await run('doctor lab --json')).stdout) as { findings: { id: string }[] };
    expect(json.findings.map((each) => each.id)).toContain('keychain');
    expect(json.findings.map((each) => each.id)).toContain('shell/proxies');
  });

  it('says once what is the same in this shell and where Mooring was started', async () => {
    bench = await openCliBench();
    const { core } = bench;
    const findings = judgeProxies(tellingVariables(process.env), ofApp);
    const doctor = { serverId: null, startedMs: 0, endedMs: 1, cancelled: false, stage: null, findings };
    const { call } = core;
    Object.assign(core, {
      call: (name: string, args: unknown) => {
        if (name !== 'doctor.start') return call(name, args);
        core.update((before) => ({ ...before, doctor }));
        return Promise.resolve(done({}));
      },
    });
    const json = JSON.parse((await run('doctor --json')).stdout) as { findings: { id: string; seen: string }[] };
    expect(json.findings.map((each) => each.id).filter((each) => each.includes('proxies'))).toEqual(['proxies']);
    expect(json.findings.find((each) => each.id === 'proxies')?.seen).toContain('of this shell and of Mooring');
  });

  it('asks for a server that there is', async () => {
    bench = await openCliBench();
    expect(await run('doctor nobody')).toMatchObject({ exitCode: 2, stdout: '' });
  });
});
