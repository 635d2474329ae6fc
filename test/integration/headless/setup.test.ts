/** Setting up from the command line, against a fake core behind a real socket (test/support/fake-setup.ts). */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallName, CallReply } from '../../../main/shared/contract.ts';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import type { RunRecord, RunView } from '../../../main/shared/setup/run.ts';
import { stackNames, type InstalledStack } from '../../../main/shared/setup/stack.ts';
import type { ServerView } from '../../../main/shared/snapshot.ts';
import { giveStacks, openCliBench, type CliBench, type CliOptions, type CliResult } from '../../support/cli.ts';
import { fakeKeys, fakePassword } from '../../support/fake-setup.ts';
import { planOf, remarks, s3Plan } from '../../support/setup-plans.ts';
import { foundOf, history, installedOf, runFailure, runOf, verifies } from '../../support/setup-snapshots.ts';

let bench: CliBench;
let dir: string;
beforeEach(async () => {
  bench = await openCliBench();
  dir = await mkdtemp(join(tmpdir(), 'mooring-setup-'));
});
afterEach(async () => {
  await bench.close();
  await rm(dir, { recursive: true, force: true });
});

const run = (line: string, options?: CliOptions): Promise<CliResult> =>
  bench.run(
    [...line.matchAll(/'([^']*)'|(\S+)/g)].map((each) => each[1] ?? each[2] ?? ''),
    options,
  );
const json = async (line: string, options?: CliOptions): Promise<unknown> => {
  const { stdout, stderr } = await run(`${line} --json`, options);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
};
const callsTo = (name: CallName) => bench.core.calls.filter((each) => each.name === name).map((each) => each.args);
const server = (): ServerView => bench.core.snapshot().servers[0]!;
const serverId = () => server().profile.id;

/** Answers a call otherwise than the fake does. */
function answer<K extends CallName>(name: K, reply: (args: unknown) => CallReply<K>): void {
  const { call } = bench.core;
  Object.assign(bench.core, {
    call: (asked: string, args: unknown) => (asked === name ? Promise.resolve(reply(args)) : call(asked, args)),
  });
}
const change = (with_: (view: ServerView) => ServerView) => {
  bench.core.update((before) => ({ ...before, servers: before.servers.map(with_) }));
};
const install = (...stacks: InstalledStack[]) => {
  giveStacks(bench.core, ...stacks);
};
const setRun = (view: RunView | null) => {
  change((each) => ({ ...each, run: view }));
};

const quick = 'setup lab --stack mlflow-quick-start';

describe('a plan', () => {
  it('is shown, connecting the server first; nothing is done', async () => {
    await run('server add lab me@host');
    const { exitCode, stdout, stderr } = await run('setup lab --stack mlflow-postgres --plan');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(
      'MLflow with PostgreSQL on lab, as root\n  Good to know: Runs as the login account ubuntu.\n',
    );
    expect(stdout).toContain('  2. Database and user mlflow  (root)\n    Runs, metrics and logins are kept there.\n');
    expect(stdout).toContain('Secrets\n    Password of MLflow’s user admin: made up\n');
    expect(stdout).toContain('Tunnels\n    MLflow, to port 5000 of the server\n');
    expect(stdout).not.toContain('apt-get');
    expect(callsTo('setup.start')).toEqual([]);
    expect(server().connection.kind).toBe('up');
  });

  it('has the very commands with -v, and is given as JSON', async () => {
    await run('server add lab me@host');
    const { stdout } = await run('setup lab --stack mlflow-postgres --plan -v');
    expect(stdout).toContain('      # is there something to do? (exit 0: no)\n');
    expect(stdout).toContain('apt-get install -y');
    expect(await json('setup lab --stack mlflow-postgres --plan')).toMatchObject({
      plan: { title: 'MLflow with PostgreSQL' },
      known: [],
    });
  });

  it('is given as a script', async () => {
    await run('server add lab me@host');
    expect(await run(`${quick} --script`)).toEqual({
      exitCode: 0,
      stdout: '#!/bin/sh\n# MLflow quick start\n',
      stderr: '',
    });
    expect(await json(`${quick} --script`)).toEqual({ text: '#!/bin/sh\n# MLflow quick start\n' });
  });

  it('that can’t be run ends with 1, and is not begun', async () => {
    await run('server add lab me@host');
    answer('setup.plan', () =>
      done({ plan: planOf({ remarks: [remarks.stop, remarks.warning] }), known: [], stands: false }),
    );
    const shown = await run(`${quick} --plan`);
    expect(shown.exitCode).toBe(1);
    expect(shown.stdout).toContain('✕ Can’t be done: Port 5000 is taken by python3 (process 812 of lena).\n    Choose');
    expect(shown.stdout).toContain('Choose another port: 5003 is free. Add --set mlflow.port=5003\n');
    expect(shown.stdout).toContain('▲ Careful: Only 0.9 GB');
    const begun = await run(`${quick} --yes`);
    expect(begun).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `${remarks.stop.message}\n  ${remarks.stop.hint} Add --set mlflow.port=5003\n`,
    });
    expect(callsTo('setup.start')).toEqual([]);
  });
});

