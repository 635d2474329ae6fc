import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { FoundStack } from '../../main/shared/contract.ts';
import { stackCards } from '../../main/shared/setup/stack-fields.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { useAsked } from '../api/use-asked.ts';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { Waiting } from '../shell/Waiting.tsx';
import { AdoptCard } from './AdoptCard.tsx';
import { adoptables } from './adoptables.ts';
import { ConnectFirst } from './ConnectFirst.tsx';
import { FactsPanel } from './FactsPanel.tsx';
import { KeptDataCard } from './KeptDataCard.tsx';
import { RunHistory } from './RunHistory.tsx';
import { changeFlow, dropFlow, openForm, useFlow } from './setup-store.ts';
import { StackCards } from './StackCards.tsx';
import { StackHere } from './StackHere.tsx';

/** What is on the server, what kind of server it is, and what could be put there. */
export function SetupHome({ server }: { server: ServerView }) {
  const { profile, connection } = server;
  const serverId = profile.id;
  const up = connection.kind === 'up';
  const facts = useAsked('facts.get', { serverId }, up);
  const look = useAsked('setup.look', { serverId }, up);
  const found = up ? (look.value?.stacks ?? []) : [];
  const others = up ? adoptables(profile, found, facts.value) : [];
  return (
    <div className="setup">
      <ConnectFirst profile={profile} connection={connection} />
      <LaidAside serverId={serverId} />
      {(profile.stacks.length > 0 || others.length > 0) && (
        <Section title="On this server">
          {profile.stacks.map((stack) => (
            <StackHere
              key={stack.environment}
              server={server}
              stack={stack}
              found={look.value === null ? undefined : findStack(found, stack.environment)}
            />
          ))}
          {others.map((each) => (
            <AdoptCard key={each.key} serverId={serverId} found={each} />
          ))}
        </Section>
      )}
      {up &&
        (look.value?.kept ?? []).map((each) => <KeptDataCard key={each.environment} serverId={serverId} kept={each} />)}
      {look.failure !== null && up && (
        <FailureTrouble failure={look.failure}>
          <Button size="xs" variant="default" onClick={look.again}>
            Look again
          </Button>
        </FailureTrouble>
      )}
      {up && (
        <Section title="The server">
          <FactsPanel facts={facts} />
          {look.asking && look.value === null && <Waiting>Looking for what was set up before …</Waiting>}
        </Section>
      )}
      <Section title={profile.stacks.length > 0 ? 'Set up more' : 'Set something up'}>
        <StackCards
          enabled={up}
          onChoose={(stack) => {
            openForm(serverId, stack);
          }}
        />
      </Section>
      {up && look.value !== null && look.value.history.length > 0 && <RunHistory history={look.value.history} />}
    </div>
  );
}

const findStack = (found: readonly FoundStack[], environment: string): FoundStack | null =>
  found.find((each) => each.environment === environment) ?? null;

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="section" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** A form that was left in the middle. */
function LaidAside({ serverId }: { serverId: string }) {
  const flow = useFlow(serverId);
  if (flow === undefined) return null;
  return (
    <div className="laid-aside" role="note">
      <span>You began “{stackCards[flow.stack].title}”. What you typed is still there.</span>
      <Button
        size="xs"
        onClick={() => {
          changeFlow(serverId, { open: true });
        }}
      >
        Go on
      </Button>
      <Button
        size="xs"
        variant="subtle"
        color="gray"
        onClick={() => {
          dropFlow(serverId);
        }}
      >
        Throw it away
      </Button>
    </div>
  );
}
