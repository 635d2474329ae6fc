/** Puts the focus on the heading of a view that has taken the place of another, unless a person is elsewhere by now. */
export function setUpFocus(heading: HTMLElement | null): void {
  const { activeElement } = document;
  const isLost = activeElement === null || activeElement === document.body || !activeElement.isConnected;
  if (isLost) heading?.focus({ preventScroll: true });
  document.querySelector('main')?.scrollTo({ top: 0 });
}