describe('putting right', () => {
  const offer = (kind: 'run-as-unit' | 'bind-to-loopback' | 'change-password', needs: 'run-as-unit' | null = null) => ({
    kind,
    title: `Offer ${kind}`,
    why: 'Since it is wrong.',
    needs,
    obstacle: null,
  });
  const offered = [offer('run-as-unit'), offer('bind-to-loopback', 'run-as-unit'), offer('change-password')];

  it('offers each thing, does what is chosen with what that needs, and is followed', async () => {
    await run('server add lab me@host');
    answer('setup.offers', () => done({ found: [{ port: 5000, offers: offered }] }));
    const asked: unknown[] = [];
    answer('setup.plan-put-right', (args) => {
      asked.push(args);
      return done({ plan: planOf({}) });
    });
    const shown = await run('setup put-right lab --plan --only bind-to-loopback');
    expect({ exitCode: shown.exitCode, stderr: shown.stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toContain('● Offer bind-to-loopback (bind-to-loopback)\n    Since it is wrong.\n');
    expect(shown.stdout).toContain('○ Offer change-password (change-password)\n');
    expect(shown.stdout).toContain('mooring setup password lab --change');
    expect(asked).toMatchObject([{ port: 5000, offers: ['run-as-unit', 'bind-to-loopback'] }]);
    expect(callsTo('setup.put-right')).toEqual([]);
  });

  it('says what there is when nothing fits, and does nothing without a yes', async () => {
    await run('server add lab me@host');
    answer('setup.offers', () => done({ found: [] }));
    expect((await run('setup put-right lab')).stderr).toContain('No MLflow that somebody else made was found on lab');
    answer('setup.offers', () => done({ found: [5000, 5001].map((port) => ({ port, offers: offered })) }));
    expect((await run('setup put-right lab')).stderr).toContain('--port, one of 5000, 5001');
    expect((await run('setup put-right lab --port 5001 --only paint-it')).stderr).toContain('They are: run-as-unit');
    answer('setup.plan-put-right', () => done({ plan: planOf({}) }));
    expect((await run('setup put-right lab --port 5001')).exitCode).not.toBe(0);
    expect(callsTo('setup.put-right')).toEqual([]);
  });
});

describe('a run', () => {
  it('is followed to its end: steps, recap, address, login', async () => {
    await run('server add lab me@host --forward mlflow');
    install(installedOf({ forwardId: server().profile.forwards[0]!.id }));
    const { exitCode, stdout, stderr } = await run(`${quick} --yes`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('MLflow quick start on lab, as root\n');
    expect(stdout).toContain('  5. Service mooring-mlflow.service\n');
    expect(stdout).toMatch(/✓ Packages: python3-venv, postgresql +changed +0\.\d s\n/);
    expect(stdout).toMatch(/\nok 0 · changed 5 · failed 0 · skipped 0 in 0\.\d s\n/);
    expect(stdout).toContain(
      'MLflow    http://127.0.0.1:5001\nUser      admin\nPassword  mooring setup password lab\n',
    );
    expect(callsTo('setup.start')).toEqual([
      { serverId: serverId(), draft: { stack: 'mlflow-quick-start', values: {} }, secrets: {} },
    ]);
    // The fake run has no check of its own.
    expect(callsTo('verify.start')).toMatchObject([{ environment: 'main', artifactBytes: 1_000_000 }]);
    expect(stdout).toMatch(/Check: well, in/);
  });

  it('of a playbook is this machine’s, and speaks of no other stack at its end', async () => {
    await run('server add lab me@host --forward mlflow');
    install(installedOf({ forwardId: server().profile.forwards[0]!.id }));
    const step = { ...planOf().steps[0]!, id: 'playbook', title: 'Run site.yml with ansible-playbook' };
    const plan = planOf({ title: 'Playbook site.yml', steps: [step], secrets: [], services: [] });
    answer('setup.plan', () => done({ plan, known: [], stands: false }));
    const shown = await run('setup lab --stack script --set script.path=site.yml --plan -v');
    expect(shown.stdout).toContain('Playbook site.yml on lab, from this machine\n');
    const steps = [
      { ...runOf({ kind: 'done' }).steps[0]!, ...step, place: 'here' as const, state: 'changed' as const },
    ];
    answer('setup.start', () => {
      setRun(runOf({ kind: 'done' }, { steps, endedMs: Date.now() }));
      return done({ runId: 'r-1' });
    });
    const ran = await run('setup lab --stack script --set script.path=site.yml --yes');
    expect({ exitCode: ran.exitCode, stderr: ran.stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(ran.stdout).toContain('✓ Run site.yml with ansible-playbook');
    expect(ran.stdout).not.toContain('mooring setup password');
    expect(callsTo('verify.start')).toEqual([]);
  });

  it('is one line of JSON', async () => {
    await run('server add lab me@host');
    expect(await json(`${quick} --yes --no-check`)).toMatchObject({
      run: { state: { kind: 'done' } },
      recap: { ok: 0, changed: 5, failed: 0, skipped: 0 },
      lastLines: [],
    });
  });

  it('is asked for at the terminal, and needs --yes elsewhere', async () => {
    await run('server add lab me@host');
    const nobody = await run(quick);
    expect(nobody).toMatchObject({
      exitCode: 2,
      stderr: 'Nobody sits at this terminal to be asked.\n  Look at what it would do, then add --yes\n',
    });
    for (const input of ['\r', 'n\r', 'perhaps\r', '\u0003']) {
      const no = await run(quick, { terminal: true, input });
      expect(no.stderr).toContain('Set up lab now? [y/N] ');
      expect(no.stderr).toContain('Nothing was set up.');
      expect(no.exitCode).toBe(1);
    }
    expect(callsTo('setup.start')).toEqual([]);
    expect((await run(quick, { terminal: true, input: 'y\r' })).exitCode).toBe(0);
    expect(callsTo('setup.start')).toHaveLength(1);
  });

  it('that fails tells which step, its last words, and how to go on', async () => {
    await run('server add lab me@host');
    const { exitCode, stdout, stderr } = await run(`${quick} --set environment=fails --yes`);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✕ Database and user mlflow +failed/);
    expect(stdout).toContain('\n    Database and user mlflow …\nok 0 · changed 1 · failed 1 · skipped 3 in');
    expect(stderr).toBe(
      `${runFailure.message}\n  ${runFailure.hint ?? ''}\n  Go on with: mooring setup lab --resume --environment fails\n`,
    );
    setRun(null);
    const asJson = await bench.run([
      'setup',
      'lab',
      '--stack',
      'script',
      '--set',
      'script.path=/x',
      '--set',
      'environment=fails',
      '--yes',
      '--json',
    ]);
    expect(asJson).toMatchObject({ exitCode: 1, stderr: '' });
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      run: { state: { kind: 'failed', stepId: 'database' } },
      lastLines: ['Database and user mlflow …'],
    });
  });

  it('shows what the steps say with -v', async () => {
    await run('server add lab me@host');
    const { stdout } = await run(`${quick} --yes -v`);
    expect(stdout).toContain('  Install MLflow 3.17.2:\n    Install MLflow 3.17.2 …\n');
    expect(stdout.match(/Install MLflow 3\.17\.2 …/g)).toHaveLength(1);
  });

  it('asks for sudo’s password where it is needed, without showing or offering to keep it', async () => {
    await run('server add lab me@ask-sudo');
    const { exitCode, stdout, stderr } = await run(`${quick} --yes`, { terminal: true, input: 'right\r' });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Password for sudo of me@ask-sudo: ');
    expect(stdout + stderr).not.toMatch(/right|Remember/);
    expect(callsTo('prompts.answer')).toMatchObject([{ answer: { kind: 'secret', secret: 'right', remember: false } }]);
  });

  it('waits for sudo’s password where nobody sits, and says how to give it', async () => {
    await run('server add lab me@ask-sudo');
    const { exitCode, stderr } = await run(`${quick} --yes`);
    const [prompt] = bench.core.snapshot().prompts;
    expect(exitCode).toBe(3);
    expect(stderr).toBe(
      `lab needs you. Password for sudo of me@ask-sudo\n  Answer with: mooring answer ${prompt!.id} --stdin\n`,
    );
    expect((await run('prompts')).stdout).toContain('Password for sudo of me@ask-sudo');
    expect((await run('answer lab --stdin --remember', { input: 'right\n' })).exitCode).toBe(0);
    expect(callsTo('prompts.answer')).toMatchObject([{ answer: { secret: 'right', remember: false } }]);
    answer('setup.look', () => done({ stacks: [], history: [], kept: [] }));
    await expect.poll(() => server().run?.state.kind).toBe('done');
  });

  it('says when the server is out of sight and when it is back, and how the run fared', async () => {
    await run('server add lab me@host --up');
    const followed = (last: RunView) => {
      setRun(runOf({ kind: 'running' }));
      let states = [runOf({ kind: 'out-of-sight' }), last];
      return run('setup lab --resume --no-check', {
        onOutput: (written) => {
          if (!written.includes(states.length === 2 ? '✓' : 'out of sight')) return;
          const [next, ...rest] = states;
          states = rest;
          if (next) setRun(next);
        },
      });
    };
    const well = await followed(runOf({ kind: 'done' }, { endedMs: Date.now() }));
    expect(well.exitCode).toBe(0);
    expect(well.stdout.match(/out of sight/g)).toHaveLength(1);
    expect(well.stdout).toContain(
      'lab is out of sight: the connection is lost. The run needs no connection; Mooring connects again.\n',
    );
    expect(well.stdout).toContain('lab is back in sight: the run ended there meanwhile.\n');
    const cut = await followed(runOf({ kind: 'interrupted' }, { endedMs: Date.now() }));
    expect(cut.exitCode).toBe(1);
    expect(cut.stdout).toContain('lab is back in sight: the run was cut off there meanwhile.\n');
    expect(cut.stderr).toContain('The run was cut off on lab: it ended there without a word.\n');
  });

  it('is asked to stop by Ctrl-C', async () => {
    await run('server add lab me@host');
    let pressed = false;
    const { exitCode, stdout, stderr } = await run(`${quick} --set environment=stays --yes -v`, {
      onOutput: (written, interrupt) => {
        if (pressed || !written.includes('Service mooring-mlflow.service …')) return;
        pressed = true;
        interrupt();
      },
    });
    expect(exitCode).toBe(1);
    expect(callsTo('setup.cancel')).toMatchObject([{ how: 'after-step' }]);
    expect(stderr).toContain(
      'It stops after this step.\nCtrl-C again leaves it to itself. Come back with: mooring setup lab --resume\n',
    );
    expect(stderr).toContain('It is stopped after “Packages: python3-venv, postgresql”.');
    expect(stdout).toContain('skipped 5 in');
  });

  it('goes on by itself after a second Ctrl-C, and when Mooring ends', async () => {
    await run('server add lab me@host');
    answer('setup.cancel', () => failed(failure('link-lost', 'The server could not be told to stop.')));
    let pressed = 0;
    const left = await run(`${quick} --set environment=stays --yes -v`, {
      onOutput: (written, interrupt) => {
        const isTime = pressed === 0 ? written.includes('service …') : written.includes('Ctrl-C again');
        if (!isTime || pressed > 1) return;
        pressed += 1;
        interrupt();
      },
    });
    expect(left.exitCode).toBe(1);
    expect(left.stderr).toContain('The server could not be told to stop.');
    expect(left.stderr).toContain('The run goes on on the server. Come back with: mooring setup lab --resume\n');
    expect(server().run?.state.kind).toBe('running');
    const busy = await run(`${quick} --yes`);
    expect(busy).toMatchObject({ exitCode: 1, stderr: 'Another run is under way on this server.\n' });
  });

  it('does not wait for the check with --no-check, and makes one of another size', async () => {
    await run('server add lab me@host');
    install(installedOf());
    await run(`${quick} --yes --check-size 600MB`);
    await run(`${quick} --yes --size 100MB`);
    expect(callsTo('verify.start')).toMatchObject([{ artifactBytes: 600_000_000 }, { artifactBytes: 100_000_000 }]);
    const steps = runOf({ kind: 'running' }).steps.map((each) =>
      each.id === 'check' ? each : ({ ...each, state: 'changed' } as const),
    );
    answer('setup.start', () => {
      setRun(runOf({ kind: 'running' }, { steps }));
      return done({ runId: 'r-1' });
    });
    const { exitCode, stdout } = await run(`${quick} --yes --no-check`);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('Check:');
  });
});

describe('the server', () => {
  it('is connected first, its questions asked or reported', async () => {
    await run('server add lab me@ask-password');
    const nobody = await run(`${quick} --yes`);
    expect(nobody.exitCode).toBe(3);
    expect(nobody.stderr).toContain('lab needs you. Password of me@ask-password\n  Answer with: mooring answer');
    const { exitCode } = await run(`${quick} --yes`, { terminal: true, input: 'right\rno\r' });
    expect(exitCode).toBe(0);
  });

  it('that can’t be reached ends it', async () => {
    await run('server add lab me@fails');
    expect(await run(`${quick} --yes`)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'lab: The server did not take the login.\n  Check the user name.\n',
    });
    expect(JSON.parse((await run(`${quick} --yes --json`)).stdout)).toMatchObject({
      error: { code: 'login-rejected' },
    });
  });
});

describe('the stack', () => {
  it.each([
    ['setup lab --plan', 'Say what to set up: --stack NAME, or a stack file.'],
    ['setup lab --stack mlflow-postgress --yes', 'Did you mean mlflow-postgres?'],
    ['setup lab --stack mlflow-s3 --plan', '--set s3.bucket=… --set s3.access-key-id=…'],
    ['setup lab --stack none/such.yaml --yes', 'There is no stack and no readable file none/such.yaml.'],
    ['setup nowhere --stack script --plan', 'There is no server called nowhere.'],
    [`${quick} --plan --set mlflow.prt=1`, 'Did you mean mlflow.port?'],
    [`${quick} --plan --set mlflow.port`, '--set takes key=value'],
    [`${quick} --plan --set mlflow.admin-password=hunter2`, 'is never given as an argument'],
    [`${quick} --plan --set s3.bucket=abc`, 's3.bucket is not a setting of “MLflow quick start”.'],
    [
      'setup lab --stack mlflow-external-postgres --set database.ca=@/no/such/file --plan',
      'can’t be read for database.ca',
    ],
    ['setup lab --resume --stack script', '--resume goes on with what was begun'],
    [`${quick} --environment dev --yes`, '--environment goes with --resume'],
    // Nobody sits there to be asked, but that is not what is wrong.
    ['setup lab', 'Say what to set up: --stack NAME'],
    ['setup lbb --stack mlflow-quick-start', 'There is no server called lbb.'],
    ['setup lab --stack mlflow-quick', 'There is no stack and no readable file mlflow-quick.'],
    [`${quick} --secrets /no/such/file`, 'There is no file'],
    [`${quick} --set mlflow.prt=1`, 'Did you mean mlflow.port?'],
    [`${quick} --plan --script`, 'do not go together'],
    [`${quick} --check-size huge`, 'huge is not a size'],
    [`${quick} --secrets /no/such/file --yes`, 'There is no file'],
    ['setup', 'missing required argument'],
    ['setup stacks mlflow', 'There is no stack mlflow.'],
    ['setup adopt lab --port x', 'x is not a port'],
    ['setup adopt lab --port 5000 --environment main', 'do not go together'],
    ['setup password lab --stdin', '--stdin goes with --change'],
    ['setup password lab', 'Mooring knows of no stack on lab.'],
    ['verify lab', 'Mooring knows of no stack on lab.'],
    ['verify lab --size 6GB', 'is not a size'],
    ['uninstall lab --confirm lab', '--confirm goes with --remove-data'],
  ])('wrong use ends with 2: %s', async (line, words) => {
    await run('server add lab me@host');
    const { exitCode, stdout, stderr } = await run(line);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('hunter2');
    expect(callsTo('setup.start')).toEqual([]);
  });

  it('takes settings, typed by their kind', async () => {
    await run('server add lab me@host');
    await writeFile(join(dir, 'ca.pem'), 'CERTIFICATES\n');
    await run(
      `setup lab --stack mlflow-external-postgres --set mlflow.port=5002 --set mlflow.login=off --set mlflow.version=3.10 --set database.host=db=1 --set database.user=ml --set database.ca=@${dir}/ca.pem --plan`,
    );
    expect(callsTo('setup.plan')).toMatchObject([
      {
        draft: {
          values: {
            'mlflow.port': 5002,
            'mlflow.login': false,
            'mlflow.version': '3.10',
            'database.host': 'db=1',
            'database.ca': 'CERTIFICATES\n',
          },
        },
      },
    ]);
  });

  it('is chosen at the terminal, and what has no usual value is asked for', async () => {
    await run('server add lab me@host');
    const input = 'zero\r4\r\rmy-artifacts\rAKIAEXAMPLE\r';
    const { stderr } = await run('setup lab --plan', { terminal: true, input });
    expect(stderr).toContain('1  mlflow-quick-start');
    expect(stderr.match(/Which one\? \[1\]/g)).toHaveLength(2);
    expect(stderr.match(/Bucket \(such as my-artifacts\): /g)).toHaveLength(2);
    expect(callsTo('setup.plan')).toMatchObject([
      { draft: { stack: 'mlflow-s3', values: { 's3.bucket': 'my-artifacts', 's3.access-key-id': 'AKIAEXAMPLE' } } },
    ]);
    await run('setup lab --plan', { terminal: true, input: '\r' });
    expect(callsTo('setup.plan').at(-1)).toMatchObject({ draft: { stack: 'mlflow-quick-start', values: {} } });
    expect(await run('setup lab --plan', { terminal: true, input: '\u0003' })).toMatchObject({ exitCode: 1 });
  });

  it('comes from a file, with settings over it; paths are those beside the file', async () => {
    await run('server add lab me@host');
    const path = join(dir, 'prod.yaml');
    await writeFile(path, 'stack: mlflow-postgres\nenvironment: prod\nmlflow: { port: 5002, version: 3.17.2 }\n');
    await run(`setup lab --stack ${path} --set mlflow.port=5003 --plan`);
    expect(callsTo('setup.plan').at(-1)).toMatchObject({
      draft: {
        stack: 'mlflow-postgres',
        values: { environment: 'prod', 'mlflow.port': 5003, 'mlflow.version': '3.17.2' },
      },
    });
    await writeFile(path, 'stack: script\nscript: { path: tools/install.sh }\n');
    await run(`setup lab --stack ${path} --plan`);
    expect(callsTo('setup.plan').at(-1)).toMatchObject({
      draft: { values: { 'script.path': join(dir, 'tools/install.sh') } },
    });
    await run('setup lab --stack script --set script.path=install.sh --plan');
    expect(callsTo('setup.plan').at(-1)).toMatchObject({
      draft: { values: { 'script.path': join(process.cwd(), 'install.sh') } },
    });
    await writeFile(path, 'stack: mlflow-postgres\nmlflow: { prt: 1, password: hunter2-hunter2 }\n');
    const wrong = await run(`setup lab --stack ${path} --plan`);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('Line 2, column 11: mlflow.prt is not a setting of “MLflow with PostgreSQL”.\n');
    expect(wrong.stderr).toContain('  Did you mean mlflow.port?\n');
    expect(wrong.stderr).toContain('Secrets don’t belong in the file: mlflow.password.');
    expect(wrong.stderr).not.toContain('hunter2');
  });

  it('is listed with its settings, and has a schema, without a running core', async () => {
    await bench.close();
    bench = await openCliBench({ running: false });
    const all = await run('setup stacks');
    for (const name of stackNames) expect(all.stdout).toContain(`${name}  `);
    expect(all.stdout).toContain('    mlflow.port=5000 ');
    expect((await run('setup stacks mlflow-s3')).stdout).toContain('s3.bucket=… ');
    expect(await json('setup stacks')).toHaveLength(stackNames.length);
    const published = await readFile(join(import.meta.dirname, '../../../build/stack.schema.json'), 'utf8');
    expect(JSON.parse((await run('setup schema')).stdout)).toEqual(JSON.parse(published));
  });
});

describe('secrets', () => {
  const s3 = 'setup lab --stack mlflow-s3 --set s3.bucket=abc --set s3.access-key-id=AKIAEXAMPLE';
  const started = () => (callsTo('setup.start').at(-1) as { secrets: unknown } | undefined)?.secrets;

  it('are asked for hidden, again when nothing was typed', async () => {
    await run('server add lab me@host');
    answer('setup.plan', () => done({ plan: s3Plan, known: [], stands: false }));
    const { exitCode, stdout, stderr } = await run(`${s3} --yes`, { terminal: true, input: '\rhunter2-hunter2\r' });
    expect(exitCode).toBe(0);
    expect(stderr.match(/Secret access key of AKIAEXAMPLE: /g)).toHaveLength(2);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(started()).toEqual({ 's3.secret-access-key': 'hunter2-hunter2' });
    expect((await run(`${s3} --yes`, { terminal: true, input: '\u0003' })).exitCode).toBe(1);
  });

  it('are judged and told by --plan, too, each trouble once', async () => {
    await run('server add lab me@host');
    const line = `${quick} --secrets -`;
    const input = 'mlflow.admin-password=long-enough-1';
    const shown = await run(`${line} --plan`, { input: `${input}2` });
    expect(shown.stdout).toContain('Password of MLflow’s user admin: as given\n');
    expect(JSON.parse((await run(`${line} --plan --json`, { input: `${input}2` })).stdout)).toMatchObject({
      given: ['mlflow.admin-password'],
    });
    for (const way of ['--plan', '--yes']) {
      expect(await run(`${line} ${way}`, { input: 'mlflow.admin-password=short' })).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: 'Password of MLflow’s user admin: A password needs at least 12 characters.\n  Choose another one.\n',
      });
    }
    expect((await run(`${line} --plan`, { input: 'storage.secret-key=abc' })).stderr).toContain(
      'storage.secret-key is not a secret of this stack.',
    );
    expect(callsTo('setup.start')).toEqual([]);
  });

  it('that are kept, or can be made up, are not asked for; missing ones are named', async () => {
    await run('server add lab me@host');
    answer('setup.plan', () => done({ plan: s3Plan, known: [], stands: false }));
    const missing = await run(`${s3} --yes`);
    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toContain(
      's3.secret-access-key (Secret access key of AKIAEXAMPLE)\n  Give them by --secrets FILE',
    );
    answer('setup.plan', () => done({ plan: s3Plan, known: ['s3.secret-access-key'], stands: false }));
    expect((await run(`${s3} --yes`)).exitCode).toBe(0);
    expect(started()).toEqual({});
  });

  it('come from a file that nobody else can read, or from standard input', async () => {
    await run('server add lab me@host');
    answer('setup.plan', () => done({ plan: s3Plan, known: [], stands: false }));
    const path = join(dir, 'secrets');
    await writeFile(path, '# of the lab\r\n\r\ns3.secret-access-key= a=b "c" \r\n', { mode: 0o644 });
    const open = await run(`${s3} --yes --secrets ${path}`);
    expect(open).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`chmod 600 ${path}`) as string });
    await chmod(path, 0o600);
    expect((await run(`${s3} --yes --secrets ${path}`)).exitCode).toBe(0);
    expect(started()).toEqual({ 's3.secret-access-key': ' a=b "c" ' });
    const input = 's3.secret-access-key=hunter2-hunter2\nmlflow.admin-password=hunter3-hunter3\n';
    const piped = await run(`${s3} --yes --secrets -`, { input });
    expect(piped.exitCode).toBe(0);
    expect(started()).toEqual({
      's3.secret-access-key': 'hunter2-hunter2',
      'mlflow.admin-password': 'hunter3-hunter3',
    });
    expect(piped.stdout + piped.stderr).not.toContain('hunter');
  });

  it.each([
    ['', 'There is no secret in what --secrets names.'],
    ['hunter2-hunter2', 'Line 1 of the secrets has no “=”.'],
    ['s3.secret-access-kay=hunter2', 'Did you mean s3.secret-access-key?'],
    ['hunter2=hunter2', 'Line 1 of the secrets begins with no name of a secret.'],
    ['database.password=hunter2', 'database.password is not a secret of this stack.'],
    ['\ns3.secret-access-key=hunter2\ns3.secret-access-key=hunter2', 'stands there twice'],
    ['s3.secret-access-key=', 's3.secret-access-key is empty'],
  ])('that do not fit are named, never shown: %j', async (input, words) => {
    await run('server add lab me@host');
    answer('setup.plan', () => done({ plan: s3Plan, known: [], stands: false }));
    const { exitCode, stderr, stdout } = await run(`${s3} --yes --secrets -`, { input });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
    expect(stdout + stderr).not.toContain('hunter');
  });
});

