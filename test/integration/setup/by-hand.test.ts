/** A plan's script as a person runs it by hand, on this very machine. */
import { execFile, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placesFor } from '../../../main/core/setup/plan/places.ts';
import { parseLook } from '../../../main/core/setup/run/look.ts';
import { lookScript } from '../../../main/core/setup/script/follow.ts';
import { planScript } from '../../../main/core/setup/script/plan-script.ts';
import type { Plan, PlanSecret, Step } from '../../../main/shared/setup/plan.ts';
import type { StackSecretName } from '../../../main/shared/setup/stack.ts';
import { planOf, stepOf } from '../../support/setup-plans.ts';
import { waitFor } from '../../support/wait.ts';

const admin: PlanSecret = { name: 'mlflow.admin-password', label: 'Password of admin', origin: 'generated' };
const key: PlanSecret = { name: 'mlflow.secret-key', label: 'Key that signs', origin: 'generated' };
const database: PlanSecret = { name: 'database.password', label: 'Password of the database', origin: 'given' };
const ownDatabase: PlanSecret = { ...database, origin: 'generated' };
const accessKey: PlanSecret = { name: 'storage.access-key', label: 'Access key', origin: 'generated' };

interface Ended {
  readonly code: number | null;
  readonly text: string;
  readonly errors: string;
}

