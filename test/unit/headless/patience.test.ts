/** How long a command waits for a connection. */
import { expect, it } from 'vitest';
import { parseDuration, patienceMs } from '../../../main/headless/commands/patience.ts';

it.each([
  ['90', 90_000],
  ['0.05', 50],
  ['90s', 90_000],
  ['5m', 300_000],
  ['5 min', 300_000],
  ['1.5h', 5_400_000],
  ['24H', 86_400_000],
  ['0', 0],
])('%s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(['', 'soon', '-1', '5d', '25h', '1e3', 's', '5 5'])('“%s” is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow('is not a duration');
});

it('is a minute where nobody watches, and no limit where somebody does', () => {
  const at = (interactive: boolean) => ({ terminal: { interactive } }) as Parameters<typeof patienceMs>[0];
  expect(patienceMs(at(false), {})).toBe(60_000);
  expect(patienceMs(at(true), {})).toBe(0);
  expect(patienceMs(at(true), { timeout: 5_000 })).toBe(5_000);
  expect(patienceMs(at(false), { timeout: 0 })).toBe(0);
});
