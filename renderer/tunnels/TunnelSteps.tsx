import { IconAlertTriangle, IconCheck, IconLoader, IconPoint, IconX } from '@tabler/icons-react';
import { linkStateWords, linkWords, type ChainLink, type LinkState } from '../../main/shared/chain.ts';

/** The chain from this machine to the service, link by link. */
export function TunnelSteps({ links }: { links: readonly ChainLink[] }) {
  return (
    <ol className="tunnel-steps">
      {links.map(({ name, state, words, reason }) => (
        <li
          key={name}
          data-state={state}
          aria-label={`${linkWords[name]}: ${linkStateWords[state]}, ${words}`}
          title={reason ?? undefined}
        >
          <span className="tunnel-step-name">
            <LinkIcon state={state} />
            {linkWords[name]}
          </span>
          {state !== 'failed' && state !== 'warning' && <span className="tunnel-step-words dim">{words}</span>}
        </li>
      ))}
    </ol>
  );
}

function LinkIcon({ state }: { state: LinkState }) {
  switch (state) {
    case 'ok':
      return <IconCheck size={14} aria-hidden />;
    case 'warning':
      return <IconAlertTriangle size={14} aria-hidden />;
    case 'failed':
      return <IconX size={14} aria-hidden />;
    case 'working':
      return <IconLoader size={14} aria-hidden />;
    case 'unknown':
    case 'off':
      return <IconPoint size={14} aria-hidden />;
    default:
      return state satisfies never;
  }
}
