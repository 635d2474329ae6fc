/** Every view: readable by axe's rules, wide and narrow, and without a word of complaint from the browser. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { describeWindow } from './describe-window.ts';
import { views } from './views.ts';

describeWindow('the window’s looks', (open) => {
  // Light and dark in turns: both schemes see every kind of view.
  const looks = views.map((view, index) => ({ view, colorScheme: index % 2 === 0 ? 'light' : 'dark' }) as const);

  it.each(looks)('$view.name, $colorScheme', async ({ view, colorScheme }) => {
    const { page, server, complaints } = await open(view.snapshot(), { colorScheme, bridge: view.bridge ?? false });
    await view.prepare?.(page, server);
    expect(await findFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 720, height: 800 });
    expect(await findFaults(page)).toEqual([]);
    expect(complaints.filter((each) => !view.expects?.test(each))).toEqual([]);
  });
});

/** Serious violations of accessibility rules, and whether the page would scroll sideways. */
async function findFaults(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter((each) => each.impact === 'serious' || each.impact === 'critical');
  const sideways = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.querySelector('main') ?? document.documentElement;
    return scrollWidth > clientWidth;
  });
  return [
    ...serious.flatMap((each) =>
      each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 120)} ${node.failureSummary ?? ''}`),
    ),
    ...(sideways ? ['scrolls sideways'] : []),
  ];
}
