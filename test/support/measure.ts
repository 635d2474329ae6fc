/** Numbers for benchmarks: medians, and a peer measured in the same run. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Milliseconds that `run` took. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

export interface Compared {
  readonly ours: number;
  readonly peer: number;
  /** ours / peer of the medians. */
  readonly ratio: number;
}

/** Measures both in turn, so that what else the machine does hits both. */
export async function compare(
  rounds: number,
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<Compared> {
  const own: number[] = [];
  const others: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    own.push(await ours());
    others.push(await peer());
  }
  return { ours: median(own), peer: median(others), ratio: median(own) / median(others) };
}

export function report(line: string): void {
  process.stdout.write(`bench: ${line}\n`);
}
