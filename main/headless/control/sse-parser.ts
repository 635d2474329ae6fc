/** Reads server-sent events as they come in, in pieces of any size. Only what our own hosts send: `event` and `data`. */

export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/** Feed it text; it returns the events that became complete. Throws when one event grows beyond `limitChars`. */
export function createSseParser(limitChars = 64_000_000): (text: string) => readonly SseEvent[] {
  let rest = '';
  let event = '';
  let data: string[] = [];
  let dataChars = 0;

  return (text) => {
    const events: SseEvent[] = [];
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (data.length > 0) events.push({ event: event || 'message', data: data.join('\n') });
        event = '';
        data = [];
        dataChars = 0;
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
      if (field === 'event') event = value;
      if (field === 'data') {
        data.push(value);
        dataChars += value.length;
      }
    }
    if (rest.length + dataChars > limitChars) throw new Error('An event is too long');
    return events;
  };
}
