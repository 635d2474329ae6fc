import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { everyday, serverOf, snapshotOf } from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';

const named = (name: string, patch = {}) => snapshotOf({ servers: [serverOf({ name })], ...patch });
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

/** Plays the tab being hidden; a headless browser never hides one. */
const setVisibility = (page: Page, state: 'hidden' | 'visible') =>
  page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);

describeWindow('the window’s link to the core', (open) => {
  it('says calmly that the core is away, and comes back by itself', async () => {
    const { page, server } = await open(named('before'));
    await server.goAway();
    await page.getByText('Mooring is not running.').waitFor();
    expect(await page.locator('.shell-body').getAttribute('inert')).toBe('');
    await server.comeBack();
    // A core that starts anew counts from one again.
    server.show(named('after', { coreId: 'core-2' }));
    await heading(page, 'after').waitFor();
    await page.getByText('Mooring is not running.').waitFor({ state: 'detached' });
  });

  it('keeps the snapshot of the higher revision, and takes any of a new core', async () => {
    const { page, server } = await open(named('first', { revision: 40 }));
    server.show(named('second'));
    await heading(page, 'second').waitFor();
    // The answer to snapshot.get is older than what was pushed meanwhile.
    await page.route('**/api/call', (route) =>
      route.fulfill({ json: { ok: true, value: named('stale', { revision: 3 }) } }),
    );
    const heard = page.waitForResponse('**/api/call');
    await setVisibility(page, 'hidden');
    await setVisibility(page, 'visible');
    await heard;
    await expect.poll(() => server.watchers()).toBe(1);
    expect(await heading(page, 'stale').count()).toBe(0);
    await page.unroute('**/api/call');
    server.show(named('newcomer', { coreId: 'core-2' }));
    await heading(page, 'newcomer').waitFor();
  });

  it('listens only while it is visible, and catches up', async () => {
    const { page, server } = await open(named('before'));
    await expect.poll(() => server.watchers()).toBe(1);
    await setVisibility(page, 'hidden');
    await expect.poll(() => server.watchers()).toBe(0);
    server.show(named('meanwhile'));
    await setVisibility(page, 'visible');
    await heading(page, 'meanwhile').waitFor();
  });

  it('tells where to get a new pass when the old one has expired', async () => {
    const { page, server } = await open(everyday());
    server.letIn(false);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('This window’s pass has expired').waitFor();
    await page.getByText('mooring window').waitFor();
    server.letIn(true);
    await page.getByRole('button', { name: 'Try again' }).click();
    await heading(page, 'lab-vm').waitFor();
  });
});
