/** Where the window was, and whether it can be there again. Pure. */

/** Device-independent pixels. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowPlace {
  /** Size and place when not maximised. */
  readonly bounds: Rectangle;
  readonly maximized: boolean;
}

export const smallest = { width: 720, height: 480 } as const;
const usual = { width: 1100, height: 760 } as const;
/** As much of the window as a person needs to get hold of it. */
const handle = { width: 120, height: 40 } as const;

/**
 * Where to show the window: as it was if enough of it is on a screen that is there now, else in the middle of the first.
 *
 * @param saved what was saved, of any shape
 * @param workAreas screens without their panels, the main one first
 */
export function placeWindow(saved: unknown, workAreas: readonly Rectangle[]): WindowPlace {
  const place = parsePlace(saved);
  const screen = workAreas[0] ?? { x: 0, y: 0, ...usual };
  if (place && workAreas.some((area) => canGrasp(place.bounds, area))) {
    return { ...place, bounds: { ...place.bounds, ...sizeWithin(place.bounds, biggestOf(workAreas)) } };
  }
  const size = sizeWithin(place?.bounds ?? usual, screen);
  const middle = {
    x: Math.round(screen.x + (screen.width - size.width) / 2),
    y: Math.round(screen.y + (screen.height - size.height) / 2),
  };
  return { bounds: { ...middle, ...size }, maximized: place?.maximized ?? false };
}

/** The title bar is at the top: that strip must be where a pointer can reach it. */
function canGrasp(bounds: Rectangle, area: Rectangle): boolean {
  const overlap = Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x);
  return overlap >= handle.width && bounds.y >= area.y && bounds.y + handle.height <= area.y + area.height;
}

function sizeWithin(size: { width: number; height: number }, area: { width: number; height: number }) {
  return {
    width: Math.max(smallest.width, Math.min(size.width, area.width)),
    height: Math.max(smallest.height, Math.min(size.height, area.height)),
  };
}

function biggestOf(areas: readonly Rectangle[]) {
  return {
    width: Math.max(...areas.map((each) => each.width)),
    height: Math.max(...areas.map((each) => each.height)),
  };
}

function parsePlace(saved: unknown): WindowPlace | null {
  if (typeof saved !== 'object' || saved === null) return null;
  const { bounds, maximized } = saved as Partial<Record<keyof WindowPlace, unknown>>;
  if (typeof bounds !== 'object' || bounds === null) return null;
  const { x, y, width, height } = bounds as Partial<Record<keyof Rectangle, unknown>>;
  const whole = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);
  if (!whole(x) || !whole(y) || !whole(width) || !whole(height)) return null;
  return { bounds: { x, y, width, height }, maximized: maximized === true };
}
