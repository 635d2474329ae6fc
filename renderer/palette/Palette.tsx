import { Highlight } from '@mantine/core';
import { Spotlight, useSpotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useSnapshot } from '../api/store.ts';
import { veil } from '../theme/theme.ts';
import { commandsFor, findCommands } from './commands.tsx';
import { palette, paletteStore } from './palette-store.ts';
import { useSelectedServerId } from '../shell/use-selected-server.ts';

/** Every action by name, at Ctrl/Cmd+K. */
export function Palette() {
  const [query, setQuery] = useState('');
  const { opened } = useSpotlight(paletteStore);
  useShortcut();
  return (
    <Spotlight.Root
      store={paletteStore}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      attributes={{ content: { 'aria-label': 'All commands' } }}
      lockScroll={false}
      overlayProps={veil}
      transitionProps={{ duration: 0 }}
    >
      <Spotlight.Search placeholder="What do you want to do?" leftSection={<IconSearch size={18} />} />
      {opened && <Found query={query} />}
    </Spotlight.Root>
  );
}

/** Reaches the scroll area inside, which the list’s own type does not tell of; a list that scrolls must take the focus. */
const listProps = { mah: 'min(420px, 60vh)', viewportProps: { tabIndex: 0 } };

/** Mounted only while open: hundreds of commands need not be kept in step with every snapshot. */
function Found({ query }: { query: string }) {
  const snapshot = useSnapshot((each) => each);
  const selectedId = useSelectedServerId();
  const found = findCommands(commandsFor(snapshot, selectedId), query);
  const words = query.trim().split(/\s+/).filter(Boolean);
  return (
    <Spotlight.ActionsList className="commands" {...listProps}>
      {found.map((command) => (
        <Spotlight.Action key={command.id} onClick={command.run}>
          <span className="command">
            {command.icon}
            <Highlight className="command-label ellipsis" highlight={words} component="span" color="">
              {command.label}
            </Highlight>
            <span className="command-note dim ellipsis">{command.note}</span>
          </span>
        </Spotlight.Action>
      ))}
      {found.length === 0 && <Spotlight.Empty>Nothing is called that.</Spotlight.Empty>}
    </Spotlight.ActionsList>
  );
}

/** Works in text fields too: nobody types Ctrl+K there. */
function useShortcut(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      palette.toggle();
    };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
    };
  }, []);
}
