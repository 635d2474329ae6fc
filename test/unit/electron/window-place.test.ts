import { expect, it } from 'vitest';
import { placeWindow, type Rectangle } from '../../../main/electron/window-place.ts';

const laptop: Rectangle = { x: 0, y: 25, width: 1440, height: 875 };
const beside: Rectangle = { x: 1440, y: 0, width: 2560, height: 1440 };
const usual = { bounds: { x: 170, y: 83, width: 1100, height: 760 }, maximized: false };
const place = (bounds: Partial<Rectangle>, maximized = false) => ({
  bounds: { x: 100, y: 100, width: 1000, height: 700, ...bounds },
  maximized,
});

it.each<[string, unknown, readonly Rectangle[], unknown]>([
  ['the first time: in the middle', null, [laptop], usual],
  ['as it was', place({}), [laptop], place({})],
  ['as it was, on the other screen', place({ x: 2000 }, true), [laptop, beside], place({ x: 2000 }, true)],
  ['the other screen is gone', place({ x: 2000 }), [laptop], place({ x: 220, y: 113 })],
  ['only a sliver would be seen', place({ x: 1400 }), [laptop], place({ x: 220, y: 113 })],
  ['the title bar is above the screen', place({ y: -50 }), [laptop], place({ x: 220, y: 113 })],
  ['below the screen', place({ y: 890 }), [laptop], place({ x: 220, y: 113 })],
  ['larger than every screen', place({ width: 9000, height: 9000 }), [laptop], place({ width: 1440, height: 875 })],
  ['too small', place({ width: 10, height: 10 }), [laptop], place({ x: 360, y: 223, width: 720, height: 480 })],
  ['no screen at all', place({}), [], place({ x: 50, y: 30 })],
  ['damaged', { bounds: { x: '1', y: 2, width: 3, height: 4 } }, [laptop], usual],
  ['damaged', { bounds: { x: NaN, y: 2, width: 3, height: 4 } }, [laptop], usual],
  ['damaged', [], [laptop], usual],
  ['damaged', 'text', [laptop], usual],
])('%s', (_what, saved, screens, expected) => {
  expect(placeWindow(saved, screens)).toEqual(expected);
});
