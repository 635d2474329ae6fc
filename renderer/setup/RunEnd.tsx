import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useStore } from 'zustand';
import { sentence } from '../../main/shared/sentence.ts';
import { adoptedPort } from '../../main/shared/setup/offers.ts';
import { knownPassword, type KnownPassword } from '../../main/shared/setup/password-words.ts';
import { describeStop, forwardOfStack, nextAfter, stoppedStep } from '../../main/shared/setup/setup-words.ts';
import type { InstalledStack } from '../../main/shared/setup/stack.ts';
import { localAddress } from '../../main/shared/words.ts';
import { runsHere, type RunView } from '../../main/shared/setup/run.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { act } from '../api/act.ts';
import { useSnapshot } from '../api/store.ts';
import { Trouble } from '../shell/Trouble.tsx';
import { lastLinesOf, type RunLog } from './run-log.ts';
import { closeRun, runAgain } from './setup-actions.ts';
import { openPutRight } from './put-right/put-right-store.ts';
import { changeFlow, environmentOf, useFlow } from './setup-store.ts';
import { StackActions } from './StackActions.tsx';
import { VerifyPanel } from './VerifyPanel.tsx';

interface Props {
  readonly server: ServerView;
  readonly run: RunView;
  readonly log: RunLog;
  readonly doneButton: ReactNode;
}

/** What came of it, and the next thing to do. */
export function RunEnd({ server, run, log, doneButton }: Props) {
  const serverId = server.profile.id;
  const { state } = run;
  const next = nextAfter(run);
  const up = server.connection.kind === 'up';
  switch (state.kind) {
    case 'done':
      return <Done server={server} run={run} doneButton={doneButton} />;
    case 'failed':
      return (
        <>
          <Trouble
            tone="failed"
            message={`${stoppedStep(run)?.title ?? 'The run'} failed: ${state.failure.message}`}
            hint={next}
            detail={state.failure.detail}
          >
            <Again serverId={serverId} run={run} up={up} label="Try again" />
            {run.kind === 'set-up' && <ChangeSettings serverId={serverId} environment={run.environment} />}
            <Close serverId={serverId} run={run} />
          </Trouble>
          {state.stepId !== null && <LastLines log={log} stepId={state.stepId} />}
        </>
      );
    case 'cancelled':
      return (
        <Trouble tone="working" message={stopWords(run)} hint={next}>
          <Again serverId={serverId} run={run} up={up} label={runsHere(run) ? 'Run it again' : 'Go on'} />
          <Close serverId={serverId} run={run} />
        </Trouble>
      );
    case 'interrupted':
      return (
        <Trouble tone="failed" message="It ended on the server without a word." hint={next}>
          <Again serverId={serverId} run={run} up={up} label="Go on" />
          <Close serverId={serverId} run={run} />
        </Trouble>
      );
    case 'preparing':
    case 'needs-you':
    case 'running':
    case 'out-of-sight':
      return null;
    default:
      return state satisfies never;
  }
}

function stopWords(run: RunView): string {
  return sentence(describeStop(stoppedStep(run), run.state.kind === 'cancelled' && run.state.undone));
}

function Again({ serverId, run, up, label }: { serverId: string; run: RunView; up: boolean; label: string }) {
  const [busy, setBusy] = useState(false);
  const again = async (): Promise<void> => {
    setBusy(true);
    await runAgain(serverId, run);
    setBusy(false);
  };
  return (
    <Button
      size="xs"
      loading={busy}
      disabled={!up}
      title={up ? undefined : 'The server is not connected'}
      onClick={() => void again()}
    >
      {label}
    </Button>
  );
}

/** What was typed for it is still there, if it was typed in this window. */
function ChangeSettings({ serverId, environment }: { serverId: string; environment: string }) {
  const flow = useFlow(serverId);
  const port = adoptedPort(environment);
  if (port === null && (flow === undefined || environmentOf(flow) !== environment)) return null;
  return (
    <Button
      size="xs"
      variant="default"
      onClick={() => {
        if (port === null) changeFlow(serverId, { step: 'form', open: true });
        else openPutRight(serverId, port);
        void act('setup.dismiss', { serverId });
      }}
    >
      {port === null ? 'Change the settings' : 'Choose anew'}
    </Button>
  );
}

function Close({ serverId, run }: { serverId: string; run: RunView }) {
  return (
    <Button size="xs" variant="default" onClick={() => void closeRun(serverId, run)}>
      Close
    </Button>
  );
}

/** The last words of the step that failed, where the eye is. */
function LastLines({ log, stepId }: { log: RunLog; stepId: string }) {
  const state = useStore(log);
  const lines = lastLinesOf(state, stepId, 6);
  if (lines.length === 0) return null;
  return (
    <section className="last-lines" aria-label="Its last words">
      <pre className="code" tabIndex={0}>
        {lines.map((each) => each.text).join('\n')}
      </pre>
    </section>
  );
}

function Done({ server, run, doneButton }: Omit<Props, 'log'>) {
  const { profile, verify } = server;
  const stack = profile.stacks.find((each) => each.environment === run.environment);
  const keychain = useSnapshot((snapshot) => snapshot.keychain);
  const close = doneButton ?? <Close serverId={profile.id} run={run} />;
  if (run.kind === 'uninstall' || stack === undefined || runsHere(run)) {
    return (
      <Ended>
        <p>{doneWords(run)}</p>
        {run.keeps !== undefined && (
          <p>
            Its data stays on the server: {run.keeps.join('; ')}. Setting up again finds it; to remove it, choose
            “Remove the data…” on the Setup page.
          </p>
        )}
        <div className="stack-actions">{close}</div>
      </Ended>
    );
  }
  const password = knownPassword(stack, keychain);
  return (
    <Ended>
      <h3>What is next</h3>
      <p className="dim">{placeWords(server, stack, password)}</p>
      {password.kind === 'until-quit' && <p role="note">{password.words}</p>}
      <StackActions server={server} stack={stack} aside={close} />
      {verify?.environment === run.environment && <VerifyPanel serverId={profile.id} verify={verify} />}
    </Ended>
  );
}

function doneWords(run: RunView): string {
  const { kind, environment } = run;
  if (runsHere(run)) return 'The playbook has come to its end.';
  if (kind === 'set-up') return 'Everything is in place.';
  return adoptedPort(environment) === null ? 'It is taken off the server.' : 'It is as it was before.';
}

/** `It answers at 127.0.0.1:5001 on this machine. The password of admin is in the keychain.` */
function placeWords({ profile }: ServerView, stack: InstalledStack, password: KnownPassword): string {
  const forward = forwardOfStack(profile, stack);
  const where = forward === undefined ? null : `It answers at ${localAddress(forward)} on this machine.`;
  const kept = password.kind === 'for-good' ? `The password of ${password.user} is in the keychain.` : null;
  return [where, kept].filter(Boolean).join(' ');
}

function Ended({ children }: { children: ReactNode }) {
  return (
    <section className="panel" aria-label="What is next">
      {children}
    </section>
  );
}