describe('going on', () => {
  const look = (outcome: 'failed' | 'interrupted' | 'done' | 'cancelled', kind: 'set-up' | 'uninstall' = 'set-up') => {
    answer('setup.look', () =>
      done({
        stacks: [foundOf({ complete: outcome === 'done' })],
        history: [{ ...history[0]!, outcome, kind }],
        kept: [],
      }),
    );
  };

  it('follows a run that is under way, whoever began it', async () => {
    await run('server add lab me@host --up');
    setRun(runOf({ kind: 'running' }));
    let ended = false;
    const { exitCode, stdout } = await run('setup lab --resume --no-check', {
      onOutput: (written) => {
        if (ended || !written.includes('✓ Database and user mlflow')) return;
        ended = true;
        setRun(runOf({ kind: 'done' }, { endedMs: Date.now(), steps: runOf({ kind: 'done' }).steps }));
      },
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /✓ Packages: python3-venv, postgresql +changed +23 s\n✓ Database and user mlflow +nothing to do/,
    );
    expect(callsTo('setup.start')).toEqual([]);
  });

  it('follows no other run than the one that is named', async () => {
    await run('server add lab me@host --up');
    setRun(runOf({ kind: 'running' }));
    const begun = runOf({ kind: 'running' });
    expect(await run('setup lab --resume --environment dev')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `A run of main is under way on lab: ${begun.title}. It has to end first.\n  Follow it: mooring setup lab --resume\n`,
    });
    setRun({ ...begun, environment: 'dev' });
    const followed = await run('setup lab --resume --environment dev --no-check', {
      onOutput: (written) => {
        if (written.includes('✓') && server().run?.state.kind === 'running')
          setRun({ ...runOf({ kind: 'done' }, { endedMs: Date.now() }), environment: 'dev' });
      },
    });
    expect(followed.exitCode).toBe(0);
  });

  it('says that there is nothing, or how the last one ended', async () => {
    await run('server add lab me@host');
    answer('setup.look', () => done({ stacks: [], history: [], kept: [] }));
    expect(await run('setup lab --resume')).toMatchObject({
      exitCode: 1,
      stderr:
        'No run is under way on lab, and none ever was.\n  Begin one: mooring setup lab --stack mlflow-quick-start\n',
    });
    look('done');
    expect(await run('setup lab --resume')).toMatchObject({
      exitCode: 0,
      stdout:
        'The last run on lab, MLflow with PostgreSQL: done in 48 s on the server · 1 ok, 6 changed\nNothing on lab is left unfinished.\n',
    });
    look('interrupted', 'uninstall');
    expect((await run('setup lab --resume')).stderr).toContain(
      'Say it again: mooring uninstall lab --environment main\n',
    );
  });

  it('goes on with one that was interrupted, at once; with one that failed, after a yes', async () => {
    await run('server add lab me@host');
    look('interrupted');
    expect((await run('setup lab --resume')).exitCode).toBe(0);
    expect(callsTo('setup.start')).toMatchObject([{ draft: { stack: 'mlflow-postgres' } }]);
    look('failed');
    expect((await run('setup lab --resume')).exitCode).toBe(2);
    expect((await run('setup lab --resume', { terminal: true, input: 'n\r' })).exitCode).toBe(1);
    expect(callsTo('setup.start')).toHaveLength(1);
    expect((await run('setup lab --resume --yes')).exitCode).toBe(0);
    expect(callsTo('setup.start')).toHaveLength(2);
  });

  const dev = { stack: 'mlflow-quick-start', values: { environment: 'dev', 'mlflow.port': 5077 } } as const;
  const lookAt = (...outcomes: [environment: string, outcome: RunRecord['outcome']][]) => {
    answer('setup.look', () =>
      done({
        stacks: outcomes.map(([environment, outcome]) =>
          foundOf({
            environment,
            complete: outcome === 'done',
            draft: { ...dev, values: { ...dev.values, environment } },
          }),
        ),
        history: outcomes.map(([environment, outcome]) => ({ ...history[0]!, environment, outcome })),
        kept: [],
      }),
    );
  };

  it('finds the stopped run behind another one’s good end, with all that was said for it', async () => {
    await run('server add lab me@host');
    lookAt(['main', 'done'], ['dev', 'cancelled']);
    const { exitCode, stderr } = await run('setup lab --resume --yes');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain('The last run of dev on lab, MLflow with PostgreSQL: stopped');
    expect(callsTo('setup.start')).toMatchObject([{ draft: dev }]);
  });

  it('asks which one where several are not finished, and takes the one that is named', async () => {
    await run('server add lab me@host');
    lookAt(['stage', 'failed'], ['main', 'done'], ['dev', 'cancelled']);
    expect(await run('setup lab --resume --yes')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'Several are not finished on lab. Say which: --resume --environment NAME\n  There is: stage, dev\n',
    });
    expect((await run('setup lab --resume --yes --environment main')).stderr).toContain(
      'Nothing of main on lab is left unfinished.',
    );
    expect(callsTo('setup.start')).toEqual([]);
    expect((await run('setup lab --resume --yes', { terminal: true, input: 'huh\rdev\r' })).exitCode).toBe(0);
    expect((await run('setup lab --resume --yes --environment dev')).exitCode).toBe(0);
    expect(callsTo('setup.start')).toMatchObject([{ draft: dev }, { draft: dev }]);
  });

  it('puts nothing in the place of an MLflow that was to be put right', async () => {
    await run('server add lab me@host');
    const environment = 'adopted-5001';
    const draft = { stack: 'mlflow-quick-start', values: { environment, 'mlflow.port': 5001 } } as const;
    const [last] = history;
    answer('setup.look', () =>
      done({
        stacks: [foundOf({ environment, draft, title: 'Put MLflow on port 5001 right' })],
        history: last ? [{ ...last, environment, outcome: 'failed' }] : [],
        kept: [],
      }),
    );
    const { exitCode, stderr } = await run('setup lab --resume --yes');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('mooring setup put-right lab --port 5001');
    expect(callsTo('setup.plan')).toEqual([]);
  });

  it('shows the history', async () => {
    await run('server add lab me@host');
    answer('setup.look', () =>
      done({ stacks: [foundOf({ isKnown: false, environment: 'dev' })], history: [...history], kept: [] }),
    );
    const { stdout } = await run('setup history lab');
    expect(stdout).toContain('dev: MLflow with PostgreSQL; take it over: mooring setup adopt lab --environment dev\n');
    expect(stdout).toContain('done in 48 s on the server · 1 ok, 6 changed');
    expect(await json('setup history lab')).toMatchObject({ stacks: [{ environment: 'dev' }], history: [{}, {}] });
    answer('setup.look', () => done({ stacks: [foundOf({})], history: [], kept: [] }));
    expect((await run('setup history lab')).stdout).toContain(
      '\nNo run of Mooring’s yet: a script run by hand leaves none\n',
    );
    answer('setup.look', () => done({ stacks: [], history: [], kept: [] }));
    expect((await run('setup history lab')).stdout).toBe('No run yet\n');
  });
});

