import { Button, Checkbox } from '@mantine/core';
import { useContext, useState } from 'react';
import type { HostKeyInfo, KnownHostKey, Prompt } from '../../main/shared/prompt.ts';
import { day } from '../shell/day-and-time.ts';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { postponePrompt } from '../shell/ui-store.ts';
import { InPage } from './in-page.ts';
import { useAnswer } from './use-answer.ts';

interface Props {
  readonly prompt: Extract<Prompt, { kind: 'host-key-changed' }>;
  readonly serverName: string;
}

/** Staying away is the default. Going on takes two deliberate steps: saying that one knows why, then the button. */
export function HostKeyChanged({ prompt, serverName }: Props) {
  const answering = useAnswer(prompt.id);
  const [understood, setUnderstood] = useState(false);
  const [alsoKnownHosts, setAlsoKnownHosts] = useState(false);
  const inKnownHosts = prompt.known.some((each) => each.storedIn !== 'Mooring');
  const { refusal } = answering;
  const inPage = useContext(InPage);
  return (
    <div className="form">
      <p>
        <span className="mono">{prompt.host}</span> shows a different key than before. Either the machine was rebuilt,
        as happens with cloud VMs, or somebody stands between you and it and could read your password. No password was
        sent.
      </p>
      <div className="key-compare">
        <section aria-label="Known before">
          <h3>Known before</h3>
          {prompt.known.map((key) => (
            <KnownKey key={`${key.storedIn} ${key.fingerprint}`} known={key} />
          ))}
        </section>
        <section aria-label="Shown now">
          <h3>Shown now</h3>
          <KeyCard info={prompt.presented} fresh />
        </section>
      </div>
      <p className="dim">
        Ask whoever runs {serverName}, or compare with the fingerprint on the provider’s console, before you go on.
      </p>
      <Checkbox
        label="I know why the key has changed"
        checked={understood}
        onChange={(event) => {
          setUnderstood(event.currentTarget.checked);
        }}
      />
      {understood && (
        <Checkbox
          label={inKnownHosts ? 'Also replace it in ~/.ssh/known_hosts' : 'Also add it to ~/.ssh/known_hosts'}
          checked={alsoKnownHosts}
          onChange={(event) => {
            setAlsoKnownHosts(event.currentTarget.checked);
          }}
        />
      )}
      {refusal !== null && <FailureTrouble failure={refusal} />}
      <div className="prompt-foot">
        {!inPage && (
          <Button
            variant="subtle"
            color="gray"
            onClick={() => {
              postponePrompt(prompt.id);
            }}
          >
            Later
          </Button>
        )}
        <span className="spring" />
        <Button
          variant="default"
          disabled={!understood || answering.busy}
          onClick={() =>
            void answering.answer({
              kind: 'accept-host-key',
              fingerprint: prompt.presented.fingerprint,
              alsoKnownHosts,
            })
          }
        >
          Replace the key and connect
        </Button>
        <Button data-autofocus loading={answering.busy} onClick={() => void answering.cancel()}>
          Stay disconnected
        </Button>
      </div>
    </div>
  );
}

function KeyCard({ info, fresh = false }: { info: HostKeyInfo; fresh?: boolean }) {
  return (
    <div className="key-card" data-fresh={fresh}>
      <span className="dim">{info.keyType}</span>
      <span className="mono fingerprint">{info.fingerprint}</span>
      {fresh && <span className="dim">not stored</span>}
    </div>
  );
}

function KnownKey({ known }: { known: KnownHostKey }) {
  const since = known.firstSeenMs === null ? 'first seen: not recorded' : `first seen ${day(known.firstSeenMs)}`;
  return (
    <div className="key-card">
      <span className="dim">{known.keyType}</span>
      <span className="mono fingerprint">{known.fingerprint}</span>
      <span className="dim">
        {since}, kept in {known.storedIn}
      </span>
    </div>
  );
}
