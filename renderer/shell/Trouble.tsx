import { UnstyledButton } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Failure } from '../../main/shared/failure.ts';

interface Props {
  readonly tone: 'failed' | 'working' | 'needs-you';
  readonly message: ReactNode;
  readonly hint?: ReactNode;
  readonly detail?: string | undefined;
  readonly aside?: ReactNode;
  /** Buttons that mend it. */
  readonly children?: ReactNode;
}

/** What happened, why, and the next thing to do as buttons. The raw cause unfolds for the curious. */
export function Trouble({ tone, message, hint, detail, aside, children }: Props) {
  const [unfolded, setUnfolded] = useState(false);
  return (
    <div className="trouble" data-tone={tone}>
      <div className="trouble-text">
        <div className="trouble-message">{message}</div>
        {hint !== undefined && hint !== null && <div>{hint}</div>}
        {aside !== undefined && aside !== false && <div className="dim figures">{aside}</div>}
        {detail !== undefined && (
          <>
            <UnstyledButton
              className="trouble-more"
              aria-expanded={unfolded}
              onClick={() => {
                setUnfolded(!unfolded);
              }}
            >
              {unfolded ? 'Hide details' : 'Details'}
            </UnstyledButton>
            {unfolded && <pre className="trouble-detail mono">{detail}</pre>}
          </>
        )}
      </div>
      {children !== undefined && <div className="trouble-fixes">{children}</div>}
    </div>
  );
}

interface FailureTroubleProps {
  readonly failure: Failure;
  readonly tone?: Props['tone'];
  readonly children?: ReactNode;
}

/** A failure of a call, with its next step and its raw cause. */
export function FailureTrouble({ failure: { message, hint, detail }, tone = 'failed', children }: FailureTroubleProps) {
  return (
    <Trouble tone={tone} message={message} hint={hint} detail={detail}>
      {children}
    </Trouble>
  );
}