describe('the login', () => {
  it('is shown: the password alone on standard output', async () => {
    await run('server add lab me@host');
    install(installedOf());
    expect(await run('setup password lab')).toEqual({
      exitCode: 0,
      stdout: `${fakePassword}\n`,
      stderr: 'User admin\n',
    });
    expect(await json('setup password lab')).toEqual({ user: 'admin', password: fakePassword });
    expect(callsTo('setup.reveal-password').at(-1)).toEqual({ serverId: serverId(), environment: 'main' });
  });

  it('is changed to one that is made up, or typed', async () => {
    await run('server add lab me@host');
    install(installedOf());
    const made = await run('setup password lab --change');
    expect(made).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'Changed. Show it with: mooring setup password lab\n',
    });
    expect(callsTo('setup.change-password').at(-1)).toEqual({ serverId: serverId(), environment: 'main' });
    const typed = await run('setup password lab --change --stdin', { terminal: true, input: 'hunter2-hunter2\r' });
    expect(typed.stdout + typed.stderr).not.toContain('hunter2');
    expect(callsTo('setup.change-password').at(-1)).toMatchObject({ password: 'hunter2-hunter2' });
    await run('setup password lab --change --stdin', { input: 'from a pipe\n' });
    expect(callsTo('setup.change-password').at(-1)).toMatchObject({ password: 'from a pipe' });
    expect((await run('setup password lab --change --stdin', { input: 'a\nb\n' })).exitCode).toBe(2);
  });

  it('of a store is its keys', async () => {
    await run('server add lab me@host');
    install(installedOf({ draft: { stack: 'object-storage', values: {} }, adminUser: null }));
    expect(await run('setup keys lab')).toEqual({
      exitCode: 0,
      stdout: `Access key  ${fakeKeys.accessKey}\nSecret key  ${fakeKeys.secretKey}\n`,
      stderr: '',
    });
    expect(await json('setup keys lab --environment main')).toEqual(fakeKeys);
    answer('setup.reveal-keys', () => done({ ...fakeKeys, console: { user: 'admin', password: 'of-the-console' } }));
    expect((await run('setup keys lab')).stdout).toContain(
      'Console user      admin\nConsole password  of-the-console\n',
    );
  });

  it('gets further users', async () => {
    await run('server add lab me@host');
    install(installedOf({ environment: 'dev' }), installedOf({ environment: 'prod' }));
    expect(await run('setup add-user lab anna')).toMatchObject({
      exitCode: 2,
      stderr: 'Say which stack of lab: --environment NAME\n  There is: dev, prod\n',
    });
    expect(await run('setup add-user lab anna --environment dev')).toEqual({
      exitCode: 0,
      stdout: `${fakePassword}\n`,
      stderr: 'Added anna. This password is shown only now:\n',
    });
    expect((await run('setup add-user lab anna --environment pord')).stderr).toContain('Did you mean prod?');
  });
});

