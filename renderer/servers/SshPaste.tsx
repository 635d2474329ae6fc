import { List, TextInput } from '@mantine/core';
import { IconCheck, IconTerminal2 } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { failureText } from '../../main/shared/failure.ts';
import { formatEndpoint, type ForwardDraft } from '../../main/shared/forward.ts';
import type { ServerDraft, SshLine } from '../../main/shared/server.ts';
import { client } from '../api/client.ts';

/** `5001 → localhost:5000`. */
const describeWay = ({ bind, target }: ForwardDraft): string =>
  `${String(bind.port)} → ${formatEndpoint(target.host, target.port)}`;

/** Takes the `ssh …` line people use already and fills the form with it. */
export function SshPaste({ onParsed }: { onParsed: (draft: ServerDraft) => void }) {
  const [line, setLine] = useState('');
  const [parsed, setParsed] = useState<SshLine | null>(null);
  const [error, setError] = useState<string | null>(null);

  // What was asked last: going on to the next field right after Enter asks nothing anew, which would come back over
  // what is typed there.
  const asked = useRef<string | null>(null);

  const parse = async (text: string): Promise<void> => {
    if (asked.current === text) return;
    asked.current = text;
    const reply = await client.call('servers.parse-ssh', { line: text.trim() });
    setParsed(reply.ok ? reply.value : null);
    setError(reply.ok ? null : failureText(reply.error));
    if (reply.ok) onParsed(reply.value.draft);
    else asked.current = null;
  };

  return (
    <div className="ssh-paste">
      <TextInput
        label="Paste an ssh line"
        description="It fills in everything below."
        placeholder="ssh -i ~/.ssh/key -L 5001:localhost:5000 ubuntu@128.214.252.130"
        leftSection={<IconTerminal2 size={16} />}
        spellCheck={false}
        autoCapitalize="off"
        data-autofocus
        classNames={{ input: 'mono' }}
        value={line}
        error={error}
        onChange={(event) => {
          setLine(event.currentTarget.value);
          asked.current = null;
          setParsed(null);
          setError(null);
        }}
        onPaste={(event) => {
          const text = event.clipboardData.getData('text').trim();
          // A line pasted over an empty field, or over all of it, is the whole line; anything else is typing.
          const { selectionStart, selectionEnd, value } = event.currentTarget;
          if (text === '' || selectionStart !== 0 || selectionEnd !== value.length) return;
          event.preventDefault();
          setLine(text);
          void parse(text);
        }}
        onBlur={() => {
          // Somebody who types the line and goes on to the buttons means it all the same.
          if (line.trim() !== '' && parsed === null && error === null) void parse(line);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || line.trim() === '' || parsed !== null) return;
          event.preventDefault();
          void parse(line);
        }}
      />
      <div role="status">
        {parsed !== null && (
          <div className="ssh-notes">
            <IconCheck size={16} className="state-up" aria-hidden />
            <div>
              Filled in below. Look it over, then press Enter.
              {parsed.draft.forwards.length > 0 && (
                <div>Tunnels: {parsed.draft.forwards.map(describeWay).join(', ')}</div>
              )}
              {parsed.notes.length > 0 && (
                <List size="sm" mt={4}>
                  {parsed.notes.map((note) => (
                    <List.Item key={note}>{note}</List.Item>
                  ))}
                </List>
              )}
            </div>
          </div>
        )}
      </div>
    </div>
  );
}
