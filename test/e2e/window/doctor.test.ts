import { expect, it } from 'vitest';
import { done } from '../../../main/shared/failure.ts';
import { doctorSnapshots } from '../../support/doctor-snapshots.ts';
import { nowMs } from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';
import { openDoctor } from './doctor-views.ts';

describeWindow('the doctor', (open) => {
  it('looks when asked, shows what it finds as it comes, and can be stopped', async () => {
    const { page, server } = await open(doctorSnapshots.none);
    await openDoctor(page);
    await page.getByRole('button', { name: 'Look', exact: true }).click();
    await expect.poll(() => server.calls.at(-1)).toEqual({ name: 'doctor.start', args: {} });
    server.show(doctorSnapshots.looking);
    await page.getByText('Looks at the way to lab-vm').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => server.calls.at(-1)?.name).toBe('doctor.cancel');
    server.show(doctorSnapshots.well);
    await page.getByText('All is well').waitFor();
    await page.getByRole('button', { name: /checks are well/ }).click();
    await page.getByText('GNOME Keyring keeps passwords and passphrases.').waitFor();
  });

  it('puts what is broken first, mends it at a click, and copies all as text', async () => {
    const { page, server } = await open(doctorSnapshots.ill, { permissions: ['clipboard-read', 'clipboard-write'] });
    server.answer('doctor.tighten-key', () => done({}));
    server.answer('forwards.edit', () => done({}));
    await openDoctor(page);
    const troubles = page.getByRole('region', { name: 'What to do' });
    expect(await troubles.locator('.doctor-finding').first().getAttribute('data-status')).toBe('broken');
    await troubles.getByText('chmod 600 ~/.ssh/lab').waitFor();
    await troubles.getByRole('button', { name: 'Make it private' }).click();
    await expect
      .poll(() => server.calls.at(-1))
      .toEqual({ name: 'doctor.tighten-key', args: { serverId: 's-lab-vm' } });
    await page.getByText('The key file is yours alone now.').waitFor();
    await troubles.getByRole('button', { name: /^Use port/ }).click();
    await expect.poll(() => server.calls.at(-1)?.name).toBe('forwards.edit');
    await page.getByRole('button', { name: 'Copy' }).click();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).toContain('lab-vm: The server');
    expect(text).toMatch(/✕ Clock: The server’s clock is 1 h behind/);
    expect(text).toMatch(/\d+ broken, \d+ warnings?, \d+ ok$/);
  });

  it('looks anew by itself when it is opened on an old result, which stays until the new one is there', async () => {
    const { doctor, ...old } = doctorSnapshots.ill;
    const { page, server } = await open({
      ...old,
      doctor: { ...doctor!, startedMs: nowMs - 70_000, endedMs: nowMs - 61_000 },
    });
    expect(server.calls.filter(({ name }) => name === 'doctor.start')).toEqual([]);
    await openDoctor(page);
    await expect.poll(() => server.calls.filter(({ name }) => name === 'doctor.start').length).toBe(1);
    server.show(doctorSnapshots.looking);
    await page.getByText('Looking again').waitFor();
    await page.getByRole('region', { name: 'What to do' }).getByText('chmod 600 ~/.ssh/lab').waitFor();
    server.show(doctorSnapshots.well);
    await page.getByText('All is well').waitFor();
    expect(await page.getByText('Looking again').count()).toBe(0);
    // One that a person asks for is shown as it goes.
    server.show(doctorSnapshots.looking);
    await page.getByText('Looks at the way to lab-vm').waitFor();
  });

  it('leaves a new result as it is, and any while a look might have the keychain ask', async () => {
    const { doctor, ...old } = doctorSnapshots.well;
    for (const snapshot of [
      doctorSnapshots.well,
      { ...old, keychain: { kind: 'unknown' } as const, doctor: { ...doctor!, endedMs: nowMs - 61_000 } },
    ]) {
      const { page, server } = await open(snapshot);
      await openDoctor(page);
      await page.getByText('All is well').waitFor();
      await page.getByRole('button', { name: 'Look again' }).waitFor();
      expect(server.calls.filter(({ name }) => name === 'doctor.start')).toEqual([]);
    }
  });

  it('looks at one server from its own menu', async () => {
    const { page, server } = await open(doctorSnapshots.none);
    await page.getByRole('button', { name: 'More for lab-vm' }).click();
    await page.getByRole('menuitem', { name: 'Doctor' }).click();
    await expect.poll(() => server.calls.at(-1)).toEqual({ name: 'doctor.start', args: { serverId: 's-lab-vm' } });
    await page.getByRole('heading', { name: 'Doctor' }).waitFor();
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('heading', { name: 'lab-vm' }).waitFor();
  });
});
