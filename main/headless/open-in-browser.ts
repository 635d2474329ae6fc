/** Gives an address or a file to the person's browser. */

/** A launcher that has found no browser says so sooner; one that turns into the browser never ends by itself. */
const launcherPatienceMs = 1_500;

/** False when no browser came up, as far as can be told. Its argument can be read by every user of the machine. */
export async function openInBrowser(target: string): Promise<boolean> {
  try {
    const { default: open } = await import('open');
    const launcher = await open(target);
    // On Windows it has ended by now.
    if (launcher.exitCode !== null) return launcher.exitCode === 0;
    return await new Promise((resolve) => {
      const timer = setTimeout(resolve, launcherPatienceMs, true);
      launcher.once('exit', (code) => {
        clearTimeout(timer);
        resolve(code === 0);
      });
    });
  } catch {
    return false;
  }
}