describe('taking over', () => {
  const found = (...stacks: ReturnType<typeof foundOf>[]) => {
    answer('setup.look', () => done({ stacks, history: [], kept: [] }));
  };
  /** Keeps what it was called with: an answer of our own does not. */
  const adopts = (right: string) => {
    const passwords: unknown[] = [];
    answer('setup.adopt', (args) => {
      const { password } = args as { password?: string };
      passwords.push(password);
      return password === right ? done({}) : failed(failure('login-rejected', 'MLflow did not accept it.'));
    });
    return passwords;
  };

  it('takes the one stack there is, and asks for its password', async () => {
    await run('server add lab me@host');
    found(foundOf({ environment: 'dev', isKnown: false }));
    const { exitCode, stdout, stderr } = await run('setup adopt lab', { terminal: true, input: 'hunter2-hunter2\r' });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'Took over MLflow with PostgreSQL of lab\n' });
    expect(stderr).toContain('Password of admin for dev on lab (empty: not now): ');
    expect(stderr).toContain('mooring verify lab --environment dev');
    expect(stderr).not.toContain('hunter2');
    const expected = { serverId: serverId(), environment: 'dev', password: 'hunter2-hunter2' };
    expect(callsTo('setup.adopt')).toEqual([expected]);
  });

  it('wants to be told which of several it is, whatever is known here', async () => {
    await run('server add lab me@host');
    install(installedOf({ secrets: [] }));
    found(foundOf(), foundOf({ environment: 'hand', isKnown: false }));
    expect(await run('setup adopt lab', { terminal: true, input: '\r' })).toMatchObject({
      exitCode: 2,
      stderr: 'lab has several stacks.\n  Say which: --environment main or --environment hand\n',
    });
    const { stdout } = await run('setup history lab');
    expect(stdout).toContain('take it over: mooring setup adopt lab --environment hand\n');
    const { stderr } = await run('setup adopt lab --environment main', { terminal: true, input: '\r' });
    expect(stderr).toContain('Password of admin for main on lab');
    expect(callsTo('setup.adopt')).toEqual([{ serverId: serverId(), environment: 'main', password: '' }]);
    expect(stderr).toContain('not known here. Give it later: mooring setup adopt lab --environment main');
  });

  it('asks again for a password that is wrong, three times at most', async () => {
    await run('server add lab me@host');
    found(foundOf({ isKnown: false }));
    let passwords = adopts('right');
    const right = await run('setup adopt lab', { terminal: true, input: 'wrong\rright\r' });
    expect(right).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('did not accept') as string });
    expect(passwords).toEqual(['wrong', 'right']);
    passwords = adopts('right');
    expect(await run('setup adopt lab', { terminal: true, input: 'a\rb\rc\rright\r' })).toMatchObject({ exitCode: 1 });
    expect(passwords).toEqual(['a', 'b', 'c']);
    passwords = adopts('right');
    expect(await run('setup adopt lab --stdin', { input: 'a\n' })).toMatchObject({ exitCode: 1 });
    expect(await run('setup adopt lab')).toMatchObject({ exitCode: 1 });
    expect(passwords).toEqual(['a', undefined]);
  });

  it('uses the password that is kept here, and asks only where that is not right', async () => {
    await run('server add lab me@host');
    install(installedOf());
    found(foundOf());
    const { stderr } = await run('setup adopt lab', { terminal: true, input: 'x\r' });
    expect(stderr).not.toContain('Password of');
    expect(callsTo('setup.adopt')).toEqual([{ serverId: serverId(), environment: 'main' }]);
    const passwords = adopts('right');
    expect((await run('setup adopt lab', { terminal: true, input: 'right\r' })).exitCode).toBe(0);
    expect(passwords).toEqual([undefined, 'right']);
  });

  it('takes an MLflow by its port', async () => {
    await run('server add lab me@host');
    expect((await run('setup adopt lab --port 5000 --user ada --stdin', { input: 'x y\n' })).exitCode).toBe(0);
    expect(callsTo('setup.adopt')).toEqual([{ serverId: serverId(), port: 5000, user: 'ada', password: 'x y' }]);
    answer('setup.look', () => done({ stacks: [], history: [], kept: [] }));
    expect((await run('setup adopt lab')).stderr).toContain('--port 5000');
  });
});

