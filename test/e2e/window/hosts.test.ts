/** The Hosts tab: from wished names to what is in the file. */
import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import { hostsPresets } from '../../../main/shared/hosts.ts';
import { courseDiff, courseWish, hostsScenes } from '../../support/hosts-snapshots.ts';
import { describeWindow } from './describe-window.ts';
import { button, openHosts } from './hosts-views.ts';

const course = hostsPresets[0]?.names ?? [];
const tunnelWords = 'Tunnel HTTP: 127.0.0.1:8080 leads to port 80 of lab-vm. It is added.';

describeWindow('the hosts tab', (open) => {
  const openScene = async (name: keyof typeof hostsScenes) => {
    const window = await open(hostsScenes[name]());
    await openHosts(window.page, window.server, hostsScenes[name]());
    return window;
  };
  const callsOf = (calls: readonly { name: string; args: unknown }[], name: string) =>
    calls.filter((each) => each.name === name).map((each) => each.args);

  const namesShown = (page: Page) =>
    page.getByRole('list', { name: 'Names of lab-vm' }).locator('.name-itself').allTextContents();
  const changing = ['hosts.set', 'hosts.apply', 'forwards.add', 'forwards.edit'];
  const changes = (calls: readonly { name: string }[]) => calls.filter(({ name }) => changing.includes(name));

  it('adds a name, a preset, and pasted lines, and saves nothing before they are written', async () => {
    const { page, server } = await openScene('none');
    await page.getByLabel('Add a name').fill(' mlflow.lab ');
    await page.keyboard.press('Enter');
    await expect.poll(() => namesShown(page)).toEqual(['mlflow.lab']);
    await button(page, 'Course platform').click();
    await expect.poll(() => namesShown(page)).toEqual(['mlflow.lab', ...course]);
    const pasted = { name: 'pasted.lab', to: { kind: 'tunnel' } } as const;
    server.answer('hosts.parse-text', () => done({ names: [pasted], notes: [] }));
    await button(page, 'Paste lines').click();
    await page.getByLabel('Lines of a hosts file').fill('FLOATING_IP pasted.lab');
    await button(page, 'Take these names').click();
    await page.getByLabel('Lines of a hosts file').waitFor({ state: 'detached' });
    // Where they lead is chosen for all that are added.
    await page.getByRole('combobox', { name: 'Where added names lead' }).click();
    await page.getByRole('option', { name: 'To 128.214.252.130' }).click();
    await page.getByLabel('Add a name').fill('direct.lab');
    await page.keyboard.press('Enter');
    await expect.poll(() => namesShown(page)).toEqual(['mlflow.lab', ...course, 'pasted.lab', 'direct.lab']);
    expect(changes(server.calls)).toEqual([]);
    server.answer('hosts.apply', () => done({ kind: 'written' }));
    await button(page, 'Write hosts file').click();
    const names = [
      { name: 'mlflow.lab', to: { kind: 'tunnel' } },
      ...courseWish.names,
      pasted,
      { name: 'direct.lab', to: { kind: 'server' } },
    ];
    await expect
      .poll(() => callsOf(server.calls, 'hosts.apply'))
      .toEqual([{ serverId: 's-lab-vm', from: courseDiff.from, hosts: { on: true, names }, tunnel: true }]);
  });

  it('leaves everything as it is when the change is dropped', async () => {
    const { page, server } = await openScene('none');
    await button(page, 'Course platform').click();
    await expect.poll(() => namesShown(page)).toEqual(course);
    await page.getByText('Not written yet').waitFor();
    await button(page, 'Leave it as it is').click();
    await page.getByText('No names').waitFor();
    expect(await button(page, 'Write hosts file').count()).toBe(0);
    expect(changes(server.calls)).toEqual([]);
  });

  it('says why a name may not be, at its field', async () => {
    const { page, server } = await openScene('none');
    const message = 'A name must not have spaces or invisible characters in it';
    server.answer('hosts.diff', () => failed(failure('invalid-argument', message)));
    await page.getByLabel('Add a name').fill('a b');
    await page.keyboard.press('Enter');
    await page.getByText(message).waitFor();
    expect(await page.getByLabel('Add a name').getAttribute('aria-invalid')).toBe('true');
  });

  it('writes to a foreign address only after a word', async () => {
    const { page, server } = await openScene('none');
    const foreign = { name: 'minio', to: { kind: 'address', address: '10.1.2.3' } } as const;
    server.answer('hosts.parse-text', () => done({ names: [foreign], notes: [] }));
    server.answer('hosts.diff', ({ confirmed }) =>
      confirmed === true
        ? done(courseDiff)
        : failed(failure('needs-you', '10.1.2.3 is neither this computer nor lab-vm.')),
    );
    await button(page, 'Paste lines').click();
    await page.getByLabel('Lines of a hosts file').fill('10.1.2.3 minio');
    await button(page, 'Take these names').click();
    await button(page, 'That is meant').click();
    await expect
      .poll(() => callsOf(server.calls, 'hosts.diff').at(-1))
      .toEqual({ serverId: 's-lab-vm', hosts: { on: true, names: [foreign] }, confirmed: true });
    expect(changes(server.calls)).toEqual([]);
  });

  it('shows the change, writes that very file, and offers the tunnel it needs', async () => {
    const { page, server } = await openScene('pending');
    const change = page.getByLabel('The change, line by line');
    for (const name of course) await change.getByText(`127.0.0.1 ${name}`).waitFor();
    const tunnel = page.getByLabel(tunnelWords);
    expect(await tunnel.isChecked()).toBe(true);
    server.answer('hosts.apply', () => done({ kind: 'written' }));
    await button(page, 'Write hosts file').click();
    await expect
      .poll(() => callsOf(server.calls, 'hosts.apply'))
      .toEqual([{ serverId: 's-lab-vm', from: courseDiff.from, tunnel: true }]);
    server.show(hostsScenes.written());
    await page.getByText('8 names in /etc/hosts').waitFor();
    await page.getByRole('link', { name: 'Open mlflow-server.local in the browser' }).waitFor();
    expect(await page.getByText('answers 127.0.0.1').count()).toBe(8);
    await page.getByText('The addresses have :8080 in them.').waitFor({ state: 'detached' });
  });

  it('leaves out the tunnel that was unticked, whatever else is changed before it is written', async () => {
    const { page, server } = await openScene('pending');
    const tunnel = page.getByLabel(tunnelWords);
    await tunnel.uncheck();
    await button(page, 'Remove kserve-gateway.local').click();
    await page.getByText('Not written yet').waitFor();
    expect(await tunnel.isChecked()).toBe(false);
    // Nor does a look at another page tick it.
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.getByRole('tab', { name: 'Hosts' }).click();
    server.answer('hosts.apply', () => done({ kind: 'written' }));
    await button(page, 'Write hosts file').click();
    await expect
      .poll(() => callsOf(server.calls, 'hosts.apply'))
      .toMatchObject([{ hosts: { on: true, names: courseWish.names.slice(1) }, tunnel: false }]);
  });

  it('says that nothing was written when the person refused, and asks anew for a file that changed', async () => {
    const { page, server } = await openScene('pending');
    server.answer('hosts.apply', () => done({ kind: 'cancelled' }));
    await button(page, 'Write hosts file').click();
    await page.getByText('Nothing was changed: your system was not given leave.').waitFor();
    const looks = callsOf(server.calls, 'hosts.diff').length;
    server.answer('hosts.apply', () => failed(failure('conflict', '/etc/hosts has changed since you looked.')));
    await button(page, 'Write hosts file').click();
    await page.getByText('/etc/hosts has changed since you looked.').waitFor();
    await expect.poll(() => callsOf(server.calls, 'hosts.diff').length).toBeGreaterThan(looks);
  });

  it('gives the command where nobody can be asked', async () => {
    const { page, server } = await openScene('pending');
    server.answer('hosts.apply', () =>
      done({ kind: 'by-hand', byHand: courseDiff.byHand, reason: 'There is no pkexec here.' }),
    );
    await button(page, 'Write hosts file').click();
    await page.getByLabel('The command').getByText('sudo tee -a').waitFor();
    await button(page, 'Copy the command').waitFor();
  });

  it('leaves the choice when somebody else changed the lines', async () => {
    const { page, server } = await openScene('drift');
    await page.getByLabel('What is there now').getByText('# changed by the VPN').waitFor();
    expect(await button(page, 'Write hosts file').count()).toBe(0);
    await button(page, 'Keep what is there').click();
    await expect.poll(() => callsOf(server.calls, 'hosts.keep-theirs')).toEqual([{ serverId: 's-lab-vm' }]);
    server.answer('hosts.apply', () => done({ kind: 'written' }));
    await button(page, 'Write mine over it').click();
    await expect.poll(() => callsOf(server.calls, 'hosts.apply')).toEqual([{ serverId: 's-lab-vm', overDrift: true }]);
  });

  it('writes nothing over broken markers', async () => {
    const { page, server } = await openScene('broken markers');
    await page.getByText('Line 12 ends a block that was not begun').first().waitFor();
    expect(await button(page, 'Write hosts file').count()).toBe(0);
    const looks = callsOf(server.calls, 'hosts.get').length;
    await button(page, 'Look again').click();
    await expect.poll(() => callsOf(server.calls, 'hosts.get').length).toBeGreaterThan(looks);
  });

  it('changes where names lead, removes one, and switches them off', async () => {
    const { page, server } = await openScene('written');
    server.answer('hosts.apply', () => done({ kind: 'cancelled' }));
    await page.getByRole('combobox', { name: 'Where mlflow-server.local leads' }).click();
    await page.getByRole('option', { name: 'To 128.214.252.130' }).click();
    await button(page, 'Remove kserve-gateway.local').click();
    await button(page, 'Write hosts file').click();
    const changed = courseWish.names
      .slice(1)
      .map((each) => (each.name === 'mlflow-server.local' ? { ...each, to: { kind: 'server' } } : each));
    await expect
      .poll(() => callsOf(server.calls, 'hosts.apply').at(-1))
      .toMatchObject({ hosts: { on: true, names: changed } });
    // The choice is kept for another try, and by this window alone.
    await page.getByText('What you chose for lab-vm is kept here.').waitFor();
    await page.getByRole('switch', { name: 'Names of lab-vm on' }).focus();
    await page.keyboard.press('Space');
    await button(page, 'Take them out').click();
    await expect
      .poll(() => callsOf(server.calls, 'hosts.apply').at(-1))
      .toMatchObject({ hosts: { on: false, names: changed } });
    expect(callsOf(server.calls, 'hosts.set')).toEqual([]);
  });

  it('shows names whole where there is little room', async () => {
    const { page } = await openScene('written');
    await page.setViewportSize({ width: 400, height: 800 });
    const cut = await page
      .locator('.name-itself')
      .evaluateAll((names) => names.filter((each) => each.scrollWidth > each.clientWidth).length);
    expect(cut).toBe(0);
    const lines = await page
      .locator('.name-itself')
      .evaluateAll((names) => names.map((each) => each.getBoundingClientRect().height));
    expect(Math.max(...lines)).toBeLessThan(45);
  });

  it('puts an earlier block back', async () => {
    const { page, server } = await openScene('written');
    server.answer('hosts.restore', () => done({ kind: 'written' }));
    await button(page, 'Earlier changes').click();
    const back = button(page, /^Put back as of/);
    expect(await back.first().isDisabled()).toBe(true);
    await back.nth(1).click();
    await expect.poll(() => callsOf(server.calls, 'hosts.restore')).toEqual([{ serverId: 's-lab-vm', entryId: 'h-1' }]);
  });

  it('says what leads elsewhere, and takes out what another server left', async () => {
    const { page, server } = await openScene('leads elsewhere');
    await page.getByText('mlflow-server.local answers 86.50.1.2: line 3 of the file has it too.').waitFor();
    await page.getByText('Names in .local are asked of the network (mdns4) before the hosts file.').waitFor();
    await button(page, 'Take them out').click();
    await expect.poll(() => callsOf(server.calls, 'hosts.remove')).toEqual([{ serverId: 'gone-1' }]);
  });
});
