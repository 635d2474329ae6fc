/** The system's clipboard, from which what is secret goes again. */
import type { SystemClipboard } from '../desktop/desktop-ports.ts';
import type { Clock } from '../ports.ts';

/** Long enough to paste it somewhere. */
export const clearedAfterMs = 60_000;

export class SecretClipboard {
  readonly #clipboard: SystemClipboard;
  readonly #clock: Clock;
  /** What is to go, and the end of its timer. */
  #held: { readonly text: string; readonly cancel: () => void } | null = null;

  constructor(clipboard: SystemClipboard, clock: Clock) {
    this.#clipboard = clipboard;
    this.#clock = clock;
  }

  async put(text: string, isSecret: boolean): Promise<void> {
    this.#forget();
    await this.#clipboard.write(text);
    // Two at the same time: the later one's timer is enough.
    this.#forget();
    if (!isSecret) return;
    const cancel = this.#clock.after(clearedAfterMs, () => {
      // A clipboard that can’t be reached any more is not ours to worry about.
      void this.clear().catch(() => undefined);
    });
    this.#held = { text, cancel };
  }

  /** Takes it away at once, unless somebody has copied something else meanwhile. */
  async clear(): Promise<void> {
    const held = this.#held;
    this.#held = null;
    held?.cancel();
    if (held && (await this.#clipboard.read()) === held.text && this.#held === null) await this.#clipboard.write('');
  }

  #forget(): void {
    this.#held?.cancel();
    this.#held = null;
  }
}