describe('uninstalling', () => {
  it('keeps data, after a yes', async () => {
    await run('server add lab me@host');
    install(installedOf());
    expect(await run('uninstall lab')).toMatchObject({ exitCode: 2 });
    const no = await run('uninstall lab', { terminal: true, input: 'n\r' });
    expect(no).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Nothing was removed.') as string });
    const { exitCode, stdout } = await run('uninstall lab --yes');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Uninstall MLflow with PostgreSQL on lab, as root\n');
    expect(stdout).not.toContain('will be lost');
    expect(callsTo('setup.uninstall')).toEqual([{ serverId: serverId(), environment: 'main', removeData: false }]);
  });

  it('removes data only for who types the server’s name', async () => {
    await run('server add lab me@host');
    install(installedOf());
    const wrong = await run('uninstall lab --remove-data --yes', { terminal: true, input: 'yes\r' });
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stdout).toMatch(/▲ Careful: \S*The runs and metrics in the database mlflow will be lost\./);
    expect(wrong.stderr).toContain('That is not lab. Nothing was removed.');
    expect((await run('uninstall lab --remove-data --yes')).exitCode).toBe(2);
    expect((await run('uninstall lab --remove-data --confirm other')).exitCode).toBe(1);
    expect(callsTo('setup.uninstall')).toEqual([]);
    expect((await run('uninstall lab --remove-data', { terminal: true, input: 'lab\r' })).exitCode).toBe(0);
    expect(await json('uninstall lab --remove-data --confirm lab')).toMatchObject({ run: { kind: 'uninstall' } });
    expect(callsTo('setup.uninstall')).toMatchObject([{ serverName: 'lab' }, { serverName: 'lab', removeData: true }]);
  });

  it('knows what the server has, also where this machine does not', async () => {
    await run('server add lab me@host');
    answer('setup.look', () =>
      done({ stacks: [foundOf({ environment: 'dev', isKnown: false })], history: [], kept: [] }),
    );
    expect((await run('uninstall lab --yes')).exitCode).toBe(0);
    expect(callsTo('setup.uninstall')).toMatchObject([{ environment: 'dev' }]);
  });
});

