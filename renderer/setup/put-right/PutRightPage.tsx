import { Button, Group } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { adoptedEnvironment, allChosen } from '../../../main/shared/setup/offers.ts';
import type { ServerView } from '../../../main/shared/snapshot.ts';
import { useAsked } from '../../api/use-asked.ts';
import { StateShape } from '../../shell/StateShape.tsx';
import { FailureTrouble, Trouble } from '../../shell/Trouble.tsx';
import { Waiting } from '../../shell/Waiting.tsx';
import { openDialog } from '../../shell/ui-store.ts';
import { ConnectFirst } from '../ConnectFirst.tsx';
import { setUpFocus } from '../focus.ts';
import { OfferList } from './OfferList.tsx';
import { PutRightPlan } from './PutRightPlan.tsx';
import { changePutRight, leavePutRight, type PuttingRight } from './put-right-store.ts';

/** What could be put right with an MLflow that somebody else set up: chosen, then planned; the run takes the page over. */
export function PutRightPage({ server, wish }: { server: ServerView; wish: PuttingRight }) {
  const { profile, connection } = server;
  const { port } = wish;
  const serverId = profile.id;
  const { asking, value, failure, again } = useAsked('setup.offers', { serverId }, connection.kind === 'up');
  // An answer of before may be of before a run.
  const found = asking ? undefined : value?.found.find((each) => each.port === port);
  const offers = found?.offers ?? [];
  const possible = allChosen(offers);
  const chosen = possible.filter((each) => wish.chosen?.includes(each) ?? true);
  const lookAgain = (
    <Button size="xs" variant="default" onClick={again}>
      Look again
    </Button>
  );
  const sheet = (): ReactNode => {
    if (connection.kind !== 'up') return null;
    if (asking) {
      return <Waiting>Looking at how it is set up …</Waiting>;
    }
    if (failure !== null) {
      return <FailureTrouble failure={failure}>{lookAgain}</FailureTrouble>;
    }
    if (found === undefined) {
      return (
        <Trouble
          tone="failed"
          message={`No MLflow was found on port ${String(port)}.`}
          hint="It may have been stopped, or moved to another port."
        >
          {lookAgain}
        </Trouble>
      );
    }
    if (offers.length === 0) {
      return (
        <p className="marked-line">
          <StateShape light="up" />
          Nothing to put right: Mooring found nothing about it that it would change.
        </p>
      );
    }
    return (
      <OfferList
        offers={offers}
        chosen={chosen}
        onChange={(next) => {
          changePutRight(serverId, { chosen: next });
        }}
        byHand={passwordWay(server, port)}
      />
    );
  };
  return (
    <div className="setup">
      <ConnectFirst profile={profile} connection={connection} />
      {wish.step === 'plan' && chosen.length > 0 ? (
        <PutRightPlan server={server} port={port} chosen={chosen} />
      ) : (
        <Sheet server={server} port={port} chosen={possible.length === 0 ? null : chosen.length}>
          {sheet()}
        </Sheet>
      )}
    </div>
  );
}

interface SheetProps {
  readonly server: ServerView;
  readonly port: number;
  /** How many; null: there is nothing to choose. */
  readonly chosen: number | null;
  readonly children: ReactNode;
}

function Sheet({ server: { profile }, port, chosen, children }: SheetProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    setUpFocus(heading.current);
  }, []);
  return (
    <section className="panel stack-form" aria-label="Put right">
      <div>
        <h2 ref={heading} tabIndex={-1}>
          Put MLflow on port {port} right
        </h2>
        <p className="dim">
          Somebody else set it up on {profile.name}. The plan is shown first, and what is done can be taken back.
        </p>
      </div>
      {children}
      <Group className="panel-foot" justify="space-between">
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconArrowLeft size={16} />}
          onClick={() => {
            leavePutRight(profile.id);
          }}
        >
          Back to setup
        </Button>
        {chosen !== null && (
          <div className="plan-go">
            {chosen === 0 && (
              <span className="plan-reason dim" role="status">
                Nothing is ticked.
              </span>
            )}
            <Button
              disabled={chosen === 0}
              onClick={() => {
                changePutRight(profile.id, { step: 'plan' });
              }}
            >
              Show the plan
            </Button>
          </div>
        )}
      </Group>
    </section>
  );
}

/** Goes through its tunnel, which an adopted one has, with the login that is kept for it. */
function passwordWay({ profile }: ServerView, port: number): { button: ReactNode; note: string | null } {
  const serverId = profile.id;
  const environment = adoptedEnvironment(port);
  const stack = profile.stacks.find((each) => each.environment === environment);
  const isKnown = stack !== undefined && stack.adminUser !== null;
  const button = (
    <Button
      size="xs"
      variant="default"
      onClick={() => {
        openDialog(
          isKnown
            ? { kind: 'change-password', serverId, environment }
            : { kind: 'adopt', serverId, what: { kind: 'port', port, user: 'admin' } },
        );
      }}
    >
      {isKnown ? 'Change password…' : 'Adopt it first…'}
    </Button>
  );
  return { button, note: isKnown ? null : 'It is changed through the tunnel, which adopting it makes.' };
}
