/** The runner on this very machine, without SSH: a plan is launched detached, followed, stopped, killed and looked at. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placesFor } from '../../../main/core/setup/plan/places.ts';
import { parseLook } from '../../../main/core/setup/run/look.ts';
import { manifestOf } from '../../../main/core/setup/run/manifest.ts';
import { applyEvent, parseRunEvent, stepViews, type RunEvent } from '../../../main/core/setup/run/run-events.ts';
import { cancelScript, followScript, lookScript } from '../../../main/core/setup/script/follow.ts';
import { launchInput, launchScript } from '../../../main/core/setup/script/launch.ts';
import { planScript } from '../../../main/core/setup/script/plan-script.ts';
import type { Plan, Step } from '../../../main/shared/setup/plan.ts';
import type { RunView } from '../../../main/shared/setup/run.ts';
import { stepOf } from '../../support/setup-plans.ts';
import { waitFor } from '../../support/wait.ts';

const hostile = `it's "100%" $HOME \`x\` \\n & ünï <b>`;
const account = userInfo().username;
const run = promisify(execFile);

describe('a run', () => {
  let home: string;
  const followers: ChildProcess[] = [];

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mooring-run-'));
  });
  afterEach(async () => {
    for (const each of followers.splice(0)) endGroup(each);
    try {
      await waitFor('the runners to be gone', async () => (await runnersOf(home)).length === 0);
    } finally {
      // Of a test that failed half-way: with the group of each, which has what it started.
      const left = (await runnersOf(home)).flatMap((pid) => [pid, `-${pid}`]);
      await run('kill', ['-9', '--', ...left]).catch(() => undefined);
      rmSync(home, { recursive: true, force: true });
    }
  });

  const places = () => placesFor('user', 'main', home);
  const planOf = (steps: readonly Step[], kind: Plan['kind'] = 'set-up'): Plan => ({
    kind,
    draft: { stack: 'mlflow-quick-start', values: {} },
    environment: 'main',
    title: 'A test',
    scope: 'user',
    account,
    steps,
    remarks: [],
    secrets: [],
    uploads: [],
    services: [],
    adminUser: null,
  });

  async function launch(runId: string, steps: readonly Step[], secrets: Record<string, string> = {}): Promise<string> {
    const plan = planOf(steps);
    const input = launchInput({
      runId,
      kind: plan.kind,
      script: planScript(plan, places(), home, []),
      manifest: JSON.stringify(manifestOf(plan, places().stateDir, 'ada@laptop')),
      by: 'ada@laptop',
      secrets,
      uploadsDir: null,
      sudoPassword: null,
    });
    return (await sh(launchScript(runId, places(), account, { kind: 'none' }), input)).trim();
  }

  const sh = (script: string, input = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', ['-c', script], { env: { ...process.env, HOME: home } });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
      child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
      child.on('error', reject);
      child.on('close', () => {
        resolve(text);
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    });

  /** Follows to the end; `during` is called with each event. */
  async function follow(runId: string, during: (event: RunEvent) => void = () => undefined): Promise<RunEvent[]> {
    const child = spawn('/bin/sh', ['-c', followScript(places().stateDir, runId, 1)], {
      detached: true,
      env: { ...process.env, HOME: home },
    });
    followers.push(child);
    const events: RunEvent[] = [];
    let half = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (half + text).split('\n');
      half = lines.pop() ?? '';
      for (const line of lines) {
        const event = parseRunEvent(line);
        if (!event) throw new Error(`not understood: ${line}`);
        events.push(event);
        during(event);
      }
    });
    await waitFor('the end', () => events.some((each) => each.kind === 'over' || each.kind === 'gone'), {
      timeoutMs: 25_000,
    });
    return events;
  }

  const viewOf = (steps: readonly Step[], events: readonly RunEvent[]): RunView =>
    events.reduce((view, event) => applyEvent(view, event, 0), {
      runId: 'r',
      kind: 'set-up',
      title: '',
      environment: 'main',
      startedMs: 0,
      endedMs: null,
      state: { kind: 'running' },
      steps: stepViews(manifestOf(planOf(steps), places().stateDir, 'ada')),
      cancelling: null,
    } as RunView);

  const states = (view: RunView) => view.steps.map((each) => each.state);
  const said = (events: readonly RunEvent[]) => events.flatMap((each) => (each.kind === 'line' ? [each.text] : []));
  const record = async () => parseLook(await sh(lookScript))?.runs[0]?.record;

  it('is remembered for the login account where a plan by hand made the folder for its own eyes', async () => {
    mkdirSync(places().stackDir, { recursive: true, mode: 0o700 });
    await launch('byhandfirst', [stepOf('only')]);
    await follow('byhandfirst');
    expect((statSync(places().stackDir).mode & 0o777).toString(8)).toBe('755');
    expect(parseLook(await sh(lookScript))?.stacks).toMatchObject([{ environment: 'main', complete: true }]);
  });

  it('does its steps, passes over what is right, tells what they say, and is remembered', async () => {
    const steps = [
      stepOf('right', { check: 'true', apply: 'exit 9' }),
      stepOf('new', {
        define: 'file=$MOORING_STACK/made-by-us',
        check: '[ -e "$file" ]',
        apply: 'say "on its way"; echo one; echo two >&2; printf "\\033[31mred\\033[0m\\rover"; touch "$file"',
        verify: '[ -e "$file" ]',
      }),
    ];
    expect(await launch('r1', steps)).toBe('started');
    const events = await follow('r1');
    const view = viewOf(steps, events);
    expect(states(view)).toEqual(['ok', 'changed']);
    expect(view.state).toEqual({ kind: 'done' });
    expect(said(events)).toEqual(['on its way', 'one', 'two', 'over']);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'note', stepId: 'new', text: 'on its way' }));
    expect(await record()).toMatchObject({
      outcome: 'done',
      by: `ada@laptop as ${account}`,
      recap: { ok: 1, changed: 1, failed: 0, skipped: 0 },
    });

    expect(await launch('r2', steps)).toBe('started');
    expect(states(viewOf(steps, await follow('r2')))).toEqual(['ok', 'ok']);
    expect(parseLook(await sh(lookScript))?.stacks).toMatchObject([{ environment: 'main', complete: true }]);
  });

  it('by hand is remembered as one of Mooring’s is, and its uninstallation leaves word of data that it keeps', async () => {
    const file = join(home, 'byhand');
    const byHand = async (plan: Plan) => {
      writeFileSync(file, planScript(plan, places(), home, []));
      return sh(`sh ${file} </dev/null`);
    };
    const plan = planOf([stepOf('only', { check: 'was_made it', apply: 'made it', verify: ':' })]);
    expect(await byHand(plan)).toContain('1 changed');
    expect(parseLook(await sh(lookScript))?.stacks).toMatchObject([{ environment: 'main', complete: true }]);

    const off = planOf([stepOf('only', { apply: ':' })]);
    await byHand({ ...off, kind: 'uninstall', keeps: ['the runs in /data'] });
    const left = parseLook(await sh(lookScript));
    expect(left).toMatchObject({
      stacks: [],
      kept: [{ environment: 'main', manifest: { keeps: ['the runs in /data'] } }],
    });

    // The data goes as well.
    await byHand({ ...off, kind: 'uninstall', steps: [stepOf('only', { apply: 'unmade it' })] });
    expect(parseLook(await sh(lookScript))).toMatchObject({ stacks: [], kept: [] });
    expect(existsSync(places().stackDir)).toBe(false);
  });

  it('after a change by hand that failed counts for itself', async () => {
    const file = join(home, 'byhand');
    const byHand = async (apply: string) => {
      writeFileSync(file, planScript(planOf([stepOf('only', { apply })]), places(), home, []));
      await sh(`sh ${file} </dev/null`);
    };
    await byHand(':');
    await byHand('exit 1');
    expect(readdirSync(places().stackDir).sort()).toEqual(['complete.before', 'manifest.json']);
    await launch('r1', [stepOf('only', { apply: 'exit 1' })]);
    await follow('r1');
    expect(parseLook(await sh(lookScript))?.stacks).toMatchObject([{ complete: false }]);
    expect(readdirSync(places().stackDir)).toEqual(['manifest.json']);
    expect((statSync(join(places().stackDir, 'manifest.json')).mode & 0o777).toString(8)).toBe('644');
  });

  it('gives secrets to its steps and to nobody else', async () => {
    const out = join(home, 'got');
    const steps = [
      stepOf('use', {
        apply: `secret database.password >${out}; printf "%s\\n" "$(secret database.password)"; echo "url $(secret_url database.password)"; env; ls -l "$MOORING_SECRETS"`,
        verify: 'has_secret database.password && ! has_secret other',
      }),
    ];
    expect(await launch('r1', steps, { 'database.password': hostile })).toBe('started');
    const events = await follow('r1');
    expect(viewOf(steps, events).state).toEqual({ kind: 'done' });
    expect(readFileSync(out, 'utf8')).toBe(hostile);
    expect(said(events)).toContain('••••••••');
    expect(said(events)).toContain('url ••••••••');
    await waitFor('the secrets to be gone', async () => (await runnersOf(home)).length === 0);
    rmSync(out);
    const grep = await run('grep', ['-rlF', '--', hostile, home]).catch((error: { stdout: string }) => error);
    expect(grep.stdout).toBe('');
    expect(existsSync(readFileSync(join(places().stateDir, 'runs/r1/secrets'), 'utf8').trim())).toBe(false);
  });

  it('stops at a step that fails, shows why, and goes on there the next time', async () => {
    const flag = join(home, 'mended');
    const steps = [
      stepOf('one', { check: `[ -e ${home}/one ]`, apply: `touch ${home}/one` }),
      stepOf('two', {
        check: `[ -e ${home}/two ]`,
        apply: `echo no such luck >&2; [ -e ${flag} ]; touch ${home}/two; false || echo unreached`,
      }),
      stepOf('three'),
    ];
    await launch('r1', steps);
    const events = await follow('r1');
    const view = viewOf(steps, events);
    expect(states(view)).toEqual(['changed', 'failed', 'skipped']);
    expect(view.state).toMatchObject({ kind: 'failed', stepId: 'two' });
    expect(said(events)).toEqual(['no such luck']);

    writeFileSync(flag, '');
    await launch('r2', steps);
    expect(states(viewOf(steps, await follow('r2')))).toEqual(['ok', 'changed', 'changed']);
  });

  it('is one at a time, and says whose it is', async () => {
    const gate = join(home, 'gate');
    const steps = [stepOf('wait', { apply: `until [ -e ${gate} ]; do sleep 0.05; done` })];
    expect(await launch('r1', steps)).toBe('started');
    expect(await launch('r2', steps)).toBe('busy r1 ada@laptop');
    expect(await record()).toMatchObject({ outcome: 'running', runId: 'r1', recap: { failed: 0, skipped: 0 } });
    const following = follow('r1');
    writeFileSync(gate, '');
    expect(viewOf(steps, await following).state).toEqual({ kind: 'done' });
    expect(existsSync(join(places().stateDir, 'runs/r2'))).toBe(false);
  });

  it('stops after the step in hand', async () => {
    const gate = join(home, 'gate');
    const steps = [stepOf('one', { apply: `until [ -e ${gate} ]; do sleep 0.05; done` }), stepOf('two')];
    await launch('r1', steps);
    const events = await follow('r1', (event) => {
      if (event.kind !== 'begin') return;
      void sh(cancelScript(places().stateDir, 'r1', 'after-step')).then(() => {
        writeFileSync(gate, '');
      });
    });
    const view = viewOf(steps, events);
    expect(states(view)).toEqual(['changed', 'skipped']);
    expect(view.state).toEqual({ kind: 'cancelled', stepId: 'one', undone: false });
  });

  it('stops at once: ends the step with all it started, and takes it back', async () => {
    const steps = [
      stepOf('one', { apply: `touch ${home}/half; sh -c 'sleep 300' & sleep 300`, undo: `rm ${home}/half` }),
      stepOf('two'),
    ];
    await launch('r1', steps);
    const events = await follow('r1', (event) => {
      if (event.kind === 'begin') void sh(cancelScript(places().stateDir, 'r1', 'now'));
    });
    const view = viewOf(steps, events);
    expect(states(view)).toEqual(['undone', 'skipped']);
    expect(view.state).toEqual({ kind: 'cancelled', stepId: 'one', undone: true });
    expect(existsSync(join(home, 'half'))).toBe(false);
    expect((await run('ps', ['-eo', 'args'])).stdout).not.toContain('sleep 300');
  });

  it('that is killed is seen as interrupted, and the next one is not held up by it', async () => {
    const steps = [
      stepOf('one', { apply: `touch ${home}/begun; [ -e ${home}/again ] || sleep 300`, check: `[ -e ${home}/again ]` }),
    ];
    await launch('r1', steps, { 'database.password': hostile });
    await waitFor('the step', () => existsSync(join(home, 'begun')));
    const following = follow('r1');
    const pid = Number(readFileSync(join(places().stateDir, 'runs/r1/pid'), 'utf8'));
    const part = Number(readFileSync(join(places().stateDir, 'runs/r1/part.pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    process.kill(-part, 'SIGKILL');
    expect((await following).at(-1)).toMatchObject({ kind: 'gone' });
    expect(await record()).toMatchObject({ outcome: 'interrupted', endedMs: null, recap: { failed: 1, skipped: 0 } });
    writeFileSync(join(home, 'again'), '');
    expect(await launch('r2', steps)).toBe('started');
    expect(viewOf(steps, await follow('r2')).state).toEqual({ kind: 'done' });
    // What the killed one left of its secrets is gone with the next.
    expect(existsSync(readFileSync(join(places().stateDir, 'runs/r1/secrets'), 'utf8').trim())).toBe(false);
  });

  it('is not begun when the connection ends on the way', async () => {
    const script = launchScript('r1', places(), account, { kind: 'none' });
    expect((await sh(script, '@@mooring r1\nk set-up\ns echo\n')).trim()).toMatch(/^broken the connection ended/);
    expect(readdirSync(join(places().stateDir, 'runs'))).toEqual([]);
  });

  it('keeps its log and its folder from others, and the last twenty runs', async () => {
    for (let at = 1; at <= 21; at += 1) {
      expect(await launch(`r${String(at)}`, [stepOf('one')])).toBe('started');
      await follow(`r${String(at)}`);
      await waitFor('its end', async () => (await runnersOf(home)).length === 0);
    }
    const runs = readdirSync(join(places().stateDir, 'runs'));
    expect(runs).toHaveLength(20);
    expect(runs).not.toContain('r1');
    expect(statSync(join(places().stateDir, 'runs/r21/events')).mode & 0o007).toBe(0);
  });
});

/** As a cancelled command: all that it started goes with it. */
function endGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-(pid ?? 0));
  } catch {
    // It has ended.
  }
}

/** The process ids of shells of runs below this home that still run. */
async function runnersOf(home: string): Promise<readonly string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid,args']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(`${home}/.local/share/mooring/runs/`))
    .map((line) => line.trim().split(' ', 1)[0] ?? '');
}
