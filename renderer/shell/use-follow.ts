import { useLayoutEffect, useRef, useState, type RefObject, type UIEvent } from 'react';

export interface Following {
  readonly follow: boolean;
  readonly setFollow: (follow: boolean) => void;
}

interface FollowingBox extends Following {
  readonly box: RefObject<HTMLDivElement | null>;
  /** For the box: who scrolls up wants to read, who comes back to the end wants to follow. */
  readonly onScroll: (event: UIEvent<HTMLDivElement>) => void;
}

/** Keeps a box at its end while what is drawn in it changes. `drawn`: differs when what is drawn does. */
export function useFollow(drawn: string): FollowingBox {
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, drawn]);
  return {
    box,
    follow,
    setFollow,
    onScroll: (event) => {
      const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
      setFollow(scrollHeight - scrollTop - clientHeight < 24);
    },
  };
}
