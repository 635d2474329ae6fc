import { afterEach, beforeEach, expect, it } from 'vitest';
import { day, dayAndTime } from '../../../main/headless/terminal/day-and-time.ts';

const before = process.env['TZ'];
beforeEach(() => {
  process.env['TZ'] = 'Pacific/Auckland';
});
afterEach(() => {
  if (before === undefined) delete process.env['TZ'];
  else process.env['TZ'] = before;
});

it('says the day as it is where this computer is', () => {
  const timeMs = Date.UTC(2026, 0, 2, 20, 5);
  expect(day(timeMs)).toBe('2026-01-03');
  expect(dayAndTime(timeMs)).toBe('2026-01-03 09:05');
});
