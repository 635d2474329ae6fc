/**
 * Every view: readable by axe's rules, whole at both widths, and without a word of complaint from the browser. Schemes and
 * widths for axe take turns, so that every sort of view meets each of them: all of them for each took ten minutes.
 */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { describeWindow } from './describe-window.ts';
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
    for (const width of [1280, 720]) {
      await page.setViewportSize({ width, height: 800 });
      const faults = width === axeWidth ? await violationsOn(page) : [];
      expect([...faults, ...(await sidewaysOn(page))]).toEqual([]);
    }
    expect(complaints.filter((each) => !view.expects?.test(each))).toEqual([]);
  });
});

/** Serious violations of accessibility rules. */
async function violationsOn(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter((each) => each.impact === 'serious' || each.impact === 'critical');
  return serious.flatMap((each) =>
    each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 120)} ${node.failureSummary ?? ''}`),
  );
}

async function sidewaysOn(page: Page): Promise<readonly string[]> {
  const scrolls = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.querySelector('main') ?? document.documentElement;
    return scrollWidth > clientWidth;
  });
  return scrolls ? ['scrolls sideways'] : [];
}
