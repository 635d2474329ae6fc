import type { StepMark } from '../../main/shared/setup/setup-words.ts';
import { StateShape } from '../shell/StateShape.tsx';

/** The mark of a step: ticks and dashes as text, states as the drawn shapes they are everywhere else. */
export function MarkShape({ mark: { mark, light, words } }: { mark: StepMark }) {
  const drawn = mark === '✓' || mark === '–' || mark === '↩' ? null : light;
  return (
    <span className={`step-mark state-${light}`} role="img" aria-label={words}>
      {drawn === null ? mark : <StateShape light={drawn} size={13} />}
    </span>
  );
}
