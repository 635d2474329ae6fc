import { useEffect, useRef, useState } from 'react';

/** What had the focus; for an item of a menu, which closes, the button of that menu. */
function findOrigin(): Element | null {
  const menu = document.activeElement?.closest('[role=menu]');
  const labelledBy = menu?.getAttribute('aria-labelledby');
  return labelledBy ? document.getElementById(labelledBy) : document.activeElement;
}

/** Gives the focus back to where it was when a dialog is gone, or else to the server that is shown. */
export function useReturnFocus(): void {
  // Taken while rendering: by the time of an effect the dialog has the focus.
  const [origin] = useState(findOrigin);
  const open = useRef(false);
  useEffect(() => {
    open.current = true;
    return () => {
      open.current = false;
      queueMicrotask(() => {
        const isLost = document.activeElement === null || document.activeElement === document.body;
        if (open.current || !isLost) return;
        const usable = origin?.isConnected && origin !== document.body ? origin : null;
        const target = usable ?? document.querySelector('[aria-current=page]');
        if (target instanceof HTMLElement) target.focus();
      });
    };
  }, [origin]);
}