describe('uninstalling from several', () => {
  it('asks which one is meant, main or not', async () => {
    await run('server add lab me@host');
    const adopted = installedOf({ environment: 'adopted-5050', adminUser: null });
    install(installedOf(), adopted, installedOf({ environment: 'dev' }));
    answer('setup.look', () =>
      done({ stacks: [foundOf(), foundOf({ environment: 'dev', complete: false })], history: [], kept: [] }),
    );
    for (const words of ['--yes', '--remove-data --confirm lab --yes']) {
      expect(await run(`uninstall lab ${words}`)).toEqual({
        exitCode: 2,
        stdout: '',
        // What Mooring did not put there is no choice.
        stderr: 'Say which stack of lab: --environment NAME\n  There is: main, dev\n',
      });
    }
    expect(callsTo('setup.uninstall')).toEqual([]);
    expect((await run('uninstall lab --environment main --yes')).exitCode).toBe(0);
    expect(callsTo('setup.uninstall')).toMatchObject([{ environment: 'main' }]);
  });
});

describe('the check', () => {
  it('tells each step, and how it went', async () => {
    await run('server add lab me@host');
    install(installedOf());
    const { exitCode, stdout, stderr } = await run('verify lab --size 600MB');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^[✓–▲] /);
    expect(stdout).toMatch(/Check: well, in .* s\n$/);
    expect(callsTo('verify.start')).toEqual([
      { serverId: serverId(), environment: 'main', artifactBytes: 600_000_000 },
    ]);
    expect(await json('verify lab')).toMatchObject({ environment: 'main', failure: null });
    await run('verify lab --check-size 5MB');
    expect(callsTo('verify.start').at(-1)).toMatchObject({ artifactBytes: 5_000_000 });
    for (const command of ['verify', 'setup']) {
      const { stdout: help } = await run(`${command} --help`);
      expect(help).toContain('--check-size <size>');
      expect(help).not.toContain(' --size');
    }
  });

  it('ends with 1 when something is wrong', async () => {
    await run('server add lab me@host');
    install(installedOf());
    answer('verify.start', () => {
      change((view) => ({ ...view, verify: { ...verifies.failed, endedMs: Date.now() } }));
      return done({});
    });
    const { exitCode, stdout, stderr } = await run('verify lab');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('✕ ');
    expect(stderr).toContain(verifies.failed.failure!.message);
    expect((await run('verify lab --json')).exitCode).toBe(1);
  });
});
