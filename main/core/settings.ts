/** The settings: loaded once, saved at every change. */
import { done, failure, type Failure, type Reply } from '../shared/failure.ts';
import type { Settings } from '../shared/settings.ts';
import type { StateFile } from './ports.ts';
import { parseSavedSettings } from './servers/saved.ts';
import type { State } from './state.ts';

export interface SettingsDeps {
  readonly file: StateFile<unknown>;
  readonly state: State;
  changed(settings: Settings): void;
  notice(trouble: Failure): void;
}

export class SettingsKeeper {
  readonly #deps: SettingsDeps;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(deps: SettingsDeps) {
    this.#deps = deps;
  }

  async load(): Promise<void> {
    const { value, trouble } = await this.#deps.file.load();
    if (trouble) this.#deps.notice(trouble);
    const { settings, notes } = parseSavedSettings(value);
    for (const note of notes) this.#deps.notice(failure('storage-failed', note));
    this.#take(settings);
  }

  /** Saved first: a setting that can't be saved does not change. */
  set(patch: Partial<Settings>): Promise<Reply<Settings>> {
    const result = this.#queue.then(async () => {
      const next = { ...this.#deps.state.get().settings, ...patch };
      const saved = await this.#deps.file.save(next);
      if (!saved.ok) return saved;
      this.#take(next);
      return done(next);
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** Resolves when the saves under way have ended. */
  async idle(): Promise<void> {
    await this.#queue;
  }

  #take(settings: Settings): void {
    this.#deps.state.update((now) => ({ ...now, settings }));
    this.#deps.changed(settings);
  }
}