describe('a script that is run by hand', () => {
  let home: string;
  let file: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mooring-by-hand-'));
    file = join(home, 's.sh');
  });
  afterEach(() => {
    rmSync(home, { recursive: true });
  });

  const places = () => placesFor('user', 'main', home);
  /** Each step leaves a file. */
  const step = (id: string, part: Partial<Step> = {}): Step =>
    stepOf(id, {
      define: `out=${home}/${id}`,
      check: '[ -e "$out" ]',
      apply: 'say "makes $out"; : >"$out"',
      verify: '',
      ...part,
    });
  /** `standing`: those that Mooring saw standing on the server when the script was saved. */
  function save(patch: Partial<Plan> = {}, standing: readonly StackSecretName[] = []): void {
    const plan = planOf({
      scope: 'user',
      account: userInfo().username,
      title: 'A test',
      steps: [step('one'), step('two')],
      secrets: [],
      remarks: [],
      ...patch,
    });
    writeFileSync(file, planScript(plan, places(), home, standing));
  }
  function run(
    words: readonly string[] = [],
    input = '',
    begin: readonly string[] = [file],
    shell = 'sh',
  ): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = spawn(shell, [...begin, ...words], { cwd: home, env: { HOME: home, PATH: '/usr/bin:/bin' } });
      let text = '';
      let errors = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
      child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
      child.on('error', reject);
      child.on('close', (code) => {
        resolve({ code, text, errors });
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    });
  }
  /** What another machine is told of the stacks here. */
  const stacks = async () => {
    const { text } = await run([], '', ['-c', lookScript]);
    return parseLook(text)?.stacks.map(({ manifest, complete }) => ({ title: manifest.title, complete }));
  };
  /** Writes down its secrets; fails until `mended` is there. */
  const keeping = (id: string, secrets: readonly PlanSecret[], mended = home): Step =>
    step(id, {
      secrets: secrets.map(({ name }) => name),
      check: `[ -e "$out" ]${secrets.map(({ name }) => ` && { ! has_secret ${name} || [ "$(secret ${name})" = "$(cat "$out.${name}")" ]; }`).join('')}`,
      apply: [
        ...secrets.map(({ name }) => `if has_secret ${name}; then secret ${name} >"$out.${name}"; fi`),
        `[ -e ${mended} ] || { echo 'no such luck' >&2; exit 1; }`,
        ': >"$out"',
      ].join('\n'),
    });
  const kept = (id: string, { name }: PlanSecret) => readFileSync(join(home, `${id}.${name}`), 'utf8');
  const isUntouched = () => {
    expect(readdirSync(home)).toEqual(['s.sh']);
  };

  it.each([[['--help']], [['-h']]])('tells how it is used, and does nothing: %s', async (words) => {
    save({ secrets: [admin] });
    const told = await run(words);
    expect(told).toMatchObject({ code: 0, errors: '' });
    expect(told.text).toContain(`Usage: sh ${file} [--check | --help]`);
    expect(told.text).toContain('changes nothing');
    isUntouched();
  });

  it.each([
    ['main', 'A test'],
    ['hand', 'A test (hand)'],
    ['adopted-5001', 'A test'],
  ])('says which environment it is for: %s', async (environment, title) => {
    save({ environment });
    expect(readFileSync(file, 'utf8').split('\n')[1]).toBe(`# ${title}: sets it up. Made by Mooring.`);
    expect((await run(['--help'])).text).toContain(`${title}: sets it up on this server`);
    expect((await run(['--check'])).text).toContain(`${title}: 0 ok, 2 to do.`);
  });

  it.each([
    [['--chek']],
    [['check']],
    [['']],
    [['--check', 'now']],
    [['--check', '--help']],
    [['part']],
    [['part', 'one', 'apply', 'now']],
    [['part', 'none', 'apply']],
    [['part', 'one', 'aply']],
    [['run']],
    [['run', 'now']],
  ])('refuses a word that it does not know: %j', async (words) => {
    save();
    const told = await run(words);
    expect(told).toMatchObject({ code: 2, text: '' });
    expect(told.errors).toContain(`${file} does not know: ${words.join(' ')}`);
    expect(told.errors).toContain('Usage: ');
    isUntouched();
  });

  it('looks: asks for nothing, makes nothing up, and leaves nothing', async () => {
    const login = step('login', { secrets: [admin.name], check: `! has_secret ${admin.name} || [ -e "$out" ]` });
    save({ steps: [step('one'), login], secrets: [admin, database] }, [admin.name]);
    writeFileSync(join(home, 'one'), '');
    expect(await run(['--check'], 'typed\n')).toEqual({
      code: 0,
      text: 'ok       Step one\nto do    Step login\nA test: 1 ok, 1 to do. Nothing was changed.\n',
      errors: '',
    });
    expect(readdirSync(home).sort()).toEqual(['one', 's.sh']);
    // What stands needs no secret anew.
    mkdirSync(places().stackDir, { recursive: true });
    writeFileSync(join(places().stackDir, 'complete'), '');
    expect((await run(['--check'])).text).toContain('A test: 2 ok, 0 to do.');
    // What is new to the server does.
    save({ steps: [step('one'), login], secrets: [admin, database] });
    expect((await run(['--check'])).text).toContain('A test: 1 ok, 1 to do.');
  });

  it('does all, tells what it is at in plain lines, and the second time nothing', async () => {
    save();
    const first = await run();
    expect(first.code).toBe(0);
    expect(first.text).toBe(
      [
        '-------- Step one',
        `… makes ${home}/one`,
        'changed  Step one',
        '-------- Step two',
        `… makes ${home}/two`,
        'changed  Step two',
        'A test: 0 ok, 2 changed',
        '',
      ].join('\n'),
    );
    expect(existsSync(join(places().stackDir, 'complete'))).toBe(true);
    expect(await run()).toMatchObject({
      code: 0,
      text: 'ok       Step one\nok       Step two\nA test: 2 ok, 0 changed\n',
    });
  });

  it('tells what was made up once and at the end, with how to get there, and no key that serves programs alone', async () => {
    const use = step('use', {
      secrets: [admin.name, key.name],
      apply: `secret ${admin.name} >"$out"; secret ${key.name} >"$out-key"`,
    });
    save({ steps: [use], secrets: [admin, key] });
    const told = await run([], '\n\n');
    const [password, signing] = ['use', 'use-key'].map((each) => readFileSync(join(home, each), 'utf8'));
    expect(password).toMatch(/^[A-HJ-NP-Za-km-z2-9]{24}$/);
    expect(signing).toMatch(/^[A-HJ-NP-Za-km-z2-9]{24}$/);
    expect(told.text).not.toContain(password);
    expect(told.errors).not.toContain(signing);
    const [asked, closing = '', more] = told.errors.split('\n\nIt answers');
    expect(more).toBeUndefined();
    expect(asked).toBe('Password of admin (empty: make one up): \nKey that signs (empty: make one up): ');
    expect(closing.split(String(password))).toHaveLength(2);
    expect(closing).toMatch(
      /MLflow +http:\/\/127\.0\.0\.1:5000\n +user +admin\n +password +\S+ {4}\(made up now, and shown this once\)\n/,
    );
    expect(closing).toContain(`ssh -N -L 5000:127.0.0.1:5000 ${userInfo().username}@SERVER\n`);
    expect(closing).toContain('mooring setup adopt SERVER --environment main\n');

    // What stands stays; nothing is made up, and nothing shown.
    const again = await run([], '\n\n');
    expect(again.errors).toContain('Password of admin (empty: it stays as it is): ');
    expect(again.errors).toMatch(/password +as before\n/);
    expect(again.errors).not.toContain(password);
  });

  it('makes up what another stack brings, and keeps what stands', async () => {
    save({ steps: [keeping('one', [admin])], secrets: [admin] });
    await run([], '\n');
    const password = kept('one', admin);
    const another = { title: 'Another', steps: [keeping('one', [admin]), keeping('two', [ownDatabase])] };
    save({ ...another, secrets: [admin, ownDatabase] }, [admin.name]);
    expect((await run(['--check'])).text).toContain('ok       Step one\nto do    Step two');
    const changed = await run([], '\n\n');
    expect(changed.errors).toContain(
      'Password of admin (empty: it stays as it is): \nPassword of the database (empty: make one up): \n',
    );
    expect(changed).toMatchObject({ code: 0 });
    expect(kept('one', admin)).toBe(password);
    const made = kept('two', ownDatabase);
    expect(made).toMatch(/^[A-HJ-NP-Za-km-z2-9]{24}$/);

    // Done by this very script, it stands: no other is made up.
    const again = await run([], '\n\n');
    expect(again.errors).toContain('Password of the database (empty: it stays as it is): ');
    expect(again.text).toContain('Another: 2 ok, 0 changed');
    expect(kept('two', ownDatabase)).toBe(made);
  });

  it('leaves the secrets alone of what Mooring has set up meanwhile by the same plan', async () => {
    save({ steps: [keeping('one', [admin])], secrets: [admin] });
    await run([], '\n');
    const password = kept('one', admin);
    const manifest = join(places().stackDir, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"by":"hand"', '"by":"ada@laptop"'));
    expect((await run([], '\n')).errors).toContain('(empty: it stays as it is)');
    expect(kept('one', admin)).toBe(password);
  });

  it('takes nothing for given that another stack brings', async () => {
    save();
    await run();
    save({ title: 'Another', secrets: [database] });
    expect((await run([], '\n')).errors).toContain('Password of the database: \n');
  });

  it('a change that fails is told as not complete, with what stands and what is new as before it', async () => {
    save({ steps: [keeping('one', [admin])], secrets: [admin] });
    await run([], '\n');
    const password = kept('one', admin);
    const mended = join(home, 'mended');
    const steps = [keeping('one', [admin]), keeping('two', [ownDatabase], mended)];
    save({ title: 'Another', steps, secrets: [admin, ownDatabase] }, [admin.name]);
    expect(await run([], '\n\n')).toMatchObject({ code: 1 });
    expect(await stacks()).toEqual([{ title: 'Another', complete: false }]);
    expect((await run(['--check'])).text).toContain('ok       Step one\nto do    Step two');

    // Twice: what stood is still known after another failure.
    for (const code of [1, 0]) {
      if (code === 0) writeFileSync(mended, '');
      const again = await run([], '\n\n');
      expect(again.errors).toContain(
        'Password of admin (empty: it stays as it is): \nPassword of the database (empty: make one up): \n',
      );
      expect(again).toMatchObject({ code });
    }
    expect(await stacks()).toEqual([{ title: 'Another', complete: true }]);
    expect(kept('one', admin)).toBe(password);
    expect(readdirSync(places().stackDir).sort()).toEqual(['complete', 'manifest.json']);
  });

  it('failing where it was done before, it asks for no secret anew', async () => {
    const mended = join(home, 'mended');
    writeFileSync(mended, '');
    save({ steps: [keeping('one', [admin], mended)], secrets: [admin] });
    await run([], '\n');
    rmSync(mended);
    rmSync(join(home, 'one'));
    for (let time = 1; time <= 2; time += 1) {
      const failed = await run([], '\n');
      expect(failed).toMatchObject({ code: 1 });
      expect(failed.errors).toContain('(empty: it stays as it is)');
    }
  });

  it('its uninstallation leaves nothing of a change that failed', async () => {
    save();
    await run();
    save({ steps: [step('three', { apply: 'exit 1' })] });
    expect(await run()).toMatchObject({ code: 1 });
    save({ kind: 'uninstall', steps: [step('off')] });
    expect(await run()).toMatchObject({ code: 0 });
    expect(existsSync(places().stackDir)).toBe(false);
  });

  it('is found by other machines whatever a hardened account lets others see', async () => {
    mkdirSync(places().stackDir, { recursive: true, mode: 0o700 });
    save();
    expect(await run([], '', ['-c', `umask 077; exec sh ${file}`])).toMatchObject({ code: 0 });
    const { stateDir, stackDir } = places();
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect([stateDir, join(stateDir, 'stacks'), stackDir].map(mode)).toEqual(['755', '755', '755']);
    expect([join(stackDir, 'manifest.json'), join(stackDir, 'complete')].map(mode)).toEqual(['644', '644']);
  });

  it('makes up an access key as S3 clients and stores take it', async () => {
    save({ steps: [keeping('one', [accessKey])], secrets: [accessKey] });
    await run([], '\n');
    expect(kept('one', accessKey)).toMatch(/^[A-HJ-NP-Z2-9]{20}$/);
  });

  it('does not show what a person gave, and refuses at once what MLflow would refuse', async () => {
    save({ secrets: [admin] });
    const short = await run([], 'short\n');
    expect(short).toMatchObject({ code: 1, text: '' });
    expect(short.errors).toContain('at least 12 characters');
    expect((await run([], 'long enough, übrigens\n')).errors).toContain('ASCII');
    expect(existsSync(join(home, 'one'))).toBe(false);
    const told = await run([], 'long enough\\ %s "5$\n');
    expect(told.code).toBe(0);
    expect(told.errors).toMatch(/password +as you gave it\n/);
    expect(told.text + told.errors).not.toContain('long enough');
  });

  it('asks again at a terminal for what can’t be made up, and leaves the terminal as it was', async () => {
    save({
      steps: [step('use', { secrets: [database.name], apply: `secret ${database.name} >"$out"` })],
      secrets: [database],
    });
    const command = `sh ${file}; stty -a | grep -o ' echo '`;
    const answers = ['\n', 'typed\n'];
    const terminal = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], {
      cwd: home,
      env: { HOME: home, PATH: '/usr/bin:/bin' },
    });
    let text = '';
    terminal.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const asked = text.split('Password of the database: ').length - 1;
      for (const each of answers.splice(0, asked + answers.length - 2)) terminal.stdin.write(each);
    });
    await new Promise((resolve) => terminal.on('close', resolve));
    expect(text).toContain('It is needed');
    expect(text).not.toContain('typed');
    expect(text).toMatch(/ echo \r?\n$/);
    expect(readFileSync(join(home, 'use'), 'utf8')).toBe('typed');
  });

  it('that fails tells where, goes on there the next time, and has shown no password', async () => {
    const flaky = step('two', { apply: `[ -e ${home}/mended ] || { echo 'no such luck' >&2; exit 1; }; : >"$out"` });
    save({ steps: [step('one'), flaky], secrets: [admin] });
    const failed = await run([], '\n');
    expect(failed.code).toBe(1);
    expect(failed.errors).toContain('no such luck');
    expect(failed.errors).toContain('failed   Step two: mend the cause and run this again, it goes on here.');
    expect(failed.errors).not.toContain('made up now');
    writeFileSync(join(home, 'mended'), '');
    const again = await run([], '\n');
    expect(again).toMatchObject({ code: 0 });
    expect(again.text).toContain('A test: 1 ok, 1 changed');
    expect(again.errors).toContain('made up now');
  });

  it('one at a time, and steps are answered by nobody', async () => {
    const gate = join(home, 'gate');
    save({
      steps: [
        step('one', {
          apply: `if read -r line; then exit 9; fi; until [ -e ${gate} ]; do sleep 0.05; done; : >"$out"`,
        }),
      ],
    });
    const first = run([], 'nobody should read this\n');
    await waitFor('its lock', () => existsSync(join(places().stateDir, 'holder')));
    const second = await run();
    expect(second).toMatchObject({ code: 1, text: '' });
    expect(second.errors).toContain(
      `Another run is under way on this server, begun by ${userInfo().username}, by hand.`,
    );
    // A look is free at any time.
    expect((await run(['--check'])).text).toContain('to do    Step one');
    writeFileSync(gate, '');
    expect(await first).toMatchObject({ code: 0 });
    expect(await run()).toMatchObject({ code: 0 });
  });

  it('stopped in the middle it says so, and its secrets are gone', async () => {
    const told = join(home, 'where');
    save({
      steps: [
        step('one', {
          secrets: [admin.name],
          apply: `echo "$MOORING_SECRETS" >${told}.new; mv ${told}.new ${told}; sleep 300`,
        }),
      ],
      secrets: [admin],
    });
    const child = spawn('sh', [file], { cwd: home, detached: true, env: { HOME: home, PATH: '/usr/bin:/bin' } });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdin.end('\n');
    await waitFor('the step', () => existsSync(told));
    // As a terminal does: to all that runs in it.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await ended).toBe(130);
    expect(errors).toContain('Stopped. Run this again to go on.');
    expect(existsSync(readFileSync(told, 'utf8').trim())).toBe(false);
  });

  it('says who has to run it, with the same words', async () => {
    save({ account: 'somebody' });
    const told = await run(['--check']);
    expect(told).toMatchObject({ code: 1, text: '' });
    expect(told.errors).toContain('This is for the account somebody alone: log in as somebody');
    isUntouched();
  });

  it.skipIf(userInfo().uid !== 0)('names root for a whole system, and does not do more than was asked', async () => {
    save({ scope: 'system' });
    /** What it says to its stderr. */
    const asNobody = (words: readonly string[], input = '') =>
      new Promise<string>((resolve) => {
        const all = ['--reuid', '65534', '--clear-groups', ...words];
        execFile('/usr/bin/setpriv', all, (_error, _text, errors) => {
          resolve(errors);
        }).stdin?.end(input);
      });
    const told = await asNobody(['sh', '-s', '--', '--check'], readFileSync(file, 'utf8'));
    expect(told).toContain('Save this script in a file');
    rmSync(home, { recursive: true });
    mkdirSync(home, { mode: 0o755 });
    save({ scope: 'system' });
    expect(await asNobody(['sh', file, '--check'])).toBe(`Run this as root: sudo sh ${file} --check\n`);
  });

  it.each(['sh', '/bin/sh'])('read by %s from its input, it does nothing', async (shell) => {
    save();
    const told = await run([], readFileSync(file, 'utf8'), ['-s'], shell);
    expect(told).toMatchObject({ code: 2, text: '' });
    expect(told.errors).toContain('Save this script in a file and run that');
    isUntouched();
  });
});
