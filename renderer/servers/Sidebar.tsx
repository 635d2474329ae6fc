import { ActionIcon, Button, Kbd, UnstyledButton } from '@mantine/core';
import { IconMenu2, IconPlus, IconServerBolt } from '@tabler/icons-react';
import { useState, type KeyboardEvent } from 'react';
import type { Prompt } from '../../main/shared/prompt.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { isOver } from '../../main/shared/setup/run.ts';
import { progressWords } from '../../main/shared/setup/setup-words.ts';
import { describePrompt, describeServer, serverLight } from '../../main/shared/words.ts';
import { act } from '../api/act.ts';
import { useSnapshot } from '../api/store.ts';
import { palette } from '../palette/palette-store.ts';
import { Logo } from '../shell/Logo.tsx';
import { commandKey } from '../shell/platform.ts';
import { SettingsButton } from '../settings/SettingsButton.tsx';
import { goTo, goToNewVm, openDialog, toggleSidebar, useUi } from '../shell/ui-store.ts';
import { useNow } from '../shell/use-now.ts';
import { SidebarItem } from './SidebarItem.tsx';

export function Sidebar({ selectedId }: { selectedId: string | null }) {
  const servers = useSnapshot((snapshot) => snapshot.servers);
  const prompts = useSnapshot((snapshot) => snapshot.prompts);
  const nowMs = useNow(servers.some((each) => each.connection.kind === 'waiting'));
  const open = useUi((state) => state.sidebarOpen);
  const newVm = useUi((state) => state.place === 'new-vm');
  const [draggedId, setDraggedId] = useState<string | null>(null);
  const [dropIndex, setDropIndex] = useState<number | null>(null);

  const endDrag = (): void => {
    setDraggedId(null);
    setDropIndex(null);
  };
  const drop = (): void => {
    const from = servers.findIndex((each) => each.profile.id === draggedId);
    endDrag();
    if (draggedId === null || dropIndex === null || from === -1) return;
    // The place is counted with the dragged one still in the list; taken out, those after it move up.
    const index = dropIndex > from ? dropIndex - 1 : dropIndex;
    if (index !== from) void act('servers.move', { serverId: draggedId, index });
  };

  return (
    <nav className="sidebar" aria-label="Servers">
      <div className="sidebar-top">
        <ActionIcon
          className="sidebar-fold"
          aria-label={open ? 'Fold the list of servers' : 'Unfold the list of servers'}
          aria-expanded={open}
          onClick={() => {
            toggleSidebar(!open);
          }}
        >
          <IconMenu2 size={18} />
        </ActionIcon>
        <Logo size={24} />
        <span className="sidebar-brand">Mooring</span>
        <UnstyledButton className="sidebar-command" aria-label="All commands" onClick={palette.open}>
          <Kbd size="xs">{commandKey} K</Kbd>
        </UnstyledButton>
      </div>
      <ul
        className="sidebar-list"
        onKeyDown={walk}
        onDragOver={(event) => {
          event.preventDefault();
        }}
        onDrop={drop}
        onDragEnd={endDrag}
      >
        {servers.map((server, index) => (
          <SidebarItem
            key={server.profile.id}
            id={server.profile.id}
            name={server.profile.name}
            demo={server.profile.demo}
            light={serverLight(server)}
            fact={factOf(server, prompts, nowMs)}
            index={index}
            selected={server.profile.id === selectedId}
            mark={markAt(index, dropIndex, servers.length)}
            onDragStart={setDraggedId}
            onDragOver={setDropIndex}
          />
        ))}
      </ul>
      <div className="sidebar-bottom">
        <Button
          className="sidebar-new"
          aria-label="Set up a new VM"
          title="Set up a new VM"
          aria-current={newVm ? 'page' : undefined}
          onClick={goToNewVm}
        >
          <IconServerBolt size={17} className="sidebar-new-icon" aria-hidden />
          <span className="sidebar-add-text">Set up a new VM</span>
        </Button>
        <ActionIcon
          size={36}
          variant="default"
          aria-label="Add server"
          title="Add server"
          onClick={() => {
            openDialog({ kind: 'add-server' });
          }}
        >
          <IconPlus size={18} />
        </ActionIcon>
        <SettingsButton />
      </div>
    </nav>
  );
}

function factOf(server: ServerView, prompts: readonly Prompt[], nowMs: number): string {
  const { connection, run, profile } = server;
  const asked = prompts.find((each) => each.serverId === profile.id);
  const waits = connection.kind === 'needs-you' || run?.state.kind === 'needs-you';
  if (waits && asked !== undefined) return `Needs you: ${describePrompt(asked)}`;
  if (run === null || run.state.kind === 'out-of-sight' || isOver(run)) return describeServer(server, nowMs);
  const progress = progressWords(run);
  return `${run.kind === 'set-up' ? 'Setting up' : 'Uninstalling'}${progress === null ? ' …' : `: ${progress}`}`;
}

/** Where a dragged server would land: before this one, or after the last. */
function markAt(index: number, dropIndex: number | null, count: number): 'before' | 'after' | null {
  if (dropIndex === index) return 'before';
  return index === count - 1 && dropIndex === count ? 'after' : null;
}

/** Arrows and j/k go from server to server, Home and End to the ends; with Alt, arrows move the server itself. */
function walk(event: KeyboardEvent<HTMLUListElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-server-id]')];
  const at = items.findIndex((each) => each === document.activeElement);
  const item = items[at];
  if (item === undefined || event.ctrlKey || event.metaKey) return;
  const to = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const target = items[to];
  const id = (event.altKey ? item : target)?.dataset['serverId'];
  if (target === undefined || id === undefined) return;
  if (event.altKey) {
    void act('servers.move', { serverId: id, index: to });
    return;
  }
  target.focus();
  goTo(id);
}
