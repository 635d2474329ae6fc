/** Pages for when there is nothing to show yet, or nothing any more. */
import { Button, Code, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { client } from '../api/client.ts';
import { Logo } from './Logo.tsx';

function PlainPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="plain-page">
      <Logo size={44} />
      <h1>{title}</h1>
      {children}
      <Button
        variant="default"
        onClick={() => {
          client.retryNow();
        }}
      >
        Try again
      </Button>
    </main>
  );
}

export function ExpiredPage() {
  return (
    <PlainPage title="This window’s pass has expired">
      <p>
        Mooring was started anew, or this page was left alone for long. Run <Code>mooring window</Code> to get a new
        address. Your tunnels do not need this window and go on.
      </p>
    </PlainPage>
  );
}

export function AwayPage() {
  return (
    <PlainPage title="Mooring is not running">
      <p>
        Start it and get a fresh window in a terminal: <code>mooring window --open</code>
      </p>
    </PlainPage>
  );
}

export function LoadingPage() {
  return (
    <div className="shell loading" aria-busy="true" aria-label="Loading">
      <div className="sidebar">
        {[0, 1, 2].map((each) => (
          <Skeleton key={each} height={44} mb={8} />
        ))}
      </div>
      <div className="page">
        <Skeleton height={32} width={220} mb={32} />
        <Skeleton height={190} />
      </div>
    </div>
  );
}
