/** Calls by POST, events by server-sent events. Whoever loads the page over HTTP uses this. */
import {
  eventNames,
  type CallArgs,
  type CallName,
  type CallReply,
  type CoreEvent,
} from '../../main/shared/contract.ts';
import { failed, failure } from '../../main/shared/failure.ts';
import type { Client, Link } from './link.ts';

const firstPauseMs = 500;
const longestPauseMs = 10_000;

export function createHttpClient(): Client {
  const listeners = new Set<(event: CoreEvent) => void>();
  const linkListeners = new Set<(link: Link) => void>();
  let link: Link = { kind: 'opening' };
  let source: EventSource | null = null;
  let timer: number | undefined;
  let pauseMs = firstPauseMs;

  const setLink = (next: Link): void => {
    link = next;
    for (const listener of linkListeners) listener(next);
  };

  async function call<K extends CallName>(name: K, args: CallArgs<K>): Promise<CallReply<K>> {
    try {
      const response = await fetch('api/call', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, args }),
      });
      if (response.status === 401) {
        expire();
        return failed(failure('not-allowed', 'This window’s pass has expired.', { hint: 'Run `mooring window`.' }));
      }
      return (await response.json()) as CallReply<K>;
    } catch (cause) {
      return failed(
        failure('unreachable', 'Mooring did not answer.', { hint: 'Check that it is running.', detail: String(cause) }),
      );
    }
  }

  function expire(): void {
    close();
    setLink({ kind: 'expired' });
  }

  function close(): void {
    window.clearTimeout(timer);
    source?.close();
    source = null;
  }

  function open(): void {
    close();
    if (document.visibilityState === 'hidden') return;
    const mine = new EventSource('api/events');
    source = mine;
    mine.onopen = () => {
      pauseMs = firstPauseMs;
      setLink({ kind: 'live' });
    };
    for (const name of eventNames) {
      mine.addEventListener(name, (message: MessageEvent<string>) => {
        const event = { name, payload: JSON.parse(message.data) as unknown } as CoreEvent;
        for (const listener of listeners) listener(event);
      });
    }
    mine.onerror = () => {
      if (source !== mine) return;
      close();
      void findOut();
    };
  }

  /** An EventSource does not say why it failed; a call does. */
  async function findOut(): Promise<void> {
    const reply = await call('snapshot.get', {});
    // Somebody opened a source meanwhile, or the pass has expired.
    if (source !== null || link.kind === 'expired') return;
    if (!reply.ok) setLink({ kind: 'away' });
    timer = window.setTimeout(open, pauseMs);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }

  // A hidden window needs no events, and browsers allow few connections to one host.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') close();
    else open();
  });
  window.addEventListener('pagehide', close);
  open();

  return {
    call,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watchLink(listener) {
      linkListeners.add(listener);
      listener(link);
      return () => linkListeners.delete(listener);
    },
    retryNow() {
      pauseMs = firstPauseMs;
      open();
    },
  };
}
