import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { startDesktop, type Desktop } from '../../support/desktop-app.ts';
import { desktopMissing } from '../../support/electron-runtime.ts';

/**
 * Tests on one desktop of their own; skipped, with the reason in their name, where there is no Electron. What a test
 * started and left running, as a failing one does, is ended before the next.
 */
export function describeDesktop(
  name: string,
  tests: (desktop: () => Desktop) => void,
  alsoMissing: string | null = null,
): void {
  const missing = desktopMissing() ?? alsoMissing;
  describe.skipIf(missing !== null)(missing === null ? name : `${name} (${missing})`, () => {
    let desktop: Desktop | null = null;
    beforeAll(async () => {
      desktop = await startDesktop();
    });
    afterAll(() => desktop?.close());
    let endStrays: (() => Promise<void>) | null = null;
    beforeEach(() => {
      endStrays = desktop?.mark() ?? null;
    });
    afterEach(() => endStrays?.());
    tests(() => {
      if (!desktop) throw new Error('The desktop has not started');
      return desktop;
    });
  });
}
