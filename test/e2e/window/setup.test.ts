import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import type { WindowServer } from '../../support/window-server.ts';
import { planOf, remarks, s3Plan, tutorialFacts, uninstallPlan } from '../../support/setup-plans.ts';
import { foundOf, installedOf, linesOf, runLines, runOf, runs } from '../../support/setup-snapshots.ts';
import { nowMs, off, serverOf, snapshotOf } from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';
import { answerSetup, lab, openPlan, openSetup } from './setup-views.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const callsOf = (server: WindowServer, name: string) => server.calls.filter((each) => each.name === name);
const labVm = { serverId: 's-lab-vm' };

describeWindow('setup in the window', (open) => {
  it('goes from a card to a run: errors at their fields, the plan, its secrets, and what is handed over', async () => {
    const { page, server } = await open(lab());
    answerSetup(server);
    server.answer('setup.plan', ({ draft }) =>
      draft.values['s3.bucket'] === undefined
        ? failed(
            failure('invalid-argument', 'Bucket is needed.', {
              fields: [
                { path: 's3.bucket', message: 'Bucket is needed.' },
                { path: 'mlflow.data-dir', message: 'Data folder must be absolute.' },
              ],
            }),
          )
        : done({ plan: { ...s3Plan, draft }, known: [], stands: false }),
    );
    await openSetup(page);
    await button(page, /MLflow with S3/).click();
    await page.getByLabel('Access key id').fill('AKIAEXAMPLE');
    await button(page, 'Show the plan').click();
    await page.getByText('Bucket is needed.').waitFor();
    // The first field that was refused has the focus, and one that was folded away is shown.
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-key'))).toBe('s3.bucket');
    await page.getByText('Data folder must be absolute.').waitFor();
    expect(await page.getByLabel('Access key id').inputValue()).toBe('AKIAEXAMPLE');
    await page.getByLabel('Bucket', { exact: true }).fill('my-artifacts');
    await page.keyboard.press('Enter');

    const start = button(page, 'Set up server');
    await start.waitFor();
    expect(await start.isDisabled()).toBe(true);
    await page.getByText('Still to be given: Secret access key of AKIAEXAMPLE.').waitFor();
    await page.getByLabel('Secret access key of AKIAEXAMPLE', { exact: true }).fill('hush hush');
    await button(page, /Choose my own: Password of MLflow/).click();
    await page.getByLabel('Password of MLflow’s user admin', { exact: true }).fill('my own words');
    await button(page, /Packages: python3-venv/).click();
    await page.getByText('apt-get install -y').waitFor();

    // Back and forth loses neither what was typed nor the secrets.
    await button(page, 'Back to the form').click();
    expect(await page.getByLabel('Bucket', { exact: true }).inputValue()).toBe('my-artifacts');
    await button(page, 'Show the plan').click();
    expect(await page.getByLabel('Secret access key of AKIAEXAMPLE', { exact: true }).inputValue()).toBe('hush hush');
    await start.click();
    await expect.poll(() => callsOf(server, 'setup.start').length).toBe(1);
    expect(callsOf(server, 'setup.start')[0]?.args).toEqual({
      ...labVm,
      draft: { stack: 'mlflow-s3', values: { 's3.bucket': 'my-artifacts', 's3.access-key-id': 'AKIAEXAMPLE' } },
      secrets: { 's3.secret-access-key': 'hush hush', 'mlflow.admin-password': 'my own words' },
    });
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    expect(kept).toContain('my-artifacts');
    expect(kept).not.toMatch(/hush|own words/);
  });

  it('keeps what was typed over another tab and a reload', async () => {
    const { page, server } = await open(lab());
    answerSetup(server);
    await openSetup(page);
    await button(page, /MLflow quick start/).click();
    await page.getByLabel('Port', { exact: true }).fill('5003');
    await page.getByRole('tab', { name: 'Tunnels' }).click();
    await page.reload();
    await openSetup(page);
    expect(await page.getByLabel('Port', { exact: true }).inputValue()).toBe('5003');
    await button(page, 'Other stacks').click();
    await button(page, 'Go on').click();
    expect(await page.getByLabel('Port', { exact: true }).inputValue()).toBe('5003');
  });

  it('says why a plan can’t be run, and gives its script', async () => {
    const { page, server } = await open(lab());
    await openPlan(page, server, planOf({ remarks: [remarks.stop, remarks.warning] }));
    await page.getByText('Choose another port: 5003 is free.').waitFor();
    expect(await button(page, 'Set up server').isDisabled()).toBe(true);
    server.answer('setup.script', () => done({ text: '#!/bin/sh\necho by hand\n' }));
    await button(page, 'Save as script').click();
    await page.getByText('echo by hand').waitFor();
    const download = page.waitForEvent('download');
    await button(page, /^Save as mlflow-postgres-main.sh/).click();
    expect((await download).suggestedFilename()).toBe('mlflow-postgres-main.sh');
  });

  it('takes the free port that a remark offers, and makes the plan anew', async () => {
    const { page, server } = await open(lab());
    await openPlan(page, server, planOf({ remarks: [remarks.stop] }));
    server.answer('setup.plan', ({ draft }) =>
      done({ plan: planOf({ draft, remarks: [remarks.stands] }), known: [], stands: true }),
    );
    await button(page, 'Use 5003 instead').click();
    await page.getByText('is set up here already; only what differs is changed').waitFor();
    expect(callsOf(server, 'setup.plan').at(-1)?.args).toEqual({
      ...labVm,
      draft: { stack: 'mlflow-postgres', values: { 'mlflow.port': 5003 } },
    });
    await button(page, 'Back to the form').click();
    expect(await page.getByLabel('Port', { exact: true }).inputValue()).toBe('5003');
  });

  it('follows a run from failure over another try to its end', async () => {
    const { page, server } = await open(lab());
    await openPlan(page, server, planOf());
    server.answer('setup.log', () => done({ lines: [] }));
    await button(page, 'Set up server').click();
    await expect.poll(() => callsOf(server, 'setup.start').length).toBe(1);
    server.show(lab({ run: runs.running }));
    await page.getByText('closing the lid does not stop it').waitFor();
    await page.getByText('step 3 of 7 · 0:47').waitFor();
    await page.clock.setFixedTime(nowMs + 5000);
    await page.getByText('step 3 of 7 · 0:52').waitFor();
    expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('2');
    expect(await page.locator('[aria-current=step]').innerText()).toContain('Install MLflow 3.17.2');

    server.answer('setup.log', () => done({ lines: [...runLines] }));
    server.show(lab({ run: { ...runs.failed, runId: 'r-2' } }));
    await page.getByText('The server has no way to https://pypi.org.').waitFor();
    await page.getByRole('region', { name: 'Its last words' }).getByText('Failed to fetch').waitFor();
    await button(page, 'Try again').click();
    await expect.poll(() => callsOf(server, 'setup.start').length).toBe(2);
    expect(callsOf(server, 'setup.start')[1]?.args).toEqual({
      ...labVm,
      draft: { stack: 'mlflow-postgres', values: {} },
      secrets: {},
    });

    server.show(lab({ run: runs.done, stacks: [installedOf()] }));
    await page.getByText('Done: 1 ok, 4 changed; on this computer 2 ok.').waitFor();
    expect(await page.getByRole('link', { name: 'Open MLflow' }).getAttribute('href')).toBe('http://127.0.0.1:5001/');
    await button(page, 'Run the check').click();
    await page.getByRole('menuitem', { name: '100 MB' }).click();
    await expect
      .poll(() => callsOf(server, 'verify.start').map((each) => each.args))
      .toEqual([{ ...labVm, environment: 'main', artifactBytes: 100_000_000 }]);
    await button(page, 'Close').click();
    await expect.poll(() => callsOf(server, 'setup.dismiss').length).toBe(1);
  });

  it('asks for what is missing when another try can’t begin at once', async () => {
    const { page, server } = await open(lab({ run: runs.failed, stacks: [installedOf()] }));
    answerSetup(server);
    server.answer('setup.start', () => failed(failure('invalid-argument', 'A secret is missing.')));
    server.answer('setup.dismiss', () => {
      server.show(lab({ stacks: [installedOf()] }));
      return done({});
    });
    await openSetup(page);
    await button(page, 'Try again').click();
    await page.getByText('A secret is missing.').waitFor();
    await button(page, 'Set up server').waitFor();
  });

  it('stops a run after the step, or at once', async () => {
    const { page, server } = await open(lab({ run: runs.running }));
    answerSetup(server);
    await openSetup(page);
    await button(page, 'Stop now').click();
    await page.getByRole('menuitem', { name: /take the step back/ }).click();
    await button(page, 'Cancel after this step').click();
    await expect
      .poll(() => callsOf(server, 'setup.cancel').map((each) => each.args))
      .toEqual([
        { ...labVm, how: 'now' },
        { ...labVm, how: 'after-step' },
      ]);
    server.show(lab({ run: { ...runs.running, cancelling: 'after-step' } }));
    await page.getByText('Stops after the step in hand.').waitFor();
    server.show(lab({ run: runs.cancelled }));
    await page.getByText('Stopped: “Install MLflow 3.17.2” was taken back.').waitFor();
    await button(page, 'Go on').waitFor();
  });

  it('adds the lines that come, without colours but with masked words as they are, and fetches those it missed', async () => {
    const { page, server } = await open(lab({ run: runs.running }));
    answerSetup(server);
    await openSetup(page);
    const log = page.getByRole('log');
    await log.getByText('Resolved 91 packages in 812ms').waitFor();
    const tell = (texts: Parameters<typeof linesOf>[0], from: number, runId = 'r-1') => {
      server.tell({ name: 'setup.log-added', payload: { ...labVm, runId, lines: linesOf(texts, from) } });
    };
    tell([['login', 'of another run']], 11, 'r-0');
    tell([['login', '\u001b[31mpassword\u001b[0m ••••••••••••']], 11);
    await log.getByText('password ••••••••••••', { exact: true }).waitFor();
    // Number 12 was lost on the way.
    server.answer('setup.log', ({ afterSeq }) =>
      done({
        lines:
          afterSeq === 11
            ? [
                ...linesOf(
                  [
                    ['login', 'lost and found'],
                    ['login', 'the newest'],
                  ],
                  12,
                ),
              ]
            : [],
      }),
    );
    tell([['login', 'the newest']], 13);
    await log.getByText('lost and found').waitFor();
    expect(await log.getByText('the newest').count()).toBe(1);
    expect(await log.getByText('of another run').count()).toBe(0);
    await page.getByLabel('Filter the log of the run').fill('numpy');
    await log.getByText('CREATE ROLE').waitFor({ state: 'detached' });
    await log.getByText('Downloading numpy').waitFor();
  });

  it('stays quick while thousands of lines come, and keeps the last of them', async () => {
    const { page, server } = await open(lab({ run: runs.running }));
    answerSetup(server);
    server.answer('setup.log', () => done({ lines: [] }));
    await openSetup(page);
    await page.getByText('Nothing has been said yet.').waitFor();
    for (let from = 0; from < 8000; from += 400) {
      const lines = linesOf(
        Array.from({ length: 400 }, (_, index) => ['mlflow', `line ${String(from + index)}`] as const),
        from,
      );
      server.tell({ name: 'setup.log-added', payload: { ...labVm, runId: 'r-1', lines } });
    }
    await page.getByText('line 7999', { exact: true }).waitFor();
    expect(await page.locator('.terminal-line').count()).toBe(5000);
  });

  it('shows a password only when asked, and takes it off again', async () => {
    const { page, server } = await open(lab({ stacks: [installedOf()] }));
    answerSetup(server);
    server.answer('setup.reveal-password', () => done({ user: 'admin', password: 'kT7-mQ2x-Zr9w' }));
    await openSetup(page);
    const html = () => page.content();
    await button(page, 'Show password').waitFor();
    expect(await html()).not.toContain('kT7-mQ2x');
    expect(callsOf(server, 'setup.reveal-password')).toEqual([]);
    await button(page, 'Show password').click();
    await page.getByText('kT7-mQ2x-Zr9w').waitFor();
    await button(page, 'Hide password').click();
    await page.getByText('kT7-mQ2x-Zr9w').waitFor({ state: 'detached' });
    expect(await html()).not.toContain('kT7-mQ2x');
  });

  it.each([
    [
      'says of a password that nothing keeps for good to note it, and shows it only when asked',
      done({ user: 'admin', password: 'kT7-mQ2x-Zr9w' }),
      'kT7-mQ2x-Zr9w',
    ],
    ['says why it can’t show that one', failed(failure('keychain-failed', 'It did not answer.')), 'It did not answer.'],
  ])('%s', async (_, reply, shown) => {
    const locked = failure('keychain-failed', 'The keychain is locked.');
    const keychain = { kind: 'locked', name: 'GNOME Keyring', failure: locked } as const;
    const { page, server } = await open({ ...lab({ run: runs.done, stacks: [installedOf()] }), keychain });
    answerSetup(server);
    server.answer('setup.reveal-password', () => reply);
    await openSetup(page);
    const why = 'GNOME Keyring is locked: the password of admin is kept only until Mooring quits. Note it now.';
    await page.getByRole('note').filter({ hasText: why }).waitFor();
    await button(page, 'Show password').waitFor();
    expect(callsOf(server, 'setup.reveal-password')).toEqual([]);
    expect(await page.content()).not.toContain(shown);
    await button(page, 'Show password').click();
    await page.getByText(shown).waitFor();
  });

  it('shows the keys of a store masked, copies them unseen, and leads to its console', async () => {
    const stack = installedOf({ draft: { stack: 'mlflow-full', values: {} } });
    const { page, server } = await open(lab({ stacks: [stack] }), {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    answerSetup(server);
    server.answer('setup.reveal-keys', () =>
      done({ accessKey: 'K7Q2M9XZ4RWL8PC3VTNB', secretKey: 'mQ2xZr9wLp4c0Vak', console: null }),
    );
    await openSetup(page);
    await button(page, 'Show keys…').click();
    const dialog = page.getByRole('dialog', { name: 'Keys of the object storage' });
    await dialog.getByText('K7Q2M9XZ4RWL8PC3VTNB').waitFor();
    expect(callsOf(server, 'setup.reveal-keys').map((each) => each.args)).toEqual([{ ...labVm, environment: 'main' }]);
    expect(await page.content()).not.toContain('mQ2xZr9w');
    await dialog.getByRole('button', { name: 'Copy the secret key' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('mQ2xZr9wLp4c0Vak');
    await dialog.getByRole('button', { name: 'Show the secret key' }).click();
    await dialog.getByText('mQ2xZr9wLp4c0Vak').waitFor();
    await dialog.getByText('takes these two keys').waitFor();
    const console_ = dialog.getByRole('link', { name: 'Open S3 console' });
    expect(await console_.getAttribute('href')).toBe('http://127.0.0.1:9001/');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.content()).not.toMatch(/mQ2xZr9w|K7Q2M9XZ/);
  });

  it('removes data only when the server’s name is typed', async () => {
    const { page, server } = await open(lab({ stacks: [installedOf()] }));
    answerSetup(server);
    server.answer('setup.plan-uninstall', ({ removeData }) =>
      done({ plan: removeData ? uninstallPlan : { ...uninstallPlan, remarks: [] } }),
    );
    server.answer('setup.uninstall', () => done({ runId: 'r-9' }));
    await openSetup(page);
    await button(page, /More for MLflow with PostgreSQL/).click();
    await page.getByRole('menuitem', { name: 'Uninstall…' }).click();
    const dialog = page.getByRole('dialog');
    await expect.poll(() => dialog.getByRole('button', { name: 'Uninstall', exact: true }).isEnabled()).toBe(true);
    await dialog.getByLabel('Remove the data too').click();
    await dialog.getByText('The artifacts in /srv/mooring/main/artifacts will be lost.').waitFor();
    const remove = dialog.getByRole('button', { name: 'Uninstall and remove data' });
    expect(await remove.isDisabled()).toBe(true);
    await dialog.getByLabel(/Type lab-vm/).fill('lab');
    await page.keyboard.press('Enter');
    expect(callsOf(server, 'setup.uninstall')).toEqual([]);
    await dialog.getByLabel(/Type lab-vm/).fill('lab-vm');
    await remove.click();
    await dialog.waitFor({ state: 'detached' });
    expect(callsOf(server, 'setup.uninstall')[0]?.args).toEqual({
      ...labVm,
      environment: 'main',
      removeData: true,
      serverName: 'lab-vm',
    });
  });

  it('adopts what it finds: a stack of another machine, and an MLflow made by hand', async () => {
    const { page, server } = await open(lab({ forwards: [] }));
    answerSetup(server);
    server.answer('facts.get', () => done(tutorialFacts));
    server.answer('setup.look', () =>
      done({
        stacks: [
          foundOf({
            environment: 'dev',
            isKnown: false,
            draft: { stack: 'mlflow-quick-start', values: { 'mlflow.port': 5001 } },
            title: 'MLflow quick start',
          }),
        ],
        history: [],
        kept: [],
      }),
    );
    await openSetup(page);
    await page
      .getByRole('article', { name: /mlflow-server.service/ })
      .getByRole('button', { name: 'Adopt' })
      .click();
    await page.getByLabel('User', { exact: true }).fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('old words');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('article', { name: 'MLflow quick start' }).getByRole('button', { name: 'Adopt' }).click();
    await page.getByLabel('Password', { exact: true }).fill('dev words');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => callsOf(server, 'setup.adopt').map((each) => each.args))
      .toEqual([
        { ...labVm, port: 5000, user: 'admin', password: 'old words' },
        { ...labVm, environment: 'dev', user: 'admin', password: 'dev words' },
      ]);
  });

  it('changes a stack with its own values, and adds a user whose password is told once', async () => {
    const draft = { stack: 'mlflow-postgres', values: { 'mlflow.port': 5004 } } as const;
    const { page, server } = await open(lab({ stacks: [installedOf({ draft })] }));
    answerSetup(server);
    server.answer('setup.add-user', () => done({ password: 'told-once-7' }));
    await openSetup(page);
    await button(page, /More for MLflow/).click();
    await page.getByRole('menuitem', { name: 'Add user…' }).click();
    await page.getByLabel('User', { exact: true }).fill('lena');
    await page.keyboard.press('Enter');
    await page.getByText('told-once-7').waitFor();
    await button(page, 'Done').click();
    await page.getByText('told-once-7').waitFor({ state: 'detached' });
    expect(callsOf(server, 'setup.add-user')[0]?.args).toEqual({ ...labVm, environment: 'main', user: 'lena' });
    await button(page, /More for MLflow/).click();
    await page.getByRole('menuitem', { name: 'Change…' }).click();
    expect(await page.getByLabel('Port', { exact: true }).inputValue()).toBe('5004');
  });

  it('asks to connect first, and looks at the server once it is connected', async () => {
    const { page, server } = await open(snapshotOf({ servers: [serverOf({ connection: off })] }));
    answerSetup(server);
    await openSetup(page);
    await page.getByText('connect to lab-vm first').waitFor();
    expect(await button(page, /MLflow quick start/).isDisabled()).toBe(true);
    expect(callsOf(server, 'facts.get')).toEqual([]);
    await page.getByRole('status').getByRole('button', { name: 'Connect' }).click();
    await expect.poll(() => callsOf(server, 'wanted.set').length).toBe(1);
    server.show(lab());
    await page.getByText('Debian GNU/Linux 12').waitFor();
  });

  it('asks for sudo’s password without an offer to keep it', async () => {
    const body = { kind: 'sudo-password', user: 'ubuntu', host: '128.214.252.130', wasWrong: false } as const;
    const prompt = { ...body, id: 'p-sudo', serverId: 's-lab-vm', createdMs: nowMs };
    const run = runOf({ kind: 'needs-you', promptId: 'p-sudo' });
    const { page, server } = await open({ ...lab({ run }), prompts: [prompt] });
    await page.getByText('It is asked once for this run and kept nowhere.').waitFor();
    expect(await page.getByRole('checkbox').count()).toBe(0);
    await page.getByLabel('Password of ubuntu', { exact: true }).fill('secret');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => server.calls)
      .toEqual([
        {
          name: 'prompts.answer',
          args: { promptId: 'p-sudo', answer: { kind: 'secret', secret: 'secret', remember: false } },
        },
      ]);
  });
});
