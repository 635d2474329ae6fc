/**
 * Every view: readable by axe's rules, whole at each width, and without a word of complaint from the browser. Schemes and
 * widths for axe take turns, so that every sort of view meets each of them: all of them for each took ten minutes.
 */
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright';
import { expect, it } from 'vitest';
import { describeWindow } from './describe-window.ts';
import { everyday, serverOf, snapshotOf } from '../../support/snapshots.ts';
import { views } from './views.ts';

describeWindow('the window’s looks', (open) => {
  const looks = views.map(
    (view, index) =>
      ({
        view,
        colorScheme: index % 2 === 0 ? 'light' : 'dark',
        axeWidth: Math.floor(index / 2) % 2 === 0 ? 1280 : 720,
      }) as const,
  );

  it.each(looks)('$view.name, $colorScheme, $axeWidth', async ({ view, colorScheme, axeWidth }) => {
    const { page, server, complaints } = await open(view.snapshot(), { colorScheme, bridge: view.bridge ?? false });
    await view.prepare?.(page, server);
    // The desktop's window is 720 at least; a browser's may be as narrow as a phone.
    for (const width of [1280, 720, 360]) {
      await page.setViewportSize({ width, height: 800 });
      const faults = width === axeWidth ? await violationsOn(page) : [];
      expect([...faults, ...(await sidewaysOn(page))]).toEqual([]);
    }
    expect(complaints.filter((each) => !view.expects?.test(each))).toEqual([]);
  });

  it('is all within reach at 360', async () => {
    const { page, server } = await open(everyday(), { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.setViewportSize({ width: 360, height: 740 });
    const address = page.getByRole('button', { name: 'Copy the local address: 127.0.0.1:5001' });
    expect(await isWhole(address.getByText('127.0.0.1:5001'))).toBe(true);
    await address.click();
    await address.getByText('Copied').waitFor();
    await page.getByRole('link', { name: 'Open MLflow in the browser' }).click({ trial: true });
    await page.getByRole('button', { name: 'More for MLflow' }).click({ trial: true });
    await page.locator('.tunnel-switch').first().click();
    await expect.poll(() => server.calls.map(({ name }) => name)).toContain('wanted.set');
    await page.getByRole('button', { name: 'More for lab-vm' }).click();
    await page.getByRole('menuitem', { name: 'Edit server' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click({ trial: true });
  });

  it('lets another server be chosen at 360', async () => {
    const { page } = await open(everyday());
    await page.setViewportSize({ width: 360, height: 740 });
    const list = page.getByRole('navigation', { name: 'Servers' });
    const other = list.getByRole('button', { name: /^ec2-tracking/ });
    await other.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Unfold the list of servers' }).click();
    await list.getByRole('button', { name: 'Settings' }).click({ trial: true });
    await other.click();
    await page.getByRole('heading', { level: 1, name: /^ec2-tracking/ }).waitFor();
    await other.waitFor({ state: 'hidden' });
  });

  it('tells servers with near names apart in the folded list', async () => {
    const names = ['lab', 'lab2', 'gpu-cluster-1', 'gpu-cluster-2'];
    const servers = names.map((name) => serverOf({ id: `s-${name}`, name }));
    const { page } = await open(snapshotOf({ servers }), { viewport: { width: 720, height: 800 } });
    for (const name of names) {
      const item = page.locator(`[data-server-id="s-${name}"]`);
      expect(await item.getAttribute('title')).toContain(name);
      expect(await isWhole(item.locator('.sidebar-name'))).toBe(true);
    }
  });
});

/** In sight, with nothing of its text cut off. */
const isWhole = (text: Locator): Promise<boolean> =>
  text.evaluate(
    ({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
      clientWidth > 0 && scrollWidth <= clientWidth && scrollHeight <= clientHeight,
  );

/** Serious violations of accessibility rules. */
async function violationsOn(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter((each) => each.impact === 'serious' || each.impact === 'critical');
  return serious.flatMap((each) =>
    each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 120)} ${node.failureSummary ?? ''}`),
  );
}

async function sidewaysOn(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    ['html', 'main', '[role=dialog]']
      .flatMap((each) => [...document.querySelectorAll(each)])
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ tagName }) => `${tagName} scrolls sideways at ${String(document.documentElement.clientWidth)}`),
  );
}
