import { useEffect, useState } from 'react';
import type { LogEntry } from '../../main/shared/log.ts';
import { client } from '../api/client.ts';
import { useLink, useSnapshot } from '../api/store.ts';

/** Enough to look back on a bad day, few enough to stay quick. */
const mostEntries = 2000;

/** Both are sorted by seq; entries that came twice are kept once. */
function merge(entries: readonly LogEntry[], more: readonly LogEntry[]): readonly LogEntry[] {
  const bySeq = new Map([...entries, ...more].map((each) => [each.seq, each]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq).slice(-mostEntries);
}

/** Entries of one server, oldest first; null while they are being fetched. */
export function useLogs(serverId: string): readonly LogEntry[] | null {
  const coreId = useSnapshot((snapshot) => snapshot.coreId);
  const live = useLink().kind === 'live';
  const source = `${coreId} ${serverId}`;
  const [logs, setLogs] = useState<{ source: string; entries: readonly LogEntry[] } | null>(null);

  useEffect(() => {
    if (!live) return;
    let over = false;
    let frame = 0;
    let fresh: LogEntry[] = [];
    const add = (more: readonly LogEntry[]): void => {
      setLogs((before) => ({ source, entries: merge(before?.source === source ? before.entries : [], more) }));
    };
    // Subscribed before asking, so that nothing falls in between; drawn at most once a frame.
    const unsubscribe = client.subscribe((event) => {
      if (event.name !== 'log.added' || event.payload.serverId !== serverId) return;
      fresh.push(event.payload);
      frame ||= window.requestAnimationFrame(() => {
        frame = 0;
        add(fresh);
        fresh = [];
      });
    });
    void client.call('logs.get', { serverId, limit: mostEntries }).then((reply) => {
      if (!over && reply.ok) add(reply.value.entries);
    });
    return () => {
      over = true;
      window.cancelAnimationFrame(frame);
      unsubscribe();
    };
  }, [source, serverId, live]);

  return logs?.source === source ? logs.entries : null;
}
