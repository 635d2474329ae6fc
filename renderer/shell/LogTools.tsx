import { Button, Switch, TextInput } from '@mantine/core';
import { IconArrowDown, IconCheck, IconCopy, IconSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useClipboard } from './use-clipboard.ts';
import type { Following } from './use-follow.ts';

interface Props {
  readonly searchLabel: string;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  readonly following: Following;
  readonly copyLabel: string;
  /** What is copied; null: there is nothing. */
  readonly text: (() => string) | null;
}

/** What every log has above it: a filter, following, and a copy of what is shown. */
export function LogTools({ searchLabel, search, onSearch, following, copyLabel, text }: Props) {
  const { copied, copy } = useClipboard();
  return (
    <>
      <TextInput
        className="logs-search"
        size="xs"
        aria-label={searchLabel}
        placeholder="Filter"
        leftSection={<IconSearch size={14} />}
        value={search}
        onChange={(event) => {
          onSearch(event.currentTarget.value);
        }}
      />
      <Switch
        size="xs"
        label="Follow"
        checked={following.follow}
        onChange={(event) => {
          following.setFollow(event.currentTarget.checked);
        }}
      />
      <Button
        size="xs"
        variant="default"
        disabled={text === null}
        leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        onClick={() => {
          if (text !== null) void copy(text());
        }}
      >
        {copied ? 'Copied' : copyLabel}
      </Button>
    </>
  );
}

/** Back to the end of a log that is not followed; nothing while it is. */
export function ToLatest({ following, children }: { following: Following; children: ReactNode }) {
  if (following.follow) return null;
  return (
    <Button
      className="logs-latest"
      size="compact-sm"
      leftSection={<IconArrowDown size={14} />}
      onClick={() => {
        following.setFollow(true);
      }}
    >
      {children}
    </Button>
  );
}
