import { Button, Group, Select, Textarea, TextInput } from '@mantine/core';
import { IconClipboardText, IconPlus } from '@tabler/icons-react';
import { useId, useState, type FormEvent } from 'react';
import type { Failure } from '../../main/shared/failure.ts';
import { hostsPresets, type HostsName, type HostsTo } from '../../main/shared/hosts.ts';
import type { ServerProfile } from '../../main/shared/server.ts';
import { act } from '../api/act.ts';
import { client } from '../api/client.ts';
import { Trouble } from '../shell/Trouble.tsx';
import { choose } from './hosts-actions.ts';

interface Props {
  /** With the names as they are chosen in this window. */
  readonly profile: ServerProfile;
  /** An address of others among them was confirmed. */
  readonly confirmed: boolean;
}

/** One name, a preset, or pasted lines. What may be a name is for the core to say; nothing is saved here. */
export function AddNames({ profile, confirmed: before }: Props) {
  const { id: serverId, hosts } = profile;
  const [typed, setTyped] = useState('');
  const [pasting, setPasting] = useState(false);
  const [pasted, setPasted] = useState('');
  const [notes, setNotes] = useState<readonly string[]>([]);
  const [refusal, setRefusal] = useState<{ failure: Failure; names: readonly HostsName[] } | null>(null);
  const [to, setTo] = useState<HostsTo>({ kind: 'tunnel' });
  const pasteId = useId();

  const add = async (added: readonly HostsName[], confirmed = before): Promise<boolean> => {
    const fresh = added.filter((each) => !hosts.names.some(({ name }) => name === each.name.toLowerCase()));
    const wish = { on: true, names: [...hosts.names, ...fresh] };
    const choice = { hosts: wish, ...(confirmed ? { confirmed } : {}) };
    const reply = await client.call('hosts.diff', { serverId, ...choice });
    if (reply.ok) choose(serverId, choice);
    setRefusal(reply.ok ? null : { failure: reply.error, names: added });
    return reply.ok;
  };
  const addTyped = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const name = typed.trim();
    if (name === '') return;
    if (await add([{ name, to }])) setTyped('');
  };
  const addPasted = async (): Promise<void> => {
    const reply = await act('hosts.parse-text', { serverId, text: pasted });
    if (!reply.ok) return;
    setNotes(reply.value.notes);
    const names = reply.value.names.map((each) => (each.to.kind === 'tunnel' ? { ...each, to } : each));
    if (names.length === 0 || !(await add(names))) return;
    setPasted('');
    setPasting(false);
  };
  const foreign = refusal?.failure.code === 'needs-you' ? refusal : null;
  return (
    <section className="add-names" aria-label="Add names">
      <form className="add-name" onSubmit={(event) => void addTyped(event)} noValidate>
        <TextInput
          aria-label="Add a name"
          placeholder="Add a name, such as mlflow.lab"
          value={typed}
          error={refusal !== null && foreign === null ? refusal.failure.message : undefined}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setRefusal(null);
          }}
        />
        <Select
          className="add-to"
          aria-label="Where added names lead"
          allowDeselect={false}
          data={[
            { value: 'tunnel', label: 'Through the tunnel' },
            { value: 'server', label: `To ${profile.address}` },
          ]}
          value={to.kind}
          onChange={(kind) => {
            setTo({ kind: kind === 'server' ? 'server' : 'tunnel' });
          }}
        />
        <Button type="submit" variant="default" leftSection={<IconPlus size={16} />} disabled={typed.trim() === ''}>
          Add
        </Button>
        {hostsPresets.map((preset) => (
          <Button
            key={preset.name}
            variant="default"
            onClick={() => void add(preset.names.map((name) => ({ name, to })))}
          >
            {preset.label}
          </Button>
        ))}
        <Button
          variant="default"
          leftSection={<IconClipboardText size={16} />}
          aria-expanded={pasting}
          aria-controls={pasteId}
          onClick={() => {
            setPasting(!pasting);
          }}
        >
          Paste lines
        </Button>
      </form>
      <div id={pasteId}>
        {pasting && (
          <div className="paste-names">
            <Textarea
              label="Lines of a hosts file, or names"
              description="FLOATING_IP, <floating-IP-of-cPouta-VM> and the server’s own address lead where is chosen above."
              autosize
              minRows={3}
              maxRows={10}
              spellCheck={false}
              data-autofocus
              value={pasted}
              classNames={{ input: 'mono' }}
              onChange={(event) => {
                setPasted(event.currentTarget.value);
              }}
            />
            <Group gap={8}>
              <Button size="xs" disabled={pasted.trim() === ''} onClick={() => void addPasted()}>
                Take these names
              </Button>
            </Group>
          </div>
        )}
      </div>
      {notes.length > 0 && (
        <Trouble
          tone="working"
          message="Some of it was left out"
          hint={
            <ul className="hosts-lines">
              {notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          }
        />
      )}
      {foreign !== null && (
        <Trouble tone="needs-you" message={foreign.failure.message} hint={foreign.failure.hint}>
          <Button size="xs" onClick={() => void add(foreign.names, true)}>
            That is meant
          </Button>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setRefusal(null);
            }}
          >
            Leave them out
          </Button>
        </Trouble>
      )}
    </section>
  );
}
