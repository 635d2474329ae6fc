import { IconInfoCircle } from '@tabler/icons-react';
import type { PlanRemark } from '../../main/shared/setup/plan.ts';
import { remarkLights } from '../../main/shared/setup/setup-words.ts';
import { StateShape } from '../shell/StateShape.tsx';

/** What is impossible, unwise, or good to know about a plan; the worst comes first. */
export function Remarks({ remarks }: { remarks: readonly PlanRemark[] }) {
  if (remarks.length === 0) return null;
  return (
    <ul className="remarks" aria-label="Remarks">
      {remarks.map(({ level, message, hint }) => {
        const { light, words } = remarkLights[level];
        return (
          <li key={`${level} ${message}`} data-level={level}>
            {light === null ? <IconInfoCircle size={15} aria-hidden /> : <StateShape light={light} size={13} />}
            <div>
              <strong>
                {level !== 'note' && <span className={`state-${light ?? 'off'}`}>{words}: </span>}
                {message}
              </strong>
              {hint !== null && <div>{hint}</div>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
