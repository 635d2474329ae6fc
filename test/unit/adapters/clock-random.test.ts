import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createClock } from '../../../main/adapters/clock.ts';
import { createRandom } from '../../../main/adapters/random.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a timer fires once, after its delay', () => {
  const run = vi.fn();
  createClock().after(1_000, run);
  vi.advanceTimersByTime(999);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  vi.advanceTimersByTime(10_000);
  expect(run).toHaveBeenCalledOnce();
});

test('a cancelled timer never fires and leaves nothing behind', () => {
  const run = vi.fn();
  const cancel = createClock().after(1_000, run);
  cancel();
  cancel();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect(run).not.toHaveBeenCalled();
});

test.each([
  ['just over the limit of setTimeout', 2 ** 31],
  ['a hundred days', 100 * 86_400_000],
])('a delay of %s is waited in full, and can be cancelled on the way', (_, delayMs) => {
  const run = vi.fn();
  const cancelled = vi.fn();
  createClock().after(delayMs, run);
  const cancel = createClock().after(delayMs, cancelled);
  vi.advanceTimersByTime(delayMs - 1);
  expect(run).not.toHaveBeenCalled();
  cancel();
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledOnce();
  expect(cancelled).not.toHaveBeenCalled();
});

test.each([0, -5, Number.NaN, Number.NEGATIVE_INFINITY])('a delay of %s is as soon as possible', (delayMs) => {
  const run = vi.fn();
  createClock().after(delayMs, run);
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledOnce();
});

test('an endless delay waits without spinning', () => {
  const run = vi.fn();
  const cancel = createClock().after(Number.POSITIVE_INFINITY, run);
  vi.advanceTimersByTime(2 ** 33);
  expect(run).not.toHaveBeenCalled();
  cancel();
  expect(vi.getTimerCount()).toBe(0);
});

test('the wall clock is told in milliseconds', () => {
  vi.setSystemTime(1_800_000_000_123);
  expect(createClock().nowMs()).toBe(1_800_000_000_123);
});

test('fractions lie in [0, 1) and spread; ids differ', () => {
  const random = createRandom();
  const fractions = Array.from({ length: 2_000 }, () => random.fraction());
  expect(fractions.every((each) => each >= 0 && each < 1)).toBe(true);
  expect(fractions.some((each) => each < 0.1) && fractions.some((each) => each > 0.9)).toBe(true);
  expect(new Set(Array.from({ length: 1_000 }, () => random.id())).size).toBe(1_000);
});
