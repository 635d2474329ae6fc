/** Work of one server follows each other; that of several goes on side by side. */
export class Lanes {
  readonly #lanes = new Map<string, Promise<unknown>>();

  run<T>(serverId: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#lanes.get(serverId) ?? Promise.resolve()).then(work);
    const settled: Promise<unknown> = result
      .catch(() => undefined)
      .then(() => {
        if (this.#lanes.get(serverId) === settled) this.#lanes.delete(serverId);
      });
    this.#lanes.set(serverId, settled);
    return result;
  }
}
