import { lightWords, type Light } from '../../main/shared/words.ts';

/** The shape of a state. Drawn, since fonts draw ● ◐ ○ ▲ ✕ at sizes of their own; `spoken` adds the words for ears. */
export function StateShape({ light, size = 12, spoken = false }: { light: Light; size?: number; spoken?: boolean }) {
  return (
    <svg
      className={`state-shape state-${light}`}
      width={size}
      height={size}
      viewBox="0 0 12 12"
      {...(spoken ? { role: 'img', 'aria-label': lightWords[light] } : { 'aria-hidden': true })}
    >
      <Outline light={light} />
    </svg>
  );
}

function Outline({ light }: { light: Light }) {
  switch (light) {
    case 'up':
      return <circle cx="6" cy="6" r="4.5" fill="currentColor" />;
    case 'working':
      return (
        <>
          <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" strokeWidth="1.4" />
          <path d="M6 1.8a4.2 4.2 0 0 0 0 8.4z" fill="currentColor" />
        </>
      );
    case 'off':
      return <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" strokeWidth="1.4" />;
    case 'needs-you':
      return <path d="M6 1 11.4 10.6H.6z" fill="currentColor" />;
    case 'failed':
      return (
        <path d="m2.2 2.2 7.6 7.6m0-7.600-7.600 7.600" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
      );
    default:
      return light satisfies never;
  }
}
