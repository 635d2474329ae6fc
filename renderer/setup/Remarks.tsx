import { Button } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import type { PlanRemark } from '../../main/shared/setup/plan.ts';
import { remarkLights } from '../../main/shared/setup/setup-words.ts';
import { stackFields } from '../../main/shared/setup/stack-fields.ts';
import { StateShape } from '../shell/StateShape.tsx';

type Fix = NonNullable<PlanRemark['fix']>;

interface Props {
  readonly remarks: readonly PlanRemark[];
  /** Takes the value that mends it, where a remark has one. */
  readonly onFix?: (fix: Fix) => void;
}

/** What is impossible, unwise, or good to know about a plan; the worst comes first. */
export function Remarks({ remarks, onFix }: Props) {
  if (remarks.length === 0) return null;
  return (
    <ul className="remarks" aria-label="Remarks">
      {remarks.map(({ level, message, hint, fix }) => {
        const { light, words } = remarkLights[level];
        return (
          <li key={`${level} ${message}`} data-level={level}>
            {light === null ? <IconInfoCircle size={15} aria-hidden /> : <StateShape light={light} size={13} />}
            <div className="remark-text">
              <strong>
                {level !== 'note' && <span className={`state-${light ?? 'off'}`}>{words}: </span>}
                {message}
              </strong>
              {hint !== null && <div>{hint}</div>}
            </div>
            {fix !== undefined && onFix !== undefined && <FixButton fix={fix} onFix={onFix} />}
          </li>
        );
      })}
    </ul>
  );
}

/** A choice is said as the form says it. */
function fixWords({ field, value }: Fix): string {
  const { label = '', shape } = stackFields.find(({ key }) => key === field) ?? {};
  const choice = shape?.kind === 'choice' ? shape.choices.find((each) => each.value === value) : undefined;
  return choice ? `${label} ${choice.label}` : `Use ${String(value)} instead`;
}

function FixButton({ fix, onFix }: { fix: Fix; onFix: (fix: Fix) => void }) {
  return (
    <Button
      className="remark-fix"
      size="xs"
      variant="default"
      onClick={() => {
        onFix(fix);
      }}
    >
      {fixWords(fix)}
    </Button>
  );
}
