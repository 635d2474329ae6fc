import { Button } from '@mantine/core';
import { memo } from 'react';
import {
  artifactSizes,
  describeTook,
  verifyMark,
  verifyOutcome,
  type VerifyOutcome,
} from '../../main/shared/setup/setup-words.ts';
import type { VerifyStep, VerifyView } from '../../main/shared/setup/verify.ts';
import { describeBytes, type Light } from '../../main/shared/words.ts';
import { act } from '../api/act.ts';
import { StateShape } from '../shell/StateShape.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { MarkShape } from './MarkShape.tsx';
import { Remarks } from './Remarks.tsx';

const lights: Record<VerifyOutcome, Light> = { running: 'working', well: 'up', failed: 'failed', cancelled: 'off' };
const titles: Record<VerifyOutcome, string> = {
  running: 'Checking',
  well: 'All is well',
  failed: 'The check failed',
  cancelled: 'The check was stopped',
};

/** A check of a tracking server: its steps with what they found, and what is worth knowing. */
export const VerifyPanel = memo(function VerifyPanel({ serverId, verify }: { serverId: string; verify: VerifyView }) {
  const outcome = verifyOutcome(verify);
  const { failure, remarks, endedMs, startedMs, artifactBytes } = verify;
  const size = artifactSizes.find((each) => each.bytes === artifactBytes)?.label ?? describeBytes(artifactBytes);
  return (
    <section className="verify" aria-label="Check">
      <div className="panel-head">
        <StateShape light={lights[outcome]} size={13} />
        <h3 role="status">{titles[outcome]}</h3>
        <span className="run-count dim figures">
          artifact of {size}
          {endedMs !== null && ` · ${describeTook(endedMs - startedMs)}`}
        </span>
        {outcome === 'running' && (
          <Button size="compact-xs" variant="default" onClick={() => void act('verify.cancel', { serverId })}>
            Stop
          </Button>
        )}
      </div>
      <ol className="run-steps">
        {verify.steps.map((step) => (
          <OneStep key={step.id} step={step} />
        ))}
      </ol>
      {failure !== null && <FailureTrouble failure={failure} />}
      <Remarks remarks={remarks.map((message) => ({ level: 'warning', message, hint: null }))} />
    </section>
  );
});

/** `12.3 MB/s`; null for a step that moves nothing worth a figure. */
function speedOf({ bytes, tookMs }: VerifyStep): string | null {
  return bytes === null || bytes === 0 || tookMs === null || tookMs === 0
    ? null
    : `${describeBytes((bytes / tookMs) * 1000)}/s`;
}

const OneStep = memo(function OneStep({ step }: { step: VerifyStep }) {
  const note = [step.note, speedOf(step)].filter((each) => each !== null).join(' · ');
  return (
    <li className="run-step" data-state={step.state} aria-current={step.state === 'running' ? 'step' : undefined}>
      <MarkShape mark={verifyMark(step.state)} />
      <div className="run-step-text">
        <div className="run-step-title">{step.title}</div>
        {note !== '' && <div className="run-step-note dim">{note}</div>}
      </div>
      {step.tookMs !== null && <span className="run-step-time figures dim">{describeTook(step.tookMs)}</span>}
    </li>
  );
});
