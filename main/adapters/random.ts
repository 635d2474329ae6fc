/** Randomness from the system's cryptographic source. */
import { randomInt, randomUUID } from 'node:crypto';
import type { Random } from '../core/ports.ts';

/** randomInt allows a range below 2^48. */
const steps = 2 ** 48 - 1;

export function createRandom(): Random {
  return {
    fraction: () => randomInt(steps) / steps,
    id: () => randomUUID(),
  };
}
